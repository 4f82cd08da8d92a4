from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.oracle.zones import DAY, NAMES, changes, pieces, reading_at, time_of


def test_readings_of_a_day_are_what_the_zone_says_at_each_minute() -> None:
    for number, name in enumerate(NAMES[::4]):
        zone = ZoneInfo(name)
        year = 2020 + number % 21
        days = [minute // DAY for minute in changes(zone, year)] or [20_000]
        for day in days[-2:]:
            said = [
                (first + step, reading + step)
                for first, end, reading in pieces(zone, day)
                for step in range(end - first)
            ]
            assert said == [
                (minute, reading_at(zone, minute)) for minute in range(day * DAY, (day + 1) * DAY)
            ]


@pytest.mark.parametrize(
    ("zone", "year", "instants"),
    [
        ("Europe/Athens", 2026, ["2026-03-29T01:00", "2026-10-25T01:00"]),
        ("Australia/Lord_Howe", 2026, ["2026-04-04T15:00", "2026-10-03T15:30"]),
        ("Asia/Tokyo", 2026, []),
    ],
)
def test_changes_of_the_clock_are_found(zone: str, year: int, instants: list[str]) -> None:
    assert [f"{time_of(minute):%Y-%m-%dT%H:%M}" for minute in changes(ZoneInfo(zone), year)] == instants


def test_no_offset_has_seconds_and_no_zone_changes_twice_in_two_hours() -> None:
    for name in NAMES[::20]:
        zone = ZoneInfo(name)
        found = [minute for year in range(2020, 2042) for minute in changes(zone, year)]
        assert all(after - before > 120 for before, after in pairwise(found)), name
        for minute in found:
            offset = time_of(minute).astimezone(zone).utcoffset()
            assert offset is not None
            assert offset.total_seconds() % 60 == 0, name
