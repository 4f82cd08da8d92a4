"""A dispatcher over a real SQLite ledger, with a toy vendor, a virtual clock and a recording channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.dispatcher.bench import Bench, Workbench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    """Starts dispatchers on one database; all are stopped at the end."""
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> Bench:
            return await stack.enter_async_context(Bench(tmp_path / "ledger.db", **options))

        yield Workbench(start, tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the ledger is."""
    return tmp_path / "ledger.db"


Factory = Callable[..., Bench]
