"""The first tables: the ledger as it was when one process served it.

Frozen: a revision never changes, and takes nothing from the tables of today.
"""

from __future__ import annotations

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.migrations.steps import run

revision = "0001"
down_revision = None

TABLES: tuple[str, ...] = (
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
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
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
    CREATE TABLE timers (
        workspace TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        name TEXT NOT NULL,
        due_at TEXT NOT NULL,
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
    CREATE TABLE embedded_schemas (
        name TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL
    ) STRICT
    """,
)
"""The statements in SQLite's words."""


def upgrade() -> None:
    """Make the tables in an empty database."""
    run(*TABLES)


def downgrade() -> None:
    """There is nothing before the first tables."""
    raise StoreError("the ledger begins with these tables: there is no older schema to go back to")
