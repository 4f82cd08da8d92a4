"""What was given up stays listed until a person sees to it: tries it again, or drops it.

Trying again is an ordinary action once more. It is refused where it makes no sense: nothing is sent to a chat
that is over, and nothing is said under an ownership that is over. What is *doubtful* may have arrived: its
fate stays doubtful until the new action proves that it has, and a failure of that one proves nothing.
"""

from __future__ import annotations

from typing import Final

from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.lifecycle.draft import Draft
from livechat_sdk.lifecycle.effects import (
    Action,
    AddToTicket,
    CloseChat,
    CreateTicket,
    DeliverMessage,
    Say,
    SendMessage,
    SetFate,
    Unpark,
    UpdateDetails,
)
from livechat_sdk.lifecycle.inputs import DropRequested, RetryRequested

__all__ = ["PARKED_KINDS", "drop_requested", "retry_requested", "target_of", "why_not_again"]

PARKED_KINDS: Final = frozenset(
    {
        "send_message",
        "deliver_message",
        "say",
        "update_details",
        "close_chat",
        "create_ticket",
        "add_to_ticket",
    },
)
"""Kinds of actions that are listed when they were given up; the lifecycle sees to the others itself."""

_LATE: Final = frozenset({HandoffState.ENDING, HandoffState.ENDED})


def target_of(action: Action) -> tuple[str, str]:
    """What an action is about: a later one with the same target takes its place."""
    match action:
        case SendMessage(message_key=key) | DeliverMessage(message_key=key) | Say(key=key):
            return action.kind, key
        case CreateTicket(key=key) | AddToTicket(key=key):
            return action.kind, key
        case UpdateDetails(attempt=attempt) | CloseChat(attempt=attempt):
            return action.kind, str(attempt)
        case _:
            return action.kind, ""


def why_not_again(handoff: Handoff, action: Action) -> str | None:
    """Why it makes no sense to try an action again now; ``None`` if it does."""
    match action:
        case SendMessage(message_key=key):
            return _why_not_send(handoff, key)
        case DeliverMessage() | Say():
            over = "the conversation belongs to the bot again: nothing is said under an old owner number"
            return None if handoff.is_live else over
        case UpdateDetails(attempt=number):
            current = len(handoff.attempts) == number and handoff.state not in _LATE
            return None if current and handoff.attempts[number - 1].opened else "that chat is over"
        case CloseChat(attempt=number):
            return _why_not_close(handoff, number)
        case CreateTicket() | AddToTicket():
            return None
        case _:
            return f"{action.kind} is never parked"


def _why_not_send(handoff: Handoff, key: str) -> str | None:
    attempt = handoff.attempt
    if attempt is None or handoff.state in _LATE:
        return "the chat is over"
    if key in handoff.planned or key in handoff.held:
        return "it is on its way already"
    if not attempt.takes_messages:
        return "no chat takes messages now: try again when an agent has joined"
    return None


def _why_not_close(handoff: Handoff, number: int) -> str | None:
    attempt = handoff.attempts[number - 1]
    if attempt.closed:
        return "the chat is closed already"
    if attempt.closing:
        return "the chat is being closed already"
    if handoff.is_live and not attempt.abandoned:
        return "the chat is in use"
    return None


def retry_requested(draft: Draft, happening: RetryRequested) -> None:
    """A person wants an action tried again that was given up."""
    draft.emit(Unpark(action_id=happening.action_id, detail="tried again on request"))
    doubtful = happening.doubtful
    match happening.action:
        case SendMessage() as send:
            _send_again(draft, send, doubtful=doubtful)
        case DeliverMessage(message_key=key) | Say(key=key):
            if not doubtful:
                _take_up_anew(draft, key, Direction.TO_USER)
            draft.emit(happening.action.model_copy(update={"in_doubt": doubtful}))
        case UpdateDetails(attempt=number):
            draft.emit(UpdateDetails(attempt=number))  # the answers in it have gone as messages meanwhile
        case CloseChat(attempt=number):
            draft.set_attempt(number, closing=True)
            draft.emit(happening.action)
        case CreateTicket() | AddToTicket() as ticketed if doubtful:
            draft.emit(ticketed.model_copy(update={"in_doubt": True}))
        case CreateTicket() as create:  # what was refused is asked for anew
            draft.emit(create.model_copy(update={"draft": None, "in_doubt": False}))
        case AddToTicket(note=note) as add:
            plain = None if note is None else note.model_copy(update={"first_tried_at": None})
            draft.emit(add.model_copy(update={"note": plain, "in_doubt": False}))
        case other:
            draft.emit(other)


def drop_requested(draft: Draft, happening: DropRequested) -> None:
    """A person has seen to it otherwise. What may have arrived stays doubtful: nobody knows better."""
    draft.emit(Unpark(action_id=happening.action_id, detail="dropped on request"))
    if not happening.doubtful:
        return
    match happening.action:
        case SendMessage(message_key=key) if draft.is_open(key):
            draft.remember_earlier(key, Fate.DOUBTFUL)  # it is on its way again, to another agent
            return
        case SendMessage(message_key=key):
            direction = Direction.TO_PROVIDER
        case DeliverMessage(message_key=key) | Say(key=key):
            direction = Direction.TO_USER
        case _:
            return
    why = f"given up by a person; {happening.error or 'nobody knows whether it arrived'}"[:1000]
    draft.emit(SetFate(message_key=key, direction=direction, fate=Fate.DOUBTFUL, detail=why))


def _send_again(draft: Draft, send: SendMessage, *, doubtful: bool) -> None:
    attempt = draft.handoff.attempt
    if attempt is None:
        raise AssertionError("a send needs a chat")
    if not doubtful:
        draft.plan(send.message_key)
        _take_up_anew(draft, send.message_key, Direction.TO_PROVIDER)
    same = send.attempt == attempt.number
    if doubtful and not same:
        draft.remember_earlier(send.message_key, Fate.DOUBTFUL)
    draft.emit(
        SendMessage(
            attempt=attempt.number,
            message_key=send.message_key,
            parts_sent=send.parts_sent if same else (),
            in_doubt=doubtful,
            repeated=send.repeated,
        ),
    )


def _take_up_anew(draft: Draft, key: str, direction: Direction) -> None:
    draft.emit(SetFate(message_key=key, direction=direction, fate=Fate.PLANNED, anew=True))
