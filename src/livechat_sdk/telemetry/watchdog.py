"""Names whoever blocks the event loop: everything in this process waits for them.

A thread looks at the loop's own thread several times a second. If that does anything but wait for events, it
is asked for a sign of life; when the answer is late, the stack tells the place, and the objects in it (a
plugin, a provider, the channel) or the running task tell the culprit.

Code that keeps the interpreter's lock while it blocks keeps this thread from looking, too; it is still
counted afterwards, by the name of what runs then.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import FrameType, ModuleType
from typing import Any, Final

__all__ = ["BLOCKING_LIMIT", "Blame", "LoopWatchdog"]

logger = logging.getLogger("livechat_sdk.watchdog")

BLOCKING_LIMIT: Final = 0.25
"""Seconds for which nobody may keep the loop for themselves."""

_REPEAT: Final = 60.0
"""Seconds before the same culprit is named in the log again, and the time that ``trouble`` looks back."""

_SHARE: Final = 0.1
"""The part of that time for which the loop may be blocked before it counts as trouble."""

_PAUSE: Final = 0.1
_MOST_CULPRITS: Final = 200
_OTHERS: Final = "others"
_IDLE: Final = frozenset({"select", "_run_once", "run_forever"})
"""Where a loop's thread is when it runs nobody's code: nobody blocks, the machine is busy with others."""


@dataclass(frozen=True, slots=True)
class Blame:
    """How often and how long, in seconds, one culprit blocked the loop."""

    culprit: str
    times: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the loop's thread was seen doing."""

    culprit: str
    place: str


