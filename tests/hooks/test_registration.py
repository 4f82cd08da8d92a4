"""Integration types: asked for without an event loop, and strictly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from livechat_sdk.errors import PluginError
from livechat_sdk.hooks import Hooks, hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType
from livechat_sdk.provider.settings import IntegrationSettings


def _build(context: IntegrationContext, settings: Any) -> object:
    return object()


def _type(name: str) -> IntegrationType:
    return IntegrationType(type=name, kind="crm", settings=IntegrationSettings, build=_build)


class Offers:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    @hookimpl
    def livechat_integration_types(self) -> Iterable[IntegrationType]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[no-any-return]


class Yields:
    @hookimpl
    def livechat_integration_types(self) -> Iterable[IntegrationType]:
        yield _type("YIELDED_1")
        yield _type("YIELDED_2")


def test_livechat_integration_types_gathers_the_types_of_all_plugins() -> None:
    hooks = Hooks()
    assert hooks.integration_types() == ()
    hooks.register(Offers([_type("A"), _type("B")]), "ab")
    hooks.register(Offers(()), "none")
    hooks.register(Yields(), "yields")
    assert [one.type for one in hooks.integration_types()] == ["YIELDED_1", "YIELDED_2", "A", "B"]


def test_livechat_integration_types_of_one_plugin() -> None:
    hooks = Hooks()
    hooks.register(Offers([_type("A")]), "a")
    hooks.register(Offers(RuntimeError()), "broken")
    assert [one.type for one in hooks.integration_types(plugin="a")] == ["A"]
    with pytest.raises(
        PluginError, match="plugin 'z': no plugin of this name is registered; registered are: a, b"
    ):
        hooks.integration_types(plugin="z")


def test_livechat_integration_types_offered_twice_names_both_plugins() -> None:
    hooks = Hooks()
    hooks.register(Offers([_type("ACME_CRM")]), "one")
    hooks.register(Offers([_type("ACME_CRM")]), "two")
    with pytest.raises(PluginError, match=r"plugin 'one': .*ACME_CRM, which plugin 'two' offers already"):
        hooks.integration_types()


def test_livechat_integration_types_offered_twice_by_one_plugin() -> None:
    hooks = Hooks()
    hooks.register(Offers([_type("A"), _type("A")]), "one")
    with pytest.raises(PluginError, match=r"plugin 'one': .*A, which plugin 'one' offers already"):
        hooks.integration_types()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "answered with a NoneType, not a list of IntegrationType"),
        (7, "answered with a int, not a list of IntegrationType"),
        ("ACME_CRM", "answered with a str among its integration types"),
        ([_type("A"), {"type": "B"}], "answered with a dict among its integration types"),
        (ValueError("password=hunter2"), "livechat_integration_types failed: ValueError at "),
    ],
    ids=["none", "number", "text", "dict", "error"],
)
def test_livechat_integration_types_failure_is_fatal_and_names_the_plugin(
    answer: object, message: str
) -> None:
    hooks = Hooks()
    hooks.register(Offers(answer), "acme")
    with pytest.raises(PluginError) as raised:
        hooks.integration_types()
    assert raised.value.plugin == "acme"
    assert message in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_livechat_integration_types_of_a_broken_generator_names_the_plugin() -> None:
    class Breaks:
        @hookimpl
        def livechat_integration_types(self) -> Iterable[IntegrationType]:
            yield _type("A")
            raise OSError

    hooks = Hooks()
    hooks.register(Breaks(), "acme")
    with pytest.raises(PluginError, match="plugin 'acme': livechat_integration_types failed: OSError"):
        hooks.integration_types()
