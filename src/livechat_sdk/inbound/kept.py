"""Whether there are events that were kept because they matched no chat when they came."""

from __future__ import annotations

from datetime import datetime, timedelta

from livechat_sdk.domain.chats import Chat
from livechat_sdk.inbound.means import Means
from livechat_sdk.ledger.waiting import kept_for

__all__ = ["Kept", "refs_of"]

_FRESH = timedelta(seconds=5)
"""How long an answer of the ledger is good enough.

An event is matched when it comes and when its chat is opened. It is left behind only where a process died in
between, so whoever looks later finds what was there before.
"""


class Kept:
    """Asks the ledger once for many chats: nearly always there is nothing."""

    def __init__(self, means: Means) -> None:
        self._store = means.store
        self._workspace = means.workspace
        self._clock = means.clock
        self._integrations: frozenset[str] = frozenset()
        self._asked_at: datetime | None = None

    async def any_for(self, integration: str) -> bool:
        """Whether any event of this integration is kept. Raises ``StoreError``."""
        now = self._clock.now()
        if self._asked_at is None or not timedelta(0) <= now - self._asked_at < _FRESH:
            self._integrations = await kept_for(self._store, self._workspace)
            self._asked_at = now
        return integration in self._integrations


def refs_of(chat: Chat) -> tuple[str, ...]:
    """The ids by which events of a chat find it."""
    return (chat.ref, chat.vendor_ref) if chat.vendor_ref else (chat.ref,)
