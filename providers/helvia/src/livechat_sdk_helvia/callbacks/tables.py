"""The table of callbacks that wait to be delivered.

A callback is written in the transaction of what it tells of, behind those of the same conversation that wait
already, and deleted when the other side has taken it.
"""

from __future__ import annotations

from typing import Final

from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "PERSONAL", "SCHEMA_NAME", "SCHEMA_VERSION"]

SCHEMA_NAME: Final = "helvia_desk_callbacks"
SCHEMA_VERSION: Final = 1

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_callbacks (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        conversation_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        handoff_id TEXT NOT NULL,
        event_id TEXT NOT NULL,
        event TEXT NOT NULL,
        tries BIGINT NOT NULL,
        due_at TEXT NOT NULL,
        leased_until TEXT,
        leased_by TEXT,
        error TEXT,
        created_at TEXT NOT NULL,
        given_up_at TEXT,
        PRIMARY KEY (workspace, integration, conversation_id, seq)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_callbacks_by_time
    ON desk_callbacks (workspace, integration, given_up_at, due_at)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_callbacks_by_handoff ON desk_callbacks (workspace, handoff_id)
    """,
)

PERSONAL: Final = (
    PersonalTable("desk_callbacks", "handoff", "handoff_id = :handoff", withheld=("leased_by",)),
)
"""What is still to be told holds what members said to an end user."""
