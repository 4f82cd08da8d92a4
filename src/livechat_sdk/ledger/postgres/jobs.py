"""Jobs for the writer: what a caller wants written, what must be known for it, and what comes of it.

Nothing here talks to the database. ``decide`` is given the picture of its own handoff, which no other job of
the group touches; what it raises is the caller's answer, and nothing of the job is written then.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from livechat_sdk.domain.base import utc_text
from livechat_sdk.ledger.postgres.operations import Writes
from livechat_sdk.ledger.postgres.picture import KnownAction, Lane, Needs, Picture
from livechat_sdk.ledger.store import ActionRow, ActionStatus, LaneId, LaneLost, LeaseLost
from livechat_sdk.lifecycle.effects import Action

__all__ = ["Job", "Me", "NewAction", "NewLane", "Outcome", "check_lane", "is_open"]


@dataclass(frozen=True, slots=True)
class Me:
    """Who writes: the id of this worker (``None``: it runs nothing now), and the shards that it holds.

    ``claiming``: lanes of which it has claimed actions that whoever runs them has not got yet.
    """

    worker: str | None
    shards: frozenset[int]
    claiming: AbstractSet[LaneId] = frozenset()


@dataclass(slots=True)
class NewAction:
    """An action to insert; ``id`` and ``fence`` are known afterwards."""

    handoff_id: str
    lane: str
    action: Action
    document: str
    at: datetime
    worker: str | None = None
    id: int = 0
    fence: int = 0

    @property
    def at_text(self) -> str:
        """When it was decided, as it is stored."""
        return utc_text(self.at)

    def row(self) -> ActionRow:
        """As it is handed to the worker that runs it."""
        return ActionRow(
            id=self.id,
            handoff_id=self.handoff_id,
            lane=self.lane,
            action=self.action,
            status=ActionStatus.PENDING,
            created_at=self.at,
            updated_at=self.at,
            fence=self.fence,
            worker=self.worker,
        )


@dataclass(slots=True)
class NewLane:
    """A lane to insert. ``fence`` is known afterwards."""

    handoff_id: str
    name: str
    worker: str | None
    fence: int = 0


@dataclass(slots=True)
class Outcome:
    """What a job writes, tells others, and answers once everything is written."""

    answer: Callable[[], Any]
    writes: Writes = field(default_factory=Writes)
    actions: list[NewAction] = field(default_factory=list[NewAction])
    lanes: list[NewLane] = field(default_factory=list[NewLane])
    left_for_others: bool = False
    """Actions that another worker must claim."""
    left_for_me: bool = False
    """Actions that this worker must claim: those before them in the lane have not been claimed yet."""
    timers_for_others: bool = False
    changed: str | None = None
    """The handoff that is another one now."""


class Job(Protocol):
    """Something to write."""

    @property
    def keys(self) -> frozenset[Hashable]:
        """What it touches: no two jobs of one group share a key."""
        ...

    def need(self, needs: Needs) -> None:
        """Say what must be known."""
        ...

    def needs_all_actions(self, picture: Picture) -> str | None:
        """The handoff whose every action must be known as well; a second look, rarely needed."""
        ...

    def decide(self, picture: Picture, me: Me) -> Outcome:
        """What to write. Raises what the caller must know."""
        ...


def is_open(row: ActionRow) -> bool:
    """Whether an action still has to be done."""
    return row.status in {ActionStatus.PENDING, ActionStatus.STARTED}


def check_lane(known: KnownAction, lane: Lane | None, me: Me, fence: int) -> bool:
    """Whether the action is still to be done by this worker; false when this worker has finished it.

    Raises ``LaneLost`` when another worker runs its lane, or may run it, and ``LeaseLost`` when nobody else
    has taken it, but this worker's lease is over as far as it knows: it may be able to extend it yet.
    """
    if lane is not None and lane.fence == fence:
        if me.worker is None:
            raise LeaseLost("the lease was not extended in time")
        if lane.worker == me.worker:
            return is_open(known.row)
    if not is_open(known.row) and known.worker == me.worker:
        return False
    raise LaneLost(f"action {known.row.id} of handoff {known.row.handoff_id} is another worker's now")
