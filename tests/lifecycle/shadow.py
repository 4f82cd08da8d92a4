"""A ledger in a few lines: applies effects the way a store does, so that tests can say what came of them.

It knows nothing of the rules of the lifecycle. Actions wait in their lanes until a test takes them out;
a test decides which have started, and what their results are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.ledger.fates import next_fate
from livechat_sdk.lifecycle import Effect
from livechat_sdk.lifecycle.effects import (
    AddToTicket,
    BaseAction,
    CancelActions,
    CancelTimer,
    ChangeOwner,
    CloseChat,
    CreateTicket,
    Decide,
    DeliverEnded,
    DeliverMessage,
    Enrich,
    EraseSecrets,
    FindContact,
    OpenChat,
    PatchChat,
    RecordMessage,
    ReturnToBot,
    SaveChat,
    SaveTicket,
    Say,
    SendMessage,
    SetFate,
    SetTimer,
    ShowReceipt,
    ShowTyping,
    SignalReceipt,
    SignalTyping,
    Unpark,
    UpdateDetails,
)

AnyAction = (
    Decide
    | FindContact
    | CreateTicket
    | AddToTicket
    | OpenChat
    | SendMessage
    | UpdateDetails
    | CloseChat
    | Say
    | Enrich
    | DeliverMessage
    | DeliverEnded
)
A = TypeVar(
    "A",
    Decide,
    FindContact,
    CreateTicket,
    AddToTicket,
    OpenChat,
    SendMessage,
    UpdateDetails,
    CloseChat,
    Say,
    Enrich,
    DeliverMessage,
    DeliverEnded,
)

OPEN_FATES = frozenset({Fate.HELD, Fate.PLANNED})
"""Fates that are not the last word."""


@dataclass(slots=True)
class Waiting:
    """An action in its lane. ``started``: a call may have left, so it can no longer be withdrawn."""

    number: int
    action: AnyAction
    started: bool = False


@dataclass
class Shadow:
    """What the ledger holds."""

    fates: dict[tuple[Direction, str], Fate] = field(default_factory=dict)
    lanes: dict[str, list[Waiting]] = field(default_factory=dict)
    decided: list[AnyAction] = field(default_factory=list)
    timers: dict[str, datetime] = field(default_factory=dict)
    owners: list[tuple[Literal["bot", "human"], int]] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    chats: dict[int, Chat] = field(default_factory=dict)
    tickets: list[str] = field(default_factory=list)
    seen_to: list[int] = field(default_factory=list)

    def apply(self, effects: Iterable[Effect]) -> None:
        """Store what a step wants done."""
        for effect in effects:
            if isinstance(effect, BaseAction):
                self._enqueue(effect)
            elif isinstance(effect, RecordMessage | SetFate | ReturnToBot | CancelActions):
                self._apply_to_messages(effect)
            else:
                self._apply_to_the_rest(effect)

    def _apply_to_messages(self, effect: RecordMessage | SetFate | ReturnToBot | CancelActions) -> None:
        match effect:
            case RecordMessage(message=message, direction=direction, fate=fate):
                entry = (direction, message.key)
                assert entry not in self.fates, f"{entry} was recorded before"
                self.fates[entry] = fate
            case SetFate() as report:
                self._set_fate(report)
            case ReturnToBot(message_keys=keys):
                self._return(keys)
            case CancelActions(attempt=attempt):
                self._withdraw_attempt(attempt)

    def _apply_to_the_rest(self, effect: Effect) -> None:
        match effect:
            case SaveChat(chat=chat):
                self.chats[chat.attempt] = chat
            case PatchChat(attempt=attempt, patch=patch) if attempt in self.chats:
                chat = self.chats[attempt]
                self.chats[attempt] = chat.model_copy(update={"state": {**chat.state, **patch}})
            case PatchChat():
                pass
            case EraseSecrets():
                self.chats = {n: c.model_copy(update={"secrets": {}}) for n, c in self.chats.items()}
            case SetTimer(name=name, due_at=due_at):
                self.timers[name] = due_at
            case CancelTimer(name=name):
                del self.timers[name]
            case ChangeOwner(owner=owner, number=number):
                self.owners.append((owner, number))
            case Unpark(action_id=action_id):
                self.seen_to.append(action_id)
            case SaveTicket(ticket=ticket):
                self.tickets.append(ticket.id)
            case _:
                assert isinstance(effect, SignalTyping | SignalReceipt | ShowTyping | ShowReceipt), effect

    def waiting(self, kind: type[A]) -> list[A]:
        """Actions of one kind that have no result yet, in order."""
        found = [one for one in self._all() if isinstance(one.action, kind)]
        return [
            one.action for one in sorted(found, key=lambda one: one.number) if isinstance(one.action, kind)
        ]

    def heads(self) -> list[Waiting]:
        """What may run now: the head of every lane, and closing a chat, which overtakes what has not left."""
        found: list[Waiting] = []
        for lane in self.lanes.values():
            found += lane[:1]
            if lane and not lane[0].started:
                found += [one for one in lane[1:] if isinstance(one.action, CloseChat)][:1]
        return found

    def start(self, action: AnyAction) -> None:
        """Note that the call has left."""
        self._find(action).started = True

    def finish(self, action: AnyAction) -> None:
        """Take an action out of its lane, because its result is known."""
        self.lanes[action.lane].remove(self._find(action))

    def fate(self, key: str, direction: Direction = Direction.TO_PROVIDER) -> Fate:
        """What became of a message; of the end user's, unless told otherwise."""
        return self.fates[direction, key]

    def _all(self) -> Iterator[Waiting]:
        for lane in self.lanes.values():
            yield from lane

    def _find(self, action: AnyAction) -> Waiting:
        return next(one for one in self.lanes[action.lane] if one.action == action)

    def _enqueue(self, action: AnyAction) -> None:
        self.decided.append(action)
        self.lanes.setdefault(action.lane, []).append(Waiting(len(self.decided), action))
        if isinstance(action, Say):
            entry = (Direction.TO_USER, action.key)
            assert entry not in self.fates or self.seen_to, f"{action.key} was said before"
            self.fates.setdefault(entry, Fate.PLANNED)

    def _set_fate(self, report: SetFate) -> None:
        entry = (report.direction, report.message_key)
        if entry in self.fates:  # receipts may name what nobody knows
            self.fates[entry] = next_fate(
                self.fates[entry], report.fate, anew=report.anew, answer=report.answer, doubts=report.doubts
            )

    def _return(self, keys: tuple[str, ...]) -> None:
        under_way = {key for one in self._all() if one.started for key in _keys_of(one.action) if key in keys}
        back = [
            key
            for key in keys
            if key not in under_way and self.fates[Direction.TO_PROVIDER, key] in OPEN_FATES
        ]
        self.returned += back
        for key in back:
            self.fates[Direction.TO_PROVIDER, key] = Fate.DROPPED
        for name, lane in self.lanes.items():
            self.lanes[name] = [
                one
                for one in lane
                if one.started or not _keys_of(one.action) or not set(_keys_of(one.action)) <= set(back)
            ]

    def _withdraw_attempt(self, attempt: int) -> None:
        name = f"provider.{attempt}"
        self.lanes[name] = [
            one for one in self.lanes.get(name, []) if one.started or isinstance(one.action, CloseChat)
        ]


def _keys_of(action: AnyAction) -> tuple[str, ...]:
    match action:
        case SendMessage(message_key=key):
            return (key,)
        case UpdateDetails(message_keys=keys):
            return keys
        case _:
            return ()
