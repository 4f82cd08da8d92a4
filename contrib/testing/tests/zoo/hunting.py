"""Hunts planted mistakes with the kit: the first case that fails for each.

``python -m contrib.testing.tests.zoo.hunting`` hunts them all, and writes beside this module which case found
which mistake. A later hunt begins with that case, and plays the others only if it passes: what is found costs
one case, and nothing is believed that was not played.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path

from contrib.testing.tests.zoo.planted import PlantedBug
from livechat_sdk_testing.conformance import Case, Level, all_cases, run_case
from livechat_sdk_testing.conformance.runner import reasons

__all__ = ["PATTERNS", "REMEMBERED", "hunt", "planted", "remembered"]

HERE = Path(__file__).parent
REMEMBERED = HERE / "found_by.json"
"""Which case found which mistake, by their names."""
PATTERNS = ("own_*.py", "strangers_*.py")


def planted(pattern: str) -> dict[tuple[str, int], PlantedBug]:
    """The mistakes of all modules that fit, by module and place."""
    found: dict[tuple[str, int], PlantedBug] = {}
    for name in sorted(path.stem for path in HERE.glob(pattern)):
        bugs: list[PlantedBug] = import_module(f"contrib.testing.tests.zoo.{name}").BUGS
        found.update({(name, number): bug for number, bug in enumerate(bugs)})
    return found


def remembered() -> Mapping[str, str]:
    """Which case found which mistake when that was written down last."""
    found: dict[str, str] = json.loads(REMEMBERED.read_text()) if REMEMBERED.exists() else {}
    return found


def hunt(pattern: str) -> dict[str, str | None]:
    """What was found of each mistake: ``case: failure``, or ``None``. Works in two processes of its own."""
    bugs = planted(pattern)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = pool.map(_hunt_one, bugs)
        return {bug.name: one for bug, one in zip(bugs.values(), found, strict=True)}


def _hunt_one(place: tuple[str, int]) -> str | None:
    name, number = place
    bugs: list[PlantedBug] = import_module(f"contrib.testing.tests.zoo.{name}").BUGS
    return asyncio.run(_first_failure(bugs[number]))


async def _first_failure(bug: PlantedBug) -> str | None:
    first = all_cases().get(remembered().get(bug.name, ""))
    if first is not None and (failure := await _failure(bug, [first])) is not None:
        return failure
    quick_first = sorted(all_cases().values(), key=lambda case: case.level is Level.DISPATCHER)
    return await _failure(bug, [case for case in quick_first if case is not first])


async def _failure(bug: PlantedBug, cases: Sequence[Case]) -> str | None:
    idle = reasons(bug.make_rig, cases)
    for case in cases:
        if case.name in idle:
            continue
        try:
            await run_case(case, bug.make_rig)
        except Exception as error:  # noqa: BLE001 - whatever fails, fails
            return f"{case.name}: {type(error).__name__} {error}"
    return None


def main() -> None:
    """Hunt all, and write down what was found by what."""
    found_by: dict[str, str] = {}
    for pattern in PATTERNS:
        began = time.monotonic()
        found = hunt(pattern)
        missed = [name for name, failure in found.items() if failure is None]
        found_by |= {name: failure.partition(":")[0] for name, failure in found.items() if failure}
        spent = time.monotonic() - began
        told = f"{pattern}: {len(found) - len(missed)} of {len(found)} found in {spent:.0f} s"
        sys.stdout.write("\n  missed: ".join((told, *missed)) + "\n")
    REMEMBERED.write_text(json.dumps(dict(sorted(found_by.items())), indent=1) + "\n")


if __name__ == "__main__":
    main()
