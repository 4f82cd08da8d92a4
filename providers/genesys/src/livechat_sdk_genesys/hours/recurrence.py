"""When a schedule begins, again and again: iCalendar rules, as far as opening hours need them.

``python-dateutil`` knows the rules, and knows no limit: a rule may repeat every second, or look for a
thirtieth of February until the year 9999, whatever its end. What it is given here repeats by days at the
most, and is moved by whole cycles of the calendar (400 years) to the last one before 9999: that bounds the
work by the days of some 400 years, a fraction of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import MAXYEAR, UTC, datetime, time, timedelta, tzinfo
from typing import Final

__all__ = ["OLDEST", "beginnings"]

OLDEST: Final = timedelta(days=20 * 366)
"""So long ago may the first beginning of a rule be."""

_CYCLE: Final = 400
_LONGEST: Final = 500
_STAMP: Final = "%Y%m%dT%H%M%S"
_DAY: Final = r"([+-]?([1-9]|[1-4]\d|5[0-3]))?(MO|TU|WE|TH|FR|SA|SU)"
_NUMBER: Final = r"[+-]?[1-9]\d{0,2}"
_PARTS: Final[Mapping[str, re.Pattern[str]]] = {
    "FREQ": re.compile(r"DAILY|WEEKLY|MONTHLY|YEARLY"),
    "INTERVAL": re.compile(r"[1-9]\d{0,3}"),
    "COUNT": re.compile(r"[1-9]\d{0,5}"),
    "UNTIL": re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII),
    "WKST": re.compile(r"MO|TU|WE|TH|FR|SA|SU"),
    "BYDAY": re.compile(rf"{_DAY}(,{_DAY})*"),
    "BYMONTH": re.compile(r"([1-9]|1[0-2])(,([1-9]|1[0-2]))*"),
    "BYMONTHDAY": re.compile(rf"{_NUMBER}(,{_NUMBER})*", re.ASCII),
    "BYYEARDAY": re.compile(rf"{_NUMBER}(,{_NUMBER})*", re.ASCII),
    "BYSETPOS": re.compile(rf"{_NUMBER}(,{_NUMBER})*", re.ASCII),
}


def beginnings(
    rule: str, start: datetime, since: datetime, until: datetime, zone: tzinfo
) -> Iterator[datetime]:
    """The beginnings from ``since`` to ``until``, both included; all are local times without a zone.

    ``zone`` is what an end in UTC is told in. Raises ``ValueError`` for a rule that is not understood, and
    for one that began too long ago.
    """
    parts = _parts_of(rule)
    if until - start > OLDEST:
        raise ValueError(f"the rule began in {start.year}: that is too long ago")
    count = int(parts.pop("COUNT", "0")) or None
    end = parts.pop("UNTIL", None)
    last = until if end is None else min(until, _end(end, zone))
    if last < start:
        return
    from dateutil.rrule import rrulestr  # whoever has no schedules does without

    ahead = (MAXYEAR - last.year) // _CYCLE * _CYCLE
    parts["UNTIL"] = _moved(last, ahead).strftime(_STAMP)
    first = _moved(start.replace(microsecond=0), ahead)
    text = ";".join(f"{key}={value}" for key, value in parts.items())
    for number, found in enumerate(rrulestr(text, dtstart=first, ignoretz=True)):
        if count is not None and number >= count:
            return
        begins = _moved(found, -ahead)
        if begins >= since:
            yield begins


def _moved(moment: datetime, years: int) -> datetime:
    """A time in another cycle, where every date has the same weekday."""
    return moment.replace(year=moment.year + years)


def _parts_of(rule: str) -> dict[str, str]:
    if len(rule) > _LONGEST:
        raise ValueError("the rule is too long")
    parts: dict[str, str] = {}
    for part in rule.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        key, _, value = part.partition("=")
        known = _PARTS.get(key)
        if known is None or key in parts or not known.fullmatch(value):
            raise ValueError(f"the rule is not understood at {part[:60]!r}")
        parts[key] = value
    if "FREQ" not in parts:
        raise ValueError("the rule does not say how often (FREQ)")
    return parts


def _end(text: str, zone: tzinfo) -> datetime:
    """The end of a rule as local time: a day is meant as a whole."""
    if "T" not in text:
        return datetime.combine(datetime.strptime(text, "%Y%m%d").date(), time.max)  # noqa: DTZ007 - local
    end = datetime.strptime(text.removesuffix("Z"), _STAMP)  # noqa: DTZ007 - local, or told below
    if not text.endswith("Z"):
        return end
    try:
        return end.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    except OverflowError:  # the last day of the year 9999 is a way to say never
        return end
