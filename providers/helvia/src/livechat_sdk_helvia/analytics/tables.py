"""What Analytics stores: whether end users were content, and how many asked. The rest is in other tables."""

from __future__ import annotations

from typing import Final

from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "OPENINGS_DDL", "OPENINGS_NAME", "PERSONAL", "SCHEMA_NAME", "SCHEMA_VERSION"]

SCHEMA_NAME: Final = "helvia_desk_analytics"
SCHEMA_VERSION: Final = 2

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_feedback (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        conversation_id BIGINT NOT NULL,
        handoff_id TEXT NOT NULL,
        positive BIGINT NOT NULL CHECK (positive IN (0, 1)),
        given_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, conversation_id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_feedback_by_handoff
    ON desk_feedback (workspace, handoff_id)
    """,
)

OPENINGS_NAME: Final = "helvia_desk_openings"

OPENINGS_DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_openings (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        bot TEXT NOT NULL,
        day TEXT NOT NULL,
        opened BIGINT NOT NULL,
        PRIMARY KEY (workspace, integration, bot, day)
    )
    """,
)
"""How many conversations of a bot were requested on a day (UTC). They are about nobody and stay when the
conversations are purged or erased: so it shows of which days some are missing."""

PERSONAL: Final = (PersonalTable("desk_feedback", "handoff", "handoff_id = :handoff"),)
"""What an end user thought of a conversation goes with the end user."""
