"""Translations of messages. What was written stays in the row of the message itself."""

from __future__ import annotations

from typing import Final

from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "PERSONAL"]

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_translations (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        conversation_id BIGINT NOT NULL,
        author TEXT NOT NULL,
        message_key TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        source TEXT NOT NULL,
        language TEXT NOT NULL,
        text TEXT,
        PRIMARY KEY (workspace, integration, conversation_id, author, message_key)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_translations_by_handoff ON desk_translations (workspace, handoff_id)
    """,
)
"""A row without ``text`` says that a translation was wanted and nobody gave one."""

PERSONAL: Final = (PersonalTable("desk_translations", "handoff", "handoff_id = :handoff"),)
