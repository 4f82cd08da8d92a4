"""One message that never gets through holds up no end, no fallback, and not the rest for good."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk import Message, Outcome, RetryableError
from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.domain.outgoing import Outgoing
from livechat_sdk.lifecycle.effects import SendMessage
from livechat_sdk.relay.retry_policy import RETRY_RULES
from livechat_sdk_testing.channel import RecordingChannel
from tests.dispatcher.bench import Bench, Workbench

BUDGET = RETRY_RULES["deliver_message"].budget or 0.0


class Picky(RecordingChannel):
    """A channel that never takes one message."""

    async def deliver(self, outgoing: Outgoing) -> None:
        if getattr(getattr(outgoing, "message", None), "body", "") == "poison":
            raise ValueError("cannot show this")
        await super().deliver(outgoing)


async def test_a_delivery_that_never_succeeds_keeps_the_bot_waiting_for_seconds(
    bench: Workbench,
) -> None:
    one = await bench.start(channel=Picky())
    handoff = await one.active()
    await one.event("message", text="poison")
    await one.event("ended")
    assert (await one.reload(handoff)).outcome is Outcome.COMPLETED
    assert one.channel.ended == []
    await one.pass_time(5)
    assert len(one.channel.ended) == 1
    await one.pass_time(BUDGET)
    entries = {e.message.body: e.fate for e in await one.dispatcher.entries(handoff.id)}
    assert entries["poison"] is Fate.DOUBTFUL
    assert len(one.channel.ended) == 1


async def test_the_messages_behind_it_wait_for_a_minute_or_so(bench: Workbench) -> None:
    one = await bench.start(channel=Picky())
    handoff = await one.active()
    await one.event("message", text="poison")
    await one.event("message", text="next")
    await one.pass_time(100)
    assert one.channel.texts == ["next"]
    fates = {
        e.message.body: e.fate
        for e in await one.dispatcher.entries(handoff.id)
        if e.direction is Direction.TO_USER and e.author == "agent"
    }
    assert fates == {"poison": Fate.DOUBTFUL, "next": Fate.SENT}


@pytest.mark.parametrize("down", [5, 100, 400])
async def test_a_channel_that_is_down_for_all_gets_everything_in_order_when_it_is_back(
    bench: Workbench, down: float
) -> None:
    one = await bench.start()
    await one.active()
    one.channel.down = True
    await one.event("message", text="one")
    await one.event("message", text="two")
    await one.event("ended")
    await one.pass_time(down)
    one.channel.down = False
    await one.pass_time(200)
    assert one.channel.texts == ["one", "two"]
    assert one.channel.shown[-1].kind == "handoff_ended"


def poisoned(one: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first vendor never takes one message, and leaves open whether it has it."""
    original = one.toy.provider_class.send

    async def send(self: Any, chat: Any, message: Any) -> Any:
        if message.body == "poison":
            raise RetryableError("500", status=500)
        return await original(self, chat, message)

    monkeypatch.setattr(one.toy.provider_class, "send", send)


