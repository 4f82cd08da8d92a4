"""What a group of steps writes, as one statement for each kind of row.

A step adds rows; a group is flushed in the order of ``IN_ORDER``. ``$1`` is the workspace, the other
parameters are columns (arrays of equal length). No kind may hold two rows for the same place: a step brings
the final state of what it changes, and no two steps of a group touch the same handoff.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from livechat_sdk.lifecycle.effects import RecordMessage

__all__ = [
    "ACTION_CHANGES",
    "ACTION_DOCUMENTS",
    "ACTION_WORDS",
    "CHATS",
    "CHATS_OVER",
    "CHATS_RESERVED",
    "CHAT_DOCUMENTS",
    "FATES",
    "HANDOFFS_CHANGED",
    "HANDOFFS_NEW",
    "INBOX_DONE",
    "INBOX_OF_EVENT",
    "IN_ORDER",
    "JOURNAL",
    "LANES_FREED",
    "LANES_RELEASED",
    "MESSAGES",
    "OWNERS",
    "REQUESTS",
    "SECRETS_ERASED",
    "SEEN",
    "TICKETS",
    "TIMERS_CANCELLED",
    "TIMERS_SET",
    "Operation",
    "Writes",
    "message_row",
]

# ruff: noqa: S608 - the SQL is put together from constants of this module only


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One statement for any number of rows."""

    sql: str


def _each(*columns: str) -> str:
    """The columns as a table ``u``; a column is written ``name type``."""
    split = [column.split() for column in columns]
    arrays = ", ".join(f"${number}::{kind}[]" for number, (_, kind) in enumerate(split, start=2))
    return f"unnest({arrays}) AS u ({', '.join(name for name, _ in split)})"


OWNERS = Operation(
    f"""
    UPDATE conversations AS c SET owner = u.owner, number = u.number, updated_at = u.at
    FROM {_each("id text", "owner text", "number bigint", "at text")}
    WHERE c.workspace = $1 AND c.id = u.id
    """
)
_HANDOFF_COLUMNS = (
    *("id text", "request_key text", "conversation_id text", "state text", "version bigint", "bot text"),
    *(
        "user_id text",
        "format bigint",
        "created_at text",
        "updated_at text",
        "ended_at text",
        "document text",
    ),
)
_HANDOFF_NAMES = ", ".join(column.split()[0] for column in _HANDOFF_COLUMNS)
HANDOFFS_NEW = Operation(
    f"INSERT INTO handoffs (workspace, {_HANDOFF_NAMES}) SELECT $1, u.* FROM {_each(*_HANDOFF_COLUMNS)}"
)
HANDOFFS_CHANGED = Operation(
    f"""
    UPDATE handoffs AS h SET state = u.state, version = u.version, format = u.format, updated_at = u.at,
        ended_at = u.ended_at, document = u.document
    FROM {
        _each(
            "id text",
            "state text",
            "version bigint",
            "format bigint",
            "at text",
            "ended_at text",
            "document text",
        )
    }
    WHERE h.workspace = $1 AND h.id = u.id
    """
)
REQUESTS = Operation(
    f"""
    INSERT INTO requests (workspace, handoff_id, document)
    SELECT $1, u.id, u.document FROM {_each("id text", "document text")}
    """
)
JOURNAL = Operation(
    f"""
    INSERT INTO journal (workspace, handoff_id, seq, at, kind, state, version, refused, detail)
    SELECT $1, u.id, COALESCE((
            SELECT MAX(j.seq) FROM journal AS j WHERE j.workspace = $1 AND j.handoff_id = u.id
        ), 0) + 1, u.at, u.kind, u.state, u.version, u.refused, u.detail
    FROM {
        _each(
            *(
                "id text",
                "at text",
                "kind text",
                "state text",
                "version bigint",
                "refused text",
                "detail text",
            )
        )
    }
    """
)
MESSAGES = Operation(
    f"""
    INSERT INTO entries (
        workspace, handoff_id, seq, direction, message_key, author, agent_name, fate, detail, attempt,
        vendor_id, message, created_at, updated_at
    )
    SELECT $1, u.id, COALESCE((
            SELECT MAX(e.seq) FROM entries AS e WHERE e.workspace = $1 AND e.handoff_id = u.id
        ), 0) + u.nth, u.direction, u.key, u.author, u.agent_name, u.fate, u.detail, u.attempt,
        u.vendor_id, u.message, u.at, u.at
    FROM {
        _each(
            *("id text", "nth bigint", "direction text", "key text", "author text", "agent_name text"),
            *("fate text", "detail text", "attempt bigint", "vendor_id text", "message text", "at text"),
        )
    }
    """
)
FATES = Operation(
    f"""
    UPDATE entries AS e
    SET fate = u.fate, detail = u.detail, vendor_id = u.vendor_id, updated_at = u.at
    FROM {
        _each(
            *(
                "id text",
                "direction text",
                "key text",
                "fate text",
                "detail text",
                "vendor_id text",
                "at text",
            )
        )
    }
    WHERE e.workspace = $1 AND e.handoff_id = u.id AND e.direction = u.direction AND e.message_key = u.key
    """
)
ACTION_CHANGES = Operation(
    f"""
    UPDATE actions AS a
    SET status = u.status, tries = u.tries, not_before = u.not_before, error = u.error, updated_at = u.at
    FROM {_each("id bigint", "status text", "tries bigint", "not_before text", "error text", "at text")}
    WHERE a.workspace = $1 AND a.id = u.id
    """
)
ACTION_WORDS = Operation(
    f"""
    UPDATE actions AS a SET rendered = u.rendered, updated_at = u.at
    FROM {_each("id bigint", "rendered text", "at text")} WHERE a.workspace = $1 AND a.id = u.id
    """
)
ACTION_DOCUMENTS = Operation(
    f"""
    UPDATE actions AS a SET document = u.document, updated_at = u.at
    FROM {_each("id bigint", "document text", "at text")} WHERE a.workspace = $1 AND a.id = u.id
    """
)
LANES_RELEASED = Operation(
    f"""
    DELETE FROM lanes AS l USING {_each("id text", "name text")}
    WHERE l.workspace = $1 AND l.handoff_id = u.id AND l.name = u.name AND NOT EXISTS (
        SELECT 1 FROM actions AS a
        WHERE a.workspace = $1 AND a.handoff_id = u.id AND a.lane = u.name
            AND a.status IN ('pending', 'started')
    )
    """
)
"""A lane whose last open action is over. The handoff is locked, so that nobody adds one meanwhile."""

