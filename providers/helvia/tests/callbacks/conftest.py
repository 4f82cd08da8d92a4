"""Fixtures of the tests of what services are told: the desk here has an address to tell them at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livechat_sdk_testing.postgres import PostgresServer
from providers.helvia.tests.callback_world import telling_world
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.stored_database import open_stored
from providers.helvia.tests.world import Clock, World


@pytest.fixture
async def world(memory: MemoryDatabase, clock: Clock) -> World:
    """A started desk that tells its services, over the quick database only."""
    return await telling_world(clock, memory)


@pytest.fixture(params=["sqlite", "postgres"])
async def stored_world(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> AsyncIterator[World]:
    """The same over the ledger's own database."""
    place: Path | str = tmp_path
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        place = await server.new_database()
    async with open_stored(place) as database:
        yield await telling_world(clock, database)
