"""Hooks: how a plugin changes what the SDK does without being able to hurt a handoff.

Names are loaded when they are used: a module of a plugin needs the marker alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livechat_sdk.hooks.discovery import PluginInfo, discover
    from livechat_sdk.hooks.manager import Hooks
    from livechat_sdk.hooks.markers import HOOK_API, hookimpl, hookspec
    from livechat_sdk.hooks.stats import HookStat

_HOMES: dict[str, tuple[str, ...]] = {
    "hooks.discovery": ("PluginInfo", "discover"),
    "hooks.manager": ("Hooks",),
    "hooks.markers": ("HOOK_API", "hookimpl", "hookspec"),
    "hooks.stats": ("HookStat",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["HOOK_API", "HookStat", "Hooks", "PluginInfo", "discover", "hookimpl", "hookspec"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"livechat_sdk.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
