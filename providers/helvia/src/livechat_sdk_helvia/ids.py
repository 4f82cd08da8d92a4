"""Ids of the desk's rows: whole numbers that sort by time and survive JSON in a browser."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

__all__ = ["MAX_ID", "IdMaker"]

_START: Final = datetime(2024, 1, 1, tzinfo=UTC)
_LOW_BITS: Final = 12

MAX_ID: Final = 2**53 - 1
"""Largest id: what a browser's number holds exactly (the published API types ids as ``number``)."""


class IdMaker:
    """Makes ids: 41 bits of milliseconds, then 12 bits that start at random and count up.

    Ids of one maker only grow, even when the clock goes back. The milliseconds last until 2093.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last = 0

    def __call__(self) -> int:
        """The next id."""
        milliseconds = int((self._now() - _START).total_seconds() * 1000)
        fresh = (max(milliseconds, 0) << _LOW_BITS) | secrets.randbits(_LOW_BITS - 1)
        self._last = max(self._last + 1, fresh)
        return self._last
