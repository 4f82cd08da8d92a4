"""From the request to an agent in the chat: decision, chain of providers, what comes early or late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    ChatAccepted,
    ChatEnded,
    ChatRejected,
    ChatTransferred,
    MessageReceived,
    QueueUpdated,
    TypingChanged,
)
from livechat_sdk.domain.handoff import HandoffState, QueueStatus, SurveyAnswer
from livechat_sdk.domain.messages import Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.people import Contact
from livechat_sdk.lifecycle.effects import (
    CancelActions,
    ChangeOwner,
    CloseChat,
    Decide,
    EraseSecrets,
    FindContact,
    OpenChat,
    RecordMessage,
    SaveChat,
    Say,
    SendMessage,
    SetFate,
    SetTimer,
    UpdateDetails,
)
from livechat_sdk.lifecycle.inputs import (
    ContactFound,
    Decided,
    EffectFailed,
    EffectSucceeded,
    Requested,
    TimerFired,
)
from livechat_sdk_testing.builders import NOON, a_candidate, a_chat, an_agent
from tests.lifecycle.life import Life

S = HandoffState


# ------------------------------------------------------------------------------------ the request
def test_request_takes_the_conversation_before_anybody_outside_is_asked() -> None:
    life = Life(max_duration=600)
    step = life.feed(Requested())
    assert step.effects == (
        ChangeOwner(owner="human", number=1),
        Decide(),
        FindContact(),
        Say(key=f"{life.handoff.id}.1.requested.0", moment=Moment.REQUESTED, owner_number=1),
        SetTimer(name="request_timeout", due_at=NOON + timedelta(seconds=120)),
        SetTimer(name="max_duration", due_at=NOON + timedelta(seconds=600)),
    )
    assert life.state == S.REQUESTED
    assert life.said == [Moment.REQUESTED]


def test_request_keeps_the_answers_that_the_bot_has_collected() -> None:
    answer = SurveyAnswer(id="topic", question="What about?", answer="billing")
    life = Life(request={"survey": (answer,)})
    life.feed(Requested())
    assert life.handoff.survey == (answer,)


def test_clock_that_is_off_is_not_started() -> None:
    life = Life(request_timeout=None)
    life.feed(Requested())
    assert life.handoff.timers == {}


def test_first_candidate_is_asked_and_the_others_are_kept_in_order() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two"), a_candidate("three"))
    assert life.state == S.STARTING
    assert life.handoff.integration == "one"
    assert [candidate.route.integration for candidate in life.handoff.fallbacks] == ["two", "three"]
    assert life.shadow.waiting(OpenChat) == [OpenChat(attempt=1)]
    assert life.said == [Moment.REQUESTED, Moment.STARTING]


def test_reference_for_the_vendor_is_ours_and_one_of_a_kind() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).not_opened()
    assert [attempt.ref for attempt in life.handoff.attempts] == ["h-1.1", "h-1.2"]


def test_asked_is_not_yet_accepted() -> None:
    life = Life().requested()
    assert life.state == S.STARTING
    life.opened()
    assert life.state == S.QUEUED
    assert life.said == [Moment.REQUESTED, Moment.STARTING, Moment.WAITING]


# ---------------------------------------------------------------------------- accepted and joined
def test_accepted_is_not_joined() -> None:
    life = Life().requested().opened().accepted()
    assert life.state == S.QUEUED
    assert life.handoff.agent is None
    assert Moment.JOINED not in life.said


def test_join_starts_the_conversation() -> None:
    life = Life().requested().opened().joined("Maria")
    assert life.state == S.ACTIVE
    assert life.handoff.agent == an_agent("Maria")
    assert life.handoff.timers == {}
    assert [one.params for one in life.last if isinstance(one, Say)] == [{"agent": "Maria"}]


def test_agent_without_a_name_is_announced_without_one() -> None:
    life = Life().requested().opened()
    life.event(AgentJoined, agent=an_agent(None))
    assert [one.params for one in life.last if isinstance(one, Say)] == [{"agent": ""}]


def test_acceptance_that_comes_before_open_returned_is_kept() -> None:
    life = Life().requested().accepted()
    assert life.state == S.STARTING
    life.user_says("m-1")
    assert life.fate("m-1") is Fate.HELD
    life.opened()
    assert life.state == S.QUEUED
    assert life.sent_to() == ["m-1"]


def test_agent_who_joins_before_open_returned_is_in_the_chat() -> None:
    life = Life().requested().joined()
    assert life.state == S.ACTIVE
    life.user_says("m-1")
    assert life.sent_to() == ["m-1"], "it waits in the lane behind the open call"
    life.opened()
    assert life.state == S.ACTIVE
    assert life.said == [Moment.REQUESTED, Moment.STARTING, Moment.JOINED]
    assert life.handoff.attempts[0].opened


def test_messages_wait_for_somebody_to_take_them() -> None:
    life = Life()
    life.feed(Requested())
    life.user_says("m-1")
    assert life.fate("m-1") is Fate.HELD
    assert life.handoff.held == ("m-1",)


def test_held_messages_go_out_in_order_when_an_agent_joins() -> None:
    life = Life().requested()
    life.user_says("m-1")
    life.opened()
    life.user_says("m-2")
    assert life.sent_to() == []
    life.joined()
    assert life.sent_to() == ["m-1", "m-2"]
    assert (life.fate("m-1"), life.fate("m-2")) == (Fate.PLANNED, Fate.PLANNED)


def test_vendor_that_keeps_early_messages_gets_them_as_soon_as_it_is_open() -> None:
    life = Life().requested(a_candidate(send_before_join=True))
    life.user_says("m-1")
    assert life.fate("m-1") is Fate.HELD
    life.opened()
    assert life.sent_to() == ["m-1"]
    life.user_says("m-2")
    assert life.sent_to() == ["m-1", "m-2"]


# -------------------------------------------------------------------------------------- the queue
def test_position_in_the_queue_is_told_when_it_changes() -> None:
    life = Life().requested().opened()
    for position in (3, 3, None, 2):
        life.event(QueueUpdated, queue=QueueStatus(position=position))
        life.wait(30)
    told = [one.params["position"] for one in life.shadow.decided if isinstance(one, Say) and one.params]
    assert told == [3, 2]
    assert life.handoff.queue is not None
    assert life.handoff.queue.at == NOON, "the time of the event, where the vendor gave none"


def test_vendors_own_time_of_a_queue_status_is_kept() -> None:
    at = NOON - timedelta(seconds=30)
    life = Life().requested().opened()
    life.event(QueueUpdated, queue=QueueStatus(waiting=4, at=at))
    assert life.handoff.queue == QueueStatus(waiting=4, at=at)
    assert Moment.QUEUE_UPDATE not in life.said


def test_position_is_told_anew_at_the_next_provider() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened()
    life.event(QueueUpdated, queue=QueueStatus(position=3))
    life.rejected().opened()
    assert life.handoff.queue is None
    life.event(QueueUpdated, queue=QueueStatus(position=3))
    assert life.said.count(Moment.QUEUE_UPDATE) == 2


def test_queue_does_not_matter_once_an_agent_is_there() -> None:
    life = Life().requested().opened().joined()
    step = life.event(QueueUpdated, queue=QueueStatus(position=3))
    assert step.refused is None
    assert step.effects == ()
    assert life.handoff.queue is None


# ----------------------------------------------------------------------------- the fallback chain
def test_rejected_chat_goes_to_the_next_provider_and_the_user_is_told_once() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two"), a_candidate("three"))
    life.opened().rejected("no agent online")
    assert life.state == S.STARTING
    assert life.handoff.integration == "two"
    life.not_opened()
    assert life.handoff.integration == "three"
    life.opened().joined()
    assert life.said == [
        Moment.REQUESTED,
        Moment.STARTING,
        Moment.WAITING,
        Moment.FALLBACK,
        Moment.WAITING,
        Moment.JOINED,
    ]
    assert life.handoff.failures == ("one: no agent online", "two: it is on fire")


def test_all_refuse_means_unavailable() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two"), a_candidate("three"))
    life.opened().rejected().not_opened("closed", unavailable=True).opened().rejected("queue is full")
    assert life.ended == ("unavailable", "provider", "refused")
    assert life.handoff.end is not None
    assert life.handoff.end.reason.raw == "one: nobody there; two: closed; three: queue is full"
    life.drained()


@pytest.mark.parametrize("broken", [1, 2])
def test_one_that_breaks_means_failed(broken: int) -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two"))
    for number in (1, 2):
        life.not_opened(unavailable=number != broken)
    assert life.ended == ("failed", "provider", "error")


def test_rejection_without_a_reason_has_a_word_for_it() -> None:
    life = Life().requested().opened().rejected("")
    assert life.handoff.failures == ("desk: rejected",)


def test_refusal_that_comes_as_an_end_is_a_refusal_too() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened()
    life.vendor_ends("provider", "refused", raw_reason="queue_full")
    assert life.handoff.integration == "two"
    assert life.handoff.failures == ("one: queue_full",)


def test_agent_who_refuses_ends_it_without_a_fallback() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened()
    life.vendor_ends("agent", "refused")
    assert life.ended == ("unavailable", "agent", "refused")


def test_held_messages_wait_for_the_next_provider() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two"))
    life.user_says("m-1")
    life.opened()
    life.user_says("m-2")
    life.rejected()
    life.user_says("m-3")
    assert life.sent_to(1) == []
    life.opened().joined()
    assert life.sent_to(2) == ["m-1", "m-2", "m-3"]


def test_request_timeout_covers_the_whole_wait() -> None:
    life = Life(request_timeout=120).requested(a_candidate("one"), a_candidate("two")).opened()
    life.wait(100)
    life.rejected().opened()
    life.wait(19)
    assert life.state == S.QUEUED
    life.wait(1)
    life.succeeds(CloseChat)
    assert life.ended == ("missed", "clock", "timeout")


def test_provider_that_breaks_in_mid_conversation_is_replaced() -> None:
    life = Life(request_timeout=120, user_close_after=300, agent_release_after=200)
    life.requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    life.wait(60)
    life.vendor_ends("provider", "error", raw_reason="engine_down")
    assert life.state == S.STARTING
    assert life.handoff.agent is None
    assert life.handoff.timers == {"request_timeout": NOON + timedelta(seconds=180)}, "the user waits anew"
    life.opened().joined("Nikos")
    assert life.sent_to(2) == ["m-1"]
    assert set(life.handoff.timers) == {"user_close", "agent_release"}


def test_second_wait_has_its_own_limit() -> None:
    life = Life(request_timeout=120).requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.wait(3600)
    life.vendor_ends("provider", "transferred_away")
    life.opened()
    life.wait(119)
    assert life.state == S.QUEUED
    life.wait(1)
    life.succeeds(CloseChat)
    assert life.ended == ("missed", "clock", "timeout")


def test_provider_that_breaks_without_a_fallback_ends_it() -> None:
    life = Life().requested().opened().joined()
    life.vendor_ends("provider", "error")
    assert life.ended == ("failed", "provider", "error")


# ---------------------------------------------------------------- doubt, and attempts left behind
def test_doubtful_open_goes_on_elsewhere() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).perhaps_opened()
    assert life.handoff.integration == "two"
    assert life.handoff.attempts[0].abandoned
    assert not life.shadow.waiting(CloseChat), "nothing is known that could be closed"


@pytest.mark.parametrize("sign", [ChatAccepted, QueueUpdated, ChatTransferred, TypingChanged, AgentLeft])
def test_doubtful_open_that_has_shown_life_before_is_closed(sign: type) -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two"))
    life.event(sign)
    life.perhaps_opened()
    assert life.handoff.integration == "two"
    assert [one.attempt for one in life.shadow.waiting(CloseChat)] == [1]


@pytest.mark.parametrize("sign", [ChatAccepted, QueueUpdated, AgentJoined, ChatTransferred, TypingChanged])
def test_end_before_the_vendor_has_answered_closes_a_chat_that_has_shown_life(sign: type) -> None:
    life = Life().requested()
    life.event(sign)
    life.ends("user")
    (closing,) = life.shadow.waiting(CloseChat)
    assert closing.alive


def test_end_before_the_vendor_has_answered_knows_of_no_chat() -> None:
    life = Life().requested().ends("user")
    (closing,) = life.shadow.waiting(CloseChat)
    assert not closing.alive


_SIGNS = [ChatAccepted, QueueUpdated, AgentJoined, ChatTransferred, TypingChanged, AgentLeft]


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("sign", _SIGNS)
def test_chat_that_shows_life_while_it_is_closed_unknown_is_closed_again(sign: type, over: bool) -> None:
    life = Life().requested().ends("user")
    if over:
        life.wait(life.handoff.policy.closing_timeout)
        assert life.state == S.ENDED
    assert life.event(sign).refused is None
    life.succeeds(CloseChat)  # the vendor knew of no chat yet, or of none under our reference
    (again,) = life.shadow.waiting(CloseChat)
    assert again.alive
    assert life.state == S.ENDED
    life.succeeds(CloseChat)
    assert life.handoff.attempts[0].closed
    assert life.shadow.waiting(CloseChat) == []


@pytest.mark.parametrize("sign", _SIGNS)
def test_chat_that_shows_life_after_its_end_was_given_up_is_closed(sign: type) -> None:
    life = Life().requested().ends("user")
    life.fails(CloseChat)
    assert life.state == S.ENDED
    life.event(sign)
    (again,) = life.shadow.waiting(CloseChat)
    assert again.alive
    life.event(sign)
    assert life.shadow.waiting(CloseChat) == [again], "once is enough"


def test_doubtful_open_without_a_fallback_fails() -> None:
    life = Life().requested().perhaps_opened()
    assert life.ended == ("failed", "provider", "error")


@pytest.mark.parametrize("sign", [ChatAccepted, AgentJoined, QueueUpdated, TypingChanged])
def test_abandoned_attempt_that_comes_alive_is_closed_and_not_shown(sign: type) -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).perhaps_opened().opened()
    told = len(life.said)
    life.event(sign, attempt=1)
    closing = life.shadow.waiting(CloseChat)
    assert [(one.attempt, one.vendor_ref) for one in closing] == [(1, "vendor-1")]
    assert life.state == S.QUEUED
    assert life.handoff.agent is None
    assert len(life.said) == told
    life.event(sign, attempt=1)
    assert len(life.shadow.waiting(CloseChat)) == 1, "once is enough"
    life.succeeds(CloseChat)
    assert life.handoff.attempts[0].closed
    assert life.state == S.QUEUED


def test_abandoned_attempt_is_closed_again_if_closing_was_given_up() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).perhaps_opened().opened()
    life.event(ChatAccepted, attempt=1)
    life.fails(CloseChat)
    assert not life.shadow.waiting(CloseChat)
    life.event(AgentJoined, attempt=1)
    assert len(life.shadow.waiting(CloseChat)) == 1


@pytest.mark.parametrize("brought_by", [1, 2])
def test_what_one_attempt_brought_stays_when_the_other_is_found_to_have_failed_with_it_after_the_end(
    brought_by: int,
) -> None:
    life = Life(agent_release_after=60).requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    life.starts(SendMessage)
    life.wait(60)
    life.succeeds(CloseChat)
    life.opened().joined()
    sends = life.shadow.waiting(SendMessage)
    assert [one.attempt for one in sends] == [1, 2]
    life.shadow.start(sends[1])
    life.ends("user")
    life.succeeds(CloseChat)
    assert life.state == S.ENDED
    life.late(EffectSucceeded(action=sends.pop(brought_by - 1)))
    life.late(EffectFailed(action=sends.pop(), error="the chat is over"))
    assert life.fate("m-1") is Fate.SENT


def test_chat_that_cannot_be_closed_from_here_is_left_alone() -> None:
    life = Life().requested(a_candidate("one", closes=False), a_candidate("two")).perhaps_opened()
    step = life.event(AgentJoined, attempt=1)
    assert step.effects == ()
    assert step.refused is None


@pytest.mark.parametrize("over", [ChatEnded, ChatRejected])
def test_abandoned_attempt_that_is_over_needs_no_closing(over: type) -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).perhaps_opened().opened()
    life.event(over, attempt=1)
    assert life.handoff.attempts[0].closed
    life.event(AgentJoined, attempt=1)
    assert not life.shadow.waiting(CloseChat)
    assert life.state == S.QUEUED


def test_message_from_an_abandoned_attempt_is_kept_and_never_shown() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).perhaps_opened().opened()
    step = life.event(MessageReceived, attempt=1)
    (record,) = (one for one in step.effects if isinstance(one, RecordMessage))
    assert record.fate is Fate.DROPPED
    assert record.attempt == 1
    assert [one.attempt for one in life.shadow.waiting(CloseChat)] == [1]


def test_open_that_succeeds_after_the_attempt_was_abandoned_is_closed() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two"))
    opening = life.starts(OpenChat)
    life.rejected()  # the vendor's webhook was faster than its answer
    life.late(EffectSucceeded(action=opening, chat=a_chat(vendor_ref="v-1")))
    assert any(isinstance(one, SaveChat) for one in life.last)
    assert life.handoff.attempts[0].opened
    assert life.state == S.STARTING
    assert not life.shadow.waiting(CloseChat), "a rejected chat is closed already"


def test_late_open_of_an_abandoned_attempt_that_was_not_over_is_closed() -> None:
    life = Life(agent_release_after=60).requested(a_candidate("one"), a_candidate("two")).joined()
    opening = life.starts(OpenChat)
    life.wait(60)
    assert life.handoff.integration == "two"
    (closing,) = life.shadow.waiting(CloseChat)
    assert closing.attempt == 1
    life.late(EffectSucceeded(action=opening, chat=a_chat()))
    assert life.shadow.waiting(CloseChat) == [closing], "it is on its way, behind the open call"


def test_doubtful_open_of_a_chat_that_has_shown_life_is_closed_at_once() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).joined()
    life.perhaps_opened()
    assert life.state == S.STARTING
    assert life.handoff.integration == "two"
    assert [one.attempt for one in life.shadow.waiting(CloseChat)] == [1]


def test_result_of_an_old_open_does_not_touch_the_current_attempt() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two"))
    opening = life.starts(OpenChat)
    life.rejected().opened()
    life.late(EffectFailed(action=opening, error="too late"))
    assert life.state == S.QUEUED
    assert life.handoff.integration == "two"
    assert life.handoff.failures == ("one: nobody there",)


def test_what_was_decided_for_an_abandoned_attempt_is_withdrawn() -> None:
    life = Life().requested(a_candidate("one", send_before_join=True), a_candidate("two")).opened()
    life.user_says("m-1")
    life.rejected()
    assert CancelActions(attempt=1) in life.last
    held = [one for one in life.last if isinstance(one, SetFate)]
    assert [(one.message_key, one.fate) for one in held] == [("m-1", Fate.HELD)]
    assert life.handoff.held == ("m-1",)


# --------------------------------------------------------------------------------------- contacts
def contact() -> ContactFound:
    return ContactFound(contacts=(Contact(source="crm", id="7", name="Ada"),))


def test_contact_that_is_known_in_time_travels_with_the_opening() -> None:
    life = Life()
    life.feed(Requested())
    life.feed(contact())
    assert life.handoff.contacts[0].name == "Ada"
    assert life.last == []


@pytest.mark.parametrize("update", [True, False])
def test_late_contact_is_passed_on_if_the_provider_can_take_it(update: bool) -> None:
    life = Life().requested(a_candidate(update=update)).opened()
    life.feed(contact())
    assert life.last == ([UpdateDetails(attempt=1)] if update else [])
    assert life.handoff.contacts[0].name == "Ada"


def test_unknown_contact_changes_nothing() -> None:
    life = Life().requested(a_candidate(update=True)).opened()
    version = life.handoff.version
    life.feed(ContactFound())
    assert life.handoff.version == version
    assert life.last == []


def test_contact_that_comes_after_the_end_is_not_applied() -> None:
    life = Life().requested(a_candidate(update=True)).opened()
    life.vendor_ends()
    life.feed(contact())
    assert life.handoff.contacts == ()
    assert life.last == []


# ----------------------------------------------------------------------------------- what is left
def test_handoff_that_ends_before_any_attempt_leaves_nothing_at_any_vendor() -> None:
    life = Life()
    life.feed(Requested())
    life.ends()
    assert life.ended == ("cancelled", "user", "other")
    assert EraseSecrets() in life.last
    assert not life.shadow.waiting(CloseChat)
    life.feed(TimerFired(name="request_timeout", due_at=NOON))
    assert life.steps[-1].refused is not None


# ------------------------------------------------------------------------- waiting for the contact
def waiting(*, update: bool = False) -> Life:
    return Life(wait_for_contact=2).requested(a_candidate("one", update=update))


def test_chat_is_not_opened_before_the_crms_have_answered() -> None:
    life = waiting()
    assert life.state == S.STARTING
    assert not life.shadow.waiting(OpenChat)
    life.take(FindContact)
    life.feed(contact())
    assert [one.attempt for one in life.shadow.waiting(OpenChat)] == [1]
    assert life.handoff.contacts[0].name == "Ada"
    assert "contact" not in life.handoff.timers
    assert not life.shadow.waiting(UpdateDetails), "it travels with the opening"


@pytest.mark.parametrize("how", ["nothing found", "fails", "leaves_doubt"])
def test_chat_is_opened_at_once_when_the_crms_know_nothing(how: str) -> None:
    life = waiting()
    if how == "nothing found":
        life.take(FindContact)
        life.feed(ContactFound())
    else:
        getattr(life, how)(FindContact)
    assert life.shadow.waiting(OpenChat)


def test_contact_that_is_there_before_the_decision_delays_nothing() -> None:
    life = Life(wait_for_contact=2)
    life.feed(Requested())
    life.take(FindContact)
    life.feed(contact())
    life.decided(Decided(candidates=(a_candidate(),)))
    assert life.shadow.waiting(OpenChat)
    assert "contact" not in life.handoff.timers


@pytest.mark.parametrize("update", [True, False])
def test_chat_waits_for_the_contact_no_longer_than_allowed(update: bool) -> None:
    life = waiting(update=update)
    life.wait(2)
    life.opened()
    life.take(FindContact)
    life.feed(contact())
    assert bool(life.shadow.waiting(UpdateDetails)) is update
    late = ("one: the contact, which came after the chat was opened",)
    assert life.handoff.not_carried == (() if update else late)


def test_end_while_the_contact_is_waited_for_opens_no_chat() -> None:
    life = waiting().ends()
    life.drained()
    assert not [one for one in life.shadow.decided if isinstance(one, OpenChat)]
    assert life.ended[0] == "cancelled"
