"""A gateway on a real dispatcher, with the toy vendor and a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.world import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Everything there, nothing requested yet."""
    async with a_world(tmp_path) as made:
        yield made
