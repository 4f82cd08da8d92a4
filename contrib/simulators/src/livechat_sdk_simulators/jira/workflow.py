"""The states of requests, and how one leads to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["FIRST", "STATUSES", "Status", "Transition", "category", "transitions_from"]


@dataclass(frozen=True, slots=True)
class Status:
    """A status. ``group`` is its category: ``new``, ``indeterminate`` or ``done``."""

    id: str
    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from some states to another; ``by_customer`` where the portal offers it."""

    id: str
    name: str
    to: str
    sources: Sequence[str] = ()
    """None means from everywhere but where it leads."""
    by_customer: bool = False


FIRST: Final = "Waiting for support"
STATUSES: Final = {
    one.name: one
    for one in (
        Status("10001", FIRST, "indeterminate"),
        Status("10002", "Waiting for customer", "indeterminate"),
        Status("10003", "In progress", "indeterminate"),
        Status("10004", "Pending", "new"),
        Status("10005", "Escalated", "indeterminate"),
        Status("5", "Resolved", "done"),
        Status("6", "Closed", "done"),
        Status("10006", "Canceled", "done"),
    )
}
_OPEN: Final = tuple(one.name for one in STATUSES.values() if one.group != "done")
_TRANSITIONS: Final = (
    Transition("851", "Respond to customer", "Waiting for customer", _OPEN),
    Transition("861", "Respond to support", FIRST, _OPEN),
    Transition("871", "Pending", "Pending", _OPEN),
    Transition("881", "In progress", "In progress", _OPEN),
    Transition("891", "Escalate", "Escalated", _OPEN),
    Transition("761", "Resolve this issue", "Resolved", _OPEN),
    Transition("901", "Cancel request", "Canceled", _OPEN, by_customer=True),
    Transition("781", "Back to in progress", "In progress", ("Resolved",)),
    Transition("931", "Reopen", FIRST, ("Resolved", "Closed", "Canceled"), by_customer=True),
    Transition("941", "Close", "Closed", ("Resolved",)),
)
_CATEGORIES: Final = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}


def transitions_from(status: str, *, customer: bool = False) -> list[Transition]:
    """What leads on from a status; for a customer what the portal offers."""
    return [
        one
        for one in _TRANSITIONS
        if status in one.sources and one.to != status and (one.by_customer or not customer)
    ]


def category(group: str) -> dict[str, Any]:
    """A category of states as the platform shows it."""
    number, name, colour = _CATEGORIES[group]
    return {"id": number, "key": group, "name": name, "colorName": colour}
