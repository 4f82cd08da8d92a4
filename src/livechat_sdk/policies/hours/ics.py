"""Reads the events of an iCalendar file with all their recurrences, within limits that hold.

The work is done by ``icalendar`` and ``recurring-ical-events``, which are loaded when a file is read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast

from livechat_sdk.policies.hours.dates import day_number
from livechat_sdk.policies.hours.holidays_package import NOT_INSTALLED
from livechat_sdk.policies.hours.zones import second_of

__all__ = ["MAX_BYTES", "CompanyFileError", "Event", "Events", "read_events"]

MAX_BYTES: Final = 1_000_000
_MOST_EVENTS: Final = 2000
_MOST_OCCURRENCES: Final = 20_000
_LONGEST: Final = timedelta(days=366)
_EARLIEST: Final = 1970
_SINCE: Final = datetime(2019, 12, 30, tzinfo=UTC)  # a little more than 2020 to 2040 in every zone
_UNTIL: Final = datetime(2041, 1, 3, tzinfo=UTC)
_SECONDS: Final = 10.0
"""For all recurrences of a file, looked at between events: a daily rule that no day ever fits is followed to
the year 9999, which takes about as long."""
_SELDOM: Final = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_TOO_FINE: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")
_NAME_LENGTH: Final = 100


class CompanyFileError(ValueError):
    """A company calendar that cannot be used; ``advice`` says what to do, ``code`` is that of the problem."""

    def __init__(self, message: str, advice: str, *, code: str) -> None:
        super().__init__(f"{message}; {advice}" if advice else message)
        self.message = message
        self.advice = advice
        self.code = code


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence with times, in seconds: from ``start`` to before ``end``."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Events:
    """What a file says: names by day (days since 1970), and events with times, as instants or as readings."""

    days: Mapping[int, str]
    instants: Sequence[Event]
    readings: Sequence[Event]


def read_events(content: bytes, source: str) -> Events:
    """The events in the bytes of a file that problems call ``source``. May take seconds.

    Raises ``CompanyFileError`` for what is no calendar, what cannot be understood, and what is too much.
    """
    if len(content) > MAX_BYTES:
        raise _too_much(source, f"has more than {MAX_BYTES:,} bytes")
    if content.upper().count(b"BEGIN:VEVENT") > _MOST_EVENTS:
        raise _too_much(source, f"has more than {_MOST_EVENTS:,} events")
    events = _parsed(content, source)
    days: dict[int, str] = {}
    instants: list[Event] = []
    readings: list[Event] = []
    for name, start, end in _occurrences(events, source):
        if not isinstance(start, datetime):
            for number in range(day_number(start), day_number(end)):
                days.setdefault(number, name)
        elif start.tzinfo is None:
            event = Event(second_of(start.replace(tzinfo=UTC)), second_of(end.replace(tzinfo=UTC)), name)
            readings.append(event)
        else:
            instants.append(Event(second_of(start), second_of(end), name))
    return Events(days, instants, readings)


def _parsed(content: bytes, source: str) -> list[Any]:
    """The events of all calendars in the file, each looked at."""
    try:
        from icalendar import Calendar
    except ImportError:
        message = "what reads company calendars is not installed"
        raise CompanyFileError(message, NOT_INSTALLED.partition("; ")[2], code="LC815") from None
    try:
        calendars: list[Any] = [*Calendar.from_ical(content, multiple=True)]
        found = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except Exception as error:
        raise _unreadable(source, "is no iCalendar file") from error
    if not calendars:
        raise _unreadable(source, "is no iCalendar file")
    kept: list[Any] = []
    for event in found:
        if str(event.get("STATUS", "")).strip().upper() == "CANCELLED" and "RECURRENCE-ID" not in event:
            continue
        _check(event, source)
        kept.append(event)
    return kept


def _check(event: Any, source: str) -> None:
    """Raise for an event that would be understood wrongly, or take for ever."""
    what = f"has the event {_name_of(event)!r}, which"
    if event.errors:
        raise _unreadable(source, f"{what} has a {event.errors[0][0] or 'line'} that cannot be read")
    if "DTSTART" not in event:
        raise _unreadable(source, f"{what} has no start")
    for key in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        _check_zone(event.get(key), f"{what} is in an unknown time zone", source)
    if "DTEND" in event and not _in_order(event["DTSTART"].dt, event["DTEND"].dt):
        raise _unreadable(source, f"{what} ends before it starts")
    if event["DTSTART"].dt.year < _EARLIEST:
        raise _too_much(source, f"{what} starts before {_EARLIEST}")
    rules: Any = event.get("RRULE", [])
    for rule in _listed(rules):
        often = [str(one).upper() for one in rule.get("FREQ", [])]
        if len(often) != 1 or often[0] not in _SELDOM or any(key in rule for key in _TOO_FINE):
            raise _too_much(source, f"{what} recurs more often than daily")
        if int(rule.get("COUNT", [0])[0]) > _MOST_OCCURRENCES:
            raise _too_much(source, f"{what} recurs more than {_MOST_OCCURRENCES:,} times")


def _in_order(start: date, end: date) -> bool:
    """Whether both are of one kind, and the end is not before the start."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        return (start.tzinfo is None) == (end.tzinfo is None) and start <= end
    return not isinstance(start, datetime) and not isinstance(end, datetime) and start <= end


def _listed(rules: object) -> Sequence[Any]:
    return cast("list[object]", rules) if isinstance(rules, list) else (rules,)


def _check_zone(value: Any, message: str, source: str) -> None:
    zone = getattr(value, "params", {}).get("TZID")
    if zone is not None and isinstance(value.dt, datetime) and value.dt.tzinfo is None:
        raise _unreadable(source, f"{message} ({str(zone)[:60]!r})")


def _occurrences(events: Iterable[Any], source: str) -> Iterator[tuple[str, Any, Any]]:
    """Name, start and end of every occurrence, series by series."""
    from icalendar import Calendar
    from recurring_ical_events import of

    series: dict[str, Any] = {}
    for number, event in enumerate(events):
        key = str(event.get("UID", "")) or f"without a name {number}"
        series.setdefault(key, Calendar()).add_component(event)
    deadline = time.monotonic() + _SECONDS
    seen = 0
    for calendar in series.values():
        try:
            found = of(calendar).between(_SINCE, _UNTIL)
        except Exception as error:
            name = _name_of(calendar.subcomponents[0])
            raise _unreadable(source, f"has the event {name!r}, which cannot be understood") from error
        seen += len(found)
        if seen > _MOST_OCCURRENCES:
            raise _too_much(source, f"has more than {_MOST_OCCURRENCES:,} occurrences of events")
        if time.monotonic() > deadline:
            raise _too_much(source, f"has rules that take more than {_SECONDS:g} seconds")
        for event in found:
            if str(event.get("STATUS", "")).strip().upper() == "CANCELLED":
                continue
            start, end = event.start, event.end
            if end - start > _LONGEST:
                raise _too_much(source, f"has the event {_name_of(event)!r}, which lasts more than a year")
            yield _name_of(event), start, end


def _name_of(event: Any) -> str:
    return " ".join(str(event.get("SUMMARY", "")).split())[:_NAME_LENGTH]


def _too_much(source: str, what: str) -> CompanyFileError:
    advice = "export fewer years, or only the calendar with the closed days"
    return CompanyFileError(f"{source} {what}", advice, code="LC817")


def _unreadable(source: str, what: str) -> CompanyFileError:
    return CompanyFileError(f"{source} {what}", "export it again, or mend the event", code="LC818")
