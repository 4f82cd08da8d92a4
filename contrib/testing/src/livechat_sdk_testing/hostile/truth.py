"""What really happened at a vendor, in order, by the vendor's own account.

Our ledger says what we believe; a ``Truth`` says what is so. The auditor compares the two.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["Answer", "Happening", "Truth", "What"]


class What(StrEnum):
    """What kind of thing happened."""

    OPENED = "opened"
    """A chat exists from now on."""
    APPLIED = "applied"
    """A message of the end user is in the chat, for the agent to see."""
    SWALLOWED = "swallowed"
    """The vendor took a message, said yes, and showed it to nobody (it came too early)."""
    ABSORBED = "absorbed"
    """A call came again and changed nothing: the vendor knew its key or reference."""
    CLOSED = "closed"
    """The chat is over."""
    CALLED = "called"
    """A call was answered, or not: see ``answer``."""
    SAID = "said"
    """The agent wrote a message."""
    HAPPENED = "happened"
    """Something else that we should be told: a join, a transfer, …"""
    FAILED = "failed"
    """The vendor had taken a message of the end user and could not deliver it."""
    OFFERED = "offered"
    """An event reached our side (a webhook was sent, a stream yielded, a poll was answered)."""
    HANDED = "handed"
    """Our side confirmed an event, or got it with an answer that it had asked for."""
    LOST = "lost"
    """An event was lost on its way, or kept back."""
    GAVE_UP = "gave_up"
    """The vendor stopped repeating a webhook that nobody answered."""


class Answer(StrEnum):
    """What a caller could learn from a call."""

    DONE = "done"
    """It was applied, and the caller was told so."""
    NOT_DONE = "not_done"
    """It was not applied, and the caller was told so."""
    UNCLEAR = "unclear"
    """The caller cannot know."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the truth. ``ref`` is our reference of the chat, ``key`` the message's."""

    number: int
    at: datetime
    what: What
    ref: str
    key: str = ""
    event_id: str = ""
    operation: str = ""
    """For calls: ``open``, ``send``, …; for events on their way: ``webhook``, ``poll``, …"""
    answer: Answer | None = None
    note: str = ""

    def __str__(self) -> str:
        words = (self.what, self.operation, self.answer, self.ref, self.key, self.event_id, self.note)
        return f"{self.number:4} {self.at:%H:%M:%S.%f} " + " ".join(str(word) for word in words if word)


class Truth:
    """The log of one vendor."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._numbers = itertools.count(1)
        self.log: list[Happening] = []

    def note(
        self,
        what: What,
        ref: str,
        *,
        key: str = "",
        event_id: str = "",
        operation: str = "",
        answer: Answer | None = None,
        note: str = "",
    ) -> Happening:
        """Write one line, with the time and the next number."""
        happening = Happening(
            number=next(self._numbers),
            at=self._now(),
            what=what,
            ref=ref,
            key=key,
            event_id=event_id,
            operation=operation,
            answer=answer,
            note=note,
        )
        self.log.append(happening)
        return happening

    def forget(self, event_id: str) -> None:
        """Take back what was noted of an event that did not happen after all (a commit that failed)."""
        self.log = [one for one in self.log if one.event_id != event_id]

    def of(self, ref: str, *whats: What) -> Iterator[Happening]:
        """What happened in one chat, in order; only ``whats`` if any are named."""
        return (one for one in self.log if one.ref == ref and (not whats or one.what in whats))

    def refs(self) -> list[str]:
        """References of every chat that was ever mentioned, in order."""
        return list(dict.fromkeys(one.ref for one in self.log))

    def __str__(self) -> str:
        return "\n".join(map(str, self.log))
