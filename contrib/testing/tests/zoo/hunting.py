"""Hunts planted mistakes with the kit: the first case that fails for each."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path

from contrib.testing.tests.zoo.planted import PlantedBug
from livechat_sdk_testing.conformance import Level, all_cases, run_case
from livechat_sdk_testing.conformance.runner import reasons

__all__ = ["hunt", "planted"]

HERE = Path(__file__).parent


def planted(pattern: str) -> dict[tuple[str, int], PlantedBug]:
    """The mistakes of all modules that fit, by module and place."""
    found: dict[tuple[str, int], PlantedBug] = {}
    for name in sorted(path.stem for path in HERE.glob(pattern)):
        bugs: list[PlantedBug] = import_module(f"contrib.testing.tests.zoo.{name}").BUGS
        found.update({(name, number): bug for number, bug in enumerate(bugs)})
    return found


def hunt(pattern: str) -> dict[str, str | None]:
    """What was found of each mistake: the first failure, or ``None``. Works in two processes of its own."""
    bugs = planted(pattern)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = pool.map(_hunt_one, bugs)
        return {bug.name: one for bug, one in zip(bugs.values(), found, strict=True)}


def _hunt_one(place: tuple[str, int]) -> str | None:
    name, number = place
    bugs: list[PlantedBug] = import_module(f"contrib.testing.tests.zoo.{name}").BUGS
    return asyncio.run(_first_failure(bugs[number]))


async def _first_failure(bug: PlantedBug) -> str | None:
    quick_first = sorted(all_cases().values(), key=lambda case: case.level is Level.DISPATCHER)
    idle = reasons(bug.make_rig, quick_first)
    for case in quick_first:
        if case.name in idle:
            continue
        try:
            await run_case(case, bug.make_rig)
        except Exception as error:  # noqa: BLE001 - whatever fails, fails
            return f"{case.name}: {type(error).__name__} {error}"
    return None
