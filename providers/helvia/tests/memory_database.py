"""A small ``EmbeddedDatabase`` over sqlite3 that keeps the events it took in, for tests of the desk alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import Expect, StoreError
from livechat_sdk.provider.embedded import Row, SqlValue, Statement


class MemoryDatabase:
    """Each commit is one transaction; ``events`` are those that were committed, each id once."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self.events: list[ProviderEvent] = []
        self._seen: set[tuple[str, str]] = set()
        self.out_of_order = False

    async def create_tables(self, name: str, version: int, ddl: Sequence[str]) -> None:
        for statement in ddl:
            self._connection.execute(statement)

    async def commit(self, statements: Sequence[Statement], events: Sequence[ProviderEvent] = ()) -> None:
        if self.out_of_order:
            raise StoreError("the disk is full")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for index, statement in enumerate(statements):
                self._execute(index, statement)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        for event in events:
            if (event.integration, event.id) not in self._seen:
                self._seen.add((event.integration, event.id))
                self.events.append(event)

    def _execute(self, index: int, statement: Statement) -> None:
        changed = self._connection.execute(statement.sql, dict(statement.params)).rowcount
        if statement.expect is not None and changed != statement.expect:
            raise Expect(index, statement.expect, changed)

    async def fetch(self, sql: str, params: Mapping[str, SqlValue] | None = None) -> Sequence[Row]:
        if self.out_of_order:
            raise StoreError("the disk is full")
        return [dict(row) for row in self._connection.execute(sql, dict(params or {}))]

    async def committed_events(self) -> Sequence[ProviderEvent]:
        return list(self.events)

    def run(self, sql: str, *values: SqlValue) -> list[tuple[SqlValue, ...]]:
        """Reach around the desk."""
        return [tuple(row) for row in self._connection.execute(sql, values)]

    def dump(self) -> str:
        """Everything that is stored, as text."""
        return "\n".join(self._connection.iterdump())

    def close(self) -> None:
        self._connection.close()
