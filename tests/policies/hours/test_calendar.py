"""The calendar at hand-picked moments: spans, nights, changes of clocks, never and always."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from livechat_sdk.policies.hours import Calendar
from livechat_sdk.policies.hours.zones import zone_named

ATHENS = "Europe/Athens"
SHOP = {"mon-fri": ["09:00-13:00", "14:00-18:00"], "sat": ["22:00-02:00"]}


def calendar(weekly: dict[str, list[str]], timezone: str = ATHENS) -> Calendar:
    return Calendar.from_settings({"timezone": timezone, "weekly": weekly})


def local(text: str, timezone: str = ATHENS, fold: int = 0) -> datetime:
    """A wall time of the zone, such as ``2026-11-23 09:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(moment: datetime | None) -> str | None:
    """Wall time with its offset: two moments of one zone compare by wall time alone, which hides a fold."""
    return None if moment is None else moment.isoformat()


# -------------------------------------------------------------------------------------------- ordinary weeks
@pytest.mark.parametrize(
    ("at", "is_open", "opening", "closing", "rule"),
    [
        # 23 November 2026 is a Monday.
        ("2026-11-23 08:59", False, "23 09:00", "23 13:00", "closed until mon-fri 09:00-13:00 Europe/Athens"),
        ("2026-11-23 09:00", True, "23 14:00", "23 13:00", "mon-fri 09:00-13:00 Europe/Athens"),
        ("2026-11-23 12:59", True, "23 14:00", "23 13:00", "mon-fri 09:00-13:00 Europe/Athens"),
        ("2026-11-23 13:00", False, "23 14:00", "23 18:00", "closed until mon-fri 14:00-18:00 Europe/Athens"),
        ("2026-11-23 17:59", True, "24 09:00", "23 18:00", "mon-fri 14:00-18:00 Europe/Athens"),
        ("2026-11-27 18:00", False, "28 22:00", "29 02:00", "closed until sat 22:00-02:00 Europe/Athens"),
        ("2026-11-28 23:30", True, "30 09:00", "29 02:00", "sat 22:00-02:00 Europe/Athens"),
        ("2026-11-29 01:59", True, "30 09:00", "29 02:00", "sat 22:00-02:00 Europe/Athens"),
        ("2026-11-29 02:00", False, "30 09:00", "30 13:00", "closed until mon-fri 09:00-13:00 Europe/Athens"),
    ],
)
def test_several_spans_a_day_and_a_night(
    at: str, is_open: bool, opening: str, closing: str, rule: str
) -> None:
    hours = calendar(SHOP).at(local(at))
    assert hours.open is is_open
    assert hours.next_opening == local(f"2026-11-{opening}")
    assert hours.next_closing == local(f"2026-11-{closing}")
    assert hours.rule == rule


def test_a_moment_within_the_last_second_is_still_open() -> None:
    hours = calendar(SHOP).at(local("2026-11-23 12:59:59.999999"))
    assert hours.open
    assert hours.next_closing == local("2026-11-23 13:00")


def test_the_moment_may_come_in_any_zone_and_the_answer_is_in_the_calendars_own() -> None:
    hours = calendar(SHOP).at(datetime.fromisoformat("2026-11-23T01:30:00-05:00"))  # 08:30 in Athens
    assert shown(hours.next_opening) == "2026-11-23T09:00:00+02:00"
    assert shown(hours.next_closing) == "2026-11-23T13:00:00+02:00"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="a time with a zone"):
        calendar(SHOP).at(datetime(2026, 11, 23, 9))  # noqa: DTZ001 - that is the point


def test_spans_over_midnight_merge_into_one_opening() -> None:
    nights = calendar({"fri": ["13:00-24:00"], "sat": ["00:00-02:00", "10:00-12:00"]})
    hours = nights.at(local("2026-11-27 20:00"))
    assert hours.open
    assert hours.next_closing == local("2026-11-28 02:00")
    assert hours.next_opening == local("2026-11-28 10:00")
    assert hours.rule == "fri 13:00-24:00 Europe/Athens"
    assert nights.at(local("2026-11-28 01:00")).rule == "sat 00:00-02:00 Europe/Athens"


