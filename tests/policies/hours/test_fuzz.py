"""Whatever stands in the settings, calendars are read or refused with a reason; what is read can be asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from livechat_sdk.policies.hours import BotHours

SPANS = st.lists(
    st.sampled_from(
        ["09:00-13:00", "14:00-18:00", "22:00-02:00", "00:00-24:00", "9 to 5", "", "25:00-26:00"]
    ),
    max_size=3,
)
DATES = st.dictionaries(
    st.sampled_from(
        ["2026-12-24", "2026-12-20/2026-12-26", "12-24", "02-29", "2026-02-29", "x", "0001-01-01/9999-12-31"]
    )
    | st.text(max_size=5),
    st.none() | SPANS | st.text(max_size=5) | st.fixed_dictionaries({"hours": st.none() | SPANS}),
    max_size=4,
)
READINGS = st.sampled_from(
    ["2026-11-30 10:00", "2026-11-30", "0001-01-01", "9999-12-31", "9999-12-31 24:00", "2026-11-31", "10:00"]
)
ONEOFFS = st.lists(st.fixed_dictionaries({"from": READINGS, "to": READINGS}), max_size=3)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(-1, 7),
            "opensAt": st.sampled_from([0, 540, 1440, 1441]),
            "closesAt": st.sampled_from([0, 540, 1440]),
            "userGroupId": st.none() | st.just("g"),
        }
    ),
    max_size=4,
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
CALENDARS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"timezone": st.sampled_from(["UTC", "Europe/Athens", "Australia/Lord_Howe", "Nowhere"])},
    optional={
        "weekly": st.dictionaries(st.sampled_from(["mon", "tue-fri", "daily", "someday"]), SPANS, max_size=2),
        "rows": ROWS,
        "day_zero": st.sampled_from(["sunday", "monday", "friday"]),
        "dates": DATES,
        "holidays": st.fixed_dictionaries(
            {"country": st.sampled_from(["GR", "XX"])}, optional={"except": DATES, "hours": SPANS}
        ),
        "openings": ONEOFFS,
        "closings": ONEOFFS,
        "calendar": st.just("shared"),
        "for": st.lists(
            st.fixed_dictionaries({"queue": st.sampled_from(["a", "b"]), "hours": st.just("shared")}),
            max_size=2,
        ),
    },
)
SHARED: dict[str, Any] = {"timezone": "UTC", "weekly": {}}


def answered(content: Any, at: datetime) -> None:
    try:
        bot = BotHours.from_settings(content, {"shared": SHARED})
    except ValidationError:
        return
    answer = bot.at(at, queue="a", group="g")
    assert answer.rule
    assert answer.hours().open is answer.open


@settings(max_examples=250, deadline=None)
@given(
    CALENDARS,
    st.datetimes(datetime(1970, 1, 2), datetime(2200, 12, 30)),  # noqa: DTZ001 - UTC is said below
)
def test_any_calendar_is_read_or_refused_and_can_be_asked(content: dict[str, Any], at: datetime) -> None:
    answered(content, at.replace(tzinfo=UTC))


@settings(max_examples=150, deadline=None)
@given(
    CALENDARS, st.sampled_from(["weekly", "dates", "holidays", "rows", "openings", "for", "events"]), ANYTHING
)
def test_anything_in_the_place_of_a_part_is_read_or_refused(
    content: dict[str, Any], key: str, value: Any
) -> None:
    answered({**content, key: value}, datetime(2026, 11, 27, tzinfo=UTC))
