"""Events for vendors that send no webhooks: callers fetch them after a cursor, or are sent them on a stream.

Faults of the operation ``webhook`` happen to these events too: ``withhold``, ``repeat``, ``delay``,
``reorder``. An event gets its place when it shows, so that a late one stands behind those that were quicker.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from livechat_sdk_simulators.clock import Clock, is_virtual
from livechat_sdk_simulators.faults import FaultSwitch
from livechat_sdk_simulators.turns import Turn, let_go

__all__ = ["Feed", "FeedEvent"]

_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event that shows. ``place`` counts from 1 over all chats; a repeated event has two of them."""

    place: int
    id: str
    event: str
    chat: str
    data: Any
    at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class _Waiting(Turn):
    id: str
    event: str
    data: Any
    at: datetime


class Feed:
    """The events of one simulator, the newest 10 000."""

    def __init__(self, clock: Clock, faults: FaultSwitch) -> None:
        self._clock = clock
        self._faults = faults
        self._waiting: list[_Waiting] = []
        self._shown: list[FeedEvent] = []
        self._numbers = 0
        self._places = 0
        self._changed = asyncio.Event()

    def emit(self, event_id: str, event: str, data: Any, chat: str = "", *, faulty: bool = True) -> None:
        """Make an event, which shows at once unless a fault says otherwise.

        ``faulty`` is false for one that only tells callers what they did: no fault happens to it.
        """
        made = self._add(event_id, event, data, chat)
        let_go(self._waiting, made)
        fault = self._faults.of_webhook(event) if faulty else None
        if fault is not None:
            made.suffer(fault)
        if fault is not None and fault.kind == "repeat":
            self._add(event_id, event, data, chat)
        if made.withheld:
            self._waiting.remove(made)
        self.wake()

    def _add(self, event_id: str, event: str, data: Any, chat: str) -> _Waiting:
        now = self._clock.now()
        self._numbers += 1
        made = _Waiting(number=self._numbers, chat=chat, due=now, id=event_id, event=event, data=data, at=now)
        self._waiting.append(made)
        return made

    def wake(self) -> None:
        """Let streams look again: something was made, or a virtual clock was moved."""
        self._changed.set()
        self._changed = asyncio.Event()

    def after(self, place: int = 0, *, chat: str | None = None) -> list[FeedEvent]:
        """The events behind a place that show by now: of one chat, or of all."""
        now = self._clock.now()
        for one in sorted((one for one in self._waiting if one.due <= now), key=lambda one: one.turn):
            self._waiting.remove(one)
            self._places += 1
            self._shown.append(FeedEvent(self._places, one.id, one.event, one.chat, one.data, one.at))
        del self._shown[:-_KEPT]
        return [one for one in self._shown if one.place > place and chat in {None, one.chat}]

    async def stream(self, place: int = 0, *, chat: str | None = None) -> AsyncGenerator[FeedEvent, None]:
        """The events behind a place, and then each as it shows. Ends when the caller stops asking."""
        while True:
            changed = self._changed
            for one in self.after(place, chat=chat):
                place = one.place
                yield one
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await changed.wait()

    def _pause(self) -> float | None:
        due = min((one.due for one in self._waiting), default=None)
        if due is None or is_virtual(self._clock):
            return None
        return max(0.0, (due - self._clock.now()).total_seconds())
