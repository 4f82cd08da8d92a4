"""Making an empty database ready, and refusing one that this release cannot work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.addresses import PostgresAddress
from livechat_sdk.ledger.postgres.schema import POSTGRES_SCHEMA, SCHEMA_LOCK
from livechat_sdk.ledger.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["create_or_check", "require_schema"]

_SCHEMA = "SELECT value FROM meta WHERE name = 'schema'"


async def create_or_check(db: Connection, address: PostgresAddress) -> None:
    """Make the tables in a database that has none; in a transaction. Raises ``StoreError``."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
    if await _has_ledger(db):
        await require_schema(db, address)
        return
    for statement in POSTGRES_SCHEMA:
        await db.execute(statement)
    await db.execute("INSERT INTO meta (name, value) VALUES ('schema', $1)", str(SCHEMA_VERSION))


async def require_schema(db: Connection, address: PostgresAddress) -> None:
    """Raise ``StoreError`` unless the tables are there, in a form that this release knows."""
    if not await _has_ledger(db):
        raise StoreError(
            f"there is no ledger in {address.label}; check `store` in the settings, or start the server once"
        )
    version = await db.fetchval(_SCHEMA)
    if version is None or not str(version).isdecimal():
        raise StoreError(f"{address.label} has a table `meta` of another program; use another database")
    if int(version) > SCHEMA_VERSION:
        raise StoreError(
            f"the ledger at {address.label} has schema {version}, this release knows up to {SCHEMA_VERSION}; "
            "install the release that wrote it, or a newer one"
        )


async def _has_ledger(db: Connection) -> bool:
    return bool(await db.fetchval("SELECT to_regclass('meta') IS NOT NULL"))
