"""Worlds in folders of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.owning.world import MARIA, NIKOS, Person, World

Start = Callable[..., Awaitable[World]]
"""Starts a world on the one database of the test; with what a test wants to set."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the database: nothing else is in it."""
    made = tmp_path / "ledger"
    made.mkdir()
    return made


@pytest.fixture
async def start(folder: Path) -> AsyncIterator[Start]:
    """Starts worlds; all are stopped at the end."""
    async with AsyncExitStack() as stack:

        async def started(**options: Any) -> World:
            return await stack.enter_async_context(World(folder, **options))

        yield started


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
