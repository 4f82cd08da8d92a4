"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

__all__ = ["VirtualClock"]

_START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday morning


class VirtualClock:
    """A ``Clock`` for tests. Nothing passes but by ``advance``."""

    def __init__(self, start: datetime = _START) -> None:
        self._now = start
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The time that the test has reached."""
        return self._now

    @property
    def next_due(self) -> datetime | None:
        """When the next sleeper wants to be woken."""
        return min((when for when, _, future in self._sleepers if not future.done()), default=None)

    async def sleep_until(self, when: datetime) -> None:
        """Return when the test has moved the clock to ``when``."""
        if when <= self._now:
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (when, next(self._order), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Move on by ``seconds``, waking sleepers one after the other in the order of their times.

        Between two of them the loop runs a little, so that what a sleeper starts can go to sleep
        again before the clock moves on. Wait for work that goes through threads by other means
        (``dispatcher.wait_idle()``).
        """
        target = self._now + timedelta(seconds=seconds)
        await _let_run()
        while self._sleepers and self._sleepers[0][0] <= target:
            when, _, future = heapq.heappop(self._sleepers)
            if future.done():
                continue
            self._now = max(self._now, when)
            future.set_result(None)
            await _let_run()
        self._now = target
        await _let_run()


async def _let_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
