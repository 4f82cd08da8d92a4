"""A Parley adapter with the credentials of the recordings, and values to call it with."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
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
from livechat_sdk_testing.parley import ParleyPlugin
from livechat_sdk_testing.parley.provider import ParleyProvider
from livechat_sdk_testing.recordings import Recording, Recordings

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
KEY = "parley-webhook-key-of-tests"
SETTINGS: dict[str, Any] = {
    "type": "PARLEY_LIVECHAT",
    "name": "parley",
    "baseUrl": "https://api.parley.example",
    "clientId": "parley-client",
    "clientSecret": "parley-secret-of-tests",
    "webhookKey": KEY,
}
CHAT = Chat(integration="parley", handoff_id="h-1", ref="h-1.1", vendor_ref="c-7f3a")
LOST = CHAT.model_copy(update={"vendor_ref": None})
"""The same chat, when the answer to ``open`` was lost."""
MESSAGE = PlannedMessage(key="k-1", body="My invoice is wrong", sent_at=NOW)


@asynccontextmanager
async def a_provider(**settings: Any) -> AsyncIterator[ParleyProvider]:
    """Built as a platform builds it: from settings, by the registry."""
    registry = Registry({"parley": ParleyPlugin()})
    provider = registry.build({**SETTINGS, **settings})
    assert isinstance(provider, ParleyProvider)
    try:
        yield provider
    finally:
        await provider.stop()


def an_opening(**fields: Any) -> ChatOpening:
    route = fields.pop("route", None) or Route(integration="parley", bot="shop-bot")
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


def a_webhook(
    body: bytes | dict[str, Any],
    *,
    key: str = KEY,
    at: datetime = NOW,
    signature: str | None = None,
    received_at: datetime = NOW + timedelta(seconds=1),
) -> WebhookDelivery:
    """A delivery as Parley sends it; ``signature`` replaces the whole header."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    if signature is None:
        signature = f"t={int(at.timestamp())},v1={signed(content, key, at)}"
    return WebhookDelivery("POST", "/webhooks/parley", {"Parley-Signature": signature}, content, received_at)


def signed(content: bytes, key: str = KEY, at: datetime = NOW) -> str:
    return hmac.new(key.encode(), f"{int(at.timestamp())}.".encode() + content, hashlib.sha256).hexdigest()


def an_event(kind: str, data: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": "e-1",
        "type": kind,
        "at": "2026-11-26T09:30:00.000Z",
        "chat": {"id": "c-7f3a", "ref": "h-1.1"},
        "data": data or {},
        **fields,
    }


def a_link(
    content: bytes = b"\x89PNG", *, status: int = 200, url: str = "https://files.shop.example/7"
) -> Recording:
    """The exchange in which the end user's file is fetched; not Parley's, so not in its folder."""
    return Recording.model_validate(
        {
            "name": "link/file",
            "provenance": {"kind": "synthesised", "source": "this test", "date": "2026-11-26"},
            "request": {"method": "GET", "url": url},
            "response": {
                "status": status,
                "headers": {"content-type": "image/png"},
                "base64": base64.b64encode(content).decode(),
            },
        }
    )
