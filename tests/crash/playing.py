"""One run: a scenario played in front of a worker that dies where it is told, and the audit afterwards."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.ledger.store import Store
from tests.crash.audit import Expected, audit
from tests.crash.scenarios import Scenario
from tests.processes.lives import Lives
from tests.processes.nursery import Nursery
from tests.processes.world import World

SPEED = 20.0
"""How much quicker than life the clock of the workers goes."""

SIDE_BY_SIDE = 3
"""Runs that are played at the same time: each spends most of its time waiting."""


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
    nursery: Nursery, scenario: Scenario, folder: Path, kills: Sequence[int] = ()
) -> AsyncGenerator[Played]:
    """Play a scenario on a new ledger in ``folder``; the ledger is open for reading meanwhile.

    ``kills`` are the steps at which the worker dies, one for each of its first lives.
    """
    await asyncio.to_thread(folder.mkdir, parents=True)
    database = folder / "ledger.db"
    async with World(scenario.vendors) as world:
        declared = {name: vendor.settings for name, vendor in world.vendors.items()}
        for name, able in scenario.truth.items():
            world.vendors[name].capabilities = dict(able)
        settings = {
            "store": f"sqlite:///{database}",
            "vendors": declared,
            "bots": {"shop-bot": {"request_timeout": "30m"}, "hasty-bot": {"request_timeout": "5s"}},
            "since": time.monotonic(),
            "speed": SPEED,
        }
        lives = Lives(nursery, world, folder, settings, kills)
        async with asyncio.TaskGroup() as group:
            group.create_task(lives.run())
            try:
                await scenario.play(world)
            except BaseException as error:
                await world.fail(error)
                lives.kill()
                raise
            await lives.stop()
        store = SqliteStore.reader(database)
        await store.open()
        try:
            yield Played(
                world, store, Expected(dict(scenario.outcomes), _doubts(scenario, lives.deaths)), lives
            )
        finally:
            await store.close()


async def play(nursery: Nursery, scenario: Scenario, folder: Path, kills: Sequence[int] = ()) -> Run:
    """Play a scenario and look at what came of it; the folder is left only if something is wrong."""
    async with played(nursery, scenario, folder, kills) as result:
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


async def play_all(
    nursery: Nursery, folder: Path, plays: Iterable[tuple[Scenario, Sequence[int]]]
) -> list[Run]:
    """Play many, some side by side. A run that does not come to its end counts as wrong."""
    free = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(number: int, scenario: Scenario, kills: Sequence[int]) -> Run:
        async with free:
            try:
                return await play(nursery, scenario, folder / f"{scenario.name}-{number}", kills)
            except Exception as error:  # noqa: BLE001  # whatever it was: this run has failed, others go on
                return Run(scenario.name, tuple(kills), ("?",), (), tuple(_reasons(error)))

    return await asyncio.gather(*(one(number, *each) for number, each in enumerate(plays)))


def _reasons(error: BaseException) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _reasons(inner)
    else:
        yield f"{error!r}, because of {error.__cause__!r}" if error.__cause__ else repr(error)


def _doubts(scenario: Scenario, deaths: Sequence[str]) -> int:
    """How many sends may have been cut off by these deaths, so that nobody can know their fate.

    A lane has one call under way at a time, so that a death costs a conversation one doubt at most.
    """
    if all(able["dedupes_by_key"] or able["looks_up_by_key"] for able in scenario.vendors.values()):
        return 0
    return len(deaths) * (1 if scenario.calm else len(scenario.outcomes))
