"""The tables on PostgreSQL: those of every ledger, and what several workers need to share them."""

from __future__ import annotations

from livechat_sdk.ledger.postgres.sql import translate_ddl
from livechat_sdk.ledger.schema import SCHEMA

__all__ = ["POSTGRES_SCHEMA", "SCHEMA_LOCK"]

SCHEMA_LOCK = 0x6C697665
"""Number of the advisory lock under which tables are made and changed."""

WORKERS: tuple[str, ...] = (
    """
    CREATE TABLE workers (
        workspace TEXT COLLATE "C" NOT NULL,
        id TEXT COLLATE "C" NOT NULL,
        lease_until TIMESTAMPTZ NOT NULL,
        format BIGINT NOT NULL,
        PRIMARY KEY (workspace, id)
    )
    """,
    """
    CREATE TABLE shards (
        workspace TEXT COLLATE "C" NOT NULL,
        shard BIGINT NOT NULL,
        worker TEXT COLLATE "C",
        PRIMARY KEY (workspace, shard)
    )
    """,
    # A lane is there while it has open actions. Who makes or takes one gets a number that was never used.
    """
    CREATE TABLE lanes (
        workspace TEXT COLLATE "C" NOT NULL,
        handoff_id TEXT COLLATE "C" NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        worker TEXT COLLATE "C",
        fence BIGINT NOT NULL,
        PRIMARY KEY (workspace, handoff_id, name),
        FOREIGN KEY (workspace, handoff_id) REFERENCES handoffs (workspace, id) ON DELETE CASCADE
    )
    """,
    "CREATE SEQUENCE lane_fences",
    """
    CREATE INDEX actions_unclaimed ON actions (workspace, handoff_id, lane)
    WHERE worker IS NULL AND status IN ('pending', 'started')
    """,
)
"""What is on PostgreSQL only."""

# Rows that change at every step: room in their pages lets a new version stay beside the old one, and then no
# index needs to be touched.
ROOM: tuple[str, ...] = (
    "ALTER TABLE handoffs SET (fillfactor = 40)",
    "ALTER TABLE actions SET (fillfactor = 70)",
    "ALTER TABLE timers SET (fillfactor = 50)",
)

POSTGRES_SCHEMA: tuple[str, ...] = (*map(translate_ddl, SCHEMA), *WORKERS, *ROOM)
"""The statements that make an empty database ready."""
