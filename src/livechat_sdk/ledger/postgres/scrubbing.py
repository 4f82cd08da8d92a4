"""Getting rid of what deleted rows leave in the tables."""

from __future__ import annotations

from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["write_anew"]

_TABLES = """
    SELECT quote_ident(schemaname) || '.' || quote_ident(relname) FROM pg_stat_user_tables
    WHERE schemaname = current_schema() ORDER BY relname
"""
_LIMIT = 3600.0
"""Seconds: large tables take their time."""


async def write_anew(db: Connection) -> None:
    """Write every table anew, one after the other; nobody else can use a table meanwhile."""
    for row in await db.fetch(_TABLES):
        await db.execute(f"VACUUM (FULL) {row[0]}", timeout=_LIMIT)
