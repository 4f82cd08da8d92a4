"""The part of the database that belongs to providers which live in our process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import asyncpg

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import Conflict, Expect, StoreError
from livechat_sdk.ledger.embedding import check_version, refuse_foreign
from livechat_sdk.ledger.postgres.inbox import take_in
from livechat_sdk.ledger.postgres.schema import SCHEMA_LOCK
from livechat_sdk.ledger.postgres.sql import translate, translate_ddl, values_for
from livechat_sdk.provider.embedded import Row, SqlValue, Statement

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["commit", "create_tables", "fetch"]

_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_VERSION = "SELECT version FROM embedded_schemas WHERE name = $1"
_SET_VERSION = """
    INSERT INTO embedded_schemas (name, version) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET version = excluded.version
"""


async def create_tables(db: Connection, name: str, version: int, ddl: Sequence[str]) -> None:
    """Bring the tables of schema ``name`` to ``version``; nothing happens when they are there."""
    if check_version(name, await db.fetchval(_VERSION, name), version):
        return
    await db.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
    if check_version(name, await db.fetchval(_VERSION, name), version):  # another process was quicker
        return
    for statement in ddl:
        refuse_foreign(statement)
        await db.execute(translate_ddl(statement))
    await db.execute(_SET_VERSION, name, version)


async def commit(
    db: Connection, workspace: str, statements: Sequence[Statement], events: Sequence[ProviderEvent]
) -> None:
    """Run the statements of a provider and take in the events that go with them.

    One at a time in a workspace, whatever the number of processes: a provider's SQL may say ``MAX(seq) + 1``.
    """
    if statements:
        await db.execute(_ALONE, f"livechat embedded {workspace}")
    for index, statement in enumerate(statements):
        refuse_foreign(statement.sql)
        sql, values = _prepared(statement.sql, statement.params)
        try:
            changed = _rows_of(await db.execute(sql, *values))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Conflict(f"statement {index} broke a constraint: {error.args[0]}") from None
        if statement.expect is not None and changed != statement.expect:
            raise Expect(index, statement.expect, changed)
    for event in events:
        await take_in(db, workspace, event)


async def fetch(db: Connection, sql: str, params: Mapping[str, SqlValue]) -> list[Row]:
    """Rows by column name."""
    refuse_foreign(sql)
    text, values = _prepared(sql, params)
    return [dict(row.items()) for row in await db.fetch(text, *values)]


def _prepared(sql: str, params: Mapping[str, SqlValue]) -> tuple[str, list[SqlValue]]:
    text, names = translate(sql)
    try:
        return text, values_for(names, params)
    except KeyError as missing:
        raise StoreError(f"a statement has no value for its parameter {missing}") from None


def _rows_of(status: str) -> int:
    """How many rows a statement changed, from the server's ``UPDATE 3``."""
    words = status.split()
    return int(words[-1]) if words and words[-1].isdecimal() else 0
