"""``kill -9`` at the moment at which a request times out: one ticket with the whole conversation, never two.

Twenty times here, over four kinds of ticket systems, and a few times with each real adapter over a simulator
of its vendor; ``python -m tests.crash.soak`` (``make soak``) at every step and two hundred times at random
ones.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.audit import audit
from tests.crash.playing import after_the_last_word, play_all, played
from tests.crash.scenarios import (
    AUTOMATIONS,
    FORGETS,
    SCENARIOS,
    TICKET_DESKS,
    TICKET_SYSTEMS,
    Scenario,
    nobody_comes_and_a_ticket_is_made,
)
from tests.crash.test_crash import complaints
from tests.processes.ledgers import Ledgers, on_sqlite
from tests.processes.nursery import Nursery

TIMES = 5
"""How often it dies with each kind of ticket system."""
DEATHS = 6
"""How often with each real adapter."""
DEATHS_AT_THE_DESK = 3
"""How often with each real adapter behind an automation of the built-in desk."""
_CALLS = frozenset(
    f"{method}, {when}" for method in ("POST", "PATCH", "GET") for when in ("before", "after", "lost")
)


@pytest.mark.slow
@pytest.mark.parametrize("name", TICKET_DESKS)
async def test_a_missed_handoff_makes_one_ticket_whenever_it_dies_at_the_timeout(
    name: str, ledgers: Ledgers, nursery: Nursery, tmp_path: Path
) -> None:
    scenario = SCENARIOS[name]
    (alive,) = await play_all(nursery, tmp_path / "alive", ledgers, [(scenario, [])])
    assert alive.findings == ()
    assert "create_ticket, before" in alive.steps
    steps = after_the_last_word(alive)
    kills = [steps[(2 * index + 1) * len(steps) // (2 * TIMES)] for index in range(TIMES)]

    runs = await play_all(nursery, tmp_path, ledgers, [(scenario, [number]) for number in kills])

    assert complaints(runs) == []
    assert any(run.deaths for run in runs), "it never died"


@pytest.mark.slow
@pytest.mark.parametrize("name", TICKET_SYSTEMS)
async def test_every_ticket_system_has_one_ticket_or_a_doubt_whenever_a_worker_dies_at_the_timeout(
    name: str, nursery: Nursery, tmp_path: Path
) -> None:
    scenario, ledgers = TICKET_SYSTEMS[name], on_sqlite()
    (alive,) = await play_all(nursery, tmp_path / "alive", ledgers, [(scenario, [])])
    assert alive.findings == ()
    steps = after_the_last_word(alive)
    # Right before calls of the vendor, and right after them.
    calls = [number for number in steps if alive.steps[number - 1] in _CALLS]
    kills = [calls[index * len(calls) // DEATHS] for index in range(DEATHS)]

    runs = await play_all(nursery, tmp_path, ledgers, [(scenario, [number]) for number in kills])

    assert complaints(runs) == []
    assert any(run.deaths for run in runs), "it never died"


@pytest.mark.timeout(180)
@pytest.mark.feature("AU-03", "AU-04", "TK-03")
@pytest.mark.parametrize("name", ["zendesk-support-late"])
async def test_a_missed_request_at_the_desk_makes_one_ticket_when_its_worker_dies(
    name: str, nursery: Nursery, tmp_path: Path
) -> None:
    await _dies_at_the_desk(name, 2, nursery, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", AUTOMATIONS)
async def test_an_automation_makes_one_ticket_or_a_doubt_in_every_system_whenever_a_worker_dies(
    name: str, nursery: Nursery, tmp_path: Path
) -> None:
    await _dies_at_the_desk(name, DEATHS_AT_THE_DESK, nursery, tmp_path)


async def _dies_at_the_desk(name: str, deaths: int, nursery: Nursery, folder: Path) -> None:
    """A missed request, an automation of the built-in desk, a ticket: ``deaths`` times with a death."""
    scenario, ledgers = AUTOMATIONS[name], on_sqlite()
    (alive,) = await play_all(nursery, folder / "alive", ledgers, [(scenario, [])])
    assert alive.findings == ()
    steps = after_the_last_word(alive)
    steps = steps[: len(steps) * 3 // 4]  # how often it looks for something to do is not the same each time
    kills = [steps[(2 * index + 1) * len(steps) // (2 * deaths)] for index in range(deaths)]

    runs = await play_all(nursery, folder, ledgers, [(scenario, [number]) for number in kills])

    assert complaints(runs) == []
    assert any(run.deaths for run in runs), "it never died"


async def test_a_ticket_in_doubt_needs_a_reason(nursery: Nursery, tmp_path: Path) -> None:
    desk = {"dedupes": False, "hides_answers": 1, "lies": True}
    play, vendors, outcomes = nobody_comes_and_a_ticket_is_made, {"main": FORGETS}, {"c-1": ("missed",)}
    unsure, ledgers = Scenario("unsure", play, vendors, outcomes, desk=desk), on_sqlite()
    async with played(nursery, unsure, await ledgers.new(tmp_path), tmp_path) as result:
        assert await audit(result.world, result.store, result.expected) == []
        calm = replace(result.expected, tickets_in_doubt=False)
        (finding,) = await audit(result.world, result.store, calm)
        assert "the action is doubtful" in finding


async def test_a_ticket_system_that_dedupes_in_words_only_is_found_out(
    nursery: Nursery, tmp_path: Path
) -> None:
    # The proof that this harness sees a doubled ticket: by what the desk promises, repeating is right.
    desk = {"dedupes": True, "hides_answers": 1, "lies": True}
    play, vendors, outcomes = nobody_comes_and_a_ticket_is_made, {"main": FORGETS}, {"c-1": ("missed",)}
    liar = Scenario("liar", play, vendors, outcomes, desk=desk)
    (alive,) = await play_all(nursery, tmp_path, on_sqlite(), [(liar, [])])
    assert any("2 tickets were made" in finding for finding in alive.findings)
