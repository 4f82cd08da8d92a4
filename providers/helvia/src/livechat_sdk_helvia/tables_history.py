"""What the History and the transcripts need beside the desk's tables: indexes, and downloads under way."""

from __future__ import annotations

from typing import Final

__all__ = ["DDL", "SCHEMA_NAME", "SCHEMA_VERSION"]

SCHEMA_NAME: Final = "helvia_desk_history"
SCHEMA_VERSION: Final = 2

DDL: Final = (
    """
    CREATE INDEX IF NOT EXISTS desk_conversations_by_time
    ON desk_conversations (workspace, integration, created_at, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_conversations_by_bot
    ON desk_conversations (workspace, integration, bot, created_at)
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_exports (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        job TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        total BIGINT NOT NULL,
        done BIGINT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('running', 'done')),
        at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, job)
    )
    """,
)
