"""What the tests of workers need: quick processes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.processes.nursery import Nursery


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    """Starts workers; all that are left at the end of the test are killed."""
    async with Nursery() as ready:
        yield ready
