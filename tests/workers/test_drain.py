"""SIGTERM while calls are under way: they are finished and written down, and others go on at once."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.crash.scenarios import FORGETS
from tests.processes.ledgers import Ledger, sqlite_in
from tests.processes.nursery import Nursery
from tests.processes.stage import Stage, staged
from tests.processes.world import PATIENCE, Chat, Talk


async def term_while_sending(stage: Stage, talk: Talk) -> asyncio.Task[None]:
    """Stop the first worker while a vendor has a message of its in hands, and has not answered.

    Returns what the end user is saying: who says it waits for somebody to take it.
    """
    lives = stage.lives

    async def stop_it() -> None:
        lives.signal(signal.SIGTERM)
        await stage.world.gone(lives.name)  # it is stopping, and waits for us

    begun = stage.during_the_send_of("m-1", stop_it)
    saying = asyncio.create_task(talk.say("m-1", "m-2", "m-3"))
    await begun
    async with asyncio.timeout(10):
        await lives.stopped()  # by itself, with exit code 0
    return saying


async def assert_nothing_is_in_doubt(stage: Stage, talk: Talk, chat: Chat) -> None:
    await talk.settle()
    await stage.ended(talk, chat)
    await stage.assert_right({"c-1": ("completed",)}, doubts=0)  # the result of m-1 was written down
    assert chat.received == ["m-1", "m-2", "m-3"]


async def test_on_sqlite_the_next_process_goes_on(nursery: Nursery, tmp_path: Path) -> None:
    async with staged(nursery, sqlite_in(tmp_path), tmp_path, FORGETS) as stage:
        talk, chat = await stage.engaged()
        saying = await term_while_sending(stage, talk)
        stage.start_again()
        await saying
        await assert_nothing_is_in_doubt(stage, talk, chat)


async def test_on_postgres_the_others_go_on_at_once(
    nursery: Nursery, postgres_url: str, tmp_path: Path
) -> None:
    # The lease is so long that nobody here would live to see it run out: what goes on was let go.
    ledger = Ledger(postgres_url, lease=10 * PATIENCE)
    async with staged(nursery, ledger, tmp_path, FORGETS, names=("w1", "w2")) as stage:
        stage.world.resting.add("w2")  # all that follows is the work of w1
        talk, chat = await stage.engaged()
        saying = await term_while_sending(stage, talk)
        stage.world.resting.clear()
        await saying
        await assert_nothing_is_in_doubt(stage, talk, chat)
        assert {call.worker for call in stage.world.calls if call.key == "m-1"} == {"w1"}
        assert {call.worker for call in stage.world.calls if call.key == "m-3"} == {"w2"}


@pytest.mark.parametrize("lease", [10 * PATIENCE])
async def test_a_worker_that_stops_hands_over_the_clocks_too(
    lease: float, nursery: Nursery, postgres_url: str, tmp_path: Path
) -> None:
    names = ("w1", "w2", "w3")
    bots = {"shop-bot": {"request_timeout": "60s"}}
    async with staged(
        nursery, Ledger(postgres_url, lease), tmp_path, FORGETS, names=names, bots=bots
    ) as stage:
        talks = [stage.world.talk(f"c-{number}") for number in range(8)]
        await asyncio.gather(*(talk.request() for talk in talks))
        for name in names[:2]:
            stage.workers[name].signal(signal.SIGTERM)
            await stage.workers[name].stopped()
        for talk in talks:  # whichever worker held the shard: each of them ends when its time is over
            assert (await talk.handed_back())["end"]["outcome"] == "missed"
            await talk.settle()
        await stage.assert_right({talk.id: ("missed",) for talk in talks})
