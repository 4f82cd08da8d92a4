"""One hostile vendor with its provider, without a dispatcher."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.people import EndUser
from livechat_sdk.provider import NoFiles
from livechat_sdk.provider.embedded import Row, SqlValue, Statement
from livechat_sdk.provider.interface import ChatOpening, PlannedMessage
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk.registry import Registry
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.hostile import (
    HostilePlugin,
    HostileProvider,
    HostileVendor,
    PollProvider,
    StreamProvider,
    Traits,
    WebhookVendor,
    hostile_vendor,
)

KINDS = tuple(Inbound)


@dataclass
class MemoryDatabase:
    """An ``EmbeddedDatabase`` that keeps statements and events; ``broken`` lets commits fail."""

    statements: list[Statement] = field(default_factory=list[Statement])
    events: list[ProviderEvent] = field(default_factory=list[ProviderEvent])
    broken: bool = False

    async def create_tables(self, name: str, version: int, ddl: Sequence[str]) -> None:
        """Nothing to make."""

    async def commit(self, statements: Sequence[Statement], events: Sequence[ProviderEvent] = ()) -> None:
        if self.broken:
            raise OSError("no space left")
        self.statements.extend(statements)
        self.events.extend(events)

    async def fetch(self, sql: str, params: Mapping[str, SqlValue] | None = None) -> Sequence[Row]:
        return ()


@dataclass(frozen=True)
class MemoryHost:
    database: MemoryDatabase
    files: NoFiles = field(default_factory=NoFiles)

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        return ()


class OneVendor:
    """A vendor, its provider, a clock, and everything that reached our side."""

    def __init__(self, inbound: Inbound, **traits: Any) -> None:
        self.clock = VirtualClock()
        self.vendor: HostileVendor = hostile_vendor(
            Traits(inbound=inbound, **traits), now=self.clock.now, name="acme"
        )
        self.database = MemoryDatabase()
        self.events: list[ProviderEvent] = []
        plugin = HostilePlugin(self.vendor)
        self.provider: HostileProvider = Registry({"acme": plugin}).build(plugin.settings, now=self.clock.now)
        if isinstance(self.vendor, WebhookVendor):
            self.vendor.deliver = self.take_webhook

    async def start(self) -> None:
        """As a dispatcher would."""
        await self.provider.start(MemoryHost(self.database))

    async def open(self, ref: str = "h-1.1") -> Chat:
        return await self.provider.open(an_opening(ref, at=self.clock.now()))

    async def send(self, chat: Chat, key: str, body: str = "hello") -> None:
        await self.provider.send(chat, PlannedMessage(key=key, body=body, sent_at=self.clock.now()))

    async def take_webhook(self, delivery: WebhookDelivery) -> None:
        self.events.extend(self.provider.read_webhook(delivery))

    async def collect(self, chat: Chat) -> Chat:
        """Take whatever the vendor has for us now, in the way of its kind; returns the chat as it is then."""
        await self.vendor.pump()
        for _ in range(10):
            await asyncio.sleep(0)
        if isinstance(self.provider, PollProvider):
            polled = await self.provider.poll(chat)
            self.events.extend(polled.events)
            return polled.chat
        self.events.extend(self.database.events)
        self.database.events.clear()
        return chat

    async def pass_time(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await self.vendor.pump()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen to the stream, if it has one."""
        if not isinstance(self.provider, StreamProvider):
            yield
            return
        started = asyncio.Event()

        async def listen() -> None:
            source = self.provider.listen()
            started.set()
            async for event in source:
                self.events.append(event)

        task = asyncio.create_task(listen())
        await started.wait()
        await asyncio.sleep(0)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def an_opening(ref: str = "h-1.1", *, at: datetime) -> ChatOpening:
    return ChatOpening(
        handoff_id=ref.rpartition(".")[0],
        conversation_id="c-1",
        attempt=int(ref.rpartition(".")[2]),
        ref=ref,
        bot="shop-bot",
        user=EndUser(id="u-1"),
        route=Route(integration="acme", bot="shop-bot"),
        requested_at=at,
    )
