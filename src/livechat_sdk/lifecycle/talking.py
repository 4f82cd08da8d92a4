"""What both sides say to each other while a handoff lives."""

from __future__ import annotations

from livechat_sdk.domain.chats import (
    AgentLeft,
    ChatEnded,
    ChatTransferred,
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    TypingChanged,
)
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, Fate, Message
from livechat_sdk.domain.moments import Moment
from livechat_sdk.lifecycle.draft import Draft
from livechat_sdk.lifecycle.effects import (
    DeliverMessage,
    Enrich,
    RecordMessage,
    SendMessage,
    SetFate,
    ShowReceipt,
    ShowTyping,
    SignalReceipt,
    SignalTyping,
)
from livechat_sdk.lifecycle.ending import abandon_attempt, end_now, next_attempt
from livechat_sdk.lifecycle.inputs import ProviderReported, UserRead, UserSaid, UserTyped
from livechat_sdk.lifecycle.opening import note_join
from livechat_sdk.lifecycle.survey import answer_question, open_question

__all__ = [
    "agent_left",
    "agent_typing",
    "chat_ended",
    "message_failed",
    "message_received",
    "receipt_from_agent",
    "transferred",
    "user_read",
    "user_said",
    "user_said_while_ending",
    "user_typed",
]

_BROKEN = frozenset({"error", "transferred_away"})
_ENGAGED = frozenset({HandoffState.ACTIVE, HandoffState.TRANSFERRING})
_DIGITS = 3
"""Of the number of a choice, at most."""
_LATE = frozenset({HandoffState.ENDING, HandoffState.ENDED})


def user_said(draft: Draft, happening: UserSaid) -> None:
    """A message of the end user: an answer to the survey, held, or on its way to the agent."""
    message = happening.message
    question = open_question(draft.handoff)
    if question is not None:
        carried = answer_question(draft, question, message)
        fate = Fate.PLANNED if carried else Fate.HELD
        _record_from_user(draft, happening, fate, "answer to the survey" if carried else None)
        if carried:
            draft.plan(message.key)
        else:
            draft.hold(message.key)
            draft.release_held()
        return
    if happening.message.choices:
        draft.set(offered=happening.message.choices)
    attempt = draft.handoff.attempt
    ready = attempt is not None and attempt.takes_messages and not draft.handoff.held
    _record_from_user(draft, happening, Fate.PLANNED if ready else Fate.HELD)
    if attempt is not None and ready:
        draft.plan(message.key)
        draft.emit(SendMessage(attempt=attempt.number, message_key=message.key))
    else:
        draft.hold(message.key)
    _turn_to_agent(draft)


def user_said_while_ending(draft: Draft, happening: UserSaid) -> None:
    """Too late for the agent: it goes back to the bot with the end."""
    _record_from_user(draft, happening, Fate.HELD)
    draft.hold(happening.message.key)


def user_typed(draft: Draft, happening: UserTyped) -> None:
    """Show it to the agent, if the provider can."""
    attempt = draft.handoff.attempt
    if attempt is not None and attempt.opened and attempt.candidate.capabilities.typing_to_agent:
        draft.emit(SignalTyping(attempt=attempt.number, on=happening.on))


def user_read(draft: Draft, happening: UserRead) -> None:
    """Record it, and show it to the agent if the provider can."""
    receipt = happening.receipt
    fate = Fate.SEEN if receipt.status == "read" else Fate.ACKNOWLEDGED
    draft.emit(SetFate(message_key=receipt.message_key, direction=Direction.TO_USER, fate=fate))
    attempt = draft.handoff.attempt
    if draft.handoff.state in _LATE or attempt is None or not attempt.opened:
        return
    if attempt.candidate.capabilities.receipts_to_agent:
        draft.emit(SignalReceipt(attempt=attempt.number, receipt=receipt))


