"""Asks for integration types while plugins are loaded: without an event loop, and strictly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from livechat_sdk.errors import PluginError
from livechat_sdk.hooks.plugins import Implementation
from livechat_sdk.provider.integration import IntegrationType

__all__ = ["collect_types"]

_HOOK = "livechat_integration_types"


def collect_types(implementations: Sequence[Implementation]) -> Sequence[IntegrationType]:
    """The types of all plugins; raise ``PluginError`` for whatever is wrong, naming the plugin."""
    offered: dict[str, str] = {}
    types: list[IntegrationType] = []
    for implementation in implementations:
        plugin = implementation.plugin.name
        for one in _ask(implementation):
            if one.type in offered:
                other = offered[one.type]
                raise PluginError(
                    plugin,
                    f"it offers integration type {one.type}, which plugin {other!r} offers already; "
                    f"block or uninstall one of them",
                )
            offered[one.type] = plugin
            types.append(one)
    return tuple(types)


def _items(answer: object) -> list[object] | None:
    return list(cast("Iterable[object]", answer)) if isinstance(answer, Iterable) else None


def _ask(implementation: Implementation) -> Sequence[IntegrationType]:
    plugin = implementation.plugin.name
    try:
        answer: object = implementation.function()
        items = _items(answer)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # sys.exit, too: it is told which plugin keeps the program from starting
        from livechat_sdk.hooks.stats import describe

        detail = describe(error, implementation.file)
        raise PluginError(plugin, f"{_HOOK} failed: {detail}") from error
    if items is None:
        kind = type(answer).__name__
        raise PluginError(plugin, f"{_HOOK} answered with a {kind}, not a list of IntegrationType")
    types: list[IntegrationType] = []
    for item in items:
        if not issubclass(type(item), IntegrationType):  # does not run code of the item, as isinstance may
            raise PluginError(
                plugin, f"{_HOOK} answered with a {type(item).__name__} among its integration types"
            )
        types.append(cast("IntegrationType", item))
    return types
