"""The rate that Genesys allows: 300 calls a minute for each token.

The count is kept for one integration in one process. Workers in other processes have tokens of their own from
the same credentials, or draw from the same 300: the latter is seen by the headers of the answers
(``inin-ratelimit-…``), which the vendor does not send with each of them, and at the latest by a 429. Whoever
wants to be sure gives each process its share (``callsPerMinute``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from livechat_sdk.domain.clock import Clock
from livechat_sdk.errors import RetryableError

__all__ = ["Pace"]

_WINDOW: Final = timedelta(seconds=60)
_RESERVED: Final = 3
"""One in so many calls is kept for conversations: what can wait does not get it."""
_PATIENCE: Final = 8.0
"""Seconds that a call may wait for its turn here; after that whoever asked decides when to try again."""
_LONGEST_RESET: Final = 120.0


class Pace:
    """Turns of calls. ``clock`` gives the clock that counts now."""

    def __init__(self, provider: str, per_minute: int, clock: Callable[[], Clock]) -> None:
        self._provider = provider
        self._per_minute = per_minute
        self._clock = clock
        self._taken: deque[datetime] = deque()
        self._full_until: datetime | None = None
        self._refused: dict[str, datetime] = {}
        """Until when calls of a kind are not made: there are a few kinds."""

    async def turn(self, operation: str, *, can_wait: bool = False) -> None:
        """Wait for a turn. ``can_wait``: the call is a question that may as well be asked later.

        Raises ``RetryableError`` with ``sent`` False when there is none for longer than a call may wait.
        """
        most = self._per_minute - (self._per_minute // _RESERVED if can_wait else 0)
        clock = self._clock()
        while (wait := self._wait(operation, clock.now(), most)) > 0:
            if wait > _PATIENCE:
                raise RetryableError(
                    f"{self._per_minute} calls a minute are made already, or Genesys says so",
                    provider=self._provider,
                    operation=operation,
                    retry_after=wait,
                    sent=False,
                )
            await clock.sleep_until(clock.now() + timedelta(seconds=wait))
        self._taken.append(clock.now())

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take note of what an answer says of the calls of everybody with this token."""
        numbers = [headers.get(f"inin-ratelimit-{name}", "") for name in ("count", "allowed", "reset")]
        if not all(number.isascii() and number.isdigit() and len(number) <= 9 for number in numbers):  # noqa: PLR2004
            return
        count, allowed, reset = (int(number) for number in numbers)
        if count >= allowed:
            self._full_until = self._clock().now() + timedelta(seconds=min(reset, _LONGEST_RESET))

    def refused(self, operation: str, seconds: float) -> None:
        """A call was answered with 429: for so many seconds nobody makes another of its kind.

        Some resources have limits of their own, so calls of other kinds find out for themselves.
        """
        until = self._clock().now() + timedelta(seconds=min(seconds, _LONGEST_RESET))
        self._refused[operation] = max(until, self._refused.get(operation, until))

    def _wait(self, operation: str, now: datetime, most: int) -> float:
        """Seconds until the next turn."""
        while self._taken and self._taken[0] <= now - _WINDOW:
            self._taken.popleft()
        turns = [one for one in (self._full_until, self._refused.get(operation)) if one is not None]
        if len(self._taken) >= most:
            turns.append(self._taken[len(self._taken) - most] + _WINDOW)
        return max(((turn - now).total_seconds() for turn in turns), default=0.0)
