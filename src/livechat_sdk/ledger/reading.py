"""The reading half of a store: what is asked is the same on every database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, LedgerEntry
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.ledger.queries import Queries, Query
from livechat_sdk.ledger.secrets import SecretBox
from livechat_sdk.ledger.store import ActionRow, ChatPlace, InboxEvent, JournalEntry, Ownership, TimerRow

__all__ = ["LedgerReading"]

T = TypeVar("T")


class LedgerReading(ABC):
    """Reads a ledger; a store says how a query is run, and which shards are its own."""

    def __init__(self, queries: Queries, box: SecretBox) -> None:
        self._queries = queries
        self._box = box

    @abstractmethod
    async def _ask(self, query: Query[T]) -> T:
        """Run a query; it sees everything that was committed before. Raises ``StoreError``."""

    @property
    def _own_shards(self) -> Sequence[int] | None:
        """The shards of this worker; ``None`` for all."""
        return None

    @property
    def _newest_document(self) -> int | None:
        """The newest documents that this release can read; ``None`` where nobody else can have written."""
        return None

    def derived_keys(self, purpose: str) -> Sequence[bytes]:
        """See ``Store.derived_keys``."""
        return self._box.derived(purpose)

    async def load(self, handoff_id: str) -> Handoff | None:
        """One handoff, or ``None``."""
        return await self._ask(self._queries.handoff(handoff_id))

    async def handoffs(
        self, *, states: Sequence[HandoffState] | None = None, limit: int = 100, newest_first: bool = True
    ) -> Sequence[Handoff]:
        """Handoffs by age."""
        return await self._ask(self._queries.handoffs(states, limit, newest_first=newest_first))

    async def ownership(self, conversation_id: str) -> Ownership:
        """Who owns a conversation, with its live handoff: one consistent answer, for the send gate."""
        return await self._ask(self._queries.ownership(conversation_id))

    async def entries(self, handoff_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[LedgerEntry]:
        """Messages of a handoff in the order in which they came, from the one after ``after`` on."""
        return await self._ask(self._queries.entries(handoff_id, after, limit))

    async def entry(self, handoff_id: str, direction: Direction, key: str) -> LedgerEntry | None:
        """One message by its key."""
        return await self._ask(self._queries.entry(handoff_id, direction, key))

    async def journal(self, handoff_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[JournalEntry]:
        """The inputs of a handoff in order."""
        return await self._ask(self._queries.journal(handoff_id, after, limit))

    async def chat(self, handoff_id: str, attempt: int) -> Chat | None:
        """The vendor's side of an attempt, once the vendor has confirmed it, with its secrets in clear."""
        return await self._ask(self._queries.chat(handoff_id, attempt, self._box))

    async def open_chats(self, integrations: Sequence[str]) -> Sequence[ChatPlace]:
        """Chats of these integrations that are open at the vendor, in this worker's shards, oldest first."""
        if not integrations:
            return []
        return await self._ask(self._queries.open_chats(integrations, self._own_shards))

    async def chats_open_at(self, integration: str) -> Sequence[Chat]:
        """Chats of an integration that are open at the vendor, of all workers, without their secrets."""
        return await self._ask(self._queries.chats_open_at(integration))

    async def match(self, integration: str, refs: Sequence[str]) -> tuple[str, int] | None:
        """The attempt that an event with these refs belongs to: by our ref first, then by the vendor's."""
        if not refs:
            return None
        found = await self._ask(self._queries.match("ref", integration, refs))
        return found or await self._ask(self._queries.match("vendor_ref", integration, refs))

    async def tickets(self, handoff_id: str) -> Sequence[Ticket]:
        """Tickets made from a handoff."""
        return await self._ask(self._queries.tickets(handoff_id))

    async def returned_to_bot(self, handoff_id: str) -> Sequence[LedgerEntry]:
        """The end user's messages that went back to the bot at the end, in order."""
        return await self._ask(self._queries.returned_to_bot(handoff_id))

    async def actions(self, handoff_id: str) -> Sequence[ActionRow]:
        """Every action of a handoff, in order, whatever its status."""
        return await self._ask(self._queries.actions(handoff_id))

    async def action(self, action_id: int) -> ActionRow | None:
        """One action by its id."""
        return await self._ask(self._queries.action(action_id))

    async def given_up(self, handoff_id: str | None = None, *, limit: int = 1000) -> Sequence[ActionRow]:
        """Actions that a person may see to: failed or doubtful, newest first, of one handoff or of all."""
        return await self._ask(self._queries.given_up(handoff_id, limit))

    async def open_actions(self) -> Sequence[ActionRow]:
        """Every pending or started action of the workspace, in order, whoever runs it."""
        return await self._ask(self._queries.open_actions())

    async def due_timers(self, now: datetime, limit: int = 100) -> Sequence[TimerRow]:
        """Timers of this worker's shards that are due, oldest first."""
        return await self._ask(self._queries.due_timers(now, limit, self._own_shards, self._newest_document))

    async def next_timer(self) -> datetime | None:
        """When the next timer of this worker's shards is due."""
        return await self._ask(self._queries.next_timer(self._own_shards, self._newest_document))

    async def inbox(self, limit: int = 100) -> Sequence[InboxEvent]:
        """Events of this worker's shards that were committed and that no step has taken yet, in order."""
        return await self._ask(self._queries.inbox(limit, self._own_shards))

    async def unmatched(self, integration: str, refs: Sequence[str]) -> Sequence[InboxEvent]:
        """Kept events that have one of these refs, in order."""
        if not refs:
            return []
        return await self._ask(self._queries.unmatched(integration, refs))

    async def cooldowns(self) -> Mapping[str, Cooldown]:
        """What is known of integrations that could not open chats, by their names."""
        return await self._ask(self._queries.cooldowns())
