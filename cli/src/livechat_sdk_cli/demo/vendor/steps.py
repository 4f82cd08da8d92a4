"""The steps of a play: what was done, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["Step", "Steps"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``at`` and ``seconds`` are seconds: since the play began, and that it took."""

    what: str
    at: float
    seconds: float


class Steps:
    """Collects the steps, and says each when it is done."""

    def __init__(self, say: Callable[[Step], object]) -> None:
        self.done: list[Step] = []
        self._say = say
        self._began = time.monotonic()

    @contextmanager
    def step(self, what: str) -> Generator[None]:
        """Measure one step. One that fails is not noted: the error says where it was."""
        began = time.monotonic()
        yield
        step = Step(what, round(began - self._began, 3), round(time.monotonic() - began, 3))
        self.done.append(step)
        self._say(step)

    @property
    def seconds(self) -> float:
        """How long all of it has taken until now."""
        return time.monotonic() - self._began
