"""What people and programs ask about handoffs: reads only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from livechat_sdk.dispatcher.arguments import check_id
from livechat_sdk.dispatcher.watching import Watchers
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import LedgerEntry, Message
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import HandoffNotFound
from livechat_sdk.ledger.store import ActionRow, JournalEntry, Store

__all__ = ["Inquiries"]


class Inquiries:
    """The questions that a dispatcher answers from its ledger."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._watchers = Watchers(store)

    async def handoff(self, handoff_id: str) -> Handoff:
        """One handoff. Raises ``HandoffNotFound``."""
        check_id(handoff_id)
        handoff = await self.store.load(handoff_id)
        if handoff is None:
            raise HandoffNotFound(handoff_id)
        return handoff

    async def entries(self, handoff_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[LedgerEntry]:
        """Messages of a handoff with their fates, in order: at most ``limit``, from ``after`` on.

        Who gets as many may ask for more, ``after`` the ``seq`` of the last one.
        """
        await self.handoff(handoff_id)
        return await self.store.entries(handoff_id, after=after, limit=limit)

    async def journal(self, handoff_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[JournalEntry]:
        """What happened to a handoff, in order, in pages as ``entries``."""
        await self.handoff(handoff_id)
        return await self.store.journal(handoff_id, after=after, limit=limit)

    async def actions(self, handoff_id: str) -> Sequence[ActionRow]:
        """Everything that had to be done for a handoff, and how far it is."""
        await self.handoff(handoff_id)
        return await self.store.actions(handoff_id)

    async def tickets(self, handoff_id: str) -> Sequence[Ticket]:
        """Tickets made from a handoff."""
        await self.handoff(handoff_id)
        return await self.store.tickets(handoff_id)

    def watch(self, handoff_id: str, *, after: int = 0) -> AsyncIterator[JournalEntry]:
        """Journal entries as they come, from the one after ``after`` on; ends with the handoff."""
        return self._watchers.journal(handoff_id, after=after)

    async def until_ended(self, handoff_id: str, *, wait: float | None = None) -> Handoff:
        """The handoff when it has ended, or as it is after ``wait`` seconds."""
        found = await self._watchers.until(handoff_id, lambda h: not h.is_live, wait=wait)
        if found is None:
            raise HandoffNotFound(handoff_id)
        return found

    async def undelivered(self, handoff_id: str) -> Sequence[Message]:
        """The end user's messages that went back to the bot at the end, in order."""
        return [entry.message for entry in await self.store.returned_to_bot(handoff_id)]
