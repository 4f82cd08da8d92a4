"""From the request to an agent who has joined."""

from __future__ import annotations

from livechat_sdk.domain.chats import (
    AgentJoined,
    ChatRejected,
)
from livechat_sdk.domain.ends import End, EndReason, Outcome, Why
from livechat_sdk.domain.handoff import Attempt, HandoffState
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.people import Agent
from livechat_sdk.lifecycle.draft import Draft
from livechat_sdk.lifecycle.effects import (
    ChangeOwner,
    Decide,
    DeliverEnded,
    FindContact,
    OpenChat,
    SaveChat,
    UpdateDetails,
)
from livechat_sdk.lifecycle.ending import (
    abandon_attempt,
    close_abandoned,
    end_now,
    erase_if_done,
    has_shown_life,
    next_attempt,
)
from livechat_sdk.lifecycle.inputs import (
    AlreadyOpen,
    ContactFound,
    Decided,
    EffectDoubtful,
    EffectFailed,
    EffectSucceeded,
    ProviderReported,
    Requested,
    TimerFired,
)
from livechat_sdk.lifecycle.queueing import forget_queue
from livechat_sdk.lifecycle.survey import ask_next_question, open_question
from livechat_sdk.lifecycle.ticketing import make_ticket

__all__ = [
    "already_open",
    "chat_accepted",
    "chat_opened",
    "chat_rejected",
    "contact_found",
    "contact_took_too_long",
    "decide_gave_up",
    "decided",
    "joined",
    "late_chat_opened",
    "no_contact_found",
    "note_join",
    "open_doubtful",
    "open_failed",
    "requested",
]


def requested(draft: Draft, _: Requested) -> None:
    """The human side takes the conversation, before anybody outside is asked."""
    handoff = draft.handoff
    draft.set(survey=handoff.request.survey)
    draft.emit(ChangeOwner(owner="human", number=handoff.owner_number), Decide(), FindContact())
    draft.say(Moment.REQUESTED)
    draft.set_timer("request_timeout", handoff.policy.request_timeout)
    draft.set_timer("max_duration", handoff.policy.max_duration)


def already_open(draft: Draft, happening: AlreadyOpen) -> None:
    """A second request while one is live ends at once and changes no owner."""
    reason = EndReason(by="bot", why="other", raw="already_open")
    draft.set(
        end=End(
            outcome=Outcome.ALREADY_OPEN,
            reason=reason,
            at=draft.now,
            existing=happening.existing,
            existing_state=happening.existing_state,
        ),
    )
    engaged = happening.existing_state in {
        HandoffState.ACTIVE,
        HandoffState.TRANSFERRING,
        HandoffState.ENDING,
    }
    draft.say(Moment.ALREADY_ACTIVE if engaged else Moment.ALREADY_WAITING)
    draft.enter(HandoffState.ENDED)
    draft.emit(DeliverEnded(owner_number=draft.handoff.owner_number))


def decided(draft: Draft, happening: Decided) -> None:
    """Open a chat at the first candidate, or end with the reason why there is none."""
    state = draft.handoff.state
    if happening.refusal == "out_of_hours":
        reason = EndReason(by="clock", why="refused", raw=happening.detail)
        opening = happening.hours.next_opening if happening.hours else None
        end = End(outcome=Outcome.OUT_OF_HOURS, reason=reason, at=draft.now, next_opening=opening)
        end_now(draft, reason, last_state=state, end=end)
        return
    if happening.refusal is not None or not happening.candidates:
        why: Why = "error" if happening.refusal == "error" else "refused"
        end_now(draft, EndReason(by="provider", why=why, raw=happening.detail), last_state=state)
        return
    first, *rest = happening.candidates
    draft.set(fallbacks=tuple(rest))
    attempt = draft.add_attempt(first)
    draft.enter(HandoffState.STARTING)
    draft.say(Moment.STARTING)
    wait = draft.handoff.policy.wait_for_contact
    if wait is None or draft.handoff.contact_known:
        draft.emit(OpenChat(attempt=attempt.number))
    else:
        draft.set_attempt(attempt.number, waits_for_contact=True)
        draft.set_timer("contact", wait)


def decide_gave_up(draft: Draft, happening: EffectFailed | EffectDoubtful) -> None:
    """Nothing could be decided: the user must not be left without an answer."""
    reason = EndReason(by="provider", why="error", raw=happening.error)
    end_now(draft, reason, last_state=draft.handoff.state)


def chat_opened(draft: Draft, happening: EffectSucceeded) -> None:
    """The vendor confirmed the chat. It may have been accepted or joined already."""
    chat = happening.chat
    if chat is None:
        raise AssertionError("an opened chat comes with its chat")
    handoff = draft.handoff
    current = handoff.attempt
    draft.emit(SaveChat(chat=chat))
    draft.set_attempt(chat.attempt, opened=True)
    if current is None or chat.attempt != current.number:  # an abandoned attempt came alive
        close_abandoned(draft, chat.attempt, chat.vendor_ref)
        return
    if handoff.state is HandoffState.STARTING:
        draft.enter(HandoffState.QUEUED)
        if handoff.policy.welcome == "bot":
            draft.say(Moment.WAITING)
        if open_question(draft.handoff) is None:
            ask_next_question(draft)
    draft.release_held()


