"""Tables of the published manager's paths: refresh tokens, and indexes for its lists."""

from __future__ import annotations

from typing import Final

__all__ = ["DDL", "SCHEMA_NAME", "SCHEMA_VERSION"]

SCHEMA_NAME: Final = "helvia_desk_manager"
SCHEMA_VERSION: Final = 1

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_refresh_tokens (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        token_hash TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        session_hash TEXT NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, token_hash)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_refresh_tokens_by_user
    ON desk_refresh_tokens (workspace, integration, user_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_conversations_by_session
    ON desk_conversations (workspace, integration, platform_conversation, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_conversations_by_end_user
    ON desk_conversations (workspace, integration, user_id, id)
    """,
)
