"""``kill -9`` between any two changes of the disk or the world: started again, it comes to the right end.

Here a sample of the steps of each kind; ``python -m tests.crash.soak`` (``make soak``) dies at every one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import pytest

from livechat_sdk_testing.postgres import PostgresServer
from tests.crash.playing import Run, play_all
from tests.crash.scenarios import DEDUPES, FORGETS, SCENARIOS, Scenario, an_agent_helps
from tests.processes.ledgers import Ledgers, on_postgres, on_sqlite
from tests.processes.nursery import Nursery

KINDS = {"commit", "file", "open", "deliver", "answer"}


def sample(steps: Sequence[str]) -> list[int]:
    """Numbers of steps to die at: one of each kind from the middle, and three from all over the commits."""
    by_kind: dict[str, list[int]] = {}
    for number, kind in enumerate(steps, start=1):
        by_kind.setdefault(kind, []).append(number)
    chosen: set[int] = set()
    for kind, numbers in by_kind.items():
        take = 3 if kind.startswith("commit") else 1
        chosen |= {numbers[(2 * index + 1) * len(numbers) // (2 * take)] for index in range(take)}
    return sorted(chosen)


def complaints(runs: Sequence[Run]) -> list[str]:
    return [f"killed at {run.kills} ({run.deaths}): {finding}" for run in runs for finding in run.findings]


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
async def test_whatever_the_step_it_dies_at_it_comes_to_the_right_end(
    name: str, nursery: Nursery, tmp_path: Path
) -> None:
    scenario = SCENARIOS[name]
    (alive,) = await play_all(nursery, tmp_path / "alive", on_sqlite(), [(scenario, [])])
    assert alive.findings == ()
    assert {step.split()[0].rstrip(",") for step in alive.steps} >= KINDS, "some steps are no longer seen"
    assert sum(step == "commit, before" for step in alive.steps) > 20, "commits are no longer seen"

    plays = [(scenario, [number]) for number in sample(alive.steps)]
    runs = await play_all(nursery, tmp_path, on_sqlite(), plays)

    assert complaints(runs) == []
    assert any(run.deaths for run in runs), "it never died"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["agent-helps-forgets", "vendor-breaks", "busy-hour"])
async def test_so_it_does_on_postgres(
    name: str, postgres_server: PostgresServer, nursery: Nursery, tmp_path: Path
) -> None:
    scenario, ledgers = SCENARIOS[name], on_postgres(postgres_server)
    (alive,) = await play_all(nursery, tmp_path / "alive", ledgers, [(scenario, [])])
    assert alive.findings == ()
    assert {step.split()[0].rstrip(",") for step in alive.steps} >= KINDS - {"file"}
    assert sum(step == "commit, before" for step in alive.steps) > 20, "commits are no longer seen"

    plays = [(scenario, [number]) for number in sample(alive.steps)[::2]]
    runs = await play_all(nursery, tmp_path, ledgers, plays)

    assert complaints(runs) == []
    assert any(run.deaths for run in runs), "it never died"


@pytest.mark.slow
async def test_dying_again_right_after_the_restart_changes_nothing(
    ledgers: Ledgers, nursery: Nursery, tmp_path: Path
) -> None:
    moments = random.Random(20261126)  # noqa: S311  # only has to be the same in every run
    kills = [[moments.randint(2, 90), moments.randint(1, 30), moments.randint(1, 30)] for _ in range(12)]
    plays = zip(cycle(SCENARIOS.values()), kills, strict=False)
    runs = await play_all(nursery, tmp_path, ledgers, plays)

    assert complaints(runs) == []
    assert sum(len(run.deaths) for run in runs) > 2 * len(runs)


@pytest.mark.slow
async def test_when_one_of_three_workers_dies_the_others_finish(
    postgres_server: PostgresServer, nursery: Nursery, tmp_path: Path
) -> None:
    plays = [(SCENARIOS["busy-hour"], [number]) for number in range(3, 70, 9)]
    runs = await play_all(nursery, tmp_path, on_postgres(postgres_server), plays, survivors=2)

    assert complaints(runs) == []
    assert any(run.deaths for run in runs), "it never died"


async def test_a_vendor_that_dedupes_in_words_only_is_found_out(nursery: Nursery, tmp_path: Path) -> None:
    # The proof that this harness sees a doubled message: by what the vendor promises, repeating is right.
    liar = Scenario(
        "liar", an_agent_helps, {"main": DEDUPES}, {"c-1": ("completed",)}, truth={"main": FORGETS}
    )
    (alive,) = await play_all(nursery, tmp_path / "alive", on_sqlite(), [(liar, [])])
    assert any("main got m-4 2 times" in finding for finding in alive.findings)
    sent = alive.steps.index("send main, after") + 1

    # Where exactly a step comes depends on how commits are grouped: one of these is right after the send.
    around = range(sent - 4, sent + 5)
    runs = await play_all(nursery, tmp_path, on_sqlite(), [(liar, [number]) for number in around])

    found = complaints(runs)
    assert any("main got m-1 2 times" in one or "main got m-2 2 times" in one for one in found)
