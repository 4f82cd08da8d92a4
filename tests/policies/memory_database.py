"""An ``EmbeddedDatabase`` in memory, on one connection, for tests of what lives in the store."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.errors import Expect
from livechat_sdk.provider import NoFiles
from livechat_sdk.provider.embedded import Row, SqlValue, Statement

__all__ = ["MemoryDatabase", "MemoryHost"]


class MemoryDatabase:
    """Runs statements as they are; gives the loop a turn before each, as a real store does."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self.commits = 0

    def close(self) -> None:
        self.connection.close()

    async def create_tables(self, name: str, version: int, ddl: Sequence[str]) -> None:
        for statement in ddl:
            self.connection.execute(statement)

    async def commit(self, statements: Sequence[Statement], events: Sequence[ProviderEvent] = ()) -> None:
        await asyncio.sleep(0)
        self.commits += 1
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            for index, one in enumerate(statements):
                changed = self.connection.execute(one.sql, one.params).rowcount
                if one.expect is not None and changed != one.expect:
                    raise Expect(index, one.expect, changed)  # noqa: TRY301 - undone below
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    async def fetch(self, sql: str, params: Mapping[str, SqlValue] | None = None) -> Sequence[Row]:
        await asyncio.sleep(0)
        return [dict(row) for row in self.connection.execute(sql, params or {})]


@dataclass
class MemoryHost:
    """What ``start`` is given."""

    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    files: NoFiles = field(default_factory=NoFiles)

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        return ()
