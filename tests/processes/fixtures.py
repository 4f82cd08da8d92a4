"""Fixtures of the tests that start processes; their ``conftest.py`` imports them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from livechat_sdk_testing.postgres import PostgresServer, running_server, why_not
from tests.processes.ledgers import Ledgers, on_postgres, on_sqlite
from tests.processes.nursery import Nursery

__all__ = ["ledgers", "nursery", "postgres_server", "postgres_url"]


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    """Starts workers; all that are left at the end of the test are killed."""
    async with Nursery() as ready:
        yield ready


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own."""
    if reason := why_not():
        pytest.skip(reason)
    with running_server() as server:
        yield server


@pytest.fixture
async def postgres_url(postgres_server: PostgresServer) -> str:
    """A database with the ledger's tables, and nothing in them."""
    return await postgres_server.new_database()


@pytest.fixture(params=["sqlite", "postgres"])
def ledgers(request: pytest.FixtureRequest) -> Ledgers:
    """New ledgers, of each kind in turn."""
    if request.param == "sqlite":
        return on_sqlite()
    return on_postgres(request.getfixturevalue("postgres_server"))