def test_a_night_may_run_into_the_hours_of_the_next_day() -> None:
    hours = calendar({"fri": ["20:00-06:00"], "sat": ["05:00-09:00"]}).at(local("2026-11-27 21:00"))
    assert hours.next_closing == local("2026-11-28 09:00")
    assert hours.next_opening == local("2026-12-04 20:00")


def test_adjoining_spans_of_one_day_have_no_closing_between_them() -> None:
    hours = calendar({"mon": ["09:00-12:00", "12:00-15:00"]}).at(local("2026-11-23 11:00"))
    assert hours.next_closing == local("2026-11-23 15:00")


def test_the_next_opening_may_be_a_week_away() -> None:
    hours = calendar({"mon": ["09:00-10:00"]}).at(local("2026-11-23 09:00"))
    assert hours.open
    assert hours.next_opening == local("2026-11-30 09:00")


def test_a_span_of_twenty_four_hours_ends_where_it_began() -> None:
    hours = calendar({"mon": ["09:00-09:00"]}).at(local("2026-11-23 10:00"))
    assert hours.next_closing == local("2026-11-24 09:00")


# ------------------------------------------------------------------------------------------ never and always
@pytest.mark.parametrize("weekly", [{}, {"daily": []}, {"mon-fri": [], "sat,sun": []}])
def test_no_spans_never_open(weekly: dict[str, list[str]]) -> None:
    hours = calendar(weekly).at(utc("2026-11-23 10:00"))
    assert not hours.open
    assert hours.next_opening is None
    assert hours.next_closing is None
    assert hours.rule == "no opening within 400 days Europe/Athens"


@pytest.mark.parametrize(
    "weekly",
    [
        {"daily": ["00:00-24:00"]},
        {"daily": ["00:00-00:00"]},
        {"daily": ["09:00-09:00"]},
        {"daily": ["06:00-18:00", "18:00-06:00"]},
        {"mon-sat": ["00:00-24:00"], "sun": ["00:00-12:00", "12:00-24:00"]},
    ],
)
@pytest.mark.parametrize(
    "at", ["2026-03-29 00:59", "2026-03-29 01:00", "2026-10-25 00:30", "2026-11-23 10:00"]
)
def test_always_open_never_closes_even_when_clocks_change(weekly: dict[str, list[str]], at: str) -> None:
    every_hour = calendar(weekly)
    hours = every_hour.at(utc(at))
    assert hours.open
    assert hours.next_closing is None
    assert hours.next_opening is None
    assert hours.rule.startswith("daily ") or hours.rule.startswith(("mon-sat ", "sun "))


@pytest.mark.parametrize(
    "weekly",
    [
        {"daily": ["00:00-23:59"]},
        {"mon-sat": ["00:00-24:00"], "sun": ["00:01-24:00"]},
        {"mon-sat": ["00:00-24:00"], "sun": ["00:00-12:00", "12:01-24:00"]},
        {"mon": ["00:01-24:00"], "tue-sun": ["00:00-24:00"]},
    ],
)
def test_one_closed_minute_is_not_always_open(weekly: dict[str, list[str]]) -> None:
    nearly = calendar(weekly)
    hours = nearly.at(local("2026-11-23 12:00"))
    assert hours.open
    assert hours.next_closing is not None
    assert hours.next_opening is not None
    assert hours.next_opening - hours.next_closing == timedelta(minutes=1)


# ---------------------------------------------------------------------------------------- changes of clocks
# Athens 2026: on Sunday 29 March 03:00 becomes 04:00, on Sunday 25 October 04:00 becomes 03:00.
def test_opening_inside_a_gap_means_the_end_of_the_gap() -> None:
    hours = calendar({"sun": ["03:30-06:00"]}).at(utc("2026-03-29 00:00"))
    assert shown(hours.next_opening) == "2026-03-29T04:00:00+03:00"
    assert shown(hours.next_closing) == "2026-03-29T06:00:00+03:00"


