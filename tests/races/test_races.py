"""Four worker processes on one PostgreSQL race for handoffs: one writer, one order, one end for each.

Here some of each kind; ``python -m tests.races.soak`` (``make soak``) plays ten thousand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.scenarios import FORGETS
from tests.processes.ledgers import Ledger
from tests.processes.nursery import Nursery
from tests.processes.stage import staged
from tests.races.racing import RACES, Asked, Races

WORKERS = ("w1", "w2", "w3", "w4")
COUNT = 120


@pytest.mark.slow
async def test_whoever_wins_there_is_one_writer_one_order_and_one_end(
    nursery: Nursery, postgres_url: str, tmp_path: Path
) -> None:
    ledger = Ledger(postgres_url, lease=60.0)
    async with staged(nursery, ledger, tmp_path, FORGETS, names=WORKERS, watched=False) as stage:
        races = Races(stage, seed=20261126)
        await races.run(0, COUNT)
        assert races.played.keys() == RACES.keys()
        assert await races.findings() == []
        assert {call.worker for call in stage.world.calls} == set(WORKERS), (
            "not all workers had something to do"
        )


async def test_a_bot_message_that_passes_the_gate_after_the_request_is_found(
    nursery: Nursery, postgres_url: str, tmp_path: Path
) -> None:
    async with staged(nursery, Ledger(postgres_url, lease=60.0), tmp_path, FORGETS) as stage:
        races = Races(stage, seed=1)
        await races.run(0, 2)
        assert await races.findings() == []
        at = races._committed["c-1", 0]
        races._asked.append(Asked("c-1", 0, allowed=True, began=at + 0.001))
        (finding,) = await races.findings()
        assert "c-1: the gate let the bot pass under number 0, 0.001" in finding
