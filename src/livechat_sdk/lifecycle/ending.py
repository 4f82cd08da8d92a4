"""How a handoff ends: by whom, with which outcome, and what is left to do."""

from __future__ import annotations

from livechat_sdk.domain.ends import End, EndReason, Outcome, Why
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.lifecycle.draft import Draft
from livechat_sdk.lifecycle.effects import (
    CancelActions,
    ChangeOwner,
    CloseChat,
    DeliverEnded,
    EraseSecrets,
    OpenChat,
    ReturnToBot,
    SetFate,
)
from livechat_sdk.lifecycle.outcomes import outcome_of
from livechat_sdk.lifecycle.queueing import forget_queue
from livechat_sdk.lifecycle.ticketing import finish_ticket, make_ticket

__all__ = [
    "abandon_attempt",
    "close_abandoned",
    "end_here",
    "end_now",
    "erase_if_done",
    "has_shown_life",
    "next_attempt",
    "open_after",
]

_END_MOMENTS: dict[Outcome, Moment] = {
    Outcome.COMPLETED: Moment.ENDED,
    Outcome.CANCELLED: Moment.CANCELLED,
    Outcome.MISSED: Moment.MISSED,
    Outcome.OUT_OF_HOURS: Moment.OUT_OF_HOURS,
    Outcome.UNAVAILABLE: Moment.UNAVAILABLE,
    Outcome.FAILED: Moment.FAILED,
    Outcome.ALREADY_OPEN: Moment.ALREADY_WAITING,
}


def end_here(draft: Draft, reason: EndReason) -> None:
    """End from our side: close the vendor's side first if there may be one, then end.

    The vendor gets ``closing_timeout`` seconds; after that the bot takes over all the same.
    """
    handoff = draft.handoff
    attempt = handoff.attempt
    if attempt is not None and not attempt.opened:
        draft.emit(CancelActions(attempt=attempt.number))
    if attempt is None or attempt.closed or not attempt.candidate.capabilities.closes:
        end_now(draft, reason, last_state=handoff.state)
        return
    draft.set(ending=reason, ending_from=handoff.state)
    draft.cancel_timers()
    draft.enter(HandoffState.ENDING)
    draft.say(Moment.ENDING)
    draft.set_attempt(attempt.number, closing=True)
    draft.emit(CloseChat(attempt=attempt.number, reason=reason, alive=has_shown_life(handoff)))
    draft.set_timer("closing", handoff.policy.closing_timeout)


def has_shown_life(handoff: Handoff) -> bool:
    """Whether the vendor has spoken of a chat without having answered our request for it."""
    attempt = handoff.attempt
    if attempt is None or attempt.opened:
        return False
    return attempt.alive or attempt.accepted or attempt.joined or handoff.queue is not None


def end_now(
    draft: Draft,
    reason: EndReason,
    *,
    last_state: HandoffState,
    end: End | None = None,
) -> None:
    """Give the conversation back to the bot and record the one outcome.

    ``end`` replaces the record that the table gives (it carries the next opening, for example).
    """
    handoff = draft.handoff
    record = end or End(outcome=outcome_of(last_state, reason), reason=reason, at=draft.now)
    draft.cancel_timers()
    moment = _end_moment(record)
    if not (moment is Moment.UNAVAILABLE and handoff.vendor_spoke):  # the vendor has said so itself
        draft.say(moment, **_end_params(record))
    number = handoff.owner_number + 1
    draft.enter(HandoffState.ENDED)
    draft.set(end=record, owner_number=number, ending=None, ending_from=None)
    left = (*handoff.planned, *handoff.held)
    draft.set(planned=(), held=())
    if left:
        draft.emit(ReturnToBot(message_keys=left))
    draft.emit(ChangeOwner(owner="bot", number=number), DeliverEnded(owner_number=number))
    if record.outcome in handoff.policy.ticket_on:
        make_ticket(draft)
    finish_ticket(draft)
    erase_if_done(draft)


