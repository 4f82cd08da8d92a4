"""The same suite runs on every store: a backend opens stores on one database, again and again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.ledger.store import Store
from tests.ledger.builders import NOW


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


BACKENDS = {"sqlite": SqliteBackend}


@pytest.fixture(params=sorted(BACKENDS))
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    made = BACKENDS[request.param](tmp_path)
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
