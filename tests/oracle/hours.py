"""Business hours minute by minute, written from ``docs/reference/business-hours.md`` alone.

Whether a calendar is open is looked up for each minute: what the clock of its zone shows then, and what
the calendar says of that reading. When this changes is found by walking along the minutes. It is slow, it has
no idea of intervals, and it shares no code with ``livechat_sdk.policies``: that is what it is for. Times of
calendars are whole minutes, so the answer cannot change within one. Walking is done with bytes, one for each
minute, 1 440 for each day.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from tests.oracle.events import File
from tests.oracle.zones import DAY, minute_of, pieces, reading_at, time_of

__all__ = ["Answer", "Hours", "calendar_for"]

_FAR = 400 * DAY
"""How many minutes ahead the next opening and the next closing are looked for."""
_FIRST = date(1970, 1, 1)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")

Span = tuple[int, int]
"""Start and end in minutes from the beginning of the day on which it begins; the end may lie on the next."""
Stretch = tuple[int, int]
"""First minute, and the one behind the last: of readings for openings and closings, of UTC for events."""


@dataclass(frozen=True)
class Answer:
    """What the page calls the answer, without ``rule``."""

    open: bool
    kind: str
    next_opening: datetime | None
    next_closing: datetime | None


def _span(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    assert match, text
    first_hour, first_minute, last_hour, last_minute = (int(number) for number in match.groups())
    start, end = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    return start, end if end > start else end + DAY


def _spans(value: Any) -> list[Span]:
    """Spans as the values of dates have them: a list, one alone, or a mapping with a name beside."""
    if isinstance(value, Mapping):
        value = value["hours"]
    return [_span(value)] if isinstance(value, str) else [_span(text) for text in value]


def _weekdays(key: str) -> list[int]:
    if key == "daily":
        return list(range(7))
    found: list[int] = []
    for part in key.split(","):
        first, *rest = (_DAYS.index(name[:3]) for name in part.split("-"))
        last = rest[0] if rest else first
        found += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return found


def _moment(text: str, *, last: bool = False) -> int:
    if len(text) == len("2026-12-24"):
        return minute_of(datetime.fromisoformat(text)) + (DAY if last else 0)
    return minute_of(datetime.fromisoformat(text.replace("T", " ")))


@lru_cache(maxsize=20_000)
def _public_holidays(country: str, subdivision: str | None, observed: bool, year: int) -> frozenset[date]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of some countries the package knows certain years only
        return frozenset(holidays.country_holidays(country, subdivision, years=year, observed=observed))


def calendar_for(
    hours: Any,
    calendars: Mapping[str, Mapping[str, Any]],
    *,
    queue: str | None,
    group: str | None,
    language: str | None,
) -> Mapping[str, Any]:
    """Which calendar of a bot's ``business_hours`` holds for a request in this language."""

    def calendar(said: Any) -> Mapping[str, Any]:
        return calendars[said] if isinstance(said, str) else said

    def even(tag: str) -> str:
        return tag.replace("_", "-").casefold()

    def fits(entry: Mapping[str, Any]) -> bool:
        if "queue" in entry and entry["queue"] != queue:
            return False
        if "group" in entry and entry["group"] != group:
            return False
        return "language" not in entry or (
            language is not None and f"{even(language)}-".startswith(f"{even(entry['language'])}-")
        )

    if isinstance(hours, str):
        return calendars[hours]
    fitting = [entry for entry in hours.get("for", ()) if fits(entry)]
    if fitting:
        best = max(fitting, key=lambda has: ("queue" in has, "group" in has, len(has.get("language", ""))))
        return calendar(best["hours"])
    return calendars[hours["calendar"]] if "calendar" in hours else hours


def _paint(minutes: bytearray, number: int, stretches: Sequence[Stretch], mark: int) -> None:
    """Mark the minutes of a day that lie in stretches."""
    for first, end in stretches:
        for minute in range(max(0, first - number * DAY), min(DAY, end - number * DAY)):
            minutes[minute] = mark


