"""Lines of time: stretches that follow each other, each with the rule that holds there.

The same code serves readings of a clock and instants; both are whole seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from livechat_sdk.policies.hours.zones import Piece

__all__ = ["Kind", "Rule", "Stretch", "first_begun", "instants_of", "overlay"]

Kind = Literal["closing", "opening", "event", "date", "holiday", "weekly"]
"""What can decide whether the team is there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Open or closed, and why.

    ``text`` says it to people; empty where only "not open now" can be said. ``note`` is what is special about
    it in a few words: the name of a holiday, of an event; empty for the ordinary week.
    """

    open: bool
    kind: Kind
    text: str = ""
    note: str = ""


class Stretch(NamedTuple):
    """From ``start`` to before ``end``."""

    start: int
    end: int
    rule: Rule


def first_begun(stretches: Iterable[Stretch]) -> list[Stretch]:
    """In order and without overlap: where several hold, the one that began first is kept."""
    kept: list[Stretch] = []
    reached: int | None = None
    for one in sorted(stretches, key=lambda stretch: stretch.start):
        start = one.start if reached is None else max(one.start, reached)
        if start < one.end:
            kept.append(one if start == one.start else Stretch(start, one.end, one.rule))
            reached = one.end
    return kept


def overlay(below: Sequence[Stretch], above: Sequence[Stretch]) -> list[Stretch]:
    """``above`` where it says something, ``below`` elsewhere. Both in order and without overlap."""
    if not above:
        return list(below)
    merged: list[Stretch] = list(above)
    index = 0
    for one in below:
        start = one.start
        while index < len(above) and above[index].end <= start:
            index += 1
        at = index
        while at < len(above) and above[at].start < one.end:
            if start < above[at].start:
                merged.append(Stretch(start, above[at].start, one.rule))
            start = max(start, above[at].end)
            at += 1
        if start < one.end:
            merged.append(Stretch(start, one.end, one.rule))
    merged.sort(key=lambda stretch: stretch.start)
    return merged


def instants_of(readings: Sequence[Stretch], pieces: Iterable[Piece]) -> list[Stretch]:
    """The instants at which a clock shows the readings: twice in a fold, never in a gap.

    ``readings`` are in order and without overlap; so is the result.
    """
    found: list[Stretch] = []
    for piece in pieces:
        first, last = piece.start + piece.offset, piece.end + piece.offset
        for index in range(_first_ending_after(readings, first), len(readings)):
            one = readings[index]
            if one.start >= last:
                break
            start, end = max(one.start, first), min(one.end, last)
            found.append(Stretch(start - piece.offset, end - piece.offset, one.rule))
    return found


def _first_ending_after(stretches: Sequence[Stretch], reading: int) -> int:
    low, high = 0, len(stretches)
    while low < high:
        middle = (low + high) // 2
        if stretches[middle].end <= reading:
            low = middle + 1
        else:
            high = middle
    return low
