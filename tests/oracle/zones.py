"""What clocks in a zone show at each minute of UTC, by asking the zone and by nothing else.

Minutes are counted from the beginning of 1970: those of UTC on one side, on the other those of *readings*,
date and time as a clock in the zone shows them. Offsets that are no whole number of minutes (there are none
after 1972) are not for this module.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

__all__ = ["DAY", "NAMES", "Piece", "changes", "minute_of", "pieces", "reading_at", "time_of"]

DAY = 1440
"""Minutes of a day."""

NAMES = tuple(sorted(available_timezones() - {"Factory", "localtime"}))
"""All zones of the IANA database; not its name for "none chosen", and not the clock of this machine."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)

Piece = tuple[int, int, int]
"""The first minute of UTC, the one behind the last, the reading at the first; both go on side by side."""


def minute_of(reading: datetime) -> int:
    """Which minute this is; its zone, if it has one, is left out of account."""
    return (reading.replace(tzinfo=UTC) - _EPOCH) // _MINUTE


def time_of(minute: int) -> datetime:
    """The instant at which a minute of UTC begins."""
    return _EPOCH + minute * _MINUTE


def reading_at(zone: ZoneInfo, minute: int) -> int:
    """What a clock in the zone shows at this minute of UTC."""
    return minute_of(time_of(minute).astimezone(zone))


@lru_cache(maxsize=20_000)
def pieces(zone: ZoneInfo, day: int) -> tuple[Piece, ...]:
    """The readings of a day of UTC.

    The zone is asked at the beginning of each hour, and at each minute of an hour in which readings and UTC
    do not go on side by side. No zone has two changes within one hour; ``test_zones.py`` asks at each minute.
    """
    found: list[list[int]] = []

    def add(first: int, end: int, reading: int) -> None:
        if found and found[-1][2] - found[-1][0] == reading - first:
            found[-1][1] = end
        else:
            found.append([first, end, reading])

    for first in range(day * DAY, (day + 1) * DAY, 60):
        reading = reading_at(zone, first)
        if reading_at(zone, first + 60) == reading + 60:
            add(first, first + 60, reading)
        else:
            for minute in range(first, first + 60):
                add(minute, minute + 1, reading_at(zone, minute))
    return tuple((first, end, reading) for first, end, reading in found)


@lru_cache(maxsize=20_000)
def changes(zone: ZoneInfo, year: int) -> tuple[int, ...]:
    """The minutes of UTC in this year at which the clocks of the zone are changed."""
    first = minute_of(datetime(year, 1, 1)) // DAY  # noqa: DTZ001  (a reading)
    end = minute_of(datetime(year + 1, 1, 1)) // DAY  # noqa: DTZ001  (a reading)
    offsets = [reading_at(zone, day * DAY) - day * DAY for day in range(first, end + 1)]
    return tuple(
        later[0]
        for day, before, after in zip(range(first, end), offsets, offsets[1:], strict=False)
        if before != after
        for later in pieces(zone, day)[1:] or pieces(zone, day + 1)[:1]
    )
