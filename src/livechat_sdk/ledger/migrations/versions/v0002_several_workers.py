"""Several workers: shards, lanes, leases; and what erasing, delivery and polling need to find their rows.

Frozen: a revision never changes, and takes nothing from the tables of today.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from livechat_sdk.ledger.migrations.steps import (
    Row,
    add_columns,
    drop_columns,
    fill,
    is_postgres,
    rebuild_all,
    run,
    statements_of,
)
from livechat_sdk.ledger.migrations.versions import v0001_first_tables

revision = "0002"
down_revision = "0001"

TABLES: tuple[str, ...] = (
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
    "CREATE INDEX handoffs_by_age ON handoffs (workspace, created_at, id)",
    """
    CREATE INDEX handoffs_live_by_age ON handoffs (workspace, created_at, id) WHERE state <> 'ended'
    """,
    "CREATE INDEX handoffs_of_user ON handoffs (workspace, user_id)",
    "CREATE INDEX handoffs_of_conversation ON handoffs (workspace, conversation_id)",
    "CREATE INDEX handoffs_by_end ON handoffs (workspace, ended_at) WHERE state = 'ended'",
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
    "CREATE INDEX chats_by_ref ON chats (workspace, integration, ref)",
    "CREATE INDEX chats_by_vendor_ref ON chats (workspace, integration, vendor_ref)",
    """
    CREATE INDEX chats_open ON chats (workspace, integration, id)
    WHERE document IS NOT NULL AND (closed_at IS NULL OR left_open = 1)
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
    "CREATE INDEX actions_of_handoff ON actions (workspace, handoff_id, id)",
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
    "CREATE INDEX timers_due ON timers (workspace, due_at, handoff_id, name)",
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
    "CREATE INDEX inbox_in_order ON inbox (workspace, kept, id)",
)
"""The tables that change, and their indexes, in SQLite's words."""

NEW: tuple[str, ...] = (
    "CREATE INDEX seen_of_handoff ON seen (workspace, handoff_id)",
    """
    CREATE TABLE IF NOT EXISTS cooldowns (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        until TEXT NOT NULL,
        failures INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (workspace, integration)
    ) STRICT
    """,
    """
    CREATE TABLE IF NOT EXISTS tombstones (
        workspace TEXT NOT NULL,
        digest TEXT NOT NULL,
        erased_at TEXT NOT NULL,
        PRIMARY KEY (workspace, digest)
    ) STRICT
    """,
)
"""What is new. A downgrade leaves the tables alone: what was erased must stay known as erased."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "handoffs": ("bot TEXT", "user_id TEXT", "format INTEGER", "ended_at TEXT"),
    "chats": ("shard INTEGER", "left_open INTEGER DEFAULT 0"),
    "actions": ("worker TEXT",),
    "timers": ("shard INTEGER",),
    "inbox": ("shard INTEGER",),
}
REQUIRED = {
    "handoffs": ("bot", "user_id", "format"),
    "chats": ("shard", "left_open"),
    "timers": ("shard",),
    "inbox": ("shard",),
}
WORKERS: tuple[str, ...] = (
    """
    CREATE TABLE workers (
        workspace TEXT NOT NULL,
        id TEXT NOT NULL,
        lease_until TIMESTAMPTZ NOT NULL,
        format INTEGER NOT NULL,
        PRIMARY KEY (workspace, id)
    )
    """,
    """
    CREATE TABLE shards (
        workspace TEXT NOT NULL,
        shard INTEGER NOT NULL,
        worker TEXT,
        PRIMARY KEY (workspace, shard)
    )
    """,
    """
    CREATE TABLE lanes (
        workspace TEXT NOT NULL,
        handoff_id TEXT NOT NULL,
        name TEXT NOT NULL,
        worker TEXT,
        fence INTEGER NOT NULL,
        PRIMARY KEY (workspace, handoff_id, name),
        FOREIGN KEY (workspace, handoff_id) REFERENCES handoffs (workspace, id) ON DELETE CASCADE
    )
    """,
    "CREATE SEQUENCE lane_fences",
    """
    CREATE INDEX actions_unclaimed ON actions (workspace, handoff_id, lane)
    WHERE worker IS NULL AND status IN ('pending', 'started')
    """,
    "ALTER TABLE handoffs SET (fillfactor = 40)",
    "ALTER TABLE actions SET (fillfactor = 70)",
    "ALTER TABLE timers SET (fillfactor = 50)",
)
"""What several processes share, on PostgreSQL."""

_NO_ATTEMPT: dict[str, Any] = {}

LANES = """
    INSERT INTO lanes (workspace, handoff_id, name, fence)
    SELECT workspace, handoff_id, lane, nextval('lane_fences') FROM (
        SELECT DISTINCT workspace, handoff_id, lane FROM actions WHERE status IN ('pending', 'started')
    ) AS open
