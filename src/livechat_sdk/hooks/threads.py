"""The threads in which the ``def`` implementations of one plugin run.

Not ``ThreadPoolExecutor``: its threads are waited for when the interpreter ends, so that one plugin that
hangs would keep the whole program from ending.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field

__all__ = ["Finished", "Job", "PluginThreads", "ThreadsStuck"]

_IDLE_SECONDS = 30.0


class ThreadsStuck(Exception):
    """Every thread of the plugin runs a call that is past its time limit."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What came out of a call: a value, or the error that it raised.

    ``held`` is the longest time in seconds for which the call kept the event loop for itself.
    """

    value: object = None
    error: BaseException | None = None
    held: float = 0.0


@dataclass(eq=False, slots=True)
class Job:
    """One call that waits for a thread, or runs in one.

    ``deliver`` is called in the thread. ``deadline`` is a ``time.monotonic()`` value; ``label`` names the
    hook for people.
    """

    call: Callable[[], object]
    deliver: Callable[[Finished], None]
    deadline: float
    label: str
    context: Context = field(default_factory=copy_context)

    def run(self) -> Finished:
        """Run the call; every error is an answer, ``SystemExit`` included."""
        try:
            return Finished(self.context.run(self.call))
        except BaseException as error:  # noqa: BLE001 - nothing that a plugin raises may end a thread of ours
            return Finished(error=error)


class PluginThreads:
    """At most ``size`` threads of one plugin. They start when needed and end when idle for a while."""

    def __init__(self, plugin: str, size: int, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._plugin = plugin
        self._size = size
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._waiting: OrderedDict[Job, None] = OrderedDict()
        self._running: set[Job] = set()
        self._threads = 0
        self._idle = 0
        self._closed = False

    @property
    def alive(self) -> int:
        """How many threads there are now."""
        with self._changed:
            return self._threads

    def submit(self, job: Job) -> None:
        """Run ``job`` as soon as a thread is free.

        Raises ``ThreadsStuck`` when all of them are past their time limit, and ``RuntimeError`` when the
        system gives us no thread; the job is forgotten then.
        """
        with self._changed:
            if self._all_stuck():
                raise ThreadsStuck
            self._waiting[job] = None
            if self._idle < len(self._waiting) and self._threads < self._size:
                self._start_thread(job)
            else:
                self._changed.notify()

    def forget(self, job: Job) -> None:
        """Nobody waits for ``job`` any more: do not start it. One that runs goes on."""
        with self._changed:
            self._waiting.pop(job, None)

    def is_stuck(self) -> bool:
        """Whether all threads run calls that are past their time limit."""
        with self._changed:
            return self._all_stuck()

    def overdue(self) -> Sequence[str]:
        """Labels of the calls that run past their time limit."""
        with self._changed:
            now = time.monotonic()
            return sorted(job.label for job in self._running if job.deadline <= now)

    def close(self) -> None:
        """Let every thread end as soon as nothing waits for it. A thread that hangs is left to itself."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _all_stuck(self) -> bool:
        if len(self._running) < self._size:
            return False
        now = time.monotonic()
        return all(job.deadline <= now for job in self._running)

    def _start_thread(self, job: Job) -> None:
        self._threads += 1
        name = f"livechat-plugin-{self._plugin}"
        try:
            threading.Thread(target=self._work, name=name, daemon=True).start()
        except RuntimeError:
            self._threads -= 1
            if not self._threads:  # with others alive, one of them will take it
                self._waiting.pop(job, None)
                raise

    def _work(self) -> None:
        while (job := self._take()) is not None:
            finished = job.run()
            with self._changed:
                self._running.discard(job)
            job.deliver(finished)
            del job, finished  # an idle thread keeps no handoff in memory

    def _take(self) -> Job | None:
        """The next job; ``None`` when this thread is to end."""
        with self._changed:
            self._idle += 1
            try:
                while not self._waiting:
                    if self._closed or not self._changed.wait(self._idle_seconds):
                        if self._waiting:
                            continue
                        self._threads -= 1
                        return None
                job, _ = self._waiting.popitem(last=False)
                self._running.add(job)
                return job
            finally:
                self._idle -= 1
