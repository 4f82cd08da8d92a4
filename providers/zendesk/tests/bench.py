"""A Zendesk adapter with the credentials of the recordings, and values to call it with."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.people import EndUser
from livechat_sdk.provider.interface import ChatOpening, PlannedMessage
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk.registry import Registry
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_zendesk import plugin
from livechat_sdk_zendesk.provider import ZendeskProvider

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
APP = "5ebee0975ac5304b664a12fa"
KEY = "zendesk-webhook-key-of-tests"
USER = "67a11490f0305f4a391e9f8a"
CONVERSATION = "67a0ecf8f0305f4a391e9db1"
SETTINGS: dict[str, Any] = {
    "type": "ZENDESK_LIVECHAT",
    "name": "zendesk",
    "baseUrl": "https://acme.zendesk.com",
    "appId": APP,
    "keyId": "app_5ebee0975ac5304b664a12fb",
    "secret": "zendesk-secret-of-tests",
    "webhookKey": KEY,
}
CHAT = Chat(
    integration="zendesk",
    handoff_id="h-1",
    ref="h-1.1",
    vendor_ref=CONVERSATION,
    state={"user": USER, "opened": (NOW - timedelta(minutes=5)).isoformat()},
)
LOST = CHAT.model_copy(update={"vendor_ref": None, "state": {}})
"""The same chat, when the answer to ``open`` was lost."""
MESSAGE = PlannedMessage(key="k-1", body="My invoice is wrong", sent_at=NOW)

AGENTS = {
    "id": "5ef2",
    "name": "zd-agentWorkspace",
    "integrationId": "5ef3",
    "integrationType": "zd:agentWorkspace",
}
BOT = {"id": "5eec", "name": "bot", "integrationId": "5f11", "integrationType": "custom"}


def build(**settings: Any) -> ZendeskProvider:
    """As a platform builds it: from settings, by the registry."""
    provider = Registry({"zendesk": plugin}).build({**SETTINGS, **settings})
    assert isinstance(provider, ZendeskProvider)
    return provider


@asynccontextmanager
async def a_provider(**settings: Any) -> AsyncIterator[ZendeskProvider]:
    provider = build(**settings)
    try:
        yield provider
    finally:
        await provider.stop()


def an_opening(**fields: Any) -> ChatOpening:
    route = fields.pop("route", None) or Route(integration="zendesk", bot="shop-bot")
    basic: dict[str, Any] = {
        "handoff_id": "h-1",
        "conversation_id": "cv-1",
        "attempt": 1,
        "ref": "h-1.1",
        "bot": "shop-bot",
        "user": EndUser(id="u-1"),
        "route": route,
        "requested_at": NOW,
    }
    return ChatOpening(**(basic | fields))


def a_conversation(active: Mapping[str, Any] | None = AGENTS, ref: str | None = "h-1.1") -> dict[str, Any]:
    """A conversation as webhooks carry it."""
    found: dict[str, Any] = {"id": CONVERSATION, "type": "personal"}
    if ref is not None:
        found["metadata"] = {"livechat_ref": ref}
    return found if active is None else found | {"activeSwitchboardIntegration": dict(active)}


def an_event(kind: str, payload: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    conversation = {"conversation": a_conversation()}
    return {
        "id": "5f74a0d52b5315fc007e798a",
        "createdAt": "2026-11-26T09:30:00.000Z",
        "type": kind,
        "payload": conversation | dict(payload or {}),
        **fields,
    }


def a_document(*events: Any, **fields: Any) -> dict[str, Any]:
    return {
        "app": {"id": APP},
        "webhook": {"id": "5f4eaef81e3dcc117c7ba48a", "version": "v2"},
        "events": list(events),
        **fields,
    }


def a_webhook(body: bytes | Mapping[str, Any], *, key: str | None = KEY) -> WebhookDelivery:
    """A delivery as Zendesk sends it; ``None`` sends no key."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"X-API-Key": key})
    return WebhookDelivery("POST", "/webhooks/zendesk", headers, content, NOW + timedelta(seconds=1))