LANES_FREED = Operation(
    f"""
    UPDATE lanes AS l SET worker = NULL FROM {_each("id text", "format bigint")}
    WHERE l.workspace = $1 AND l.handoff_id = u.id AND EXISTS (
        SELECT 1 FROM workers AS w
        WHERE w.workspace = $1 AND w.id = l.worker AND w.format < u.format
    )
    """
)
"""Workers of an older release cannot read the handoff any more: others must run its lanes."""

CHATS_RESERVED = Operation(
    f"""
    INSERT INTO chats (workspace, integration, ref, handoff_id, attempt, opened_at, shard)
    SELECT $1, u.integration, u.ref, u.id, u.attempt, u.at, u.shard
    FROM {_each("integration text", "ref text", "id text", "attempt bigint", "at text", "shard bigint")}
    ON CONFLICT (workspace, handoff_id, attempt) DO NOTHING
    """
)
CHATS = Operation(
    f"""
    INSERT INTO chats (
        workspace, integration, ref, vendor_ref, handoff_id, attempt, document, secrets, opened_at, shard
    )
    SELECT $1, u.integration, u.ref, u.vendor_ref, u.id, u.attempt, u.document, u.secrets, u.at, u.shard
    FROM {
        _each(
            *(
                "integration text",
                "ref text",
                "vendor_ref text",
                "id text",
                "attempt bigint",
                "document text",
            ),
            *("secrets bytea", "at text", "shard bigint"),
        )
    }
    ON CONFLICT (workspace, handoff_id, attempt) DO UPDATE
    SET vendor_ref = excluded.vendor_ref, document = excluded.document, secrets = excluded.secrets
    """
)
CHAT_DOCUMENTS = Operation(
    f"""
    UPDATE chats AS c SET document = u.document
    FROM {_each("id text", "attempt bigint", "document text")}
    WHERE c.workspace = $1 AND c.handoff_id = u.id AND c.attempt = u.attempt
    """
)
SECRETS_ERASED = Operation(
    f"""
    UPDATE chats AS c SET secrets = NULL FROM {_each("id text")}
    WHERE c.workspace = $1 AND c.handoff_id = u.id AND c.secrets IS NOT NULL
    """
)
CHATS_OVER = Operation(
    f"""
    UPDATE chats AS c SET closed_at = COALESCE(c.closed_at, u.at), left_open = u.left_open
    FROM {_each("id text", "attempt bigint", "left_open bigint", "at text")}
    WHERE c.workspace = $1 AND c.handoff_id = u.id AND c.attempt = u.attempt
        AND (c.closed_at IS NULL OR c.left_open <> u.left_open)
    """
)
TIMERS_SET = Operation(
    f"""
    INSERT INTO timers (workspace, handoff_id, name, due_at, shard)
    SELECT $1, u.id, u.name, u.due_at, u.shard
    FROM {_each("id text", "name text", "due_at text", "shard bigint")}
    ON CONFLICT (workspace, handoff_id, name) DO UPDATE SET due_at = excluded.due_at
    """
)
TIMERS_CANCELLED = Operation(
    f"""
    DELETE FROM timers AS t USING {_each("id text", "name text")}
    WHERE t.workspace = $1 AND t.handoff_id = u.id AND t.name = u.name
    """
)
TICKETS = Operation(
    f"""
    INSERT INTO tickets (workspace, handoff_id, source, ticket_key, ticket, stored_at)
    SELECT $1, u.id, u.source, u.key, u.ticket, u.at
    FROM {_each("id text", "source text", "key text", "ticket text", "at text")}
    ON CONFLICT (workspace, handoff_id, source, ticket_key) DO UPDATE SET ticket = excluded.ticket
    """
)
SEEN = Operation(
    f"""
    INSERT INTO seen (workspace, integration, event_id, handoff_id, at)
    SELECT $1, u.* FROM {_each("integration text", "event_id text", "id text", "at text")}
    """
)
INBOX_OF_EVENT = Operation(
    f"""
    DELETE FROM inbox AS i USING {_each("integration text", "event_id text")}
    WHERE i.workspace = $1 AND i.integration = u.integration AND i.event_id = u.event_id
    """
)
INBOX_DONE = Operation(
    f"DELETE FROM inbox AS i USING {_each('id bigint')} WHERE i.workspace = $1 AND i.id = u.id"
)

