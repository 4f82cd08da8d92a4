"""Migrating the tables on PostgreSQL, in one transaction under the lock of the schema."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg

from livechat_sdk.ledger import documents
from livechat_sdk.ledger.addresses import PostgresAddress
from livechat_sdk.ledger.postgres.connections import Connection, connect
from livechat_sdk.ledger.postgres.errors import explain
from livechat_sdk.ledger.postgres.preparing import has_ledger, read_numbers
from livechat_sdk.ledger.postgres.schema import SCHEMA_LOCK

__all__ = ["migrate_database", "read_status"]

_WORKERS = """
    SELECT COUNT(*), COUNT(*) FILTER (WHERE format < $1) FROM workers WHERE lease_until > clock_timestamp()
"""
# Others may go on while a large table is changed: the command waits for locks, and for itself, patiently.
_PATIENT = {"lock_timeout": "60s", "idle_in_transaction_session_timeout": "0"}


async def read_status(url: str) -> tuple[int | None, int | None, str, int | None, int | None]:
    """Schema, oldest usable schema, where it is, living workers, those of older releases among them."""
    address = PostgresAddress.parse(url)
    connection = await connect(address)
    try:
        if not await has_ledger(connection):
            return None, None, address.label, None, None
        schema, oldest = await read_numbers(connection, address)
        workers = await _count_workers(connection)
    except asyncpg.PostgresError as error:
        raise explain(error, address.label) from None
    finally:
        await connection.close(timeout=1.0)
    return schema, oldest, address.label, *workers


async def _count_workers(connection: Connection) -> tuple[int | None, int | None]:
    if not await connection.fetchval("SELECT to_regclass('workers') IS NOT NULL"):
        return None, None
    row = await connection.fetchrow(_WORKERS, documents.DOCUMENT_VERSION)
    return (None, None) if row is None else (int(row[0]), int(row[1]))


async def migrate_database(url: str, target: int, tell: Callable[[str], None]) -> None:
    """Bring the tables to ``target``. Raises ``StoreError``; nothing is changed then."""
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.ext.asyncio import create_async_engine

    from livechat_sdk.ledger.migrations.running import migrate

    address = PostgresAddress.parse(url)

    async def create() -> Connection:
        return await connect(address, patient=True, **_PATIENT)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=create)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SCHEMA_LOCK})
            await connection.run_sync(migrate, target, tell)
    except DBAPIError as error:
        cause = error.orig.__cause__ if error.orig is not None else None
        raise explain(cause if isinstance(cause, Exception) else error, address.label) from None
    finally:
        await engine.dispose()
