"""Company calendars: random ``.ics`` files, and what they mean by ``docs/reference/business-hours.md``.

What a file means is known from how it was made; nothing here reads one. Times without a zone stay away from
changes of the clock, so that each is one instant.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tests.oracle.zones import DAY, changes, reading_at, time_of

__all__ = ["File", "random_file"]

_FIRST = date(1970, 1, 1)


@dataclass
class File:
    """A file and its events: days for those with dates, stretches of minutes of UTC for those with times."""

    text: str = ""
    days: set[date] = field(default_factory=set)
    stretches: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class _Times:
    """How often an event comes back: a rule of the file, and the days between the first and each."""

    rule: str
    steps: Sequence[int]


def _repeated(source: random.Random) -> _Times:
    every, count = source.randint(1, 3), source.randint(2, 6)
    return source.choice(
        (
            _Times("", [0]),
            _Times("", [0]),
            _Times(f"RRULE:FREQ=DAILY;INTERVAL={every};COUNT={count}", range(0, every * count, every)),
            _Times(
                f"RRULE:FREQ=WEEKLY;INTERVAL={every};COUNT={count}", range(0, 7 * every * count, 7 * every)
            ),
        )
    )


def _with_dates(source: random.Random, first: date, file: File, counts: bool) -> Iterator[str]:
    lasts, times = source.choice((1, 1, 2, 5)), _repeated(source)
    yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
    if lasts > 1 or source.random() < 0.5:
        yield source.choice(
            (f"DTEND;VALUE=DATE:{first + timedelta(days=lasts):%Y%m%d}", f"DURATION:P{lasts}D")
        )
    yield times.rule
    if counts:
        file.days.update(first + timedelta(days=step + more) for step in times.steps for more in range(lasts))


def _with_times(
    source: random.Random, zone: ZoneInfo, minute: int, file: File, counts: bool
) -> Iterator[str]:
    lasts = source.choice((0, 1, 30, 90, 480, DAY, 3 * DAY))
    times = _repeated(source) if lasts < DAY else _Times("", [0])
    steady = not any(
        abs(change - minute) < 30 * DAY * 3 for year in _years(minute) for change in changes(zone, year)
    )
    # By the clocks of the calendar where they are not changed for long enough; else in UTC.
    local = steady and source.random() < 0.5
    start = time_of(reading_at(zone, minute) if local else minute)
    mark = "" if local else "Z"
    yield f"DTSTART:{start:%Y%m%dT%H%M%S}{mark}"
    if lasts:
        end = start + timedelta(minutes=lasts)
        yield source.choice((f"DTEND:{end:%Y%m%dT%H%M%S}{mark}", f"DURATION:PT{lasts}M"))
    yield times.rule
    if counts:
        file.stretches += [(minute + step * DAY, minute + step * DAY + lasts) for step in times.steps]


def _years(minute: int) -> range:
    year = time_of(minute).year
    return range(year - 1, year + 2)


def random_file(source: random.Random, zone: ZoneInfo, focus: int) -> File:
    """A file with one to four events near a minute of UTC."""
    file = File()
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//oracle//EN"]
    for number in range(source.randint(1, 4)):
        counts = source.random() < 0.85
        minute = focus + source.choice((0, source.randint(-600, 600), source.randint(-5 * DAY, 40 * DAY)))
        lines += ["BEGIN:VEVENT", f"UID:{number}@oracle.example", "DTSTAMP:20200101T000000Z"]
        if source.random() < 0.5:
            day = _FIRST + timedelta(days=reading_at(zone, minute) // DAY)
            lines += filter(None, _with_dates(source, day, file, counts))
        else:
            lines += filter(None, _with_times(source, zone, minute, file, counts))
        lines += [f"SUMMARY:Event {number}", *([] if counts else ["STATUS:CANCELLED"]), "END:VEVENT"]
    file.text = "\r\n".join([*lines, "END:VCALENDAR", ""])
    return file
