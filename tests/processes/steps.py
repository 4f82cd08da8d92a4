"""Counts the moments at which the disk or the world outside changes, and dies at the one that it was told.

A step is a place between two such changes: right before and right after each commit, each call of a vendor,
each delivery, each answer to a caller, each new file. Steps are written to a log as they are reached, so that
a run without a kill says which there are, and a killed one where it died.
"""

from __future__ import annotations

import functools
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE"})


class Steps:
    """The steps of one process."""

    def __init__(self, log: Path, kill_at: int | None) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._kill_at = kill_at
        self._count = 0
        self._lock = threading.Lock()

    def reached(self, kind: str) -> None:
        """One more step. Does not return when it is the one to die at."""
        with self._lock:
            self._count += 1
            os.write(self._log, f"{kind}\n".encode())
            if self._count == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch_sqlite(self) -> None:
        """Count before and after each commit of every SQLite connection that is opened from now on."""
        steps = self

        class Watched(sqlite3.Connection):
            def execute(self, sql: str, *params: Any) -> sqlite3.Cursor:
                word = sql.split(maxsplit=1)[0].upper()
                commits = word in {"COMMIT", "END"} or (not self.in_transaction and word in _WRITES)
                if not commits:
                    return super().execute(sql, *params)
                steps.reached("commit, before")
                cursor = super().execute(sql, *params)
                steps.reached("commit, after")
                return cursor

        _replace(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Watched))

    def watch_postgres(self) -> None:
        """Count before and after each commit that wrote something, of every new PostgreSQL connection."""
        import asyncpg

        execute, fetch = asyncpg.Connection.execute, asyncpg.Connection.fetch
        wrote: dict[int, bool] = {}

        async def watched_execute(connection: Any, query: str, *args: Any, **options: Any) -> str:
            word = query.split(maxsplit=1)[0].upper().rstrip(";")
            commits = word in {"COMMIT", "END"} and wrote.get(id(connection), False)
            if commits:
                self.reached("commit, before")
            status = await execute(connection, query, *args, **options)
            if commits:
                self.reached("commit, after")
            if word in {"BEGIN", "COMMIT", "END", "ROLLBACK"}:
                wrote[id(connection)] = False
            elif word in _WRITES and not status.endswith(" 0"):
                wrote[id(connection)] = True
            return status

        async def watched_fetch(connection: Any, query: str, *args: Any, **options: Any) -> Sequence[Any]:
            found = await fetch(connection, query, *args, **options)
            if found and query.split(maxsplit=1)[0].upper() in _WRITES:
                wrote[id(connection)] = True
            return found

        _replace(asyncpg.Connection, "execute", watched_execute)
        _replace(asyncpg.Connection, "fetch", watched_fetch)

    def watch_files(self) -> None:
        """Count before and after a finished file is put into its place."""
        for name in ("link", "replace"):
            _replace(os, name, self._around("file", getattr(os, name)))

    def _around(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.reached(f"{kind}, before")
            result = function(*args, **kwargs)
            self.reached(f"{kind}, after")
            return result

        return watched


def _replace(where: object, name: str, function: Callable[..., Any]) -> None:
    setattr(where, name, function)


def steps_in(log: Path) -> list[str]:
    """The steps that were reached, in order. The last one is where the process died, if it was killed."""
    return log.read_text().splitlines() if log.exists() else []
