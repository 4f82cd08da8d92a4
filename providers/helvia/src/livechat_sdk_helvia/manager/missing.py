"""The request timeout of what services open: no dispatcher watches their requests, so that the desk does."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk_helvia.background import BackgroundLane
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.conversations import Conversations
from livechat_sdk_helvia.faults import NotFound
from livechat_sdk_helvia.hub import SERVICE_REQUESTS
from livechat_sdk_helvia.manager.service import MINE

__all__ = ["MissingLane"]

logger = logging.getLogger("livechat_sdk_helvia.manager")

_AT_ONCE: Final = 50

_WAITING: Final = f"""
    FROM desk_requests r
    JOIN desk_conversations c
      ON c.workspace = r.workspace AND c.integration = r.integration AND c.id = r.conversation_id
    WHERE r.workspace = :workspace AND r.integration = :integration
      AND r.status = 'new' AND r.type = 'external' AND c.ref LIKE '{MINE}%'
"""


class MissingLane(BackgroundLane[int]):
    """Finds requests of services that nobody has accepted in time, and has them missed.

    The rows say since when a request waits, so that a restart changes nothing; of several processes that find
    the same one, one ends it.
    """

    def __init__(self, desk: DeskContext, conversations: Conversations, seconds: float | None) -> None:
        """``seconds`` is how long a request waits; ``None`` for ever."""
        super().__init__(desk, SERVICE_REQUESTS, logger)
        self._conversations = conversations
        self._patience = None if seconds is None else timedelta(seconds=seconds)

    def start(self) -> None:
        """Begin to look in the background, if there is anything to look for."""
        if self._patience is not None:
            super().start()

    async def work(self) -> int:
        """Miss what is due now; how many requests that were. Raises ``StoreError``."""
        return sum([await self._miss(one) for one in (await self._due()).values()])

    async def _due(self) -> Mapping[str, int]:
        if self._patience is None:
            return {}
        rows = await self._desk.fetch(
            f"SELECT c.id {_WAITING} AND r.requested_at <= :since ORDER BY r.requested_at LIMIT :most",
            since=utc_text(self._desk.now() - self._patience),
            most=_AT_ONCE,
        )
        found = [int(str(row["id"])) for row in rows]
        return {f"the request of conversation {one}": one for one in found}

    async def _next_due(self) -> datetime | None:
        row = await self._desk.first(f"SELECT MIN(r.requested_at) AS oldest {_WAITING}")
        if row is None or row["oldest"] is None or self._patience is None:
            return None
        return datetime.fromisoformat(str(row["oldest"])) + self._patience

    async def _do(self, one: int) -> None:
        async with self._room:
            await self._miss(one)

    async def _miss(self, conversation_id: int) -> bool:
        try:
            return await self._conversations.miss(conversation_id)
        except NotFound:  # it was erased just now
            return False

    def _tell(self) -> None:
        self._desk.hub.deliver(self._topic, "due")  # of no interest to other processes
