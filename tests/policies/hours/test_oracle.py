"""The calendar against an oracle that looks at the clock on the wall, minute by minute, in all zones.

The oracle shares no code with the calendar, nor its idea: it asks at each minute what holds there, and
knows nothing of years, pieces, lines or of changes of clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import example, given, settings
from hypothesis import strategies as st

from livechat_sdk.policies.hours import Calendar

MINUTE = timedelta(minutes=1)
DAY = 1440
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ODD_ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/Nuuk",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Athens",
    "Europe/Dublin",
    "Europe/Volgograd",
    "Pacific/Apia",
    "Pacific/Chatham",
)
ZONES = tuple(sorted(available_timezones() - {"Factory", "localtime", "posixrules"}))
WALK = 6  # days

Spans = tuple[tuple[int, int], ...]  # minutes of a day; an end above 1440 is on the next day
Reading = datetime  # without a zone


@cache
def changes_of_clocks(zone: str) -> tuple[datetime, ...]:
    """The days, between 2010 and 2040, within which the zone changes its offset."""
    days = [datetime(2010, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(31 * 365)]
    offsets = [day.astimezone(ZoneInfo(zone)).utcoffset() for day in days]
    return tuple(day for day, old, new in zip(days, offsets, offsets[1:], strict=False) if old != new)


@dataclass(frozen=True)
class Case:
    zone: str
    week: tuple[Spans, ...]
    at: datetime
    dates: tuple[tuple[int, Spans | None], ...] = ()  # days from the day of `at`
    ranges: tuple[tuple[int, int, Spans | None], ...] = ()
    openings: tuple[tuple[int, int], ...] = ()  # minutes from the midnight of the day of `at`
    closings: tuple[tuple[int, int], ...] = ()

    @property
    def day(self) -> date:
        return self.at.astimezone(ZoneInfo(self.zone)).date()

    def reading(self, minutes: int) -> Reading:
        return datetime.combine(self.day, time()) + timedelta(minutes=minutes)


@st.composite
def days_spans(draw: st.DrawFn) -> Spans:
    """Spans of one day that do not overlap, perhaps with a night at the end; often around 0 to 4 o'clock."""
    edge = st.integers(0, 16).map(lambda quarter: quarter * 15)
    minutes = draw(st.lists(edge | st.integers(0, DAY - 1), max_size=6, unique=True).map(sorted))
    spans = list(zip(minutes[::2], minutes[1::2], strict=False))
    if len(minutes) % 2:
        end = DAY + draw(st.integers(0, min(minutes[0], minutes[-1])))
        spans.append((minutes[-1], end))
    return tuple(spans)


