"""Workers on a ledger, and the world around them, for tests that give them trouble."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.crash.audit import Expected, audit
from tests.processes.ledgers import Ledger
from tests.processes.lives import Lives
from tests.processes.nursery import Nursery
from tests.processes.wire import Refused
from tests.processes.world import Chat, Talk, Vendor, World

T = TypeVar("T")

SPEED = 20.0


@dataclass(frozen=True)
class Stage:
    """What a test plays with."""

    world: World
    ledger: Ledger
    workers: Mapping[str, Lives]
    group: asyncio.TaskGroup

    @property
    def lives(self) -> Lives:
        """The first worker, or the only one."""
        return next(iter(self.workers.values()))

    @property
    def vendor(self) -> Vendor:
        """The only vendor."""
        return self.world.vendors["main"]

    def start_again(self, name: str = "w") -> None:
        """Start a worker again after it has stopped by itself."""
        self.group.create_task(self.workers[name].run())

    async def engaged(self, conversation: str = "c-1") -> tuple[Talk, Chat]:
        """A conversation that an agent has joined."""
        talk = self.world.talk(conversation)
        handoff = await talk.request()
        chat: Chat = await self.world.until(lambda: self.vendor.chat_of(handoff), "there is a chat")
        await self.vendor.tell(chat, "joined", name="Ann")
        await talk.settle()
        return talk, chat

    async def ended(self, talk: Talk, chat: Chat) -> None:
        """The agent ends a conversation; everything that follows is done."""
        await self.vendor.end(chat)
        await talk.handed_back()
        await talk.settle()

    def during_the_send_of(self, key: str, what: Callable[[], Awaitable[T]]) -> asyncio.Future[T]:
        """Let ``what`` happen while the vendor has a message and has not answered yet; gives its result."""
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def happen() -> None:
            try:
                result.set_result(await what())
            except BaseException as error:
                result.set_exception(error)
                raise

        self.vendor.while_sending[key] = happen
        return result

    async def assert_refused(self, words: str, method: str, **params: Any) -> None:
        """One call is refused with a clear error of the ledger."""
        with pytest.raises(Refused, match=words) as refusal:
            await self.world.ask(method, worker=self.lives.name, **params)
        if refusal.value.kind != "StoreError":
            raise AssertionError(f"{method} was refused with {refusal.value}")

    async def assert_right(self, outcomes: Mapping[str, tuple[str, ...]], *, doubts: int = 0) -> None:
        """Stop the workers that are left; nothing is lost, doubled, swapped or left over."""
        findings = await self.findings(outcomes, doubts=doubts)
        if findings:
            raise AssertionError("\n".join(findings))

    async def findings(self, outcomes: Mapping[str, tuple[str, ...]], *, doubts: int = 0) -> list[str]:
        """Stop the workers that are left; everything that is wrong then."""
        left = [lives for lives in self.workers.values() if lives.running]
        for lives in left:
            await lives.stop()
            await lives.stopped()
        async with self.ledger.reading() as store:
            return await audit(self.world, store, Expected(dict(outcomes), doubts))


@asynccontextmanager
async def staged(
    nursery: Nursery,
    ledger: Ledger,
    folder: Path,
    capabilities: Mapping[str, Any],
    *,
    names: Sequence[str] = ("w",),
    **settings: Any,
) -> AsyncGenerator[Stage]:
    """Running workers with these names, ready; they are gone at the end. ``folder`` is for logs."""
    async with World({"main": capabilities}) as world:
        document = {
            **ledger.settings,
            "vendors": {name: vendor.settings for name, vendor in world.vendors.items()},
            "bots": {"shop-bot": {"request_timeout": "30m"}},
            "since": time.monotonic(),
            "speed": SPEED,
            **settings,
        }
        workers = {name: Lives(nursery, world, folder, document, name=name) for name in names}
        async with asyncio.TaskGroup() as group:
            for lives in workers.values():
                group.create_task(lives.run())
            try:
                await world.until(lambda: len(world.workers) == len(names), "all workers are ready")
                yield Stage(world, ledger, workers, group)
            finally:
                for lives in workers.values():
                    lives.kill()
