"""How often one may call: so many calls in so many seconds for each chat, account or whatever has the key."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from math import ceil
from typing import Final

__all__ = ["CallLimit"]

_KEYS: Final = 10_000


class CallLimit:
    """A sliding window of ``seconds``, in which ``most`` calls of one key may happen."""

    def __init__(self, most: int, seconds: float = 1.0) -> None:
        self._most = most
        self._seconds = seconds
        self._calls: dict[str, deque[datetime]] = {}

    def wait(self, key: str, now: datetime) -> int | None:
        """Count a call. ``None``: it may happen; else whole seconds to wait, and it does not count."""
        calls = self._calls.setdefault(key, deque())
        while calls and (now - calls[0]).total_seconds() >= self._seconds:
            calls.popleft()
        if len(calls) >= self._most:
            return max(1, ceil(self._seconds - (now - calls[0]).total_seconds()))
        calls.append(now)
        if len(self._calls) > _KEYS:
            self._calls = {known: kept for known, kept in self._calls.items() if kept and kept[-1] >= now}
        return None

    def left(self, key: str) -> int:
        """How many calls of this key may still happen in the window of the last one."""
        return max(0, self._most - len(self._calls.get(key, ())))
