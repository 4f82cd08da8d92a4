"""What a group of steps writes: one operation for each kind of row, several in one statement where they may.

A step adds rows; a group is flushed in the order of ``IN_ORDER``. ``$1`` is the workspace, the other
parameters are columns (arrays of equal length). No kind may hold two rows for the same place: a step brings
the final state of what it changes, and no two steps of a group touch the same handoff.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import accumulate
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
    "Stages",
    "Writes",
    "message_row",
]


class Operation:
    """One statement for any number of rows, which are the table ``u`` in it.

    ``EACH`` in ``sql`` stands for that table. Of its columns, each is written ``name type``.
    """

    def __init__(self, sql: str, columns: str) -> None:
        self._sql = sql
        self._columns = [column.split() for column in columns.split(",")]

    @property
    def width(self) -> int:
        """How many columns it takes."""
        return len(self._columns)

    def text(self, first: int) -> str:
        """The statement, with its first column as parameter number ``first``."""
        names = ", ".join(name for name, _ in self._columns)
        arrays = ", ".join(f"${nth}::{kind}[]" for nth, (_, kind) in enumerate(self._columns, start=first))
        return self._sql.replace("EACH", f"unnest({arrays}) AS u ({names})")


OWNERS = Operation(
    """
    UPDATE conversations AS c SET owner = u.owner, number = u.number, updated_at = u.at
    FROM EACH
    WHERE c.workspace = $1 AND c.id = u.id
    """,
    "id text, owner text, number bigint, at text",
)
HANDOFFS_NEW = Operation(
    """
    INSERT INTO handoffs (
        workspace, id, request_key, conversation_id, state, version, bot, user_id, format, created_at,
        updated_at, ended_at, document
    )
    SELECT $1, u.* FROM EACH
    """,
    "id text, request_key text, conversation_id text, state text, version bigint, bot text, user_id text, "
    "format bigint, created_at text, updated_at text, ended_at text, document text",
)
HANDOFFS_CHANGED = Operation(
    """
    UPDATE handoffs AS h SET state = u.state, version = u.version, format = u.format, updated_at = u.at,
        ended_at = u.ended_at, document = u.document
    FROM EACH
    WHERE h.workspace = $1 AND h.id = u.id
    """,
    "id text, state text, version bigint, format bigint, at text, ended_at text, document text",
)
REQUESTS = Operation(
    """
    INSERT INTO requests (workspace, handoff_id, document)
    SELECT $1, u.id, u.document FROM EACH
    """,
    "id text, document text",
)
JOURNAL = Operation(
    """
    INSERT INTO journal (workspace, handoff_id, seq, at, kind, state, version, refused, detail)
    SELECT $1, u.id, COALESCE((
            SELECT MAX(j.seq) FROM journal AS j WHERE j.workspace = $1 AND j.handoff_id = u.id
        ), 0) + 1, u.at, u.kind, u.state, u.version, u.refused, u.detail
    FROM EACH
    """,
    "id text, at text, kind text, state text, version bigint, refused text, detail text",
)
MESSAGES = Operation(
    """
    INSERT INTO entries (
        workspace, handoff_id, seq, direction, message_key, author, agent_name, fate, detail, attempt,
        vendor_id, message, created_at, updated_at
    )
    SELECT $1, u.id, COALESCE((
            SELECT MAX(e.seq) FROM entries AS e WHERE e.workspace = $1 AND e.handoff_id = u.id
        ), 0) + u.nth, u.direction, u.key, u.author, u.agent_name, u.fate, u.detail, u.attempt,
        u.vendor_id, u.message, u.at, u.at
    FROM EACH
    """,
    "id text, nth bigint, direction text, key text, author text, agent_name text, fate text, "
    "detail text, attempt bigint, vendor_id text, message text, at text",
)
FATES = Operation(
    """
    UPDATE entries AS e
    SET fate = u.fate, detail = u.detail, vendor_id = u.vendor_id, updated_at = u.at
    FROM EACH
    WHERE e.workspace = $1 AND e.handoff_id = u.id AND e.direction = u.direction AND e.message_key = u.key
    """,
    "id text, direction text, key text, fate text, detail text, vendor_id text, at text",
)
ACTION_CHANGES = Operation(
    """
    UPDATE actions AS a
    SET status = u.status, tries = u.tries, not_before = u.not_before, error = u.error, updated_at = u.at
    FROM EACH
    WHERE a.workspace = $1 AND a.id = u.id
    """,
    "id bigint, status text, tries bigint, not_before text, error text, at text",
)
ACTION_WORDS = Operation(
    """
    UPDATE actions AS a SET rendered = u.rendered, updated_at = u.at
    FROM EACH WHERE a.workspace = $1 AND a.id = u.id
    """,
    "id bigint, rendered text, at text",
)
ACTION_DOCUMENTS = Operation(
    """
    UPDATE actions AS a SET document = u.document, updated_at = u.at
    FROM EACH WHERE a.workspace = $1 AND a.id = u.id
    """,
    "id bigint, document text, at text",
)
LANES_RELEASED = Operation(
    """
    DELETE FROM lanes AS l USING EACH
    WHERE l.workspace = $1 AND l.handoff_id = u.id AND l.name = u.name AND NOT EXISTS (
        SELECT 1 FROM actions AS a
        WHERE a.workspace = $1 AND a.handoff_id = u.id AND a.lane = u.name
            AND a.status IN ('pending', 'started')
    )
    """,
    "id text, name text",
)
"""A lane whose last open action is over. The handoff is locked, so that nobody adds one meanwhile."""

LANES_FREED = Operation(
    """
    UPDATE lanes AS l SET worker = NULL FROM EACH
    WHERE l.workspace = $1 AND l.handoff_id = u.id AND EXISTS (
        SELECT 1 FROM workers AS w
        WHERE w.workspace = $1 AND w.id = l.worker AND w.format < u.format
    )
    """,
    "id text, format bigint",
)
"""Workers of an older release cannot read the handoff any more: others must run its lanes."""

CHATS_RESERVED = Operation(
    """
    INSERT INTO chats (workspace, integration, ref, handoff_id, attempt, opened_at, shard)
    SELECT $1, u.integration, u.ref, u.id, u.attempt, u.at, u.shard
    FROM EACH
    ON CONFLICT (workspace, handoff_id, attempt) DO NOTHING
    """,
    "integration text, ref text, id text, attempt bigint, at text, shard bigint",
)
CHATS = Operation(
    """
    INSERT INTO chats (
        workspace, integration, ref, vendor_ref, handoff_id, attempt, document, secrets, opened_at, shard
    )
    SELECT $1, u.integration, u.ref, u.vendor_ref, u.id, u.attempt, u.document, u.secrets, u.at, u.shard
    FROM EACH
    ON CONFLICT (workspace, handoff_id, attempt) DO UPDATE
    SET vendor_ref = excluded.vendor_ref, document = excluded.document, secrets = excluded.secrets
    """,
    "integration text, ref text, vendor_ref text, id text, attempt bigint, "
    "document text, secrets bytea, at text, shard bigint",
)
CHAT_DOCUMENTS = Operation(
    """
    UPDATE chats AS c SET document = u.document
    FROM EACH
    WHERE c.workspace = $1 AND c.handoff_id = u.id AND c.attempt = u.attempt
    """,
    "id text, attempt bigint, document text",
)
SECRETS_ERASED = Operation(
    """
    UPDATE chats AS c SET secrets = NULL FROM EACH
    WHERE c.workspace = $1 AND c.handoff_id = u.id AND c.secrets IS NOT NULL
    """,
    "id text",
)
CHATS_OVER = Operation(
    """
    UPDATE chats AS c SET closed_at = COALESCE(c.closed_at, u.at), left_open = u.left_open
    FROM EACH
    WHERE c.workspace = $1 AND c.handoff_id = u.id AND c.attempt = u.attempt
        AND (c.closed_at IS NULL OR c.left_open <> u.left_open)
    """,
    "id text, attempt bigint, left_open bigint, at text",
)
TIMERS_SET = Operation(
    """
    INSERT INTO timers (workspace, handoff_id, name, due_at, shard)
    SELECT $1, u.id, u.name, u.due_at, u.shard
    FROM EACH
    ON CONFLICT (workspace, handoff_id, name) DO UPDATE SET due_at = excluded.due_at
    """,
    "id text, name text, due_at text, shard bigint",
)
TIMERS_CANCELLED = Operation(
    """
    DELETE FROM timers AS t USING EACH
    WHERE t.workspace = $1 AND t.handoff_id = u.id AND t.name = u.name
    """,
    "id text, name text",
)
TICKETS = Operation(
    """
    INSERT INTO tickets (workspace, handoff_id, source, ticket_key, ticket, stored_at)
    SELECT $1, u.id, u.source, u.key, u.ticket, u.at
    FROM EACH
    ON CONFLICT (workspace, handoff_id, source, ticket_key) DO UPDATE SET ticket = excluded.ticket
    """,
    "id text, source text, key text, ticket text, at text",
)
SEEN = Operation(
    """
    INSERT INTO seen (workspace, integration, event_id, handoff_id, at)
    SELECT $1, u.* FROM EACH
    """,
    "integration text, event_id text, id text, at text",
)
INBOX_OF_EVENT = Operation(
    """
    DELETE FROM inbox AS i USING EACH
    WHERE i.workspace = $1 AND i.integration = u.integration AND i.event_id = u.event_id
    """,
    "integration text, event_id text",
)
INBOX_DONE = Operation(
    "DELETE FROM inbox AS i USING EACH WHERE i.workspace = $1 AND i.id = u.id",
    "id bigint",
)

Stages = tuple[tuple[Operation, ...], ...]

# New lanes and actions come between the two halves: see ``Writer``. What one stage changes, its operations do
# not see of each other: no two of them may touch the same row.
_BEFORE_ACTIONS: Stages = ((OWNERS, HANDOFFS_NEW, HANDOFFS_CHANGED, REQUESTS, JOURNAL, MESSAGES, FATES),)
_AFTER_ACTIONS: Stages = (
    *((ACTION_CHANGES,), (ACTION_WORDS,), (ACTION_DOCUMENTS,)),
    (LANES_RELEASED, TIMERS_CANCELLED, TIMERS_SET, TICKETS, SEEN, INBOX_OF_EVENT),
    *((LANES_FREED,), (INBOX_DONE,)),
    *((CHATS_RESERVED,), (CHATS,), (CHAT_DOCUMENTS,), (SECRETS_ERASED,), (CHATS_OVER,)),
)
IN_ORDER = (_BEFORE_ACTIONS, _AFTER_ACTIONS)
"""Kinds of rows before and after new lanes and actions are written; those of a stage in one statement."""


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

    def of(self, stages: Stages) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """The statements to run for these stages, each with its columns."""
        for stage in stages:
            present = tuple(operation for operation in stage if self.rows.get(operation))
            if present:
                columns = [column for each in present for column in zip(*self.rows[each], strict=True)]
                yield _together(present), columns


@cache
def _together(operations: tuple[Operation, ...]) -> str:
    """One statement that carries out all of these: one journey to the server instead of several."""
    firsts = accumulate((each.width for each in operations), initial=2)
    *others, last = (each.text(first) for each, first in zip(operations, firsts, strict=False))
    named = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(others))
    return f"WITH {named} {last}" if named else last


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
