"""A gateway on a real dispatcher, with the toy vendor and a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from livechat_sdk_testing.postgres import PostgresServer, running_server, why_not
from tests.gateway.world import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Everything there, nothing requested yet."""
    async with a_world(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own."""
    if reason := why_not():
        pytest.skip(reason)
    with running_server() as server:
        yield server
