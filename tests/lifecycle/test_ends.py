"""The last stretch: ends from either side, what goes back to the bot, and what comes late."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    ChatAccepted,
    ChatEnded,
    ChatTransferred,
    MessageDelivered,
    MessageFailed,
    MessageReceived,
    QueueUpdated,
    TypingChanged,
)
from livechat_sdk.domain.ends import Outcome
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.lifecycle.effects import (
    CancelActions,
    CancelTimer,
    ChangeOwner,
    CloseChat,
    CreateTicket,
    DeliverEnded,
    DeliverMessage,
    EraseSecrets,
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
)
from livechat_sdk.lifecycle.inputs import (
    EffectDoubtful,
    EffectFailed,
    EffectSucceeded,
    EndRequested,
    Input,
    Requested,
    UserLeft,
)
from livechat_sdk_testing.builders import NOON, a_candidate, a_chat, a_handoff, play
from tests.lifecycle.life import Life

S = HandoffState


# --------------------------------------------------------------------------- an end from our side
def test_end_from_our_side_closes_the_vendors_side_first() -> None:
    life = Life(closing_timeout=10).requested().opened().joined().ends("user", "other")
    assert life.state == S.ENDING
    assert life.said[-1] == Moment.ENDING
    (closing,) = life.shadow.waiting(CloseChat)
    assert (closing.reason.by, closing.reason.why) == ("user", "other")
    assert life.handoff.timers == {"closing": NOON + timedelta(seconds=10)}
    assert life.shadow.owners == [("human", 1)], "the bot is mute until it is over"
    life.succeeds(CloseChat)
    assert life.ended == ("completed", "user", "other")
    assert life.handoff.attempts[0].closed


def test_effects_of_an_end_come_in_order() -> None:
    life = Life(ticket_on=(Outcome.COMPLETED,)).requested().opened().joined()
    life.user_says("m-1")
    step = life.vendor_ends()
    assert [type(one) for one in step.effects] == [
        Say,
        ReturnToBot,
        ChangeOwner,
        DeliverEnded,
        CreateTicket,
        EraseSecrets,
    ]


def test_vendor_that_confirms_by_an_event_is_believed() -> None:
    life = Life().requested().opened().joined().ends()
    life.event(ChatEnded, by="provider", why="other")
    assert life.ended == ("completed", "user", "other"), "our reason counts: we asked for it"
    life.drained()


def test_vendor_that_never_confirms_does_not_keep_the_bot_waiting() -> None:
    life = Life(closing_timeout=10).requested().opened().joined().ends()
    life.wait(9)
    assert life.state == S.ENDING
    life.wait(1)
    assert life.ended == ("completed", "user", "other")
    assert life.handoff.open_at_vendor
    assert EraseSecrets() not in life.last, "they are needed to close the chat"
    life.succeeds(CloseChat)
    assert life.last == [EraseSecrets()]
    assert not life.handoff.open_at_vendor


@pytest.mark.parametrize("result", ["fails", "leaves_doubt"])
def test_close_that_is_given_up_ends_it_at_once(result: str) -> None:
    life = Life().requested().opened().joined().ends()
    getattr(life, result)(CloseChat)
    assert life.ended == ("completed", "user", "other")
    assert life.handoff.open_at_vendor, "the flag for whoever looks after it"
    assert CancelTimer(name="closing") in life.last


def test_chat_that_cannot_be_closed_from_here_ends_here_at_once() -> None:
    life = Life().requested(a_candidate(closes=False)).opened().joined().ends()
    assert life.ended == ("completed", "user", "other")
    assert not life.shadow.waiting(CloseChat)
    assert EraseSecrets() in life.last, "nothing will ever need them again"


def test_end_while_the_open_call_has_not_left_yet_withdraws_it() -> None:
    life = Life().requested().ends()
    assert CancelActions(attempt=1) in life.last
    assert not life.shadow.waiting(OpenChat)
    life.succeeds(CloseChat)
    assert life.ended == ("cancelled", "user", "other")
    assert not life.handoff.open_at_vendor


def test_end_withdraws_the_open_call_even_where_chats_cannot_be_closed() -> None:
    life = Life().requested(a_candidate(closes=False)).ends()
    assert not life.shadow.waiting(OpenChat), "it would open a chat that nobody could close"
    assert life.ended == ("cancelled", "user", "other")


def test_end_while_the_open_call_is_under_way_closes_what_it_opens() -> None:
    life = Life().requested()
    opening = life.starts(OpenChat)
    life.ends()
    assert [type(one) for one in (opening, *life.shadow.waiting(CloseChat))] == [OpenChat, CloseChat]
    life.late(EffectSucceeded(action=opening, chat=a_chat(secrets={"token": "s"})))
    assert life.state == S.ENDING
    assert len(life.shadow.waiting(CloseChat)) == 1, "the one that waits behind it in the lane"
    life.succeeds(CloseChat)
    assert life.ended == ("cancelled", "user", "other")
    life.drained()


def test_open_that_comes_back_after_the_end_is_closed() -> None:
    life = Life(closing_timeout=10).requested()
    opening = life.starts(OpenChat)
    life.ends().wait(10)
    assert life.state == S.ENDED
    life.late(EffectSucceeded(action=opening, chat=a_chat(vendor_ref="v-1", secrets={"token": "s"})))
    assert [type(one) for one in life.last] == [SaveChat], "closing waits behind it in the lane"
    assert life.handoff.open_at_vendor
    life.succeeds(CloseChat)
    assert life.last == [EraseSecrets()]


def test_open_that_comes_back_after_the_vendor_ended_it_is_closed_too() -> None:
    life = Life().requested()
    opening = life.starts(OpenChat)
    life.vendor_ends("user", "abandoned")
    life.late(EffectSucceeded(action=opening, chat=a_chat(secrets={"token": "s"})))
    assert [type(one) for one in life.last] == [SaveChat, EraseSecrets], "the vendor has closed it already"
    life.drained()


def test_late_open_at_a_vendor_that_cannot_close_leaves_no_secrets() -> None:
    life = Life().requested(a_candidate(closes=False))
    opening = life.starts(OpenChat)
    life.ends()
    life.late(EffectSucceeded(action=opening, chat=a_chat(secrets={"token": "s"})))
    assert [type(one) for one in life.last] == [SaveChat, EraseSecrets]
    assert life.shadow.chats[1].secrets == {}


@pytest.mark.parametrize("result", [EffectFailed, EffectDoubtful])
def test_open_that_fails_while_ending_changes_nothing(
    result: type[EffectFailed | EffectDoubtful],
) -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two"))
    opening = life.starts(OpenChat)
    life.ends()
    life.late(result(action=opening, error="no"))
    assert life.state == S.ENDING
    assert len(life.handoff.attempts) == 1, "nobody wants the next provider any more"


def test_chat_that_nobody_knew_of_is_closed_at_its_first_sign_of_life_after_the_end() -> None:
    life = Life().requested()
    opening = life.starts(OpenChat)
    life.ends()
    life.late(EffectDoubtful(action=opening, error="no answer"))
    life.succeeds(CloseChat)
    assert life.state == S.ENDED
    assert [one.closed for one in life.handoff.attempts] == [False], "none was known, so none was closed"
    life.event(AgentJoined)
    (closing,) = life.shadow.waiting(CloseChat)
    assert closing.vendor_ref == "vendor-1"
    life.succeeds(CloseChat)
    assert [one.closed for one in life.handoff.attempts] == [True]
    assert life.ended == ("cancelled", "user", "other")
    life.drained()


def test_close_of_an_old_attempt_does_not_end_the_closing_of_the_current_one() -> None:
    for result in ("succeeds", "fails", "leaves_doubt"):
        life = Life(agent_release_after=60).requested(a_candidate("one"), a_candidate("two"))
        life.opened().joined().wait(60)
        life.opened().joined().ends()
        assert [one.attempt for one in life.shadow.waiting(CloseChat)] == [1, 2]
        getattr(life, result)(CloseChat)
        assert life.state == S.ENDING, result
        life.succeeds(CloseChat)
        assert life.state == S.ENDED


def test_second_end_is_refused_and_the_first_reason_stays() -> None:
    life = Life().requested().opened().joined().ends("user", "other")
    life.ends("operator", "error")
    assert life.steps[-1].refused == "end_requested is not a legal move in state ending"
    life.succeeds(CloseChat)
    assert life.ended == ("completed", "user", "other")


def test_user_who_leaves_while_waiting_has_given_up() -> None:
    life = Life().requested().opened()
    life.feed(UserLeft())
    life.succeeds(CloseChat)
    assert life.ended == ("cancelled", "user", "abandoned")


def test_user_who_leaves_an_agent_has_completed() -> None:
    life = Life().requested().opened().joined()
    life.feed(UserLeft())
    life.succeeds(CloseChat)
    assert life.ended == ("completed", "user", "abandoned")


def test_operator_ends_it_while_it_is_queued() -> None:
    life = Life().requested().opened().ends("operator", "other")
    life.succeeds(CloseChat)
    assert life.ended == ("cancelled", "operator", "other")


def test_provider_dies_while_active() -> None:
    life = Life().requested().opened().joined()
    life.user_says("m-1")
    life.vendor_ends("provider", "error")
    assert life.ended == ("failed", "provider", "error")
    assert life.shadow.returned == ["m-1"]


# ---------------------------------------------------------------------- what goes back to the bot
def test_messages_that_no_human_got_go_back_to_the_bot_in_order() -> None:
    life = Life().requested().opened()
    for key in ("m-1", "m-2", "m-3"):
        life.user_says(key)
    life.vendor_ends("provider", "timeout")
    assert ReturnToBot(message_keys=("m-1", "m-2", "m-3")) in life.last
    assert life.shadow.returned == ["m-1", "m-2", "m-3"]
    assert life.fate("m-1") is Fate.DROPPED


def test_what_a_human_got_does_not_go_back() -> None:
    life = Life().requested().opened().joined()
    life.user_says("m-1")
    life.succeeds(SendMessage)
    life.user_says("m-2")
    life.vendor_ends()
    assert life.shadow.returned == ["m-2"]
    assert not life.shadow.waiting(SendMessage), "the planned send is withdrawn"


def test_message_under_way_at_the_end_keeps_its_own_result() -> None:
    life = Life().requested().opened().joined()
    life.user_says("m-1")
    life.starts(SendMessage)
    life.vendor_ends()
    assert life.shadow.returned == []
    life.succeeds(SendMessage)
    assert life.fate("m-1") is Fate.SENT
    assert [type(one) for one in life.last] == [SetFate]


def test_message_that_comes_while_ending_goes_back_to_the_bot() -> None:
    life = Life().requested().opened().joined().ends("agent", "other")
    life.user_says("m-1")
    assert life.fate("m-1") is Fate.HELD
    assert life.sent_to() == []
    life.succeeds(CloseChat)
    assert life.shadow.returned == ["m-1"]


def test_what_was_said_first_goes_back_first() -> None:
    life = Life(closing_timeout=10).requested().opened().joined()
    life.user_says("m-1")
    life.ends()
    life.user_says("m-2")
    life.wait(10)
    assert life.shadow.returned == ["m-1", "m-2"]


def test_message_after_the_end_is_refused_because_the_bot_owns_the_conversation() -> None:
    life = Life().requested().opened()
    life.vendor_ends()
    step = life.user_says("m-1")
    assert step.refused == "user_said is not a legal move in state ended"


def test_nothing_to_return_is_not_mentioned() -> None:
    life = Life().requested().opened()
    life.vendor_ends()
    assert not [one for one in life.last if isinstance(one, ReturnToBot)]


def test_late_refusal_after_the_end_is_recorded_and_not_talked_about() -> None:
    life = Life().requested().opened().joined()
    life.user_says("m-1")
    life.starts(SendMessage)
    life.vendor_ends()
    told = len(life.said)
    life.fails(SendMessage)
    assert life.fate("m-1") is Fate.REFUSED
    assert len(life.said) == told


def test_late_failure_of_an_old_attempt_does_not_hide_that_a_later_one_brought_it() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    sending = life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    life.opened().joined()
    second = life.shadow.waiting(SendMessage)[-1]
    assert (second.attempt, sending.attempt) == (2, 1)
    life.late(EffectSucceeded(action=second))
    life.vendor_ends()
    life.late(EffectFailed(action=sending, error="connection lost"))
    assert life.fate("m-1") is Fate.SENT


@pytest.mark.parametrize("first", ["before", "after"])
def test_what_an_old_attempt_has_brought_is_not_refused_because_a_later_one_fails(first: str) -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    sending = life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    life.opened().joined()
    second = life.shadow.waiting(SendMessage)[-1]
    proof = EffectSucceeded(action=sending)
    told = len(life.said)
    if first == "before":
        life.late(proof)
    life.late(EffectFailed(action=second, error="the chat is over"))
    if first == "after":
        assert life.fate("m-1") is Fate.REFUSED, "as far as anybody knows"
        life.late(proof)
    assert life.fate("m-1") is Fate.SENT
    assert (len(life.said) == told) is (first == "before"), "who is told of a failure when there is none?"


def sent_twice() -> tuple[Life, SendMessage, SendMessage]:
    """The first attempt was left while it sent a message; the second one has it too."""
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    first = life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    life.opened().joined()
    return life, first, life.shadow.waiting(SendMessage)[-1]


@pytest.mark.parametrize("over", ["no", "before", "between"])
@pytest.mark.parametrize("order", ["doubt first", "refusal first"])
def test_what_one_attempt_refuses_stays_in_doubt_if_it_may_be_with_another(over: str, order: str) -> None:
    life, first, second = sent_twice()
    doubt = EffectDoubtful(action=first, error="the attempt was given up")
    refusal = EffectFailed(action=second, error="not like this")
    happenings: list[Input] = [doubt, refusal] if order == "doubt first" else [refusal, doubt]
    life.shadow.start(second)
    if over == "before":
        life.vendor_ends()
    life.late(happenings[0])
    if order == "refusal first":
        assert life.fate("m-1") is Fate.REFUSED, "as far as anybody knows"
    if over == "between":
        life.vendor_ends()
    life.late(happenings[1])
    assert life.fate("m-1") is Fate.DOUBTFUL


@pytest.mark.parametrize("doubt", ["before the answer", "after the answer", "after the failure"])
def test_what_a_vendor_could_not_deliver_stays_in_doubt_if_it_may_be_with_another(doubt: str) -> None:
    life, first, second = sent_twice()
    doubtful = EffectDoubtful(action=first, error="the attempt was given up")
    if doubt == "before the answer":
        life.late(doubtful)
    life.late(EffectSucceeded(action=second))
    if doubt == "after the answer":
        life.late(doubtful)
    life.event(MessageFailed, message_key="m-1", reason="gone")
    if doubt == "after the failure":
        assert life.fate("m-1") is Fate.REFUSED
        life.late(doubtful)
    assert life.fate("m-1") is Fate.DOUBTFUL


@pytest.mark.parametrize("order", [1, -1])
def test_what_a_vendor_could_not_deliver_is_there_if_another_has_it(order: int) -> None:
    life, first, second = sent_twice()
    for action in (first, second)[::order]:
        life.late(EffectSucceeded(action=action))
    told = len(life.said)
    life.event(MessageFailed, message_key="m-1", reason="gone")
    assert life.fate("m-1") is Fate.SENT
    assert len(life.said) == told


ONE_HAS_IT = "the first attempt's answer"
OTHER_HAS_IT = "the second attempt's answer"
OTHER_FAILED = "the second vendor cannot deliver"


@pytest.mark.parametrize("over", [0, 1, 2, 3])
@pytest.mark.parametrize("order", list(itertools.permutations([ONE_HAS_IT, OTHER_HAS_IT, OTHER_FAILED])))
def test_what_one_chat_has_brought_stays_brought_when_another_cannot_deliver_it(
    order: tuple[str, ...], over: int
) -> None:
    life, first, second = sent_twice()
    life.shadow.start(second)
    for number, what in enumerate([*order, "nothing"]):
        if number == over:
            life.vendor_ends()
        if what == ONE_HAS_IT:
            life.late(EffectSucceeded(action=first))
        elif what == OTHER_HAS_IT:
            life.late(EffectSucceeded(action=second))
        elif what == OTHER_FAILED:
            life.event(MessageFailed, message_key="m-1", reason="gone")
    assert life.fate("m-1") is Fate.SENT
    life.event(MessageFailed, message_key="m-1", reason="gone for good")
    assert life.fate("m-1") is Fate.SENT, "whatever the second vendor says, and however often"


@pytest.mark.parametrize("when", ["before the answer", "after the answer", "after the failure"])
def test_doubt_that_comes_after_the_end_is_not_forgotten_when_another_chat_cannot_deliver(when: str) -> None:
    life, first, second = sent_twice()
    doubtful = EffectDoubtful(action=first, error="the attempt was given up")
    life.shadow.start(second)
    life.vendor_ends()
    if when == "before the answer":
        life.late(doubtful)
    life.late(EffectSucceeded(action=second))
    if when == "after the answer":
        life.late(doubtful)
    life.event(MessageFailed, message_key="m-1", reason="gone")
    if when == "after the failure":
        life.late(doubtful)
    assert life.fate("m-1") is Fate.DOUBTFUL


def test_what_only_the_chat_had_that_could_not_deliver_it_is_refused_after_the_end() -> None:
    life, first, second = sent_twice()
    life.shadow.start(second)
    life.vendor_ends()
    life.late(EffectFailed(action=first, error="not like this"))
    life.late(EffectSucceeded(action=second))
    assert life.fate("m-1") is Fate.SENT
    life.event(MessageFailed, message_key="m-1", reason="gone")
    assert life.fate("m-1") is Fate.REFUSED


def test_refusal_by_the_attempt_that_was_left_is_not_doubted_by_its_own_late_answer() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    first = life.starts(SendMessage)
    life.event(MessageFailed, message_key="m-1", reason="gone")
    life.vendor_ends("provider", "error")
    life.opened().joined()
    life.late(EffectDoubtful(action=first, error="the attempt was given up"))
    assert life.fate("m-1") is Fate.REFUSED


def test_handoff_that_has_ended_is_not_changed_by_what_comes_of_its_sends() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    first = life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    life.opened().joined()
    second = life.shadow.waiting(SendMessage)[-1]
    life.shadow.start(second)
    life.late(EffectSucceeded(action=first))
    life.vendor_ends()
    ended = life.handoff
    life.late(EffectFailed(action=second, error="the chat is over"))
    assert life.fate("m-1") is Fate.SENT
    assert life.handoff is ended


def test_what_an_old_attempt_may_have_brought_is_doubtful_when_a_later_one_fails() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    sending = life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    life.opened().joined()
    second = life.shadow.waiting(SendMessage)[-1]
    life.late(EffectDoubtful(action=sending, error="no answer"))
    life.late(EffectFailed(action=second, error="the chat is over"))
    assert life.fate("m-1") is Fate.DOUBTFUL


def test_what_an_old_attempt_has_brought_stays_so_when_the_next_vendor_says_that_it_cannot() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    sending = life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    life.opened().joined()
    life.late(EffectSucceeded(action=sending))
    life.event(MessageFailed, message_key="m-1")
    assert life.fate("m-1") is Fate.SENT


# -------------------------------------------------------------------------------- what comes late
def test_message_of_the_agent_while_ending_is_still_delivered() -> None:
    life = Life().requested().opened().joined().ends()
    life.agent_says("a-1")
    assert [one.message_key for one in life.last if isinstance(one, DeliverMessage)] == ["a-1"]
    assert not [one for one in life.last if isinstance(one, SetTimer)], "no clock starts any more"


def test_message_of_the_agent_after_the_end_is_kept_and_never_shown() -> None:
    life = Life().requested().opened().joined()
    life.vendor_ends()
    step = life.agent_says("a-1")
    (record,) = step.effects
    assert isinstance(record, RecordMessage)
    assert (record.fate, record.direction) == (Fate.DROPPED, Direction.TO_USER)


@pytest.mark.parametrize("kind", [AgentLeft, QueueUpdated])
def test_small_events_after_the_end_are_noted(kind: type) -> None:
    life = Life().requested().opened().joined()
    life.vendor_ends()
    step = life.event(kind)
    assert step.refused is None
    assert step.effects == ()


@pytest.mark.parametrize("kind", [ChatAccepted, ChatTransferred, TypingChanged])
def test_events_that_would_begin_something_begin_nothing_after_the_end(kind: type) -> None:
    life = Life().requested().opened().joined()
    life.vendor_ends()
    before = life.handoff
    assert life.event(kind).effects == ()
    assert life.handoff is before


def test_agent_who_joins_after_the_end_changes_nothing() -> None:
    life = Life().requested().opened().joined()
    life.vendor_ends()
    ended = life.handoff
    done = life.event(AgentJoined)
    assert (done.refused, done.effects, life.handoff) == (None, (), ended)


def test_receipt_after_the_end_is_recorded() -> None:
    life = Life().requested().opened().joined()
    life.user_says("m-1")
    life.succeeds(SendMessage)
    life.vendor_ends()
    life.event(MessageDelivered, message_key="m-1")
    assert life.last == [SetFate(message_key="m-1", direction=Direction.TO_PROVIDER, fate=Fate.ACKNOWLEDGED)]


def test_vendors_end_after_ours_closes_the_file() -> None:
    life = Life().requested().opened().joined().ends()
    life.wait(10)
    end = life.handoff.end
    life.event(ChatEnded, by="agent", why="resolved")
    assert life.last == [EraseSecrets()]
    assert life.handoff.end == end
    assert not life.handoff.open_at_vendor


def test_end_of_the_last_abandoned_chat_erases_the_secrets() -> None:
    life = Life(agent_release_after=60).requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.wait(60)
    life.fails(CloseChat)
    life.opened()
    life.vendor_ends()
    assert EraseSecrets() not in life.last, "the first chat may still have to be closed"
    life.event(ChatEnded, attempt=1)
    assert life.last == [EraseSecrets()]


def test_state_that_a_late_send_brings_leaves_no_secrets() -> None:
    life = Life().requested().opened(secrets={"token": "s"}).joined()
    life.user_says("m-1")
    life.starts(SendMessage)
    life.vendor_ends()
    life.succeeds(SendMessage, patch={"sequence": 1})
    assert [type(one) for one in life.last] == [PatchChat, SetFate]
    assert life.shadow.chats[1].state == {"sequence": 1}
    assert life.shadow.chats[1].secrets == {}


def test_late_closing_message_of_the_vendor_is_not_taken_for_life() -> None:
    life = Life().requested().opened().joined()
    life.vendor_ends()
    life.event(MessageReceived)
    assert not life.shadow.waiting(CloseChat)


def test_ticket_is_stored_when_it_was_made() -> None:
    life = Life(ticket_on=(Outcome.COMPLETED,)).requested().opened().joined()
    life.vendor_ends()
    ticket = Ticket(source="table", id="T-1", key="h-1.ticket")
    life.succeeds(CreateTicket, ticket=ticket)
    assert life.last == [SaveTicket(ticket=ticket)]


@pytest.mark.parametrize("result", ["fails", "leaves_doubt"])
def test_ticket_that_was_not_made_changes_nothing(result: str) -> None:
    life = Life(ticket_on=(Outcome.COMPLETED,)).requested().opened().joined()
    life.vendor_ends()
    end = life.handoff.end
    getattr(life, result)(CreateTicket)
    assert life.last == []
    assert life.handoff.end == end


def test_control_goes_back_once_and_under_a_new_number() -> None:
    life = Life().requested().opened().joined()
    life.vendor_ends()
    assert life.shadow.owners == [("human", 1), ("bot", 2)]
    assert life.shadow.waiting(DeliverEnded) == [DeliverEnded(owner_number=2)]
    assert life.handoff.owner_number == 2


def test_owner_number_goes_on_from_where_the_conversation_was() -> None:
    played = play(a_handoff(owner_number=41), Requested(), EndRequested(by="user", why="other"))
    changes = [one for one in played.effects if isinstance(one, ChangeOwner)]
    assert changes == [ChangeOwner(owner="human", number=41), ChangeOwner(owner="bot", number=42)]
    assert played.handoff.owner_number == 42
