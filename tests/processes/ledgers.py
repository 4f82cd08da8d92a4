"""The ledgers that workers are played on: an SQLite file, or a PostgreSQL database that several share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livechat_sdk.ledger.opening import open_store
from livechat_sdk.ledger.secrets import StoreKeys
from livechat_sdk.ledger.store import Store
from livechat_sdk_testing.postgres import PostgresServer
from tests.processes.world import PATIENCE

SHORT_LEASE = 1.5
"""Seconds: as short as a busy machine allows."""

_KEY = "the key of the ledgers that workers are played on"


@dataclass(frozen=True)
class Ledger:
    """Where workers find it, and what else they must know. ``lease`` is in seconds; SQLite has none."""

    url: str
    lease: float | None = None

    @property
    def settings(self) -> Mapping[str, Any]:
        """The part of a worker's settings that is about the ledger."""
        if self.lease is None:
            return {"store": self.url}
        return {"store": self.url, "store_key": _KEY, "lease": self.lease}

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Store]:
        """The ledger, open for reading."""
        key = None if self.lease is None else StoreKeys.from_texts([_KEY])
        store = open_store(self.url, key=key, role="reader")
        await store.open()
        try:
            yield store
        finally:
            await store.close()

    async def until_workers(self, count: int) -> None:
        """Wait until so many workers are alive, as far as the database knows."""
        import asyncpg

        connection = await asyncpg.connect(self.url)
        try:
            async with asyncio.timeout(PATIENCE):
                while await connection.fetchval("SELECT COUNT(*) FROM workers") != count:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        finally:
            await connection.close()


@dataclass(frozen=True)
class Ledgers:
    """Makes new ledgers of one kind.

    ``side_by_side`` says how many runs to play at the same time: each spends most of its time waiting.
    """

    kind: str
    new: Callable[[Path], Awaitable[Ledger]]
    side_by_side: int


def on_sqlite() -> Ledgers:
    """A file for each."""

    async def new(folder: Path) -> Ledger:
        return sqlite_in(folder)

    return Ledgers("sqlite", new, side_by_side=3)


def on_postgres(server: PostgresServer) -> Ledgers:
    """A database for each. A restarted worker is another worker: it waits for its old lease to run out."""

    one_by_one = asyncio.Lock()  # the first database is the pattern of the others

    async def new(_: Path) -> Ledger:
        async with one_by_one:
            return Ledger(await server.new_database(), lease=SHORT_LEASE)

    return Ledgers("postgres", new, side_by_side=6)


def sqlite_in(folder: Path) -> Ledger:
    """A new SQLite file."""
    return Ledger(f"sqlite:///{folder / 'ledger.db'}")
