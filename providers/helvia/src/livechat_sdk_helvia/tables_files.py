"""Files that members put into a conversation: who, when, and by which reference the host keeps the bytes."""

from __future__ import annotations

from typing import Final

from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "PERSONAL", "SCHEMA_NAME", "SCHEMA_VERSION"]

SCHEMA_NAME: Final = "helvia_desk_files"
SCHEMA_VERSION: Final = 1

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_files (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        conversation_id BIGINT NOT NULL,
        handoff_id TEXT NOT NULL,
        reference TEXT NOT NULL,
        name TEXT NOT NULL,
        media_type TEXT NOT NULL,
        size BIGINT NOT NULL,
        uploader_id BIGINT NOT NULL,
        uploader_name TEXT NOT NULL,
        uploaded_at TEXT NOT NULL,
        message_key TEXT,
        PRIMARY KEY (workspace, integration, id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_files_by_conversation
    ON desk_files (workspace, integration, conversation_id, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_files_by_handoff ON desk_files (workspace, handoff_id)
    """,
)

PERSONAL: Final = (
    PersonalTable("desk_files", "handoff", "handoff_id = :handoff", withheld=("uploader_name",)),
)
"""Rows carry ``handoff_id``: when they are erased, the conversation may be gone already."""
