"""What can go wrong at a hostile vendor: one small closed set, scripted or drawn.

A fault belongs to one call (``open``, ``send``, …) or to one event on its way to us (``event``). Scripted
faults are used up first, in order; after that they are drawn, if there is a source to draw from::

    faults = Faults()
    faults.script("send", Fault.NEVER_LEFT, None, Fault.ACCEPT_THEN_TIME_OUT)

fails the first and the third send, and lets the second and all later ones pass.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["FITTING", "RETRY_AFTER", "Fault", "Faults", "Operation"]

Operation = Literal["open", "send", "close", "update", "poll", "history", "status", "was_sent", "event"]
"""A call of the provider, or ``event``: something that the vendor tells us by itself."""

RETRY_AFTER: Final = 7.0
"""Seconds that a throttled caller is asked to wait."""


class Fault(StrEnum):
    """One thing that goes wrong, once."""

    NEVER_LEFT = "never_left"
    """The call fails before it leaves: ``sent=False``."""
    LOSE = "lose"
    """A call is lost on its way and times out, not applied. An event does not arrive: a webhook is repeated
    by the vendor's own rules, a stream has a gap."""
    THROTTLE = "throttle"
    """The vendor answers 429 with ``retry_after`` and applies nothing."""
    BREAK = "break"
    """The vendor answers 503 and applies nothing; the caller cannot know that."""
    REFUSE = "refuse"
    """The vendor understands and refuses (``RejectedError``)."""
    NOBODY = "nobody"
    """The vendor has nobody for this chat (``UnavailableError``)."""
    ACCEPT_THEN_TIME_OUT = "accept_then_time_out"
    """The vendor applies the call; the answer never comes (``TimeoutError``)."""
    DIE_AFTER_ACCEPT = "die_after_accept"
    """The vendor applies the call; the connection breaks before the answer (``sent=None``)."""
    HANG = "hang"
    """The call never returns and was not applied. Only scripted: somebody must cancel it."""
    HANG_AFTER_ACCEPT = "hang_after_accept"
    """The call never returns, and was applied. Only scripted: somebody must cancel it."""
    EARLY = "early"
    """The vendor tells us about the chat before ``open`` has returned: somebody joined it, and spoke."""
    REPEAT = "repeat"
    """An event comes twice, with the same id."""
    DELAY = "delay"
    """An event comes late; a poll does not show the newest one yet."""
    REORDER = "reorder"
    """An event changes places with the one before it."""
    WITHHOLD = "withhold"
    """An event is never told. What the vendor's history holds is still there."""
    LAG = "lag"
    """History does not show what is newest; a look-up says "not there" of what has arrived just now."""


_F = Fault
_ANY_CALL = (_F.NEVER_LEFT, _F.LOSE, _F.THROTTLE, _F.BREAK)
_APPLYING = (*_ANY_CALL, _F.ACCEPT_THEN_TIME_OUT, _F.DIE_AFTER_ACCEPT, _F.HANG, _F.HANG_AFTER_ACCEPT)
_EVENT = (_F.LOSE, _F.REPEAT, _F.DELAY, _F.REORDER, _F.WITHHOLD)

FITTING: Final[Mapping[Operation, tuple[Fault, ...]]] = MappingProxyType(
    {
        "open": (*_APPLYING, _F.REFUSE, _F.NOBODY, _F.EARLY),
        "send": (*_APPLYING, _F.REFUSE),
        "close": _APPLYING,
        "update": _APPLYING,
        "poll": (*_ANY_CALL, _F.REPEAT, _F.DELAY, _F.REORDER),
        "history": (*_ANY_CALL, _F.LAG),
        "status": _ANY_CALL,
        "was_sent": _ANY_CALL,
        "event": _EVENT,
    },
)
"""Which faults a thing can have."""

_NEVER_DRAWN = frozenset({_F.HANG, _F.HANG_AFTER_ACCEPT})


class Faults:
    """Says what goes wrong next.

    ``source`` draws a fault for every ``rate``-th call or event or so, from those in ``among`` that fit;
    without a source only scripted faults happen.
    """

    def __init__(
        self,
        source: Random | None = None,
        *,
        rate: float = 0.1,
        among: Collection[Fault] = tuple(Fault),
    ) -> None:
        self._source = source
        self._rate = rate
        self._among = frozenset(among) - _NEVER_DRAWN
        self._scripted: dict[Operation, deque[Fault | None]] = {}
        self.withheld: set[str] = set()
        """Kinds of events (``agent_joined``, …) that the vendor never tells while they are listed here."""

    def script(self, operation: Operation, *faults: Fault | None) -> None:
        """Add faults for the next calls (or events), in order; ``None`` lets one pass.

        Raises ``ValueError`` for a fault that this operation cannot have.
        """
        for fault in faults:
            if fault is not None and fault not in FITTING[operation]:
                raise ValueError(f"{operation} cannot have the fault {fault}")
        self._scripted.setdefault(operation, deque()).extend(faults)

    def next(self, operation: Operation) -> Fault | None:
        """What goes wrong with the next call or event of this kind; ``None`` if nothing does."""
        waiting = self._scripted.get(operation)
        if waiting:
            return waiting.popleft()
        if self._source is None or self._source.random() >= self._rate:
            return None
        fitting = [fault for fault in FITTING[operation] if fault in self._among]
        return self._source.choice(fitting) if fitting else None

    def forget(self, operation: Operation) -> None:
        """Drop the scripted faults of an operation that have not struck yet."""
        self._scripted.pop(operation, None)

    def stop(self) -> None:
        """From now on nothing goes wrong any more."""
        self._source = None
        self._scripted.clear()
        self.withheld.clear()
