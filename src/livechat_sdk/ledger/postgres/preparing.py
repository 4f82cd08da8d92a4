"""Making an empty database ready, and refusing one that this release cannot work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.addresses import PostgresAddress
from livechat_sdk.ledger.compatibility import require_usable
from livechat_sdk.ledger.postgres.schema import POSTGRES_SCHEMA, SCHEMA_LOCK
from livechat_sdk.ledger.schema import STAMP

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["create_or_check", "has_ledger", "read_numbers", "require_schema"]

_NUMBERS = "SELECT name, value FROM meta WHERE name IN ('schema', 'oldest')"


async def create_or_check(db: Connection, address: PostgresAddress) -> None:
    """Make the tables in a database that has none; in a transaction. Raises ``StoreError``."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
    if await has_ledger(db):
        await require_schema(db, address)
        return
    for statement in POSTGRES_SCHEMA:
        await db.execute(statement)
    await db.execute(
        "INSERT INTO meta (name, value) SELECT * FROM unnest($1::text[], $2::text[])",
        list(STAMP),
        list(STAMP.values()),
    )


async def require_schema(db: Connection, address: PostgresAddress) -> None:
    """Raise ``StoreError`` unless the tables are there, in a form that this release knows."""
    if not await has_ledger(db):
        raise StoreError(
            f"there is no ledger in {address.label}; check `store` in the settings, or start the server once"
        )
    schema, oldest = await read_numbers(db, address)
    require_usable(f"at {address.label}", schema, oldest)


async def read_numbers(db: Connection, address: PostgresAddress) -> tuple[int, int | None]:
    """The number of the tables, and that of the oldest usable release. Raises ``StoreError``."""
    found = {row[0]: str(row[1]) for row in await db.fetch(_NUMBERS)}
    schema, oldest = found.get("schema", ""), found.get("oldest", "")
    if not schema.isdecimal():
        raise StoreError(f"{address.label} has a table `meta` of another program; use another database")
    return int(schema), int(oldest) if oldest.isdecimal() else None


async def has_ledger(db: Connection) -> bool:
    """Whether the tables are there, or those of another program in their place."""
    return bool(await db.fetchval("SELECT to_regclass('meta') IS NOT NULL"))
