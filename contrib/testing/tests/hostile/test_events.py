"""Events of hostile vendors: how they come, come twice, come late, or do not come. All four kinds."""

from __future__ import annotations

import pytest

from contrib.testing.tests.hostile.bench import KINDS, OneVendor
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.chats import MessageReceived, StreamGap
from livechat_sdk.errors import StoreError, WebhookRejected
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.hostile import (
    ChatOver,
    Fault,
    HostileVendor,
    PollVendor,
    StreamVendor,
    WebhookVendor,
    What,
)

every_kind = pytest.mark.parametrize("inbound", KINDS)


def bodies(one: OneVendor) -> list[str]:
    return [event.message.body for event in one.events if isinstance(event, MessageReceived)]


async def say_all(vendor: HostileVendor, *texts: str) -> None:
    for text in texts:
        await vendor.say("h-1.1", text)


@every_kind
async def test_everything_that_happens_is_told_once_and_in_order(inbound: Inbound) -> None:
    one = OneVendor(inbound)
    await one.start()
    async with one.listening():
        chat = await one.open()
        vendor = one.vendor
        await vendor.queue("h-1.1", 2)
        await vendor.accept("h-1.1")
        await vendor.join("h-1.1")
        await vendor.typing("h-1.1")
        await vendor.say("h-1.1", "hi")
        await one.send(chat, "u-1")
        await vendor.delivered("h-1.1", "u-1")
        await vendor.read("h-1.1", "u-1")
        await vendor.lose_message("h-1.1", "u-1")
        await vendor.transfer("h-1.1")
        await vendor.leave("h-1.1")
        await vendor.end("h-1.1")
        await one.collect(chat)
    assert [event.kind for event in one.events] == [
        "queue_updated",
        "chat_accepted",
        "agent_joined",
        "typing_changed",
        "message_received",
        "message_delivered",
        "message_read",
        "message_failed",
        "chat_transferred",
        "agent_left",
        "chat_ended",
    ]
    assert len({event.id for event in one.events}) == len(one.events)
    assert {event.refs for event in one.events} == {("h-1.1", "acme-c1")}
    with pytest.raises(ChatOver, match="is over"):
        await one.vendor.say("h-1.1", "too late")


async def test_a_rejected_chat_is_over() -> None:
    one = OneVendor(Inbound.WEBHOOK)
    chat = await one.open()
    await one.vendor.reject("h-1.1", "closed today")
    await one.collect(chat)
    assert [event.kind for event in one.events] == ["chat_rejected"]
    assert one.vendor.chat("h-1.1").state == "ended"


@every_kind
async def test_a_vendor_without_references_names_only_its_own(inbound: Inbound) -> None:
    one = OneVendor(inbound, knows_ref=False)
    await one.start()
    async with one.listening():
        chat = await one.open()
        await one.vendor.join("h-1.1")
        await one.collect(chat)
    assert [event.refs for event in one.events] == [("acme-c1",)]


@every_kind
async def test_a_repeated_event_has_the_same_id(inbound: Inbound) -> None:
    one = OneVendor(inbound)
    await one.start()
    async with one.listening():
        chat = await one.open()
        one.vendor.faults.script("event", Fault.REPEAT)
        await one.vendor.say("h-1.1", "hi")
        await one.collect(chat)
    assert bodies(one) == ["hi", "hi"]
    assert len({event.id for event in one.events}) == 1


@every_kind
async def test_a_withheld_kind_is_never_told_but_remembered(inbound: Inbound) -> None:
    one = OneVendor(inbound, history=True)
    await one.start()
    async with one.listening():
        chat = await one.open()
        one.vendor.faults.withheld.add("message_received")
        await one.vendor.join("h-1.1")
        start = one.clock.now()
        await say_all(one.vendor, "one", "two")
        await one.collect(chat)
        found = await one.provider.history(chat, start)
    assert [event.kind for event in one.events] == ["agent_joined"]
    assert [message.message.body for message in found] == ["one", "two"]
    assert [line.note for line in one.vendor.truth.of("h-1.1", What.LOST)] == ["withheld", "withheld"]


@every_kind
async def test_history_carries_the_same_ids_and_keys_as_the_events(inbound: Inbound) -> None:
    one = OneVendor(inbound, history=True)
    await one.start()
    async with one.listening():
        chat = await one.open()
        start = one.clock.now()
        await say_all(one.vendor, "one", "two")
        await one.collect(chat)
        found = await one.provider.history(chat, start)
    told = [event for event in one.events if isinstance(event, MessageReceived)]
    assert [(m.id, m.message) for m in found] == [(m.id, m.message) for m in told]


