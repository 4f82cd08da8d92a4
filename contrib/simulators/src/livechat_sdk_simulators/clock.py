"""What time it is at the vendor: really, or as a test says."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

__all__ = ["Clock", "RealClock", "VirtualClock", "advance", "epoch_milliseconds", "is_virtual", "rfc3339"]

_START: Final = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday morning
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Anything that tells the time with a zone. One that can ``advance(seconds)`` is virtual."""

    def now(self) -> datetime:
        """The time, with its zone."""
        ...


class RealClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until somebody moves it."""

    def __init__(self, start: datetime = _START) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time that was reached."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by ``seconds``. Raises ``ValueError`` for a step back."""
        if seconds < 0:
            raise ValueError(f"a clock goes forward only, not by {seconds} s")
        self._now += timedelta(seconds=seconds)


def is_virtual(clock: Clock) -> bool:
    """Whether somebody must move this clock."""
    return callable(getattr(clock, "advance", None))


async def advance(clock: Clock, seconds: float) -> None:
    """Move a virtual clock, whether its ``advance`` is a coroutine or not.

    Raises ``ValueError`` for a real clock, which nobody can move.
    """
    if not is_virtual(clock):
        raise ValueError("a real clock cannot be moved: start the simulator with a virtual one")
    untyped: Any = clock
    moved = untyped.advance(seconds)
    if inspect.isawaitable(moved):
        await moved


def rfc3339(moment: datetime) -> str:
    """``moment`` in UTC with milliseconds, as most vendors write it: ``2026-11-24T09:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_milliseconds(moment: datetime) -> int:
    """``moment`` in milliseconds since 1970, in whole ones."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
