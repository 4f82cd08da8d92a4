"""Connections to PostgreSQL: how they are set up, and a small pool that mends itself."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import asyncpg
from asyncpg import Connection

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.addresses import PostgresAddress
from livechat_sdk.ledger.postgres.errors import DRIVER, explain, is_lost, is_race

__all__ = ["Connection", "Pool", "connect"]


T = TypeVar("T")

_CONNECT_LIMIT = 10.0
_ANSWER_LIMIT = 30.0
"""Seconds: a database that does not answer must not hold callers for ever."""
_TRIES = 4
_SETTINGS = {
    "application_name": "livechat",
    "default_transaction_isolation": "read committed",
    "jit": "off",
    # Whoever stops in the middle of a transaction (a frozen process) must not hold others up for long.
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "10s",
    "synchronous_commit": "on",
}


async def connect(address: PostgresAddress, *, patient: bool = False, **settings: str) -> Connection:
    """A new connection; ``patient`` if an answer may take its time. Raises ``StoreError``."""
    try:
        connection = await asyncpg.connect(
            address.url,
            timeout=_CONNECT_LIMIT,
            command_timeout=None if patient else _ANSWER_LIMIT,
            server_settings={**_SETTINGS, **settings},
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        if isinstance(error, ValueError):  # the driver does not like something in the address
            raise StoreError(f"the address of the ledger at {address.label} cannot be used") from None
        raise explain(error, address.label) from None
    return connection


class Pool:
    """At most ``size`` connections, opened as they are needed. One that was lost is replaced."""

    def __init__(self, address: PostgresAddress, size: int, **settings: str) -> None:
        self._address = address
        self._settings = settings
        self._slots = asyncio.Semaphore(size)
        self._idle: deque[Connection] = deque()
        self._closed = False

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do something that may be done twice: on another connection when the first one is lost.

        Raises ``StoreError`` for the database's errors.
        """
        try:
            try:
                async with self._lend() as connection:
                    return await work(connection)
            except Exception as error:
                if not is_lost(error):
                    raise
                self._forget_idle()
            async with self._lend() as connection:
                return await work(connection)
        except Exception as error:
            explained = explain(error, self._address.label)
            if explained is error:
                raise
            raise explained from None

    async def transact(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do something in a transaction; again when others were in the way or the connection was lost.

        Raises ``StoreError`` for the database's errors. When the connection is lost during COMMIT, it may
        have been written all the same, and is not done again.
        """
        tries = 0
        while True:
            tries += 1
            committing = False
            try:
                async with self._lend() as connection:
                    await connection.execute("BEGIN")
                    result = await work(connection)
                    committing = True
                    await connection.execute("COMMIT")
                    return result
            except Exception as error:
                again = is_race(error) or (is_lost(error) and not committing)
                if again and tries < _TRIES:
                    if is_lost(error):
                        self._forget_idle()
                    continue
                explained = explain(error, self._address.label)
                if explained is error:
                    raise
                raise explained from None

    async def close(self) -> None:
        """Close what is idle; what is lent is closed when it comes back."""
        self._closed = True
        while self._idle:
            await _close(self._idle.pop())

    @asynccontextmanager
    async def _lend(self) -> AsyncGenerator[Connection]:
        async with self._slots:
            if self._closed:
                raise StoreError(f"the ledger at {self._address.label} is closed")
            connection = await self._take()
            try:
                yield connection
            except asyncpg.PostgresError:
                await self._give_back(connection)
                raise
            except BaseException:
                # Interrupted in the middle of something: nobody knows in what state it is.
                if connection.is_closed() or connection.is_in_transaction():
                    connection.terminate()
                else:
                    await self._give_back(connection)
                raise
            await self._give_back(connection)

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await connect(self._address, patient=False, **self._settings)

    async def _give_back(self, connection: Connection) -> None:
        if connection.is_closed():
            return
        try:
            if connection.is_in_transaction():
                await connection.execute("ROLLBACK")
        except (asyncpg.PostgresError, *DRIVER):
            connection.terminate()
            return
        if self._closed:
            await _close(connection)
        else:
            self._idle.append(connection)

    def _forget_idle(self) -> None:
        """One was lost: the others may be as well."""
        while self._idle:
            self._idle.pop().terminate()


async def _close(connection: Connection) -> None:
    try:
        await connection.close(timeout=1.0)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        connection.terminate()
