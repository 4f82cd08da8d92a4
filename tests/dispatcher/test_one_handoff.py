"""One handoff, from the request to the bot's turn, through the public face."""

from __future__ import annotations

import asyncio

import pytest

from livechat_sdk import (
    Accepted,
    EndUser,
    HandoffNotFound,
    HandoffRequest,
    HandoffState,
    IntegrationNotFound,
    InvalidInput,
    Message,
    MessageTooLarge,
    NotLive,
    Outcome,
    SurveyAnswer,
    TranscriptEntry,
    UnknownBot,
    WebhookDelivery,
    WebhookRejected,
)
from livechat_sdk.domain.messages import Fate, UserReceipt
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import Receipt, SystemMessage, Typing
from tests.dispatcher.bench import WAITING_VENDOR, Workbench


@pytest.mark.feature("HO-16", "PV-11", "SM-01", "SM-03", "SM-04")
async def test_a_conversation_goes_to_an_agent_and_back(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.request(transcript=(TranscriptEntry(author="bot", body="How can I help?"),))
    assert handoff.state is HandoffState.QUEUED
    assert one.vendor.opened[one.vendor.ref].transcript[0].body == "How can I help?"
    await one.say(handoff, "hello")
    await one.event("joined", name="Ann")
    await one.event("message", text="hi, I am Ann")
    await one.say(handoff, "my parcel is lost")
    await one.event("ended")
    handoff = await one.reload(handoff)
    assert handoff.outcome is Outcome.COMPLETED
    assert one.vendor.texts() == ["hello", "my parcel is lost"]
    assert one.channel.texts == ["hi, I am Ann"]
    assert one.channel.moments == [Moment.WAITING, Moment.JOINED, Moment.ENDED]
    (ended,) = one.channel.ended
    assert ended.end.outcome is Outcome.COMPLETED
    assert await one.fates(handoff) == {"hello": Fate.SENT, "my parcel is lost": Fate.SENT}


async def test_the_same_key_is_the_same_handoff(bench: Workbench) -> None:
    one = await bench.start()
    first = await one.request(key="k-1")
    again = await one.request(key="k-1")
    assert again.id == first.id
    assert len(one.vendor.opened) == 1
    await one.event("ended")
    assert (await one.request(key="k-1")).id == first.id, "also after the end"


async def test_raced_requests_for_one_conversation_make_one_handoff(bench: Workbench) -> None:
    one = await bench.start()
    requests = [
        HandoffRequest(key=f"k-{n}", conversation_id="c-1", bot="shop-bot", user=EndUser(id="u-1"))
        for n in range(20)
    ]
    handoffs = await asyncio.gather(*(one.dispatcher.request(request) for request in requests))
    await one.settle()
    live = [h for h in handoffs if h.outcome is not Outcome.ALREADY_OPEN]
    assert len(live) == 1
    assert {h.end.existing for h in handoffs if h.end} == {live[0].id}
    assert len(one.vendor.opened) == 1


async def test_raced_requests_with_one_key_make_one_handoff(bench: Workbench) -> None:
    one = await bench.start()
    request = HandoffRequest(key="k", conversation_id="c-1", bot="shop-bot", user=EndUser(id="u-1"))
    handoffs = await asyncio.gather(*(one.dispatcher.request(request) for _ in range(20)))
    assert len({handoff.id for handoff in handoffs}) == 1
    assert len({handoff.owner_number for handoff in handoffs}) == 1


@pytest.mark.feature("HO-12", "SM-07", "SM-08")
async def test_a_second_request_tells_whether_the_first_waits_or_talks(bench: Workbench) -> None:
    one = await bench.start()
    first = await one.request(key="k-1")
    second = await one.request(key="k-2")
    assert second.end is not None
    assert (second.outcome, second.end.existing) == (Outcome.ALREADY_OPEN, first.id)
    await one.event("joined")
    await one.request(key="k-3")
    assert one.channel.moments == [
        Moment.WAITING,
        Moment.ALREADY_WAITING,
        Moment.JOINED,
        Moment.ALREADY_ACTIVE,
    ]
    assert (await one.reload(first)).state is HandoffState.ACTIVE, "the first one is untouched"


@pytest.mark.feature("HO-16")
async def test_the_bot_is_mute_from_the_request_to_the_end(bench: Workbench) -> None:
    one = await bench.start()
    gate = one.dispatcher.bot_may_send
    assert (await gate("c-1", 0)).allowed
    handoff = await one.request()
    refused = await gate("c-1", 0)
    assert (refused.allowed, refused.owner, refused.handoff_id) == (False, "human", handoff.id)
    assert not (await gate("c-1", refused.owner_number)).allowed, "not even with the human's number"
    await one.event("joined")
    await one.event("ended")
    (ended,) = one.channel.ended
    assert (await gate("c-1", ended.owner_number)).allowed
    assert not (await gate("c-1", 0)).allowed, "an old number never passes"
    assert (await gate("another", 0)).allowed


async def test_the_bot_may_speak_while_waiting_if_the_settings_say_so(bench: Workbench) -> None:
    one = await bench.start(livechat={"allow_bot_while_waiting": True})
    handoff = await one.request()
    number = handoff.owner_number
    assert (await one.dispatcher.bot_may_send("c-1", number)).allowed
    assert not (await one.dispatcher.bot_may_send("c-1", number - 1)).allowed
    await one.event("joined")
    assert not (await one.dispatcher.bot_may_send("c-1", number)).allowed


async def test_messages_wait_for_the_agent_where_the_vendor_garbles_early_ones(bench: Workbench) -> None:
    one = await bench.start(capabilities=WAITING_VENDOR)
    handoff = await one.request()
    await one.say(handoff, "one")
    await one.say(handoff, "two")
    assert one.vendor.received == []
    assert set((await one.fates(handoff)).values()) == {Fate.HELD}
    await one.event("joined")
    await one.say(handoff, "three")
    assert one.vendor.texts() == ["one", "two", "three"]


async def test_what_no_human_got_goes_back_to_the_bot(bench: Workbench) -> None:
    one = await bench.start(capabilities=WAITING_VENDOR)
    handoff = await one.request()
    await one.say(handoff, "one")
    await one.say(handoff, "two")
    await one.dispatcher.end(handoff.id, by="user")
    await one.settle()
    (ended,) = one.channel.ended
    assert ended.end.outcome is Outcome.CANCELLED
    assert [message.body for message in ended.undelivered] == ["one", "two"]
    assert set((await one.fates(handoff)).values()) == {Fate.DROPPED}
    assert [m.body for m in await one.dispatcher.undelivered(handoff.id)] == ["one", "two"]


async def test_a_message_after_the_end_is_not_live(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    await one.event("ended")
    answer = await one.say(handoff, "are you there?")
    assert isinstance(answer, NotLive)
    assert answer.owner == "bot"
    assert "are you there?" not in await one.fates(handoff)


async def test_a_repeated_message_is_accepted_once(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    assert await one.say(handoff, "hello", key="m-1") == Accepted("m-1")
    assert await one.say(handoff, "hello", key="m-1") == Accepted("m-1", duplicate=True)
    assert one.vendor.texts() == ["hello"]
    assert one.vendor.calls.count("send") == 1


async def test_order_holds_under_many_concurrent_messages(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    texts = [f"message {n}" for n in range(60)]
    await asyncio.gather(*(one.dispatcher.user_message(handoff.id, Message.text(t, key=t)) for t in texts))
    await one.settle()
    assert one.vendor.texts() == texts


async def test_the_end_from_our_side_closes_the_vendor_first(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    await one.dispatcher.end(handoff.id, by="user")
    await one.settle()
    assert [reason.by for _, reason in one.vendor.closed] == ["user"]
    handoff = await one.reload(handoff)
    assert handoff.outcome is Outcome.COMPLETED
    assert not handoff.open_at_vendor
    await one.dispatcher.end(handoff.id, by="operator")
    await one.settle()
    assert len(one.channel.ended) == 1, "ending again changes nothing"


async def test_a_user_who_leaves_while_waiting_cancels(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.request()
    await one.dispatcher.user_left(handoff.id)
    await one.settle()
    assert (await one.reload(handoff)).outcome is Outcome.CANCELLED


async def test_what_was_read_is_not_told_to_be_delivered_afterwards(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    await one.say(handoff, "hello", "m-1")
    await one.say(handoff, "again", "m-2")
    await one.settle()
    await one.event("read", key="m-1")
    await one.settle()
    await one.event("delivered", key="m-1")
    await one.event("delivered", key="m-2")
    await one.settle()
    told = [(seen.message_key, seen.status) for seen in one.channel.deliveries if isinstance(seen, Receipt)]
    assert told == [("m-1", "read"), ("m-2", "delivered")]
    assert (await one.fates(handoff))["hello"] is Fate.SEEN


async def test_typing_and_receipts_pass_both_ways_and_are_not_stored(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    await one.event("message", text="hi", key="m-agent")
    await one.dispatcher.user_typing(handoff.id, on=True)
    await one.dispatcher.user_receipt(handoff.id, UserReceipt(message_key="m-agent", status="read"))
    await one.event("typing", on="yes")
    assert [what for _, what in one.vendor.signals] == ["typing on", "read m-agent"]
    assert [o.on for o in one.channel.deliveries if isinstance(o, Typing)] == [True]
    entries = {e.message.key: e.fate for e in await one.dispatcher.entries(handoff.id)}
    assert entries["m-agent"] is Fate.SEEN
    assert not any("typing" in row.action.kind for row in await one.dispatcher.actions(handoff.id))


@pytest.mark.feature("HO-09")
async def test_the_survey_asked_by_the_sdk_reaches_the_agent(bench: Workbench) -> None:
    survey = [
        {"id": "topic", "text": "What is it about?", "choices": ["Order", "Bill"]},
        {"id": "no", "text": "Order number?"},
    ]
    one = await bench.start(livechat={"survey": survey})
    handoff = await one.request()
    asked = [o for o in one.channel.deliveries if isinstance(o, SystemMessage)][-1]
    assert (asked.moment, asked.text, asked.choices) == (
        Moment.SURVEY_QUESTION,
        "What is it about?",
        ("Order", "Bill"),
    )
    await one.say(handoff, "Order")
    await one.say(handoff, "4711")
    details = one.vendor.details[-1][1]
    assert [(a.id, a.answer) for a in details.survey] == [("topic", "Order"), ("no", "4711")]
    assert one.vendor.texts() == [], "answers travel with the survey, not as messages too"
    assert set((await one.fates(handoff)).values()) == {Fate.ACKNOWLEDGED}
    await one.say(handoff, "and hurry please")
    assert one.vendor.texts() == ["and hurry please"]


async def test_the_survey_asked_by_the_bot_travels_with_the_request_or_later(bench: Workbench) -> None:
    one = await bench.start(livechat={"survey": [{"id": "topic", "text": "What is it about?"}]})
    answer = SurveyAnswer(id="topic", question="Topic?", answer="bill")
    handoff = await one.request(survey=(answer,))
    assert one.vendor.opened[one.vendor.ref].survey == (answer,)
    assert Moment.SURVEY_QUESTION not in one.channel.moments, "what the bot has asked is not asked again"
    more = SurveyAnswer(id="number", question="Order?", answer="4711")
    assert isinstance(await one.dispatcher.add_details(handoff.id, survey=[more]), Accepted)
    await one.settle()
    assert one.vendor.details[-1][1].survey == (answer, more)
    await one.event("ended")
    assert isinstance(await one.dispatcher.add_details(handoff.id, survey=[more]), NotLive)


async def test_greek_users_are_told_in_greek(bench: Workbench) -> None:
    one = await bench.start()
    await one.request(language="el")
    (waiting,) = [o for o in one.channel.shown if isinstance(o, SystemMessage)]
    assert waiting.language == "el"
    assert any("\u0370" <= letter <= "\u03ff" for letter in waiting.text)


async def test_bad_input_is_a_clear_typed_error_and_stores_nothing(bench: Workbench) -> None:
    one = await bench.start()
    user = EndUser(id="u-1")
    with pytest.raises(UnknownBot, match=r"unknown bot 'shop'; the settings have: shop-bot"):
        await one.dispatcher.request(HandoffRequest(key="k", conversation_id="c", bot="shop", user=user))
    handoff = await one.active()
    with pytest.raises(MessageTooLarge, match="the limit is 65,536"):
        await one.dispatcher.user_message(handoff.id, Message.text("x" * 1_000_000))
    with pytest.raises(InvalidInput, match="empty"):
        await one.dispatcher.user_message(handoff.id, Message.text("  "))
    with pytest.raises(HandoffNotFound, match="h-nobody"):
        await one.dispatcher.user_message("h-nobody", Message.text("hello"))
    line = TranscriptEntry(author="user", body="x" * 1_000_000)
    with pytest.raises(InvalidInput, match="shorten the transcript"):
        await one.request(key="big", conversation="c-2", transcript=(line,) * 5)
    assert await one.fates(handoff) == {}


@pytest.mark.feature("PV-13")
async def test_a_webhook_is_taken_once_and_only_with_its_key(bench: Workbench) -> None:
    one = await bench.start(integrations={"bare": {"type": "TOY_LIVECHAT", "name": "bare"}})
    handoff = await one.active()
    assert await one.event("message", text="hi", id="evt-77") == 1
    assert await one.event("message", text="hi", id="evt-77") == 0, "a repeated id changes nothing"
    assert one.channel.texts == ["hi"]
    delivery = one.toy.delivery("message", text="false", secret="wrong")
    with pytest.raises(WebhookRejected) as wrong:
        await one.dispatcher.webhook("toy", delivery)
    assert wrong.value.status == 401
    with pytest.raises(WebhookRejected) as bare:
        await one.dispatcher.webhook("bare", one.toy.delivery("message", text="false"))
    assert bare.value.status == 404
    with pytest.raises(IntegrationNotFound):
        await one.dispatcher.webhook("nobody", delivery)
    broken = WebhookDelivery("POST", "/", {"X-Toy-Key": one.toy.key}, b"{", one.clock.now())
    with pytest.raises(WebhookRejected) as garbled:
        await one.dispatcher.webhook("toy", broken)
    assert garbled.value.status == 400
    assert one.channel.texts == ["hi"]
    assert (await one.reload(handoff)).state is HandoffState.ACTIVE


async def test_an_adapter_that_crashes_on_a_webhook_makes_the_vendor_try_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start()
    await one.active()

    def crash(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(one.toy.provider_class, "read_webhook", crash)
    with pytest.raises(WebhookRejected) as rejected:
        await one.event("message", text="hi", id="evt-1000")
    assert rejected.value.status == 503
    monkeypatch.undo()
    assert await one.event("message", text="hi", id="evt-1000") == 1, "nothing was lost"


async def test_an_unknown_event_is_recorded_and_changes_nothing(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    assert await one.event("balloons") == 1
    kinds = [entry.kind for entry in await one.dispatcher.journal(handoff.id)]
    assert kinds[-1] == "event.unknown_event"
    assert (await one.reload(handoff)).version == handoff.version
