"""The provider interface: what an adapter to one live-chat system implements, and what it is given.

Names are loaded when they are used: what offers an adapter does not need the adapter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat_sdk.lazy import loading_from

if TYPE_CHECKING:
    from livechat_sdk.domain.capabilities import Capabilities, Inbound, WebhookAuth
    from livechat_sdk.provider.bodies import read_json_object
    from livechat_sdk.provider.embedded import EmbeddedDatabase, Row, SqlValue, Statement
    from livechat_sdk.provider.files import (
        FileKeeper,
        FileLender,
        FileOpener,
        NoFiles,
        OpenedFile,
        VendorFile,
    )
    from livechat_sdk.provider.integration import Finding, IntegrationContext, IntegrationType
    from livechat_sdk.provider.interface import (
        AnyProvider,
        AsgiApp,
        Availability,
        ChatDetails,
        ChatOpening,
        ChatProvider,
        ChatStatus,
        PlannedMessage,
        Polled,
        PollPace,
        ProviderHost,
        Sent,
    )
    from livechat_sdk.provider.personal import PersonalTable, declare_personal
    from livechat_sdk.provider.settings import IntegrationSettings, Remark, Secret
    from livechat_sdk.provider.telling import (
        contact_facts,
        named_values,
        opening_facts,
        pages,
        plain_texts,
        transcript_lines,
    )
    from livechat_sdk.provider.verifying import REPLAY_WINDOW, verify_hmac, verify_shared_key, verify_time
    from livechat_sdk.provider.webhooks import WebhookDelivery

_HOMES: dict[str, tuple[str, ...]] = {
    "domain.capabilities": ("Capabilities", "Inbound", "WebhookAuth"),
    "provider.bodies": ("read_json_object",),
    "provider.embedded": ("EmbeddedDatabase", "Row", "SqlValue", "Statement"),
    "provider.files": ("FileKeeper", "FileLender", "FileOpener", "NoFiles", "OpenedFile", "VendorFile"),
    "provider.integration": ("Finding", "IntegrationContext", "IntegrationType"),
    "provider.interface": (
        "AnyProvider",
        "AsgiApp",
        "Availability",
        "ChatDetails",
        "ChatOpening",
        "ChatProvider",
        "ChatStatus",
        "PlannedMessage",
        "Polled",
        "PollPace",
        "ProviderHost",
        "Sent",
    ),
    "provider.personal": ("PersonalTable", "declare_personal"),
    "provider.settings": ("IntegrationSettings", "Remark", "Secret"),
    "provider.telling": (
        "contact_facts",
        "named_values",
        "opening_facts",
        "pages",
        "plain_texts",
        "transcript_lines",
    ),
    "provider.verifying": ("REPLAY_WINDOW", "verify_hmac", "verify_shared_key", "verify_time"),
    "provider.webhooks": ("WebhookDelivery",),
}

__all__ = [
    "REPLAY_WINDOW",
    "AnyProvider",
    "AsgiApp",
    "Availability",
    "Capabilities",
    "ChatDetails",
    "ChatOpening",
    "ChatProvider",
    "ChatStatus",
    "EmbeddedDatabase",
    "FileKeeper",
    "FileLender",
    "FileOpener",
    "Finding",
    "Inbound",
    "IntegrationContext",
    "IntegrationSettings",
    "IntegrationType",
    "NoFiles",
    "OpenedFile",
    "PersonalTable",
    "PlannedMessage",
    "PollPace",
    "Polled",
    "ProviderHost",
    "Remark",
    "Row",
    "Secret",
    "Sent",
    "SqlValue",
    "Statement",
    "VendorFile",
    "WebhookAuth",
    "WebhookDelivery",
    "contact_facts",
    "declare_personal",
    "named_values",
    "opening_facts",
    "pages",
    "plain_texts",
    "read_json_object",
    "transcript_lines",
    "verify_hmac",
    "verify_shared_key",
    "verify_time",
]

__getattr__ = loading_from(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
