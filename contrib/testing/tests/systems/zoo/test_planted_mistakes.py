"""The suites of ticket systems and CRMs on toys with planted mistakes: each is found."""

from __future__ import annotations

from collections import Counter

import pytest

from contrib.testing.tests.systems.zoo.hunting import BUGS, hunt, remembered
from livechat_sdk_testing.conformance.systems import all_system_cases


@pytest.mark.parametrize("name", BUGS)
async def test_the_suite_finds_what_was_planted(name: str) -> None:
    assert await hunt(name) is not None, BUGS[name].what


def test_there_are_many_mistakes_of_each_kind_and_each_says_what_it_is() -> None:
    kinds = Counter(name.partition(".")[0] for name in BUGS)
    assert kinds["tickets"] >= 25
    assert kinds["contacts"] >= 25
    assert all(bug.what for bug in BUGS.values())


def test_what_is_remembered_names_mistakes_and_cases_that_there_are() -> None:
    assert set(remembered()) == set(BUGS), "run python -m contrib.testing.tests.systems.zoo.hunting"
    assert set(remembered().values()) <= set(all_system_cases())
