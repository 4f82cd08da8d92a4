"""In which order events leave a vendor, and what scripted faults do to it. Webhooks and feeds share this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from livechat_sdk_simulators.faults import Fault

__all__ = ["Turn", "let_go"]

_REORDER_WAIT: Final = 1.0


@dataclass(slots=True, eq=False, kw_only=True)
class Turn:
    """An event that waits for its turn."""

    number: int
    """Its own: a repeated event has another number."""
    chat: str
    due: datetime
    fault: str = ""
    """The scripted fault that happened to it, in words."""
    withheld: bool = False
    early: bool = False
    held_back: bool = False
    """Waits for the next event of the chat, to come after it; a second at most."""
    after: int = 0
    """The number that it comes after, where that is not its own turn."""

    @property
    def turn(self) -> tuple[datetime, int, int]:
        """What is smallest comes first."""
        return (self.due, max(self.after, self.number), self.after)

    def suffer(self, fault: Fault) -> None:
        """Let a fault of webhooks happen to this event. ``repeat`` is for the caller, who has the events."""
        self.fault = fault.words()
        if fault.kind == "withhold":
            self.withheld = True
        elif fault.kind == "delay":
            self.due += timedelta(seconds=fault.number("seconds"))
        elif fault.kind == "reorder":
            self.held_back = True
            self.due += timedelta(seconds=_REORDER_WAIT)
        elif fault.kind == "early":
            self.early = True


def let_go(waiting: Iterable[Turn], newest: Turn) -> None:
    """Let those that were held back come right after ``newest``, an event of the same chat."""
    for one in waiting:
        if one.held_back and one.chat == newest.chat and one is not newest:
            one.held_back, one.due, one.after = False, newest.due, newest.number
