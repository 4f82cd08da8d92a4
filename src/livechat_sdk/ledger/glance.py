"""A glance at the newest handoffs, for completion in a shell: quick, bounded, and never an error.

It loads no models, waits for nobody, and answers with nothing where it cannot see anything in time.
"""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from typing import Final
from urllib.parse import quote

from livechat_sdk.errors import LivechatError

__all__ = ["newest_handoffs"]

_ID: Final = re.compile(r"[\w.:-]{0,200}")
_STEPS: Final = 10_000
"""Instructions of SQLite between two looks at the clock."""


async def newest_handoffs(
    url: str, workspace: str, beginning: str = "", *, limit: int = 50, seconds: float = 0.15
) -> list[tuple[str, str]]:
    """Id and state of the newest handoffs whose id has this ``beginning``, the newest first."""
    from livechat_sdk.ledger.addresses import is_postgres

    if not _ID.fullmatch(beginning):
        return []
    if is_postgres(url):
        return await _from_postgres(url, (workspace, f"{_escaped(beginning)}%", limit), seconds)
    return _from_sqlite(url, (workspace, f"{_escaped(beginning)}%", limit), seconds)


_SQL: Final = """
SELECT id, state FROM handoffs WHERE workspace = {0} AND id LIKE {1} ESCAPE '!'
ORDER BY created_at DESC, id DESC LIMIT {2}
"""


def _escaped(text: str) -> str:
    return text.replace("_", "!_")


def _from_sqlite(url: str, values: tuple[str, str, int], seconds: float) -> list[tuple[str, str]]:
    from livechat_sdk.ledger.addresses import sqlite_path

    try:
        # Reading only, and never making the file.
        address = f"file:{quote(str(sqlite_path(url).absolute()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=seconds)) as db:
            deadline = time.monotonic() + seconds
            db.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS)
            return [(str(one), str(state)) for one, state in db.execute(_SQL.format("?", "?", "?"), values)]
    except (sqlite3.Error, LivechatError):
        return []


async def _from_postgres(url: str, values: tuple[str, str, int], seconds: float) -> list[tuple[str, str]]:
    import asyncio

    try:
        import asyncpg
    except ModuleNotFoundError:
        return []
    try:
        async with asyncio.timeout(seconds):
            connection = await asyncpg.connect(url, timeout=seconds)
            try:
                rows = await connection.fetch(_SQL.format("$1", "$2", "$3"), *values)
            finally:
                connection.terminate()
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError):  # TimeoutError is an OSError
        return []
    return [(str(one[0]), str(one[1])) for one in rows]
