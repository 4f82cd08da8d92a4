"""The tables of the ledger. Every key and index starts with the workspace.

Times are ISO 8601 text in UTC, which sorts like the time; documents are JSON text (see ``documents``).
The request of a handoff has a table of its own: it is large (the transcript is in it), written once, and
must not be copied each time that the rest of the handoff changes. What is partial here stays small for
ever: live handoffs, open actions.
"""

from __future__ import annotations

__all__ = ["OLDEST_COMPATIBLE", "SCHEMA", "SCHEMA_VERSION", "STAMP"]

SCHEMA_VERSION = 2
"""Number of the tables below. See ``compatibility`` for databases that have another one."""

OLDEST_COMPATIBLE = 2
"""A release that knows this schema, and none newer, can still work with the tables below."""

STAMP = {"schema": str(SCHEMA_VERSION), "oldest": str(OLDEST_COMPATIBLE)}
"""What a database says of itself in ``meta``."""

SCHEMA: tuple[str, ...] = (
    """
    CREATE TABLE meta (
        name TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE conversations (
        workspace TEXT NOT NULL,
        id TEXT NOT NULL,
        owner TEXT NOT NULL CHECK (owner IN ('bot', 'human')),
        number INTEGER NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (workspace, id)
    ) STRICT
    """,
    """
    CREATE TABLE handoffs (
        workspace TEXT NOT NULL,
        id TEXT NOT NULL,
        request_key TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        bot TEXT NOT NULL,
        user_id TEXT NOT NULL,
        format INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        ended_at TEXT,
        document TEXT NOT NULL,
        PRIMARY KEY (workspace, id),
        UNIQUE (workspace, request_key),
        FOREIGN KEY (workspace, conversation_id) REFERENCES conversations (workspace, id)
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX handoffs_one_live ON handoffs (workspace, conversation_id) WHERE state <> 'ended'
    """,
    """
    CREATE INDEX handoffs_by_age ON handoffs (workspace, created_at, id)
    """,
    """
    CREATE INDEX handoffs_live_by_age ON handoffs (workspace, created_at, id) WHERE state <> 'ended'
    """,
    """
    CREATE INDEX handoffs_of_user ON handoffs (workspace, user_id)
    """,
    """
    CREATE INDEX handoffs_of_conversation ON handoffs (workspace, conversation_id)
    """,
    """
    CREATE INDEX handoffs_by_end ON handoffs (workspace, ended_at) WHERE state = 'ended'
    """,
    """
    CREATE TABLE requests (
        workspace TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (workspace, handoff_id),
        FOREIGN KEY (workspace, handoff_id) REFERENCES handoffs (workspace, id) ON DELETE CASCADE
    ) STRICT
    """,
    """
    CREATE TABLE chats (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        ref TEXT NOT NULL,
        vendor_ref TEXT,
        handoff_id TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        document TEXT,
        secrets BLOB,
        opened_at TEXT NOT NULL,
        closed_at TEXT,
        shard INTEGER NOT NULL,
        left_open INTEGER NOT NULL DEFAULT 0 CHECK (left_open IN (0, 1)),
        UNIQUE (workspace, handoff_id, attempt),
        FOREIGN KEY (workspace, handoff_id) REFERENCES handoffs (workspace, id) ON DELETE CASCADE
    ) STRICT
    """,
    """
    CREATE INDEX chats_by_ref ON chats (workspace, integration, ref)
    """,
    """
    CREATE INDEX chats_by_vendor_ref ON chats (workspace, integration, vendor_ref)
    """,
    """
    CREATE INDEX chats_open ON chats (workspace, integration, id)
    WHERE document IS NOT NULL AND (closed_at IS NULL OR left_open = 1)
    """,
    """
    CREATE TABLE entries (
        workspace TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        direction TEXT NOT NULL,
        message_key TEXT NOT NULL,
        author TEXT NOT NULL,
        agent_name TEXT,
        fate TEXT NOT NULL,
        detail TEXT,
        attempt INTEGER,
        vendor_id TEXT,
        message TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (workspace, handoff_id, seq),
        UNIQUE (workspace, handoff_id, direction, message_key),
        FOREIGN KEY (workspace, handoff_id) REFERENCES handoffs (workspace, id) ON DELETE CASCADE
    ) STRICT
    """,
    """
    CREATE TABLE actions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        lane TEXT NOT NULL,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        not_before TEXT,
        error TEXT,
        document TEXT NOT NULL,
        rendered TEXT,
        worker TEXT,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        FOREIGN KEY (workspace, handoff_id) REFERENCES handoffs (workspace, id) ON DELETE CASCADE
    ) STRICT
    """,
    """
    CREATE INDEX actions_of_handoff ON actions (workspace, handoff_id, id)
    """,
    """
    CREATE INDEX actions_open ON actions (workspace, handoff_id, id) WHERE status IN ('pending', 'started')
    """,
    """
    CREATE INDEX actions_open_by_id ON actions (workspace, id) WHERE status IN ('pending', 'started')
    """,
    """
    CREATE INDEX actions_given_up ON actions (workspace, id) WHERE status IN ('failed', 'doubtful')
    """,
    """
    CREATE TABLE timers (
        workspace TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        name TEXT NOT NULL,
        due_at TEXT NOT NULL,
        shard INTEGER NOT NULL,
        PRIMARY KEY (workspace, handoff_id, name),
        FOREIGN KEY (workspace, handoff_id) REFERENCES handoffs (workspace, id) ON DELETE CASCADE
    ) STRICT
    """,
    """
    CREATE INDEX timers_due ON timers (workspace, due_at, handoff_id, name)
    """,
    """
    CREATE TABLE seen (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        event_id TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, event_id)
    ) STRICT
    """,
    """
    CREATE TABLE inbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        event_id TEXT NOT NULL,
        kept INTEGER NOT NULL CHECK (kept IN (0, 1)),
        event TEXT NOT NULL,
        received_at TEXT NOT NULL,
        shard INTEGER NOT NULL,
        UNIQUE (workspace, integration, event_id, kept)
    ) STRICT
    """,
    """
    CREATE INDEX inbox_in_order ON inbox (workspace, kept, id)
    """,
    """
    CREATE TABLE inbox_refs (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        ref TEXT NOT NULL,
        inbox_id INTEGER NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
        PRIMARY KEY (workspace, integration, ref, inbox_id)
    ) STRICT
    """,
    """
    CREATE INDEX inbox_refs_of_event ON inbox_refs (inbox_id)
    """,
    """
    CREATE TABLE journal (
        workspace TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        refused TEXT,
        detail TEXT NOT NULL,
        PRIMARY KEY (workspace, handoff_id, seq),
        FOREIGN KEY (workspace, handoff_id) REFERENCES handoffs (workspace, id) ON DELETE CASCADE
    ) STRICT
    """,
    """
    CREATE TABLE tickets (
        workspace TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        source TEXT NOT NULL,
        ticket_key TEXT NOT NULL,
        ticket TEXT NOT NULL,
        stored_at TEXT NOT NULL,
        PRIMARY KEY (workspace, handoff_id, source, ticket_key),
        FOREIGN KEY (workspace, handoff_id) REFERENCES handoffs (workspace, id) ON DELETE CASCADE
    ) STRICT
    """,
    """
    CREATE INDEX seen_of_handoff ON seen (workspace, handoff_id)
    """,
    """
    CREATE TABLE cooldowns (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        until TEXT NOT NULL,
        failures INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (workspace, integration)
    ) STRICT
    """,
    """
    CREATE TABLE tombstones (
        workspace TEXT NOT NULL,
        digest TEXT NOT NULL,
        erased_at TEXT NOT NULL,
        PRIMARY KEY (workspace, digest)
    ) STRICT
    """,
    """
    CREATE TABLE embedded_schemas (
        name TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL
    ) STRICT
    """,
)
"""The statements that make an empty database ready."""
