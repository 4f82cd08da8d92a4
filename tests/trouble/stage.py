"""A worker on an SQLite ledger that will get into trouble, and the world around it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from livechat_sdk.ledger.sqlite import SqliteStore
from tests.crash.audit import Expected, audit
from tests.processes.lives import Lives
from tests.processes.nursery import Nursery
from tests.processes.wire import Refused
from tests.processes.world import Chat, Talk, Vendor, World

T = TypeVar("T")

SPEED = 20.0


@dataclass(frozen=True)
class Stage:
    """What a test of trouble plays with."""

    world: World
    database: Path
    lives: Lives
    group: asyncio.TaskGroup

    def start_again(self) -> None:
        """Start the worker again after it has stopped by itself."""
        self.group.create_task(self.lives.run())

    @property
    def vendor(self) -> Vendor:
        """The only vendor."""
        return self.world.vendors["main"]

    async def engaged(self, conversation: str = "c-1") -> tuple[Talk, Chat]:
        """A conversation that an agent has joined."""
        talk = self.world.talk(conversation)
        handoff = await talk.request()
        chat: Chat = await self.world.until(lambda: self.vendor.chat_of(handoff), "there is a chat")
        await self.vendor.tell(chat, "joined", name="Ann")
        await talk.settle()
        return talk, chat

    def during_the_send_of(self, key: str, what: Callable[[], Awaitable[T]]) -> asyncio.Future[T]:
        """Let ``what`` happen while the vendor has a message and has not answered yet; gives its result."""
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def happen() -> None:
            result.set_result(await what())

        self.vendor.while_sending[key] = happen
        return result

    async def assert_refused(self, words: str, method: str, **params: Any) -> None:
        """One call is refused with a clear error of the ledger."""
        with pytest.raises(Refused, match=words) as refusal:
            await self.world.ask(method, **params)
        assert refusal.value.kind == "StoreError"

    async def assert_right(self, outcomes: Mapping[str, tuple[str, ...]], *, doubts: int = 0) -> None:
        """Stop the worker; nothing is lost, doubled, swapped or left over."""
        await self.lives.stop()
        await self.lives.stopped()
        store = SqliteStore.reader(self.database)
        await store.open()
        try:
            assert await audit(self.world, store, Expected(dict(outcomes), doubts)) == []
        finally:
            await store.close()


@asynccontextmanager
async def staged(
    nursery: Nursery, folder: Path, capabilities: Mapping[str, Any], **settings: Any
) -> AsyncGenerator[Stage]:
    """A running worker; it is gone at the end."""
    async with World({"main": capabilities}) as world:
        document = {
            "store": f"sqlite:///{folder / 'ledger.db'}",
            "vendors": {name: vendor.settings for name, vendor in world.vendors.items()},
            "bots": {"shop-bot": {"request_timeout": "30m"}},
            "since": time.monotonic(),
            "speed": SPEED,
            **settings,
        }
        lives = Lives(nursery, world, folder, document)
        async with asyncio.TaskGroup() as group:
            group.create_task(lives.run())
            try:
                yield Stage(world, folder / "ledger.db", lives, group)
            finally:
                lives.kill()
