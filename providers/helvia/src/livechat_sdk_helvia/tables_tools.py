"""Tables of what agents work with: canned responses, transfers and invitations, tags, who has read what.

Rows about a conversation carry ``handoff_id``, so that they are found when the end user is erased, whatever
else has been deleted before them.
"""

from __future__ import annotations

from typing import Final

from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "PERSONAL"]

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_canned (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        categories TEXT NOT NULL,
        workspace_wide BIGINT NOT NULL,
        bots TEXT NOT NULL,
        owner_id BIGINT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_handings (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        request_id BIGINT NOT NULL,
        conversation_id BIGINT NOT NULL,
        handoff_id TEXT NOT NULL,
        from_id BIGINT NOT NULL,
        owner_id BIGINT NOT NULL,
        target_name TEXT NOT NULL,
        leave_on_accept BIGINT NOT NULL,
        note_id BIGINT,
        expires_at TEXT NOT NULL,
        outcome TEXT CHECK (outcome IN ('accepted', 'declined', 'cancelled', 'unanswered', 'ended')),
        settled_at TEXT,
        settled_by BIGINT,
        PRIMARY KEY (workspace, integration, request_id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_handings_by_conversation
    ON desk_handings (workspace, integration, conversation_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_handings_by_handoff ON desk_handings (workspace, handoff_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_handings_waiting
    ON desk_handings (workspace, integration, outcome, expires_at)
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_tags (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        label TEXT NOT NULL,
        made_by BIGINT NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, label)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_reads (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        conversation_id BIGINT NOT NULL,
        handoff_id TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        read_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, conversation_id, user_id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_reads_by_handoff ON desk_reads (workspace, handoff_id)
    """,
)

PERSONAL: Final = (
    PersonalTable("desk_handings", "handoff", "handoff_id = :handoff"),
    PersonalTable("desk_reads", "handoff", "handoff_id = :handoff"),
)
"""Where rows about end users are. Canned responses and tags are the team's."""
