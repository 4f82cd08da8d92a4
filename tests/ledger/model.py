"""A plain model of the store: what a handoff's life must leave behind, written down a second time.

It knows nothing of tables or transactions. A change is applied to a copy, which replaces the original only
if nothing was refused.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.ledger.store import (
    ActionStatus,
    Change,
    DuplicateEvent,
    DuplicateMessage,
    TimerGone,
    VersionConflict,
)
from livechat_sdk.lifecycle.effects import (
    CancelActions,
    CancelTimer,
    ChangeOwner,
    OpenChat,
    RecordMessage,
    ReturnToBot,
    SendMessage,
    SetFate,
    SetTimer,
    UpdateDetails,
)

OPEN = {ActionStatus.PENDING, ActionStatus.STARTED}
ORDER = [Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN]


class Refused(Exception):
    """The model refuses a change; ``kind`` is what a store raises for the same reason."""

    def __init__(self, kind: type[Exception]) -> None:
        self.kind = kind
        super().__init__(kind.__name__)


@dataclass
class Entry:
    key: str
    direction: Direction
    fate: Fate
    detail: str | None
    vendor_id: str | None = None


@dataclass
class Action:
    action: Any
    handoff_id: str
    status: ActionStatus = ActionStatus.PENDING
    tries: int = 0
    error: str | None = None


@dataclass
class State:
    """Everything that a store remembers, as plain Python."""

    handoffs: dict[str, Handoff] = field(default_factory=dict)
    owners: dict[str, tuple[str, int]] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    actions: dict[int, Action] = field(default_factory=dict)
    timers: dict[tuple[str, str], Any] = field(default_factory=dict)
    journal: dict[str, list[tuple[str, int, str | None]]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    inbox: list[str] = field(default_factory=list)
    refs: dict[str, tuple[str, int]] = field(default_factory=dict)


class Model:
    """The same verbs as a store, as far as the random test uses them."""

    def __init__(self) -> None:
        self.state = State()

    def create(self, change: Change, new_ids: list[int]) -> tuple[str, str]:
        """Status and id of the handoff that is there afterwards."""
        state, handoff = copy.deepcopy(self.state), change.handoff
        for other in state.handoffs.values():
            if other.request.key == handoff.request.key:
                return "same_key", other.id
        conversation = handoff.request.conversation_id
        for other in state.handoffs.values():
            if other.request.conversation_id == conversation and other.is_live and handoff.is_live:
                return "conversation_live", other.id
        number = state.owners.get(conversation, ("bot", 0))[1]
        takes_over = any(isinstance(each, ChangeOwner) for each in change.writes)
        if handoff.owner_number != number + takes_over:
            raise Refused(VersionConflict)
        state.handoffs[handoff.id] = handoff
        state.owners.setdefault(conversation, ("bot", 0))
        self._rest(state, change, new_ids)
        self.state = state
        return "created", handoff.id

    def apply(self, change: Change, new_ids: list[int]) -> None:
        """One step."""
        state, handoff = copy.deepcopy(self.state), change.handoff
        if change.fired is not None:
            place = (change.fired.handoff_id, change.fired.name)
            if state.timers.get(place) != change.fired.due_at:
                raise Refused(TimerGone)
            del state.timers[place]
        if change.event is not None:
            if change.event.id in state.seen:
                raise Refused(DuplicateEvent)
            state.seen.add(change.event.id)
            state.inbox = [event for event in state.inbox if event != change.event.id]
        if handoff.version != change.before_version:
            if state.handoffs[handoff.id].version != change.before_version:
                raise Refused(VersionConflict)
            state.handoffs[handoff.id] = handoff
        if change.completes is not None:
            done = change.completes
            action = state.actions[done.action_id]
            if action.handoff_id == handoff.id:
                action.status, action.error, action.tries = done.status, done.error, action.tries + 1
        self._rest(state, change, new_ids)
        self.state = state

    def start_action(self, action_id: int) -> bool:
        """As the store."""
        action = self.state.actions.get(action_id)
        if action is None or action.status not in OPEN:
            return False
        action.status = ActionStatus.STARTED
        return True

    def postpone_action(self, action_id: int, error: str) -> None:
        """As the store."""
        action = self.state.actions[action_id]
        if action.status in OPEN:
            action.status, action.error, action.tries = ActionStatus.PENDING, error, action.tries + 1

    def take_in(self, event_id: str) -> None:
        """As the store's ``commit`` with an event."""
        if event_id not in self.state.seen and event_id not in self.state.inbox:
            self.state.inbox.append(event_id)

    def _rest(self, state: State, change: Change, new_ids: list[int]) -> None:
        handoff = change.handoff
        journal = state.journal.setdefault(handoff.id, [])
        journal.append((change.kind, handoff.version, change.refused))
        for each in change.writes:
            self._write(state, handoff, each, is_result=change.completes is not None)
        for action, action_id in zip(change.actions, new_ids or range(-99, 0), strict=False):
            state.actions[action_id] = Action(action, handoff.id)
            if isinstance(action, OpenChat):
                state.refs[f"{handoff.id}.{action.attempt}"] = (handoff.id, action.attempt)

    def _write(self, state: State, handoff: Handoff, each: Any, *, is_result: bool) -> None:
        entries = state.entries.setdefault(handoff.id, [])
        mine = [action for action in state.actions.values() if action.handoff_id == handoff.id]
        match each:
            case RecordMessage(message=message, direction=direction, fate=fate, detail=detail):
                if any(entry.key == message.key and entry.direction == direction for entry in entries):
                    raise Refused(DuplicateMessage)
                entries.append(Entry(message.key, direction, fate, detail))
            case SetFate():
                self._set_fate(entries, mine, each, is_result=is_result)
            case ReturnToBot(message_keys=keys):
                self._return(entries, mine, set(keys))
            case CancelActions(attempt=attempt):
                for action in mine:
                    ours = isinstance(action.action, OpenChat | SendMessage | UpdateDetails)
                    if ours and action.action.attempt == attempt and action.status is ActionStatus.PENDING:
                        action.status = ActionStatus.WITHDRAWN
            case ChangeOwner(owner=owner, number=number):
                state.owners[handoff.request.conversation_id] = (owner, number)
            case SetTimer(name=name, due_at=due_at):
                state.timers[handoff.id, name] = due_at
            case _:
                assert isinstance(each, CancelTimer), each
                state.timers.pop((handoff.id, each.name), None)

    def _set_fate(
        self, entries: list[Entry], mine: list[Action], report: SetFate, *, is_result: bool
    ) -> None:
        for entry in entries:
            if (entry.key, entry.direction) != (report.message_key, report.direction):
                continue
            entry.vendor_id = report.vendor_id or entry.vendor_id
            if entry.fate in ORDER:
                rises = report.fate in ORDER and ORDER.index(report.fate) > ORDER.index(entry.fate)
                taken = rises or (report.fate is Fate.REFUSED and entry.fate is not Fate.SEEN)
            elif entry.fate in (Fate.REFUSED, Fate.DROPPED):
                got_so_far = {
                    ActionStatus.STARTED,
                    ActionStatus.DONE,
                    ActionStatus.FAILED,
                    ActionStatus.DOUBTFUL,
                }
                started = any(
                    entry.key in carried(action.action) and action.status in got_so_far for action in mine
                )
                taken = report.fate in ORDER and (is_result or started)
            else:
                taken = True
            if report.fate is entry.fate:
                if report.detail is not None and entry.fate not in (Fate.REFUSED, Fate.DROPPED):
                    entry.detail = report.detail
            elif taken:
                entry.fate, entry.detail = report.fate, report.detail

    def _return(self, entries: list[Entry], mine: list[Action], keys: set[str]) -> None:
        sends = [action for action in mine if isinstance(action.action, SendMessage | UpdateDetails)]
        under_way = {
            key for action in sends if action.status is ActionStatus.STARTED for key in carried(action.action)
        }
        keys -= under_way
        for entry in entries:
            if (
                entry.key in keys
                and entry.direction is Direction.TO_PROVIDER
                and entry.fate in (Fate.HELD, Fate.PLANNED)
            ):
                entry.fate, entry.detail = Fate.DROPPED, "returned to the bot"
        for action in sends:
            if (
                action.status is ActionStatus.PENDING
                and carried(action.action)
                and carried(action.action) <= keys
            ):
                action.status = ActionStatus.WITHDRAWN


def carried(action: Any) -> set[str]:
    """Keys of the messages that an action carries."""
    if isinstance(action, UpdateDetails):
        return set(action.message_keys)
    return {action.message_key} if hasattr(action, "message_key") else set()
