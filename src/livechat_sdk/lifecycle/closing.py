"""The last stretch: ends asked for by our side, clocks, results that come in late."""

from __future__ import annotations

from livechat_sdk.domain.chats import ChatEnded, ChatRejected, MessageReceived
from livechat_sdk.domain.ends import EndReason, Why
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.lifecycle.draft import Draft
from livechat_sdk.lifecycle.effects import (
    CloseChat,
    DeliverMessage,
    OpenChat,
    PatchChat,
    RecordMessage,
    Say,
    SendMessage,
    SetFate,
    UpdateDetails,
)
from livechat_sdk.lifecycle.ending import (
    abandon_attempt,
    close_abandoned,
    end_here,
    end_now,
    erase_if_done,
    has_shown_life,
    next_attempt,
    open_after,
)
from livechat_sdk.lifecycle.inputs import (
    EffectDoubtful,
    EffectFailed,
    EffectSucceeded,
    EndRequested,
    ProviderReported,
    StillOpen,
    TimerFired,
    UserLeft,
)

__all__ = [
    "abandoned_attempt_reported",
    "agent_silent",
    "chat_closed",
    "close_again",
    "close_given_up",
    "closing_took_too_long",
    "delivered",
    "delivery_given_up",
    "details_carried",
    "details_not_carried",
    "end_requested",
    "ended_at_vendor_while_ending",
    "late_chat_closed",
    "late_chat_ended",
    "late_message",
    "life_over",
    "remind_about_agent",
    "remind_user",
    "request_timed_out",
    "send_doubtful",
    "send_failed",
    "send_succeeded",
    "user_left",
    "user_silent",
]


def end_requested(draft: Draft, happening: EndRequested) -> None:
    """Our side (end user, bot, operator) wants it to end."""
    end_here(draft, EndReason(by=happening.by, why=happening.why, raw=happening.raw))


def user_left(draft: Draft, _: UserLeft) -> None:
    """The end user left the channel."""
    end_here(draft, EndReason(by="user", why="abandoned"))


def request_timed_out(draft: Draft, _: TimerFired) -> None:
    """Nobody took it in time."""
    end_here(draft, EndReason(by="clock", why="timeout"))


def user_silent(draft: Draft, _: TimerFired) -> None:
    """The end user has said nothing for too long."""
    end_here(draft, EndReason(by="clock", why="inactivity"))


def agent_silent(draft: Draft, _: TimerFired) -> None:
    """The agent has said nothing for too long: back to the queue, on to the next provider, or the end.

    A chat that goes back to the queue of the same provider is opened when the old one is closed, so that the
    vendor cannot take one for the other.
    """
    handoff = draft.handoff
    attempt = handoff.attempt
    if attempt is None:
        raise AssertionError("an agent is silent in a chat")
    policy = handoff.policy
    requeue = policy.agent_release_to == "requeue" and handoff.requeued < policy.requeue_at_most
    if not requeue and not handoff.fallbacks:
        end_here(draft, EndReason(by="clock", why="abandoned", raw="agent silent"))
        return
    closes, alive = attempt.candidate.capabilities.closes, has_shown_life(handoff)
    abandon_attempt(draft, failure="agent silent", unavailable=True)
    if closes:
        draft.set_attempt(attempt.number, closing=True)
        reason = EndReason(by="clock", why="abandoned", raw="agent silent")
        draft.emit(CloseChat(attempt=attempt.number, reason=reason, alive=alive))
    if requeue:
        draft.set(requeued=handoff.requeued + 1, fallbacks=(attempt.candidate, *handoff.fallbacks))
    next_attempt(draft, opens_after=attempt.number if requeue and closes else None)


def life_over(draft: Draft, _: TimerFired) -> None:
    """The handoff has lived as long as it may."""
    why: Why = "timeout" if draft.handoff.is_waiting else "other"
    end_here(draft, EndReason(by="clock", why=why, raw="longest duration reached"))


def remind_user(draft: Draft, _: TimerFired) -> None:
    """Ask the end user whether they are still there."""
    draft.say(Moment.IDLE_REMINDER)


def remind_about_agent(draft: Draft, _: TimerFired) -> None:
    """Tell the end user that the agent is still on it."""
    draft.say(Moment.AGENT_SILENT)


def closing_took_too_long(draft: Draft, _: TimerFired) -> None:
    """The vendor did not confirm the end in time: the bot takes over, closing goes on beside it."""
    _finish(draft)


def close_given_up(draft: Draft, happening: EffectFailed | EffectDoubtful) -> None:
    """The vendor could not be told. Nobody waits for it any longer; a sign of life tries again."""
    number = _attempt_number(happening)
    draft.set_attempt(number, closing=False)
    open_after(draft, number)
    if draft.handoff.state is HandoffState.ENDING and number == len(draft.handoff.attempts):
        _finish(draft)


