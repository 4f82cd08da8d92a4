"""The audit finds every kind of mistake: each is planted into what a good run left behind."""

from __future__ import annotations

import asyncio
import copy
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from tests.crash.audit import Expected, audit
from tests.crash.playing import Played, played
from tests.crash.scenarios import SCENARIOS
from tests.processes.ledgers import sqlite_in
from tests.processes.nursery import Nursery
from tests.processes.world import Chat, World


def chat(world: World) -> Chat:
    (only,) = world.vendors["main"].chats.values()
    return only


def shown(world: World) -> list[dict[str, Any]]:
    return world.deliveries[world.talk("c-1").handoff]


def lose_what_was_accepted(world: World) -> None:
    talk = world.talk("c-1")
    talk.said.append((talk.handoff, "m-7", True))


def keep_what_was_not_accepted(world: World) -> None:
    talk = world.talk("c-1")
    talk.said[0] = (talk.handoff, "m-1", False)


def double_to_the_vendor(world: World) -> None:
    chat(world).received.append("m-2")


def swap_to_the_vendor(world: World) -> None:
    received = chat(world).received
    received[0], received[1] = received[1], received[0]


def forget_at_the_vendor(world: World) -> None:
    chat(world).received.remove("m-3")


def say_what_nobody_recorded(world: World) -> None:
    chat(world).said.append("a-3")


def swap_to_the_user(world: World) -> None:
    places = [n for n, one in enumerate(shown(world)) if one["kind"] == "message"]
    first, second = places[0], places[-1]
    every = shown(world)
    every[first], every[second] = every[second], every[first]


def lose_to_the_user(world: World) -> None:
    shown(world)[:] = [one for one in shown(world) if one["kind"] != "message"]


def repeat_in_other_words(world: World) -> None:
    said = next(one for one in shown(world) if one["kind"] == "system_message")
    shown(world).append({**said, "text": "something else"})


def tell_one_thing_twice(world: World) -> None:
    said = next(one for one in shown(world) if one["kind"] == "system_message")
    shown(world).insert(0, {**said, "key": "another"})


def lose_the_end(world: World) -> None:
    shown(world)[:] = [one for one in shown(world) if one["kind"] != "handoff_ended"]


def end_in_two_ways(world: World) -> None:
    end = copy.deepcopy(world.delivered(world.talk("c-1").handoff, "handoff_ended")[0])
    end["end"]["outcome"] = "failed"
    shown(world).append(end)


def end_too_early(world: World) -> None:
    end = world.delivered(world.talk("c-1").handoff, "handoff_ended")[0]
    shown(world).insert(0, end)


def leave_the_chat_open(world: World) -> None:
    chat(world).ended = False


def write_twice_at_once(world: World) -> None:
    world.overlaps.append("m-1 by one while m-2 by another")


def find_no_reason_to_doubt(world: World) -> None:
    world.vendors["main"].hidden.clear()


OUTSIDE: dict[Callable[[World], None], str] = {
    lose_what_was_accepted: "m-7 was accepted, and is not in the ledger",
    keep_what_was_not_accepted: "m-1 was not accepted, and is in the ledger",
    double_to_the_vendor: "main got m-2 2 times",
    swap_to_the_vendor: "in the ledger the order is",
    forget_at_the_vendor: "m-3 is sent, no vendor has it",
    say_what_nobody_recorded: "the agent's a-3 was taken and is not in the ledger",
    swap_to_the_user: "the end user saw ['a-2', 'a-1']",
    lose_to_the_user: "the end user saw []",
    repeat_in_other_words: "was delivered in two forms",
    tell_one_thing_twice: "2 times",
    lose_the_end: "the end was not delivered",
    end_in_two_ways: "ends differ",
    end_too_early: "came after the end",
    leave_the_chat_open: "still open at main",
    write_twice_at_once: "two at once",
    find_no_reason_to_doubt: "1 messages are doubtful without a reason",
}

IN_THE_LEDGER = {
    "UPDATE entries SET fate = 'dropped' WHERE message_key = 'm-3'": "the ledger says dropped",
    "UPDATE entries SET fate = 'held' WHERE message_key = 'm-3'": "m-3 is still held",
    "UPDATE entries SET fate = 'refused' WHERE message_key = 'a-1'": "the agent's a-1 is refused",
    "UPDATE conversations SET owner = 'human'": "belongs to",
    "UPDATE conversations SET number = 7": "it is 7",
    "UPDATE actions SET status = 'started' WHERE kind = 'deliver_ended'": "deliver_ended is still",
    "DELETE FROM journal WHERE seq = 3": "the journal has gaps",
    "UPDATE journal SET version = version + 2 WHERE seq > 4": "versions jump",
}

EXPECTATIONS = {("missed",): "outcomes are", ("completed", "completed"): "outcomes are"}


@asynccontextmanager
async def a_good_run(nursery: Nursery, folder: Path) -> AsyncGenerator[Played]:
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    async with played(nursery, SCENARIOS["agent-helps-forgets"], sqlite_in(folder), folder) as good:
        assert await audit(good.world, good.store, good.expected) == []
        yield good


async def test_a_mistake_outside_is_found(nursery: Nursery, tmp_path: Path) -> None:
    for plant, found in OUTSIDE.items():
        async with a_good_run(nursery, tmp_path / plant.__name__) as good:
            plant(good.world)
            findings = await audit(good.world, good.store, good.expected)
        assert any(found in finding for finding in findings), plant.__name__


async def test_a_mistake_in_the_ledger_is_found(nursery: Nursery, tmp_path: Path) -> None:
    for number, (statement, found) in enumerate(IN_THE_LEDGER.items()):
        folder = tmp_path / str(number)
        async with a_good_run(nursery, folder) as good:
            with closing(sqlite3.connect(folder / "ledger.db")) as db, db:
                db.execute(statement)
            findings = await audit(good.world, good.store, good.expected)
        assert any(found in finding for finding in findings), statement


async def test_another_outcome_is_found(nursery: Nursery, tmp_path: Path) -> None:
    async with a_good_run(nursery, tmp_path / "good") as good:
        for outcomes, found in EXPECTATIONS.items():
            findings = await audit(good.world, good.store, Expected({"c-1": outcomes}, good.expected.doubts))
            assert any(found in finding for finding in findings), outcomes