def late_chat_opened(draft: Draft, happening: EffectSucceeded) -> None:
    """The vendor confirmed a chat after our side had ended: store it, close it."""
    if happening.chat is None:
        raise AssertionError("an opened chat comes with its chat")
    draft.emit(SaveChat(chat=happening.chat))
    draft.set_attempt(happening.chat.attempt, opened=True)
    close_abandoned(draft, happening.chat.attempt, happening.chat.vendor_ref)
    erase_if_done(draft)


def open_failed(draft: Draft, happening: EffectFailed) -> None:
    """The vendor refused or broke: take the next provider."""
    attempt = draft.handoff.attempt
    if attempt is None or getattr(happening.action, "attempt", None) != attempt.number:
        return
    _give_up_opening(draft, attempt, failure=happening.error, unavailable=happening.unavailable)


def open_doubtful(draft: Draft, happening: EffectDoubtful) -> None:
    """The vendor may have opened a chat. It is closed at its first sign of life; we go on elsewhere."""
    attempt = draft.handoff.attempt
    if attempt is None or getattr(happening.action, "attempt", None) != attempt.number:
        return
    _give_up_opening(draft, attempt, failure=happening.error, unavailable=False)


def chat_accepted(draft: Draft, happening: ProviderReported) -> None:
    """Somebody took the request; they have not joined yet."""
    draft.set_attempt(happening.attempt, accepted=True)
    draft.release_held()


def chat_rejected(draft: Draft, happening: ProviderReported) -> None:
    """The vendor has nobody for this chat: take the next provider."""
    event = happening.event
    if not isinstance(event, ChatRejected):
        raise AssertionError("not a rejection")
    draft.set_attempt(happening.attempt, closed=True)
    abandon_attempt(draft, failure=event.reason or "rejected", unavailable=True)
    next_attempt(draft)


def joined(draft: Draft, happening: ProviderReported) -> None:
    """An agent is in the chat."""
    event = happening.event
    if not isinstance(event, AgentJoined):
        raise AssertionError("not a join")
    note_join(draft, happening.attempt, event.agent)


def note_join(draft: Draft, number: int, agent: Agent | None) -> None:
    """An agent is in the chat: the clocks of the conversation start, the survey stops."""
    handoff = draft.handoff
    draft.set_attempt(number, accepted=True, joined=True)
    draft.set(agent=agent, last_agent=agent or handoff.last_agent, asking=None)
    forget_queue(draft)
    if handoff.state is not HandoffState.ACTIVE:
        draft.cancel_timers("request_timeout")
        draft.enter(HandoffState.ACTIVE)
        draft.say(Moment.JOINED, agent=(agent.name if agent else None) or "")
        policy = handoff.policy
        draft.set_timer("user_remind", policy.user_remind_after)
        draft.set_timer("user_close", policy.user_close_after)
        draft.set_timer("agent_remind", policy.agent_remind_after)
        draft.set_timer("agent_release", policy.agent_release_after)
        if policy.ticket_during:
            make_ticket(draft)
    draft.release_held()


def contact_found(draft: Draft, happening: ContactFound) -> None:
    """Keep what the CRMs know: it travels with the opening, or after it if the provider can take it."""
    if happening.contacts:
        draft.set(contacts=happening.contacts)
    if _open_with_contact(draft) or not happening.contacts:
        return
    attempt = draft.handoff.attempt
    if attempt is None:
        return
    if attempt.candidate.capabilities.update:
        draft.emit(UpdateDetails(attempt=attempt.number))
    elif attempt.opened:
        told = f"{attempt.integration}: the contact, which came after the chat was opened"
        draft.set(not_carried=(*draft.handoff.not_carried, told))


def no_contact_found(draft: Draft, _: EffectFailed | EffectDoubtful) -> None:
    """The CRMs could not be asked: nobody waits for them any longer."""
    _open_with_contact(draft)


def contact_took_too_long(draft: Draft, _: TimerFired) -> None:
    """The CRMs have had their time: what they find later travels behind."""
    _open_chat(draft)


def _open_with_contact(draft: Draft) -> bool:
    """Note that the CRMs have answered; true if the chat waited for that and is opened now."""
    if draft.handoff.policy.wait_for_contact is None:
        return False
    draft.set(contact_known=True)
    return _open_chat(draft)


def _open_chat(draft: Draft) -> bool:
    attempt = draft.handoff.attempt
    if attempt is None or not attempt.waits_for_contact:
        return False
    draft.set_attempt(attempt.number, waits_for_contact=False)
    draft.cancel_timers("contact")
    draft.emit(OpenChat(attempt=attempt.number))
    return True


def _give_up_opening(draft: Draft, attempt: Attempt, *, failure: str, unavailable: bool) -> None:
    alive = has_shown_life(draft.handoff)
    abandon_attempt(draft, failure=failure, unavailable=unavailable)
    if alive:
        close_abandoned(draft, attempt.number)
    next_attempt(draft)
