"""What an audit can find."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Wrong"]


class Wrong(StrEnum):
    """What is wrong: promise 1 and promise 3, broken in each possible way."""

    LOST = "lost"
    """A message was accepted, or handed to us, and nobody got it and no fate says why."""
    DOUBLED = "doubled"
    """Something was applied or shown twice, and nobody had chosen to repeat it."""
    SWAPPED = "swapped"
    """Two messages changed places."""
    WRONGLY_DOUBTFUL = "wrongly doubtful"
    """The ledger doubts what it could have known."""
    WRONGLY_CERTAIN = "wrongly certain"
    """The ledger says the opposite of what is so."""
    OWNER_BROKEN = "owner broken"
    """Two owners, no end, two ends, or an end without an outcome."""
    LEFT_OPEN = "left open"
    """A chat that we knew of is still open at the vendor after the end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with what both sides say about it."""

    wrong: Wrong
    handoff_id: str
    keys: tuple[str, ...]
    truth: str
    ledger: str

    def __str__(self) -> str:
        keys = ", ".join(self.keys)
        return f"{self.wrong.upper()} {self.handoff_id} [{keys}]: truth: {self.truth}; ledger: {self.ledger}"
