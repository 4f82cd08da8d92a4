"""The ordinary week of a calendar: from ``weekly``, or from rows of the platform for each user group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from livechat_sdk.policies.hours.line import Rule
from livechat_sdk.policies.hours.spans import DayHours
from livechat_sdk.policies.week_rules import DAY_MINUTES, DAY_NAMES, WeeklySpan, read_week

if TYPE_CHECKING:
    from livechat_sdk.policies.hours.settings import CalendarFields, RowSettings

__all__ = ["Week", "weeks_of"]

Week = Sequence[DayHours]
"""The hours of Monday to Sunday."""

_NOT_NOW: Final = Rule(False, "weekly")
_SUNDAY: Final = 6


def weeks_of(settings: CalendarFields, zone: str) -> Mapping[str | None, Week]:
    """The week for each user group that has rows of its own; under ``None`` that of everybody else."""
    if settings.rows is None:
        read = read_week(settings.weekly or {})
        if read.troubles:
            raise ValueError("; ".join(trouble.message for trouble in read.troubles))
        return {None: _week(read.spans, zone)}
    spans = [(row.user_group_id, _span(row, settings.day_zero)) for row in settings.rows]
    groups = dict.fromkeys(group for group, _ in spans if group is not None)
    weeks: dict[str | None, Week] = {
        name: _week([span for group, span in spans if group == name], zone) for name in groups
    }
    rest = [span for group, span in spans if group is None] or [span for _, span in spans]
    return {None: _week(rest, zone), **weeks}


def _week(spans: Sequence[WeeklySpan], zone: str) -> Week:
    return [
        DayHours(
            tuple(
                (span.start, span.end, Rule(True, "weekly", f"{span.rule} {zone}"))
                for span in spans
                if span.weekday == day
            ),
            _NOT_NOW,
        )
        for day in range(7)
    ]


def _span(row: RowSettings, day_zero: str | None) -> WeeklySpan:
    day = row.day if day_zero == "monday" else (row.day + _SUNDAY) % 7
    start, end = row.opens_at, row.closes_at
    if end <= start:
        end += DAY_MINUTES
    if start == DAY_MINUTES:
        day, start, end = (day + 1) % 7, 0, end - DAY_MINUTES
    text = f"{DAY_NAMES[day]} {_clock(start)}-{_clock(end if end <= DAY_MINUTES else end - DAY_MINUTES)}"
    return WeeklySpan(day, start, end, f"{text} of group {row.user_group_id}" if row.user_group_id else text)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