def test_closing_inside_a_gap_means_the_end_of_the_gap() -> None:
    hours = calendar({"sun": ["02:30-03:30"]}).at(local("2026-03-29 02:45"))
    assert hours.open
    assert shown(hours.next_closing) == "2026-03-29T04:00:00+03:00"
    assert hours.next_closing == utc("2026-03-29 01:00")


def test_a_span_inside_a_gap_does_not_happen_and_comes_a_week_later() -> None:
    hours = calendar({"sun": ["03:10-03:50"]}).at(utc("2026-03-28 12:00"))
    assert shown(hours.next_opening) == "2026-04-05T03:10:00+03:00"


def test_the_only_span_of_a_week_may_be_lost_to_a_gap_and_the_next_one_is_found_thirteen_days_away() -> None:
    hours = calendar({"sun": ["03:10-03:50"]}).at(utc("2026-03-23 12:00"))
    assert shown(hours.next_opening) == "2026-04-05T03:10:00+03:00"
    assert hours.rule == "closed until sun 03:10-03:50 Europe/Athens"


def test_a_closed_hour_inside_a_gap_disappears_for_that_week() -> None:
    daily = calendar({"mon-sat": ["00:00-24:00"], "sun": ["00:00-03:00", "04:00-24:00"]})
    hours = daily.at(utc("2026-03-28 12:00"))
    assert shown(hours.next_closing) == "2026-04-05T03:00:00+03:00"


def test_in_a_fold_a_span_holds_both_times() -> None:
    twice = calendar({"sun": ["03:15-03:45"]})
    hours = twice.at(utc("2026-10-24 12:00"))
    assert shown(hours.next_opening) == "2026-10-25T03:15:00+03:00"
    assert shown(hours.next_closing) == "2026-10-25T03:45:00+03:00"
    between = twice.at(utc("2026-10-25 00:50"))  # 03:50 for the first time, 03:15 for the second not yet
    assert not between.open
    assert shown(between.next_opening) == "2026-10-25T03:15:00+02:00"
    assert shown(between.next_closing) == "2026-10-25T03:45:00+02:00"


def test_a_span_that_begins_in_a_fold_is_interrupted_when_the_clocks_are_put_back() -> None:
    hours = calendar({"sun": ["03:30-06:00"]}).at(utc("2026-10-25 00:30"))
    assert hours.open
    assert shown(hours.next_closing) == "2026-10-25T03:00:00+02:00"
    assert shown(hours.next_opening) == "2026-10-25T03:30:00+02:00"


def test_closing_at_the_time_to_which_clocks_are_put_back_is_closed_both_times() -> None:
    hours = calendar({"sun": ["02:00-03:00"]}).at(local("2026-10-25 02:30"))
    assert shown(hours.next_closing) == "2026-10-25T03:00:00+03:00"
    assert not calendar({"sun": ["02:00-03:00"]}).at(local("2026-10-25 03:00", fold=1)).open


def test_a_break_inside_a_fold_comes_twice() -> None:
    hours = calendar({"sun": ["01:00-03:20", "03:40-05:00"]}).at(local("2026-10-25 02:00"))
    assert shown(hours.next_closing) == "2026-10-25T03:20:00+03:00"
    assert shown(hours.next_opening) == "2026-10-25T03:40:00+03:00"
    second = calendar({"sun": ["01:00-03:20", "03:40-05:00"]}).at(local("2026-10-25 03:00", fold=1))
    assert shown(second.next_closing) == "2026-10-25T03:20:00+02:00"
    assert shown(second.next_opening) == "2026-10-25T03:40:00+02:00"


def test_the_hour_that_comes_twice_is_an_hour_longer() -> None:
    hours = calendar({"sun": ["02:00-05:00"]}).at(local("2026-10-25 02:00"))
    assert hours.next_closing is not None
    assert hours.next_closing - utc("2026-10-24 23:00") == timedelta(hours=4)


