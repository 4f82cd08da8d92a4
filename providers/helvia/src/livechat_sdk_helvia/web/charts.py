"""Bar charts as plain numbers, for templates that draw them as SVG: without a script or inline style."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

__all__ = ["Bar", "Chart", "chart_of"]

WIDTH: Final = 720
_TOP: Final = 22
_BOTTOM: Final = 166
_LEFT: Final = 4
_GAP: Final = 0.2


@dataclass(frozen=True, slots=True)
class Bar:
    """One day. ``text`` is its value for people; a day without one has no height."""

    day: date
    text: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A series by day. ``bars`` has every day of the period, ``rows`` those that have a value."""

    name: str
    title: str
    heading: str
    """What the values are, as the head of their column."""
    bars: Sequence[Bar]
    rows: Sequence[Bar]
    highest: str
    width: int = WIDTH
    top: int = _TOP
    """Where the highest bar ends."""
    base: int = _BOTTOM
    """Where the bars stand."""

    @property
    def summary(self) -> str:
        """The chart in one sentence, for whoever does not see it."""
        if not self.rows:
            return f"{self.title}: nothing in this period."
        days = "1 day" if len(self.rows) == 1 else f"{len(self.rows)} days"
        return f"{self.title}: {days} with a value, the highest is {self.highest}."


def chart_of(
    name: str,
    title: str,
    heading: str,
    *,
    days: Sequence[date],
    values: Mapping[date, int],
    shown: Callable[[int], str],
) -> Chart:
    """Draw ``values`` over ``days``; ``shown`` says a value to people."""
    most = max(values.values(), default=0)
    step = (WIDTH - 2 * _LEFT) / max(1, len(days))
    bars: list[Bar] = []
    for number, day in enumerate(days):
        value = values.get(day, 0)
        height = (_BOTTOM - _TOP) * value / most if most else 0.0
        bars.append(
            Bar(
                day=day,
                text=shown(value),
                x=round(_LEFT + step * (number + _GAP / 2), 2),
                y=round(_BOTTOM - height, 2),
                width=round(step * (1 - _GAP), 2),
                height=round(height, 2),
            )
        )
    return Chart(name, title, heading, bars, [bar for bar in bars if bar.day in values], shown(most))
