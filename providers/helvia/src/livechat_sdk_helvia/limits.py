"""Limits on how often somebody may try something."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

from livechat_sdk_helvia.faults import TooManyAttempts

__all__ = ["RateLimit"]


class RateLimit:
    """At most ``limit`` counted attempts of one name within ``window`` seconds; then wait.

    Kept in memory, for the ``remember`` names that were counted last. ``what`` completes "Too many …".
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        limit: int,
        window: float,
        what: str,
        remember: int = 10_000,
    ) -> None:
        self._now = now
        self._limit = limit
        self._window = timedelta(seconds=window)
        self._what = what
        self._remember = remember
        self._attempts: OrderedDict[str, deque[datetime]] = OrderedDict()

    def check(self, name: str) -> None:
        """Raise ``TooManyAttempts`` when ``name`` has to wait."""
        attempts = self._recent(name)
        if len(attempts) >= self._limit:
            left = (attempts[0] + self._window - self._now()).total_seconds()
            raise TooManyAttempts(f"Too many {self._what}.", left)

    def count(self, name: str) -> None:
        """Count an attempt."""
        attempts = self._recent(name)
        attempts.append(self._now())
        self._attempts[name] = attempts
        self._attempts.move_to_end(name)
        while len(self._attempts) > self._remember:
            self._attempts.popitem(last=False)

    def forget(self, name: str) -> None:
        """Forget the attempts of ``name``."""
        self._attempts.pop(name, None)

    def _recent(self, name: str) -> deque[datetime]:
        attempts = self._attempts.get(name, deque())
        oldest = self._now() - self._window
        while attempts and attempts[0] <= oldest:
            attempts.popleft()
        return attempts
