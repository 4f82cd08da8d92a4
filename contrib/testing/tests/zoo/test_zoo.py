"""The kit on a zoo of planted mistakes: how many of them it finds."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

from contrib.testing.tests.zoo.planted import PlantedBug
from livechat_sdk_testing.conformance import Case, Level, all_cases, run_case
from livechat_sdk_testing.conformance.runner import reasons

HERE = Path(__file__).parent
WANTED = 0.95

QUICK_FIRST: list[Case] = sorted(all_cases().values(), key=lambda case: case.level is Level.DISPATCHER)


def planted(pattern: str) -> list[PlantedBug]:
    names = sorted(path.stem for path in HERE.glob(pattern))
    found: list[PlantedBug] = []
    for name in names:
        found += import_module(f"contrib.testing.tests.zoo.{name}").BUGS
    return found


async def first_failure(bug: PlantedBug) -> str | None:
    """The first case that fails, with what it says; ``None`` when the mistake is not found."""
    idle = reasons(bug.make_rig, QUICK_FIRST)
    for case in QUICK_FIRST:
        if case.name in idle:
            continue
        try:
            await run_case(case, bug.make_rig)
        except Exception as error:  # noqa: BLE001 - whatever fails, fails
            return f"{case.name}: {type(error).__name__} {error}"
    return None


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("pattern", ["own_*.py", "strangers_*.py"])
async def test_the_kit_finds_what_was_planted(pattern: str, capsys: pytest.CaptureFixture[str]) -> None:
    bugs = planted(pattern)
    if not bugs:
        pytest.skip(f"nothing is planted in {pattern}")
    found = {bug.name: await first_failure(bug) for bug in bugs}
    missed = [bug for bug in bugs if found[bug.name] is None]
    share = 1 - len(missed) / len(bugs)
    with capsys.disabled():
        told = [f"{pattern}: {len(bugs) - len(missed)} of {len(bugs)} planted mistakes found ({share:.0%})"]
        told += [f"  missed: {bug.name}: {bug.what}" for bug in missed]
        sys.stdout.write("\n".join(("", *told, "")))
    assert share >= WANTED, [bug.name for bug in missed]


def test_the_zoo_is_large_and_its_animals_have_names() -> None:
    bugs = [*planted("own_*.py"), *planted("strangers_*.py")]
    assert len(planted("own_*.py")) >= 15
    assert len({bug.name for bug in bugs}) == len(bugs)
    assert all(bug.what for bug in bugs)
