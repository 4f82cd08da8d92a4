"""Two workers on one PostgreSQL database: each chat is looked after by one of them, then by the other."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from livechat_sdk import Handoff, HandoffState
from livechat_sdk.domain.chats import Chat
from livechat_sdk.ledger.secrets import StoreKeys
from livechat_sdk.ledger.shards import SHARDS, shard_of
from livechat_sdk.provider.interface import Polled
from livechat_sdk_testing.hostile import Traits
from livechat_sdk_testing.hostile.poll import PollProvider
from livechat_sdk_testing.hostile.stream import StreamVendor
from livechat_sdk_testing.postgres import PostgresServer, running_server, why_not
from tests.inbound.world import POLL, STREAM, World

KEY = StoreKeys.from_texts(["the key of the tests' PostgreSQL ledgers"])
LEASE = 1.5
PATIENCE = 30.0

Pair = Callable[[Traits], Awaitable[tuple[World, World]]]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    if reason := why_not():
        pytest.skip(reason)
    with running_server() as running:
        yield running


@pytest.fixture
async def pair(server: PostgresServer, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two workers who have divided the shards."""
    from livechat_sdk.ledger.postgres import PostgresStore

    async with AsyncExitStack() as stack:

        async def start(traits: Traits) -> tuple[World, World]:
            url = await server.new_database()
            one = World(tmp_path / "unused.db", traits, store=PostgresStore(url, key=KEY, lease=LEASE))
            two = World(tmp_path / "unused.db", heir_of=one, store=PostgresStore(url, key=KEY, lease=LEASE))
            await stack.enter_async_context(one)
            await stack.enter_async_context(two)
            await until(lambda: len(shards(one)) == len(shards(two)) == SHARDS // 2)
            assert not shards(one) & shards(two)
            return one, two

        yield start


def shards(world: World) -> frozenset[int]:
    return world.dispatcher._working.shards


async def until(reached: Callable[[], bool], *worlds: World) -> None:
    """Wait for something that takes real time (leases, news); the clock of these worlds goes on meanwhile."""
    async with asyncio.timeout(PATIENCE):
        while not reached():
            for world in worlds:
                await world.pass_time(0.25)
            await asyncio.sleep(0.01)


async def test_whoever_joins_looks_after_their_share_long_before_the_next_renewal(
    server: PostgresServer, tmp_path: Path
) -> None:
    from livechat_sdk.ledger.postgres import PostgresStore

    url = await server.new_database()
    hour = 3600.0  # nobody here lives to see a renewal
    async with AsyncExitStack() as stack:
        one = World(tmp_path / "unused.db", POLL, store=PostgresStore(url, key=KEY, lease=hour))
        await stack.enter_async_context(one)
        heirs = [
            await stack.enter_async_context(
                World(tmp_path / "unused.db", heir_of=one, store=PostgresStore(url, key=KEY, lease=hour))
            )
            for _ in range(2)
        ]
        workers = one, *heirs
        await until(lambda: sorted(len(shards(each)) for each in workers) == [20, 22, 22])
        assert len(frozenset[int]().union(*map(shards, workers))) == SHARDS


async def handoffs_for_both(one: World, two: World) -> list[Handoff]:
    """Handoffs that the first worker has opened and of which each looks after some."""
    handoffs: list[Handoff] = []
    while len(handoffs) < 8 or not all(
        {shard_of(handoff.id) for handoff in handoffs} & shards(world) for world in (one, two)
    ):
        handoffs.append(await one.request(len(handoffs)))
    return handoffs


async def all_in(state: HandoffState, handoffs: list[Handoff], *worlds: World) -> None:
    async with asyncio.timeout(PATIENCE):
        while {(await worlds[0].reload(one)).state for one in handoffs} != {state}:
            for world in worlds:
                await world.pass_time(0.5)
            await asyncio.sleep(0.01)


async def test_each_chat_is_polled_by_one_worker_whoever_opened_it_and_by_the_other_when_that_one_leaves(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await pair(POLL)
    polled_by: dict[str, set[int]] = defaultdict(set)
    original = PollProvider.poll

    async def poll(self: PollProvider, chat: Chat) -> Polled:
        polled_by[chat.ref].add(id(self))
        return await original(self, chat)

    monkeypatch.setattr(one.plugins[0].provider_class, "poll", poll)
    handoffs = await handoffs_for_both(one, two)
    for handoff in handoffs:
        await one.vendor.join(f"{handoff.id}.1")
    await all_in(HandoffState.ACTIVE, handoffs, one, two)
    assert {len(workers) for workers in polled_by.values()} == {1}
    assert len(set().union(*polled_by.values())) == 2, "both have something to do"
    await one.__aexit__(None, None, None)
    await until(lambda: len(shards(two)) == SHARDS)
    for handoff in handoffs:
        await two.vendor.say(f"{handoff.id}.1", f"for {handoff.id}")
    await until(lambda: len(two.channel.texts) == len(handoffs), two)
    assert sorted(two.channel.texts) == sorted(f"for {handoff.id}" for handoff in handoffs)


async def test_a_stream_has_one_listener_and_the_next_one_repairs_what_nobody_heard(pair: Pair) -> None:
    one, two = await pair(replace(STREAM, status=True, history=True))
    vendor = one.vendor
    assert isinstance(vendor, StreamVendor)
    await until(lambda: vendor.listeners == 1)
    handoffs = await handoffs_for_both(one, two)
    for handoff in handoffs:
        await vendor.join(f"{handoff.id}.1")
    await all_in(HandoffState.ACTIVE, handoffs, one, two)
    listening = [world for world in (one, two) if world.dispatcher._inflow.streams.listening]
    (first,) = listening
    second = two if first is one else one
    await first.__aexit__(None, None, None)
    for handoff in handoffs:
        await vendor.say(f"{handoff.id}.1", f"for {handoff.id}")
    await until(lambda: vendor.listeners == 1)
    await until(lambda: len(second.channel.texts) == len(handoffs), second)
    assert sorted(second.channel.texts) == sorted(f"for {handoff.id}" for handoff in handoffs)


async def test_a_gap_that_one_worker_hears_of_has_the_chats_of_the_other_asked_about(pair: Pair) -> None:
    one, two = await pair(replace(STREAM, status=True, history=True))
    vendor = one.vendor
    assert isinstance(vendor, StreamVendor)
    await until(lambda: vendor.listeners == 1)
    handoffs = await handoffs_for_both(one, two)
    for handoff in handoffs:
        await vendor.join(f"{handoff.id}.1")
    await all_in(HandoffState.ACTIVE, handoffs, one, two)
    await until(lambda: sum(world.counts.gaps[vendor.name] for world in (one, two)) == 1, one, two)
    vendor.break_stream(1)
    for handoff in handoffs:
        await vendor.say(f"{handoff.id}.1", f"for {handoff.id}")
    began = one.clock.now()
    await until(lambda: len(one.channel.texts) == len(handoffs), one, two)
    assert sorted(one.channel.texts) == sorted(f"for {handoff.id}" for handoff in handoffs)
    assert (one.clock.now() - began).total_seconds() < 45, "before anybody would have asked anyway"
    asked = [world.counts.repairs[vendor.name, "message_received"] for world in (one, two)]
    assert sum(asked) == len(handoffs)
    assert all(asked), "each asked about its own"
