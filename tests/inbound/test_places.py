"""The list of open chats, when the ledger and the news do not come in the same order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from livechat_sdk.errors import StoreError
from livechat_sdk.inbound.places import ChatKey
from livechat_sdk.ledger.shards import ALL_SHARDS, shard_of
from livechat_sdk.ledger.store import ChatPlace
from livechat_sdk.provider.interface import PollPace
from tests.inbound.world import POLL, WEBHOOK, World, Worlds


def keys(world: World) -> set[ChatKey]:
    places = world.dispatcher._inflow.places
    return {place.key for place in places.of(world.vendor.name)}


async def test_a_chat_that_opens_while_the_ledger_is_read_is_kept(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(WEBHOOK)
    await world.settle()
    store, reading, go_on = world.dispatcher.store, asyncio.Event(), asyncio.Event()
    original = store.open_chats

    async def slow(integrations: Sequence[str]) -> Sequence[ChatPlace]:
        found = await original(integrations)
        reading.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(store, "open_chats", slow)
    look = asyncio.create_task(world.dispatcher._inflow.places.look())
    await reading.wait()
    handoff = await world.request()
    go_on.set()
    await look
    assert keys(world) == {ChatKey(handoff.id, 1)}


async def test_a_chat_that_closes_while_the_ledger_is_read_does_not_come_back(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(WEBHOOK)
    handoff = await world.request()
    store, reading, go_on = world.dispatcher.store, asyncio.Event(), asyncio.Event()
    original = store.open_chats

    async def slow(integrations: Sequence[str]) -> Sequence[ChatPlace]:
        found = await original(integrations)
        reading.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(store, "open_chats", slow)
    look = asyncio.create_task(world.dispatcher._inflow.places.look())
    await reading.wait()
    await world.vendor.join(f"{handoff.id}.1")
    await world.vendor.end(f"{handoff.id}.1")
    await world.pump()
    go_on.set()
    await look
    assert keys(world) == set()


async def test_a_chat_that_another_worker_has_opened_or_closed_is_noticed(worlds: Worlds) -> None:
    world = await worlds.start(POLL)
    handoff = await world.request()
    inflow = world.dispatcher._inflow
    key = ChatKey(handoff.id, 1)
    inflow.places.forget(key)  # as if somebody else had opened it
    assert keys(world) == set()
    inflow.heard_of(handoff.id)
    await world.pass_time(1)
    assert keys(world) == {key}


async def test_what_is_heard_makes_a_known_chat_quick_and_does_not_read_the_ledger(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(POLL, pace=PollPace(fastest=1, slowest=20))
    handoff = await world.request()
    await world.vendor.join(f"{handoff.id}.1")
    await world.pass_time(610)
    looks = 0
    places = world.dispatcher._inflow.places
    original = places.look

    async def look() -> None:
        nonlocal looks
        looks += 1
        await original()

    monkeypatch.setattr(places, "look", look)
    before = world.counts.polls[world.vendor.name]
    world.dispatcher._inflow.heard_of(handoff.id)
    await world.pass_time(5)
    assert world.counts.polls[world.vendor.name] >= before + 4
    assert looks == 0


async def test_news_of_other_shards_are_nobodys_business(worlds: Worlds) -> None:
    world = await worlds.start(POLL)
    handoff = await world.request()
    inflow = world.dispatcher._inflow
    inflow.shards_changed(ALL_SHARDS - {shard_of(handoff.id)})
    inflow.heard_of(handoff.id)
    await world.pass_time(2)
    assert keys(world) == set()


async def test_a_ledger_that_cannot_be_read_is_read_when_it_is_back(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await worlds.start(POLL)
    handoff = await first.request()
    await first.kill()
    second = World(worlds.database, heir_of=first)
    store, failures = second.dispatcher.store, 2
    original = store.open_chats

    async def failing(integrations: Sequence[str]) -> Sequence[ChatPlace]:
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreError("locked")
        return await original(integrations)

    monkeypatch.setattr(store, "open_chats", failing)
    async with second:
        await second.pass_time(5)
        assert keys(second) == {ChatKey(handoff.id, 1)}
