"""Conversations with a vendor that has an event stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from livechat_sdk import HandoffState, Outcome
from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import RetryableError, StoreError
from livechat_sdk.ledger.shards import ALL_SHARDS, shard_of
from livechat_sdk.relay.interrupting import HEED_SECONDS
from livechat_sdk_testing.hostile.stream import StreamProvider, StreamVendor
from tests.inbound.world import STREAM, World, Worlds
from tests.relay.deaf import deaf_call, seconds_until

CAN_TELL = replace(STREAM, status=True, history=True)


def listeners(world: World) -> int:
    vendor = world.vendor
    assert isinstance(vendor, StreamVendor)
    return vendor.listeners


async def test_a_conversation_from_the_join_to_the_end_comes_in_by_the_stream(worlds: Worlds) -> None:
    world = await worlds.start(STREAM)
    handoff = await world.request()
    ref = f"{handoff.id}.1"
    await world.vendor.join(ref)
    await world.settle()
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE
    await world.vendor.say(ref, "one")
    await world.vendor.say(ref, "two")
    await world.vendor.end(ref)
    await world.settle()
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED
    assert world.channel.texts == ["one", "two"]
    assert listeners(world) == 1


async def test_what_happened_before_anybody_listened_is_asked_for(worlds: Worlds) -> None:
    first = await worlds.start(CAN_TELL)
    handoff = await first.request()
    ref = f"{handoff.id}.1"
    await first.pass_time(10)
    await first.kill()
    assert listeners(first) == 0
    await first.vendor.join(ref)
    await first.vendor.say(ref, "is anybody there?")
    second = await worlds.start(heir_of=first)
    await second.pass_time(10)
    assert (await second.reload(handoff)).state is HandoffState.ACTIVE
    assert second.channel.texts == ["is anybody there?"]


async def test_a_gap_has_all_chats_of_the_integration_asked_about(worlds: Worlds) -> None:
    world = await worlds.start(CAN_TELL, every=3600.0)
    handoffs = [await world.request(number) for number in range(3)]
    await world.pass_time(100)
    vendor = world.vendor
    assert isinstance(vendor, StreamVendor)
    vendor.break_stream(30)
    for handoff in handoffs:
        await vendor.join(f"{handoff.id}.1")
        await vendor.say(f"{handoff.id}.1", f"for {handoff.id}")
    await world.pass_time(29)
    assert world.channel.texts == []
    await world.pass_time(5)
    assert sorted(world.channel.texts) == sorted(f"for {handoff.id}" for handoff in handoffs)
    assert world.counts.gaps[vendor.name] == 2, "the start, and the break"
    assert world.counts.repairs[vendor.name, "message_received"] == 3


async def test_a_stream_that_ends_or_raises_is_listened_to_again_after_growing_pauses(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[float] = []
    world = await worlds.start(STREAM)
    original = StreamProvider.listen
    begin = world.clock.now()
    troubles = [
        RetryableError("down"),
        None,
        RuntimeError("a bug"),
        RetryableError("slow down", retry_after=100),
    ]

    async def listen(self: StreamProvider) -> AsyncIterator[ProviderEvent]:
        starts.append((world.clock.now() - begin).total_seconds())
        if troubles:
            trouble = troubles.pop(0)
            if trouble is not None:
                raise trouble
            return
        async for event in original(self):
            yield event

    monkeypatch.setattr(world.plugins[0].provider_class, "listen", listen)
    streams = world.dispatcher._inflow.streams
    streams.shards_changed(frozenset())
    await world.settle()
    streams.shards_changed(ALL_SHARDS)
    await world.pass_time(200)
    assert starts == [0, 1, 3, 7, 107]
    handoff = await world.request()
    await world.vendor.join(f"{handoff.id}.1")
    await world.settle()
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE


async def test_only_the_worker_that_holds_its_shard_listens(worlds: Worlds) -> None:
    world = await worlds.start(STREAM)
    streams = world.dispatcher._inflow.streams
    mine = frozenset({shard_of(f"stream:{world.vendor.name}")})
    streams.shards_changed(ALL_SHARDS - mine)
    await asyncio.sleep(0)
    assert streams.listening == frozenset()
    streams.shards_changed(mine)
    await world.settle()
    assert streams.listening == {world.vendor.name}
    assert listeners(world) == 1


async def test_an_event_that_cannot_be_stored_is_tried_again_and_none_overtakes_it(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(STREAM)
    handoff = await world.request()
    ref = f"{handoff.id}.1"
    await world.vendor.join(ref)
    await world.settle()
    intake = world.dispatcher._intake
    original = intake.take_event
    failures = 4
    tried: list[str] = []

    async def failing(event: ProviderEvent, **options: float | None) -> bool:
        nonlocal failures
        tried.append(event.id)
        if failures:
            failures -= 1
            raise StoreError("locked")
        return await original(event, late_seconds=options.get("late_seconds"))

    monkeypatch.setattr(intake, "take_event", failing)
    await world.vendor.say(ref, "one")
    await world.vendor.say(ref, "two")
    await world.pass_time(10)
    assert world.channel.texts == ["one", "two"]
    assert len(set(tried[:5])) == 1


async def test_an_event_that_trips_over_a_bug_waits_in_the_inbox_and_holds_up_no_other_chat(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(STREAM)
    one, two = await world.request(1), await world.request(2)
    intake = world.dispatcher._intake
    original = intake.take_event
    broken = True

    async def buggy(event: ProviderEvent, *, inbox_id: int | None = None, **_: object) -> bool:
        if broken and f"{one.id}.1" in event.refs:
            raise RuntimeError("a bug")
        return await original(event, inbox_id=inbox_id)

    monkeypatch.setattr(intake, "take_event", buggy)
    monkeypatch.setattr("livechat_sdk.dispatcher.intake._STORE_PAUSE", 0.01)
    await world.vendor.join(f"{one.id}.1")
    await world.vendor.join(f"{two.id}.1")
    until = world.dispatcher._watchers.until
    await until(two.id, lambda handoff: handoff.state is HandoffState.ACTIVE, wait=30)
    assert (await world.reload(two)).state is HandoffState.ACTIVE
    assert (await world.reload(one)).state is HandoffState.QUEUED
    broken = False
    await until(one.id, lambda handoff: handoff.state is HandoffState.ACTIVE, wait=30)
    assert (await world.reload(one)).state is HandoffState.ACTIVE


async def test_a_stream_that_is_cancelled_from_within_is_opened_again(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = StreamProvider.listen
    cancelled = [True]

    async def cancelled_once(self: StreamProvider) -> AsyncIterator[ProviderEvent]:
        if cancelled:
            cancelled.clear()
            raise asyncio.CancelledError
        async for event in listen(self):
            yield event

    monkeypatch.setattr(StreamProvider, "listen", cancelled_once)
    world = await worlds.start(STREAM)
    handoff = await world.request()
    await world.pass_time(10)
    await world.vendor.join(f"{handoff.id}.1")
    await world.settle()
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE


async def test_a_stream_that_does_not_heed_being_interrupted_is_named_and_ended(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def listen(_: StreamProvider) -> AsyncIterator[None]:
        begun.set()
        try:
            await deaf_call()
        finally:
            let_go.set()
        yield  # what makes it a generator, as those of most adapters are

    monkeypatch.setattr(StreamProvider, "listen", listen)
    world = await worlds.start(STREAM)
    await begun.wait()
    streams = world.dispatcher._inflow.streams
    assert await seconds_until(streams.stop()) < HEED_SECONDS + 5
    assert let_go.is_set()
    assert streams.listening == frozenset()
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == [
        f"stream {world.vendor.name} does not heed being interrupted; it is ended by force"
    ]
