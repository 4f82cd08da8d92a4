"""Reads the ``weekly`` part of business hours: ``{"mon-fri": ["09:00-13:00", "14:00-18:00"]}``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from livechat_sdk.policies.settings_troubles import Trouble

__all__ = ["DAY_MINUTES", "DAY_NAMES", "Hours", "Week", "WeeklySpan", "read_hours", "read_week"]

DAY_MINUTES = 24 * 60

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_NUMBERS = {name: n % 7 for n, name in enumerate((*DAY_NAMES, *_LONG_NAMES))}

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-\N{EN DASH}]\s*(\d{1,2}):(\d{2})", re.ASCII)
_KEY_LIMIT = 100
_SPAN_LIMIT = 24
_EXAMPLE = '["09:00-13:00", "14:00-18:00"]'


@dataclass(frozen=True, slots=True)
class WeeklySpan:
    """One stretch of open time, each week.

    ``weekday`` is 0 for Monday to 6 for Sunday. ``start`` and ``end`` are minutes of wall time after
    the midnight that begins that day; an ``end`` above 1 440 lies on the next day. ``rule`` is what the
    settings say, for people. Raises ``ValueError`` for anything longer than a day, or empty.
    """

    weekday: int
    start: int
    end: int
    rule: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:  # noqa: PLR2004 - Monday to Sunday
            raise ValueError(f"weekday is 0 (Monday) to 6 (Sunday), not {self.weekday}")
        if not 0 <= self.start < DAY_MINUTES:
            raise ValueError(f"a span starts at minute 0 to 1439 of its day, not {self.start}")
        if not self.start < self.end <= self.start + DAY_MINUTES:
            raise ValueError(f"a span lasts up to a day, not from minute {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class Week:
    """What was read: the spans that are right, and what is wrong, with paths below ``weekly``."""

    spans: tuple[WeeklySpan, ...]
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """One span of a list, in minutes; ``end`` may lie on the next day, ``index`` is its place in the list."""

    start: int
    end: int
    text: str
    index: int


def read_week(weekly: object) -> Week:
    """Read a whole week. Keys are days (``mon``, ``sat,sun``), ranges (``fri-mon``) or ``daily``.

    A span whose end is not after its start ends on the next day; ``00:00-24:00`` is a whole day; an empty
    list, and a day that is not named, is closed. Spans of one list may adjoin, not overlap; an overnight
    span may run into the hours of the next day. Never raises: what is wrong comes back as troubles.
    """
    if not isinstance(weekly, Mapping):
        return Week((), (Trouble((), f"must be a table of days, such as mon-fri: {_EXAMPLE}"),))
    spans: list[WeeklySpan] = []
    troubles: list[Trouble] = []
    named_by: dict[int, str] = {}
    for key, value in cast("Mapping[object, object]", weekly).items():
        if not isinstance(key, str):
            troubles.append(Trouble((str(key),), "days are named by text: mon, sat,sun, mon-fri or daily"))
            continue
        days = _days(key, named_by, troubles)
        hours = _hours_of(key, value, troubles)
        label = key.strip().lower()
        spans += [WeeklySpan(day, one.start, one.end, f"{label} {one.text}") for day in days for one in hours]
    return Week(tuple(spans), tuple(troubles))


def _days(key: str, named_by: dict[int, str], troubles: list[Trouble]) -> list[int]:
    """The days that a key names, in the order of the key; remembers and compares who named which."""
    if len(key) > _KEY_LIMIT:
        troubles.append(Trouble((key,), f"this name of days is longer than {_KEY_LIMIT} characters"))
        return []
    days: list[int] = []
    for part in key.lower().replace("\N{EN DASH}", "-").split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        if first == "daily" and not dash:
            days += range(7)
        elif first in _DAY_NUMBERS and (not dash or last in _DAY_NUMBERS):
            start = _DAY_NUMBERS[first]
            count = (_DAY_NUMBERS[last] - start) % 7 if dash else 0
            days += [(start + offset) % 7 for offset in range(count + 1)]
        else:
            troubles.append(Trouble((key,), _not_a_day(part.strip())))
    mine: list[int] = []
    for day in days:
        before = named_by.setdefault(day, key)
        if before != key:
            troubles.append(
                Trouble((key,), f"{DAY_NAMES[day]} is named by {before!r} and by {key!r}: name each day once")
            )
        elif day in mine:
            troubles.append(Trouble((key,), f"{key!r} names {DAY_NAMES[day]} twice: name each day once"))
        else:
            mine.append(day)
    return mine


def _not_a_day(text: str) -> str:
    from difflib import get_close_matches

    first = text.partition("-")[0].strip() if text.partition("-")[0].strip() not in _DAY_NUMBERS else ""
    wrong = first or text.rpartition("-")[2].strip()
    close = get_close_matches(wrong, [*DAY_NAMES, "daily"], n=1)
    hint = (
        f"did you mean {close[0]!r}?" if close else f"use {', '.join(DAY_NAMES)}, mon-fri, sat,sun or daily"
    )
    return f"{text[:40]!r} is no day; {hint}"


def _hours_of(key: str, value: object, troubles: list[Trouble]) -> list[Hours]:
    """The spans of one key that can be read and do not overlap."""
    hours, wrong = read_hours(value, repr(key))
    troubles += [Trouble((key, *one.at), one.message) for one in wrong]
    return hours


def read_hours(value: object, day: str) -> tuple[list[Hours], list[Trouble]]:
    """The spans of a list that can be read and do not overlap, and what is wrong with the others.

    ``day`` is what the day is called where two overlap. Paths of troubles are below ``value``.
    """
    if isinstance(value, str):
        return [], [Trouble((), f'must be a list of spans: write ["{value[:40]}"]')]
    if not isinstance(value, Sequence) or isinstance(value, bytes | bytearray):
        closed = "; write [] for a day that is closed" if value is None else ""
        return [], [Trouble((), f"must be a list of spans such as {_EXAMPLE}{closed}")]
    items = cast("Sequence[object]", value)
    if len(items) > _SPAN_LIMIT:
        return [], [Trouble((), f"has {len(items)} spans; at most {_SPAN_LIMIT} a day")]
    hours: list[Hours] = []
    troubles: list[Trouble] = []
    for index, item in enumerate(items):
        one = _read_span(index, item)
        if isinstance(one, str):
            troubles.append(Trouble((index,), one))
            continue
        other = next((seen for seen in hours if seen.start < one.end and one.start < seen.end), None)
        if other is not None:
            troubles.append(Trouble((index,), f"{one.text} overlaps {other.text} on {day}"))
            continue
        hours.append(one)
    return hours, troubles


def _read_span(index: int, item: object) -> Hours | str:
    """One span, or what is wrong with it."""
    if not isinstance(item, str):
        return f"must be text such as '09:00-13:00', not {type(item).__name__}"
    match = _SPAN.fullmatch(item.strip())
    if match is None:
        return f"{item[:40]!r} is no span of time; write it as '09:00-13:00'"
    h1, m1, h2, m2 = (int(digits) for digits in match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if max(m1, m2) > 59 or max(start, end) > DAY_MINUTES:  # noqa: PLR2004 - minutes of an hour
        return f"{item!r}: times run from 00:00 to 24:00"
    if start == DAY_MINUTES:
        return f"{item!r}: a span cannot start at 24:00; begin it at 00:00 on the next day"
    text = f"{h1:02}:{m1:02}-{h2:02}:{m2:02}"
    return Hours(start, end if end > start else end + DAY_MINUTES, text, index)
