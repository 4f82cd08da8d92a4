"""Random schedules of faults: nothing lost, doubled or swapped, doubt exactly where the vendor hid the fate.

A schedule is the life of one conversation; sixteen go on side by side in one dispatcher, which crashes and
restarts under them. ``FAULT_SCHEDULES`` sets another number, ``FAULT_SEED`` plays one world again.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator

import pytest

from tests.faults.playing import play
from tests.faults.schedules import Schedule, make_schedule
from tests.faults.shrinking import shrink

SLOTS = 16
ONE_SEED = os.environ.get("FAULT_SEED")
SCHEDULES = int(os.environ.get("FAULT_SCHEDULES", "2000"))
BATCHES = 1 if ONE_SEED else 25
FOUND_BEFORE = (
    *(4000260, 5000548, 5000740, 5000830, 5000837, 5000920),
    *(7000845, 9000085, 9002175, 9102162, 9102471, 9203256, 9300131),
    *(9400505, 9601359, 9703002, 9800779),
)
"""Worlds in which something went wrong in a long run, until it was mended."""
WORLDS = max(1, SCHEDULES // SLOTS // BATCHES)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of faults make tens of thousands of warnings."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("batch", range(BATCHES))
async def test_every_promise_holds_under_any_schedule(batch: int) -> None:
    for seed in [int(ONE_SEED)] if ONE_SEED else _seeds(batch):
        played = await play(make_schedule(seed, slots=SLOTS))
        if not played.is_good:
            pytest.fail(await explain(played.schedule), pytrace=False)


@pytest.mark.parametrize("seed", FOUND_BEFORE)
async def test_what_was_found_once_is_not_found_again(seed: int) -> None:
    played = await play(make_schedule(seed, slots=SLOTS))
    assert played.is_good, str(played)


def _seeds(batch: int) -> range:
    return range(batch * WORLDS, (batch + 1) * WORLDS)


async def explain(schedule: Schedule) -> str:
    """The shortest schedule that shows the same trouble, within a minute, and all that happened in it."""
    until = time.monotonic() + 60

    async def fails(candidate: Schedule) -> bool:
        return time.monotonic() < until and not (await play(candidate)).is_good

    shortest = await shrink(schedule, fails)
    again = await play(shortest)
    if again.is_good:  # it depends on timing: tell what was found first
        again = await play(schedule)
    return f"seed {schedule.seed} (FAULT_SEED={schedule.seed} plays it again)\n{again}"
