"""Worlds in folders of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk_testing.postgres import PostgresServer, running_server, why_not
from tests.owning.world import MARIA, NIKOS, Person, World

Start = Callable[..., Awaitable[World]]
"""Starts a world on the one database of the test; with what a test wants to set."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the SQLite file: nothing else is in it."""
    made = tmp_path / "ledger"
    made.mkdir()
    return made


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server of our own."""
    if reason := why_not():
        pytest.skip(reason)
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty ledger."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('folder')}/ledger.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return await server.new_database()


@pytest.fixture
async def start(url: str) -> AsyncIterator[Start]:
    """Starts worlds on one database; all are stopped at the end."""
    async with AsyncExitStack() as stack:

        async def started(**options: Any) -> World:
            return await stack.enter_async_context(World(url, **options))

        yield started


@pytest.fixture
async def sqlite_world(folder: Path) -> AsyncIterator[World]:
    """A world on an SQLite file, for what only files show."""
    async with World(f"sqlite:///{folder}/ledger.db") as made:
        yield made


@pytest.fixture
async def world(start: Start) -> World:
    """A world that runs."""
    return await start()


@pytest.fixture
def maria() -> Person:
    """Somebody."""
    return Person(MARIA)


@pytest.fixture
def nikos() -> Person:
    """Somebody else."""
    return Person(NIKOS)