def message_received(draft: Draft, happening: ProviderReported) -> None:
    """The agent said something: record it, deliver it, and it is the end user's turn.

    Who speaks has joined: the event that says so may have been lost, and the request must not be missed.
    """
    event = happening.event
    if not isinstance(event, MessageReceived):
        raise AssertionError("not a message")
    if event.author == "agent" and draft.handoff.is_waiting:
        note_join(draft, happening.attempt, event.agent)
    handoff = draft.handoff
    if _is_greeting(handoff, event):
        if handoff.policy.welcome == "bot":
            _leave_out(draft, happening, event)
            return
        draft.set(vendor_spoke=True)
    agent = event.agent or (handoff.agent if event.author == "agent" else None)
    name = agent.name if agent else None
    message, detail = _chosen(draft, happening, event)
    draft.emit(
        RecordMessage(
            message=message,
            direction=Direction.TO_USER,
            author=event.author,
            fate=Fate.PLANNED,
            attempt=happening.attempt,
            vendor_id=event.id,
            detail=detail,
            agent_name=name,
        ),
    )
    able = handoff.attempts[happening.attempt - 1].candidate.capabilities
    if event.message.attachments and able.attachment_links == "fetch":
        draft.emit(Enrich(message_key=event.message.key, attempt=happening.attempt))
    draft.emit(
        DeliverMessage(
            message_key=event.message.key,
            owner_number=handoff.owner_number,
            agent_name=name,
            said_at=event.message.sent_at if able.tells_order else None,
        ),
    )
    if event.author == "agent":
        if handoff.first_agent_message_at is None:
            draft.set(first_agent_message_at=draft.now)
        _turn_to_user(draft)


def _is_greeting(handoff: Handoff, event: MessageReceived) -> bool:
    """Whether this is a text of the vendor's own for somebody who waits: a welcome, or that nobody is there.

    What offers choices or brings a file wants more of the end user than to wait.
    """
    message = event.message
    wants_more = message.choices or message.attachments
    return event.author == "system" and handoff.is_waiting and not wants_more


def _leave_out(draft: Draft, happening: ProviderReported, event: MessageReceived) -> None:
    draft.emit(
        RecordMessage(
            message=event.message,
            direction=Direction.TO_USER,
            author=event.author,
            fate=Fate.DROPPED,
            attempt=happening.attempt,
            vendor_id=event.id,
            detail="a text of the vendor's own: the bot says itself what there is to say while one waits",
        ),
    )


def _chosen(draft: Draft, happening: ProviderReported, event: MessageReceived) -> tuple[Message, str | None]:
    """What an agent says. The number of an offered choice, where choices are numbered lines, is that choice.

    The label is shown then, and ``metadata["choice"]`` has the value.
    """
    offered = draft.handoff.offered
    if event.author != "agent" or not offered:
        return event.message, None
    draft.set(offered=())
    typed = event.message.body.strip().removesuffix(".")
    shown_as_buttons = draft.handoff.attempts[happening.attempt - 1].candidate.capabilities.choices
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= _DIGITS
    if shown_as_buttons or not is_number or not 1 <= int(typed) <= len(offered):
        return event.message, None
    choice = offered[int(typed) - 1]
    metadata = {**event.message.metadata, "choice": choice.value}
    chosen = event.message.model_copy(update={"body": choice.label, "metadata": metadata})
    return chosen, f"the agent typed {typed}, the number of a choice"


def agent_typing(draft: Draft, happening: ProviderReported) -> None:
    """Show it to the end user; never stored."""
    event = happening.event
    if not isinstance(event, TypingChanged):
        raise AssertionError("not typing")
    draft.emit(ShowTyping(on=event.on))


def receipt_from_agent(draft: Draft, happening: ProviderReported) -> None:
    """The agent's side has, or the agent has read, a message of the end user."""
    event = happening.event
    if not isinstance(event, MessageDelivered | MessageRead):
        raise AssertionError("not a receipt")
    read = isinstance(event, MessageRead)
    fate = Fate.SEEN if read else Fate.ACKNOWLEDGED
    draft.settle(event.message_key)
    draft.emit(SetFate(message_key=event.message_key, direction=Direction.TO_PROVIDER, fate=fate))
    if draft.handoff.state is not HandoffState.ENDED:
        draft.emit(ShowReceipt(message_key=event.message_key, status="read" if read else "delivered"))


