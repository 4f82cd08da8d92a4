"""The step: one input applied to one handoff. Pure: no I/O, no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from livechat_sdk.domain.chats import ChatEnded, StreamGap
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.lifecycle.closing import abandoned_attempt_reported
from livechat_sdk.lifecycle.draft import Draft
from livechat_sdk.lifecycle.effects import BaseAction, CloseChat, Effect, OpenChat, SendMessage, UpdateDetails
from livechat_sdk.lifecycle.ending import close_abandoned
from livechat_sdk.lifecycle.inputs import (
    AlreadyOpen,
    DropRequested,
    EffectDoubtful,
    EffectFailed,
    EffectSucceeded,
    Input,
    NoteRequested,
    ProviderReported,
    Requested,
    RetryRequested,
    StillOpen,
    TimerFired,
    kind_of,
)
from livechat_sdk.lifecycle.moves import LEGAL_MOVES
from livechat_sdk.lifecycle.naming import masked
from livechat_sdk.lifecycle.parking import PARKED_KINDS, why_not_again

__all__ = ["Step", "step"]


_TO_PROVIDER = (OpenChat, SendMessage, UpdateDetails, CloseChat)


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one step.

    ``handoff`` is the next version, or the same object when only fates changed or the input was
    refused. A step that decides an action always makes a version, so that it competes with every
    other step. ``refused`` says why an input was not applied; it is recorded all the same.
    """

    handoff: Handoff
    effects: tuple[Effect, ...] = ()
    refused: str | None = None
    masked: Input | None = None
    """The input as it was applied, where names of agents are not shown in full."""


def step(handoff: Handoff, happening: Input, now: datetime) -> Step:
    """Apply ``happening`` to ``handoff`` at ``now`` and say what must be done.

    Never raises for an input that does not fit: such an input is refused, with the reason.
    """
    kind = kind_of(happening)
    given, (happening, hidden) = happening, masked(handoff, happening)
    shown = None if happening is given else happening
    reason = _out_of_place(handoff, happening)
    if reason is not None:
        return Step(handoff, refused=f"{kind}: {reason}", masked=shown)
    draft = Draft(handoff, now)
    if hidden != handoff.hidden_names:
        draft.set(hidden_names=hidden)
    if isinstance(happening, ProviderReported) and _is_abandoned(handoff, happening.attempt):
        abandoned_attempt_reported(draft, happening)
    else:
        if isinstance(happening, TimerFired):
            draft.set(timers={n: due for n, due in handoff.timers.items() if n != happening.name})
        handler = LEGAL_MOVES.get((kind, handoff.state))
        if handler is None:
            refused = f"{kind} is not a legal move in state {handoff.state}"
            return Step(handoff, refused=refused, masked=shown)
        if isinstance(happening, ProviderReported):
            _note_life(draft, happening)
        handler(draft, happening)
    if draft.handoff is handoff and not any(isinstance(effect, BaseAction) for effect in draft.effects):
        return Step(handoff, tuple(draft.effects), masked=shown)
    after = draft.handoff.model_copy(update={"version": handoff.version + 1})
    return Step(after, tuple(draft.effects), masked=shown)


def _note_life(draft: Draft, happening: ProviderReported) -> None:
    """Whatever the vendor says of a chat whose opening it has not answered proves that there is one."""
    attempt = draft.handoff.attempts[happening.attempt - 1]
    known = attempt.opened or attempt.alive or attempt.closed
    if not known and not isinstance(happening.event, StreamGap):
        draft.set_attempt(attempt.number, alive=True)
        if draft.handoff.state is HandoffState.ENDED and not isinstance(happening.event, ChatEnded):
            close_abandoned(draft, attempt.number)


def _is_abandoned(handoff: Handoff, number: int) -> bool:
    return handoff.attempts[number - 1].abandoned


def _out_of_place(handoff: Handoff, happening: Input) -> str | None:
    """Why an input does not fit this handoff, whatever its state; ``None`` if it does."""
    match happening:
        case Requested() | AlreadyOpen():
            return "only a new handoff can be requested" if handoff.version else None
        case _ if handoff.state is HandoffState.REQUESTED and not handoff.version:
            return "the handoff has not been requested yet"
        case TimerFired(name=name, due_at=due_at) if handoff.timers.get(name) != due_at:
            return f"timer {name} is not set for {due_at.isoformat()}"
        case ProviderReported() | StillOpen():
            return _report_out_of_place(handoff, happening)
        case EffectSucceeded() | EffectFailed() | EffectDoubtful():
            return _result_out_of_place(handoff, happening)
        case _:
            return _wish_out_of_place(handoff, happening)


def _report_out_of_place(handoff: Handoff, happening: ProviderReported | StillOpen) -> str | None:
    if not 1 <= happening.attempt <= len(handoff.attempts):
        return f"there is no attempt {happening.attempt}"
    attempt = handoff.attempts[happening.attempt - 1]
    if isinstance(happening, StillOpen):
        in_use = handoff.is_live and not attempt.abandoned
        return f"attempt {attempt.number} is in use" if in_use else None
    if attempt.closed and handoff.is_live and isinstance(happening.event, ChatEnded):
        return "the chat is closed already"
    return None


def _wish_out_of_place(handoff: Handoff, happening: Input) -> str | None:
    if isinstance(happening, NoteRequested) and not handoff.ticket_moments:
        return "there is no ticket to add it to"
    if not isinstance(happening, RetryRequested | DropRequested):
        return None
    action = happening.action
    if action.kind not in PARKED_KINDS:
        return f"{action.kind} is never parked"
    if isinstance(action, _TO_PROVIDER) and not 1 <= action.attempt <= len(handoff.attempts):
        return f"there is no attempt {action.attempt}"
    return why_not_again(handoff, action) if isinstance(happening, RetryRequested) else None


def _result_out_of_place(
    handoff: Handoff, happening: EffectSucceeded | EffectFailed | EffectDoubtful
) -> str | None:
    action = happening.action
    if not isinstance(action, _TO_PROVIDER):
        return None
    if not 1 <= action.attempt <= len(handoff.attempts):
        return f"there is no attempt {action.attempt}"
    if isinstance(action, CloseChat) and not handoff.attempts[action.attempt - 1].closing:
        return f"attempt {action.attempt} is not being closed"
    if isinstance(happening, EffectSucceeded) and isinstance(action, OpenChat):
        chat = happening.chat
        if chat is None or chat.attempt != action.attempt:
            return f"the result does not carry the chat of attempt {action.attempt}"
    return None
