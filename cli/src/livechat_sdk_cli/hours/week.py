"""The week that begins with the day asked about: a row for each day, a cell for each half hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from livechat_sdk_cli.terminal import Screen, columns_of, shorten, visible

if TYPE_CHECKING:
    from livechat_sdk.policies.hours import Calendar
    from livechat_sdk.policies.hours.calendar import Part

__all__ = ["Day", "picture", "week_of"]

DAYS: Final = 7
_DAY: Final = 86_400
_OPEN, _PARTLY, _CLOSED, _NEVER = "█", "▒", "·", " "
_LABEL: Final = 10  # Thu 26 Nov
_GAP: Final = 2
_LEAST_WORDS: Final = 24


@dataclass(frozen=True, slots=True)
class Day:
    """One date: its parts, when it is open in the words of its clock, and what is special about it."""

    date: date
    parts: Sequence[Part]
    openings: Sequence[tuple[str, str]]
    notes: Sequence[str]


def week_of(calendar: Calendar, at: datetime, group: str | None) -> list[Day]:
    """Seven days of a calendar; ``at`` is on its clock."""
    return [_day(calendar, at.date() + timedelta(days=offset), group) for offset in range(DAYS)]


def _day(calendar: Calendar, day: date, group: str | None) -> Day:
    parts = calendar.day(day, group=group)
    openings: list[tuple[int, int]] = []
    notes: list[str] = []
    before: Part | None = None
    for part in parts:
        if before is not None and part.start != before.end:
            notes.append(_change(before.end, part.start))
        if part.rule.open:
            if before is not None and before.rule.open and before.end == part.start:
                openings[-1] = (openings[-1][0], part.end)
            else:
                openings.append((part.start, part.end))
        if part.rule.note:
            notes.append(part.rule.note)
        before = part
    if not parts:
        notes.append("this day does not happen here")
    elif parts[0].start > 0:
        notes.append(_change(0, parts[0].start))
    elif parts[-1].end < _DAY:
        notes.append(_change(parts[-1].end, _DAY))
    return Day(
        day, parts, [(_clock(start), _clock(end)) for start, end in openings], list(dict.fromkeys(notes))
    )


def _change(old: int, new: int) -> str:
    way = "forward" if new > old else "back"
    return f"clocks go {way} from {_clock(old)} to {_clock(new)}"


def _clock(seconds: int) -> str:
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def picture(days: Sequence[Day], at: datetime, screen: Screen) -> list[str]:
    """The lines of the picture. Words stand behind it where they fit, else below each row."""
    words = [_words(day) for day in days]
    halves = screen.width >= _LABEL + 2 * _GAP + 48 + _LEAST_WORDS
    cells = 48 if halves else 24
    indent = " " * (_LABEL + _GAP)
    if screen.width < _LABEL + _GAP + cells:
        return [f"{_label(day.date)}{' ' * _GAP}{text}" for day, text in zip(days, words, strict=True)]
    step = cells // 24
    hours = "".join(f"{hour:02}".ljust(3 * step) for hour in range(0, 24, 3)) + "24"
    lines = [screen.style(f"{indent}{hours}", "dim")]
    beside = screen.width >= _LABEL + 2 * _GAP + cells + _LEAST_WORDS
    room = screen.width - _LABEL - 2 * _GAP - cells
    for day, text in zip(days, words, strict=True):
        now = (at.hour * 60 + at.minute) * cells // 1440 if day.date == at.date() else None
        row = _cells(day, cells, now, screen)
        shown = visible(text)
        tail = " " * _GAP + shorten(shown, room) if beside and columns_of(shown) <= room else ""
        lines.append(f"{screen.style(_label(day.date), 'bold')}{' ' * _GAP}{row}{tail}".rstrip())
        if not tail and text:
            lines.append(indent + shorten(shown, screen.width - len(indent)))
    legend = f"{_OPEN} open  {_PARTLY} for a part  {_CLOSED} closed  ◆ the time asked about"
    fits = len(indent) + columns_of(legend) <= screen.width
    return [*lines, screen.style(shorten(indent + legend if fits else legend, screen.width), "dim")]


def _words(day: Day) -> str:
    spans = " ".join(f"{start}-{end}" for start, end in day.openings) or "closed"
    return f"{spans}  {'; '.join(day.notes)}" if day.notes else spans


def _label(day: date) -> str:
    return f"{day:%a %d %b}"


def _cells(day: Day, count: int, now: int | None, screen: Screen) -> str:
    """One row; runs of equal cells share their colour."""
    width = _DAY // count
    row: list[str] = []
    for cell in range(count):
        start, end = cell * width, (cell + 1) * width
        here = [part for part in day.parts if part.start < end and part.end > start]
        opens = {part.rule.open for part in here}
        if cell == now:
            row.append(screen.style("◆", "bold", "cyan"))
        elif not here:
            row.append(_NEVER)
        elif opens == {True}:
            row.append(screen.style(_OPEN, "green"))
        elif opens == {False}:
            row.append(screen.style(_CLOSED, "dim"))
        else:
            row.append(screen.style(_PARTLY, "green"))
    return "".join(row)