async def test_a_send_that_never_succeeds_holds_up_no_close(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start()
    poisoned(one, monkeypatch)
    handoff = await one.active()
    await one.say(handoff, "poison")
    await one.dispatcher.end(handoff.id, by="user")
    await one.settle()
    assert (await one.reload(handoff)).outcome is Outcome.COMPLETED
    assert len(one.vendor.closed) == 1
    assert len(one.channel.ended) == 1


async def test_a_send_that_never_succeeds_holds_up_no_fallback(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start(chain=("toy", "spare"), livechat={"agent_silence": {"release_after": "20s"}})
    poisoned(one, monkeypatch)
    handoff = await one.active()
    await one.say(handoff, "poison")
    await one.say(handoff, "next")
    await one.pass_time(21)
    handoff = await one.reload(handoff)
    assert handoff.integration == "spare"
    assert one.spare.vendor.texts() == ["poison", "next"]
    assert len(one.vendor.closed) == 1
    assert await one.fates(handoff) == {"poison": Fate.SENT, "next": Fate.SENT}


async def test_the_messages_behind_a_send_that_never_succeeds_wait_for_a_minute_or_so(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start()
    poisoned(one, monkeypatch)
    handoff = await one.active()
    await one.say(handoff, "poison")
    await one.say(handoff, "next")
    await one.pass_time(100)
    assert one.vendor.texts() == ["next"]
    assert await one.fates(handoff) == {"poison": Fate.DOUBTFUL, "next": Fate.SENT}
    (entry,) = [e for e in await one.dispatcher.entries(handoff.id) if e.message.body == "poison"]
    assert entry.detail == "given up, for the next one got through; RetryableError: 500"
    assert [parked.message_key for parked in await one.dispatcher.parked()] == ["poison"]


async def test_a_vendor_that_is_down_for_all_gets_everything_in_order_when_it_is_back(
    bench: Workbench,
) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["send"] = [RetryableError("500", status=500)] * 10_000
    for text in ("one", "two", "three"):
        await one.say(handoff, text)
    await one.pass_time(500)
    one.vendor.fail["send"] = []
    await one.pass_time(200)
    assert [part.body for _, part in one.vendor.received] == ["one", "two", "three"]
    assert set((await one.fates(handoff)).values()) == {Fate.SENT}


async def test_a_channel_that_is_down_for_minutes_gets_every_message_when_it_is_back(
    bench: Workbench,
) -> None:
    one = await bench.start()
    await one.active()
    one.channel.down = True
    texts = [f"message {number}" for number in range(4)]
    for text in texts:
        await one.event("message", text=text)
    await one.pass_time(500)
    one.channel.down = False
    await one.pass_time(300)
    assert one.channel.texts == texts
    assert await one.dispatcher.parked() == []


async def test_a_vendor_that_cannot_be_reached_is_no_reason_to_suspect_a_message(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    await one.say(handoff, "before")
    calls = one.vendor.calls.count("send")
    one.vendor.fail["send"] = [RetryableError("no connection", sent=False)] * 10_000
    await one.say(handoff, "one")
    await one.say(handoff, "two")
    await one.pass_time(300)
    tries = {
        row.action.message_key: row.tries
        for row in await one.dispatcher.store.open_actions()
        if isinstance(row.action, SendMessage)
    }
    assert tries["one"] == one.vendor.calls.count("send") - calls
    assert tries["two"] == 0


async def test_a_handoff_that_cannot_be_read_holds_back_no_timers_and_no_events_of_others(
    bench: Workbench, database: Path
) -> None:
    one = await bench.start(livechat={"request_timeout": "1m"})
    first = await one.request(key="k-1", conversation="c-1")
    lost = one.vendor.ref
    await one.pass_time(1)
    second = await one.request(key="k-2", conversation="c-2")
    await one.request(key="k-3", conversation="c-3")
    spoilt = """UPDATE handoffs SET document = '{"v":1,"d":{}}' WHERE id = ?"""
    with closing(sqlite3.connect(database)) as db, db:
        db.execute(spoilt, (first.id,))
    events = [said(one, lost, "nobody hears it"), said(one, one.vendor.ref, "hello")]
    await one.dispatcher.store.commit((), events)
    one.dispatcher._intake.inbox_changed()
    assert await until(lambda: one.channel.texts == ["hello"])
    await one.clock.advance(60)
    assert (await one.dispatcher.until_ended(second.id, wait=10)).outcome is Outcome.MISSED


async def test_a_chat_whose_events_cannot_be_applied_holds_back_no_other_however_many_they_are(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start()
    first = await one.active(key="k-1", conversation="c-1")
    stuck = one.vendor.ref
    await one.request(key="k-2", conversation="c-2")
    submit = one.dispatcher._stepper.submit

    async def poisoned(handoff_id: str, *args: Any, **options: Any) -> Any:
        if handoff_id == first.id:
            raise ZeroDivisionError
        return await submit(handoff_id, *args, **options)

    monkeypatch.setattr(one.dispatcher._stepper, "submit", poisoned)
    events = [*(said(one, stuck, f"stuck {n}") for n in range(120)), said(one, one.vendor.ref, "hello")]
    await one.dispatcher.store.commit((), events)
    one.dispatcher._intake.inbox_changed()
    assert await until(lambda: one.channel.texts == ["hello"])


def said(one: Bench, ref: str, text: str) -> MessageReceived:
    """An agent's message in a chat."""
    return MessageReceived(
        id=f"{ref} {text}",
        integration="toy",
        refs=(ref,),
        received_at=one.clock.now(),
        message=Message.text(text, key=text),
    )


async def until(condition: Callable[[], bool]) -> bool:
    """Whether it comes true soon."""
    for _ in range(200):
        if condition():
            return True
        await asyncio.sleep(0.05)
    return False
