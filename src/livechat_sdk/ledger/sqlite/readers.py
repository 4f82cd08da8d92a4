"""Reading connections, on the event loop and in a few threads. They see everything that was committed before.

A *brief* question, which finds one row by its key, takes less time than the way to a thread and back: it is
answered at once, on the event loop that asked first, for some milliseconds in each of its rounds. The others
go to threads; those of one round travel together: with one caller at a time nothing changes, with fifty there
are a few journeys.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.documents import UnreadableDocument
from livechat_sdk.ledger.sqlite.connection import Opened, SqliteFile, explain

__all__ = ["Readers"]

logger = logging.getLogger("livechat_sdk.ledger")

T = TypeVar("T")

_TOGETHER = 16
"""How many questions travel together at most: the answers of all come with the slowest."""

_LOOP_LIMIT = 0.005
"""Seconds of one round of the event loop in which questions are answered there: it has other things to do."""


@dataclass(slots=True)
class _Question:
    """A query that somebody waits for, and what came of it."""

    query: Callable[[sqlite3.Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any] = field(init=False)
    result: Any = None
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self.future = self.loop.create_future()

    def settle(self) -> None:
        """Tell whoever waits, on their event loop."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Readers:
    """A small pool of read-only connections."""

    def __init__(self, file: SqliteFile, *, threads: int = 4) -> None:
        self._file = file
        self._idle: deque[Opened] = deque()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="livechat-ledger-reader")
        self._threads = threads
        self._lock = threading.Lock()
        self._asked: deque[_Question] = deque()
        self._busy = 0
        self._called = False
        self._stopped = False
        self._home: asyncio.AbstractEventLoop | None = None
        self._at_home: Opened | None = None
        self._spent = 0.0
        self._in_round = False
        self._using_home = threading.RLock()
        """Held while that connection is used: closing it under somebody's query would end the process."""

    async def run(self, query: Callable[[sqlite3.Connection], T], *, brief: bool = False) -> T:
        """Run a query and return its result. Raises what it raised, or ``StoreError``.

        A ``brief`` one finds a row or two by keys: it may hold the event loop.
        """
        if brief:
            await asyncio.sleep(0)  # whoever asks again and again lets everybody else go on, too
            try:
                with self._using_home:
                    if (here := self._connection_here()) is not None and self._spent < _LOOP_LIMIT:
                        return self._answered_here(query, here)
            except UnreadableDocument:
                raise
            except (sqlite3.Error, StoreError):
                self._close_here()  # a thread can wait for a lock, connect anew, and say what is wrong
        question = _Question(query, asyncio.get_running_loop())
        with self._lock:
            if self._stopped:
                raise StoreError(f"the ledger {self._file.path} is closed")
            self._asked.append(question)
            first, self._called = not self._called, True
        if first:  # whoever else asks in this round of the loop goes along
            question.loop.call_soon(self._call)
        result: T = await question.future
        return result

    def check(self) -> None:
        """Open one connection, to see that it can be done. Blocks. Raises ``StoreError``."""
        self._idle.append(self._take())

    def stop(self) -> None:
        """Let the running queries end, then close every connection. Blocks until that is done."""
        with self._lock:
            self._stopped = True
            left = tuple(self._asked)
            self._asked.clear()
        for question in left:
            question.error = StoreError(f"the ledger {self._file.path} is closed")
        _tell(left)
        self._close_here()
        self._pool.shutdown()
        while self._idle:
            self._idle.pop().connection.close()

    def _connection_here(self) -> sqlite3.Connection | None:
        """The connection of this event loop; ``None`` where a thread must answer.

        The first loop that asks is the one that gets it. It takes over what a thread has opened, for opening
        may wait for other programs.
        """
        loop = asyncio.get_running_loop()
        if self._home is None:
            self._home = loop
        if loop is not self._home or self._stopped:
            return None
        try:
            if self._at_home is not None and not self._file.is_current(self._at_home):
                self._close_here()
            if self._at_home is None:
                opened = self._idle.pop()
                self._at_home = opened  # first, so that it is closed in any case
                self._file.set_patience(opened.connection, 0)
                return self._connection_here()
        except IndexError:
            return None
        except (sqlite3.Error, StoreError):
            self._close_here()
            return None
        return self._at_home.connection

    def _answered_here(self, query: Callable[[sqlite3.Connection], T], here: sqlite3.Connection) -> T:
        if not self._in_round:
            self._in_round = True
            asyncio.get_running_loop().call_soon(self._round_is_over)
        started = time.perf_counter()
        try:
            return query(here)
        finally:
            self._spent += time.perf_counter() - started

    def _round_is_over(self) -> None:
        self._in_round = False
        self._spent = 0.0

    def _close_here(self) -> None:
        with self._using_home:
            opened, self._at_home = self._at_home, None
            if opened is not None:
                opened.connection.close()

    def _call(self) -> None:
        """Call as many threads as there is work for."""
        with self._lock:
            self._called = False
            more = min(-(-len(self._asked) // _TOGETHER), self._threads - self._busy)
            if self._stopped or more <= 0:
                return  # the busy ones will look again before they rest
            self._busy += more
        for _ in range(more):
            self._pool.submit(self._work)

    def _work(self) -> None:
        """What a thread does: answer questions until there are none."""
        while batch := self._next():
            self._answer(batch)
            _tell(batch)

    def _next(self) -> Sequence[_Question]:
        with self._lock:
            batch = [self._asked.popleft() for _ in range(min(len(self._asked), _TOGETHER))]
            if not batch:
                self._busy -= 1
            return batch

    def _answer(self, batch: Sequence[_Question]) -> None:
        opened: Opened | None = None
        for question in batch:
            if question.future.cancelled():
                continue
            try:
                if opened is None:
                    opened = self._take()
                question.result = question.query(opened.connection)
            except BaseException as error:  # noqa: BLE001  (it belongs to whoever asked)
                if opened is not None:  # nobody knows in what state it is
                    opened.connection.close()
                    opened = None
                question.error = error
                if isinstance(error, sqlite3.Error):
                    question.error = explain(error, self._file.path)
        if opened is not None:
            self._idle.append(opened)

    def _take(self) -> Opened:
        while self._idle:
            try:
                opened = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if self._is_current(opened):
                return opened
        opened = self._file.open(write=False)
        try:
            self._file.require_schema(opened.connection)
        except BaseException:
            opened.connection.close()
            raise
        return opened

    def _is_current(self, opened: Opened) -> bool:
        current = False
        try:
            current = self._file.is_current(opened)
        finally:
            if not current:
                opened.connection.close()
        return current


def _tell(batch: Sequence[_Question]) -> None:
    """Wake each event loop once for all of its questions."""
    for loop in dict.fromkeys(question.loop for question in batch):
        mine = [question for question in batch if question.loop is loop]
        try:
            loop.call_soon_threadsafe(_settle, mine)
        except RuntimeError:  # it is closed: whoever asked has gone
            logger.debug("%d answers of the ledger came after their event loop was closed", len(mine))


def _settle(batch: Sequence[_Question]) -> None:
    for question in batch:
        question.settle()