class Hours:
    """One calendar, in the form of the settings, for requests that go to ``group``."""

    def __init__(
        self, settings: Mapping[str, Any], group: str | None = None, files: Mapping[str, File] | None = None
    ) -> None:
        self._zone = ZoneInfo(settings["timezone"])
        self._week: list[list[Span]] = [[] for _ in _DAYS]
        for key, spans in settings.get("weekly", {}).items():
            for weekday in _weekdays(key):
                self._week[weekday] = _spans(spans)
        self._read_rows(settings, group)
        self._dates: dict[date, Any] = {}
        self._ranges: list[tuple[date, date, Any]] = []
        self._yearly: dict[str, Any] = {}
        self._read_dates(settings.get("dates", {}))
        self._holidays = settings.get("holidays")
        if self._holidays:
            self._read_dates(self._holidays.get("except", {}))
        self._openings = self._one_offs(settings.get("openings", ()))
        self._closings = self._one_offs(settings.get("closings", ()))
        self._events = [(said, (files or {})[said["file"]]) for said in settings.get("events", ())]
        self._days: dict[int, bytes] = {}
        self._said_days: dict[int, bytes] = {}
        self._clock_days: dict[int, bytes] = {}

    # ------------------------------------------------------------ what the settings say

    def _read_rows(self, settings: Mapping[str, Any], group: str | None) -> None:
        rows: Sequence[Mapping[str, Any]] = settings.get("rows", ())
        its_own = [row for row in rows if group is not None and row.get("userGroupId") == group]
        everybody = [row for row in rows if row.get("userGroupId") is None]
        for row in its_own or everybody or rows:
            weekday = row["day"] if settings.get("day_zero") == "monday" else (row["day"] - 1) % 7
            start, end = row["opensAt"], row["closesAt"]
            end = end if end > start else end + DAY
            if start == DAY:
                # The midnight at the end of the day is the beginning of the next, and there it begins.
                weekday, start, end = (weekday + 1) % 7, 0, end - DAY
            self._week[weekday].append((start, end))

    def _read_dates(self, said: Any) -> None:
        if not isinstance(said, Mapping):
            for item in said:
                self._read_dates(item if isinstance(item, Mapping) else {item: None})
            return
        for key, value in said.items():
            if "/" in key:
                first, last = (date.fromisoformat(part) for part in key.split("/"))
                self._ranges.append((first, last, value))
            elif len(key) == len("12-24"):
                self._yearly[key] = value
            else:
                self._dates[date.fromisoformat(key)] = value

    @staticmethod
    def _one_offs(said: Sequence[Mapping[str, str]]) -> list[Stretch]:
        return [(_moment(one["from"]), _moment(one["to"], last=True)) for one in said]

    # ------------------------------------------------------------ what is open

    def _named(self, day: date) -> tuple[bool, Any]:
        """Whether ``dates`` or ``except`` name the day, and the value."""
        if day in self._dates:
            return True, self._dates[day]
        for first, last, value in self._ranges:
            if first <= day <= last:
                return True, value
        if (key := f"{day:%m-%d}") in self._yearly:
            return True, self._yearly[key]
        return False, None

    def _is_holiday(self, day: date) -> bool:
        said = self._holidays
        return said is not None and day in _public_holidays(
            said["country"], said.get("subdivision"), said.get("observed", True), day.year
        )

    def _hours_of(self, day: date) -> tuple[str, list[Span]]:
        """The hours of a day, and what they come from."""
        named, value = self._named(day)
        if named and value is not None:
            return "date", _spans(value)
        if not named and (events := [said for said, file in self._events if day in file.days]):
            if any(said.get("means", "closed") == "closed" for said in events):
                return "event", []
            return "event", [span for said in events for span in _spans(said.get("hours", "00:00-24:00"))]
        if not named and self._is_holiday(day):
            return "holiday", _spans((self._holidays or {}).get("hours", []))
        return "weekly", self._week[day.weekday()]

    def decide(self, minute: int) -> tuple[bool, str]:
        """Whether it is open at this minute of UTC, and the kind: the rules one after the other."""
        reading = reading_at(self._zone, minute)
        if any(first <= reading < end for first, end in self._closings):
            return False, "closing"
        if any(first <= reading < end for first, end in self._openings):
            return True, "opening"
        for means in ("closed", "open"):
            if any(first <= minute < end for first, end in self._stretches(means)):
                return means == "open", "event"
        today = _FIRST + timedelta(days=reading // DAY)
        begun: list[tuple[int, str]] = []
        for day in (today - timedelta(days=1), today):
            kind, spans = self._hours_of(day)
            beginning = (day - _FIRST).days * DAY
            begun += [(beginning + start, kind) for start, end in spans if start <= reading - beginning < end]
        if begun:
            return True, min(begun)[1]
        return False, self._hours_of(today)[0]

    # ------------------------------------------------------------ the walking

    def _stretches(self, means: str) -> list[Stretch]:
        """When events with times hold, in minutes of UTC."""
        return [
            one
            for said, file in self._events
            if said.get("means", "closed") == means
            for one in file.stretches
        ]

    def _said_of(self, number: int) -> bytes:
        """For each reading of a date (counted from 1970): 1 in an opening, 2 in a closing, else 0."""
        if number not in self._said_days:
            minutes = bytearray(DAY)
            _paint(minutes, number, self._openings, 1)
            _paint(minutes, number, self._closings, 2)
            self._said_days[number] = bytes(minutes)
        return self._said_days[number]

    def _readings_of(self, number: int) -> bytes:
        """For each reading of a date (counted from 1970): 1 where the hours of the day are open."""
        if number not in self._clock_days:
            minutes = bytearray(DAY)
            for back in (1, 0):
                for start, end in self._hours_of(_FIRST + timedelta(days=number - back))[1]:
                    for minute in range(max(0, start - back * DAY), min(DAY, end - back * DAY)):
                        minutes[minute] = 1
            self._clock_days[number] = bytes(minutes)
        return self._clock_days[number]

    def minutes_of(self, number: int) -> bytes:
        """For each minute of a day of UTC (counted from 1970): 1 where it is open."""
        if number not in self._days:
            minutes = bytearray(self._by_the_clock(number, self._readings_of))
            _paint(minutes, number, self._stretches("open"), 1)
            _paint(minutes, number, self._stretches("closed"), 0)
            said = self._by_the_clock(number, self._said_of)
            if any(said):
                minutes = bytearray(
                    2 - one if one else found for one, found in zip(said, minutes, strict=True)
                )
            self._days[number] = bytes(minutes)
        return self._days[number]

    def _by_the_clock(self, number: int, readings_of: Callable[[int], bytes]) -> bytes:
        """For each minute of a day of UTC what holds for the reading then."""
        minutes = bytearray()
        for first, end, reading in pieces(self._zone, number):
            taken = 0
            while taken < end - first:
                day, minute = divmod(reading + taken, DAY)
                minutes += readings_of(day)[minute : minute + end - first - taken]
                taken = len(minutes) - (first - number * DAY)
        return bytes(minutes)

    def _next(self, change: bytes, instant: datetime) -> datetime | None:
        """The first instant after this one at which a minute and the one before it are as in ``change``."""
        now = minute_of(instant)
        last = instant + timedelta(minutes=_FAR)
        day, after = divmod(now + 1, DAY)
        while time_of(day * DAY + after) <= last:
            minutes = self.minutes_of(day - 1)[-1:] + self.minutes_of(day)
            found = minutes.find(change, after)  # a minute is found by the place of the one before it
            if found >= 0:
                at = time_of(day * DAY + found)
                return at if at <= last else None
            day, after = day + 1, 0
        return None

    def at(self, instant: datetime) -> Answer:
        """The answer for an instant in UTC."""
        is_open, kind = self.decide(minute_of(instant))
        return Answer(is_open, kind, self._next(b"\x00\x01", instant), self._next(b"\x01\x00", instant))
