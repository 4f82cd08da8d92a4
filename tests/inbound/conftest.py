"""Worlds on one database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk_testing.hostile import Traits
from tests.inbound.world import World, Worlds


@pytest.fixture
async def worlds(tmp_path: Path) -> AsyncIterator[Worlds]:
    """Starts dispatchers on one database; all are stopped at the end."""
    database = tmp_path / "ledger.db"
    async with AsyncExitStack() as stack:

        async def start(*traits: Traits, **options: Any) -> World:
            return await stack.enter_async_context(World(database, *traits, **options))

        yield Worlds(start, database)
