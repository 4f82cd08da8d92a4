"""What is wrong with a plugin is said when it is registered, with its name, the hook and the fix."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pluggy
import pytest

from livechat_sdk.domain.handoff import Route
from livechat_sdk.errors import PluginError
from livechat_sdk.hooks import Hooks, hookimpl, plugin_set
from livechat_sdk.hooks.checking import SPECS
from livechat_sdk.hooks.specs import RoutingSpecs
from livechat_sdk.provider.integration import IntegrationType
from tests.hooks.samples import REQUEST, ROUTE


def _plugin(function: Callable[..., object], attribute: str | None = None) -> object:
    """A plugin module with one function."""
    module = types.ModuleType("acme_plugin")
    setattr(module, attribute or function.__name__, function)
    return module


@hookimpl
def livechat_rout(request: object) -> None: ...
@hookimpl
def livechat_teleport() -> None: ...
@hookimpl
def route(request: object) -> None: ...
@hookimpl(specname="livechat_rooute")
def choose(request: object) -> None: ...


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (livechat_rout, "unknown hook livechat_rout; did you mean livechat_route?"),
        (route, "unknown hook route; did you mean livechat_route?"),
        (choose, "unknown hook livechat_rooute; did you mean livechat_route?"),
        (livechat_teleport, "unknown hook livechat_teleport; "),
    ],
)
def test_unknown_hook_names_the_plugin_and_the_hook_that_was_meant(
    function: Callable[..., object], message: str
) -> None:
    hooks = Hooks()
    with pytest.raises(PluginError, match=re.escape(f"plugin 'acme': {message}")):
        hooks.register(_plugin(function), "acme")
    assert hooks.plugins() == {}


def test_unknown_hook_that_resembles_none_lists_all() -> None:
    @hookimpl
    def xyzzy() -> None: ...

    with pytest.raises(
        PluginError, match=r"the hooks are: livechat_add_to_ticket, .*livechat_system_message"
    ):
        Hooks().register(_plugin(xyzzy))


def _of(hook: str, function: Callable[..., object]) -> object:
    return _plugin(hookimpl(function), hook)


async def _async_generator(request: object) -> AsyncIterator[Route]:
    yield ROUTE


def _generator(request: object) -> Iterator[Route]:
    yield ROUTE


async def _async_types() -> list[IntegrationType]:
    return []


def _keyword_only(*, request: object) -> None: ...
def _with_default(request: object, candidates: object = ()) -> None: ...
def _misspelt(request: object, candidate: object) -> None: ...
def _foreign(weather: object) -> None: ...
def _starred(*arguments: object) -> None: ...
def _keywords(**arguments: object) -> None: ...
def _types_with_argument(request: object) -> None: ...


@pytest.mark.parametrize(
    ("hook", "function", "message"),
    [
        (
            "livechat_route",
            _misspelt,
            "no argument 'candidate'; did you mean 'candidates'? its arguments are (request, candidates)",
        ),
        ("livechat_route", _foreign, "livechat_route has no argument 'weather'; its arguments are"),
        (
            "livechat_route",
            _keyword_only,
            "livechat_route: argument 'request' is keyword-only; remove the `*`",
        ),
        (
            "livechat_route",
            _with_default,
            "'candidates' has a default value and would never be given; remove the default",
        ),
        ("livechat_route", _starred, "livechat_route takes *arguments, which gets nothing"),
        ("livechat_route", _keywords, "livechat_route takes **arguments, which gets nothing"),
        ("livechat_route", _async_generator, "livechat_route is an async generator; return the answer"),
        ("livechat_route", _generator, "livechat_route is a generator; return the answer"),
        ("livechat_integration_types", _async_types, "livechat_integration_types must be `def`"),
        (
            "livechat_integration_types",
            _types_with_argument,
            "has no argument 'request'; its arguments are (none)",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_wrong_implementation_names_plugin_hook_and_argument(
    hook: str, function: Callable[..., object], message: str
) -> None:
    hooks = Hooks()
    with pytest.raises(PluginError) as raised:
        hooks.register(_of(hook, function), "acme")
    assert raised.value.plugin == "acme"
    assert str(raised.value).startswith("plugin 'acme': ")
    assert message in str(raised.value)
    assert hooks.plugins() == {}


@pytest.mark.parametrize("mark", [hookimpl(wrapper=True), hookimpl(hookwrapper=True)], ids=["new", "old"])
@pytest.mark.parametrize("hook", ["livechat_route", "livechat_integration_types"])
def test_wrappers_are_refused(mark: Callable[[Any], Any], hook: str) -> None:
    def wrapper() -> Iterator[None]:
        yield

    plugin = _plugin(mark(wrapper), hook)
    with pytest.raises(
        PluginError, match=f"'acme': {hook} is a wrapper; hooks of livechat-sdk cannot be wrapped"
    ):
        Hooks().register(plugin, "acme")


def test_forgotten_marker_is_an_error() -> None:
    def livechat_route(request: object) -> None: ...

    with pytest.raises(PluginError, match="livechat_route is not marked; write @hookimpl above it"):
        Hooks().register(_plugin(livechat_route))


def test_plugin_may_inherit_the_specs_to_have_its_signatures_checked() -> None:
    class Routing(RoutingSpecs):
        @hookimpl
        def livechat_route(self, request: object, candidates: object) -> Route | None:
            return ROUTE

    class Idle(RoutingSpecs):
        pass

    hooks = Hooks()
    hooks.register(Routing())
    hooks.register(Idle())
    assert hooks.plugins() == {"Routing": ("livechat_route",), "Idle": ()}


async def test_hook_of_a_newer_api_may_be_marked_as_optional() -> None:
    class Ahead:
        @hookimpl(optionalhook=True)
        def livechat_sing(self, text: str) -> str:
            return text

        @hookimpl
        async def livechat_route(self) -> Route:
            return ROUTE

    hooks = Hooks()
    hooks.register(Ahead())
    hooks.check()
    assert hooks.plugins() == {"Ahead": ("livechat_route",)}
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE


async def test_implementation_may_have_any_name_and_one_plugin_several() -> None:
    class Two:
        name = "not to be overwritten"

        @hookimpl(specname="livechat_route", trylast=True)
        async def threads(self) -> Route:
            return ROUTE

        @hookimpl(specname="livechat_route", tryfirst=True)
        async def close(self) -> None:
            return None

    hooks = Hooks()
    hooks.register(Two(), "two")
    assert hooks.plugins() == {"two": ("livechat_route",)}
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE
    assert [(one.plugin, one.calls) for one in hooks.stats()] == [("two", 2)]
    hooks.close()


def test_other_functions_and_names_with_our_prefix_are_left_alone() -> None:
    import livechat_sdk.hooks

    def livechat_helper() -> None: ...

    module = _plugin(livechat_helper)
    vars(module)["livechat_sdk"] = livechat_sdk
    Hooks().register(module)


def test_properties_of_a_plugin_are_not_evaluated() -> None:
    class Costly:
        @property
        def connection(self) -> object:
            raise AssertionError("a property was evaluated")

        @hookimpl
        def livechat_route(self) -> Route:
            return ROUTE

    Hooks().register(Costly())


def test_class_is_refused_with_the_fix() -> None:
    class Acme:
        @hookimpl
        def livechat_route(self) -> Route:
            return ROUTE

    with pytest.raises(PluginError, match="Acme is a class; register an instance of it"):
        Hooks().register(Acme, "acme")


# ------------------------------------------------------------------------------------------------ registering
class Acme:
    @hookimpl
    async def livechat_route(self) -> Route:
        return ROUTE


def test_name_that_is_taken_and_plugin_that_is_registered_already() -> None:
    hooks, plugin = Hooks(), Acme()
    assert hooks.register(plugin, "acme") == "acme"
    with pytest.raises(PluginError, match="plugin 'acme': another plugin has this name already"):
        hooks.register(Acme(), "acme")
    with pytest.raises(PluginError, match="plugin 'again': it is registered already, as 'acme'"):
        hooks.register(plugin, "again")
    assert list(hooks.plugins()) == ["acme"]


def test_registered_plugins_can_be_looked_at() -> None:
    hooks, plugin = Hooks(), Acme()
    hooks.register(plugin, "acme")
    assert hooks.plugins() == {"acme": ("livechat_route",)}
    assert hooks.targets() == {"acme": plugin}


def test_plugins_without_a_name_get_one() -> None:
    hooks = Hooks()
    assert [hooks.register(Acme()) for _ in range(3)] == ["Acme", "Acme#2", "Acme#3"]
    assert hooks.register(_plugin(hookimpl(lambda request: None), "livechat_route")) == "acme_plugin"


async def test_plugins_that_are_equal_are_still_two() -> None:
    @dataclasses.dataclass
    class Equal:
        asked: int = dataclasses.field(default=0, compare=False)

        @hookimpl
        async def livechat_route(self) -> None:
            self.asked += 1

    hooks, one, two = Hooks(), Equal(), Equal()
    assert one == two
    hooks.register(one, "one")
    hooks.register(two, "two")
    await hooks.route(REQUEST, ["desk"])
    hooks.unregister("one")
    await hooks.route(REQUEST, ["desk"])
    assert (one.asked, two.asked) == (1, 2)


async def test_unregistered_plugin_is_asked_no_more_and_its_counts_stay() -> None:
    hooks = Hooks()
    hooks.register(Acme(), "acme")
    await hooks.route(REQUEST, ["desk"])
    hooks.unregister("acme")
    assert await hooks.route(REQUEST, ["desk"]) is None
    assert [(one.plugin, one.calls) for one in hooks.stats()] == [("acme", 1)]
    with pytest.raises(
        PluginError, match="'acme': no plugin of this name is registered; registered are: none"
    ):
        hooks.unregister("acme")
    hooks.register(Acme(), "acme")
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE


def test_refused_plugin_leaves_no_trace_and_its_name_free() -> None:
    hooks = Hooks()
    with pytest.raises(PluginError):
        hooks.register(_of("livechat_route", _misspelt), "acme")
    hooks.check()
    assert hooks.register(Acme(), "acme") == "acme"


def test_pluggys_own_objections_name_the_plugin_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def object_to(self: object, hook: object, implementation: Any) -> None:
        raise pluggy.PluginValidationError(implementation.plugin, "something only pluggy knows")

    monkeypatch.setattr(pluggy.PluginManager, "_verify_hook", object_to)
    with pytest.raises(PluginError, match="plugin 'acme': something only pluggy knows"):
        Hooks().register(Acme(), "acme")


def test_check_finds_what_was_changed_after_registering() -> None:
    module = _of("livechat_route", lambda request: None)
    hooks = Hooks()
    hooks.register(module, "acme")
    hooks.check()
    vars(module)["livechat_rout"] = livechat_rout
    with pytest.raises(
        PluginError, match="plugin 'acme': unknown hook livechat_rout; did you mean livechat_route"
    ):
        hooks.check()


# ------------------------------------------------------------------------------------------------- block-list
async def test_blocked_plugin_is_not_taken_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugin_set.BLOCK_VARIABLE, " acme , other,,")
    hooks = Hooks(block=["third"])
    assert hooks.blocked == {"acme", "other", "third"}
    assert [hooks.register(Acme(), name) for name in ("acme", "other", "third", "fourth")] == [
        None,
        None,
        None,
        "fourth",
    ]
    assert list(hooks.plugins()) == ["fourth"]


def test_blocked_plugin_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(plugin_set.BLOCK_VARIABLE, raising=False)
    assert Hooks(block=["acme"]).register(_of("livechat_route", _misspelt), "acme") is None


# --------------------------------------------------------------------------------------------- specifications
def test_specs_are_what_pluggy_sees() -> None:
    seen = pluggy.PluginManager("livechat_sdk")
    seen.add_hookspecs(RoutingSpecs)
    spec = seen.hook.livechat_route.spec
    assert spec is not None
    assert SPECS["livechat_route"] == tuple(spec.argnames) == ("request", "candidates")


def test_no_spec_is_firstresult_or_has_an_optional_argument() -> None:
    hooks = Hooks()
    for name, arguments in SPECS.items():
        spec = getattr(hooks._plugins._manager.hook, name).spec
        assert not spec.opts["firstresult"], name
        assert tuple(spec.argnames) == arguments, name
        assert not spec.kwargnames, name
