"""The clock as the SDK sees it, so that tests can hold their own."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "steady_seconds"]


class Clock(Protocol):
    """Tells the time and waits for it."""

    def now(self) -> datetime:
        """The time now, in UTC."""
        ...

    async def sleep_until(self, when: datetime) -> None:
        """Return when ``now()`` has reached ``when``; at once if it is past."""
        ...


class SystemClock:
    """The machine's clock.

    Looks again at least once a minute, so that a clock that is set forward is noticed.
    """

    def now(self) -> datetime:
        """The time now, in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, when: datetime) -> None:
        """Return when ``now()`` has reached ``when``."""
        left = (when - self.now()).total_seconds()
        while left > 0:
            await asyncio.sleep(min(left, 60.0))
            left = (when - self.now()).total_seconds()


def steady_seconds() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps, where there is one."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_time is None else time.clock_gettime(boot_time)
