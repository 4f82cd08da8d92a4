"""Whether the ledger can be written: found out by writing, for reading works on a full disk too."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

from livechat_sdk.domain.clock import Clock
from livechat_sdk.errors import StoreError
from livechat_sdk.provider.embedded import EmbeddedDatabase, Statement

__all__ = ["Writable"]

_GOOD_FOR: Final = timedelta(seconds=10)
"""How long an answer is good: whoever asks all the time makes no more than one write of it."""
_WRITE: Final = """
    INSERT INTO meta (name, value) VALUES ('written_at', :at)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""


class Writable:
    """Writes one small row when it is asked, now and then."""

    def __init__(self, database: EmbeddedDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._asked_at: datetime | None = None
        self._trouble: str | None = None

    async def trouble(self) -> str | None:
        """Why nothing can be written; ``None`` when it can."""
        async with self._one_at_a_time:
            now = self._clock.now()
            if self._asked_at is None or not timedelta() <= now - self._asked_at < _GOOD_FOR:
                try:
                    await self._database.commit([Statement(_WRITE, {"at": now.isoformat()})])
                    self._trouble = None
                except StoreError as error:
                    self._trouble = str(error)
                self._asked_at = now
            return self._trouble
