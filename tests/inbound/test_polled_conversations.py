"""Conversations with a vendor that must be asked for everything."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from livechat_sdk import HandoffState, Outcome
from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.errors import StoreError
from livechat_sdk.provider.interface import PlannedMessage, Polled, PollPace, Sent
from livechat_sdk_testing.hostile import Fault
from livechat_sdk_testing.hostile.poll import PollVendor
from tests.inbound.world import POLL, World, Worlds


def polls(world: World) -> int:
    return world.counts.polls[world.vendor.name]


async def talk(world: World, ref: str) -> None:
    await world.vendor.join(ref)
    await world.pass_time(5)
    await world.vendor.say(ref, "how can I help?")
    await world.pass_time(5)


async def test_a_conversation_from_the_join_to_the_end_comes_in_by_polling(worlds: Worlds) -> None:
    world = await worlds.start(POLL)
    handoff = await world.request()
    ref = f"{handoff.id}.1"
    await talk(world, ref)
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE
    await world.say(handoff, "my order is lost")
    assert [one.body for one in world.vendor.chat(ref).received] == ["my order is lost"]
    await world.vendor.say(ref, "one")
    await world.vendor.say(ref, "two")
    await world.vendor.end(ref)
    await world.pass_time(5)
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED
    assert world.channel.texts == ["how can I help?", "one", "two"]
    before = polls(world)
    await world.pass_time(120)
    assert polls(world) == before, "a closed chat is polled no more"


async def test_a_new_process_goes_on_at_the_stored_cursor(worlds: Worlds) -> None:
    first = await worlds.start(POLL)
    handoff = await first.request()
    ref = f"{handoff.id}.1"
    await talk(first, ref)
    await first.kill()
    await first.vendor.say(ref, "are you there?")
    await first.clock.advance(30)
    second = await worlds.start(heir_of=first)
    await second.pass_time(1)
    assert second.channel.texts == ["how can I help?", "are you there?"]
    chat = await second.dispatcher.store.chat(handoff.id, 1)
    assert chat is not None
    assert chat.state["cursor"] == 3


async def test_a_session_that_expired_is_renewed_and_kept(worlds: Worlds) -> None:
    world = await worlds.start(POLL)
    handoff = await world.request()
    ref = f"{handoff.id}.1"
    vendor = world.vendor
    assert isinstance(vendor, PollVendor)
    await talk(world, ref)
    vendor.expire_sessions()
    await vendor.say(ref, "still here")
    await world.pass_time(5)
    chat = await world.dispatcher.store.chat(handoff.id, 1)
    assert chat is not None
    assert vendor.knows(chat.secrets["cookie"].get_secret_value())
    assert world.channel.texts == ["how can I help?", "still here"]


async def test_the_pace_follows_the_conversation(worlds: Worlds) -> None:
    world = await worlds.start(POLL, pace=PollPace(fastest=1, slowest=30))
    handoff = await world.request()
    ref = f"{handoff.id}.1"
    await world.pass_time(600)  # nobody is there
    before = polls(world)
    await world.pass_time(300)
    assert polls(world) - before <= 11, "a chat in which nothing happens is polled slowly"
    await world.vendor.join(ref)
    await world.pass_time(31)
    before = polls(world)
    await world.vendor.say(ref, "hello")
    await world.pass_time(5)
    assert world.channel.texts == ["hello"]
    before = polls(world)
    await world.pass_time(5)
    assert 4 <= polls(world) - before <= 6, "while people talk, once a second"
    await world.pass_time(600)
    before = polls(world)
    await world.say(handoff, "one more thing")
    await world.pass_time(5)
    assert polls(world) - before >= 4, "the end user's word makes it quick again"


@pytest.mark.parametrize("fault", [Fault.LOSE, Fault.BREAK, Fault.NEVER_LEFT])
async def test_a_vendor_in_trouble_is_asked_less_and_less_and_nothing_is_lost(
    worlds: Worlds, fault: Fault
) -> None:
    world = await worlds.start(POLL)
    handoff = await world.request()
    ref = f"{handoff.id}.1"
    await talk(world, ref)
    world.vendor.faults.script("poll", *[fault] * 6)
    await world.vendor.say(ref, "did you get this?")
    before = polls(world)
    await world.pass_time(20)
    assert polls(world) == before
    assert world.counts.poll_errors[world.vendor.name] <= 5
    await world.pass_time(60)
    assert world.channel.texts == ["how can I help?", "did you get this?"]
    assert world.counts.poll_errors[world.vendor.name] == 6


async def test_retry_after_holds_for_every_chat_of_the_integration(worlds: Worlds) -> None:
    world = await worlds.start(POLL)
    for number in range(3):
        handoff = await world.request(number)
        await world.vendor.join(f"{handoff.id}.1")
    await world.pass_time(10)
    world.vendor.faults.script("poll", Fault.THROTTLE)
    name = world.vendor.name
    while not world.counts.poll_errors[name]:
        await world.pass_time(0.5)
    before = polls(world)
    await world.pass_time(5.5)
    assert polls(world) == before, "seven seconds were asked for"
    await world.pass_time(4)
    assert polls(world) > before + 2


async def test_what_a_poll_brought_is_written_down_when_the_ledger_is_back(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(POLL)
    handoff = await world.request()
    ref = f"{handoff.id}.1"
    await talk(world, ref)
    store = world.dispatcher.store
    original = store.save_poll
    failures = 3

    async def failing(before: Chat, after: Chat, events: Sequence[ProviderEvent]) -> bool:
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreError("the disk is full")
        return await original(before, after, events)

    monkeypatch.setattr(store, "save_poll", failing)
    before = polls(world)
    await world.vendor.say(ref, "hold on")
    while "hold on" not in world.channel.texts:
        await world.pass_time(0.5)
    assert polls(world) == before + 1, "the vendor was asked once; what it said was not thrown away"
    assert world.channel.texts == ["how can I help?", "hold on"]


async def test_an_event_that_two_have_polled_is_taken_once(worlds: Worlds) -> None:
    world = await worlds.start(POLL)
    handoff = await world.request()
    ref = f"{handoff.id}.1"
    await talk(world, ref)
    store = world.dispatcher.store
    world.vendor.faults.script("poll", Fault.REPEAT, Fault.REPEAT)
    await world.vendor.say(ref, "once")
    chat = await store.chat(handoff.id, 1)
    assert chat is not None
    provider = world.dispatcher._providers[world.vendor.name]
    polled = await provider.poll(chat)
    assert await store.save_poll(chat, polled.chat, polled.events)
    await world.dispatcher._inflow.poller._keep(chat, polled)  # the other one, with an old cursor
    await world.pass_time(5)
    assert world.channel.texts == ["how can I help?", "once"]


async def test_a_chat_that_our_side_has_left_open_is_polled_slowly_until_it_ends(worlds: Worlds) -> None:
    world = await worlds.start(replace(POLL, closes=False), pace=PollPace(fastest=1, slowest=30))
    handoff = await world.request()
    ref = f"{handoff.id}.1"
    await talk(world, ref)
    await world.dispatcher.end(handoff.id)
    await world.settle()
    before = polls(world)
    await world.pass_time(300)
    assert 8 <= polls(world) - before <= 12
    await world.vendor.say(ref, "anybody?")
    await world.vendor.end(ref)
    await world.pass_time(60)
    assert world.channel.texts == ["how can I help?"], "what is said after the end is not shown"
    ended = await world.reload(handoff)
    assert ended.attempts[0].closed
    before = polls(world)
    await world.pass_time(300)
    assert polls(world) == before


async def test_a_shard_that_is_given_up_is_not_polled_and_one_that_comes_in_is(worlds: Worlds) -> None:
    world = await worlds.start(POLL)
    handoff = await world.request()
    ref = f"{handoff.id}.1"
    await talk(world, ref)
    inflow = world.dispatcher._inflow
    inflow.shards_changed(frozenset())
    before = polls(world)
    await world.vendor.say(ref, "to whom?")
    await world.pass_time(120)
    assert polls(world) == before
    inflow.shards_changed(frozenset(range(64)))
    await world.pass_time(2)
    assert world.channel.texts == ["how can I help?", "to whom?"]


async def test_a_chat_is_not_read_for_each_poll_and_always_after_somebody_changed_it(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(POLL, pace=PollPace(fastest=1.0, slowest=1.0))
    handoff = await world.request()
    await talk(world, f"{handoff.id}.1")
    store = world.dispatcher.store
    usual, reads = store.chat, 0

    async def read(handoff_id: str, attempt: int) -> Chat | None:
        nonlocal reads
        reads += 1
        return await usual(handoff_id, attempt)

    monkeypatch.setattr(store, "chat", read)
    before = polls(world)
    await world.pass_time(50)
    assert polls(world) - before >= 45
    assert reads <= 1
    await world.say(handoff, "hello")  # one read to send it
    await world.pass_time(5)
    assert 2 <= reads <= 3
    before, reads = polls(world), 0
    await world.pass_time(300)
    assert 4 <= reads <= 6, "now and then it is read all the same"


async def test_a_poll_sees_what_a_send_has_changed(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await worlds.start(POLL, pace=PollPace(fastest=1.0, slowest=1.0))
    handoff = await world.request()
    await talk(world, f"{handoff.id}.1")
    provider = world.plugins[0].provider_class
    send, poll = provider.send, provider.poll
    seen: list[object] = []

    async def sends(one: Any, chat: Chat, message: PlannedMessage) -> Sent:
        sent = await send(one, chat, message)
        return sent.model_copy(update={"patch": {"said": message.body}})

    async def polls_it(one: Any, chat: Chat) -> Polled:
        seen.append(chat.state.get("said"))
        return await poll(one, chat)

    monkeypatch.setattr(provider, "send", sends)
    monkeypatch.setattr(provider, "poll", polls_it)
    await world.pass_time(2)
    await world.say(handoff, "first")
    await world.pass_time(2)
    await world.say(handoff, "second")
    await world.pass_time(2)
    assert list(dict.fromkeys(seen)) == [None, "first", "second"]


async def test_a_poll_that_is_cancelled_from_within_is_not_the_last_one(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(POLL)
    handoff = await world.request()
    provider = world.plugins[0].provider_class
    poll = provider.poll
    cancelled = [True]

    async def cancelled_once(self: Any, chat: Chat) -> Polled:
        if cancelled:
            cancelled.clear()
            raise asyncio.CancelledError
        return await poll(self, chat)

    monkeypatch.setattr(provider, "poll", cancelled_once)
    await world.pass_time(20)
    assert not cancelled
    await world.vendor.join(f"{handoff.id}.1")
    await world.pass_time(60)
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE
