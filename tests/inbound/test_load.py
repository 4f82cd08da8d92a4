"""Many chats, and vendors that are stuck: what it costs, and who has to wait."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from livechat_sdk import HandoffState
from livechat_sdk.domain.chats import Chat
from livechat_sdk.provider.interface import ChatStatus, Polled, PollPace
from livechat_sdk_testing.hostile import Traits
from tests.inbound.world import POLL, STREAM, WEBHOOK, World, Worlds

MANY = 10_000
SLOW = PollPace(fastest=1, slowest=3600)


def multiply(database: Path, handoff_id: str, times: int) -> None:
    """Store ``times`` copies of a waiting handoff, as if it had been requested so often."""
    with sqlite3.connect(database) as db:
        db.execute("CREATE TEMP TABLE n (i INTEGER)")
        db.executemany("INSERT INTO n VALUES (?)", [(number,) for number in range(1, times + 1)])
        for table, made in _MADE.items():
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            names = [name for name in columns if (table, name) != ("chats", "id")]
            values = [made.get(name, f"t.{name}") for name in names]
            copy = f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table} t, n"  # noqa: S608  (the names are ours)
            db.execute(copy, {"id": handoff_id} if ":id" in copy else {})
    db.close()


_OURS = "replace(t.{0}, :id, :id || '-' || n.i)"
_MADE = {
    "conversations": {"id": "t.id || '-' || n.i"},
    "handoffs": {
        "id": _OURS.format("id"),
        "request_key": "t.request_key || '-' || n.i",
        "conversation_id": "t.conversation_id || '-' || n.i",
        "document": _OURS.format("document"),
    },
    "requests": {"handoff_id": _OURS.format("handoff_id")},
    "chats": {name: _OURS.format(name) for name in ("handoff_id", "ref", "document")} | {"secrets": "NULL"},
}
"""How the columns of a copy are made; the others stay as they are."""


class Calls:
    """A vendor that has nothing to say, and how often it was asked."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        calls = self

        async def poll(_: object, chat: Chat) -> Polled:
            await calls.count(chat)
            return Polled(chat=chat)

        async def status(_: object, chat: Chat) -> ChatStatus:
            await calls.count(chat)
            return ChatStatus(state="queued")

        provider = world.plugins[0].provider_class
        monkeypatch.setattr(provider, "poll", poll, raising=False)
        monkeypatch.setattr(provider, "status", status)

    async def count(self, chat: Chat) -> None:
        self.asked.append(chat.ref)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(0)
        self.at_once -= 1


async def many(worlds: Worlds, monkeypatch: pytest.MonkeyPatch, traits: Traits) -> tuple[World, Calls]:
    """A process that finds ten thousand waiting chats."""
    first = await worlds.start(traits, pace=SLOW, every=3600.0)
    handoff = await first.request()
    await first.kill()
    multiply(worlds.database, handoff.id, MANY - 1)
    calls = Calls(first, monkeypatch)
    second = await worlds.start(heir_of=first, pace=SLOW, every=3600.0)
    await second.settle()
    assert len(tuple(second.dispatcher._inflow.places.of(second.vendor.name))) == MANY
    return second, calls


def idle_tasks() -> int:
    return len(asyncio.all_tasks())


async def test_ten_thousand_polled_chats_that_are_idle_cost_no_tasks_and_few_calls(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, calls = await many(worlds, monkeypatch, POLL)
    assert idle_tasks() < 40
    assert sorted(set(calls.asked)) == sorted(calls.asked), "each was polled once"
    assert len(calls.asked) == MANY
    assert calls.most_at_once <= 16
    await world.clock.advance(3)
    await world.settle()
    assert len(calls.asked) == MANY
    assert idle_tasks() < 40


async def test_ten_thousand_chats_are_asked_about_one_after_the_other_at_a_rate_that_a_vendor_stands(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, calls = await many(worlds, monkeypatch, replace(WEBHOOK, status=True))
    assert len(calls.asked) == 20, "a first burst"
    for _ in range(10):
        await world.pass_time(1)
    assert 60 <= len(calls.asked) <= 72
    assert len(set(calls.asked)) == len(calls.asked)
    assert idle_tasks() < 40


async def test_a_vendor_that_does_not_answer_holds_up_no_other(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    can_tell = replace(POLL, status=True)
    world = await worlds.start(can_tell, can_tell, STREAM)
    for number in range(30):
        await world.request(number)
    polled, streamed = await world.request(bot=1), await world.request(bot=2)
    stuck = 0

    async def hang(_: object, __: Chat) -> object:
        nonlocal stuck
        stuck += 1
        return await asyncio.Event().wait()

    for name in ("poll", "status"):
        monkeypatch.setattr(world.plugins[0].provider_class, name, hang)
    while stuck < 20:  # sixteen polls and four questions: nothing more can be asked there
        await world.clock.advance(1)
        await asyncio.sleep(0.001)
    await world.plugins[1].vendor.join(f"{polled.id}.1")
    await world.plugins[2].vendor.join(f"{streamed.id}.1")
    states = {HandoffState.QUEUED}
    for _ in range(1000):
        await world.clock.advance(0.1)
        await asyncio.sleep(0.001)
        states = {(await world.reload(one)).state for one in (polled, streamed)}
        if states == {HandoffState.ACTIVE}:
            break
    assert states == {HandoffState.ACTIVE}
    assert stuck == 20
