"""What the dispatcher needs from a store: SQLite for one process, PostgreSQL for any number.

All writes are data, never functions: a store may group many callers into one commit, and must make
each of them atomic on its own. Every method returns after its commit, so that the caller reads its
own writes. Every method raises ``StoreError`` when the database cannot be reached; nothing is
written then. A store serves one workspace.

A store that serves is one *worker*. Several may work on one database: each holds a lease that it must
keep alive, some of the shards (what happens by itself: timers, inbox, polling) and the lanes in which it
runs actions. What it holds may be taken over when its lease has run out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, LedgerEntry
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.ledger.records import (
    ActionRow,
    ActionStatus,
    Applied,
    Change,
    ChatPlace,
    Completion,
    Created,
    DuplicateEvent,
    DuplicateMessage,
    InboxEvent,
    JournalEntry,
    LaneId,
    LaneLost,
    Lease,
    LeaseLost,
    News,
    NotParked,
    Ownership,
    TimerGone,
    TimerRow,
    VersionConflict,
)
from livechat_sdk.lifecycle.effects import AddToTicket, CreateTicket, SendMessage
from livechat_sdk.provider.embedded import EmbeddedDatabase

__all__ = [
    "CALL_INSIDE",
    "ActionRow",
    "ActionStatus",
    "Applied",
    "Change",
    "ChatPlace",
    "Completion",
    "Created",
    "DuplicateEvent",
    "DuplicateMessage",
    "InboxEvent",
    "JournalEntry",
    "LaneId",
    "LaneLost",
    "Lease",
    "LeaseLost",
    "News",
    "NotParked",
    "Ownership",
    "Store",
    "TimerGone",
    "TimerRow",
    "VersionConflict",
]

CALL_INSIDE: Final = "call it inside `async with Dispatcher(…) as dispatcher:`, which opens and closes it"
"""What is told to whoever forgot that, or calls when it has been left."""


class Store(EmbeddedDatabase, Protocol):
    """A durable ledger of one workspace."""

    @property
    def worker(self) -> str:
        """Id of this worker: a new one after every start, and after a lost lease."""
        ...

    async def open(self) -> None:
        """Make ready: lock what must be locked, bring the schema up to date."""
        ...

    async def close(self) -> None:
        """Finish what is being written and let go of everything."""
        ...

    def on_news(self, tell: Callable[[News], None]) -> None:
        """Call ``tell``, on the event loop, when others have committed something.

        A hint, never the only way: whoever needs to know looks by itself from time to time.
        """
        ...

    async def keep_alive(self) -> Lease:
        """Extend this worker's lease and take its share of the shards. Raises ``LeaseLost``."""
        ...

    async def rejoin(self) -> Lease:
        """Begin anew as another worker after ``LeaseLost``. Nothing that was held before counts."""
        ...

    async def release(self) -> None:
        """Let go of lanes, shards and lease, so that others go on at once. For a worker that stops."""
        ...

    async def claim(self, limit: int = 1000) -> Sequence[ActionRow]:
        """Take over what nobody runs, and return at most about ``limit`` open actions, in order.

        Those are the open actions of lanes that are free or whose worker's lease has run out, and those
        that others have put into lanes of this worker. No action is returned twice to the same worker.
        *Started* ones may have left their process without a result. Empty when there is nothing.
        """
        ...

    async def create(self, change: Change) -> Created:
        """Store a new handoff with its first step.

        ``same_key`` when a handoff with this request key exists, ``conversation_live`` when another
        handoff of the conversation has not ended (unless the new one is born ended); nothing is
        written then. Raises ``VersionConflict`` when the conversation's owner number is no longer the
        one that ``handoff.owner_number`` was derived from.
        """
        ...

    async def apply(self, change: Change) -> Applied:
        """Store one step of an existing handoff.

        Raises ``VersionConflict``, ``DuplicateEvent``, ``DuplicateMessage``, ``TimerGone``, ``LaneLost``,
        ``LeaseLost``, ``NotParked``; nothing is written then.
        """
        ...

    def derived_keys(self, purpose: str) -> Sequence[bytes]:
        """Keys for something else than this store, derived from its own: the new one first, then the old one.

        Raises ``StoreError`` when it has none.
        """
        ...

    async def load(self, handoff_id: str) -> Handoff | None:
        """One handoff, or ``None``."""
        ...

    async def handoffs(
        self, *, states: Sequence[HandoffState] | None = None, limit: int = 100, newest_first: bool = True
    ) -> Sequence[Handoff]:
        """Handoffs by age."""
        ...

    async def ownership(self, conversation_id: str) -> Ownership:
        """Who owns a conversation, with its live handoff: one consistent answer, for the send gate."""
        ...

    async def entries(self, handoff_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[LedgerEntry]:
        """Messages of a handoff in the order in which they came, from the one after ``after`` on."""
        ...

    async def entry(self, handoff_id: str, direction: Direction, key: str) -> LedgerEntry | None:
        """One message by its key."""
        ...

    async def journal(self, handoff_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[JournalEntry]:
        """The inputs of a handoff in order."""
        ...

    async def chat(self, handoff_id: str, attempt: int) -> Chat | None:
        """The vendor's side of an attempt, once the vendor has confirmed it."""
        ...

    async def open_chats(self, integrations: Sequence[str]) -> Sequence[ChatPlace]:
        """Chats of these integrations that are open at the vendor, in this worker's shards, oldest first."""
        ...

    async def chats_open_at(self, integration: str) -> Sequence[Chat]:
        """Chats of an integration that are open at the vendor, of all workers, without their secrets."""
        ...

    async def save_poll(self, before: Chat, after: Chat, events: Sequence[ProviderEvent]) -> bool:
        """Store what a poll brought: changed keys of the state, new secrets, events for the inbox.

        One transaction. False, and nothing is written, when somebody else has changed one of these keys
        since ``before`` was read. Without a change and without events nothing is written either. Secrets
        that were erased meanwhile stay erased.
        """
        ...

    async def match(self, integration: str, refs: Sequence[str]) -> tuple[str, int] | None:
        """The handoff id and attempt that an event with these refs belongs to; the newest wins."""
        ...

    async def actions(self, handoff_id: str) -> Sequence[ActionRow]:
        """Every action of a handoff, in order, whatever its status."""
        ...

    async def action(self, action_id: int) -> ActionRow | None:
        """One action by its id."""
        ...

    async def given_up(self, handoff_id: str | None = None, *, limit: int = 1000) -> Sequence[ActionRow]:
        """Actions that a person may see to: failed or doubtful, newest first, of one handoff or of all."""
        ...

    async def open_actions(self) -> Sequence[ActionRow]:
        """Every pending or started action of the workspace, in order, whoever runs it."""
        ...

    async def start_action(self, row: ActionRow, noted: CreateTicket | AddToTicket | None = None) -> bool:
        """Note that the call is about to leave. False when the action was withdrawn or is finished.

        ``noted`` replaces the action in the same write: what is asked for, and since when. Raises
        ``LaneLost``, ``LeaseLost``.
        """
        ...

    async def postpone_action(
        self, row: ActionRow, *, not_before: datetime, error: str, started: bool = False
    ) -> None:
        """Put off a tried action; counts the try. Raises ``LaneLost``, ``LeaseLost``.

        It is pending again, unless ``started``: then it may have arrived, and that must be found out first.
        """
        ...

    async def save_progress(self, row: ActionRow, send: SendMessage, patch: Mapping[str, Any]) -> None:
        """Store how far the sending of a split message has come, and what that changed in the chat's state.

        Raises ``LaneLost``, ``LeaseLost``.
        """
        ...

    async def store_words(self, row: ActionRow, message: SystemMessage) -> None:
        """Store the words of a ``Say``, and the entry in the ledger unless the text is empty.

        Raises ``LaneLost``, ``LeaseLost``.
        """
        ...

    async def due_timers(self, now: datetime, limit: int = 100) -> Sequence[TimerRow]:
        """Timers of this worker's shards that are due, oldest first."""
        ...

    async def next_timer(self) -> datetime | None:
        """When the next timer of this worker's shards is due."""
        ...

    async def inbox(self, limit: int = 100) -> Sequence[InboxEvent]:
        """Events of this worker's shards that were committed and that no step has taken yet, in order."""
        ...

    async def keep_unmatched(self, event: ProviderEvent, received_at: datetime) -> bool:
        """Keep an event that matches no chat (once per event id); False when it is kept or seen already."""
        ...

    async def unmatched(self, integration: str, refs: Sequence[str]) -> Sequence[InboxEvent]:
        """Kept events that have one of these refs, in order. Applying a step with the event forgets it."""
        ...

    async def forget_inbox(self, inbox_id: int) -> None:
        """Drop an inbox event that no handoff will ever take."""
        ...

    async def forget_unmatched(self, before: datetime) -> Mapping[str, int]:
        """Drop events that were kept before this time and never matched; how many, by integration."""
        ...

    async def cooldowns(self) -> Mapping[str, Cooldown]:
        """What is known of integrations that could not open chats, by their names."""
        ...

    async def save_cooldown(
        self, integration: str, *, before: Cooldown | None, after: Cooldown | None
    ) -> bool:
        """Replace what is known of an integration (``None``: nothing).

        False, and nothing is written, when it is no longer what ``before`` says.
        """
        ...

    async def tickets(self, handoff_id: str) -> Sequence[Ticket]:
        """Tickets made from a handoff."""
        ...

    async def returned_to_bot(self, handoff_id: str) -> Sequence[LedgerEntry]:
        """The end user's messages that went back to the bot at the end, in order."""
        ...

    # Owning the data: see ``ledger.erasing``, which needs nothing else of a store

    async def is_erased(self, integration: str, refs: Sequence[str]) -> bool:
        """Whether one of these references belonged to a chat that was erased (``tombstones.is_erased``)."""
        ...

    async def scrub(self, *, compact: bool = False) -> bool | None:
        """Remove from the files what deleted rows have left there; false when that was not possible.

        ``None`` for a database that decides itself when it reuses space. ``compact`` is thorough and takes
        time and space: a database may have to write its files anew, and nobody else can write meanwhile.
        """
        ...
