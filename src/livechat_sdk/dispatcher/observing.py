"""Tells observers of changes, beside the work: best effort, and in order for each handoff."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from livechat_sdk.dispatcher.stepping import Committed

if TYPE_CHECKING:
    from livechat_sdk.hooks import Hooks

__all__ = ["Observers"]


class Observers:
    """Calls ``livechat_handoff_changed`` after the commit; nobody waits for it."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._latest: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, committed: Committed) -> None:
        """Start telling of one change, after the earlier ones of the same handoff."""
        handoff_id = committed.after.id
        task = asyncio.create_task(
            self._tell(committed, self._latest.get(handoff_id)), name=f"observers {handoff_id}"
        )
        self._latest[handoff_id] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._told(handoff_id, done))

    async def stop(self) -> None:
        """Forget what has not been told."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, committed: Committed, earlier: asyncio.Task[None] | None) -> None:
        if earlier is not None:
            await asyncio.wait([earlier])
        await self._hooks.handoff_changed(committed.before, committed.after, committed.cause)

    def _told(self, handoff_id: str, done: asyncio.Task[None]) -> None:
        self._tasks.discard(done)
        if self._latest.get(handoff_id) is done:
            del self._latest[handoff_id]
