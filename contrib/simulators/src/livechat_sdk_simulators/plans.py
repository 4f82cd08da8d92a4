"""Bad weather: faults that come by themselves, so many in a hundred, the same ones for the same seed.

Where scripted faults say which call goes wrong, a plan says how many do: events that come twice or late, and
calls that are refused, their first repetition too.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

__all__ = ["FaultPlan", "PlanRun"]

_REFUSALS: Final = (429, 503)
_NUMBER: Final = (int, float)
_LIMITS: Final[Mapping[str, tuple[type[int] | tuple[type, ...], float]]] = {
    "seed": (int, 2**63 - 1),
    "repeat": (_NUMBER, 1),
    "delay": (_NUMBER, 1),
    "delay_seconds": (_NUMBER, 3600),
    "refuse_every": (int, 1_000_000),
    "retry_after": (_NUMBER, 3600),
}
"""What each number is, from 0 to how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """How often what goes wrong. Shares are from 0 to 1; an event is repeated or late, never both.

    Raises ``ValueError`` for numbers that make no sense.
    """

    seed: int = 0
    repeat: float = 0.0
    """The share of events that come twice."""
    delay: float = 0.0
    """The share of events that come late, so that later ones pass them."""
    delay_seconds: float = 1.0
    """The longest that an event is late; the shortest is a tenth of it."""
    refuse_every: int = 0
    """5 refuses one call of every five, chance says which, with 429 and 503 in turns, and the next call of
    its operation too, which is the retry. 0 refuses none."""
    retry_after: float | None = 1.0
    """Seconds that a 429 asks for."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, (kind, most) in _LIMITS.items():
            value: Any = getattr(self, name)
            if name == "retry_after" and value is None:
                continue
            fits: bool = isinstance(value, kind) and not isinstance(value, bool)
            if not fits or not 0 <= value <= most:
                whole = "whole " if kind is int else ""
                raise ValueError(f"{name} is a {whole}number from 0 to {most:g}, not {value!r}")
        if self.repeat + self.delay > 1:
            raise ValueError("repeat and delay are at most 1 together: an event has one fault")

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """A plan from JSON. Raises ``ValueError`` for what is no part of one."""
        if unknown := [name for name in given if name not in _LIMITS]:
            raise ValueError(f"a plan has no {unknown[0]!r}; it has: {', '.join(_LIMITS)}")
        return cls(**given)

    def words(self) -> str:
        """The plan for people."""
        refusals = f"one call of {self.refuse_every} refused" if self.refuse_every else "no call refused"
        return f"{self.repeat:.0%} of events twice, {self.delay:.0%} late, {refusals}, seed {self.seed}"


class PlanRun:
    """A plan while it is carried out."""

    def __init__(self, plan: FaultPlan) -> None:
        self.plan = plan
        # Chance that can be had again, no secret. Calls have their own, so that events do not disturb it.
        self._random = random.Random(plan.seed)  # noqa: S311
        self._of_calls = random.Random(plan.seed)  # noqa: S311
        self._calls = 0
        self._unlucky = 0
        self._retries: set[str] = set()
        self.happened = {"calls": 0, "refused": 0, "repeat": 0, "delay": 0}
        """How many calls there were, how many of them were refused, how many events came twice, and late."""

    def refusal(self, operation: str) -> int | None:
        """The status with which the call that begins now is refused; ``None`` when it goes its way."""
        chosen = self._is_chosen()
        self.happened["calls"] += 1
        if operation in self._retries:
            self._retries.remove(operation)
        elif chosen:
            self._retries.add(operation)
        else:
            return None
        self.happened["refused"] += 1
        return _REFUSALS[(self.happened["refused"] - 1) % len(_REFUSALS)]

    def _is_chosen(self) -> bool:
        """Whether this call is the unlucky one of its row.

        Its place differs from row to row: a caller that makes the same calls again at each attempt would else
        meet the same refusal for ever.
        """
        every = self.plan.refuse_every
        if not every:
            return False
        place = self._calls % every
        if place == 0:
            self._unlucky = self._of_calls.randrange(every)
        self._calls += 1
        return place == self._unlucky

    def lateness(self) -> float:
        """Seconds that the event that comes late now is late."""
        return self._random.uniform(0.1, 1.0) * self.plan.delay_seconds

    def fault(self) -> str | None:
        """``repeat`` or ``delay``, if one of them happens to the event that is made now."""
        drawn = self._random.random()
        if drawn >= self.plan.repeat + self.plan.delay:
            return None
        kind = "repeat" if drawn < self.plan.repeat else "delay"
        self.happened[kind] += 1
        return kind