@every_kind
async def test_history_lags_forgets_and_begins_where_it_is_asked(inbound: Inbound) -> None:
    one = OneVendor(inbound, history=True, history_keeps=100.0, delay=20.0)
    await one.start()
    chat = await one.open()
    start = one.clock.now()
    await one.vendor.say("h-1.1", "old")
    await one.clock.advance(60)
    middle = one.clock.now()
    await one.vendor.say("h-1.1", "young")

    async def seen() -> list[str]:
        return [message.message.body for message in await one.provider.history(chat, start)]

    assert await seen() == ["old", "young"]
    one.vendor.faults.script("history", Fault.LAG)
    assert await seen() == ["old"]
    assert [m.message.body for m in await one.provider.history(chat, middle)] == ["young"]
    await one.clock.advance(41)
    assert await seen() == ["young"]


# ---------------------------------------------------------------------------------------------- webhooks


async def test_a_lost_webhook_is_sent_again_and_may_be_overtaken() -> None:
    one = OneVendor(Inbound.WEBHOOK)
    chat = await one.open()
    one.vendor.faults.script("event", Fault.LOSE)
    await say_all(one.vendor, "one", "two")
    await one.collect(chat)
    assert bodies(one) == ["two"]
    await one.pass_time(10)
    assert bodies(one) == ["two", "one"]
    assert one.vendor.next_due is None


async def test_a_webhook_that_nobody_answers_is_repeated_for_as_long_as_stated() -> None:
    one = OneVendor(Inbound.WEBHOOK, redelivers_for=100.0)
    vendor = one.vendor
    assert isinstance(vendor, WebhookVendor)
    await one.open()
    vendor.deliver = None
    await vendor.say("h-1.1", "hello?")
    for _ in range(200):
        await one.pass_time(1)
    vendor.deliver = one.take_webhook
    assert vendor.next_due is None
    await one.pass_time(1000)
    assert bodies(one) == []
    assert len(list(vendor.truth.of("h-1.1", What.GAVE_UP))) == 1


@pytest.mark.parametrize("error", [WebhookRejected("no", status=503), StoreError("no"), OSError("refused")])
async def test_a_webhook_that_was_refused_comes_again(error: Exception) -> None:
    one = OneVendor(Inbound.WEBHOOK)
    vendor = one.vendor
    assert isinstance(vendor, WebhookVendor)
    chat = await one.open()

    async def refuse(_: WebhookDelivery) -> None:
        raise error

    vendor.deliver = refuse
    await vendor.say("h-1.1", "hello")
    await one.collect(chat)
    vendor.deliver = one.take_webhook
    await one.pass_time(10)
    assert bodies(one) == ["hello"]
    assert [line.what for line in vendor.truth.of("h-1.1", What.OFFERED, What.HANDED)] == [
        What.OFFERED,
        What.OFFERED,
        What.HANDED,
    ]


async def test_delayed_and_reordered_webhooks() -> None:
    one = OneVendor(Inbound.WEBHOOK, delay=20.0)
    chat = await one.open()
    one.vendor.faults.script("event", Fault.DELAY, None, Fault.REORDER)
    await say_all(one.vendor, "late", "two", "three")
    await one.collect(chat)
    assert bodies(one) == ["three", "two"]
    await one.pass_time(20)
    assert bodies(one) == ["three", "two", "late"]


async def test_webhooks_come_before_open_has_returned() -> None:
    one = OneVendor(Inbound.WEBHOOK)
    one.vendor.faults.script("open", Fault.EARLY)
    await one.open()
    assert [event.kind for event in one.events] == ["agent_joined", "message_received"]
    whats = [line.what for line in one.vendor.truth.log]
    assert whats.index(What.HANDED) < whats.index(What.CALLED)


async def test_a_webhook_with_a_wrong_signature_or_body_is_refused() -> None:
    one = OneVendor(Inbound.WEBHOOK)
    vendor = one.vendor
    assert isinstance(vendor, WebhookVendor)
    await one.open()
    await vendor.say("h-1.1", "hi")
    good = vendor.webhook(vendor.chat("h-1.1").events[0])
    assert len(one.provider.read_webhook(good)) == 1
    changed = WebhookDelivery("POST", good.path, good.headers, good.body + b" ", good.received_at)
    with pytest.raises(WebhookRejected):
        one.provider.read_webhook(changed)


# ----------------------------------------------------------------------------------------------- polling


