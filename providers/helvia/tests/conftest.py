"""Fixtures of the desk's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk.http import override_transport
from livechat_sdk_testing.postgres import PostgresServer
from providers.helvia.tests.browsing import client, mounted
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.outside import OtherSystem
from providers.helvia.tests.stored_database import StoredDatabase, open_stored
from providers.helvia.tests.world import Clock, World, make_world


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory() -> Iterator[MemoryDatabase]:
    """Quick, for tests that are not about the database."""
    with closing(MemoryDatabase()) as database:
        yield database


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[StoredDatabase]:
    """The real thing."""
    async with open_stored(tmp_path) as database:
        yield database


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def world(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> AsyncIterator[World]:
    """A started desk with its people, over the quick database and over the ledger's, wherever it lives."""
    if request.param == "memory":
        with closing(MemoryDatabase()) as quick:
            yield await make_world(clock, quick)
        return
    place: Path | str = tmp_path
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        place = await server.new_database()
    async with open_stored(place) as database:
        yield await make_world(clock, database)


@pytest.fixture
async def quick_world(memory: MemoryDatabase, clock: Clock) -> World:
    """A started desk with its people, over the quick database only."""
    return await make_world(clock, memory)


@pytest.fixture
def app(quick_world: World) -> ASGIApp:
    """The desk's pages and API, mounted at ``/desk``."""
    return mounted(quick_world.provider.pages())


@pytest.fixture
async def browser(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A browser, or a program, that keeps its cookies."""
    async with client(app) as made:
        yield made


@pytest.fixture
def other() -> Iterator[OtherSystem]:
    """The system that the desk calls: a service, or what automations ask."""
    system = OtherSystem()
    with override_transport(system.transport):
        yield system