def erase_if_done(draft: Draft) -> None:
    """Erase the session credentials once nothing needs them: it has ended, and no chat is left to close."""
    handoff = draft.handoff
    left = (a for a in handoff.attempts if a.opened and not a.closed and a.candidate.capabilities.closes)
    if not handoff.is_live and not any(left):
        draft.emit(EraseSecrets())


def abandon_attempt(draft: Draft, *, failure: str, unavailable: bool) -> None:
    """Give up the current attempt: what it has not sent waits for the next one."""
    attempt = draft.handoff.attempt
    if attempt is None:
        return
    draft.set_attempt(attempt.number, abandoned=True, failure="refused" if unavailable else "error")
    draft.set(failures=(*draft.handoff.failures, f"{attempt.integration}: {failure}"[:1000]))
    draft.emit(CancelActions(attempt=attempt.number))
    handoff = draft.handoff
    for key in handoff.planned:
        draft.emit(SetFate(message_key=key, direction=Direction.TO_PROVIDER, fate=Fate.HELD))
    draft.set(held=(*handoff.planned, *handoff.held), planned=(), agent=None, last_agent=None)
    forget_queue(draft)


def close_abandoned(draft: Draft, number: int, vendor_ref: str | None = None) -> None:
    """Close the chat of an attempt that nobody wants any more and that has shown itself."""
    attempt = draft.handoff.attempts[number - 1]
    if attempt.closed or attempt.closing or not attempt.candidate.capabilities.closes:
        return
    draft.set_attempt(number, closing=True)
    reason = EndReason(by="bot", why="other", raw="abandoned attempt")
    draft.emit(CloseChat(attempt=number, reason=reason, vendor_ref=vendor_ref, alive=True))


def next_attempt(draft: Draft, *, opens_after: int | None = None) -> None:
    """Open a chat at the next provider of the chain, or end when there is none.

    ``opens_after``: not before the chat of that attempt is closed.
    """
    handoff = draft.handoff
    if not handoff.fallbacks:
        refused = bool(handoff.attempts) and all(attempt.failure == "refused" for attempt in handoff.attempts)
        why: Why = "refused" if refused else "error"
        raw = "; ".join(handoff.failures)[:1000] or None
        end_now(draft, EndReason(by="provider", why=why, raw=raw), last_state=handoff.state)
        return
    candidate, *rest = handoff.fallbacks
    attempt = draft.add_attempt(candidate)
    draft.set(fallbacks=tuple(rest), vendor_spoke=False)
    if not handoff.is_waiting:  # the clocks of the conversation stop, the end user waits anew
        draft.cancel_timers("user_remind", "user_close", "agent_remind", "agent_release")
        draft.set_timer("request_timeout", handoff.policy.request_timeout)
    draft.enter(HandoffState.STARTING)
    before = {one.integration for one in handoff.attempts}
    if len(before) == 1 and attempt.integration not in before:  # told once
        draft.say(Moment.FALLBACK)
    if opens_after is None:
        draft.emit(OpenChat(attempt=attempt.number))
    else:
        draft.set_attempt(attempt.number, opens_after=opens_after)


def open_after(draft: Draft, number: int) -> None:
    """Open the chat that waited for the end of attempt ``number``'s."""
    attempt = draft.handoff.attempt
    waiting = draft.handoff.state is HandoffState.STARTING
    if waiting and attempt is not None and attempt.opens_after == number:
        draft.set_attempt(attempt.number, opens_after=None)
        draft.emit(OpenChat(attempt=attempt.number))


def _end_moment(end: End) -> Moment:
    if end.reason.by == "clock" and end.reason.why == "inactivity":
        return Moment.IDLE_CLOSED
    return _END_MOMENTS[end.outcome]


def _end_params(end: End) -> dict[str, str]:
    return {"next_opening": end.next_opening.isoformat()} if end.next_opening else {}
