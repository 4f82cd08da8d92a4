"""Whose data it is: erasing and exporting what is kept about a person."""

from __future__ import annotations

from collections.abc import AsyncIterator

from livechat_sdk.dispatcher.conversing import Conversing
from livechat_sdk.owning.erasing import Erasing, Erasure
from livechat_sdk.owning.exporting import export
from livechat_sdk.owning.subjects import Subject

__all__ = ["DataOwner"]


class DataOwner(Conversing):
    """The calls about a person's data that a dispatcher offers."""

    async def erase(
        self,
        *,
        user_id: str | None = None,
        handoff_id: str | None = None,
        conversation_id: str | None = None,
        end_live: bool = False,
        drop_open: bool = False,
        compact: bool = False,
        wait: float = 30.0,
    ) -> Erasure:
        """Erase everything about an end user, a conversation or one handoff; name exactly one.

        Goes handoff by handoff, each in one transaction with all that belongs to it, rows of embedded
        providers included. Salted hashes of the chats' ids stay, so that late events recreate nothing. What
        the erasure says to remain is at vendors. Calling it again finishes what a crash left; nothing known
        is no error.

        ``end_live`` ends live handoffs first and waits up to ``wait`` seconds for that. ``drop_open`` gives
        up deliveries, closings and tickets that are still to be done for ended handoffs. ``compact`` writes
        the database's files anew, where that is needed to leave nothing in unused space: it takes time, and
        nobody can write meanwhile.

        Raises ``ErasureRefused`` when a handoff is live or something is still to be done for it (nothing was
        erased then), ``InvalidInput``, ``StoreError``.
        """
        subject = Subject.of(user_id=user_id, handoff_id=handoff_id, conversation_id=conversation_id)
        erasing = Erasing(self.store, self.workspace, self.clock.now, self._end_to_erase)
        erasure = await erasing.erase(
            subject, end_live=end_live, drop_open=drop_open, compact=compact, wait=wait
        )
        for erased in erasure.handoffs:
            self._watchers.changed(erased)
        return erasure

    def export(
        self,
        *,
        user_id: str | None = None,
        handoff_id: str | None = None,
        conversation_id: str | None = None,
    ) -> AsyncIterator[str]:
        """Everything that is kept about an end user, a conversation or one handoff, as one JSON document.

        The document comes in pieces, so that its size does not matter. Session credentials are not in it.
        Raises ``InvalidInput`` unless exactly one is named, ``StoreError`` while it is read.
        """
        subject = Subject.of(user_id=user_id, handoff_id=handoff_id, conversation_id=conversation_id)
        return export(self.store, self.workspace, subject, self.clock.now())

    async def _end_to_erase(self, handoff_id: str) -> None:
        await self.end(handoff_id, by="operator", why="other", raw="to be erased")