"""


def upgrade() -> None:
    """Add the columns, compute them from the documents, make the rest."""
    for table, columns in COLUMNS.items():
        add_columns(table, *columns)
    _fill()
    if is_postgres():
        _finish_on_postgres()
    else:
        rebuild_all(TABLES, COLUMNS)
    run(*NEW)
    run("UPDATE meta SET value = '2' WHERE name = 'schema'")
    run("INSERT INTO meta (name, value) VALUES ('oldest', '2')")


def downgrade() -> None:
    """Take away what the older release does not know; documents are left as they are."""
    if is_postgres():
        run("DROP TABLE lanes", "DROP TABLE shards", "DROP TABLE workers", "DROP SEQUENCE lane_fences")
        for table, columns in COLUMNS.items():
            drop_columns(table, *(column.split()[0] for column in columns))
        run("ALTER TABLE handoffs RESET (fillfactor)", "ALTER TABLE actions RESET (fillfactor)")
        run("ALTER TABLE timers RESET (fillfactor)")
    else:
        for name in _index_names():
            run(f"DROP INDEX IF EXISTS {name}")
        rebuild_all(v0001_first_tables.TABLES, COLUMNS)
    run("DROP INDEX IF EXISTS seen_of_handoff")
    run("DROP INDEX IF EXISTS actions_open_by_id", "DROP INDEX IF EXISTS actions_given_up")
    run("DROP INDEX IF EXISTS handoffs_of_conversation")
    run("UPDATE meta SET value = '1' WHERE name = 'schema'")
    run("DELETE FROM meta WHERE name = 'oldest'")


def _finish_on_postgres() -> None:
    for table, names in REQUIRED.items():
        for name in names:
            run(f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL")
    run("ALTER TABLE chats ADD CHECK (left_open IN (0, 1))")
    known = {" ".join(statement.split()) for statement in v0001_first_tables.TABLES}
    for table in COLUMNS:
        run(*(one for one in statements_of(TABLES, table)[1] if " ".join(one.split()) not in known))
    run(*WORKERS, LANES)


def _fill() -> None:
    handoffs = "JOIN handoffs AS h ON h.workspace = t.workspace AND h.id = t.handoff_id"
    fill(
        "handoffs",
        ("workspace", "id"),
        "t.document, r.document AS request",
        _of_handoff,
        join="JOIN requests AS r ON r.workspace = t.workspace AND r.handoff_id = t.id",
    )
    fill("chats", ("id",), "t.handoff_id, t.attempt, t.closed_at, h.document", _of_chat, join=handoffs)
    fill("timers", ("workspace", "handoff_id", "name"), "t.due_at", lambda row: _shard(row["handoff_id"]))
    fill("inbox", ("id",), "t.event", lambda row: _shard(_content(row["event"])["refs"][0]))


def _of_handoff(row: Row) -> Row:
    request, handoff = _content(row["request"]), _content(row["document"])
    return {
        "bot": request["bot"],
        "user_id": request["user"]["id"],
        "format": 1,
        "ended_at": _as_stored(handoff["end"]["at"]) if handoff.get("end") else None,
    }


def _of_chat(row: Row) -> Row:
    attempts: list[dict[str, Any]] = _content(row["document"]).get("attempts") or []
    attempt: dict[str, Any] = dict(enumerate(attempts, start=1)).get(row["attempt"], _NO_ATTEMPT)
    open_there = bool(attempt.get("opened")) and not attempt.get("closed")
    left_open = int(row["closed_at"] is not None and open_there)
    return {**_shard(row["handoff_id"]), "left_open": left_open}


def _shard(text: str) -> Row:
    return {"shard": crc32(text.encode()) % 64}


def _content(document: str) -> dict[str, Any]:
    """What is in a stored document: ``{"v":1,"d":<content>}``."""
    content: dict[str, Any] = json.loads(document)["d"]
    return content


def _as_stored(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _index_names() -> list[str]:
    indexes = [one for table in COLUMNS for one in statements_of(TABLES, table)[1]]
    return [one.split(" ON ")[0].split()[-1] for one in indexes]
