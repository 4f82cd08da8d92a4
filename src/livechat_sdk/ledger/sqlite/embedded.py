"""The part of the database that belongs to providers which live in our process."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import Conflict, Expect
from livechat_sdk.ledger.embedding import check_version, refuse_foreign
from livechat_sdk.ledger.sqlite import inbox
from livechat_sdk.provider.embedded import Row, SqlValue, Statement

__all__ = ["Commit", "create_tables", "fetch"]


def create_tables(db: sqlite3.Connection, name: str, version: int, ddl: Sequence[str]) -> None:
    """Bring the tables of schema ``name`` to ``version``; nothing happens when they are there."""
    row = db.execute("SELECT version FROM embedded_schemas WHERE name = ?", (name,)).fetchone()
    if check_version(name, row[0] if row else None, version):
        return
    for statement in ddl:
        refuse_foreign(statement)
        db.execute(statement)
    db.execute(
        """
        INSERT INTO embedded_schemas (name, version) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET version = excluded.version
        """,
        (name, version),
    )


@dataclass(frozen=True, slots=True)
class Commit:
    """Statements of a provider and the events that go with them, as a job for the writer."""

    workspace: str
    statements: tuple[Statement, ...]
    events: tuple[ProviderEvent, ...]

    def __call__(self, db: sqlite3.Connection) -> None:
        """Run in the writer's transaction."""
        for index, statement in enumerate(self.statements):
            refuse_foreign(statement.sql)
            try:
                changed = db.execute(statement.sql, statement.params).rowcount
            except sqlite3.IntegrityError as error:
                raise Conflict(f"statement {index} broke a constraint: {error}") from None
            if statement.expect is not None and changed != statement.expect:
                raise Expect(index, statement.expect, changed)
        for event in self.events:
            inbox.take_in(db, self.workspace, event)


def fetch(db: sqlite3.Connection, sql: str, params: Mapping[str, SqlValue]) -> list[Row]:
    """Rows by column name."""
    refuse_foreign(sql)
    found = db.execute(sql, params)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found]
