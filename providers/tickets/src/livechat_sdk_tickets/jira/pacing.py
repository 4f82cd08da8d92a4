"""How fast one issue is written to.

Jira takes 20 writes in two seconds and 100 in thirty
(https://developer.atlassian.com/cloud/jira/platform/rate-limiting/).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Final

from livechat_sdk.domain.clock import Clock
from livechat_sdk.errors import RetryableError

__all__ = ["Pace"]

_LIMITS: Final = ((20, 2.0), (100, 30.0))
"""Writes, and in how many seconds."""
_LONGEST_WAIT: Final = 2.0
_ISSUES: Final = 1000
"""Issues that are remembered: those that were written to last."""


class Pace:
    """The writes of this process to each issue."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._writes: OrderedDict[str, deque[datetime]] = OrderedDict()

    async def turn(self, issue: str, operation: str, clock: Clock) -> None:
        """Wait until a write may leave, and count it.

        Raises ``RetryableError`` with ``sent`` False when that would take too long.
        """
        writes = self._writes.setdefault(issue, deque(maxlen=_LIMITS[-1][0]))
        self._writes.move_to_end(issue)
        if len(self._writes) > _ISSUES:
            self._writes.popitem(last=False)
        rest = _rest(writes, clock.now())
        if rest > _LONGEST_WAIT:
            raise RetryableError(
                f"the issue takes no more writes for {rest:.0f} s",
                provider=self._provider,
                operation=operation,
                retry_after=rest,
                sent=False,
            )
        due = clock.now() + timedelta(seconds=rest)
        writes.append(due)  # before anybody else's turn
        if rest > 0:
            await clock.sleep_until(due)


def _rest(writes: deque[datetime], now: datetime) -> float:
    """Seconds until one more write breaks no limit."""
    rest = 0.0
    for count, seconds in _LIMITS:
        if len(writes) >= count:
            rest = max(rest, seconds - (now - writes[-count]).total_seconds())
    return rest
