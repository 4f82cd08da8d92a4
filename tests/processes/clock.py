"""A clock that runs quicker than the machine's, in all processes alike."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

_START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class QuickClock:
    """A ``Clock`` whose seconds pass ``speed`` times as quickly.

    It counts from ``since``, a moment of the system's monotonic clock, which all processes share: whoever
    starts later, or again, reads the same time.
    """

    def __init__(self, since: float, speed: float) -> None:
        self._since = since
        self._speed = speed
        self._moved = timedelta()

    def move(self, seconds: float) -> None:
        """Set it forward, or back: whoever sleeps notices when it wakes."""
        self._moved += timedelta(seconds=seconds)

    def now(self) -> datetime:
        """The time now, in UTC."""
        return _START + timedelta(seconds=(time.monotonic() - self._since) * self._speed) + self._moved

    async def sleep_until(self, when: datetime) -> None:
        """Return when ``now()`` has reached ``when``."""
        left = (when - self.now()).total_seconds()
        while left > 0:
            await asyncio.sleep(min(left, 60.0) / self._speed + 0.001)
            left = (when - self.now()).total_seconds()
