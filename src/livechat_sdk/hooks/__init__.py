"""Hooks: how a plugin changes what the SDK does without being able to hurt a handoff."""

from __future__ import annotations

from livechat_sdk.hooks.discovery import PluginInfo, discover
from livechat_sdk.hooks.manager import Hooks
from livechat_sdk.hooks.markers import HOOK_API, hookimpl, hookspec
from livechat_sdk.hooks.stats import HookStat

__all__ = ["HOOK_API", "HookStat", "Hooks", "PluginInfo", "discover", "hookimpl", "hookspec"]
