"""Waiting for changes of a handoff, without asking the database in a loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.ledger.store import JournalEntry, Store

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Watchers"]

_LOOK_AGAIN = 5.0
"""Seconds after which a watcher reads the ledger by itself: other processes may have written."""


class Watchers:
    """Wakes whoever waits for a handoff to change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def changed(self, handoff_id: str) -> None:
        """Wake everybody who watches this handoff."""
        for event in self._waiting.get(handoff_id, ()):
            event.set()

    async def until(
        self, handoff_id: str, reached: Callable[[Handoff], bool], *, wait: float | None
    ) -> Handoff | None:
        """The handoff as soon as ``reached`` says so; as it is after ``wait`` seconds."""
        with self._event(handoff_id) as event:
            try:
                async with asyncio.timeout(wait):
                    while True:
                        event.clear()
                        handoff = await self._store.load(handoff_id)
                        if handoff is None or reached(handoff):
                            return handoff
                        await _wait(event)
            except TimeoutError:
                return await self._store.load(handoff_id)

    async def journal(self, handoff_id: str, *, after: int = 0) -> AsyncIterator[JournalEntry]:
        """Journal entries from the one after ``after`` on, as they come; ends when the handoff is over."""
        with self._event(handoff_id) as event:
            while True:
                event.clear()
                handoff = await self._store.load(handoff_id)
                entries = await self._store.journal(handoff_id, after=after)
                for entry in entries:
                    after = entry.seq
                    yield entry
                if entries:
                    continue
                if handoff is None or not handoff.is_live:
                    return
                await _wait(event)

    @contextmanager
    def _event(self, handoff_id: str) -> Generator[asyncio.Event]:
        event = asyncio.Event()
        self._waiting.setdefault(handoff_id, set()).add(event)
        try:
            yield event
        finally:
            events = self._waiting[handoff_id]
            events.discard(event)
            if not events:
                del self._waiting[handoff_id]


async def _wait(event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_LOOK_AGAIN):
            await event.wait()
    except TimeoutError:
        return
