"""Settings: the models of ``livechat.yaml``, and a loader that says what is wrong, where, and what to do.

Nothing is imported before it is used: the package stays cheap for programs that bring their settings
ready-made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

_HOME = {
    "BotSettings": "models",
    "GatewaySettings": "models",
    "Loaded": "loader",
    "LivechatFile": "models",
    "LivechatSettings": "models",
    "load_bytes": "loader",
    "load_file": "loader",
    "load_mapping": "loader",
    "load_text": "loader",
    "require": "loader",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOME:
        return getattr(import_module(f"livechat_sdk.config.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