def close_again(draft: Draft, happening: StillOpen) -> None:
    """The vendor is told once more, unless that is under way."""
    attempt = draft.handoff.attempts[happening.attempt - 1]
    if attempt.closed or attempt.closing or not (attempt.opened and attempt.candidate.capabilities.closes):
        return
    end = draft.handoff.end
    reason = EndReason(by="bot", why="other", raw="abandoned attempt")
    if end is not None and not attempt.abandoned:
        reason = end.reason
    draft.set_attempt(attempt.number, closing=True)
    draft.emit(CloseChat(attempt=attempt.number, reason=reason))


def chat_closed(draft: Draft, happening: EffectSucceeded) -> None:
    """The vendor's side is closed."""
    _mark_closed(draft, happening)
    if _attempt_number(happening) == len(draft.handoff.attempts):
        _finish(draft)


def late_chat_closed(draft: Draft, happening: EffectSucceeded) -> None:
    """The vendor's side of an ended handoff or an abandoned attempt is closed at last."""
    _mark_closed(draft, happening)
    open_after(draft, _attempt_number(happening))
    erase_if_done(draft)


def ended_at_vendor_while_ending(draft: Draft, happening: ProviderReported) -> None:
    """The vendor says that it is over while we wait for exactly that."""
    draft.set_attempt(happening.attempt, closed=True)
    _finish(draft)


def late_chat_ended(draft: Draft, happening: ProviderReported) -> None:
    """The vendor ended a chat that we had ended before."""
    if isinstance(happening.event, ChatEnded):
        draft.set_attempt(happening.attempt, closed=True)
        erase_if_done(draft)


def late_message(draft: Draft, happening: ProviderReported) -> None:
    """The agent said something after the end: kept for the record, never shown to the end user."""
    event = happening.event
    if not isinstance(event, MessageReceived):
        raise AssertionError("not a message")
    draft.emit(
        RecordMessage(
            message=event.message,
            direction=Direction.TO_USER,
            author=event.author,
            fate=Fate.DROPPED,
            attempt=happening.attempt,
            vendor_id=event.id,
            detail="arrived after the end of its chat",
        ),
    )


def abandoned_attempt_reported(draft: Draft, happening: ProviderReported) -> None:
    """An attempt that we gave up shows a sign of life: close it, and show the end user nothing of it."""
    attempt = draft.handoff.attempts[happening.attempt - 1]
    if isinstance(happening.event, MessageReceived):
        late_message(draft, happening)
    if isinstance(happening.event, ChatEnded | ChatRejected):
        draft.set_attempt(attempt.number, closed=True)
        erase_if_done(draft)
    else:
        other = [ref for ref in happening.event.refs if ref != attempt.ref]
        close_abandoned(draft, attempt.number, other[0] if other else None)


def send_succeeded(draft: Draft, happening: EffectSucceeded) -> None:
    """A message of the end user is with the vendor."""
    if happening.patch:
        draft.emit(PatchChat(attempt=_attempt_number(happening), patch=happening.patch))
    key = _message_key(happening)
    fate = Fate.ACKNOWLEDGED if happening.acknowledged else Fate.SENT
    earlier = _attempt_number(happening) != len(draft.handoff.attempts)
    if earlier:
        draft.remember_earlier(key, fate)
    if _was_left_behind(draft, happening) and draft.is_open(key):
        return
    draft.settle(key)
    draft.emit(
        SetFate(
            message_key=key,
            direction=Direction.TO_PROVIDER,
            fate=fate,
            vendor_id=happening.vendor_id,
            detail=happening.detail,
            # Also of what was sent twice: nobody can tell which of them failed, and the end user was told.
            answer=isinstance(happening.action, SendMessage) and not earlier,
        ),
    )


def send_failed(draft: Draft, happening: EffectFailed) -> None:
    """The vendor refused a message of the end user."""
    if _settle_not_sent(draft, happening, _message_key(happening)):
        draft.say(Moment.UNSUPPORTED)


def send_doubtful(draft: Draft, happening: EffectDoubtful) -> None:
    """Nobody can tell whether a message of the end user arrived."""
    _settle_not_sent(draft, happening, _message_key(happening))


def details_carried(draft: Draft, happening: EffectSucceeded) -> None:
    """The vendor has the details, and with them the answers that travelled along."""
    if _was_left_behind(draft, happening):
        return
    for key in _answers(happening):
        draft.settle(key)
        draft.emit(
            SetFate(
                message_key=key,
                direction=Direction.TO_PROVIDER,
                fate=Fate.ACKNOWLEDGED,
                detail="carried as an answer to the survey",
            ),
        )


def details_not_carried(draft: Draft, happening: EffectFailed | EffectDoubtful) -> None:
    """The vendor did not take the details: answers go as ordinary messages instead."""
    if draft.handoff.state is HandoffState.ENDED:
        for key in _answers(happening):
            _settle_not_sent(draft, happening, key)
        return
    keys = tuple(key for key in _answers(happening) if key in draft.handoff.planned)
    if not keys or _was_left_behind(draft, happening):
        return
    for key in keys:
        draft.settle(key)
        draft.emit(SetFate(message_key=key, direction=Direction.TO_PROVIDER, fate=Fate.HELD))
    draft.set(held=(*keys, *draft.handoff.held))
    if draft.handoff.state is not HandoffState.ENDING:
        draft.release_held()


