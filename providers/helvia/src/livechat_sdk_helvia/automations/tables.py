"""Tables of automations and of their runs.

A run is written in the transaction of what sets it off. Its key is made of the conversation, the moment and
the automation, so that one moment sets off each automation once, whoever commits it and however often.
"""

from __future__ import annotations

from typing import Final

from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "PERSONAL", "SCHEMA_NAME", "SCHEMA_VERSION"]

SCHEMA_NAME: Final = "helvia_desk_automations"
SCHEMA_VERSION: Final = 1

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_automations (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('http', 'ticket')),
        address TEXT NOT NULL,
        headers TEXT NOT NULL,
        inputs TEXT NOT NULL,
        categories TEXT NOT NULL,
        everywhere BIGINT NOT NULL,
        on_button BIGINT NOT NULL,
        on_end BIGINT NOT NULL,
        on_missed BIGINT NOT NULL,
        author_id BIGINT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_automation_bots (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        automation_id BIGINT NOT NULL,
        bot TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, automation_id, bot)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_flow_triggers (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        trigger_type TEXT NOT NULL,
        address TEXT NOT NULL,
        secret TEXT NOT NULL,
        author_id BIGINT NOT NULL,
        created_at TEXT NOT NULL,
        delivered BIGINT NOT NULL,
        failed BIGINT NOT NULL,
        last_error TEXT,
        last_at TEXT,
        PRIMARY KEY (workspace, integration, id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_automation_runs (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        key TEXT NOT NULL,
        automation_id BIGINT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('http', 'ticket', 'flow')),
        conversation_id BIGINT NOT NULL,
        handoff_id TEXT NOT NULL,
        moment TEXT NOT NULL CHECK (moment IN ('button', 'ended', 'missed')),
        started_by BIGINT,
        starter_name TEXT,
        inputs TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('waiting', 'running', 'done', 'failed', 'doubtful')),
        tries BIGINT NOT NULL,
        due_at TEXT NOT NULL,
        leased_until TEXT,
        leased_by TEXT,
        ticket_key TEXT,
        result TEXT NOT NULL,
        error TEXT,
        created_at TEXT NOT NULL,
        finished_at TEXT,
        PRIMARY KEY (workspace, integration, key)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_automation_runs_by_time
    ON desk_automation_runs (workspace, integration, status, due_at)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_automation_runs_by_handoff
    ON desk_automation_runs (workspace, handoff_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_automation_runs_by_conversation
    ON desk_automation_runs (workspace, integration, conversation_id, created_at)
    """,
)

PERSONAL: Final = (
    PersonalTable(
        "desk_automation_runs", "handoff", "handoff_id = :handoff", withheld=("starter_name", "leased_by")
    ),
)
"""What members typed about an end user, and what was answered. Definitions are the team's, and stay."""
