"""Which hours a day has: dates before events before holidays before the week; and what goes before days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from livechat_sdk.policies.hours import Calendar
from tests.policies.hours.calendars import ATHENS, company, event, local, office, said

# In November 2026 the 23rd is a Monday; 28 October is a holiday in Greece, a Wednesday.
OCHI = "2026-10-28"


def test_a_date_goes_before_a_range_and_a_range_before_a_day_of_every_year() -> None:
    dates: dict[str, Any] = {
        "11-25": ["01:00-02:00"],
        "2026-11-23/2026-11-26": ["03:00-04:00"],
        "2026-11-24": ["05:00-06:00"],
    }
    shop = office(dates=dates)
    assert said(shop.at(local("2026-11-24 05:30"))) == (True, "date", "2026-11-24 05:00-06:00")
    assert not shop.at(local("2026-11-24 03:30")).open
    assert said(shop.at(local("2026-11-25 03:30"))) == (
        True,
        "date",
        "2026-11-25, 2026-11-23/2026-11-26 03:00-04:00",
    )
    assert said(shop.at(local("2027-11-25 01:30"))) == (True, "date", "2027-11-25, 11-25 01:00-02:00")
    assert not shop.at(local("2027-11-25 10:00")).open


def test_the_twenty_ninth_of_february_comes_in_leap_years_only() -> None:
    shop = office(dates={"02-29": []})
    assert said(shop.at(local("2028-02-29 10:00"))) == (False, "date", "closed: 2028-02-29, 02-29")
    assert shop.at(local("2027-03-01 10:00")).open


def test_a_date_without_spans_is_closed_and_one_with_none_is_like_any_other() -> None:
    shop = office(
        dates={
            "2026-11-23": {"hours": [], "name": "Inventory"},
            OCHI: None,
            "2026-11-24": {"hours": None},
            "2026-11-25": "10:00-11:00",
        },
        holidays={"country": "GR"},
    )
    assert said(shop.at(local("2026-11-23 10:00"))) == (False, "date", "closed: 2026-11-23 (Inventory)")
    assert said(shop.at(local(f"{OCHI} 10:00"))) == (True, "weekly", "mon-fri 09:00-17:00")
    assert shop.at(local("2026-11-24 10:00")).open
    assert said(shop.at(local("2026-11-25 12:00"))) == (
        False,
        "date",
        "closed: 2026-11-25, open 10:00-11:00",
    )


def test_a_holiday_is_closed_with_its_name_in_the_language_asked_for() -> None:
    greek = office(holidays={"country": "GR", "language": "el"})
    english = office(holidays={"country": "GR", "language": "en_US"})
    assert said(english.at(local(f"{OCHI} 10:00"))) == (
        False,
        "holiday",
        "closed: public holiday 2026-10-28 Ohi Day",
    )
    assert said(greek.at(local(f"{OCHI} 10:00")))[2].startswith("closed: public holiday 2026-10-28 Ημέρα")
    assert greek.at(local("2026-10-27 17:00")).next_opening == local("2026-10-29 09:00")


def test_a_holiday_may_have_hours_of_its_own() -> None:
    shop = office(holidays={"country": "GR", "language": "en_US", "hours": ["10:00-12:00"]})
    assert said(shop.at(local(f"{OCHI} 10:00"))) == (
        True,
        "holiday",
        "public holiday 2026-10-28 Ohi Day 10:00-12:00",
    )
    assert not shop.at(local(f"{OCHI} 12:00")).open


@pytest.mark.parametrize(
    "exceptions",
    [
        {OCHI: None, "2026-12-24": ["09:00-12:00"]},
        [OCHI, {"2026-12-24": "09:00-12:00"}],
        [{OCHI: None, "2026-12-24": ["09:00-12:00"]}],
    ],
)
def test_exceptions_of_holidays_are_dates(exceptions: Any) -> None:
    shop = office(holidays={"country": "GR", "except": exceptions})
    assert shop.at(local(f"{OCHI} 10:00")).open
    assert said(shop.at(local("2026-12-24 11:00"))) == (True, "date", "2026-12-24 09:00-12:00")
    assert not shop.at(local("2026-12-24 12:00")).open


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    hours = {"timezone": "Europe/Berlin", "weekly": {"daily": ["00:00-24:00"]}}
    saxony = Calendar.from_settings({**hours, "holidays": {"country": "DE", "subdivision": "SN"}})
    germany = Calendar.from_settings({**hours, "holidays": {"country": "DE"}})
    penance = local("2026-11-18 10:00", "Europe/Berlin")
    assert (saxony.at(penance).kind, germany.at(penance).kind) == ("holiday", "weekly")


def test_holidays_that_were_moved_can_be_left_out() -> None:
    hours = {"timezone": "America/New_York", "weekly": {"mon-fri": ["00:00-24:00"]}}
    moved = local("2021-12-31 10:00", "America/New_York")  # New Year's Day 2022 is a Saturday
    kept = Calendar.from_settings({**hours, "holidays": {"country": "US"}})
    left_out = Calendar.from_settings({**hours, "holidays": {"country": "US", "observed": False}})
    assert (kept.at(moved).open, left_out.at(moved).open) == (False, True)


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    nights = Calendar.from_settings(
        {"timezone": ATHENS, "weekly": {"daily": ["22:00-06:00"]}, "dates": {"2026-11-24": []}}
    )
    assert said(nights.at(local("2026-11-24 05:59"))) == (True, "weekly", "daily 22:00-06:00")
    assert said(nights.at(local("2026-11-24 23:00"))) == (False, "date", "closed: 2026-11-24")
    assert not nights.at(local("2026-11-25 05:59")).open
    assert nights.at(local("2026-11-24 06:00")).next_opening == local("2026-11-25 22:00")


def test_where_two_spans_hold_the_one_that_began_first_is_named() -> None:
    shop = Calendar.from_settings(
        {"timezone": ATHENS, "weekly": {"sun": ["22:00-10:00"], "mon": ["09:00-12:00"]}}
    )
    assert said(shop.at(local("2026-11-23 09:30")))[2] == "sun 22:00-10:00"
    assert said(shop.at(local("2026-11-23 10:00")))[2] == "mon 09:00-12:00"


def test_closings_go_before_openings_and_openings_before_days() -> None:
    shop = office(
        dates={"2026-11-23": []},
        openings=[{"from": "2026-11-23 10:00", "to": "2026-11-23 14:00", "name": "Sale"}],
        closings=[{"from": "2026-11-23T11:00", "to": "2026-11-23T12:00"}],
    )
    assert said(shop.at(local("2026-11-23 10:00"))) == (
        True,
        "opening",
        "open: Sale, 2026-11-23 10:00 to 2026-11-23 14:00",
    )
    assert said(shop.at(local("2026-11-23 11:30"))) == (
        False,
        "closing",
        "closed: 2026-11-23T11:00 to 2026-11-23T12:00",
    )
    assert shop.at(local("2026-11-23 12:00")).open
    assert said(shop.at(local("2026-11-23 14:00"))) == (False, "date", "closed: 2026-11-23")


def test_dates_alone_are_whole_days_for_openings_and_closings() -> None:
    shop = office(closings=[{"from": "2026-11-24", "to": "2026-11-25"}])
    assert shop.at(local("2026-11-23 17:00")).next_opening == local("2026-11-26 09:00")


def test_a_closing_inside_a_fold_holds_both_times() -> None:
    shop = Calendar.from_settings(
        {
            "timezone": ATHENS,
            "weekly": {"daily": ["00:00-24:00"]},
            "closings": [{"from": "2026-10-25 03:15", "to": "2026-10-25 03:30"}],
        }
    )
    for fold in (0, 1):
        assert not shop.at(local("2026-10-25 03:20", fold=fold)).open
        assert shop.at(local("2026-10-25 03:40", fold=fold)).open


# ----------------------------------------------------------------------------------------- company calendars
def test_events_with_dates_are_days_and_events_with_times_are_times(tmp_path: Path) -> None:
    file = company(
        tmp_path / "company.ics",
        event("DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261125", "SUMMARY:Two days off", uid="1"),
        event("DTSTART:20261125T100000Z", "DTEND:20261125T110000Z", "SUMMARY:In UTC", uid="2"),
        event("DTSTART:20261126T100000", "DURATION:PT1H", "SUMMARY:Wall", uid="3"),
        event("DTSTART;TZID=America/New_York:20261127T040000", "DURATION:PT30M", "SUMMARY:Far", uid="4"),
        event("DTSTART:20261127T140000Z", "SUMMARY:No time at all", uid="5"),
        event("DTSTART;VALUE=DATE:20261201", "STATUS:CANCELLED", "SUMMARY:Not at all", uid="6"),
    )
    shop = office(events=[{"file": file}])
    for day in ("23", "24"):
        assert said(shop.at(local(f"2026-11-{day} 10:00"))) == (
            False,
            "event",
            f"closed: event 2026-11-{day} Two days off",
        )
    assert shop.at(local("2026-11-25 11:59")).open
    assert said(shop.at(local("2026-11-25 12:00")))[:2] == (False, "event")
    assert shop.at(local("2026-11-25 12:00")).rule == "closed: event In UTC"
    assert shop.at(local("2026-11-25 13:00")).open
    assert not shop.at(local("2026-11-26 10:30")).open
    assert shop.at(local("2026-11-26 11:00")).open
    assert shop.at(local("2026-11-27 11:15")).rule == "closed: event Far"
    assert shop.at(local("2026-11-27 11:30")).open
    assert shop.at(local("2026-11-27 16:00")).open
    assert shop.at(local("2026-12-01 10:00")).open


def test_events_may_open_and_events_that_close_go_before_them(tmp_path: Path) -> None:
    opens = company(
        tmp_path / "open.ics",
        event("DTSTART;VALUE=DATE:20261128", "SUMMARY:Saturday", uid="1"),
        event("DTSTART;VALUE=DATE:20261129", "SUMMARY:Sunday", uid="2"),
        event("DTSTART:20261205T100000", "DTEND:20261205T120000", "SUMMARY:Evening", uid="3"),
    )
    closes = company(
        tmp_path / "closed.ics",
        event("DTSTART;VALUE=DATE:20261129", "SUMMARY:Closed after all", uid="1"),
        event("DTSTART:20261205T110000", "DTEND:20261205T113000", "SUMMARY:Lunch", uid="2"),
    )
    shop = office(
        events=[{"file": opens, "means": "open", "hours": ["10:00-14:00"]}, {"file": closes}],
    )
    assert said(shop.at(local("2026-11-28 10:00"))) == (
        True,
        "event",
        "event 2026-11-28 Saturday 10:00-14:00",
    )
    assert not shop.at(local("2026-11-28 14:00")).open
    assert said(shop.at(local("2026-11-29 11:00")))[2] == "closed: event 2026-11-29 Closed after all"
    assert shop.at(local("2026-12-05 10:30")).rule == "open: event Evening"
    assert shop.at(local("2026-12-05 11:15")).rule == "closed: event Lunch"
    assert shop.at(local("2026-12-05 11:30")).open


def test_days_that_several_calendars_open_have_the_spans_of_all(tmp_path: Path) -> None:
    file = company(tmp_path / "open.ics", event("DTSTART;VALUE=DATE:20261128"))
    shop = office(
        events=[
            {"file": file, "means": "open", "hours": ["10:00-12:00"]},
            {"file": file, "means": "open", "hours": ["11:00-14:00"]},
        ]
    )
    answer = shop.at(local("2026-11-28 10:30"))
    assert answer.next_closing == local("2026-11-28 14:00")


def test_dates_go_before_events_with_dates_and_these_before_holidays(tmp_path: Path) -> None:
    file = company(
        tmp_path / "open.ics",
        event("DTSTART;VALUE=DATE:20261028", "DTEND;VALUE=DATE:20261030"),
    )
    shop = office(
        events=[{"file": file, "means": "open"}],
        holidays={"country": "GR"},
        dates={"2026-10-29": ["10:00-11:00"]},
    )
    assert shop.at(local("2026-10-28 23:00")).kind == "event"
    assert shop.at(local("2026-10-28 23:00")).open
    assert said(shop.at(local("2026-10-29 12:00")))[:2] == (False, "date")


def test_a_series_keeps_its_wall_time_and_its_exceptions(tmp_path: Path) -> None:
    file = company(
        tmp_path / "series.ics",
        event(
            "DTSTART;TZID=Europe/Athens:20200106T100000",
            "DTEND;TZID=Europe/Athens:20200106T110000",
            "RRULE:FREQ=WEEKLY",
            "EXDATE;TZID=Europe/Athens:20261130T100000",
            "SUMMARY:Meeting",
        ),
        event(
            "RECURRENCE-ID;TZID=Europe/Athens:20261207T100000",
            "DTSTART;TZID=Europe/Athens:20261207T150000",
            "DTEND;TZID=Europe/Athens:20261207T160000",
            "SUMMARY:Meeting later",
        ),
        event(
            "RECURRENCE-ID;TZID=Europe/Athens:20261214T100000",
            "DTSTART;TZID=Europe/Athens:20261214T100000",
            "DTEND;TZID=Europe/Athens:20261214T110000",
            "STATUS:CANCELLED",
        ),
    )
    shop = office(events=[{"file": file}])
    for when in ("2026-07-06 10:30", "2026-11-23 10:30", "2040-12-31 10:30", "2026-12-07 15:30"):
        assert not shop.at(local(when)).open
    for when in ("2026-11-30 10:30", "2026-12-07 10:30", "2026-12-14 10:30"):
        assert shop.at(local(when)).open


# ------------------------------------------------------------------------------------------------------ rows
ROWS: list[dict[str, Any]] = [
    {"id": 1, "userGroupId": "g-1", "day": 1, "opensAt": 540, "closesAt": 1020},
    {"id": 2, "userGroupId": "g-1", "day": 1, "opensAt": 600, "closesAt": 1080},
    {"id": 3, "userGroupId": "g-2", "day": 6, "opensAt": 1320, "closesAt": 120},
    {"id": 4, "day": 2, "opensAt": 1440, "closesAt": 60},
]


def of_rows(rows: list[dict[str, Any]], day_zero: str = "sunday") -> Calendar:
    return Calendar.from_settings({"timezone": ATHENS, "rows": rows, "day_zero": day_zero})


def test_rows_are_the_hours_of_their_groups() -> None:
    shop = of_rows(ROWS)
    monday = shop.at(local("2026-11-23 09:00"), group="g-1")
    assert said(monday) == (True, "weekly", "mon 09:00-17:00 of group g-1")
    assert monday.next_closing == local("2026-11-23 18:00")  # rows that overlap are one opening
    night = shop.at(local("2026-11-29 01:00"), group="g-2")  # Saturday night
    assert said(night) == (True, "weekly", "sat 22:00-02:00 of group g-2")
    assert not shop.at(local("2026-11-23 09:00"), group="g-2").open


def test_other_requests_use_the_rows_without_a_group_or_all_of_them() -> None:
    shop = of_rows(ROWS)
    assert not shop.at(local("2026-11-23 09:00")).open
    assert said(shop.at(local("2026-11-25 00:30"), group="unknown")) == (True, "weekly", "wed 00:00-01:00")
    grouped = of_rows(ROWS[:3])
    assert grouped.at(local("2026-11-23 09:00")).open
    assert grouped.at(local("2026-11-29 01:00"), group="unknown").open


def test_day_zero_says_which_weekday_rows_begin_with() -> None:
    row: list[dict[str, Any]] = [{"day": 0, "opensAt": 0, "closesAt": 1440}]
    assert of_rows(row).at(local("2026-11-22 10:00")).open  # a Sunday
    assert not of_rows(row).at(local("2026-11-23 00:00")).open
    assert of_rows(row, "monday").at(local("2026-11-23 10:00")).open
    assert not of_rows(row, "monday").at(local("2026-11-22 10:00")).open


def test_without_rows_it_is_never_open() -> None:
    assert of_rows([]).at(local("2026-11-23 10:00")).next_opening is None


@pytest.mark.feature("PL-03")
@pytest.mark.parametrize(
    "row",
    [
        {"day": 7, "opensAt": 0, "closesAt": 60},
        {"day": -1, "opensAt": 0, "closesAt": 60},
        {"day": 1, "opensAt": -1, "closesAt": 60},
        {"day": 1, "opensAt": 0, "closesAt": 1441},
        {"day": 1, "opensAt": 60, "closesAt": 60},
        {"day": 1, "opensAt": "9:00", "closesAt": 1020},
    ],
)
def test_rows_outside_of_the_platforms_limits_are_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        of_rows([row])
