"""The ledger's own store, on SQLite or PostgreSQL, as the desk's database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.ledger.opening import open_store
from livechat_sdk.provider.embedded import Row, SqlValue, Statement

__all__ = ["StoredDatabase", "open_stored"]


class StoredDatabase:
    """What a provider is given by the dispatcher, and a look at the events that were committed."""

    def __init__(self, url: str, workspace: str = "default") -> None:
        self.store = open_store(url, workspace=workspace, key=None)

    async def create_tables(self, name: str, version: int, ddl: Sequence[str]) -> None:
        await self.store.create_tables(name, version, ddl)

    async def commit(self, statements: Sequence[Statement], events: Sequence[ProviderEvent] = ()) -> None:
        await self.store.commit(statements, events)

    async def fetch(self, sql: str, params: Mapping[str, SqlValue] | None = None) -> Sequence[Row]:
        return await self.store.fetch(sql, params)

    async def committed_events(self) -> Sequence[ProviderEvent]:
        return [kept.event for kept in await self.store.inbox(limit=10_000)]


@asynccontextmanager
async def open_stored(place: Path | str) -> AsyncIterator[StoredDatabase]:
    """Open for the block: in a folder, or at an address."""
    database = StoredDatabase(place if isinstance(place, str) else f"sqlite:///{place / 'ledger.db'}")
    await database.store.open()
    try:
        yield database
    finally:
        await database.store.close()
