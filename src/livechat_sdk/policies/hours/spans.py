"""Lists of spans such as ``["09:00-13:00", "14:00-18:00"]``, and what a day's hours become of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livechat_sdk.policies.hours.line import Kind, Rule
from livechat_sdk.policies.settings_troubles import Trouble
from livechat_sdk.policies.week_rules import Hours, read_hours

__all__ = ["DayHours", "day_hours", "read_spans"]


@dataclass(frozen=True, slots=True)
class DayHours:
    """What holds on one date: spans in minutes from its beginning, and the rule where no span is."""

    spans: tuple[tuple[int, int, Rule], ...]
    closed: Rule


def read_spans(value: object) -> tuple[list[Hours], list[Trouble]]:
    """The spans of a list, or of one text, and what is wrong with the others."""
    if isinstance(value, str):
        hours, troubles = read_hours([value], "this day")
        return hours, [Trouble((), one.message) for one in troubles]
    return read_hours(value, "this day")


def day_hours(kind: Kind, label: str, spans: Sequence[str], zone: str, *, note: str) -> DayHours:
    """The hours of a day that is not an ordinary one; ``spans`` have been read before. See ``Rule``."""
    hours, _ = read_spans(list(spans))
    said = f", open {', '.join(one.text for one in hours)}" if hours else ""
    return DayHours(
        tuple((one.start, one.end, Rule(True, kind, f"{label} {one.text} {zone}", note)) for one in hours),
        Rule(False, kind, f"closed: {label}{said} {zone}", note),
    )
