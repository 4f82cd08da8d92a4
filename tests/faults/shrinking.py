"""Makes a failing schedule shorter: what is left is what it takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.faults.schedules import Schedule, Step

__all__ = ["shrink"]

T = TypeVar("T")

Fails = Callable[[Schedule], Awaitable[bool]]


async def shrink(schedule: Schedule, fails: Fails, *, tries: int = 150) -> Schedule:
    """The shortest schedule found in ``tries`` tries that still fails. ``fails`` plays one and says whether.

    Conversations first (they do not touch each other, so most can be silent), then rounds, then steps, then
    faults.
    """
    left = tries

    async def still_fails(candidate: Schedule) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and await fails(candidate)

    slots = sorted({step.slot for steps in schedule.rounds for step in steps if step.slot >= 0})
    for kept in slots:
        alone = _only(schedule, kept)
        if await still_fails(alone):
            schedule = alone
            break
    rounds = await _fewer(schedule.rounds, lambda some: still_fails(replace(schedule, rounds=tuple(some))))
    schedule = replace(schedule, rounds=tuple(rounds))
    steps = [(number, step) for number, steps in enumerate(schedule.rounds) for step in steps]
    steps = await _fewer(steps, lambda some: still_fails(_with_steps(schedule, some)))
    schedule = _with_steps(schedule, steps)
    for _, step in steps:
        if step.faults:
            calm = [(n, replace(s, faults=()) if s is step else s) for n, s in steps]
            if await still_fails(_with_steps(schedule, calm)):
                steps = calm
                schedule = _with_steps(schedule, steps)
    return replace(schedule, rounds=tuple(steps for steps in schedule.rounds if steps))


async def _fewer(items: Sequence[T], fails: Callable[[Sequence[T]], Awaitable[bool]]) -> list[T]:
    """Leave out as much as possible, in halves, quarters and so on, while it still fails."""
    kept = list(items)
    size = max(1, len(kept) // 2)
    while kept:
        start = 0
        while start < len(kept):
            without = [*kept[:start], *kept[start + size :]]
            if await fails(without):
                kept = without
            else:
                start += size
        if size == 1:
            break
        size //= 2
    return kept


def _only(schedule: Schedule, slot: int) -> Schedule:
    rounds = tuple(tuple(step for step in steps if step.slot in {slot, -1}) for steps in schedule.rounds)
    return replace(schedule, rounds=rounds)


def _with_steps(schedule: Schedule, steps: Sequence[tuple[int, Step]]) -> Schedule:
    rounds: list[list[Step]] = [[] for _ in schedule.rounds]
    for number, step in steps:
        rounds[number].append(step)
    return replace(schedule, rounds=tuple(map(tuple, rounds)))
