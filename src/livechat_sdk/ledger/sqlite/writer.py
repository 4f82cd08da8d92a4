"""One thread that writes: everything that waits goes into one transaction, each job in its own savepoint.

A commit costs one fsync however many callers share it, so that throughput grows with load. A job that fails
is undone alone. Callers resume after the commit, never before.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.sqlite.connection import Opened, SqliteFile, explain

__all__ = ["GROUP_LIMIT", "Job", "Writer"]

GROUP_LIMIT = 500
"""At most this many jobs share a transaction, so that nobody waits for ever for a commit."""

T = TypeVar("T")

Job = Callable[[sqlite3.Connection], T]
"""Writes through the connection, in a transaction that is not its own, and may be undone by raising."""


@dataclass(eq=False, slots=True)
class _Waiting:
    job: Job[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class Writer:
    """The one writer of a database. It connects again by itself when the connection was lost."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._opened: Opened | None = None
        self._thread = threading.Thread(target=self._run, name="livechat-ledger-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def run(self, job: Job[T]) -> T:
        """Run a job and return its result after the commit. Raises what the job raised, or ``StoreError``."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._changed:
            if self._stopping:
                raise StoreError(f"the ledger {self._file.path} is closed")
            self._waiting.append(_Waiting(job, loop, future))
            self._changed.notify()
        return await future

    def stop(self) -> None:
        """Write what waits, end the thread, close the connection. Blocks until that is done."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            try:
                self._write(group)
            except Exception as error:  # noqa: BLE001  # the thread must outlive whatever happens
                self._disconnect()
                _fail(group, self._explained(error))
            _resume(group)
        self._disconnect()

    def _next_group(self) -> list[_Waiting]:
        with self._changed:
            while not self._waiting and not self._stopping:
                self._changed.wait()
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_LIMIT))]

    def _write(self, group: list[_Waiting]) -> None:
        connection = self._connect()
        connection.execute("BEGIN IMMEDIATE")
        for index, waiting in enumerate(group):
            self._attempt(connection, waiting)
            if not connection.in_transaction:  # SQLite gave up the whole transaction (disk full, for one)
                _fail(group[: index + 1], StoreError(str(waiting.error)))
                if rest := group[index + 1 :]:
                    self._write(rest)
                return
        connection.execute("COMMIT")

    def _attempt(self, connection: sqlite3.Connection, waiting: _Waiting) -> None:
        connection.execute("SAVEPOINT job")
        try:
            waiting.result = waiting.job(connection)
        except Exception as error:  # noqa: BLE001  # whatever a job raises belongs to its caller
            waiting.error = self._explained(error)
            if connection.in_transaction:
                connection.execute("ROLLBACK TO job")
        if connection.in_transaction:
            connection.execute("RELEASE job")

    def _connect(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = self._file.open(write=True)
            self._file.require_schema(self._opened.connection)
        elif not self._file.is_current(self._opened):
            raise StoreError(f"the ledger {self._file.path} was replaced by another file while it was in use")
        return self._opened.connection

    def _disconnect(self) -> None:
        """Close the connection; what was not committed is undone by that."""
        if self._opened is not None:
            self._opened.connection.close()
            self._opened = None

    def _explained(self, error: Exception) -> Exception:
        return explain(error, self._file.path) if isinstance(error, sqlite3.Error) else error


def _fail(group: Sequence[_Waiting], error: Exception) -> None:
    """Nothing of these jobs was written: those that had succeeded fail too."""
    for waiting in group:
        if waiting.error is None:
            waiting.error = error


def _resume(group: Sequence[_Waiting]) -> None:
    """Wake the callers, with one call for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
    for waiting in group:
        by_loop.setdefault(waiting.loop, []).append(waiting)
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # that loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(group: Sequence[_Waiting]) -> None:
    for waiting in group:
        if waiting.future.done():  # the caller was cancelled meanwhile; the write stands
            continue
        if waiting.error is None:
            waiting.future.set_result(waiting.result)
        else:
            waiting.future.set_exception(waiting.error)
