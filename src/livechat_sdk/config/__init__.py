"""Settings: the models of ``livechat.yaml``, and a loader that says what is wrong, where, and what to do.

Nothing is imported before it is used: the package stays cheap for programs that bring their settings
ready-made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat_sdk.lazy import loading_from

if TYPE_CHECKING:
    from livechat_sdk.config.loader import Loaded, load_bytes, load_file, load_mapping, load_text, require
    from livechat_sdk.config.models import BotSettings, GatewaySettings, LivechatFile, LivechatSettings

__all__ = [
    "BotSettings",
    "GatewaySettings",
    "LivechatFile",
    "LivechatSettings",
    "Loaded",
    "load_bytes",
    "load_file",
    "load_mapping",
    "load_text",
    "require",
]

_HOMES = {
    "config.loader": ("Loaded", "load_bytes", "load_file", "load_mapping", "load_text", "require"),
    "config.models": ("BotSettings", "GatewaySettings", "LivechatFile", "LivechatSettings"),
}

__getattr__ = loading_from(__name__, _HOMES)
