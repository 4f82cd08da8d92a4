"""Hooks: how a plugin changes what the SDK does without being able to hurt a handoff.

Names are loaded when they are used: a module of a plugin needs the marker alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat_sdk.lazy import loading_from

if TYPE_CHECKING:
    from livechat_sdk.hooks.discovery import PluginInfo, discover
    from livechat_sdk.hooks.manager import Hooks
    from livechat_sdk.hooks.markers import HOOK_API, hookimpl, hookspec
    from livechat_sdk.hooks.plugin_set import Plugins
    from livechat_sdk.hooks.stats import HookStat

_HOMES: dict[str, tuple[str, ...]] = {
    "hooks.discovery": ("PluginInfo", "discover"),
    "hooks.manager": ("Hooks",),
    "hooks.markers": ("HOOK_API", "hookimpl", "hookspec"),
    "hooks.plugin_set": ("Plugins",),
    "hooks.stats": ("HookStat",),
}

__all__ = ["HOOK_API", "HookStat", "Hooks", "PluginInfo", "Plugins", "discover", "hookimpl", "hookspec"]

__getattr__ = loading_from(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