def message_failed(draft: Draft, happening: ProviderReported) -> None:
    """The vendor took a message and could not deliver it."""
    event = happening.event
    if not isinstance(event, MessageFailed):
        raise AssertionError("not a failure")
    earlier = draft.handoff.earlier.get(event.message_key)
    draft.settle(event.message_key)
    # An attempt before this one may have brought it to an agent: that stays on record.
    arrived = earlier is not None and earlier.arrived
    reason = event.reason or "the vendor could not deliver it"
    failed = SetFate(
        message_key=event.message_key,
        direction=Direction.TO_PROVIDER,
        fate=earlier if earlier is not None and arrived else Fate.REFUSED,
        detail=reason,
    )
    draft.emit(failed)
    if earlier is Fate.DOUBTFUL:
        draft.emit(failed.model_copy(update={"fate": earlier, "doubts": True}))
    draft.remember_refusal(event.message_key, len(draft.handoff.attempts))
    if not arrived and draft.handoff.state is not HandoffState.ENDED:
        draft.say(Moment.UNSUPPORTED)


def agent_left(draft: Draft, happening: ProviderReported) -> None:
    """The agent left; the chat goes on until the vendor or we end it."""
    event = happening.event
    if not isinstance(event, AgentLeft):
        raise AssertionError("not a leave")
    if draft.handoff.agent is not None and draft.handoff.agent.id == event.agent.id:
        draft.set(agent=None)
        draft.say(Moment.LEFT, agent=event.agent.name or "")


def transferred(draft: Draft, happening: ProviderReported) -> None:
    """The chat moves to another agent or team; messages go on as the provider allows.

    A request that moves while it is queued is still queued: no agent has had it. It may move before our
    request for it was answered.
    """
    event = happening.event
    if not isinstance(event, ChatTransferred):
        raise AssertionError("not a transfer")
    if draft.handoff.state is HandoffState.TRANSFERRING:
        return
    if draft.handoff.state is HandoffState.ACTIVE:
        draft.enter(HandoffState.TRANSFERRING)
        _turn_to_agent(draft)
    draft.say(Moment.TRANSFERRED, to=(event.agent.name if event.agent else None) or event.to or "")


def chat_ended(draft: Draft, happening: ProviderReported) -> None:
    """The chat is over at the vendor. A vendor that broke is replaced by the next one, if there is one.

    So is a vendor that refuses while the end user waits: a refusal, whichever event brings it.
    """
    event = happening.event
    if not isinstance(event, ChatEnded):
        raise AssertionError("not an end")
    handoff = draft.handoff
    draft.set_attempt(happening.attempt, closed=True)
    refused = event.why == "refused" and handoff.is_waiting
    if event.by == "provider" and (event.why in _BROKEN or refused) and handoff.fallbacks:
        abandon_attempt(draft, failure=event.raw_reason or event.why, unavailable=event.why != "error")
        next_attempt(draft)
        return
    end_now(draft, EndReason(by=event.by, why=event.why, raw=event.raw_reason), last_state=handoff.state)


def _record_from_user(draft: Draft, happening: UserSaid, fate: Fate, detail: str | None = None) -> None:
    attempt = draft.handoff.attempt
    draft.emit(
        RecordMessage(
            message=happening.message,
            direction=Direction.TO_PROVIDER,
            author="user",
            fate=fate,
            attempt=attempt.number if attempt else None,
            detail=detail,
        ),
    )


def _turn_to_agent(draft: Draft) -> None:
    """The end user spoke: their clock stops, the agent's starts unless it runs already."""
    if draft.handoff.state not in _ENGAGED:
        return
    policy = draft.handoff.policy
    draft.cancel_timers("user_remind", "user_close")
    if not {"agent_remind", "agent_release"} & draft.handoff.timers.keys():
        draft.set_timer("agent_remind", policy.agent_remind_after)
        draft.set_timer("agent_release", policy.agent_release_after)


def _turn_to_user(draft: Draft) -> None:
    """The agent spoke: their clock stops, the end user's starts anew."""
    policy = draft.handoff.policy
    draft.cancel_timers("agent_remind", "agent_release")
    if draft.handoff.state in _ENGAGED:
        draft.set_timer("user_remind", policy.user_remind_after)
        draft.set_timer("user_close", policy.user_close_after)
