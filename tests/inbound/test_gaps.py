"""A gap concerns every chat of its integration, whoever looks after it."""

from __future__ import annotations

from dataclasses import replace

from livechat_sdk import Message
from livechat_sdk.domain.chats import StreamGap
from livechat_sdk.ledger.shards import ALL_SHARDS, SHARDS, shard_of, text_in_shard
from tests.inbound.world import STREAM, WEBHOOK, World, Worlds

TELLS = replace(STREAM, status=True, history=True)


def a_gap(world: World, ref: str = "stream") -> StreamGap:
    now = world.clock.now()
    return StreamGap(id="gap-1", integration=world.vendor.name, refs=(ref,), received_at=now)


def test_there_is_a_text_for_every_shard() -> None:
    texts = [text_in_shard(shard, prefix="x:") for shard in range(SHARDS)]
    assert [shard_of(text) for text in texts] == list(range(SHARDS))
    assert all(text.startswith("x:") for text in texts)


async def test_workers_that_hold_other_shards_hear_of_a_gap_through_the_inbox(worlds: Worlds) -> None:
    world = await worlds.start(TELLS)
    await world.settle()
    inflow, store = world.dispatcher._inflow, world.dispatcher.store
    mine = frozenset(range(10))
    inflow.shards_changed(mine)
    world.dispatcher._intake._inbox_changed.clear()
    await inflow.gap(a_gap(world))
    waiting = await store.inbox(limit=1000)
    assert {shard_of(one.event.refs[0]) for one in waiting} == ALL_SHARDS - mine
    assert len(waiting) == SHARDS - len(mine)
    await inflow.gap(a_gap(world))
    assert len(await store.inbox(limit=1000)) == SHARDS - len(mine), "the same gap is passed on once"


async def test_a_gap_that_was_passed_on_has_the_chats_asked_about_and_goes_no_further(
    worlds: Worlds,
) -> None:
    world = await worlds.start(replace(WEBHOOK, status=True, history=True), every=3600.0)
    handoff = await world.request()
    await world.vendor.join(f"{handoff.id}.1")
    await world.pass_time(100)
    world.vendor.faults.withheld = {"message_received"}
    await world.vendor.say(f"{handoff.id}.1", "lost")
    assert await world.dispatcher.user_message(handoff.id, Message.text("hi"))
    passed_on = a_gap(world, text_in_shard(5, prefix="gap-for-shard:"))
    await world.dispatcher.store.commit((), [passed_on])
    world.dispatcher._intake.inbox_changed()
    await world.settle()
    assert world.channel.texts == ["lost"]
    assert await world.dispatcher.store.inbox() == []
    assert world.counts.gaps[world.vendor.name] == 0, "it was counted where it was heard of"


async def test_a_gap_in_a_webhook_is_a_gap_too(worlds: Worlds) -> None:
    world = await worlds.start(replace(WEBHOOK, status=True, history=True), every=3600.0)
    handoff = await world.request()
    await world.vendor.join(f"{handoff.id}.1")
    await world.pass_time(100)
    world.vendor.faults.withheld = {"message_received"}
    await world.vendor.say(f"{handoff.id}.1", "lost")
    assert await world.dispatcher._intake.take_event(a_gap(world))
    await world.settle()
    assert world.channel.texts == ["lost"]
    assert world.counts.gaps[world.vendor.name] == 1
