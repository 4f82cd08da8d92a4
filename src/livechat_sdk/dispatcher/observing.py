"""Tells observers of changes, beside the work: best effort, and in order for each handoff."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from livechat_sdk.dispatcher.stepping import Committed

if TYPE_CHECKING:
    from livechat_sdk.hooks import Hooks

__all__ = ["Observers"]

logger = logging.getLogger("livechat_sdk.dispatcher")


class Observers:
    """Calls ``livechat_handoff_changed`` after the commit; nobody waits for it."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._untold: dict[str, deque[Committed]] = {}
        """What is still to be told, by handoff. Each has a task for as long as there is something."""
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, committed: Committed) -> None:
        """Start telling of one change, after the earlier ones of the same handoff."""
        handoff_id = committed.after.id
        untold = self._untold.get(handoff_id)
        if untold is not None:
            untold.append(committed)
            return
        self._untold[handoff_id] = deque((committed,))
        task = asyncio.create_task(self._tell(handoff_id), name=f"observers {handoff_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Forget what has not been told."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._untold.clear()

    async def _tell(self, handoff_id: str) -> None:
        untold = self._untold[handoff_id]
        try:
            while untold:
                change = untold.popleft()
                try:
                    await self._hooks.handoff_changed(change.before, change.after, change.cause)
                except Exception:  # the later ones are told all the same
                    logger.exception("handoff %s: observers were not told of %s", handoff_id, change.cause)
        finally:
            self._untold.pop(handoff_id, None)
