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
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, LedgerEntry
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.lifecycle.effects import Action, CreateTicket, LedgerWrite, SendMessage
from livechat_sdk.provider.embedded import EmbeddedDatabase

__all__ = [
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


class VersionConflict(Exception):
    """The handoff was changed by somebody else meanwhile: read it again and recompute."""


class DuplicateEvent(Exception):
    """This event id of this integration was applied before; nothing was written."""


class DuplicateMessage(Exception):
    """A message with this key and direction is in the ledger already; nothing was written."""

    def __init__(self, entry: LedgerEntry) -> None:
        self.entry = entry
        super().__init__(entry.message.key)


class LaneLost(Exception):
    """Another worker runs the lane by now: nothing was written, the result must not be used."""


class LeaseLost(Exception):
    """This worker's lease has run out: what it holds may be in other hands soon, or is already.

    From ``keep_alive`` it is final: the worker must begin anew. From anything else it says that nothing was
    written, and that the lease may still be extended.
    """


class TimerGone(Exception):
    """The timer was cancelled, set anew or fired by somebody else meanwhile; nothing was written."""


class NotParked(Exception):
    """The action is not on the list of those that were given up (any more); nothing was written."""


class ActionStatus(StrEnum):
    """Where a durable action is."""

    PENDING = "pending"
    STARTED = "started"
    """The call may have left; no result is known yet."""
    DONE = "done"
    FAILED = "failed"
    """Given up; the result was applied."""
    DOUBTFUL = "doubtful"
    WITHDRAWN = "withdrawn"
    """Cancelled before it started."""


@dataclass(frozen=True, slots=True)
class LaneId:
    """A lane: actions of one handoff that run one after the other."""

    handoff_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One durable action. ``id`` grows in the order of decisions; ``tries`` counts finished tries."""

    id: int
    handoff_id: str
    lane: str
    action: Action
    status: ActionStatus
    tries: int = 0
    not_before: datetime | None = None
    error: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    rendered: SystemMessage | None = None
    """For ``Say``: the words, once they are stored. An empty text means that nothing is said."""
    fence: int = 0
    """Number of the claim under which this worker runs the lane; an older number is refused."""
    worker: str | None = field(default=None, compare=False)
    """Whom it was handed to: ``Store.worker`` at that time; ``None`` where there is only one worker."""

    @property
    def lane_id(self) -> LaneId:
        """The lane that it runs in."""
        return LaneId(self.handoff_id, self.lane)


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of an action: its new status, and why if it did not succeed.

    ``fence`` is that of the row as it was handed out.
    """

    action_id: int
    status: ActionStatus
    error: str | None = None
    fence: int = 0


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One input that came to a handoff: what, when, and why it was refused if it was."""

    seq: int
    handoff_id: str
    at: datetime
    kind: str
    state: HandoffState
    """The state after it."""
    version: int
    refused: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """A small JSON document for people: no message bodies, no secrets."""


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A clock that will wake a handoff."""

    handoff_id: str
    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns a conversation. A conversation never seen belongs to the bot with number 0."""

    owner: Literal["bot", "human"] = "bot"
    number: int = 0
    live_handoff: str | None = None
    live_state: HandoffState | None = None
    """State of the live handoff, read together with the owner."""
    bot_may_wait: bool = False
    """Whether the live handoff lets the bot speak while the end user waits."""


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """A provider event that was committed by an embedded provider, or kept because nothing matched."""

    id: int
    event: ProviderEvent
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ChatPlace:
    """A chat that is open at a vendor. ``over``: our side has ended or gone on without it."""

    handoff_id: str
    attempt: int
    integration: str
    over: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """What a worker holds. ``seconds`` count from the moment at which the lease was asked for."""

    seconds: float
    shards: frozenset[int]


@dataclass(frozen=True, slots=True)
class News:
    """What other workers or commands have committed; what is false or empty has not changed.

    ``actions``: there is something to claim. ``workers``: one has stopped, its shards are free.
    ``handoffs`` are the ids of handoffs that changed.
    """

    actions: bool = False
    inbox: bool = False
    timers: bool = False
    workers: bool = False
    handoffs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """Everything that one step writes, in one transaction.

    ``before_version`` is the version that the step was computed from: another one in the database
    raises ``VersionConflict``. It is checked only when ``handoff.version`` differs from it: a step that
    only records fates does not compete with others. ``completes`` is the action whose result this
    is. ``event`` makes the step happen once per event id. ``inbox_id`` is the
    inbox row that is done with this. ``fired`` is the timer that fired: it is deleted.
    """

    handoff: Handoff
    before_version: int
    kind: str
    at: datetime
    writes: Sequence[LedgerWrite] = ()
    actions: Sequence[Action] = ()
    refused: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])
    completes: Completion | None = None
    event: ProviderEvent | None = None
    inbox_id: int | None = None
    fired: TimerRow | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What a change brought: the new actions, in order, that this worker must run."""

    actions: Sequence[ActionRow]


@dataclass(frozen=True, slots=True)
class Created:
    """The answer to ``create``: the handoff of this key, new or made before; or the live one in the way."""

    status: Literal["created", "same_key", "conversation_live"]
    handoff: Handoff
    actions: Sequence[ActionRow] = ()


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

    async def start_action(self, row: ActionRow, noted: CreateTicket | None = None) -> bool:
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
