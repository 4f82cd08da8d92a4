"""The one writer: everything that waits goes into one transaction, each job in its own savepoint.

A commit costs one fsync however many callers share it, so that throughput grows with load. A job that fails
is undone alone. Callers resume after the commit, never before.

What waits for the disk or for other programs is done by a thread. Jobs that are *brief* run their statements
on the event loop of their callers, and leave only the commit to the thread: a thread that runs a few short
statements spends most of its time on getting the interpreter back from the loop, after each of them.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.sqlite.connection import Opened, SqliteFile, explain

__all__ = ["GROUP_LIMIT", "Job", "Writer"]

GROUP_LIMIT = 500
"""At most this many jobs share a transaction, so that nobody waits for ever for a commit."""

_LOOP_LIMIT: Final = 0.005
"""Seconds for which brief jobs hold an event loop; the rest of them has the next transaction."""

T = TypeVar("T")

Job = Callable[[sqlite3.Connection], T]
"""Writes through the connection, in a transaction that is not its own, and may be undone by raising."""

_Loop = asyncio.AbstractEventLoop


@dataclass(eq=False, slots=True)
class _Waiting:
    job: Job[Any]
    loop: _Loop
    brief: bool
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
        # Who has the connection. All of these change under the lock.
        self._busy = False
        self._asked: _Loop | None = None
        """The loop that was asked to begin, and has not begun. It may be slow, or gone."""
        self._called = False
        """Whether the thread was called."""
        self._begun: list[_Waiting] = []
        """What only lacks its commit."""
        self._broken = False
        """Whether somebody was interrupted in the middle of a transaction."""
        self._thread = threading.Thread(target=self._run, name="livechat-ledger-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def run(self, job: Job[T], *, brief: bool = False) -> T:
        """Run a job and return its result after the commit. Raises what the job raised, or ``StoreError``.

        A ``brief`` one has a few statements that find their rows by keys: it may hold the event loop.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._changed:
            if self._stopping:
                raise StoreError(f"the ledger {self._file.path} is closed")
            self._waiting.append(_Waiting(job, loop, brief, future))
            if not self._busy and self._choose() is not None:
                loop.call_soon(self._begin, loop)
            elif self._asked not in {None, loop}:  # nobody waits for a loop that is not one's own
                self._call_thread()
        return await future

    def stop(self) -> None:
        """Write what waits, end the thread, close the connection. Blocks until that is done."""
        with self._changed:
            self._stopping = True
            if self._asked is not None:
                self._call_thread()
            self._changed.notify()
        self._thread.join()

    # --------------------------------------------------------------- whose turn it is; under the lock
    def _choose(self) -> _Loop | None:
        """Who writes now: a loop that is returned must be told to begin, the thread is called."""
        self._busy = bool(self._waiting)
        if not self._busy:
            return None
        first = self._waiting[0]
        alone = all(waiting.loop is first.loop for waiting in self._waiting)
        if first.brief and alone and self._opened is not None and not self._stopping:
            self._asked = first.loop
            return first.loop
        self._call_thread()
        return None

    def _call_thread(self) -> None:
        self._asked, self._called = None, True
        self._changed.notify()

    def _put_back(self, group: Sequence[_Waiting]) -> None:
        for waiting in group:  # an interrupted transaction was undone, and what came of its jobs
            waiting.result = waiting.error = None
        self._waiting.extendleft(reversed(group))

    # ------------------------------------------------------------------------------------------- on the loop
    def _begin(self, loop: _Loop) -> None:
        """Run the statements of brief jobs, and leave the commit to the thread."""
        with self._changed:
            if self._asked is not loop:
                return
            self._asked = None
            group: list[_Waiting] = []
            while self._waiting and self._waiting[0].brief and self._waiting[0].loop is loop:
                group.append(self._waiting.popleft())
        failed: list[_Waiting] = []
        done: list[_Waiting] = []
        try:
            failed, done = self._statements(group)
        except sqlite3.Error:
            self._broken = True
        except BaseException:
            self._broken = True
            raise
        finally:
            with self._changed:
                self._put_back(group[len(failed) + len(done) :])
                self._begun = done
                self._call_thread()
        _settle(failed)

    def _statements(self, group: Sequence[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
        """What of the group has failed for good, and what lacks its commit. The rest has not been tried.

        Nothing has, when the thread must do it, which can wait for a lock, connect anew, and say what is
        wrong. Raises ``sqlite3.Error`` in the middle of a transaction that must be undone.
        """
        opened, until = self._opened, time.perf_counter() + _LOOP_LIMIT
        try:
            if opened is None or not self._file.is_current(opened):
                return [], []
            opened.connection.execute("BEGIN IMMEDIATE")
        except (sqlite3.Error, StoreError):
            return [], []
        done: list[_Waiting] = []
        for waiting in group:
            self._attempt(opened.connection, waiting)
            done.append(waiting)
            if not opened.connection.in_transaction:
                _fail(done, StoreError(str(waiting.error)))
                return done, []
            if time.perf_counter() > until:
                break
        return [], done

    # ----------------------------------------------------------------------------------------- in the thread
    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            begun, self._begun = self._begun, []
            try:
                if begun:
                    self._connect().execute("COMMIT")
                else:
                    self._write(group)
            except Exception as error:  # noqa: BLE001  # the thread must outlive whatever happens
                self._disconnect()
                _fail(group, self._explained(error))
            self._resume(group)
        self._disconnect()

    def _next_group(self) -> list[_Waiting] | None:
        """What is to be written, or only committed; ``None`` when there will never be more."""
        with self._changed:
            while not self._called and (self._busy or not self._stopping):
                self._changed.wait()
            if not self._called:
                return None
            self._called = False
            if self._broken:
                self._disconnect()
                self._broken = False
            if self._begun:
                return self._begun
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_LIMIT))]

    def _write(self, group: list[_Waiting]) -> None:
        connection = self._connect()
        self._file.set_patience(connection)
        try:
            connection.execute("BEGIN IMMEDIATE")
        finally:
            self._file.set_patience(connection, 0)
        for index, waiting in enumerate(group):
            self._attempt(connection, waiting)
            if not connection.in_transaction:  # SQLite gave up the whole transaction (disk full, for one)
                _fail(group[: index + 1], StoreError(str(waiting.error)))
                if rest := group[index + 1 :]:
                    self._write(rest)
                return
        connection.execute("COMMIT")

    def _resume(self, group: Sequence[_Waiting]) -> None:
        """Wake the callers, with one call for each event loop, and see to what came meanwhile."""
        by_loop: dict[_Loop, list[_Waiting]] = {}
        for waiting in group:
            by_loop.setdefault(waiting.loop, []).append(waiting)
        with self._changed:
            asked = self._choose()
        if asked is not None:
            by_loop.setdefault(asked, [])
        for loop, theirs in by_loop.items():
            try:
                loop.call_soon_threadsafe(self._wake, theirs, loop)
            except RuntimeError:  # that loop is closed: nobody waits there any more
                with self._changed:
                    if self._asked is loop:
                        self._call_thread()

    def _wake(self, group: Sequence[_Waiting], loop: _Loop) -> None:
        _settle(group)
        if self._asked is loop:  # those that were woken write first, and share the transaction
            loop.call_soon(self._begin, loop)

    # ---------------------------------------------------------------------------------- the connection
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
            opened = self._file.open(write=True)
            self._file.require_schema(opened.connection)
            self._file.set_patience(opened.connection, 0)  # the event loop must not wait for a lock
            self._opened = opened
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


def _settle(group: Sequence[_Waiting]) -> None:
    for waiting in group:
        if waiting.future.done():  # the caller was cancelled meanwhile; the write stands
            continue
        if waiting.error is None:
            waiting.future.set_result(waiting.result)
        else:
            waiting.future.set_exception(waiting.error)
