"""The desk's own tables, in the common part of SQLite and PostgreSQL.

Every key starts with workspace and integration, so that several desks share a database. Ids are
made by the desk (``ids.py``), times are ISO text in UTC, documents are JSON text. Names follow the
published LiveChat manager (Helvia ``hbf-lcm.openapi.json``): request, conversation, participant,
message, note. Notes have a table of their own and no column in common with messages but text.
"""

from __future__ import annotations

from typing import Final

from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "PERSONAL", "SCHEMA_NAME", "SCHEMA_VERSION"]

SCHEMA_NAME: Final = "helvia_desk"
SCHEMA_VERSION: Final = 2

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_conversations (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        ref TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        attempt BIGINT NOT NULL,
        platform_conversation TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('pending', 'started', 'finished', 'unserved')),
        bot TEXT NOT NULL,
        user_id TEXT NOT NULL,
        user_name TEXT,
        user_email TEXT,
        user_phone TEXT,
        user_language TEXT,
        user_country TEXT,
        user_channel TEXT,
        user_origin TEXT,
        reason TEXT,
        summary TEXT,
        survey TEXT NOT NULL,
        contacts TEXT NOT NULL,
        tags TEXT NOT NULL,
        attributes TEXT NOT NULL,
        history_length BIGINT NOT NULL,
        owner_id BIGINT,
        created_at TEXT NOT NULL,
        started_at TEXT,
        ended_at TEXT,
        ended_by TEXT,
        ended_why TEXT,
        last_at TEXT NOT NULL,
        last_text TEXT NOT NULL,
        last_author TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, id),
        UNIQUE (workspace, integration, ref)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_conversations_by_status
    ON desk_conversations (workspace, integration, status, last_at)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_conversations_by_handoff ON desk_conversations (workspace, handoff_id)
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_histories (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        conversation_id BIGINT NOT NULL,
        entries TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, conversation_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_requests (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        conversation_id BIGINT NOT NULL,
        type TEXT NOT NULL CHECK (type IN ('external', 'transfer', 'invitation')),
        status TEXT NOT NULL CHECK (status IN ('new', 'accepted', 'missed', 'cancelled')),
        target_group TEXT,
        target_agent TEXT,
        priority TEXT,
        requested_at TEXT NOT NULL,
        accepted_by BIGINT,
        closed_at TEXT,
        PRIMARY KEY (workspace, integration, id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_requests_by_status ON desk_requests (workspace, integration, status, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_requests_by_conversation
    ON desk_requests (workspace, integration, conversation_id)
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_participants (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        conversation_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'transferred')),
        is_owner BIGINT NOT NULL,
        joined_at TEXT NOT NULL,
        left_at TEXT,
        PRIMARY KEY (workspace, integration, conversation_id, user_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_messages (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        conversation_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        author TEXT NOT NULL CHECK (author IN ('end-user', 'agent', 'system')),
        key TEXT NOT NULL,
        author_id BIGINT,
        author_name TEXT,
        text TEXT NOT NULL,
        attachments TEXT NOT NULL,
        sent_at TEXT NOT NULL,
        delivered_at TEXT,
        read_at TEXT,
        PRIMARY KEY (workspace, integration, id),
        UNIQUE (workspace, integration, conversation_id, seq),
        UNIQUE (workspace, integration, conversation_id, author, key)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_notes (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        conversation_id BIGINT NOT NULL,
        author_id BIGINT NOT NULL,
        author_name TEXT NOT NULL,
        text TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_notes_by_conversation
    ON desk_notes (workspace, integration, conversation_id, id)
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_users (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        roles TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        origin TEXT NOT NULL CHECK (origin IN ('settings', 'first_start', 'demo')),
        active BIGINT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, id),
        UNIQUE (workspace, integration, email)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_sessions (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        token_hash TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('page', 'api')),
        csrf_token TEXT NOT NULL,
        created_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, token_hash)
    )
    """,
)

_OF_HANDOFF: Final = """
    (integration, conversation_id) IN (
        SELECT c.integration, c.id FROM desk_conversations AS c
        WHERE c.workspace = :workspace AND c.handoff_id = :handoff
    )
"""

PERSONAL: Final = (
    PersonalTable("desk_histories", "handoff", _OF_HANDOFF),
    PersonalTable("desk_requests", "handoff", _OF_HANDOFF),
    PersonalTable("desk_participants", "handoff", _OF_HANDOFF),
    PersonalTable("desk_messages", "handoff", _OF_HANDOFF, withheld=("author_name",)),
    PersonalTable("desk_notes", "handoff", _OF_HANDOFF, withheld=("author_name",)),
    PersonalTable("desk_conversations", "handoff", "handoff_id = :handoff"),
)
"""Where rows about end users are. Accounts and sessions are the agents', and stay."""
