"""What is written to a ledger and read from it, and what can be in the way.

``store`` has the same names: who speaks to a store imports them from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import LedgerEntry
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.lifecycle.effects import Action, LedgerWrite

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

    ``actions``: there is something to claim. ``workers``: one has come or gone, or gave up shards, which are
    free now. ``handoffs`` are the ids of handoffs that changed.
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
