from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk_cli.demo.vendor.checks import Heard, as_agents_saw, differences, fates
from livechat_sdk_cli.demo.vendor.lines import LABEL, Line

SAID = [Line("one"), Line("two", LABEL), Line("three")]
HEARD = [Heard("one"), Heard("two", ("label.txt",)), Heard("three")]


def test_what_came_as_it_was_said_is_in_order() -> None:
    assert differences(SAID, HEARD, "there") == []


@pytest.mark.parametrize(
    ("heard", "problem"),
    [
        ([HEARD[0], HEARD[1]], "“three” was lost on its way to there"),
        ([*HEARD, HEARD[0]], "“one” came 2 times to there"),
        ([HEARD[1], HEARD[0], HEARD[2]], "“two” overtook “one” on its way to there"),
        ([HEARD[0], Heard("two"), HEARD[2]], "“two” came without its file label.txt to there"),
        ([*HEARD, Heard("four")], "“four” came to there, and nobody said it"),
        ([Heard("zero"), *HEARD], "“zero” came to there, and nobody said it"),
        ([], "“one” was lost on its way to there"),
    ],
)
def test_what_went_wrong_is_named_with_the_message_and_the_side(heard: list[Heard], problem: str) -> None:
    assert problem in differences(SAID, heard, "there")


def test_a_preface_is_allowed_before_the_first_line_and_not_after_it() -> None:
    assert differences(SAID, [Heard("a summary"), *HEARD], "there", preface=True) == []
    late = differences(SAID, [*HEARD, Heard("a summary")], "there", preface=True)
    assert late == ["“a summary” came to there, and nobody said it"]


def test_a_file_may_be_a_message_of_its_own_or_a_line_with_a_link() -> None:
    shown = [{"text": "two", "files": []}, {"text": "", "files": ["label.txt"]}]
    assert as_agents_saw(shown) == [Heard("two", ("label.txt",))]
    linked = [Heard("one"), Heard("two\nlabel.txt: https://files.example/1"), Heard("three")]
    assert differences(SAID, linked, "there") == []


def entry(author: str, fate: str, detail: str | None = None) -> dict[str, Any]:
    return {"author": author, "fate": fate, "detail": detail, "message": {"body": "hello"}}


def test_fates_must_be_good_and_as_many_as_were_said() -> None:
    ledger = [entry("user", "seen"), entry("system", "sent"), entry("agent", "acknowledged")]
    assert fates(ledger, user=1, agent=1) == []
    assert fates(ledger, user=2) == ["the ledger has 1 messages of the user, and 2 were said"]
    parked = [*ledger, entry("user", "doubtful", "no answer")]
    assert fates(parked, user=2) == ["the fate of “hello” is doubtful: no answer"]
