"""What both sides say to each other: order, fates, receipts, typing, transfers, agents who leave."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    ChatTransferred,
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    StreamGap,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.messages import Attachment, Choice, Direction, Fate, Message, UserReceipt
from livechat_sdk.domain.moments import Moment
from livechat_sdk.lifecycle.effects import (
    DeliverMessage,
    Enrich,
    PatchChat,
    RecordMessage,
    Say,
    SendMessage,
    SetFate,
    ShowReceipt,
    ShowTyping,
    SignalReceipt,
    SignalTyping,
)
from livechat_sdk.lifecycle.inputs import (
    EffectDoubtful,
    EffectFailed,
    EffectSucceeded,
    UserRead,
    UserSaid,
    UserTyped,
)
from livechat_sdk_testing.builders import a_candidate, an_agent
from tests.lifecycle.life import Life

S = HandoffState


def talking(**capabilities: Any) -> Life:
    """An agent is in the chat."""
    return Life().requested(a_candidate(**capabilities)).opened().joined("Maria")


# ----------------------------------------------------------------------------- from user to agent
def test_message_of_the_user_is_recorded_and_sent() -> None:
    life = talking()
    step = life.user_says("m-1")
    record, send = step.effects
    assert isinstance(record, RecordMessage)
    assert (record.message.key, record.direction, record.author) == ("m-1", Direction.TO_PROVIDER, "user")
    assert (record.fate, record.attempt) == (Fate.PLANNED, 1)
    assert send == SendMessage(attempt=1, message_key="m-1")


@pytest.mark.parametrize(("acknowledged", "fate"), [(False, Fate.SENT), (True, Fate.ACKNOWLEDGED)])
def test_message_that_the_vendor_took_is_sent_or_acknowledged(acknowledged: bool, fate: Fate) -> None:
    life = talking()
    life.user_says("m-1")
    step = life.succeeds(SendMessage, acknowledged=acknowledged, vendor_id="v-9", detail="split in two")
    assert step.effects == (
        SetFate(
            message_key="m-1",
            direction=Direction.TO_PROVIDER,
            fate=fate,
            vendor_id="v-9",
            detail="split in two",
            answer=True,
        ),
    )
    assert life.handoff.planned == ()


def test_what_a_send_changes_in_the_state_of_the_chat_is_stored_as_a_patch() -> None:
    life = talking()
    life.user_says("m-1")
    life.succeeds(SendMessage, patch={"sequence": 2})
    assert life.last[0] == PatchChat(attempt=1, patch={"sequence": 2})
    life.user_says("m-2")
    life.succeeds(SendMessage)
    assert not [one for one in life.last if isinstance(one, PatchChat)]


def test_refused_message_is_told_to_the_user() -> None:
    life = talking()
    life.user_says("m-1")
    life.fails(SendMessage, "no pictures")
    assert life.fate("m-1") is Fate.REFUSED
    assert life.said[-1] == Moment.UNSUPPORTED
    assert [one.detail for one in life.last if isinstance(one, SetFate)] == ["no pictures"]


def test_doubtful_message_is_not_sent_again_and_not_talked_about() -> None:
    life = talking()
    life.user_says("m-1")
    life.leaves_doubt(SendMessage)
    assert life.fate("m-1") is Fate.DOUBTFUL
    assert life.sent_to() == ["m-1"]
    assert Moment.UNSUPPORTED not in life.said
    assert life.handoff.planned == ()


def test_receipts_of_the_agents_side_raise_the_fate() -> None:
    life = talking()
    life.user_says("m-1")
    life.succeeds(SendMessage)
    life.event(MessageDelivered, message_key="m-1")
    assert life.fate("m-1") is Fate.ACKNOWLEDGED
    assert ShowReceipt(message_key="m-1", status="delivered") in life.last
    life.event(MessageRead, message_key="m-1")
    assert life.fate("m-1") is Fate.SEEN
    assert ShowReceipt(message_key="m-1", status="read") in life.last


def test_receipt_that_is_faster_than_the_answer_of_the_send_counts() -> None:
    life = talking()
    life.user_says("m-1")
    life.event(MessageRead, message_key="m-1")
    assert life.handoff.planned == ()
    life.succeeds(SendMessage)
    assert life.fate("m-1") is Fate.SEEN


@pytest.mark.parametrize("result", ["fails", "leaves_doubt"])
def test_receipt_is_better_evidence_than_a_call_that_failed(result: str) -> None:
    life = talking()
    life.user_says("m-1")
    life.event(MessageDelivered, message_key="m-1")
    getattr(life, result)(SendMessage)
    assert life.fate("m-1") is Fate.ACKNOWLEDGED
    assert life.last == []


def test_message_that_the_vendor_could_not_deliver_after_all() -> None:
    life = talking()
    life.user_says("m-1")
    life.succeeds(SendMessage)
    life.event(MessageFailed, message_key="m-1", reason="")
    assert life.fate("m-1") is Fate.REFUSED
    assert life.said[-1] == Moment.UNSUPPORTED


def test_a_message_that_was_sent_twice_and_could_not_be_delivered_is_not_taken_for_sent() -> None:
    life = talking()
    life.user_says("m-1")
    sending = life.starts(SendMessage)
    life.event(MessageFailed, message_key="m-1", reason="")
    life.shadow.finish(sending)
    again = sending.model_copy(update={"repeated": "sent again though it may have arrived"})
    life.feed(EffectSucceeded(action=again))
    assert life.fate("m-1") is Fate.REFUSED


def test_receipt_for_a_message_that_nobody_knows_changes_no_fate() -> None:
    life = talking()
    life.event(MessageDelivered, message_key="nobody")
    assert (Direction.TO_PROVIDER, "nobody") not in life.shadow.fates


def test_typing_of_the_user_is_shown_if_the_provider_can_and_the_chat_is_open() -> None:
    life = Life().requested(a_candidate(typing_to_agent=True))
    life.feed(UserTyped(on=True))
    assert life.last == []
    life.opened()
    life.feed(UserTyped(on=True))
    assert life.last == [SignalTyping(attempt=1, on=True)]
    blind = talking()
    blind.feed(UserTyped(on=True))
    assert blind.last == []


# ----------------------------------------------------------------------------- from agent to user
def test_message_of_the_agent_is_recorded_and_delivered() -> None:
    life = talking()
    step = life.agent_says("a-1", id="event-of-a-1")
    record, deliver = step.effects
    assert isinstance(record, RecordMessage)
    assert (record.direction, record.author, record.fate) == (Direction.TO_USER, "agent", Fate.PLANNED)
    assert record.vendor_id == "event-of-a-1"
    assert deliver == DeliverMessage(message_key="a-1", owner_number=1, agent_name="Maria")
    life.succeeds(DeliverMessage)
    assert life.shadow.fate("a-1", Direction.TO_USER) is Fate.SENT


SAID = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize("tells_order", [True, False])
def test_time_of_a_message_goes_along_where_the_vendors_times_tell_the_order(tells_order: bool) -> None:
    life = talking(tells_order=tells_order)
    said = Message(key="a-1", body="hello", sent_at=SAID)
    life.event(MessageReceived, message=said)
    [delivery] = [one for one in life.last if isinstance(one, DeliverMessage)]
    assert delivery.said_at == (SAID if tells_order else None)


def test_name_of_the_agent_who_wrote_it_goes_before_the_one_who_joined() -> None:
    life = talking()
    life.agent_says("a-1", agent=an_agent("Nikos"))
    assert [one.agent_name for one in life.last if isinstance(one, DeliverMessage)] == ["Nikos"]


def test_message_of_the_vendors_system_has_no_agents_name_and_starts_no_clock() -> None:
    life = Life(user_remind_after=60).requested().opened().joined()
    before = life.handoff.timers
    life.agent_says("a-1", author="system")
    assert [one.agent_name for one in life.last if isinstance(one, DeliverMessage)] == [None]
    assert life.handoff.timers == before
    assert life.handoff.first_agent_message_at is None


def test_first_message_of_an_agent_is_remembered() -> None:
    life = talking()
    life.agent_says("a-1")
    first = life.now
    life.wait(60)
    life.agent_says("a-2")
    assert life.handoff.first_agent_message_at == first


def test_message_of_an_agent_who_has_not_joined_counts_as_a_join() -> None:
    life = Life(request_timeout=60).requested().opened()
    life.user_says("m-1")
    assert life.fate("m-1") is Fate.HELD
    life.agent_says("a-1", agent=an_agent("Maria"))
    assert life.state == S.ACTIVE
    order = [one for one in life.last if isinstance(one, Say | SendMessage | DeliverMessage)]
    assert [type(one) for one in order] == [Say, SendMessage, DeliverMessage], (
        "who it is, before what they say"
    )
    assert [one.agent_name for one in order if isinstance(one, DeliverMessage)] == ["Maria"]
    life.wait(120)
    assert life.state == S.ACTIVE, "a lost join must not end as missed"


def test_join_that_comes_after_the_first_word_is_told_once() -> None:
    life = Life().requested().opened()
    life.agent_says("a-1", agent=an_agent("Maria"))
    life.joined("Maria")
    assert life.said.count(Moment.JOINED) == 1


def test_word_of_an_agent_without_a_name_or_before_the_chat_is_open_counts_too() -> None:
    life = Life().requested()
    life.agent_says("a-1")
    assert life.state == S.ACTIVE
    assert life.handoff.agent is None


def test_word_of_the_vendors_system_is_no_join() -> None:
    life = Life().requested().opened()
    life.agent_says("a-1", author="system")
    assert life.state == S.QUEUED


@pytest.mark.parametrize(("result", "fate"), [("fails", Fate.REFUSED), ("leaves_doubt", Fate.DOUBTFUL)])
@pytest.mark.parametrize("action", [DeliverMessage, Say])
def test_delivery_that_is_given_up_has_its_fate(action: type, result: str, fate: Fate) -> None:
    life = talking()
    life.agent_says("a-1")
    key = "a-1" if action is DeliverMessage else life.shadow.waiting(Say)[0].key
    getattr(life, result)(action)
    assert life.shadow.fate(key, Direction.TO_USER) is fate


@pytest.mark.parametrize("status", ["delivered", "read"])
@pytest.mark.parametrize("able", [True, False])
def test_receipt_of_the_user_is_recorded_and_shown_if_the_provider_can(able: bool, status: str) -> None:
    life = talking(receipts_to_agent=able)
    life.agent_says("a-1")
    life.succeeds(DeliverMessage)
    receipt = UserReceipt.model_validate({"message_key": "a-1", "status": status})
    life.feed(UserRead(receipt=receipt))
    expected = Fate.SEEN if status == "read" else Fate.ACKNOWLEDGED
    assert life.shadow.fate("a-1", Direction.TO_USER) is expected
    assert (SignalReceipt(attempt=1, receipt=receipt) in life.last) is able


def test_receipt_of_the_user_after_the_end_is_recorded_only() -> None:
    life = talking(receipts_to_agent=True)
    life.agent_says("a-1")
    life.vendor_ends()
    life.succeeds(DeliverMessage)
    life.feed(UserRead(receipt=UserReceipt(message_key="a-1", status="read")))
    assert life.last == [SetFate(message_key="a-1", direction=Direction.TO_USER, fate=Fate.SEEN)]


def test_typing_of_the_agent_is_shown_and_never_stored() -> None:
    life = talking()
    version = life.handoff.version
    life.event(TypingChanged, on=True)
    assert life.last == [ShowTyping(on=True)]
    assert life.handoff.version == version


@pytest.mark.parametrize("kind", [StreamGap, UnknownEvent])
def test_gap_and_unknown_event_are_only_noted(kind: type) -> None:
    life = talking()
    before = life.handoff
    step = life.event(kind)
    assert step.refused is None
    assert life.handoff is before
    assert life.last == []


# ------------------------------------------------------------------------- agents who come and go
def test_agent_who_left_has_not_ended_it() -> None:
    life = talking()
    life.event(AgentLeft, agent=an_agent("Maria"))
    assert life.state == S.ACTIVE
    assert life.handoff.agent is None
    assert life.said[-1] == Moment.LEFT
    life.user_says("m-1")
    assert life.sent_to() == ["m-1"]


def test_another_agent_who_leaves_is_not_missed() -> None:
    life = talking()
    life.event(AgentLeft, agent=an_agent("Nikos"))
    assert life.handoff.agent == an_agent("Maria")
    assert life.said[-1] == Moment.JOINED


def test_second_agent_takes_over_without_a_word() -> None:
    life = talking()
    life.joined("Nikos")
    assert life.handoff.agent == an_agent("Nikos")
    assert life.said.count(Moment.JOINED) == 1


def test_transfer_is_not_an_end() -> None:
    life = talking()
    life.event(ChatTransferred, to="billing")
    assert life.state == S.TRANSFERRING
    assert [(one.moment, one.params) for one in life.last if isinstance(one, Say)] == [
        (Moment.TRANSFERRED, {"to": "billing"})
    ]
    life.user_says("m-1")
    assert life.sent_to() == ["m-1"]
    life.joined("Nikos")
    assert life.state == S.ACTIVE
    assert life.said[-1] == Moment.JOINED


def test_transfer_is_told_once_until_somebody_joins() -> None:
    life = talking()
    life.event(ChatTransferred, to="billing")
    life.event(ChatTransferred, to="support")
    assert life.said.count(Moment.TRANSFERRED) == 1
    life.joined("Nikos")
    life.event(ChatTransferred)
    assert life.said.count(Moment.TRANSFERRED) == 2


def test_request_that_moves_to_another_queue_is_still_waiting() -> None:
    life = Life(request_timeout=120).requested().opened()
    life.event(ChatTransferred, to="billing")
    assert life.state == S.QUEUED
    assert life.said[-1] == Moment.TRANSFERRED
    life.vendor_ends("provider", "timeout")
    assert life.ended[0] == "missed", "no agent has had it"


def test_request_that_moves_to_another_queue_is_still_missed_in_time() -> None:
    life = Life(request_timeout=120).requested().opened()
    life.event(ChatTransferred)
    life.wait(120)
    assert life.state == S.ENDING


def test_agent_may_leave_during_a_transfer() -> None:
    life = talking()
    life.event(ChatTransferred)
    life.event(AgentLeft, agent=an_agent("Maria"))
    assert life.state == S.TRANSFERRING
    assert life.handoff.agent is None


# ------------------------------------------------------------------------ messages that fail over
def test_message_under_way_when_the_provider_breaks_goes_to_the_next() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    life.user_says("m-2")
    life.succeeds(SendMessage)
    sending = life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    assert life.fate("m-2") is Fate.HELD
    life.opened()
    life.event(AgentJoined)
    assert life.sent_to(2) == ["m-2"], "what had arrived is told in the transcript"
    life.late(EffectSucceeded(action=sending))
    assert life.handoff.planned == ("m-2",)
    assert life.fate("m-2") is Fate.PLANNED, "the first side is over: its answer decides nothing"
    life.succeeds(SendMessage)
    assert life.fate("m-2") is Fate.SENT
    life.vendor_ends()
    life.drained()


def test_late_failure_of_an_abandoned_attempt_neither_drops_nor_announces_a_message() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    life.fails(SendMessage)
    assert life.handoff.held == ("m-1",)
    assert life.fate("m-1") is Fate.HELD
    assert Moment.UNSUPPORTED not in life.said
    life.opened().joined()
    assert life.sent_to(2) == ["m-1"]


@pytest.mark.parametrize("result", [EffectFailed, EffectDoubtful])
def test_late_result_of_an_abandoned_attempt_does_not_touch_what_the_next_is_sending(
    result: type[EffectFailed | EffectDoubtful],
) -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    first = life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    life.opened().joined()
    life.late(result(action=first, error="connection lost"))
    assert life.handoff.planned == ("m-1",)
    assert life.fate("m-1") is Fate.PLANNED
    assert life.last == []
    life.succeeds(SendMessage)
    assert life.fate("m-1") is Fate.SENT


def test_late_doubt_of_an_abandoned_attempt_does_not_stop_the_message() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    life.leaves_doubt(SendMessage)
    life.opened().joined()
    assert life.sent_to(2) == ["m-1"]


# ------------------------------------------------------------------------------------------------- files
PHOTO = Attachment(url="https://files.vendor.example/1", name="photo.png")


def test_a_file_whose_link_does_not_last_is_fetched_before_its_message_is_delivered() -> None:
    life = talking(attachment_links="fetch")
    step = life.event(MessageReceived, message=Message(key="a-1", body="look", attachments=(PHOTO,)))
    assert [effect for effect in step.effects if isinstance(effect, Enrich | DeliverMessage)] == [
        Enrich(message_key="a-1", attempt=1),
        DeliverMessage(message_key="a-1", owner_number=1, agent_name="Maria"),
    ]
    lanes = {effect.lane for effect in step.effects if isinstance(effect, Enrich | DeliverMessage)}
    assert lanes == {"user"}, "the order of the lane is the order of what the end user sees"


@pytest.mark.parametrize(("links", "files"), [("lasting", (PHOTO,)), ("fetch", ())])
def test_nothing_is_fetched_without_need(links: str, files: tuple[Attachment, ...]) -> None:
    life = talking(attachment_links=links)
    step = life.event(MessageReceived, message=Message(key="a-1", body="look", attachments=files))
    assert not [effect for effect in step.effects if isinstance(effect, Enrich)]


@pytest.mark.parametrize("result", [EffectFailed, EffectDoubtful])
def test_a_file_that_was_given_up_holds_up_nothing(result: type[EffectFailed | EffectDoubtful]) -> None:
    life = talking(attachment_links="fetch")
    life.event(MessageReceived, message=Message(key="a-1", body="look", attachments=(PHOTO,)))
    while life.shadow.waiting(Say):
        life.succeeds(Say)
    enrich = life.take(Enrich)
    assert life.feed(result(action=enrich, error="gone")).refused is None
    deliver = life.take(DeliverMessage)
    done = life.feed(EffectSucceeded(action=deliver, detail="without photo.png"))
    (fate,) = [effect for effect in done.effects if isinstance(effect, SetFate)]
    assert (fate.fate, fate.detail) == (Fate.SENT, "without photo.png")


# ----------------------------------------------------------------------------- choices as numbered lines
OFFER = Message(
    key="m-1",
    body="Which one?",
    choices=(Choice(label="Refund", value="r"), Choice(label="Another one", value="a")),
)


def said_to_user(life: Life) -> RecordMessage:
    (record,) = [one for one in life.last if isinstance(one, RecordMessage)]
    return record


@pytest.mark.parametrize("typed", ["2", " 2 ", "2."])
def test_the_number_that_an_agent_types_comes_back_as_the_choice(typed: str) -> None:
    life = talking()
    life.feed(UserSaid(message=OFFER))
    life.event(MessageReceived, message=Message.text(typed, key="a-1"))
    record = said_to_user(life)
    assert (record.message.key, record.message.body) == ("a-1", "Another one")
    assert record.message.metadata == {"choice": "a"}
    assert record.detail is not None
    life.event(MessageReceived, message=Message.text("2", key="a-2"))
    assert said_to_user(life).message.body == "2", "it was chosen already"


@pytest.mark.parametrize("typed", ["3", "0", "two", "-1", "2 of them", "²", "٢", "", "9" * 400])
def test_other_words_of_the_agent_stay_as_they_are(typed: str) -> None:
    life = talking()
    life.feed(UserSaid(message=OFFER))
    life.event(MessageReceived, message=Message.text(typed, key="a-1"))
    assert said_to_user(life).message == Message.text(typed, key="a-1")


def test_a_number_is_no_choice_where_the_agent_has_buttons_or_the_vendor_speaks() -> None:
    life = talking(choices=True)
    life.feed(UserSaid(message=OFFER))
    life.event(MessageReceived, message=Message.text("2", key="a-1"))
    assert said_to_user(life).message.body == "2"
    life = talking()
    life.feed(UserSaid(message=OFFER))
    life.event(MessageReceived, message=Message.text("2", key="a-1"), author="system")
    assert said_to_user(life).message.body == "2"
    life.event(MessageReceived, message=Message.text("1", key="a-2"))
    assert said_to_user(life).message.body == "Refund"


def test_choices_that_were_held_until_the_join_count_too() -> None:
    life = Life().requested(a_candidate()).opened()
    life.feed(UserSaid(message=OFFER))
    life.joined("Maria")
    life.event(MessageReceived, message=Message.text("1", key="a-1"))
    assert said_to_user(life).message.metadata == {"choice": "r"}
