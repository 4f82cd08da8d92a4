"""Retention: what ended long ago is erased by itself, in small portions that delay no message.

One worker does it for all: the one that holds the first shard. A handoff that ended but is not settled
(something is still to be done, was given up and waits for a person, or the chat is open at the vendor) is
kept until it is, at most for twice its time. Live handoffs are never touched.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.retention import RetentionPlan
from livechat_sdk.errors import StoreError
from livechat_sdk.files.keeping import FileKeeping
from livechat_sdk.ledger.erasing import Eraser, StillOpen
from livechat_sdk.ledger.retained import Expired, ended_before, forget_seen, forget_tombstones
from livechat_sdk.ledger.store import Store

__all__ = ["Retention"]

logger = logging.getLogger("livechat_sdk.owning")

_FIRST_ROUND: Final = timedelta(minutes=1)
_HOURLY: Final = timedelta(hours=1)
_DAILY: Final = timedelta(days=1)
_PORTION: Final = 20
_PAUSE: Final = timedelta(seconds=1)
"""Between portions, so that a long round leaves the ledger to the conversations."""
_SHARD: Final = 0
"""Whoever holds it does this work."""


class Retention:
    """The loop that erases what has been kept for long enough."""

    def __init__(
        self,
        store: Store,
        workspace: str,
        clock: Clock,
        plan: RetentionPlan,
        shards: Callable[[], frozenset[int]],
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._clock = clock
        self._plan = plan
        self._shards = shards
        self._files = FileKeeping(store, workspace)
        self._eraser = Eraser(store, workspace, self._files.discard)
        self._task: asyncio.Task[None] | None = None
        self._working = False
        self.rounds = 0
        self.erased = 0
        """Handoffs that were erased because of their age."""
        self.overdue = 0
        """Handoffs that the last round kept although their time was over, because they are not settled."""
        self.forced = 0
        """Handoffs that were erased at twice their time although they were not settled."""
        self.failures = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being erased right now."""
        return not self._working

    def start(self) -> None:
        """Start the loop; its first round comes a minute later."""
        self._task = asyncio.create_task(self._loop(), name="retention")

    async def stop(self) -> None:
        """Stop the loop. A handoff is erased as a whole or not at all."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _loop(self) -> None:
        pause = _FIRST_ROUND
        while True:
            await self._clock.sleep_until(self._clock.now() + pause)
            pause = _HOURLY if self._plan.erases or self._plan.files_after is not None else _DAILY
            if _SHARD not in self._shards():
                continue
            self._working = True
            try:
                await self._round()
            except StoreError as error:
                self.failures += 1
                logger.warning("what is too old cannot be erased now: %s", error)
            except Exception:
                self.failures += 1
                logger.exception("a round of retention failed; the next one tries again")
            finally:
                self._working = False

    async def _round(self) -> None:
        before, overdue = self.erased, self.overdue
        self.overdue = 0
        own = {name: after for name, after in self._plan.by_bot.items() if after is not None}
        for bot, after in own.items():
            await self._erase_older(after, bot=bot)
        if self._plan.after is not None:
            await self._erase_older(self._plan.after)
        now = self._clock.now()
        while await forget_seen(
            self._store, self._workspace, now - timedelta(seconds=self._plan.event_ids_after)
        ):
            await self._rest()
        while await forget_tombstones(
            self._store, self._workspace, now - timedelta(seconds=self._plan.tombstones_after)
        ):
            await self._rest()
        if self._plan.files_after is not None:
            while await self._files.drop_older(now - timedelta(seconds=self._plan.files_after)):
                await self._rest()
        await self._files.sweep()
        self.rounds += 1
        if self.erased > before:
            await self._store.scrub()
            logger.info("erased %d handoffs because of their age", self.erased - before)
        if self.overdue and self.overdue != overdue:  # said once, not every hour
            logger.warning(
                "%d handoffs are kept beyond their time because they are not settled; "
                "`livechat show` and `livechat parked` list what is open",
                self.overdue,
            )

    async def _erase_older(self, after: float, *, bot: str | None = None) -> None:
        now = self._clock.now()
        forced = utc_text(now - timedelta(seconds=2 * after))
        last: Expired | None = None
        while True:
            portion = await ended_before(
                self._store,
                self._workspace,
                now - timedelta(seconds=after),
                bot=bot,
                other_than=() if bot is not None else tuple(self._plan.by_bot),
                after=last,
                limit=_PORTION,
            )
            for one in portion:
                await self._erase(one, forced=one.ended_at < forced)
            if len(portion) < _PORTION:
                return
            last = portion[-1]
            await self._rest()

    async def _erase(self, one: Expired, *, forced: bool) -> None:
        if not (one.settled or forced):
            self.overdue += 1
            return
        try:
            holding = await self._eraser.erase(one.handoff_id, self._clock.now(), drop_open=forced)
        except StillOpen:
            self.overdue += 1  # something has begun for it since it was listed
            return
        if holding is None:
            return
        self.erased += 1
        if not one.settled:
            self.forced += 1
            logger.warning("a handoff was erased at twice its time although it was not settled")

    async def _rest(self) -> None:
        """Let others go first."""
        self._working = False
        await self._clock.sleep_until(self._clock.now() + _PAUSE)
        self._working = True
