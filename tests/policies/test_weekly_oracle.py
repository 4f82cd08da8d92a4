"""The calendar against an oracle that walks through time minute by minute, in many zones.

The oracle knows nothing of gaps and folds: a span opens at the first minute of the walk whose wall time has
reached its start, and closes at the last minute whose wall time is its end, or, if none is, after the last
one before its end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import example, given, settings
from hypothesis import strategies as st

from livechat_sdk.policies.business_hours import BusinessHoursSettings
from livechat_sdk.policies.weekly import WeeklyCalendar

MINUTE = timedelta(minutes=1)
DAY = 1440
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ODD_ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Athens",
    "Europe/Dublin",
    "Europe/Volgograd",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Fakaofo",
)
ZONES = tuple(sorted(available_timezones() - {"Factory", "localtime", "posixrules"}))
BEFORE, AFTER, EDGE = 4, 10, 2  # days walked through before and after the moment; days at the end not trusted

Spans = tuple[tuple[int, int], ...]  # minutes of a day; an end above 1440 is on the next day


@cache
def changes_of_clocks(zone: str) -> tuple[datetime, ...]:
    """The days, between 2000 and 2030, within which the zone changes its offset."""
    days = [datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(31 * 365)]
    offsets = [day.astimezone(ZoneInfo(zone)).utcoffset() for day in days]
    return tuple(day for day, old, new in zip(days, offsets, offsets[1:], strict=False) if old != new)


@dataclass(frozen=True)
class Case:
    zone: str
    week: tuple[Spans, ...]
    at: datetime


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


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone = draw(st.sampled_from(ODD_ZONES) | st.sampled_from(ZONES))
    changes = changes_of_clocks(zone)
    anchor = draw(st.sampled_from(changes)) if changes else datetime(2026, 3, 29, tzinfo=UTC)
    seconds = draw(st.integers(-3 * 86400, 4 * 86400))
    whole_day = st.just(((0, DAY),))
    week = tuple(draw(st.one_of(days_spans(), whole_day, st.just(()))) for _ in DAYS)
    return Case(zone, week, anchor + timedelta(seconds=seconds))


def text_of(span: tuple[int, int]) -> str:
    start, end = span
    end = end if end <= DAY else end - DAY
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def walk(case: Case) -> tuple[bool, datetime | None, datetime | None]:
    """Open now, next opening, next closing: by walking. ``None`` is "not within the walk"."""
    zone = ZoneInfo(case.zone)
    now = case.at.replace(second=0, microsecond=0)
    first = now - timedelta(days=BEFORE)
    instants = [first + n * MINUTE for n in range((BEFORE + AFTER) * DAY)]
    walls = [instant.astimezone(zone).replace(tzinfo=None) for instant in instants]
    highest_so_far = list(accumulate(walls, max))
    lowest_to_come = list(accumulate(reversed(walls), min))[::-1]
    is_open = bytearray(len(walls))
    day: date = walls[0].date()
    while day <= walls[-1].date():
        midnight = datetime.combine(day, time())
        for start, end in case.week[day.weekday()]:
            opens = bisect_left(highest_so_far, midnight + start * MINUTE)
            closes = bisect_right(lowest_to_come, midnight + end * MINUTE)
            closes -= closes > 0 and walls[closes - 1] == midnight + end * MINUTE
            is_open[opens:closes] = b"\1" * max(0, closes - opens)
        day += timedelta(days=1)
    here = BEFORE * DAY
    trusted = range(here + 1, len(walls) - EDGE * DAY)
    opening = next((instants[n] for n in trusted if is_open[n] and not is_open[n - 1]), None)
    closing = next((instants[n] for n in trusted if not is_open[n] and is_open[n - 1]), None)
    return bool(is_open[here]), opening, closing


SAMOA = Case("Pacific/Apia", (((600, 1500),),) * 7, datetime(2011, 12, 29, 20, tzinfo=UTC))
TROLL = Case("Antarctica/Troll", (((0, 90), (150, 200)),) * 7, datetime(2026, 3, 28, 23, tzinfo=UTC))
GAZA = Case("Asia/Gaza", ((), (), (), (), ((0, 1440),), (), ()), datetime(2020, 10, 23, tzinfo=UTC))


@settings(max_examples=120)
@example(SAMOA)
@example(TROLL)
@example(GAZA)
@given(cases())
def test_calendar_agrees_with_a_walk_through_every_minute(case: Case) -> None:
    weekly = {day: [text_of(span) for span in spans] for day, spans in zip(DAYS, case.week, strict=True)}
    hours = WeeklyCalendar(
        BusinessHoursSettings.model_validate({"timezone": case.zone, "weekly": weekly})
    ).at(case.at)
    is_open, opening, closing = walk(case)
    end_of_walk = case.at.replace(second=0, microsecond=0) + timedelta(days=AFTER - EDGE)

    def seen(moment: datetime | None) -> datetime | None:
        moment = None if moment is None else moment.astimezone(UTC)
        return moment if moment is not None and moment < end_of_walk else None

    assert hours.open is is_open
    assert seen(hours.next_opening) == opening
    assert seen(hours.next_closing) == closing


@settings(max_examples=60)
@given(cases())
def test_what_the_calendar_announces_comes_true(case: Case) -> None:
    weekly = {day: [text_of(span) for span in spans] for day, spans in zip(DAYS, case.week, strict=True)}
    calendar = WeeklyCalendar(BusinessHoursSettings.model_validate({"timezone": case.zone, "weekly": weekly}))
    hours = calendar.at(case.at)
    just_before = timedelta(microseconds=1)
    for moment, then_open in ((hours.next_opening, True), (hours.next_closing, False)):
        if moment is None:
            assert calendar.always_open or not calendar.spans
            continue
        instant = moment.astimezone(UTC)
        assert instant > case.at
        assert calendar.at(instant).open is then_open
        assert calendar.at(instant - just_before).open is not then_open
        assert moment.utcoffset() == instant.astimezone(ZoneInfo(case.zone)).utcoffset()