class LoopWatchdog:
    """Watches one event loop. ``owners`` are objects or modules whose code may be to blame, by name.

    ``limit`` and ``repeat`` are in seconds.
    """

    def __init__(
        self,
        owners: Mapping[str, object],
        *,
        limit: float = BLOCKING_LIMIT,
        repeat: float = _REPEAT,
    ) -> None:
        self._owners = {id(owner): name for name, owner in owners.items()}
        self._modules = {
            owner.__name__: name for name, owner in owners.items() if isinstance(owner, ModuleType)
        }
        self._limit = limit
        self._repeat = repeat
        self._lock = threading.Lock()
        self._blamed: dict[str, tuple[int, float]] = {}
        self._lately: deque[tuple[float, float, str]] = deque(maxlen=1000)
        self._named_at: dict[str, float] = {}
        self._stopping = threading.Event()
        self._answered = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Watch the running loop, in whose thread this is called."""
        loop, loop_thread = asyncio.get_running_loop(), threading.get_ident()
        self._stopping.clear()
        self._thread = threading.Thread(
            target=self._watch, args=(loop, loop_thread), name="livechat-watchdog", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop watching. Does not wait for the loop's answer: this is called on the loop itself."""
        self._stopping.set()
        self._answered.set()
        if self._thread is not None:
            self._thread.join(timeout=1.0)
            self._thread = None

    def blamed(self) -> Sequence[Blame]:
        """Everybody who blocked the loop since the start, by name."""
        with self._lock:
            return [Blame(name, *counted) for name, counted in sorted(self._blamed.items())]

    def trouble(self) -> str | None:
        """What to tell whoever asks whether all is well, if the loop was blocked for long lately."""
        now = time.monotonic()
        by_name: dict[str, float] = {}
        with self._lock:
            for at, seconds, name in self._lately:
                if at >= now - self._repeat:
                    by_name[name] = by_name.get(name, 0.0) + seconds
        total = sum(by_name.values())
        if total < self._repeat * _SHARE:
            return None
        worst = max(by_name, key=lambda name: by_name[name])
        return f"was blocked for {total:.1f} of the last {self._repeat:g} s, most of it by {worst}"

    # ---------------------------------------------------------------------------------------- the thread
    def _watch(self, loop: asyncio.AbstractEventLoop, loop_thread: int) -> None:
        while not (self._stopping.wait(_PAUSE) or loop.is_closed()):
            # A loop that waits for events is alive; asking it would wake it for nothing.
            if _frame_of(loop_thread) is None:
                continue
            self._answered.clear()
            if self._stopping.is_set():  # between the pause and the line above
                return
            asked = time.monotonic()
            try:
                loop.call_soon_threadsafe(self._answered.set)
            except RuntimeError:  # the loop is closed
                return
            sight = self._wait_for_answer(loop, loop_thread, asked)
            if self._stopping.is_set():
                return
            self._account(sight, time.monotonic() - asked)

    def _wait_for_answer(
        self, loop: asyncio.AbstractEventLoop, loop_thread: int, asked: float
    ) -> _Sight | None:
        """Return when the loop has answered; who kept it from that, if it took too long."""
        in_time = self._answered.wait(self._limit)
        # Somebody who keeps the interpreter's lock keeps this thread waiting as well.
        if self._stopping.is_set() or (in_time and time.monotonic() - asked <= self._limit):
            return None
        sight = self._look(loop, loop_thread)
        if not in_time:
            self._name(sight)
        while not self._answered.wait(self._repeat) and not loop.is_closed():
            self._name(sight)
        return sight

    def _account(self, sight: _Sight | None, seconds: float) -> None:
        if sight is None:
            return
        with self._lock:
            known = sight.culprit in self._blamed or len(self._blamed) < _MOST_CULPRITS
            name = sight.culprit if known else _OTHERS
            times, total = self._blamed.get(name, (0, 0.0))
            self._blamed[name] = (times + 1, total + seconds)
            self._lately.append((time.monotonic(), seconds, name))

    def _name(self, sight: _Sight | None) -> None:
        """Say it in the log, once in a while for each culprit."""
        if sight is None:
            return
        now = time.monotonic()
        if now < self._named_at.get(sight.culprit, -self._repeat) + self._repeat:
            return
        if len(self._named_at) >= _MOST_CULPRITS:
            self._named_at.clear()
        self._named_at[sight.culprit] = now
        logger.warning(
            "%s blocks the event loop for over %.2f s, at %s; everything in this process waits for that",
            sight.culprit,
            self._limit,
            sight.place,
        )

    def _look(self, loop: asyncio.AbstractEventLoop, loop_thread: int) -> _Sight | None:
        """Who runs in the loop's thread now, and where; ``None`` when nobody does."""
        frame = innermost = _frame_of(loop_thread)
        if innermost is None:
            return None
        while frame is not None:
            owner = self._owner(frame)
            if owner is not None:
                return _Sight(owner, _place(frame, innermost))
            frame = frame.f_back
        culprit, name = _task_of(asyncio.current_task(loop))
        return _Sight(culprit, _place(_own(innermost), innermost) + name)

    def _owner(self, frame: FrameType) -> str | None:
        by_module = self._modules.get(frame.f_globals.get("__name__", ""))
        if by_module is not None:
            return by_module
        return self._owners.get(id(frame.f_locals.get("self")))


def _frame_of(thread: int) -> FrameType | None:
    """What a loop's thread executes; ``None`` when it waits for events, or is gone."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return None if frame is None or frame.f_code.co_name in _IDLE else frame


def _task_of(task: asyncio.Task[Any] | None) -> tuple[str, str]:
    """What to call a task, and its name for the log: names of tasks hold ids, which no counter should."""
    if task is None:
        return "a callback", ""
    name = task.get_name()
    if name.startswith("plugin "):
        return name, ""
    function = getattr(task.get_coro(), "__qualname__", type(task).__name__)
    return f"task {function}", f" (task {name!r})"


def _own(frame: FrameType) -> FrameType:
    """The innermost frame that is not of the standard library."""
    library = str(PurePath(threading.__file__).parent)
    at: FrameType | None = frame
    while at is not None:
        name = at.f_code.co_filename
        if not name.startswith(library) or "site-packages" in name:
            return at
        at = at.f_back
    return frame


def _place(frame: FrameType, innermost: FrameType) -> str:
    place = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}"
    if innermost is frame:
        return place
    return f"{place} (in {innermost.f_code.co_qualname} of {PurePath(innermost.f_code.co_filename).name})"
