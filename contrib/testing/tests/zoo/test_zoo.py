"""The kit on a zoo of planted mistakes: how many of them it finds."""

from __future__ import annotations

import sys

import pytest

from contrib.testing.tests.zoo.hunting import PATTERNS, hunt, planted, remembered
from livechat_sdk_testing.conformance import all_cases

WANTED = 0.95


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_kit_finds_what_was_planted(pattern: str, capsys: pytest.CaptureFixture[str]) -> None:
    bugs = list(planted(pattern).values())
    if not bugs:
        pytest.skip(f"nothing is planted in {pattern}")
    found = hunt(pattern)
    missed = [bug for bug in bugs if found[bug.name] is None]
    share = 1 - len(missed) / len(bugs)
    with capsys.disabled():
        told = [f"{pattern}: {len(bugs) - len(missed)} of {len(bugs)} planted mistakes found ({share:.0%})"]
        told += [f"  missed: {bug.name}: {bug.what}" for bug in missed]
        sys.stdout.write("\n".join(("", *told, "")))
    assert share >= WANTED, [bug.name for bug in missed]


def test_the_zoo_is_large_and_its_animals_have_names() -> None:
    bugs = [*planted("own_*.py").values(), *planted("strangers_*.py").values()]
    assert len(planted("own_*.py")) >= 15
    assert len({bug.name for bug in bugs}) == len(bugs)
    assert all(bug.what for bug in bugs)


def test_what_is_remembered_names_mistakes_and_cases_that_there_are() -> None:
    names = {bug.name for pattern in PATTERNS for bug in planted(pattern).values()}
    assert set(remembered()) <= names, "run python -m contrib.testing.tests.zoo.hunting"
    assert set(remembered().values()) <= set(all_cases()), "run python -m contrib.testing.tests.zoo.hunting"