async def polled(**traits: object) -> tuple[OneVendor, PollVendor]:
    one = OneVendor(Inbound.POLL, **traits)
    assert isinstance(one.vendor, PollVendor)
    return one, one.vendor


async def test_the_cookie_is_a_secret_and_is_renewed_by_a_poll() -> None:
    one, vendor = await polled(session_life=60.0)
    chat = await one.open()
    assert "acme-session" not in repr(chat)
    assert chat.state == {"cursor": 0}
    same = await one.collect(chat)
    assert same is chat, "an unchanged chat is the same one"
    await one.clock.advance(61)
    await vendor.say("h-1.1", "hi")
    later = await one.collect(chat)
    assert bodies(one) == ["hi"]
    assert later.secrets != chat.secrets
    await one.send(chat, "u-1")
    assert [received.key for received in vendor.chat("h-1.1").received] == ["u-1"]


async def test_an_old_cursor_brings_the_same_events_again() -> None:
    one, vendor = await polled()
    chat = await one.open()
    await say_all(vendor, "one", "two")
    later = await one.collect(chat)
    await one.collect(chat)
    await one.collect(later)
    assert bodies(one) == ["one", "two", "one", "two"]
    assert later.state == {"cursor": 2}


async def test_polls_that_repeat_lag_and_swap() -> None:
    one, vendor = await polled()
    chat = await one.open()
    await say_all(vendor, "one", "two", "three")
    vendor.faults.script("poll", Fault.DELAY, Fault.REPEAT, Fault.REORDER)
    chat = await one.collect(chat)
    assert bodies(one) == ["one", "two"]
    chat = await one.collect(chat)
    assert bodies(one) == ["one", "two", "one", "two", "three"]
    await say_all(vendor, "four", "five")
    await one.collect(chat)
    assert bodies(one)[-2:] == ["five", "four"]


async def test_a_long_feed_comes_in_pages() -> None:
    one, vendor = await polled()
    chat = await one.open()
    await say_all(vendor, *map(str, range(25)))
    chat = await one.collect(chat)
    assert len(one.events) == 20
    await one.collect(chat)
    assert bodies(one) == [str(number) for number in range(25)]


# --------------------------------------------------------------------------------------------- streaming


async def test_a_break_of_the_stream_loses_what_happens_in_it_and_says_so() -> None:
    one = OneVendor(Inbound.STREAM)
    vendor = one.vendor
    assert isinstance(vendor, StreamVendor)
    async with one.listening():
        chat = await one.open()
        await vendor.say("h-1.1", "one")
        since = one.clock.now()
        vendor.break_stream(30)
        await vendor.say("h-1.1", "missed")
        await one.pass_time(30)
        await vendor.say("h-1.1", "three")
        await one.collect(chat)
    assert bodies(one) == ["one", "three"]
    (gap,) = [event for event in one.events if isinstance(event, StreamGap)]
    assert gap.since == since


async def test_faults_of_the_stream() -> None:
    one = OneVendor(Inbound.STREAM, delay=20.0)
    async with one.listening():
        chat = await one.open()
        one.vendor.faults.script("event", Fault.DELAY, Fault.REORDER, None, Fault.LOSE)
        await say_all(one.vendor, "late", "two", "three", "lost")
        await one.collect(chat)
        assert bodies(one) == ["three"]
        await one.pass_time(20)
        await one.pass_time(0)
        await one.collect(chat)
    assert [event.kind for event in one.events].count("stream_gap") == 1
    assert "lost" not in bodies(one)


async def test_what_is_said_while_nobody_listens_is_missed() -> None:
    one = OneVendor(Inbound.STREAM)
    vendor = one.vendor
    assert isinstance(vendor, StreamVendor)
    chat = await one.open()
    await vendor.say("h-1.1", "anybody?")
    async with one.listening():
        assert vendor.listeners == 1
        await one.collect(chat)
    assert vendor.listeners == 0
    assert bodies(one) == []
    assert [line.note for line in vendor.truth.of("h-1.1", What.LOST)] == ["nobody listens"]


# ---------------------------------------------------------------------------------------------- the truth


async def test_the_truth_reads_like_a_log() -> None:
    one = OneVendor(Inbound.WEBHOOK)
    chat = await one.open()
    await one.vendor.say("h-1.1", "hi", key="a-1")
    await one.collect(chat)
    assert one.vendor.truth.refs() == ["h-1.1"]
    lines = str(one.vendor.truth).splitlines()
    assert lines[0].endswith("09:00:00.000000 opened h-1.1 acme-c1")
    assert lines[-1].endswith("handed webhook h-1.1 a-1 acme-e1 message_received")
