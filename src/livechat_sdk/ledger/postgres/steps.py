"""Steps of the lifecycle as jobs for the writer: creating a handoff, changing it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import timedelta

from livechat_sdk.domain.base import utc_text
from livechat_sdk.errors import HandoffNotFound
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.decisions import check_owner_number, ended_at, over_chats
from livechat_sdk.ledger.postgres import operations as op
from livechat_sdk.ledger.postgres.jobs import Me, NewAction, NewLane, Outcome, check_lane
from livechat_sdk.ledger.postgres.picture import Needs, Picture
from livechat_sdk.ledger.postgres.writing import HandoffWriting, PreparedWrite, prepare
from livechat_sdk.ledger.secrets import SecretBox
from livechat_sdk.ledger.shards import shard_of
from livechat_sdk.ledger.store import (
    Applied,
    Change,
    Created,
    DuplicateEvent,
    LaneId,
    TimerGone,
    VersionConflict,
)
from livechat_sdk.lifecycle.effects import ChangeOwner, OpenChat

__all__ = ["ApplyChange", "CreateHandoff"]

_SOON = timedelta(seconds=3)
"""Of timers that are due later than this, workers learn by looking themselves."""


@dataclass(slots=True)
class _Step:
    """What creating and applying share. Documents are made before any row is locked."""

    workspace: str
    change: Change
    box: SecretBox
    handoff_id: str = field(init=False)
    """The handoff that it belongs to."""
    writes: list[PreparedWrite] = field(init=False)
    action_documents: list[str] = field(init=False)
    detail: str = field(init=False)
    document: str | None = field(init=False)

    def __post_init__(self) -> None:
        change = self.change
        self.handoff_id = change.handoff.id
        self.writes = [prepare(self.workspace, self.handoff_id, each, self.box) for each in change.writes]
        self.action_documents = [documents.dump(action) for action in change.actions]
        self.detail = documents.dump_mapping(change.detail)
        changed = change.handoff.version != change.before_version
        self.document = documents.dump_handoff(change.handoff) if changed else None

    @property
    def conversation_id(self) -> str:
        """The conversation that the handoff belongs to."""
        return self.change.handoff.request.conversation_id

    def need(self, needs: Needs) -> None:
        """What the writes must know."""
        for each in self.writes:
            each.need(self.handoff_id, needs)
        if self.change.actions:
            needs.lanes_of.add(self.handoff_id)

    def rest(self, picture: Picture, me: Me, outcome: Outcome, writing: HandoffWriting) -> None:
        """Journal, writes, new actions, chats that are over. Raises ``DuplicateMessage``, ``NotParked``."""
        change, handoff, at = self.change, self.change.handoff, utc_text(self.change.at)
        outcome.writes.add(
            op.JOURNAL,
            *(handoff.id, at, change.kind, handoff.state, handoff.version, change.refused, self.detail),
        )
        for each in self.writes:
            each.write(writing)
        writing.flush(outcome.writes)
        self._add_actions(picture, me, outcome, at)
        for number, left_open in over_chats(handoff):
            outcome.writes.add(op.CHATS_OVER, handoff.id, number, int(left_open), at)
        shard = shard_of(handoff.id)
        if shard not in me.shards:
            outcome.timers_for_others = writing.sets_timer_before(change.at + _SOON)

    def _add_actions(self, picture: Picture, me: Me, outcome: Outcome, at: str) -> None:
        handoff = self.change.handoff
        fences: dict[str, int | None] = {}  # of the lanes that run here; 0: it is made with this step
        for action, document in zip(self.change.actions, self.action_documents, strict=True):
            if isinstance(action, OpenChat):
                attempt = handoff.attempts[action.attempt - 1]
                outcome.writes.add(
                    op.CHATS_RESERVED,
                    *(attempt.integration, attempt.ref, handoff.id, action.attempt, at, shard_of(handoff.id)),
                )
            lane = action.lane
            if lane not in fences:
                fences[lane] = self._enter_lane(lane, picture, me, outcome)
            new = NewAction(handoff.id, lane, action, document, self.change.at)
            fence = fences[lane]
            if fence is not None:
                new.worker, new.fence = me.worker, fence
            outcome.actions.append(new)

    def _enter_lane(self, name: str, picture: Picture, me: Me, outcome: Outcome) -> int | None:
        """The fence of a lane that runs here; ``None`` when its actions must be claimed first."""
        lane = picture.lanes.get((self.handoff_id, name))
        if lane is None:
            outcome.lanes.append(NewLane(self.handoff_id, name, me.worker))
        if me.worker is not None and (lane is None or lane.worker == me.worker):
            if lane is None:
                return 0
            if not lane.waiting and LaneId(self.handoff_id, name) not in me.claiming:
                return lane.fence
            # What others have put into the lane must run first: it is still to be claimed, or on its way.
            outcome.left_for_me = True
        else:
            outcome.left_for_others = True
        return None

    @staticmethod
    def handed_out(outcome: Outcome) -> Callable[[], Applied]:
        """The actions that this worker must run, once they are written."""
        return lambda: Applied([new.row() for new in outcome.actions if new.worker is not None])


@dataclass(slots=True)
class CreateHandoff(_Step):
    """Store a new handoff with its first step, unless it or a live one is there already."""

    request: str = field(init=False)

    def __post_init__(self) -> None:
        _Step.__post_init__(self)
        self.request = documents.dump(self.change.handoff.request)
        self.document = documents.dump_handoff(self.change.handoff)

    @property
    def keys(self) -> frozenset[Hashable]:
        """Its conversation, its key, itself."""
        return frozenset(
            {
                self.handoff_id,
                ("conversation", self.conversation_id),
                ("key", self.change.handoff.request.key),
            }
        )

    def need(self, needs: Needs) -> None:
        """Whether it is there, or another one of the conversation."""
        _Step.need(self, needs)
        needs.conversations[self.conversation_id] = utc_text(self.change.at)
        needs.request_keys.add(self.change.handoff.request.key)
        needs.live_in.add(self.conversation_id)

    def needs_all_actions(self, picture: Picture) -> str | None:
        """Never: it has none."""
        return None

    def decide(self, picture: Picture, me: Me) -> Outcome:
        """What to write. Raises ``VersionConflict`` when the conversation's owner number has changed."""
        handoff, at = self.change.handoff, utc_text(self.change.at)
        same_key = picture.by_request_key.get(handoff.request.key)
        if same_key is not None:
            return Outcome(lambda: Created("same_key", same_key))
        live = picture.live.get(self.conversation_id)
        if live is not None and handoff.is_live:
            return Outcome(lambda: Created("conversation_live", live))
        check_owner_number(self.change, picture.owner_numbers.get(self.conversation_id, 0))
        outcome = Outcome(lambda: None, changed=handoff.id)
        handed_out = self.handed_out(outcome)
        outcome.answer = lambda: Created("created", handoff, handed_out().actions)
        outcome.writes.add(
            op.HANDOFFS_NEW,
            *(handoff.id, handoff.request.key, self.conversation_id, handoff.state, handoff.version),
            *(handoff.request.bot, handoff.request.user.id, documents.DOCUMENT_VERSION),
            *(utc_text(handoff.created_at), at, ended_at(handoff), self.document),
        )
        outcome.writes.add(op.REQUESTS, handoff.id, self.request)
        writing = HandoffWriting(picture, handoff.id, self.conversation_id, at)
        self.rest(picture, me, outcome, writing)
        return outcome


