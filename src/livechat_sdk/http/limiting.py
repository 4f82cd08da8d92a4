"""How many calls of one integration are under way at once, and how long a vendor is left alone that said so.

A 429 holds for everybody: whoever goes on asking makes the wait longer (Dataverse says so of its service
protection limits, https://learn.microsoft.com/power-apps/developer/data-platform/api-limits). Calls that
cannot be made in their time end at once, as ones that never left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from livechat_sdk.errors import RetryableError

if TYPE_CHECKING:
    from livechat_sdk.http.failures import Place

__all__ = ["Limiter"]

_EVERYBODY: Final = ""
_LONGEST: Final = 3600.0
"""Seconds that a vendor is left alone at most, whatever it says."""


class Limiter:
    """The limits of one integration at its vendor, kept by all its calls.

    ``at_once``: calls that may be under way together; those beyond wait for their turn. ``per_operation``:
    a wish to be left alone holds for calls of the same kind only, for vendors whose limits differ by call.
    """

    def __init__(self, *, at_once: int | None = None, per_operation: bool = False) -> None:
        self._slots = None if at_once is None else asyncio.Semaphore(at_once)
        self._per_operation = per_operation
        self._until: dict[str, datetime] = {}

    def slow_down(self, operation: str, seconds: float, now: datetime) -> None:
        """The vendor wants to be left alone for ``seconds``."""
        key = operation if self._per_operation else _EVERYBODY
        until = now + timedelta(seconds=min(max(seconds, 0.0), _LONGEST))
        self._until[key] = max(until, self._until.get(key, until))

    @asynccontextmanager
    async def turn(self, place: Place, now: datetime, left: float) -> AsyncGenerator[None]:
        """One call, made while this is entered.

        Raises ``RetryableError`` with ``sent`` False while the vendor wants to be left alone, and when there
        is no turn within ``left`` seconds.
        """
        until = self._until.get(place.operation if self._per_operation else _EVERYBODY)
        if until is not None and until > now:
            wait = (until - now).total_seconds()
            raise _not_now(place, f"the vendor wants to be left alone for {wait:.0f} s", wait)
        if self._slots is None:
            yield
            return
        if self._slots.locked():
            try:
                async with asyncio.timeout(left):
                    await self._slots.acquire()
            except TimeoutError:
                raise _not_now(place, "too many calls are under way", None) from None
        else:
            await self._slots.acquire()  # does not wait
        try:
            yield
        finally:
            self._slots.release()


def _not_now(place: Place, what: str, wish: float | None) -> RetryableError:
    return RetryableError(
        what, provider=place.provider, operation=place.operation, retry_after=wish, sent=False
    )
