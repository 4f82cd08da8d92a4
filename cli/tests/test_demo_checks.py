from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from livechat_sdk_cli.demo.vendor.checks import (
    Heard,
    as_agents_saw,
    as_platform_took,
    differences,
    fates,
    overtaken,
)
from livechat_sdk_cli.demo.vendor.lines import LABEL, Line

SAID = [Line("one"), Line("two", LABEL), Line("three")]
LINK = "https://files.example/1"
HEARD = [Heard("one"), Heard("two", ("label.txt",), (LINK,)), Heard("three")]
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


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
    shown = [
        {"text": "two", "files": [], "links": []},
        {"text": "", "files": ["label.txt"], "links": [LINK]},
    ]
    assert as_agents_saw(shown) == [Heard("two", ("label.txt",), (LINK,))]
    linked = as_agents_saw([{"text": f"two\nlabel.txt: {LINK}", "files": [], "links": []}])
    assert [one.links for one in linked] == [(LINK,)]
    assert differences(SAID, [HEARD[0], *linked, HEARD[2]], "there") == []


def test_what_the_platform_took_has_files_links_and_the_time_of_the_vendor() -> None:
    file = {"name": "label.txt", "url": LINK}
    message = {"body": "two", "attachments": [file], "sent_at": "2026-11-26T12:00:00Z"}
    assert as_platform_took({"message": message}) == Heard("two", ("label.txt",), (LINK,), NOON)
    assert as_platform_took({"message": {**message, "sent_at": None}}).at is None


def timed(*places: tuple[str, float | None]) -> list[Heard]:
    """What came, in this order; each with the second at which it was said."""
    return [Heard(text, at=None if s is None else NOON + timedelta(seconds=s)) for text, s in places]


@pytest.mark.parametrize(
    ("heard", "late", "wrong"),
    [
        (timed(("a", 1), ("b", 2), ("c", 3)), False, None),
        (timed(("a", 1), ("b", 1), ("c", 3)), False, None),
        (timed(("b", 2), ("a", 1), ("c", 3)), False, ""),
        (timed(("b", 2), ("a", 1), ("c", 3)), True, None),
        (timed(("b", 2), ("c", 3), ("a", 1)), True, None),
        (timed(("b", 1), ("a", 1), ("c", 3)), True, ", and no time tells which was first"),
        (timed(("b", None), ("a", 1), ("c", 3)), True, ", and no time tells which was first"),
        (timed(("b", 1), ("a", 2), ("c", 3)), True, ", by the times that came along"),
        (timed(("a", 2), ("b", 1), ("c", 3)), False, ", by the times that came along"),
    ],
)
def test_order_is_kept_or_where_events_may_pass_each_other_told_by_times(
    heard: list[Heard], late: bool, wrong: str | None
) -> None:
    said = [Line("a"), Line("b"), Line("c")]
    problems = differences(said, heard, "there", late=late)
    assert problems == ([] if wrong is None else [f"“b” overtook “a” on its way to there{wrong}"])


def test_what_was_overtaken_is_named() -> None:
    said = [Line("a"), Line("b"), Line("c")]
    assert overtaken(said, timed(("a", 1), ("b", 2), ("c", 3))) == []
    assert overtaken(said, timed(("b", 2), ("c", 3), ("a", 1))) == [Line("a")]
    assert overtaken(said, timed(("c", 3), ("b", 2))) == [Line("b")]


def entry(author: str, fate: str, detail: str | None = None) -> dict[str, Any]:
    return {"author": author, "fate": fate, "detail": detail, "message": {"body": "hello"}}


def test_fates_must_be_good_and_as_many_as_were_said() -> None:
    ledger = [entry("user", "seen"), entry("system", "sent"), entry("agent", "acknowledged")]
    assert fates(ledger, user=1, agent=1) == []
    assert fates(ledger, user=2) == ["the ledger has 1 messages of the user, and 2 were said"]
    parked = [*ledger, entry("user", "doubtful", "no answer")]
    assert fates(parked, user=2) == ["the fate of “hello” is doubtful: no answer"]