@dataclass(slots=True)
class ApplyChange(_Step):
    """Store one step of an existing handoff."""

    @property
    def keys(self) -> frozenset[Hashable]:
        """The handoff; the conversation if its owner changes; the event."""
        keys: set[Hashable] = {self.handoff_id}
        if self._changes_owner:
            keys.add(("conversation", self.conversation_id))
        if self.change.event is not None:
            keys.add(("event", self.change.event.integration, self.change.event.id))
        if self.change.fired is not None:
            keys.add(self.change.fired.handoff_id)
        return frozenset(keys)

    @property
    def _changes_owner(self) -> bool:
        return any(isinstance(each, ChangeOwner) for each in self.change.writes)

    def need(self, needs: Needs) -> None:
        """Its version, and what it refers to."""
        change = self.change
        _Step.need(self, needs)
        needs.handoffs.add(self.handoff_id)
        if self._changes_owner:
            needs.conversations.setdefault(self.conversation_id, "")
        if change.completes is not None:
            needs.actions.add(change.completes.action_id)
            needs.lanes_of.add(self.handoff_id)
        if change.event is not None:
            needs.events.add((change.event.integration, change.event.id))
        if change.fired is not None:
            needs.handoffs.add(change.fired.handoff_id)
            needs.timers.add((change.fired.handoff_id, change.fired.name))

    def needs_all_actions(self, picture: Picture) -> str | None:
        """When it must be found out whether a message that was settled against was ever sent."""
        if self.change.completes is not None:
            return None
        settling = [each for each in self.writes if each.settles]
        several = len(settling) > 1  # one may settle what the next one proves
        proves = several or any(each.may_prove_arrival(self.handoff_id, picture) for each in settling)
        return self.handoff_id if proves else None

    def decide(self, picture: Picture, me: Me) -> Outcome:
        """What to write.

        Raises ``TimerGone``, ``DuplicateEvent``, ``HandoffNotFound``, ``VersionConflict``, ``LaneLost``,
        ``DuplicateMessage``, ``NotParked``.
        """
        outcome = Outcome(lambda: None)
        at = utc_text(self.change.at)
        writing = HandoffWriting(
            picture, self.handoff_id, self.conversation_id, at, is_result=self.change.completes is not None
        )
        if self._is_repetition(picture, me):
            outcome.answer = lambda: Applied(())
            return outcome
        self._take_timer(picture, outcome, writing)
        self._take_event(picture, outcome, at)
        self._change_handoff(picture, outcome, at)
        self._complete(picture, me, outcome, writing)
        outcome.answer = self.handed_out(outcome)
        self.rest(picture, me, outcome, writing)
        return outcome

    def _is_repetition(self, picture: Picture, me: Me) -> bool:
        """Whether this worker has written this very result: its caller never heard of the commit."""
        done = self.change.completes
        known = None if done is None else picture.actions.get(done.action_id)
        if done is None or known is None or known.row.handoff_id != self.handoff_id:
            return False
        lane = picture.lanes.get((self.handoff_id, known.row.lane))
        return known.row.status is done.status and not check_lane(known, lane, me, done.fence)

    def _take_timer(self, picture: Picture, outcome: Outcome, writing: HandoffWriting) -> None:
        fired = self.change.fired
        if fired is None:
            return
        if picture.timers.get((fired.handoff_id, fired.name)) != utc_text(fired.due_at):
            raise TimerGone(f"timer {fired.name} of {fired.handoff_id} is not set for {fired.due_at}")
        if fired.handoff_id == self.handoff_id:
            writing.cancel_timer(fired.name)  # the step may set it anew
        else:
            outcome.writes.add(op.TIMERS_CANCELLED, fired.handoff_id, fired.name)

    def _take_event(self, picture: Picture, outcome: Outcome, at: str) -> None:
        event = self.change.event
        if event is not None:
            if (event.integration, event.id) in picture.seen:
                raise DuplicateEvent(f"event {event.id!r} of {event.integration!r} was applied before")
            outcome.writes.add(op.SEEN, event.integration, event.id, self.handoff_id, at)
            outcome.writes.add(op.INBOX_OF_EVENT, event.integration, event.id)
        if self.change.inbox_id is not None:
            outcome.writes.add(op.INBOX_DONE, self.change.inbox_id)

    def _change_handoff(self, picture: Picture, outcome: Outcome, at: str) -> None:
        handoff, known = self.change.handoff, self.change.before_version
        present = picture.versions.get(handoff.id)
        if present is None:
            raise HandoffNotFound(handoff.id)
        if self.document is None:
            return
        if present != known:
            raise VersionConflict(f"handoff {handoff.id} has version {present}, the step knew {known}")
        outcome.changed = handoff.id
        outcome.writes.add(
            op.HANDOFFS_CHANGED,
            *(handoff.id, handoff.state, handoff.version, documents.DOCUMENT_VERSION, at),
            *(ended_at(handoff), self.document),
        )
        if picture.formats[handoff.id] < documents.DOCUMENT_VERSION:
            outcome.writes.add(op.LANES_FREED, handoff.id, documents.DOCUMENT_VERSION)
            outcome.left_for_others = outcome.left_for_me = True

    def _complete(self, picture: Picture, me: Me, outcome: Outcome, writing: HandoffWriting) -> None:
        done = self.change.completes
        known = None if done is None else picture.actions.get(done.action_id)
        if done is None or known is None or known.row.handoff_id != self.handoff_id:
            return
        row = known.row
        check_lane(known, picture.lanes.get((self.handoff_id, row.lane)), me, done.fence)
        writing.complete(row, done)
        outcome.writes.add(op.LANES_RELEASED, self.handoff_id, row.lane)
