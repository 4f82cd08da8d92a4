"""Whether a group of schedules is open, by the vendor's rules: holiday before closed before open.

Where nothing holds it is closed. Schedules are in local time, and the group has the zone. At a change of
clocks a local time that does not exist means the instant at which the gap ends, and of one that exists twice
a schedule takes the first to begin and the second to end. All arithmetic is done in UTC. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta, tzinfo
from itertools import groupby
from typing import Final, Literal

from livechat_sdk.domain.handoff import OpeningHours
from livechat_sdk_genesys.hours.recurrence import beginnings

__all__ = ["HORIZON", "Kind", "Schedule", "ScheduleGroup"]

Kind = Literal["holiday", "closed", "open"]

HORIZON: Final = timedelta(days=60)
"""So far ahead the next opening and closing are looked for."""

_LONGEST: Final = timedelta(days=366)
"""So long may one time of a schedule last that comes again."""

_SLACK: Final = timedelta(days=2)
"""More than any two zones differ."""

_ORDER: Final[Sequence[Kind]] = ("holiday", "closed", "open")


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule: from ``start`` to before ``end``, local times without a zone, again by ``rule``."""

    kind: Kind
    name: str
    start: datetime
    end: datetime
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class _Span:
    kind: Kind
    name: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class ScheduleGroup:
    """Schedules in one time zone."""

    zone: tzinfo
    schedules: Sequence[Schedule]

    def at(self, moment: datetime) -> OpeningHours:
        """Whether it is open at ``moment`` (with a zone), and the first opening and closing after it.

        ``None`` for an opening or closing that is not within ``HORIZON``. Raises ``ValueError`` for a
        schedule that is not understood: what it would have said is not known.
        """
        now = moment.astimezone(UTC)
        until = now + HORIZON
        spans = [span for one in self.schedules for span in self._spans(one, now, until)]
        holding = [span for span in spans if span.begins <= now < span.ends]
        opens, closes = _changes(spans, now, until)
        first = min(holding, key=lambda span: _ORDER.index(span.kind), default=None)
        return OpeningHours(
            open=first is not None and first.kind == "open",
            next_opening=None if opens is None else opens.astimezone(self.zone),
            next_closing=None if closes is None else closes.astimezone(self.zone),
            rule="no schedule holds" if first is None else f"{first.kind}: {first.name[:200]}",
        )

    def _spans(self, schedule: Schedule, now: datetime, until: datetime) -> Iterator[_Span]:
        """The times of a schedule that end after ``now`` and begin by ``until``."""
        lasts = schedule.end - schedule.start
        if lasts <= timedelta():
            raise ValueError(f"schedule {schedule.name[:100]!r} ends before it begins")
        if schedule.start.year <= 1 or schedule.end.year >= MAXYEAR:
            raise ValueError(f"schedule {schedule.name[:100]!r} is of no year that zones are known for")
        if schedule.rule is None:
            walls: Iterator[datetime] = iter((schedule.start,))
        elif lasts > _LONGEST:
            raise ValueError(f"schedule {schedule.name[:100]!r} lasts too long to come again")
        else:
            since = now.replace(tzinfo=None) - lasts - _SLACK
            walls = beginnings(
                schedule.rule, schedule.start, since, until.replace(tzinfo=None) + _SLACK, self.zone
            )
        for wall in walls:
            begins = _instant(wall, self.zone, ending=False)
            ends = _instant(wall + lasts, self.zone, ending=True)
            if begins < ends and now < ends and begins <= until:  # a gap may leave nothing of it
                yield _Span(schedule.kind, schedule.name, begins, ends)


def _changes(
    spans: Sequence[_Span], now: datetime, until: datetime
) -> tuple[datetime | None, datetime | None]:
    """The first opening and the first closing after ``now``, up to ``until``."""
    begun: list[tuple[datetime, Kind, int]] = [(span.begins, span.kind, 1) for span in spans]
    over: list[tuple[datetime, Kind, int]] = [(span.ends, span.kind, -1) for span in spans]
    holding: dict[Kind, int] = {"holiday": 0, "closed": 0, "open": 0}
    was_open, opens, closes = False, None, None
    for at, together in groupby(sorted(begun + over), key=lambda edge: edge[0]):
        if at > until or (opens is not None and closes is not None):
            break
        for _, kind, step in together:
            holding[kind] += step
        is_open = bool(holding["open"]) and not holding["holiday"] and not holding["closed"]
        if at > now and is_open != was_open:
            if is_open:
                opens = opens or at
            else:
                closes = closes or at
        was_open = is_open
    return opens, closes


def _instant(wall: datetime, zone: tzinfo, *, ending: bool) -> datetime:
    """The instant in UTC of a local time, by the rules of the module."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:  # the same instant, or the two of a fold
        return second if ending else first
    # A gap: `second` lies before the change of clocks and `first` after it. The change is found by halves.
    low, high = second, first
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high
