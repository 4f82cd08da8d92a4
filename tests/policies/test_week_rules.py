"""Reading the ``weekly`` settings: names of days, spans of time, and everything that is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.policies.week_rules import DAY_NAMES, WeeklySpan, read_week


def days_of(key: str) -> list[str]:
    week = read_week({key: ["09:00-10:00"]})
    assert not week.troubles
    return [DAY_NAMES[span.weekday] for span in week.spans]


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("mon", ["mon"]),
        ("Sunday", ["sun"]),
        (" TUE ", ["tue"]),
        ("mon-fri", ["mon", "tue", "wed", "thu", "fri"]),
        ("fri-mon", ["fri", "sat", "sun", "mon"]),
        ("sun-sat", ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
        ("wed-wed", ["wed"]),
        ("sat,sun", ["sat", "sun"]),
        ("mon-tue, thu", ["mon", "tue", "thu"]),
        ("mon – wed", ["mon", "tue", "wed"]),
        ("monday-wed", ["mon", "tue", "wed"]),
        ("daily", list(DAY_NAMES)),
    ],
)
def test_names_of_days(key: str, days: list[str]) -> None:
    assert days_of(key) == days


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("09:00-13:00", 540, 780),
        ("9:05-13:00", 545, 780),
        (" 09:00 - 13:00 ", 540, 780),
        ("09:00–13:00", 540, 780),
        ("00:00-24:00", 0, 1440),
        ("00:00-00:00", 0, 1440),
        ("22:00-02:00", 1320, 1560),
        ("22:00-00:00", 1320, 1440),
        ("23:59-23:58", 1439, 2878),
        ("09:00-09:00", 540, 1980),
    ],
)
def test_spans_of_time(text: str, start: int, end: int) -> None:
    week = read_week({"mon": [text]})
    assert not week.troubles
    assert [(span.start, span.end) for span in week.spans] == [(start, end)]


def test_the_rule_is_what_the_settings_say_in_one_form() -> None:
    (span,) = read_week({" Mon": ["9:00 - 13:00"]}).spans
    assert span.rule == "mon 09:00-13:00"


def test_spans_may_adjoin_and_a_tuple_is_a_list() -> None:
    week = read_week({"mon": ("09:00-12:00", "12:00-15:00")})
    assert not week.troubles
    assert len(week.spans) == 2


def test_an_empty_list_is_a_closed_day() -> None:
    assert read_week({"mon-fri": ["09:00-17:00"], "sat,sun": []}).troubles == ()


def troubles_of(weekly: object) -> list[tuple[tuple[str | int, ...], str]]:
    return [(trouble.at, trouble.message) for trouble in read_week(weekly).troubles]


@pytest.mark.parametrize(
    ("weekly", "at", "message"),
    [
        (
            {"mon-fri": [], "fri": []},
            ("fri",),
            "fri is named by 'mon-fri' and by 'fri': name each day once",
        ),
        ({"daily": [], "sun": []}, ("sun",), "sun is named by 'daily' and by 'sun': name each day once"),
        ({"mon,mon": []}, ("mon,mon",), "'mon,mon' names mon twice: name each day once"),
        ({"mon-wed,tue": []}, ("mon-wed,tue",), "'mon-wed,tue' names tue twice: name each day once"),
        ({"mno": []}, ("mno",), "'mno' is no day; did you mean 'mon'?"),
        ({"mon-fry": []}, ("mon-fry",), "'mon-fry' is no day; did you mean 'fri'?"),
        ({"weekdays": []}, ("weekdays",), "'weekdays' is no day; use mon, tue,"),
        ({"": []}, ("",), "'' is no day; use mon, tue,"),
        ({"mon-": []}, ("mon-",), "'mon-' is no day; use mon, tue,"),
        ({"mon-tue-wed": []}, ("mon-tue-wed",), "'mon-tue-wed' is no day; "),
        ({"daily-fri": []}, ("daily-fri",), "'daily-fri' is no day; "),
        ({"x" * 101: []}, ("x" * 101,), "this name of days is longer than 100 characters"),
        ({5: []}, ("5",), "days are named by text"),
        ({"mon": "09:00-10:00"}, ("mon",), 'must be a list of spans: write ["09:00-10:00"]'),
        ({"mon": None}, ("mon",), "write [] for a day that is closed"),
        ({"mon": 900}, ("mon",), "must be a list of spans such as"),
        ({"mon": b"09:00-10:00"}, ("mon",), "must be a list of spans such as"),
        ({"mon": ["09:00-10:00"] * 25}, ("mon",), "has 25 spans; at most 24 a day"),
        ({"mon": [540]}, ("mon", 0), "must be text such as '09:00-13:00', not int"),
        ({"mon": ["nine to five"]}, ("mon", 0), "'nine to five' is no span of time; write it as"),
        ({"mon": ["09:00-10:00:00"]}, ("mon", 0), "is no span of time"),
        ({"mon": ["09.00-10.00"]}, ("mon", 0), "is no span of time"),
        ({"mon": ["٠٩:٠٠-١٠:٠٠"]}, ("mon", 0), "is no span of time"),
        ({"mon": ["09:60-10:00"]}, ("mon", 0), "times run from 00:00 to 24:00"),
        ({"mon": ["09:00-24:01"]}, ("mon", 0), "times run from 00:00 to 24:00"),
        ({"mon": ["09:00-25:00"]}, ("mon", 0), "times run from 00:00 to 24:00"),
        ({"mon": ["25:00-03:00"]}, ("mon", 0), "times run from 00:00 to 24:00"),
        ({"mon": ["24:00-02:00"]}, ("mon", 0), "a span cannot start at 24:00"),
        (
            {"mon": ["09:00-13:00", "12:59-14:00"]},
            ("mon", 1),
            "12:59-14:00 overlaps 09:00-13:00 on 'mon'",
        ),
        ({"mon": ["09:00-13:00", "09:00-13:00"]}, ("mon", 1), "09:00-13:00 overlaps 09:00-13:00 on 'mon'"),
        ({"mon": ["22:00-02:00", "23:00-24:00"]}, ("mon", 1), "23:00-24:00 overlaps 22:00-02:00 on 'mon'"),
        ({"mon": ["10:00-11:00", "09:00-09:00"]}, ("mon", 1), "09:00-09:00 overlaps 10:00-11:00 on 'mon'"),
        (["mon"], (), "must be a table of days, such as mon-fri:"),
        (None, (), "must be a table of days, such as mon-fri:"),
    ],
)
def test_what_is_refused_says_where_and_what_to_do(
    weekly: Any, at: tuple[str | int, ...], message: str
) -> None:
    ((found_at, found),) = troubles_of(weekly)
    assert found_at == at
    assert message in found


def test_all_troubles_come_at_once() -> None:
    found = troubles_of({"mon-fri": ["09:00-13:00", "12:00-14:00", "x"], "fri": ["1-2"], "xyz": None})
    assert [at for at, _ in found] == [
        ("mon-fri", 1),
        ("mon-fri", 2),
        ("fri",),
        ("fri", 0),
        ("xyz",),
        ("xyz",),
    ]


def test_a_long_wrong_value_is_quoted_in_part_only() -> None:
    ((_, message),) = troubles_of({"mon": ["9" * 5000]})
    assert len(message) < 120


@pytest.mark.parametrize(
    "values", [(7, 0, 60), (-1, 0, 60), (0, -1, 60), (0, 1440, 1500), (0, 60, 60), (0, 60, 59), (0, 0, 1441)]
)
def test_an_impossible_span_cannot_be_made(values: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"weekday is|a span"):
        WeeklySpan(*values)


@given(
    st.dictionaries(
        st.text(max_size=20) | st.sampled_from(["mon", "mon-fri", "sat,sun", "daily"]),
        st.none()
        | st.integers()
        | st.text(max_size=20)
        | st.lists(st.from_regex(r"\d?\d:\d\d-\d\d:\d\d", fullmatch=True) | st.text(max_size=12), max_size=5),
        max_size=5,
    )
)
def test_whatever_comes_is_read_or_refused_and_never_crashes(weekly: dict[str, Any]) -> None:
    week = read_week(weekly)
    for trouble in week.troubles:
        assert trouble.message
        assert trouble.at == () or trouble.at[0] in weekly
    for span in week.spans:
        assert re.fullmatch(r".+ \d\d:\d\d-\d\d:\d\d", span.rule, re.DOTALL)