# New lanes and actions come between the two halves: see ``Writes``.
_BEFORE_ACTIONS = (OWNERS, HANDOFFS_NEW, HANDOFFS_CHANGED, REQUESTS, JOURNAL, MESSAGES, FATES)
_AFTER_ACTIONS = (
    *(ACTION_CHANGES, ACTION_WORDS, ACTION_DOCUMENTS, LANES_RELEASED, LANES_FREED),
    *(CHATS_RESERVED, CHATS, CHAT_DOCUMENTS, SECRETS_ERASED, CHATS_OVER),
    *(TIMERS_CANCELLED, TIMERS_SET, TICKETS, SEEN, INBOX_OF_EVENT, INBOX_DONE),
)
IN_ORDER = (_BEFORE_ACTIONS, _AFTER_ACTIONS)
"""Kinds of rows before and after new lanes and actions are written."""


class Writes:
    """Rows to write, by kind."""

    def __init__(self) -> None:
        self.rows: dict[Operation, list[tuple[Any, ...]]] = {}

    def add(self, operation: Operation, *row: Any) -> None:
        """One more row."""
        self.rows.setdefault(operation, []).append(row)

    def take_over(self, other: Writes) -> None:
        """All rows of another step."""
        for operation, rows in other.rows.items():
            self.rows.setdefault(operation, []).extend(rows)

    def of(self, operations: Iterable[Operation]) -> Iterable[tuple[str, list[tuple[Any, ...]]]]:
        """The statements to run for these kinds, each with its columns."""
        for operation in operations:
            if rows := self.rows.get(operation):
                yield operation.sql, list(zip(*rows, strict=True))


def message_row(
    handoff_id: str,
    nth: int,
    record: RecordMessage,
    fate: tuple[str, str | None, str | None],
    document: str,
    at: str,
) -> tuple[Any, ...]:
    """The columns of a new message; ``nth`` counts the new messages of the handoff in this group, from 1.

    ``fate`` is its fate at the end of the step, with the detail and the vendor's id.
    """
    told, detail, vendor_id = fate
    return (
        *(handoff_id, nth, record.direction, record.message.key, record.author, record.agent_name),
        *(told, detail, record.attempt, vendor_id, document, at),
    )
