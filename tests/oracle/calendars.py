"""Random calendars and instants to ask about, mostly near changes of the clock and edges of spans.

Everything follows from a number, the seed. What a calendar may look like is taken from
``docs/reference/business-hours.md``; each is valid by that page.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from tests.oracle.events import File, random_file
from tests.oracle.zones import DAY, NAMES, changes, minute_of, reading_at, time_of

__all__ = ["Case", "Question", "case"]

_SHORT = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = ("vip", "sales", "night")
_QUEUES = ("billing", "returns")
_LANGUAGES = ("en", "el", "pt", "pt-BR", "pt_br", "EL-gr", "pt-BR-x")
_FIRST = date(1970, 1, 1)
_EVENTS_FROM = datetime(2020, 2, 1, tzinfo=UTC)
_EVENTS_TO = datetime(2040, 10, 1, tzinfo=UTC)
"""Events are looked at from 2020 to 2040; those that are made come back in the two months after."""


@dataclass(frozen=True)
class Question:
    """An instant, and where the request goes."""

    at: datetime
    queue: str | None = None
    group: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Case:
    """The business hours of a bot, and what is asked of them."""

    seed: int
    zone: str
    hours: Any
    calendars: dict[str, Any]
    language: str
    questions: Sequence[Question]
    files: Mapping[str, File] = field(default_factory=dict)


@cache
def _countries() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted((name, tuple(parts)) for name, parts in holidays.list_supported_countries().items()))


@cache
def _feasts(country: str, subdivision: str | None, year: int) -> tuple[date, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of some countries the package knows certain years only
        return tuple(sorted(holidays.country_holidays(country, subdivision, years=year)))


def _text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


class _Maker:
    """Draws one case. Most of it happens about ``focus``, perhaps where clocks are changed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  (a test wants the same again)
        self.zone = ZoneInfo(NAMES[seed % len(NAMES)])
        self.focus = self._focus(self.zone)
        self.files: dict[str, File] = {}
        self.feasts: list[date] = []

    def _focus(self, zone: ZoneInfo) -> int:
        """A minute of UTC."""
        year = self.random.randint(2020, 2040)
        found = changes(zone, year)
        if found and self.random.random() < 0.85:
            return self.random.choice(found)
        first, end = (minute_of(datetime(number, 1, 1, tzinfo=UTC)) for number in (year, year + 1))
        near = (first, first - 300, self.random.randrange(first, end), self.random.randrange(first, end))
        return self.random.choice(near)

    # ------------------------------------------------------------ spans

    def edge(self) -> int:
        """A minute of a day: near the focus, a usual one, or any."""
        kind = self.random.random()
        here = reading_at(self.zone, self.focus) % DAY
        if kind < 0.5:
            return (
                here + self.random.choice((-120, -90, -60, -31, -30, -15, -1, 0, 1, 15, 30, 60, 90))
            ) % DAY
        if kind < 0.8:
            return self.random.choice((0, 0, 60, 120, 180, 540, 780, 840, 1080, 1320, 1380))
        return self.random.randrange(DAY)

    def spans(self) -> list[str]:
        """A valid list of spans, in any order."""
        wanted = self.random.choice((0, 1, 1, 1, 2, 2, 3, 24 if self.random.random() < 0.1 else 4))
        edges = sorted(
            {self.edge() if wanted < 24 else self.random.randrange(DAY) for _ in range(2 * wanted)}
        )
        found: list[str] = []
        if self.random.random() < 0.3:  # adjoining ones
            pairs = list(pairwise(edges))[:24]
        else:
            pairs = list(zip(edges[::2], edges[1::2], strict=False))
        found = [f"{_text(start)}-{_text(end)}" for start, end in pairs]
        last = pairs[-1][1] if pairs else 0
        if found and self.random.random() < 0.4:  # the last of the day may last until tomorrow
            start = self.random.choice((last, pairs[-1][0], self.random.randrange(last, DAY)))
            if start == pairs[-1][0] or len(found) == 24:
                found.pop()
                start = pairs[-1][0]
            end = self.random.choice((0, start, self.edge(), DAY))
            end = end if end <= start or end == DAY else 0
            found.append(f"{_text(start)}-{_text(end)}")
        self.random.shuffle(found)
        return found

    def weekly(self) -> dict[str, list[str]]:
        if self.random.random() < 0.15:
            return {"daily": self.spans()}
        found: dict[str, list[str]] = {}
        days = list(range(7))
        if self.random.random() < 0.5:  # runs of days, perhaps over the weekend
            first = self.random.randrange(7)
            days = days[first:] + days[:first]
            while days:
                taken = self.random.randint(1, len(days))
                run, days = days[:taken], days[taken:]
                names = self.random.choice((_SHORT, _LONG))
                key = names[run[0]] if len(run) == 1 else f"{names[run[0]]}-{names[run[-1]]}"
                if self.random.random() < 0.8:
                    found[key] = self.spans()
            return found
        self.random.shuffle(days)
        while days:
            taken = self.random.randint(1, 3)
            key = ",".join(_SHORT[day] for day in days[:taken])
            days = days[taken:]
            if self.random.random() < 0.8:
                found[key] = self.spans()
        return found

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        nobody = self.random.random() < 0.3  # every row has a group
        for number in range(self.random.randint(1, 12)):
            opens, closes = self.edge(), self.edge()
            if self.random.random() < 0.1:
                opens, closes = self.random.choice(((0, DAY), (DAY, closes), (opens, DAY), (opens, 0)))
            if opens % DAY == closes % DAY and (opens, closes) != (0, DAY):  # no time, or all day: refused
                closes = (closes + 60) % DAY
            row = {
                "id": f"row-{number}",
                "day": self.random.randrange(7),
                "opensAt": opens,
                "closesAt": closes,
            }
            if nobody or self.random.random() < 0.4:
                row["userGroupId"] = self.random.choice(_GROUPS[:2])
            found.append(row)
        return found

    # ------------------------------------------------------------ dates

    def day(self) -> date:
        """A date near the focus."""
        far = self.random.choice(
            (0, 0, 0, -1, 1, 2, -2, self.random.randint(-10, 40), self.random.randint(0, 401))
        )
        return _FIRST + timedelta(days=reading_at(self.zone, self.focus) // DAY + far)

    def value(self) -> Any:
        spans = self.spans()
        if self.random.random() < 0.2:
            return None
        if self.random.random() < 0.2 and len(spans) == 1:
            return spans[0]
        if self.random.random() < 0.2:
            return {"hours": spans, "name": "A day"}
        return spans

    def dates(self, taken: set[date], keys: set[str], most: int) -> dict[str, Any]:
        """Values of dates; ``taken`` are days of ranges, and ``keys`` those that stand already."""
        found: dict[str, Any] = {}
        for _ in range(self.random.randint(0, most)):
            first = self.day()
            kind = self.random.random()
            key = first.isoformat()
            if kind < 0.2:
                key = self.random.choice((f"{first:%m-%d}", "02-29", "01-01"))
            elif kind < 0.45:
                days = [first + timedelta(days=step) for step in range(self.random.randint(1, 9))]
                if taken.intersection(days):
                    continue
                taken.update(days)
                key = f"{days[0]}/{days[-1]}"
            if key not in keys:
                keys.add(key)
                found[key] = self.value()
        return found

    def holidays(self, exceptions: dict[str, Any]) -> dict[str, Any]:
        country, parts = self.random.choice(_countries())
        found: dict[str, Any] = {"country": country}
        if parts and self.random.random() < 0.5:
            found["subdivision"] = self.random.choice(parts)
        self.feasts += _feasts(country, found.get("subdivision"), time_of(self.focus).year)
        if self.random.random() < 0.3:
            found["observed"] = self.random.random() < 0.5
        if self.random.random() < 0.3:
            found["hours"] = self.spans()
        if exceptions:
            found["except"] = exceptions
            if self.random.random() < 0.4:
                found["except"] = [
                    key if value is None and len(key) == len("2026-12-24") else {key: value}
                    for key, value in exceptions.items()
                ]
        return found

    def event(self) -> dict[str, Any]:
        name = f"company-{len(self.files)}.ics"
        self.files[name] = random_file(self.random, self.zone, self.focus)
        found: dict[str, Any] = {"file": name}
        if self.random.random() < 0.7:
            found["means"] = self.random.choice(("closed", "open", "open"))
        if found.get("means") == "open" and self.random.random() < 0.5:
            found["hours"] = self.spans() or ["10:00-11:00"]
        return found

    def one_offs(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 4))):
            start = datetime.combine(self.day(), datetime.min.time()) + timedelta(minutes=self.edge())
            lasts = self.random.choice((1, 15, 30, 60, 90, 300, DAY, self.random.randint(1, 5 * DAY)))
            end = start + timedelta(minutes=lasts)
            mark = self.random.choice(" T")
            one = {"from": f"{start:%Y-%m-%d{mark}%H:%M}", "to": f"{end:%Y-%m-%d{mark}%H:%M}"}
            if self.random.random() < 0.2:
                one["from"] = f"{start:%Y-%m-%d}"
            if self.random.random() < 0.2:
                one["to"] = f"{end:%Y-%m-%d}"
            if self.random.random() < 0.2:
                one["name"] = "Fire drill"
            found.append(one)
        return found

    # ------------------------------------------------------------ calendars

    def calendar(self) -> dict[str, Any]:
        found: dict[str, Any] = {"timezone": self.zone.key}
        kind = self.random.random()
        if kind < 0.1:
            found["weekly"] = {}
        elif kind < 0.75:
            found["weekly"] = self.weekly()
        else:
            found["rows"] = self.rows()
            if self.random.random() < 0.8:
                found["day_zero"] = self.random.choice(("sunday", "monday"))
        taken: set[date] = set()
        keys: set[str] = set()
        if self.random.random() < 0.6:
            found["dates"] = self.dates(taken, keys, 5)
        if self.random.random() < 0.5:
            found["holidays"] = self.holidays(
                self.dates(taken, keys, 3) if self.random.random() < 0.4 else {}
            )
        if self.random.random() < 0.3 and _EVENTS_FROM < time_of(self.focus) < _EVENTS_TO:
            found["events"] = [self.event() for _ in range(self.random.choice((1, 1, 2)))]
        if self.random.random() < 0.4:
            found["openings"] = self.one_offs()
        if self.random.random() < 0.4:
            found["closings"] = self.one_offs()
        return found

    def entries(self, names: Sequence[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        seen: set[tuple[Any, ...]] = set()
        for _ in range(self.random.randint(1, 5)):
            entry: dict[str, Any] = {}
            if self.random.random() < 0.4:
                entry["queue"] = self.random.choice(_QUEUES)
            if self.random.random() < 0.4:
                entry["group"] = self.random.choice(_GROUPS)
            if not entry or self.random.random() < 0.4:
                entry["language"] = self.random.choice(_LANGUAGES)
            tag = entry.get("language", "").casefold().replace("_", "-")
            marks = (entry.get("queue"), entry.get("group"), tag)
            if marks not in seen:
                seen.add(marks)
                entry["hours"] = self.random.choice(names) if self.random.random() < 0.5 else self.calendar()
                found.append(entry)
        return found

    # ------------------------------------------------------------ questions

    def instant(self) -> datetime:
        kind = self.random.random()
        here = time_of(self.focus)
        if kind < 0.4:
            at = here + timedelta(minutes=self.random.randint(-180, 180))
        elif kind < 0.8:  # where a clock of the zone shows an edge, either time
            day = (
                self.random.choice(self.feasts) if self.feasts and self.random.random() < 0.5 else self.day()
            )
            reading = datetime.combine(day, datetime.min.time()) + timedelta(minutes=self.edge())
            fold = self.random.randrange(2)
            at = reading.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)
        elif kind < 0.92:
            at = here + timedelta(minutes=self.random.randint(-3 * DAY, 10 * DAY))
        else:
            first, end = (minute_of(datetime(year, 1, 1, tzinfo=UTC)) for year in (2020, 2041))
            at = time_of(self.random.randrange(first, end))
        return at + self.random.choice(
            (
                timedelta(0),
                timedelta(0),
                timedelta(microseconds=-1),
                timedelta(microseconds=1),
                timedelta(minutes=-1),
                timedelta(seconds=self.random.randint(-60, 60)),
            )
        )

    def question(self, at: datetime) -> Question:
        def perhaps(names: Sequence[str]) -> str | None:
            return self.random.choice(names) if self.random.random() < 0.5 else None

        return Question(at, perhaps(_QUEUES), perhaps((*_GROUPS, "other")), perhaps((*_LANGUAGES, "de")))


def case(seed: int, questions: int = 8) -> Case:
    """The case with this number."""
    make = _Maker(seed)
    calendars = {name: make.calendar() for name in ("first", "second")}
    kind = make.random.random()
    hours: Any = "first"
    if kind < 0.6:
        hours = make.calendar()
    elif kind < 0.75:
        hours = {"calendar": "second"}
    if not isinstance(hours, str) and make.random.random() < 0.4:
        hours = {**hours, "for": make.entries(tuple(calendars))}
    asked = [make.question(make.instant()) for _ in range(questions)]
    if (
        make.random.random() < 0.05
    ):  # nothing but one opening, as far away as one is looked for, or just beyond
        far = asked[0].at.replace(second=0, microsecond=0) + timedelta(days=400)
        opens = far.astimezone(make.zone) + timedelta(minutes=make.random.choice((-1, 0, 0, 1)))
        hours = {
            "timezone": make.zone.key,
            "weekly": {},
            "openings": [{"from": f"{opens:%Y-%m-%d %H:%M}", "to": f"{opens + timedelta(days=2):%Y-%m-%d}"}],
        }
    return Case(seed, make.zone.key, hours, calendars, make.random.choice(_LANGUAGES), asked, make.files)
