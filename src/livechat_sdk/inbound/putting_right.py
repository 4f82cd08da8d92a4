"""Putting right what was missed: what follows from a vendor's answer is taken in, in its turn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Attempt, Handoff
from livechat_sdk.domain.messages import Direction
from livechat_sdk.inbound.kept import refs_of
from livechat_sdk.inbound.means import Means
from livechat_sdk.inbound.places import ChatKey, Place
from livechat_sdk.inbound.repairs import ENDED, Doubt, Repair, Ruling
from livechat_sdk.ledger.waiting import has_waiting_events

__all__ = ["File", "Found", "PuttingRight"]

logger = logging.getLogger("livechat_sdk.reconciler")

_A_MOMENT: Final = 1.0
_MOST_WAITS: Final = 30
_PAGE: Final = 1000


@dataclass(slots=True)
class File:
    """What the reconciler remembers of a chat. Nothing that may not be lost."""

    fresh: bool
    """Whether this worker knows all of it."""
    answered_at: datetime | None = None
    history_from: datetime | None = None
    """The history has been read up to here; ``None``: from the start of the handoff."""
    doubt: Doubt | None = None
    failures: int = 0
    closes: int = 0
    close_at: datetime | None = None
    looks: int = 0
    waits: int = 0
    """How often a repair has waited for events that come first."""


@dataclass(frozen=True, slots=True)
class Found:
    """A chat that is being looked at."""

    place: Place
    file: File
    handoff: Handoff
    attempt: Attempt
    chat: Chat


class PuttingRight:
    """Carries out what was ruled of a chat."""

    def __init__(self, means: Means) -> None:
        self._store = means.store
        self._workspace = means.workspace
        self._sink = means.sink
        self._counts = means.counts
        self.poll_now: Callable[[ChatKey], None] = _nothing
        """Has a chat polled at once, if it is polled at all."""

    async def carry_out(self, found: Found, ruling: Ruling) -> float | None:
        """Take in the repairs, unless events wait that come first; seconds until the next look, if any."""
        file = found.file
        file.failures = 0
        file.doubt = ruling.doubt
        if ruling.doubt is not None and ruling.doubt.what == ENDED:
            self.poll_now(found.place.key)
        if ruling.repairs and file.waits < _MOST_WAITS and await self._is_waited_for(found):
            # What came by itself comes first: it may be older than what the vendor says now.
            file.waits += 1
            return _A_MOMENT
        file.waits = 0
        for repair in ruling.repairs:
            await self.repair(found.place.integration, found.place.key, repair)
        return ruling.again_after

    async def _is_waited_for(self, found: Found) -> bool:
        """Whether events of this chat are in the ledger that no step has taken yet."""
        return await has_waiting_events(
            self._store, self._workspace, found.place.integration, refs_of(found.chat)
        )

    async def known(self, handoff_id: str) -> set[str]:
        """Keys of the messages to the end user that are in the ledger."""
        known: set[str] = set()
        after = 0
        while page := await self._store.entries(handoff_id, after=after, limit=_PAGE):
            known.update(entry.message.key for entry in page if entry.direction is Direction.TO_USER)
            after = page[-1].seq
        return known

    async def repair(self, integration: str, key: ChatKey, repair: Repair) -> None:
        """Take in one event that was missed. Raises ``StoreError``."""
        event = repair.event
        if not await self._sink.take_event(event, late_seconds=round(repair.late_seconds, 3)):
            return  # it came by itself meanwhile
        self._counts.repaired(integration, event.kind, repair.late_seconds)
        logger.info(
            "handoff %s: %s of %s had been missed; put right %.1f s late",
            key.handoff_id,
            event.kind,
            integration,
            repair.late_seconds,
        )


def _nothing(_: ChatKey) -> None:
    """Nobody polls."""
