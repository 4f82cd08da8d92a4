"""How a handoff ended: outcome, who, why, and the record of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from livechat_sdk.domain.base import Identifier, Model, ShortText, Timestamp

__all__ = ["PLATFORM_EVENTS", "WHO", "WHY", "End", "EndReason", "Outcome", "Who", "Why"]


class Outcome(StrEnum):
    """How a handoff ended. A closed set: the branches of the workflow node."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    MISSED = "missed"
    OUT_OF_HOURS = "out_of_hours"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"
    ALREADY_OPEN = "already_open"


PLATFORM_EVENTS: dict[Outcome, tuple[str, ...]] = {
    Outcome.COMPLETED: ("LIVECHAT_TERMINATED",),
    Outcome.CANCELLED: ("LIVECHAT_REQUEST_CLOSED", "LIVECHAT_ABANDONED"),
    Outcome.MISSED: ("LIVECHAT_REQUEST_MISSED",),
    Outcome.OUT_OF_HOURS: ("LIVECHAT_OUT_OF_BUSINESS_HOURS",),
    Outcome.UNAVAILABLE: ("LIVECHAT_IS_DISABLED",),
    Outcome.FAILED: ("LIVECHAT_GENERIC_ERROR",),
    Outcome.ALREADY_OPEN: ("LIVECHAT_REQUEST_EXISTS", "LIVECHAT_IS_IN_PROGRESS"),
}
"""The platform's event names per outcome.

Source: enum ``liveChatEventType`` in Helvia's published ``hbf-core.openapi.json``."""

Who = Literal["user", "agent", "bot", "provider", "clock", "operator"]
"""Who ended it. ``agent`` is a human of the support team, ``operator`` runs the system."""

Why = Literal[
    "resolved", "abandoned", "inactivity", "timeout", "transferred_away", "refused", "error", "other"
]
"""Why it ended; ``other`` carries the raw word beside it."""

WHO: tuple[Who, ...] = ("user", "agent", "bot", "provider", "clock", "operator")
WHY: tuple[Why, ...] = (
    "resolved",
    "abandoned",
    "inactivity",
    "timeout",
    "transferred_away",
    "refused",
    "error",
    "other",
)


class EndReason(Model):
    """Who ended it and why; ``raw`` is the vendor's or caller's own word."""

    by: Who
    why: Why
    raw: ShortText | None = None


class End(Model):
    """The end of a handoff. Written once, never changed.

    ``next_opening`` comes with ``out_of_hours``; ``existing`` (a handoff id) and ``existing_state``
    with ``already_open``.
    """

    outcome: Outcome
    reason: EndReason
    at: Timestamp
    next_opening: Timestamp | None = None
    existing: Identifier | None = None
    existing_state: str | None = None
