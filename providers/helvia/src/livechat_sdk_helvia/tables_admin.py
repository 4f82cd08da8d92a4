"""Tables of what admins set, for the whole desk and for single bots, and of who did what.

Settings are one document each, read and replaced as a whole. The audit log only ever gets new rows. Beside
them: since when the end user of a conversation waits for an answer, and how often the desk has alerted.
"""

from __future__ import annotations

from typing import Final

from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "PERSONAL", "SCHEMA_NAME", "SCHEMA_VERSION"]

SCHEMA_NAME: Final = "helvia_desk_admin"
SCHEMA_VERSION: Final = 5

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_settings (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        revision BIGINT NOT NULL,
        document TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_bots (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        bot TEXT NOT NULL,
        revision BIGINT NOT NULL,
        document TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, bot)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_idle_waits (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        conversation_id BIGINT NOT NULL,
        handoff_id TEXT NOT NULL,
        waiting_since TEXT,
        last_at TEXT,
        tries BIGINT NOT NULL,
        total BIGINT NOT NULL,
        PRIMARY KEY (workspace, integration, conversation_id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_idle_waits_by_time ON desk_idle_waits (workspace, integration, last_at)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_idle_waits_by_handoff ON desk_idle_waits (workspace, handoff_id)
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_group_hours (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        group_id TEXT NOT NULL,
        day BIGINT NOT NULL,
        opens_at BIGINT NOT NULL,
        closes_at BIGINT NOT NULL,
        PRIMARY KEY (workspace, integration, id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_group_hours_by_group
    ON desk_group_hours (workspace, integration, group_id, day, opens_at)
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_audit (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        at TEXT NOT NULL,
        actor_id BIGINT,
        actor_name TEXT NOT NULL,
        area TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        facts TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_audit_by_actor ON desk_audit (workspace, integration, actor_id, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_audit_by_area ON desk_audit (workspace, integration, area, id)
    """,
)

PERSONAL: Final = (PersonalTable("desk_idle_waits", "handoff", "handoff_id = :handoff"),)
"""Where rows about end users are. When they are erased, the conversation may be gone already."""
