"""What Analytics stores: whether end users were content. Everything else is read from the other tables."""

from __future__ import annotations

from typing import Final

from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "PERSONAL", "SCHEMA_NAME", "SCHEMA_VERSION"]

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

PERSONAL: Final = (PersonalTable("desk_feedback", "handoff", "handoff_id = :handoff"),)
"""What an end user thought of a conversation goes with the end user."""
