"""A Cisco adapter with the session of the recordings, and values to call it with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.people import EndUser
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.interface import ChatOpening, PlannedMessage
from livechat_sdk.registry import Registry
from livechat_sdk_cisco import plugin
from livechat_sdk_cisco.provider import CiscoProvider
from livechat_sdk_testing.recordings import Recordings

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings")

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
CONTACT = "5D1A96881000018B000015F60A4E5F26"
SESSION = "JSESSIONID=5F2A9C7E31D04B68A0C4E1D2B3F49876"
SETTINGS: dict[str, Any] = {
    "type": "CISCO_LIVECHAT",
    "name": "cisco",
    "endpoint": "https://ccp.example.com/ccp/chat",
    "chatId": "100053",
    "ccxQueueTag": "Chat_Csq28",
}
STATE: dict[str, Any] = {"opened": (NOW - timedelta(minutes=1)).isoformat(), "author": "Dana Reyes"}
CHAT = Chat(
    integration="cisco",
    handoff_id="h-1",
    ref="h-1.1",
    vendor_ref=CONTACT,
    state={**STATE, "cursor": 0},
    secrets={"session": SecretStr(SESSION)},
)
JOINED = CHAT.model_copy(
    update={"state": {**STATE, "cursor": 3, "agents": ["Priya"], "joined": True, "greeted": True}}
)
LOST = CHAT.model_copy(update={"vendor_ref": None, "state": {}, "secrets": {}})
"""The same chat, when the answer to ``open`` was lost."""
MESSAGE = PlannedMessage(key="k-1", body="Where is my parcel?", sent_at=NOW)


class Time:
    """The clock of a provider, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def build(**settings: Any) -> CiscoProvider:
    """As a platform builds it: from settings, by the registry."""
    provider = Registry({"cisco": plugin}).build({**SETTINGS, **settings})
    assert isinstance(provider, CiscoProvider)
    return provider


@asynccontextmanager
async def a_provider(*, time: Time | None = None, **settings: Any) -> AsyncIterator[CiscoProvider]:
    provider = build(**settings)
    provider.context = IntegrationContext("cisco", now=time or Time())
    try:
        yield provider
    finally:
        await provider.stop()


def an_opening(**fields: Any) -> ChatOpening:
    route = fields.pop("route", None) or Route(integration="cisco", bot="shop-bot")
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
