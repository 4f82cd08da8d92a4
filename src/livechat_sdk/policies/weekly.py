"""A week of opening hours in local wall time, and what it means at one instant.

The rules at a change of clocks, for a wall time that does not exist or exists twice:

* a wall time inside a gap (clocks put forward) means the instant at which the gap ends; a span that
  lies inside the gap does not happen on that day;
* in a fold (clocks put back) an opening takes the first occurrence of the wall time, a closing the
  second, even when it is the very time to which the clocks are put back: nobody is turned away at a
  time that a clock on the wall calls open.

Spans that adjoin or overlap, also over midnight, are one opening. All arithmetic is done in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol

from livechat_sdk.domain.handoff import OpeningHours
from livechat_sdk.policies.week_rules import DAY_MINUTES, WeeklySpan, read_week

__all__ = ["WeeklyCalendar", "WeeklyHours", "zone_named"]

_WEEK_MINUTES = 7 * DAY_MINUTES

_NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})
"""In the database, but no places: they mean nothing, or whatever this machine is set to."""

_LOOK_BACK = 3
"""Days: an overnight span of yesterday, and one day that a change of the date line left out."""

_HORIZON = 22
"""Days: a span that a gap swallows comes a week later, and a whole day may be missing once."""


@dataclass(frozen=True, slots=True)
class _Opening:
    """One span on one day, as instants in UTC."""

    opens: datetime
    closes: datetime
    rule: str


class WeeklyHours(Protocol):
    """What a calendar is made from: ``BusinessHoursSettings``, or anything that looks like them."""

    @property
    def timezone(self) -> str:
        """An IANA name such as ``Europe/Athens``."""
        ...

    @property
    def weekly(self) -> Mapping[str, Sequence[str]]:
        """Spans by days; see ``week_rules.read_week``."""
        ...


class WeeklyCalendar:
    """Opening hours that repeat every week in one time zone. Immutable; safe to share between threads.

    Raises ``ValueError`` for a zone that does not exist and for days or spans that cannot be read.
    """

    def __init__(self, hours: WeeklyHours) -> None:
        week = read_week(hours.weekly)
        if week.troubles:
            raise ValueError("; ".join(trouble.message for trouble in week.troubles))
        self.timezone = hours.timezone
        self.spans = tuple(sorted(week.spans, key=lambda span: (span.weekday, span.start)))
        self._zone = zone_named(hours.timezone)
        self._by_weekday = tuple(
            tuple(span for span in self.spans if span.weekday == day) for day in range(7)
        )
        self.always_open = _covers_the_week(self.spans)

    def __repr__(self) -> str:
        return f"WeeklyCalendar({self.timezone!r}, {len(self.spans)} spans a week)"

    def at(self, moment: datetime) -> OpeningHours:
        """Whether it is open at ``moment``, and the first opening and closing after ``moment``.

        A span is open from its first instant up to, and without, its last. ``next_opening`` and
        ``next_closing`` are in the calendar's own zone, whether it is open now or not; ``None`` means
        never (always open: it never closes; no spans: it never opens). ``rule`` names the span that
        decided. Raises ``ValueError`` for a time without a zone.
        """
        if moment.tzinfo is None:
            raise ValueError("opening hours are asked for at a time with a zone, such as datetime.now(UTC)")
        now = moment.astimezone(UTC)
        openings = sorted(self._openings(now.astimezone(self._zone).date()), key=lambda one: one.opens)
        holding = next((one for one in openings if one.opens <= now < one.closes), None)
        if self.always_open:
            return OpeningHours(open=True, rule=self._rule(holding))
        merged = _merged(openings)
        next_opening = next((opens for opens, _ in merged if opens > now), None)
        next_closing = next((closes for _, closes in merged if closes > now), None)
        if holding is not None:
            rule = self._rule(holding)
        elif next_opening is not None:
            coming = next(one for one in openings if one.opens == next_opening)
            rule = f"closed until {self._rule(coming)}"
        else:
            rule = f"never open {self.timezone}"
        return OpeningHours(
            open=holding is not None,
            next_opening=self._local(next_opening),
            next_closing=self._local(next_closing),
            rule=rule,
        )

    def _rule(self, opening: _Opening | None) -> str:
        said = opening.rule if opening is not None else "always open"
        return f"{said} {self.timezone}".strip()

    def _local(self, moment: datetime | None) -> datetime | None:
        return None if moment is None else moment.astimezone(self._zone)

    def _openings(self, around: date) -> Iterator[_Opening]:
        """Every span that could matter for a moment on the local day ``around``, in no certain order."""
        for offset in range(-_LOOK_BACK, _HORIZON + 1):
            day = around + timedelta(days=offset)
            for span in self._by_weekday[day.weekday()]:
                opens = _instant(day, span.start, self._zone, closing=False)
                closes = _instant(day, span.end, self._zone, closing=True)
                if opens < closes:  # a gap may leave nothing of it
                    yield _Opening(opens, closes, span.rule)


def zone_named(name: str) -> tzinfo:
    """The time zone with this IANA name. Raises ``ValueError`` that suggests a name which exists."""
    from zoneinfo import ZoneInfo

    if name in _NO_ZONES:
        raise ValueError(_no_such_zone(name))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown; not a name; a folder such as "Europe"
        raise ValueError(_no_such_zone(name)) from error


def _no_such_zone(name: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    by_lower = {known.lower(): known for known in sorted(available_timezones() - _NO_ZONES)}
    tail = {known.rpartition("/")[2]: known for known in by_lower}
    asked = name.strip().lower().replace(" ", "_")
    near = by_lower.get(asked) or by_lower.get(tail.get(asked, ""))
    if near is None:
        close = get_close_matches(asked, by_lower, n=1, cutoff=0.75)
        near = by_lower[close[0]] if close else None
    hint = f"did you mean {near!r}?" if near else "use an IANA name such as 'Europe/Athens'"
    return f"unknown time zone {name[:60]!r}; {hint}"


def _instant(day: date, minutes: int, zone: tzinfo, *, closing: bool) -> datetime:
    """The instant in UTC of a wall time, ``minutes`` after ``day`` began, by the rules of the module."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:  # the same instant, or the two of a fold
        return second if closing else first
    # A gap: by PEP 495 `second` lies before the change of clocks and `first` after it. Halve the stretch
    # between them, to the second, until the first instant whose wall time is not before ours is found.
    low, high = second, first
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high


def _merged(openings: Iterable[_Opening]) -> list[tuple[datetime, datetime]]:
    """Openings, sorted by their start, with adjoining and overlapping ones put together."""
    merged: list[tuple[datetime, datetime]] = []
    for one in openings:
        if merged and one.opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], one.closes))
        else:
            merged.append((one.opens, one.closes))
    return merged


def _covers_the_week(spans: Iterable[WeeklySpan]) -> bool:
    """Whether no minute of the week is left out."""
    stretches: list[tuple[int, int]] = []
    for span in spans:
        start = span.weekday * DAY_MINUTES + span.start
        end = span.weekday * DAY_MINUTES + span.end
        stretches.append((start, min(end, _WEEK_MINUTES)))
        if end > _WEEK_MINUTES:  # Sunday night belongs to Monday too
            stretches.append((0, end - _WEEK_MINUTES))
    reached = 0
    for start, end in sorted(stretches):
        if start > reached:
            return False
        reached = max(reached, end)
    return reached >= _WEEK_MINUTES
