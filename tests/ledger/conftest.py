"""The same suite runs on every store: a backend opens stores on one database, again and again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livechat_sdk.ledger.secrets import StoreKeys
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.ledger.store import Store
from livechat_sdk_testing.postgres import PostgresServer
from tests.ledger.builders import NOW

STORE_KEY = StoreKeys.from_texts(["the key of the tests' PostgreSQL ledgers"])


class Backend(ABC):
    """Opens stores on one database and closes what a test leaves open."""

    def __init__(self) -> None:
        self._opened: list[Store] = []

    @abstractmethod
    def build(self, workspace: str) -> Store:
        """A store on the database, not yet opened."""

    async def open(self, workspace: str = "default") -> Store:
        """Another store on the same database."""
        store = self.build(workspace)
        await store.open()
        self._opened.append(store)
        return store

    async def reopen(self, store: Store, workspace: str = "default") -> Store:
        """Close a store and open the next one, as a restart does."""
        await store.close()
        return await self.open(workspace)

    async def close(self) -> None:
        """Close every store."""
        for store in self._opened:
            await store.close()


class SqliteBackend(Backend):
    """One SQLite file."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "ledger.db"

    def build(self, workspace: str) -> Store:
        return SqliteStore(self.path, workspace=workspace, now=lambda: NOW)


class PostgresBackend(Backend):
    """One PostgreSQL database."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def build(self, workspace: str) -> Store:
        from livechat_sdk.ledger.postgres import PostgresStore

        return PostgresStore(self.url, workspace=workspace, key=STORE_KEY, now=lambda: NOW)


@pytest.fixture
async def postgres_url(postgres_server: PostgresServer) -> str:
    """A database with the ledger's tables, and nothing in them."""
    return await postgres_server.new_database()


@pytest.fixture(params=["sqlite", "postgres"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    made: Backend
    if request.param == "sqlite":
        made = SqliteBackend(tmp_path)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        made = PostgresBackend(await server.new_database())
    yield made
    await made.close()


@pytest.fixture
async def store(backend: Backend) -> Store:
    return await backend.open()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A store for what only SQLite does."""
    opened = SqliteStore(tmp_path / "ledger.db", busy_timeout=0.05, now=lambda: NOW)
    await opened.open()
    yield opened
    await opened.close()
