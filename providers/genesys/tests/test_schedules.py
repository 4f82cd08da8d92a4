"""Whether schedules are open: precedence, recurrence, midnight and changes of clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat_sdk_genesys.hours.recurrence import beginnings
from livechat_sdk_genesys.hours.schedules import HORIZON, Kind, Schedule, ScheduleGroup

ATHENS = ZoneInfo("Europe/Athens")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKING_DAYS = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def schedule(kind: Kind, start: str, end: str, rule: str | None = None) -> Schedule:
    return Schedule(kind, f"{kind} {start}", local(start), local(end), rule)


def group(*schedules: Schedule, zone: str = "Europe/Athens") -> ScheduleGroup:
    return ScheduleGroup(ZoneInfo(zone), schedules)


def athens(text: str, fold: int = 0) -> datetime:
    return local(text).replace(tzinfo=ATHENS, fold=fold)


OPEN = schedule("open", "2026-01-05T09:00", "2026-01-05T17:00", WORKING_DAYS)
CLOSED = schedule("closed", "2026-11-26T13:00", "2026-11-26T14:00")
HOLIDAY = schedule("holiday", "2025-12-25T00:00", "2025-12-26T00:00", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25")


# ---- precedence


@pytest.mark.parametrize(
    ("at", "is_open", "rule", "opens", "closes"),
    [
        ("2026-11-26T08:59:59", False, "no schedule holds", "2026-11-26T09:00", "2026-11-26T13:00"),
        ("2026-11-26T09:00", True, "open: ", "2026-11-26T14:00", "2026-11-26T13:00"),
        ("2026-11-26T13:00", False, "closed: ", "2026-11-26T14:00", "2026-11-26T17:00"),
        ("2026-11-26T14:00", True, "open: ", "2026-11-27T09:00", "2026-11-26T17:00"),
        ("2026-11-26T17:00", False, "no schedule holds", "2026-11-27T09:00", "2026-11-27T17:00"),
        ("2026-11-28T10:00", False, "no schedule holds", "2026-11-30T09:00", "2026-11-30T17:00"),
        ("2026-12-24T18:00", False, "no schedule holds", "2026-12-28T09:00", "2026-12-28T17:00"),
        ("2026-12-25T10:00", False, "holiday: ", "2026-12-28T09:00", "2026-12-28T17:00"),
    ],
)
def test_holiday_comes_before_closed_before_open(
    at: str, is_open: bool, rule: str, opens: str, closes: str
) -> None:
    hours = group(OPEN, CLOSED, HOLIDAY).at(athens(at))
    assert (hours.open, hours.next_opening, hours.next_closing) == (is_open, athens(opens), athens(closes))
    assert hours.rule.startswith(rule)


def test_holiday_is_named_where_a_closed_schedule_holds_too() -> None:
    both = group(CLOSED, schedule("holiday", "2026-11-26T00:00", "2026-11-27T00:00"), OPEN)
    assert both.at(athens("2026-11-26T13:30")).rule == "holiday: holiday 2026-11-26T00:00"


def test_adjoining_and_overlapping_schedules_are_one_opening() -> None:
    more = schedule("open", "2026-11-26T17:00", "2026-11-26T20:00")
    again = schedule("open", "2026-11-26T19:00", "2026-11-26T21:00")
    assert group(OPEN, more, again).at(athens("2026-11-26T10:00")).next_closing == athens("2026-11-26T21:00")


def test_without_schedules_it_is_closed_and_never_opens() -> None:
    hours = group().at(athens("2026-11-26T10:00"))
    assert (hours.open, hours.next_opening, hours.next_closing) == (False, None, None)


def test_opening_beyond_the_horizon_is_not_told() -> None:
    now = athens("2026-11-26T10:00")
    opens = (now + HORIZON).replace(tzinfo=None)
    within = Schedule("open", "in time", opens, opens + timedelta(hours=1))
    beyond = Schedule("open", "too late", opens + timedelta(minutes=1), opens + timedelta(hours=1))
    assert group(within).at(now).next_opening == now + HORIZON
    assert group(beyond).at(now).next_opening is None


def test_one_that_is_always_open_never_changes() -> None:
    days = schedule("open", "2026-01-01T00:00", "2026-01-02T00:00", "FREQ=DAILY")
    hours = group(days).at(athens("2026-11-26T00:00"))
    assert (hours.open, hours.next_opening, hours.next_closing) == (True, None, None)


# ---- midnight and changes of clocks (Athens: forward on 29 March at 03:00, back on 25 October at 04:00)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-27T21:59", False),
        ("2026-11-27T22:00", True),
        ("2026-11-28T00:00", True),
        ("2026-11-28T01:59", True),
        ("2026-11-28T02:00", False),
        ("2026-11-28T22:00", False),
    ],
)
def test_span_over_midnight_belongs_to_the_day_it_began_on(at: str, is_open: bool) -> None:
    night = schedule("open", "2026-01-02T22:00", "2026-01-03T02:00", "FREQ=WEEKLY;BYDAY=FR")
    assert group(night).at(athens(at)).open is is_open


def test_opening_in_a_gap_is_at_its_end() -> None:
    early = schedule("open", "2026-03-01T03:30", "2026-03-01T10:00", "FREQ=DAILY")
    hours = group(early).at(athens("2026-03-29T02:00"))
    assert hours.next_opening == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert not group(early).at(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)).open
    assert group(early).at(datetime(2026, 3, 29, 1, 0, tzinfo=UTC)).open


def test_span_inside_a_gap_does_not_happen() -> None:
    short = schedule("open", "2026-03-01T03:15", "2026-03-01T03:45", "FREQ=DAILY")
    assert group(short).at(athens("2026-03-29T01:00")).next_opening == athens("2026-03-30T03:15")


def test_span_in_a_fold_begins_with_the_first_and_ends_with_the_second() -> None:
    twice = schedule("open", "2026-10-01T03:15", "2026-10-01T03:45", "FREQ=DAILY")
    first, second = athens("2026-10-25T03:15"), athens("2026-10-25T03:45", fold=1)
    hours = group(twice).at(first)
    assert (hours.open, hours.next_closing) == (True, second)
    assert hours.next_closing is not None
    assert hours.next_closing.astimezone(UTC) - first.astimezone(UTC) == timedelta(minutes=90)
    assert not group(twice).at(first - timedelta(minutes=1)).open
    assert group(twice).at(athens("2026-10-25T03:50")).open


def test_working_day_has_the_local_hours_on_both_sides_of_a_change() -> None:
    assert group(OPEN).at(athens("2026-03-27T18:00")).next_opening == datetime(2026, 3, 30, 6, 0, tzinfo=UTC)
    assert group(OPEN).at(athens("2026-03-26T18:00")).next_opening == datetime(2026, 3, 27, 7, 0, tzinfo=UTC)


# ---- rules


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;INTERVAL=3", [1, 4, 7, 10]),
        ("RRULE:FREQ=DAILY;COUNT=2;", [1, 2]),
        ("freq=daily;until=20260603", [1, 2, 3]),
        ("FREQ=DAILY;UNTIL=20260603T085959", [1, 2]),
        ("FREQ=DAILY;UNTIL=20260603T060000Z", [1, 2, 3]),
        ("FREQ=DAILY;UNTIL=20260603T055959Z", [1, 2]),
        ("FREQ=DAILY;INTERVAL=5;UNTIL=99991231T235959Z", [1, 6]),
        ("FREQ=DAILY;UNTIL=20260531", []),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,TU", [2]),
        ("FREQ=MONTHLY;BYDAY=2MO", [8]),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=2", [2]),
        ("FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=5", [5]),
        ("FREQ=YEARLY;BYYEARDAY=160", [9]),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", []),
    ],
)
def test_rule_is_read_as_the_calendar_means_it(rule: str, days: Sequence[int]) -> None:
    start = local("2026-06-01T09:00")
    found = list(beginnings(rule, start, start, local("2026-06-10T23:00"), ATHENS))
    assert found == [local(f"2026-06-{day:02}T09:00") for day in days]


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "BYDAY=MO",
        "FREQ=SECONDLY",
        "FREQ=HOURLY;INTERVAL=2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=YEARLY;BYEASTER=0",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;UNTIL=20261399",
        "FREQ=DAILY\nEXDATE:20260601T090000",
        "FREQ=DAILY;BYMONTHDAY=" + ",".join(["1"] * 400),
    ],
)
def test_rule_that_is_not_understood_is_an_error_and_no_answer(rule: str) -> None:
    with pytest.raises(ValueError, match=r"not understood|too long|how often|unconverted|does not match"):
        group(schedule("open", "2026-06-01T09:00", "2026-06-01T10:00", rule)).at(athens("2026-06-02T09:30"))


@pytest.mark.parametrize(
    ("start", "end", "rule"),
    [
        ("2026-06-01T09:00", "2026-06-01T09:00", None),
        ("2026-06-01T09:00", "2028-06-01T09:00", "FREQ=DAILY"),
        ("0001-01-01T00:00", "2028-06-01T09:00", None),
        ("2026-06-01T09:00", "9999-12-31T23:59", None),
        ("1900-06-01T09:00", "1900-06-01T10:00", "FREQ=DAILY"),
    ],
)
def test_schedule_that_cannot_be_evaluated_is_an_error(start: str, end: str, rule: str | None) -> None:
    with pytest.raises(ValueError, match=r"ends before|lasts too long|of no year|too long ago"):
        group(schedule("open", start, end, rule)).at(athens("2026-06-02T09:30"))


_PARTS = st.one_of(
    st.tuples(st.sampled_from(["FREQ"]), st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY"])),
    st.tuples(
        st.sampled_from(["INTERVAL", "COUNT", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYSETPOS", "BYWEEKNO"]),
        st.lists(st.integers(-400, 400), min_size=1, max_size=4).map(lambda ns: ",".join(map(str, ns))),
    ),
    st.tuples(st.just("BYDAY"), st.lists(st.sampled_from([*DAYS, "2MO", "-1FR", "53TU"])).map(",".join)),
    st.tuples(st.just("UNTIL"), st.sampled_from(["20260701", "20260701T000000Z", "00010101", "2026"])),
    st.tuples(st.text(max_size=10), st.text(max_size=10)),
)


@given(parts=st.lists(_PARTS, max_size=5), begun=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_any_rule_is_answered_or_refused_within_bounds(parts: list[tuple[str, str]], begun: int) -> None:
    now = athens("2026-06-02T09:30")
    start = now.replace(tzinfo=None) - timedelta(days=begun)
    rule = ";".join(["FREQ=DAILY", *(f"{key}={value}" for key, value in parts if key != "FREQ")])
    for text in (rule, ";".join(f"{key}={value}" for key, value in parts)):
        try:
            found = list(beginnings(text, start, start, now.replace(tzinfo=None), ATHENS))
        except ValueError:
            found = []
        assert len(found) <= begun + 1


@pytest.mark.parametrize("rule", ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYDAY=MO;BYSETPOS=5"])
def test_rule_that_never_comes_ends_with_the_window(rule: str) -> None:
    start = local("2007-01-01T09:00")
    assert list(beginnings(rule, start, start, local("2026-06-02T09:00"), ATHENS)) == []


# ---- a naive oracle: minute by minute, day by day, in a zone where clocks never change


class Plain:
    """A schedule by its parts, and whether it holds at a local minute."""

    def __init__(self, kind: Kind, first: date, begins: int, lasts: int, every: Any) -> None:
        self.kind: Kind = kind
        self.first, self.begins, self.lasts, self.every = first, begins, lasts, every

    def begins_on(self, day: date) -> bool:
        if day < self.first:
            return False
        if self.every is None:
            return day == self.first
        if self.every == "yearly":
            return (day.month, day.day) == (self.first.month, self.first.day)
        if isinstance(self.every, int):
            return (day - self.first).days % self.every == 0
        return DAYS[day.weekday()] in self.every

    def holds(self, wall: datetime) -> bool:
        for back in range(4):
            day = wall.date() - timedelta(days=back)
            begins = datetime(day.year, day.month, day.day) + timedelta(minutes=self.begins)  # noqa: DTZ001
            if begins <= wall < begins + timedelta(minutes=self.lasts) and self.begins_on(day):
                return True
        return False

    def real(self) -> Schedule:
        start = datetime(self.first.year, self.first.month, self.first.day)  # noqa: DTZ001 - local
        start += timedelta(minutes=self.begins)
        rule = None
        if self.every == "yearly":
            rule = "FREQ=YEARLY"
        elif isinstance(self.every, int):
            rule = f"FREQ=DAILY;INTERVAL={self.every}"
        elif self.every:
            rule = f"FREQ=WEEKLY;BYDAY={','.join(self.every)}"
        return Schedule(self.kind, "one", start, start + timedelta(minutes=self.lasts), rule)


KINDS: Sequence[Kind] = ("open", "open", "closed", "holiday")
PLAIN = st.builds(
    Plain,
    kind=st.sampled_from(KINDS),
    first=st.dates(date(2025, 11, 20), date(2026, 12, 2)),
    begins=st.integers(0, 24 * 60 - 1),
    lasts=st.integers(1, 3 * 24 * 60),
    every=st.one_of(
        st.none(),
        st.just("yearly"),
        st.integers(1, 5),
        st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True).map(tuple),
    ),
)


@given(plain=st.lists(PLAIN, max_size=4), minutes=st.integers(0, 6 * 24 * 60))
@settings(max_examples=15, deadline=None)
def test_answers_are_those_of_looking_at_every_minute(plain: list[Plain], minutes: int) -> None:
    zone = ZoneInfo("Asia/Dubai")
    wall = datetime(2026, 11, 24) + timedelta(minutes=minutes)  # noqa: DTZ001 - local

    def is_open(at: datetime) -> bool:
        holding = {one.kind for one in plain if one.holds(at)}
        return "open" in holding and not holding & {"closed", "holiday"}

    hours = ScheduleGroup(zone, [one.real() for one in plain]).at(wall.replace(tzinfo=zone))
    assert hours.open is is_open(wall)
    window = [wall + timedelta(minutes=ahead) for ahead in range(3 * 24 * 60)]
    states = [is_open(at) for at in window]
    changes = [
        (at, after)
        for at, before, after in zip(window[1:], states, states[1:], strict=False)
        if before != after
    ]
    for opening, told in ((True, hours.next_opening), (False, hours.next_closing)):
        expected = next((at.replace(tzinfo=zone) for at, after in changes if after is opening), None)
        within = told if told is not None and told <= window[-1].replace(tzinfo=zone) else None
        assert within == expected
