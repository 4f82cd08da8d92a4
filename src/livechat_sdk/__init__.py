"""Hand a bot's conversation to a human, and back.

Importing this package is cheap: names are loaded when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livechat_sdk.lazy import loading_from

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher
    from livechat_sdk.domain.answers import Accepted, BotAvailability, GateAnswer, NotLive
    from livechat_sdk.domain.capabilities import Capabilities
    from livechat_sdk.domain.channel import Channel
    from livechat_sdk.domain.chats import Chat, ProviderEvent
    from livechat_sdk.domain.ends import End, EndReason, Outcome
    from livechat_sdk.domain.handoff import Handoff, HandoffRequest, HandoffState, SurveyAnswer
    from livechat_sdk.domain.messages import Attachment, Fate, Message, TranscriptEntry
    from livechat_sdk.domain.moments import SILENT, Moment
    from livechat_sdk.domain.outgoing import (
        HandoffEnded,
        Outgoing,
        Receipt,
        SystemMessage,
        Typing,
        UserMessage,
    )
    from livechat_sdk.domain.people import Agent, Contact, EndUser
    from livechat_sdk.errors import (
        AuthError,
        ConfigurationError,
        Conflict,
        ErasureRefused,
        Expect,
        FileMissing,
        FileRefused,
        FilesUnavailable,
        HandoffNotFound,
        IntegrationNotFound,
        InvalidInput,
        LivechatError,
        MessageTooLarge,
        PluginError,
        Problem,
        ProtocolError,
        ProviderError,
        RejectedError,
        RetryableError,
        StoreError,
        StoreLocked,
        UnavailableError,
        UnknownBot,
        UnsupportedFeature,
        WebhookRejected,
    )
    from livechat_sdk.hooks.markers import HOOK_API, hookimpl
    from livechat_sdk.node import LiveChatNode
    from livechat_sdk.provider.interface import ChatProvider
    from livechat_sdk.provider.webhooks import WebhookDelivery
    from livechat_sdk.registry import Registry

_HOMES: dict[str, tuple[str, ...]] = {
    "dispatcher": ("Dispatcher",),
    "domain.answers": ("Accepted", "BotAvailability", "GateAnswer", "NotLive"),
    "domain.capabilities": ("Capabilities",),
    "domain.channel": ("Channel",),
    "domain.chats": ("Chat", "ProviderEvent"),
    "domain.ends": ("End", "EndReason", "Outcome"),
    "domain.handoff": ("Handoff", "HandoffRequest", "HandoffState", "SurveyAnswer"),
    "domain.messages": ("Attachment", "Fate", "Message", "TranscriptEntry"),
    "domain.moments": ("SILENT", "Moment"),
    "domain.outgoing": ("HandoffEnded", "Outgoing", "Receipt", "SystemMessage", "Typing", "UserMessage"),
    "domain.people": ("Agent", "Contact", "EndUser"),
    "errors": (
        "AuthError",
        "ConfigurationError",
        "Conflict",
        "ErasureRefused",
        "Expect",
        "FileMissing",
        "FileRefused",
        "FilesUnavailable",
        "HandoffNotFound",
        "IntegrationNotFound",
        "InvalidInput",
        "LivechatError",
        "MessageTooLarge",
        "PluginError",
        "Problem",
        "ProtocolError",
        "ProviderError",
        "RejectedError",
        "RetryableError",
        "StoreError",
        "StoreLocked",
        "UnavailableError",
        "UnknownBot",
        "UnsupportedFeature",
        "WebhookRejected",
    ),
    "hooks.markers": ("HOOK_API", "hookimpl"),
    "node": ("LiveChatNode",),
    "provider.interface": ("ChatProvider",),
    "provider.webhooks": ("WebhookDelivery",),
    "registry": ("Registry",),
}

__all__ = [
    "HOOK_API",
    "SILENT",
    "Accepted",
    "Agent",
    "Attachment",
    "AuthError",
    "BotAvailability",
    "Capabilities",
    "Channel",
    "Chat",
    "ChatProvider",
    "ConfigurationError",
    "Conflict",
    "Contact",
    "Dispatcher",
    "End",
    "EndReason",
    "EndUser",
    "ErasureRefused",
    "Expect",
    "Fate",
    "FileMissing",
    "FileRefused",
    "FilesUnavailable",
    "GateAnswer",
    "Handoff",
    "HandoffEnded",
    "HandoffNotFound",
    "HandoffRequest",
    "HandoffState",
    "IntegrationNotFound",
    "InvalidInput",
    "LiveChatNode",
    "LivechatError",
    "Message",
    "MessageTooLarge",
    "Moment",
    "NotLive",
    "Outcome",
    "Outgoing",
    "PluginError",
    "Problem",
    "ProtocolError",
    "ProviderError",
    "ProviderEvent",
    "Receipt",
    "Registry",
    "RejectedError",
    "RetryableError",
    "StoreError",
    "StoreLocked",
    "SurveyAnswer",
    "SystemMessage",
    "TranscriptEntry",
    "Typing",
    "UnavailableError",
    "UnknownBot",
    "UnsupportedFeature",
    "UserMessage",
    "WebhookDelivery",
    "WebhookRejected",
    "hookimpl",
]


_load = loading_from(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("livechat-sdk")
    return _load(name)


def __dir__() -> list[str]:
    return sorted(__all__)
