"""Is this plugin fit to be called? Everything that can be known before the first call is an error here.

Every check names the plugin, the hook and what to change, because pluggy alone would ignore a misspelt
hook, an argument with a default value, or a forgotten ``@hookimpl`` without a word.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

import pluggy

from livechat_sdk.errors import PluginError
from livechat_sdk.hooks.markers import PROJECT
from livechat_sdk.hooks.plugins import Found
from livechat_sdk.hooks.specs import SPEC_CLASSES, RegistrationSpecs

if TYPE_CHECKING:
    from livechat_sdk.hooks.hook_api import Version

__all__ = ["REGISTRATION_HOOKS", "SPECS", "check_api", "find_implementations"]


def _specs(family: type) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, function in inspect.getmembers(family, inspect.isfunction):
        if hasattr(function, f"{PROJECT}_spec"):
            yield name, tuple(inspect.signature(function).parameters)[1:]


SPECS: Final[Mapping[str, tuple[str, ...]]] = dict(
    sorted(pair for family in SPEC_CLASSES for pair in _specs(family))
)
"""The arguments of every hook by its name."""

REGISTRATION_HOOKS: Final = frozenset(name for name, _ in _specs(RegistrationSpecs))
"""Hooks that are called while plugins are loaded, without an event loop."""


class _Plain:
    """A class with nothing of its own."""


_OF_EVERY_OBJECT: Final = frozenset(dir(_Plain()))
"""Names that are no hooks, and cost as much to look up as those that are."""


def check_api(name: str, plugin: object, have: Version) -> None:
    """Raise ``PluginError`` when the plugin says that it cannot run under hook API ``have``."""
    declared: object = getattr(plugin, "LIVECHAT_HOOK_API", None)
    if declared is None:
        return
    from livechat_sdk.hooks.hook_api import refusal

    if why := refusal(declared, have):
        raise PluginError(name, why)


def find_implementations(name: str, plugin: object) -> Sequence[Found]:
    """Every implementation of a plugin, each checked; raise ``PluginError`` for the first that is wrong."""
    if inspect.isclass(plugin):
        raise PluginError(name, f"{plugin.__qualname__} is a class; register an instance of it")
    found: list[Found] = []
    for attribute in sorted({*dir(plugin)} - _OF_EVERY_OBJECT):
        function, options = _look_up(plugin, attribute)
        if function is None:
            continue
        if options is None:
            _check_unmarked(name, attribute, function)
            continue
        hook = options.get("specname") or attribute
        if hook not in SPECS and options.get("optionalhook"):
            continue
        one = Found(attribute, hook, function, options)
        _check(name, one)
        found.append(one)
    return found


def _look_up(
    plugin: object, attribute: str
) -> tuple[Callable[..., object] | None, pluggy.HookimplOpts | None]:
    """A function of a plugin, and its options when it is marked. Evaluates no property.

    pluggy does this differently from one version to the next: it evaluates properties, or does not see a mark
    above ``@staticmethod``.
    """
    static: object = inspect.getattr_static(plugin, attribute, None)
    if _is_computed(static):
        return None, None
    function: object = getattr(plugin, attribute)
    if not inspect.isroutine(function):
        return None, None
    mark = f"{PROJECT}_impl"
    options: object = getattr(static, mark, None) or getattr(function, mark, None)
    return function, cast("pluggy.HookimplOpts", options) if isinstance(options, dict) else None


def _is_computed(static: object) -> bool:
    """Whether looking at an attribute would run code of the plugin: a property, or something like it."""
    if not hasattr(static, "__get__") or isinstance(static, staticmethod | classmethod):
        return False
    return not inspect.isroutine(static)


def _check(name: str, one: Found) -> None:
    if one.hook not in SPECS:
        close = _near(one.hook, SPECS, cutoff=0.5)
        hint = f"did you mean {close[0]}?" if close else f"the hooks are: {', '.join(SPECS)}"
        raise PluginError(name, f"unknown hook {one.hook}; {hint}")
    if one.options.get("wrapper") or one.options.get("hookwrapper"):
        raise PluginError(
            name, f"{one.hook} is a wrapper; hooks of livechat-sdk cannot be wrapped, implement it plainly"
        )
    if inspect.isasyncgenfunction(one.function):
        raise PluginError(name, f"{one.hook} is an async generator; return the answer instead of yielding it")
    if one.hook in REGISTRATION_HOOKS:
        if one.is_async:
            raise PluginError(name, f"{one.hook} must be `def`: no event loop runs while plugins are loaded")
    elif inspect.isgeneratorfunction(one.function):
        raise PluginError(name, f"{one.hook} is a generator; return the answer instead of yielding it")
    _check_arguments(name, one.hook, one.function)


def _check_arguments(name: str, hook: str, function: Callable[..., object]) -> None:
    known = SPECS[hook]
    listed = f"({', '.join(known)})" if known else "(none)"
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**"
            raise PluginError(
                name,
                f"{hook} takes {stars}{parameter.name}, which gets nothing; "
                f"name the arguments that it needs {listed}",
            )
        if parameter.name not in known:
            if parameter.default is not parameter.empty:
                continue  # an argument of the plugin's own
            close = _near(parameter.name, known)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise PluginError(
                name, f"{hook} has no argument {parameter.name!r}; {hint}its arguments are {listed}"
            )
        if parameter.kind is parameter.KEYWORD_ONLY:
            raise PluginError(name, f"{hook}: argument {parameter.name!r} is keyword-only; remove the `*`")
        if parameter.default is not parameter.empty:
            raise PluginError(
                name,
                f"{hook}: argument {parameter.name!r} has a default value and would never be given; "
                f"remove the default",
            )


def _near(wrong: str, known: Iterable[str], *, cutoff: float = 0.6) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(wrong, known, n=1, cutoff=cutoff)


def _check_unmarked(name: str, attribute: str, function: object) -> None:
    # A plugin may inherit from the specs to have its signatures checked; what it leaves alone is no mistake.
    if attribute in SPECS and not hasattr(function, f"{PROJECT}_spec"):
        raise PluginError(name, f"{attribute} is not marked; write @hookimpl above it")
