"""A few threads that read, each on its own connection. They see everything that was committed before."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from livechat_sdk.ledger.sqlite.connection import Opened, SqliteFile, explain

__all__ = ["Readers"]

T = TypeVar("T")


class Readers:
    """A small pool of read-only connections."""

    def __init__(self, file: SqliteFile, *, threads: int = 4) -> None:
        self._file = file
        self._idle: deque[Opened] = deque()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="livechat-ledger-reader")

    async def run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query and return its result. Raises what it raised, or ``StoreError``."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._query, query)

    def check(self) -> None:
        """Open one connection, to see that it can be done. Blocks. Raises ``StoreError``."""
        self._idle.append(self._take())

    def stop(self) -> None:
        """Let the running queries end, then close every connection. Blocks until that is done."""
        self._pool.shutdown()
        while self._idle:
            self._idle.pop().connection.close()

    def _query(self, query: Callable[[sqlite3.Connection], T]) -> T:
        opened = self._take()
        try:
            result = query(opened.connection)
        except sqlite3.Error as error:
            opened.connection.close()
            raise explain(error, self._file.path) from None
        except BaseException:
            opened.connection.close()
            raise
        self._idle.append(opened)
        return result

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
