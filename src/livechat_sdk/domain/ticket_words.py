"""The words of tickets: kinds, priorities, states, and the moments at which one is made.

Apart from the tickets themselves, because settings need the words alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from livechat_sdk.domain.ends import Outcome

__all__ = ["TicketKind", "TicketMoment", "TicketPriority", "TicketState", "moment_of"]

TicketPriority = Literal["low", "normal", "high", "urgent"]
"""How urgent a ticket is. Ticket systems have scales of their own; a table says which is which."""

TicketKind = Literal["question", "incident", "problem", "task"]
"""What a ticket is about, for systems that ask."""

TicketState = Literal["new", "open", "pending", "solved", "closed"]
"""Where a ticket is in its life, in words that mean the same everywhere."""


class TicketMoment(StrEnum):
    """A point of a handoff at which a ticket may be made: at most one for each."""

    DURING = "during"
    """While it goes on: an agent has joined, or somebody asked for a ticket."""
    ENDED = "ended"
    """After it ended in any other way than the two below."""
    MISSED = "missed"
    """Nobody took the request in time."""
    OUT_OF_HOURS = "out_of_hours"
    """The team was not there."""


def moment_of(outcome: Outcome) -> TicketMoment:
    """The moment that an outcome is."""
    if outcome is Outcome.MISSED:
        return TicketMoment.MISSED
    return TicketMoment.OUT_OF_HOURS if outcome is Outcome.OUT_OF_HOURS else TicketMoment.ENDED
