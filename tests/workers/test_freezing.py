"""Workers freeze in the middle of it all: what thaws finishes one request at most, nothing is doubled."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.crash.scenarios import FORGETS
from tests.processes.ledgers import Ledger
from tests.processes.nursery import Nursery
from tests.processes.stage import staged
from tests.workers.freezing import converse, freeze_one

LEASE = 1.5
TALKS = 8
FREEZES = 2


@pytest.mark.slow
async def test_what_thaws_does_one_thing_at_most_and_nothing_is_lost_or_doubled(
    nursery: Nursery, postgres_url: str, tmp_path: Path
) -> None:
    moments = random.Random(20261126)  # noqa: S311  # only has to be the same in every run
    ledger = Ledger(postgres_url, LEASE)
    names = ("w1", "w2", "w3")
    async with staged(nursery, ledger, tmp_path, FORGETS, names=names) as stage:
        talks: list[str] = []
        over = asyncio.Event()

        async def talk_on() -> None:
            while not over.is_set():
                talks.append(f"c-{len(talks)}")
                await converse(stage, talks[-1])

        async with asyncio.TaskGroup() as talking:
            for _ in range(TALKS):
                talking.create_task(talk_on())
            thawed = [await freeze_one(stage, moments) for _ in range(FREEZES)]
            over.set()
        assert [one for one in thawed if len(one.calls) > 1] == []
        stage.world.overlaps.clear()  # what a frozen worker has under way, its successor does beside it
        lost = sum(lives.lost_leases for lives in stage.workers.values())
        await stage.assert_right(dict.fromkeys(talks, ("completed",)), doubts=lost * TALKS)