def test_half_an_hour_of_gap() -> None:
    # Lord Howe puts its clocks forward by thirty minutes: 4 October 2026, 02:00 becomes 02:30.
    hours = calendar({"sun": ["02:10-04:00"]}, "Australia/Lord_Howe").at(utc("2026-10-03 12:00"))
    assert shown(hours.next_opening) == "2026-10-04T02:30:00+11:00"


def test_a_fold_at_midnight_keeps_both_last_hours_of_the_day() -> None:
    # Havana puts its clocks back at 01:00 to 00:00: 1 November 2026 has that hour twice.
    hours = calendar({"sun": ["00:30-00:45"]}, "America/Havana").at(utc("2026-10-31 12:00"))
    assert shown(hours.next_opening) == "2026-11-01T00:30:00-04:00"
    assert shown(hours.next_closing) == "2026-11-01T00:45:00-04:00"


def test_a_day_that_was_left_out_of_the_calendar() -> None:
    # Samoa crossed the date line: 30 December 2011, a Friday, did not happen.
    samoa = "Pacific/Apia"
    fridays = calendar({"fri": ["09:00-17:00"]}, samoa).at(local("2011-12-29 12:00", samoa))
    assert shown(fridays.next_opening) == "2012-01-06T09:00:00+14:00"
    night = calendar({"thu": ["22:00-02:00"], "sat": ["09:00-10:00"]}, samoa).at(
        local("2011-12-29 23:00", samoa)
    )
    assert night.open
    assert shown(night.next_closing) == "2011-12-31T00:00:00+14:00"
    assert shown(night.next_opening) == "2011-12-31T09:00:00+14:00"


# ------------------------------------------------------------------------------------------- zones, making
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Athens", "did you mean 'Europe/Athens'?"),
        ("europe/athens", "did you mean 'Europe/Athens'?"),
        ("Europe/Atens", "did you mean 'Europe/Athens'?"),
        ("New York", "did you mean 'America/New_York'?"),
        ("Europe", "use an IANA name such as 'Europe/Athens'"),
        ("", "use an IANA name such as 'Europe/Athens'"),
        ("../../etc/passwd", "use an IANA name such as 'Europe/Athens'"),
        ("localtime", "use an IANA name such as 'Europe/Athens'"),
        ("/etc/localtime", "use an IANA name such as 'Europe/Athens'"),
        ("qqq\0", "use an IANA name such as 'Europe/Athens'"),
    ],
)
def test_unknown_zone_is_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone") as refused:
        zone_named(name)
    assert hint in str(refused.value)


def test_known_zone_is_found() -> None:
    assert zone_named("Asia/Kathmandu") == ZoneInfo("Asia/Kathmandu")


def test_everything_wrong_with_a_calendar_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="25:00-26:00") as refused:
        calendar({"mon": ["25:00-26:00"], "tues-day": ["09:00-10:00"]})
    assert "'tues-day' is no day" in str(refused.value)


def test_repr_tells_the_zone() -> None:
    assert repr(calendar(SHOP)) == "Calendar('Europe/Athens')"


@pytest.mark.parametrize("year", [1969, 2201])
def test_years_that_nobody_asks_for_are_refused(year: int) -> None:
    with pytest.raises(ValueError, match=f"known for 1970 to 2200, not for {year}"):
        calendar(SHOP).at(datetime(year, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize("year", [1970, 2200])
def test_the_first_and_the_last_year_are_answered_for(year: int) -> None:
    for moment in (datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, tzinfo=UTC)):
        assert calendar(SHOP).at(moment).next_opening is not None


def test_the_search_ends_after_four_hundred_days() -> None:
    once = Calendar.from_settings({"timezone": "UTC", "weekly": {}, "dates": {"2026-12-24": ["09:00-10:00"]}})
    opening = utc("2026-12-24 09:00")
    assert once.at(opening - timedelta(days=400)).next_opening == opening
    assert once.at(opening - timedelta(days=400)).next_closing is None
    before = once.at(opening - timedelta(days=400, microseconds=1))
    assert (before.next_opening, before.rule) == (None, "no opening within 400 days UTC")
