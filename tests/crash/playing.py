"""One run: a scenario played in front of a worker that dies where it is told, and the audit afterwards."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from livechat_sdk.ledger.store import Store
from tests.crash.audit import Expected, audit
from tests.crash.scenarios import SPEED, Scenario
from tests.processes.inbox import AUTOMATED, INBOX
from tests.processes.ledgers import Ledger, Ledgers
from tests.processes.lives import Lives
from tests.processes.nursery import Nursery
from tests.processes.world import World

_AT_THE_DESK = {AUTOMATED: {"request_timeout": "3m", "integrations": [INBOX]}}
"""Long enough for the desk to have the request by then, after a death too: else there is nothing to miss."""

LONGEST = 120.0
"""Seconds after which a run that has not come to its end counts as wrong."""


@dataclass(frozen=True)
class Run:
    """What came of one run."""

    scenario: str
    kills: tuple[int, ...]
    deaths: tuple[str, ...]
    """The steps at which the worker died; fewer than ``kills`` when it was done before."""
    steps: tuple[str, ...]
    """The steps of the first life."""
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Played:
    """A scenario that was played to its end, before anybody has looked at what came of it."""

    world: World
    store: Store
    expected: Expected
    lives: Lives


@asynccontextmanager
async def played(
    nursery: Nursery,
    scenario: Scenario,
    ledger: Ledger,
    folder: Path,
    kills: Sequence[int] = (),
    *,
    survivors: int = 0,
) -> AsyncGenerator[Played]:
    """Play a scenario on a new ledger, which is open for reading meanwhile; ``folder`` is for logs.

    ``kills`` are the steps at which the worker dies, one for each of its first lives. With ``survivors``,
    which are other workers that are not killed, its first death is its last.
    """
    async with World(scenario.vendors, scenario.desk) as world:
        declared = {name: vendor.settings for name, vendor in world.vendors.items()}
        for name, able in scenario.truth.items():
            world.vendors[name].capabilities = dict(able)
        settings = {
            **ledger.settings,
            "vendors": declared,
            "bots": {
                "shop-bot": {"request_timeout": "30m"},
                "hasty-bot": {"request_timeout": "5s"},
                "ticket-bot": {"request_timeout": "10s", "tickets_on": ["missed"]},
                **(_AT_THE_DESK if scenario.inbox else {}),
            },
            "since": time.monotonic(),
            "speed": SPEED,
        }
        if world.desk is not None:
            settings["desk"] = world.desk.settings
        lives = Lives(nursery, world, folder, settings, kills, restarts=not survivors)
        others = [Lives(nursery, world, folder, settings, name=f"s{n}") for n in range(survivors)]
        async with asyncio.TaskGroup() as group:
            for each in (lives, *others):
                group.create_task(each.run())
            try:
                await scenario.play(world)
            except BaseException as error:
                await world.fail(error)
                for each in (lives, *others):
                    each.kill()
                raise
            for each in (lives, *others):
                if each.running:
                    await each.stop()
        deaths = len(lives.deaths) + sum(each.lost_leases for each in (lives, *others))
        hidden = any((scenario.desk or {}).get(name) for name in ("hides_answers", "lost"))
        expected = Expected(
            dict(scenario.outcomes), _doubts(scenario, deaths), tickets_in_doubt=deaths > 0 or hidden
        )
        async with ledger.reading() as store:
            yield Played(world, store, expected, lives)


async def play(
    nursery: Nursery,
    scenario: Scenario,
    ledger: Ledger,
    folder: Path,
    kills: Sequence[int] = (),
    *,
    survivors: int = 0,
) -> Run:
    """Play a scenario and look at what came of it; the folder is left only if something is wrong."""
    async with (
        asyncio.timeout(LONGEST),
        played(nursery, scenario, ledger, folder, kills, survivors=survivors) as result,
    ):
        run = Run(
            scenario=scenario.name,
            kills=tuple(kills),
            deaths=tuple(result.lives.deaths),
            steps=tuple(result.lives.steps(0)),
            findings=tuple(await audit(result.world, result.store, result.expected)),
        )
    if not run.findings:
        await asyncio.to_thread(shutil.rmtree, folder)
    return run


def after_the_last_word(run: Run) -> range:
    """The steps of a run from the moment at which nothing happens any more but what a clock brings."""
    timeout = len(run.steps) - run.steps[::-1].index("answer say, before")
    return range(timeout + 1, len(run.steps) + 1)


async def play_all(
    nursery: Nursery,
    folder: Path,
    ledgers: Ledgers,
    plays: Iterable[tuple[Scenario, Sequence[int]]],
    *,
    survivors: int = 0,
) -> list[Run]:
    """Play many, some side by side, each on a new ledger and in a folder of its own.

    A run that does not come to its end counts as wrong.
    """
    free = asyncio.Semaphore(max(1, ledgers.side_by_side // (1 + survivors)))

    async def one(number: int, scenario: Scenario, kills: Sequence[int]) -> Run:
        async with free:
            mine = folder / f"{scenario.name}-{number}"
            await asyncio.to_thread(mine.mkdir, parents=True)
            try:
                ledger = await ledgers.new(mine)
                return await play(nursery, scenario, ledger, mine, kills, survivors=survivors)
            except Exception as error:  # noqa: BLE001  # whatever it was: this run has failed, others go on
                return Run(scenario.name, tuple(kills), ("?",), (), tuple(_reasons(error)))

    return await asyncio.gather(*(one(number, *each) for number, each in enumerate(plays)))


def _reasons(error: BaseException) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _reasons(inner)
    else:
        yield f"{error!r}, because of {error.__cause__!r}" if error.__cause__ else repr(error)


def _doubts(scenario: Scenario, deaths: int) -> int:
    """How many sends may have been cut off by so many deaths, so that nobody can know their fate.

    A lane has one call under way at a time, so that a death costs a conversation one doubt at most. A worker
    that was so slow that it lost its lease is as good as dead.
    """
    if all(able["dedupes_by_key"] or able["looks_up_by_key"] for able in scenario.vendors.values()):
        return 0
    return deaths * (1 if scenario.calm else len(scenario.outcomes))