def stretches() -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    one = st.tuples(st.integers(-2 * DAY, 4 * DAY), st.integers(1, 2 * DAY))
    return st.lists(one, max_size=3).map(
        lambda found: tuple((start, start + length) for start, length in found)
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone = draw(st.sampled_from(ODD_ZONES) | st.sampled_from(ZONES))
    changes = changes_of_clocks(zone)
    anchor = draw(st.sampled_from(changes)) if changes else datetime(2026, 3, 29, tzinfo=UTC)
    seconds = draw(st.integers(-3 * 86400, 4 * 86400))
    spans = st.one_of(days_spans(), st.just(((0, DAY),)), st.just(()))
    week = tuple(draw(spans) for _ in DAYS)
    near = st.lists(st.integers(-2, 4), max_size=2, unique=True)
    first = draw(st.integers(-3, 4))
    length = draw(st.integers(0, 3))
    ranges = draw(st.sampled_from([(), ((first, first + length, draw(spans)),)]))
    dates = tuple((day, draw(spans | st.none())) for day in draw(near))
    return Case(
        zone,
        week,
        anchor + timedelta(seconds=seconds),
        dates,
        ranges,
        draw(stretches()),
        draw(stretches()),
    )


def text_of(span: tuple[int, int]) -> str:
    start, end = span
    end = end if end <= DAY else end - DAY
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def hours_of(spans: Spans | None) -> list[str] | None:
    return None if spans is None else [text_of(span) for span in spans]


def calendar_of(case: Case) -> Calendar:
    def key(offset: int) -> str:
        return (case.day + timedelta(days=offset)).isoformat()

    dates: dict[str, Any] = {key(offset): hours_of(spans) for offset, spans in case.dates}
    dates |= {f"{key(first)}/{key(last)}": hours_of(spans) for first, last, spans in case.ranges}

    def oneoffs(stretches: tuple[tuple[int, int], ...]) -> list[dict[str, str]]:
        return [
            {"from": f"{case.reading(start):%Y-%m-%d %H:%M}", "to": f"{case.reading(end):%Y-%m-%dT%H:%M}"}
            for start, end in stretches
        ]

    return Calendar.from_settings(
        {
            "timezone": case.zone,
            "weekly": {day: hours_of(spans) for day, spans in zip(DAYS, case.week, strict=True)},
            "dates": dates,
            "openings": oneoffs(case.openings),
            "closings": oneoffs(case.closings),
        }
    )


def is_open(case: Case, reading: Reading) -> bool:
    """The page, read aloud."""
    for stretches, opens in ((case.closings, False), (case.openings, True)):
        if any(case.reading(start) <= reading < case.reading(end) for start, end in stretches):
            return opens

    def spans_of(day: date) -> Spans:
        offset = (day - case.day).days
        said = [spans for one, spans in case.dates if one == offset] or [
            spans for first, last, spans in case.ranges if first <= offset <= last
        ]
        spans = said[0] if said else None
        return case.week[day.weekday()] if spans is None else spans

    today = reading.date()
    minute = (reading - datetime.combine(today, time())) / MINUTE
    return any(start <= minute < end for start, end in spans_of(today)) or any(
        start <= minute + DAY < end for start, end in spans_of(today - timedelta(days=1))
    )


def walk(case: Case) -> tuple[bool, datetime | None, datetime | None]:
    """Open now, next opening, next closing: by walking. ``None`` is "not within the walk"."""
    zone = ZoneInfo(case.zone)
    now = case.at.replace(second=0, microsecond=0)
    instants = [now + n * MINUTE for n in range(WALK * DAY + 1)]
    states = [is_open(case, instant.astimezone(zone).replace(tzinfo=None)) for instant in instants]
    changes = list(zip(instants[1:], states, states[1:], strict=False))
    opening = next((instant for instant, before, after in changes if after and not before), None)
    closing = next((instant for instant, before, after in changes if before and not after), None)
    return states[0], opening, closing


SAMOA = Case("Pacific/Apia", (((600, 1500),),) * 7, datetime(2011, 12, 29, 20, tzinfo=UTC))
TROLL = Case("Antarctica/Troll", (((0, 90), (150, 200)),) * 7, datetime(2026, 3, 28, 23, tzinfo=UTC))
GAZA = Case("Asia/Gaza", ((), (), (), (), ((0, 1440),), (), ()), datetime(2020, 10, 23, tzinfo=UTC))
ISLAND = Case("Australia/Lord_Howe", (((100, 140),),) * 7, datetime(2026, 4, 4, 12, tzinfo=UTC))


@settings(max_examples=60, deadline=None)
@example(SAMOA)
@example(TROLL)
@example(GAZA)
@example(ISLAND)
@given(cases())
def test_calendar_agrees_with_a_walk_through_every_minute(case: Case) -> None:
    answer = calendar_of(case).at(case.at)
    opens, opening, closing = walk(case)
    end_of_walk = case.at.replace(second=0, microsecond=0) + timedelta(days=WALK)

    def seen(moment: datetime | None) -> datetime | None:
        moment = None if moment is None else moment.astimezone(UTC)
        return moment if moment is not None and moment <= end_of_walk else None

    assert answer.open is opens
    assert seen(answer.next_opening) == opening
    assert seen(answer.next_closing) == closing


@settings(max_examples=60, deadline=None)
@given(cases())
def test_what_the_calendar_announces_comes_true(case: Case) -> None:
    calendar = calendar_of(case)
    answer = calendar.at(case.at)
    just_before = timedelta(microseconds=1)
    for moment, then_open in ((answer.next_opening, True), (answer.next_closing, False)):
        if moment is None:
            continue
        instant = moment.astimezone(UTC)
        assert instant > case.at
        assert calendar.at(instant).open is then_open
        assert calendar.at(instant - just_before).open is not then_open
        assert moment.utcoffset() == instant.astimezone(ZoneInfo(case.zone)).utcoffset()


@settings(max_examples=40, deadline=None)
@given(cases())
def test_the_reason_fits_the_answer(case: Case) -> None:
    answer = calendar_of(case).at(case.at)
    assert answer.rule.endswith(case.zone)
    assert answer.kind in {"closing", "opening", "date", "weekly"}
    if answer.kind in {"closing", "opening"}:
        assert answer.open is (answer.kind == "opening")
        assert answer.rule.startswith("open: " if answer.open else "closed: ")
    elif not answer.open:
        assert answer.rule.startswith(("closed", "no opening within"))