def delivered(draft: Draft, happening: EffectSucceeded) -> None:
    """The channel took a message for the end user."""
    draft.emit(
        SetFate(
            message_key=_delivery_key(happening),
            direction=Direction.TO_USER,
            fate=Fate.SENT,
            detail=happening.detail,
        )
    )


def delivery_given_up(draft: Draft, happening: EffectFailed | EffectDoubtful) -> None:
    """The channel refused a message for the end user, again and again."""
    key = _delivery_key(happening)
    in_doubt = isinstance(happening, EffectDoubtful) or _in_doubt(happening)
    fate = Fate.DOUBTFUL if in_doubt else Fate.REFUSED
    draft.emit(SetFate(message_key=key, direction=Direction.TO_USER, fate=fate, detail=happening.error))


def _finish(draft: Draft) -> None:
    handoff = draft.handoff
    if handoff.ending is None or handoff.ending_from is None:
        raise AssertionError("ending remembers why and from where")
    end_now(draft, handoff.ending, last_state=handoff.ending_from)


def _mark_closed(draft: Draft, happening: EffectSucceeded) -> None:
    attempt = draft.handoff.attempts[_attempt_number(happening) - 1]
    action = happening.action
    if attempt.opened or (isinstance(action, CloseChat) and action.alive):
        draft.set_attempt(attempt.number, closed=True)
        return
    # No chat was known, so none was closed: should there be one, its first sign of life closes it.
    draft.set_attempt(attempt.number, closing=False, abandoned=True)
    if attempt.alive:
        close_abandoned(draft, attempt.number)


def _settle_not_sent(draft: Draft, happening: EffectFailed | EffectDoubtful, key: str) -> bool:
    """Record that a message did not, or may not, have arrived. True if the end user should hear of it."""
    handoff = draft.handoff
    number = _attempt_number(happening)
    in_doubt = isinstance(happening, EffectDoubtful) or _in_doubt(happening)
    settled = SetFate(
        message_key=key,
        direction=Direction.TO_PROVIDER,
        fate=Fate.DOUBTFUL,
        detail=happening.error,
        # A refusal is not remembered after the end: what is on record may be another attempt's.
        doubts=not handoff.is_live and len(handoff.attempts) > 1,
    )
    if in_doubt and number != len(handoff.attempts):
        draft.remember_earlier(key, Fate.DOUBTFUL)
    if _was_left_behind(draft, happening):
        if in_doubt and handoff.refused_by.get(key, 0) > number:
            draft.emit(settled.model_copy(update={"doubts": True}))
        return False  # another attempt carries it, or has
    if handoff.is_live and key not in handoff.planned:
        return False  # a receipt has told its fate already
    earlier = handoff.earlier.get(key)
    if earlier is not None and earlier.arrived:
        fate = earlier
    elif in_doubt or earlier is Fate.DOUBTFUL:
        fate = Fate.DOUBTFUL
    elif handoff.attempts[number - 1].abandoned:
        fate = Fate.DROPPED  # a later attempt may have brought it to an agent: that must stay on record
    else:
        fate = Fate.REFUSED
        draft.remember_refusal(key, number)
    draft.settle(key)
    draft.emit(settled.model_copy(update={"fate": fate}))
    return handoff.is_live and not fate.arrived


def _in_doubt(happening: EffectFailed | EffectDoubtful) -> bool:
    """Whether an earlier action may have done it, so that a failure of this one proves nothing."""
    return isinstance(happening.action, SendMessage | DeliverMessage | Say) and happening.action.in_doubt


def _was_left_behind(draft: Draft, happening: EffectSucceeded | EffectFailed | EffectDoubtful) -> bool:
    """Whether the result comes from an attempt that was given up: its open messages moved on."""
    return draft.handoff.is_live and _attempt_number(happening) != len(draft.handoff.attempts)


def _attempt_number(happening: EffectSucceeded | EffectFailed | EffectDoubtful) -> int:
    action = happening.action
    if not isinstance(action, OpenChat | SendMessage | UpdateDetails | CloseChat):
        raise AssertionError(f"{action.kind} does not go to a provider")
    return action.attempt


def _answers(happening: EffectSucceeded | EffectFailed | EffectDoubtful) -> tuple[str, ...]:
    return happening.action.message_keys if isinstance(happening.action, UpdateDetails) else ()


def _message_key(happening: EffectSucceeded | EffectFailed | EffectDoubtful) -> str:
    if not isinstance(happening.action, SendMessage):
        raise AssertionError("not a send")
    return happening.action.message_key


def _delivery_key(happening: EffectSucceeded | EffectFailed | EffectDoubtful) -> str:
    match happening.action:
        case DeliverMessage(message_key=key) | Say(key=key):
            return key
        case other:
            raise AssertionError(f"{other.kind} delivers no message")
