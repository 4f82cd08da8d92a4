"""Getting rid of what deleted rows leave in the tables."""

from __future__ import annotations

from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["scrub"]

_TABLES = """
    SELECT quote_ident(schemaname) || '.' || quote_ident(relname) FROM pg_stat_user_tables
    WHERE schemaname = current_schema() ORDER BY relname
"""
_LIMIT = 3600.0
"""Seconds: large tables take their time."""


async def scrub(db: Connection, *, compact: bool) -> None:
    """Vacuum every table; with ``compact`` write each anew, while nobody else can use it."""
    how = "VACUUM (FULL)" if compact else "VACUUM"
    for row in await db.fetch(_TABLES):
        await db.execute(f"{how} {row[0]}", timeout=_LIMIT)
