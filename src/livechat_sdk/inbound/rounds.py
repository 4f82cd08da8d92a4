"""Rounds: who must be visited when, without a task for anybody who waits.

Each integration has a queue of its own, so that a vendor that does not answer holds up nobody else. Within
a queue whoever has waited longest comes first.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from livechat_sdk.domain.clock import Clock
from livechat_sdk.inbound.places import ChatKey
from livechat_sdk.inbound.waiting import wait_for_change
from livechat_sdk.relay.interrupting import interrupt, start

__all__ = ["Rounds", "Visit"]

logger = logging.getLogger("livechat_sdk.inbound")

Visit = Callable[[str, ChatKey], Awaitable[float | None]]
"""Visits a chat of an integration; returns the seconds until the next time, ``None`` for never."""

_AFTER_A_BUG = 60.0


@dataclass(slots=True)
class _Running:
    task: asyncio.Task[float | None]
    again: datetime | None = None
    forgotten: bool = False


@dataclass(slots=True)
class _Queue:
    heap: list[tuple[datetime, int, ChatKey]] = field(default_factory=list[tuple[datetime, int, ChatKey]])
    due: dict[ChatKey, datetime] = field(default_factory=dict[ChatKey, datetime])
    running: dict[ChatKey, _Running] = field(default_factory=dict[ChatKey, _Running])
    held_until: datetime | None = None
    full_at: datetime | None = None
    """When the allowance of calls will be whole again."""
    gap: timedelta = timedelta(0)
    at_once: int = 1


class Rounds:
    """Visits chats when they are due: at most ``at_once`` of an integration side by side.

    ``rate`` tells how many visits of an integration may begin each second, after a first ``burst``. ``late``
    is told of each visit that begins how many seconds after its time that is.
    """

    def __init__(
        self,
        clock: Clock,
        visit: Visit,
        *,
        name: str,
        at_once: int | Callable[[str], int],
        rate: Callable[[str], float] | None = None,
        burst: int = 1,
        late: Callable[[str, float], None] | None = None,
    ) -> None:
        self._clock = clock
        self._visit = visit
        self._name = name
        self._at_once: Callable[[str], int] = at_once if callable(at_once) else lambda _: at_once
        self._rate = rate
        self._burst = burst
        self._late = late
        self._queues: dict[str, _Queue] = {}
        self._order = itertools.count()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._waiting = 0

    def start(self) -> None:
        """Begin to visit."""
        self._changed.set()
        self._task = asyncio.create_task(self._loop(), name=self._name)

    async def stop(self) -> None:
        """Interrupt everything; an adapter that does not heed it is named in the log and ended by force."""
        tasks = [run.task for queue in self._queues.values() for run in queue.running.values()]
        if self._task is not None:
            tasks.append(self._task)
        await interrupt(tasks)
        self._task = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing can be done before time passes."""
        if self._task is None:
            return True
        now = self._clock.now()
        queues = self._queues.values()
        under_way = sum(len(queue.running) for queue in queues) - self._waiting
        return not (
            under_way or self._changed.is_set() or any(self._is_ready(queue, now) for queue in queues)
        )

    async def wait(self, seconds: float) -> None:
        """Let time pass in the middle of a visit."""
        self._waiting += 1
        try:
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=seconds))
        finally:
            self._waiting -= 1

    @property
    def size(self) -> int:
        """How many chats are in the rounds."""
        return sum(len(queue.due) + len(queue.running) for queue in self._queues.values())

    def plan(self, integration: str, key: ChatKey, due: datetime) -> None:
        """Visit a chat at ``due``, or earlier if that was planned."""
        queue = self._queue(integration)
        running = queue.running.get(key)
        if running is not None:
            running.again = min(due, running.again or due)
            running.forgotten = False
            return
        present = queue.due.get(key)
        if present is None or due < present:
            queue.due[key] = due
            heapq.heappush(queue.heap, (due, next(self._order), key))
            self._changed.set()

    def forget(self, integration: str, key: ChatKey) -> None:
        """Visit a chat no more. A visit that is under way is finished."""
        queue = self._queues.get(integration)
        if queue is None:
            return
        queue.due.pop(key, None)
        if key in queue.running:
            queue.running[key].forgotten = True

    def interrupt(self, integration: str, key: ChatKey) -> None:
        """Visit a chat no more, and stop a visit that is under way: the chat is somebody else's now."""
        self.forget(integration, key)
        queue = self._queues.get(integration)
        if queue is not None and key in queue.running:
            queue.running[key].task.cancel()

    def hold(self, integration: str, seconds: float) -> None:
        """Begin no visit of this integration for so long: the vendor wants to be left alone."""
        queue = self._queue(integration)
        until = self._clock.now() + timedelta(seconds=seconds)
        queue.held_until = max(until, queue.held_until or until)

    def _queue(self, integration: str) -> _Queue:
        queue = self._queues.get(integration)
        if queue is None:
            queue = self._queues[integration] = _Queue(at_once=self._at_once(integration))
        return queue

    def _is_ready(self, queue: _Queue, now: datetime) -> bool:
        due = self._next_start(queue)
        return due is not None and due <= now

    def _next_start(self, queue: _Queue) -> datetime | None:
        """When the next visit may begin; ``None`` while nobody waits or all places are taken."""
        while queue.heap and queue.due.get(queue.heap[0][2]) != queue.heap[0][0]:
            heapq.heappop(queue.heap)  # was planned for another time, or forgotten
        if not queue.heap or len(queue.running) >= queue.at_once:
            return None
        due = queue.heap[0][0]
        if queue.held_until is not None:
            due = max(due, queue.held_until)
        if queue.full_at is not None:
            due = max(due, queue.full_at - (self._burst - 1) * queue.gap)
        return due

    async def _loop(self) -> None:
        while True:
            self._changed.clear()
            now = self._clock.now()
            for integration, queue in self._queues.items():
                while self._is_ready(queue, now):
                    self._begin(integration, queue, now)
            starts = [due for queue in self._queues.values() if (due := self._next_start(queue)) is not None]
            await wait_for_change(self._changed, self._clock, min(starts, default=None))

    def _begin(self, integration: str, queue: _Queue, now: datetime) -> None:
        due, _, key = heapq.heappop(queue.heap)
        del queue.due[key]
        if self._late is not None:
            since = due if queue.held_until is None else max(due, queue.held_until)
            self._late(integration, max((now - since).total_seconds(), 0.0))
        if self._rate is not None:
            queue.gap = timedelta(seconds=1 / self._rate(integration))
            queue.full_at = max(now, queue.full_at or now) + queue.gap
        task = start(self._run(integration, key), name=f"{self._name} {integration} {key.handoff_id}")
        queue.running[key] = _Running(task)
        # Not at the end of the task itself: one that is interrupted before its first step never gets there.
        task.add_done_callback(partial(self._ended, integration, queue, key))

    async def _run(self, integration: str, key: ChatKey) -> float | None:
        try:
            return await self._visit(integration, key)
        except Exception:
            logger.exception("%s: the visit of %s at %s failed", self._name, key.handoff_id, integration)
            return _AFTER_A_BUG

    def _ended(self, integration: str, queue: _Queue, key: ChatKey, task: asyncio.Task[float | None]) -> None:
        run = queue.running.pop(key)
        self._changed.set()
        if run.forgotten:
            return
        # An interrupted visit may have been asked for again: the chat came back to this worker.
        pause = None if task.cancelled() or task.exception() is not None else task.result()
        if pause is not None:
            self.plan(integration, key, self._clock.now() + timedelta(seconds=pause))
        if run.again is not None:
            self.plan(integration, key, run.again)
