"""What is read from the tables: rows into objects."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry, Message
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.ledger.fates import RETURNED_TO_BOT
from livechat_sdk.ledger.secrets import SecretBox
from livechat_sdk.ledger.store import (
    ActionRow,
    ActionStatus,
    ChatPlace,
    InboxEvent,
    JournalEntry,
    Ownership,
    TimerRow,
)

__all__ = [
    "action",
    "actions",
    "chat",
    "cooldowns",
    "due_timers",
    "entries",
    "entry",
    "given_up",
    "handoff",
    "handoff_of_key",
    "handoffs",
    "inbox",
    "journal",
    "live_handoff",
    "match",
    "next_timer",
    "open_actions",
    "open_chats",
    "ownership",
    "returned_to_bot",
    "tickets",
    "unclaimed_actions",
    "unmatched",
]

_HANDOFF = """
    SELECT h.document, r.document FROM handoffs AS h
    JOIN requests AS r ON r.workspace = h.workspace AND r.handoff_id = h.id
"""
_ENTRY = """
    SELECT handoff_id, seq, direction, author, message, fate, detail, attempt, vendor_id,
        created_at, updated_at
    FROM entries
"""
_OPEN_CHAT = "SELECT handoff_id, attempt, integration, closed_at IS NOT NULL FROM chats"
_CHAT_PLACE = "SELECT handoff_id, attempt FROM chats"
_KEPT = """
    SELECT DISTINCT i.id, i.event, i.received_at FROM inbox_refs AS r JOIN inbox AS i ON i.id = r.inbox_id
"""
_ACTION = """
    SELECT id, handoff_id, lane, document, status, tries, not_before, error, created_at, updated_at, rendered
    FROM actions
"""


def handoff(db: sqlite3.Connection, workspace: str, handoff_id: str) -> Handoff | None:
    """One handoff by its id."""
    row = db.execute(f"{_HANDOFF} WHERE h.workspace = ? AND h.id = ?", (workspace, handoff_id)).fetchone()
    return documents.load_handoff(*row) if row else None


def handoff_of_key(db: sqlite3.Connection, workspace: str, request_key: str) -> Handoff | None:
    """One handoff by the key of its request."""
    row = db.execute(
        f"{_HANDOFF} WHERE h.workspace = ? AND h.request_key = ?", (workspace, request_key)
    ).fetchone()
    return documents.load_handoff(*row) if row else None


def live_handoff(db: sqlite3.Connection, workspace: str, conversation_id: str) -> Handoff | None:
    """The handoff of a conversation that has not ended; there is never more than one."""
    row = db.execute(
        f"{_HANDOFF} WHERE h.workspace = ? AND h.conversation_id = ? AND h.state <> 'ended'",
        (workspace, conversation_id),
    ).fetchone()
    return documents.load_handoff(*row) if row else None


def handoffs(
    db: sqlite3.Connection,
    workspace: str,
    states: Sequence[HandoffState] | None,
    limit: int,
    newest_first: bool,
) -> list[Handoff]:
    """Handoffs by age."""
    where = "h.workspace = ?"
    if states is not None:
        where += f" AND h.state IN ({_marks(states)})"
        if HandoffState.ENDED not in states:
            where += " AND h.state <> 'ended'"  # lets the small index of live handoffs be used
    order = "DESC" if newest_first else "ASC"
    rows = db.execute(
        f"{_HANDOFF} WHERE {where} ORDER BY h.created_at {order}, h.id {order} LIMIT ?",
        (workspace, *(states or ()), limit),
    )
    return [documents.load_handoff(*row) for row in rows]


def ownership(db: sqlite3.Connection, workspace: str, conversation_id: str) -> Ownership:
    """Who owns a conversation, its live handoff and what the bot may do meanwhile: one consistent answer."""
    row = db.execute(
        """
        SELECT c.owner, c.number, h.id, h.state, h.document FROM conversations AS c
        LEFT JOIN handoffs AS h
        ON h.workspace = c.workspace AND h.conversation_id = c.id AND h.state <> 'ended'
        WHERE c.workspace = ? AND c.id = ?
        """,
        (workspace, conversation_id),
    ).fetchone()
    if row is None:
        return Ownership()
    owner, number, live, state, document = row
    if live is None:
        return Ownership(owner, number)
    return Ownership(owner, number, live, HandoffState(state), documents.bot_may_wait(document))


def entries(
    db: sqlite3.Connection, workspace: str, handoff_id: str, after: int, limit: int
) -> list[LedgerEntry]:
    """Messages in the order in which they came."""
    rows = db.execute(
        f"{_ENTRY} WHERE workspace = ? AND handoff_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        (workspace, handoff_id, after, limit),
    )
    return [_entry(row) for row in rows]


def entry(
    db: sqlite3.Connection, workspace: str, handoff_id: str, direction: Direction, key: str
) -> LedgerEntry | None:
    """One message by its key."""
    row = db.execute(
        f"{_ENTRY} WHERE workspace = ? AND handoff_id = ? AND direction = ? AND message_key = ?",
        (workspace, handoff_id, direction, key),
    ).fetchone()
    return _entry(row) if row else None


def returned_to_bot(db: sqlite3.Connection, workspace: str, handoff_id: str) -> list[LedgerEntry]:
    """The end user's messages that went back to the bot."""
    rows = db.execute(
        f"""
        {_ENTRY} WHERE workspace = ? AND handoff_id = ? AND direction = ? AND fate = ? AND detail = ?
        ORDER BY seq
        """,
        (workspace, handoff_id, Direction.TO_PROVIDER, Fate.DROPPED, RETURNED_TO_BOT),
    )
    return [_entry(row) for row in rows]


def journal(
    db: sqlite3.Connection, workspace: str, handoff_id: str, after: int, limit: int
) -> list[JournalEntry]:
    """The inputs of a handoff in order."""
    rows = db.execute(
        """
        SELECT seq, handoff_id, at, kind, state, version, refused, detail FROM journal
        WHERE workspace = ? AND handoff_id = ? AND seq > ? ORDER BY seq LIMIT ?
        """,
        (workspace, handoff_id, after, limit),
    )
    return [
        JournalEntry(
            seq=seq,
            handoff_id=of,
            at=_time(at),
            kind=kind,
            state=HandoffState(state),
            version=version,
            refused=refused,
            detail=documents.load_mapping(detail),
        )
        for seq, of, at, kind, state, version, refused, detail in rows
    ]


def chat(
    db: sqlite3.Connection, workspace: str, handoff_id: str, attempt: int, box: SecretBox
) -> Chat | None:
    """The vendor's side of an attempt, once it is known, with its secrets in clear."""
    row = db.execute(
        """
        SELECT document, secrets FROM chats
        WHERE workspace = ? AND handoff_id = ? AND attempt = ? AND document IS NOT NULL
        """,
        (workspace, handoff_id, attempt),
    ).fetchone()
    if row is None:
        return None
    found = documents.load(Chat, row[0])
    if row[1] is None:
        return found
    return found.model_copy(update={"secrets": box.open(row[1], (workspace, handoff_id, attempt))})


def match(
    db: sqlite3.Connection, workspace: str, integration: str, refs: Sequence[str]
) -> tuple[str, int] | None:
    """The attempt that one of these refs belongs to: by our own ref first, then by the vendor's."""
    if not refs:
        return None
    for column in ("ref", "vendor_ref"):
        row = db.execute(
            f"{_CHAT_PLACE} WHERE workspace = ? AND integration = ? AND {column} IN ({_marks(refs)})"
            " ORDER BY id DESC LIMIT 1",
            (workspace, integration, *refs),
        ).fetchone()
        if row:
            return str(row[0]), int(row[1])
    return None


def actions(db: sqlite3.Connection, workspace: str, handoff_id: str) -> list[ActionRow]:
    """Every action of a handoff."""
    rows = db.execute(
        f"{_ACTION} WHERE workspace = ? AND handoff_id = ? ORDER BY id", (workspace, handoff_id)
    )
    return [_action(row) for row in rows]


def open_actions(db: sqlite3.Connection, workspace: str, handoff_id: str | None = None) -> list[ActionRow]:
    """Every pending or started action, of one handoff or of all."""
    where = "workspace = ? AND status IN ('pending', 'started')"
    values = [workspace]
    if handoff_id is not None:
        where += " AND handoff_id = ?"
        values.append(handoff_id)
    return [_action(row) for row in db.execute(f"{_ACTION} WHERE {where} ORDER BY id", values)]


def unclaimed_actions(db: sqlite3.Connection, workspace: str, worker: str, limit: int) -> list[ActionRow]:
    """Open actions that were not handed to this worker, oldest first."""
    rows = db.execute(
        f"""
        {_ACTION} WHERE workspace = ? AND status IN ('pending', 'started') AND worker IS NOT ?
        ORDER BY id LIMIT ?
        """,
        (workspace, worker, limit),
    )
    return [_action(row) for row in rows]


def open_chats(db: sqlite3.Connection, workspace: str, integrations: Sequence[str]) -> list[ChatPlace]:
    """Chats that are open at the vendor, oldest first."""
    if not integrations:
        return []
    rows = db.execute(
        f"""
        {_OPEN_CHAT} WHERE workspace = ? AND integration IN ({_marks(integrations)})
            AND document IS NOT NULL AND (closed_at IS NULL OR left_open = 1)
        ORDER BY id
        """,
        (workspace, *integrations),
    )
    return [ChatPlace(of, attempt, name, bool(over)) for of, attempt, name, over in rows]


def action(db: sqlite3.Connection, workspace: str, action_id: int) -> ActionRow | None:
    """One action by its id."""
    row = db.execute(f"{_ACTION} WHERE workspace = ? AND id = ?", (workspace, action_id)).fetchone()
    return _action(row) if row else None


def given_up(db: sqlite3.Connection, workspace: str, handoff_id: str | None, limit: int) -> list[ActionRow]:
    """Actions that failed or are doubtful, of one handoff or of all."""
    where = "workspace = ? AND status IN ('failed', 'doubtful')"
    values: list[str | int] = [workspace]
    if handoff_id is not None:
        where += " AND handoff_id = ?"
        values.append(handoff_id)
    rows = db.execute(f"{_ACTION} WHERE {where} ORDER BY id LIMIT ?", (*values, limit))
    return [_action(row) for row in rows]


def cooldowns(db: sqlite3.Connection, workspace: str) -> dict[str, Cooldown]:
    """What is known of integrations that could not open chats, by name."""
    rows = db.execute(
        "SELECT integration, until, failures, reason FROM cooldowns WHERE workspace = ?", (workspace,)
    )
    return {name: Cooldown(_time(until), failures, reason) for name, until, failures, reason in rows}


def due_timers(db: sqlite3.Connection, workspace: str, now: datetime, limit: int) -> list[TimerRow]:
    """Timers that are due, oldest first."""
    rows = db.execute(
        """
        SELECT handoff_id, name, due_at FROM timers WHERE workspace = ? AND due_at <= ?
        ORDER BY due_at, handoff_id, name LIMIT ?
        """,
        (workspace, utc_text(now), limit),
    )
    return [TimerRow(of, name, _time(due_at)) for of, name, due_at in rows]


def next_timer(db: sqlite3.Connection, workspace: str) -> datetime | None:
    """When the next timer is due."""
    (due_at,) = db.execute("SELECT MIN(due_at) FROM timers WHERE workspace = ?", (workspace,)).fetchone()
    return _time(due_at) if due_at else None


def inbox(db: sqlite3.Connection, workspace: str, limit: int) -> list[InboxEvent]:
    """Events of embedded providers that no step has taken yet."""
    rows = db.execute(
        "SELECT id, event, received_at FROM inbox WHERE workspace = ? AND kept = 0 ORDER BY id LIMIT ?",
        (workspace, limit),
    )
    return [_inbox_event(row) for row in rows]


def unmatched(
    db: sqlite3.Connection, workspace: str, integration: str, refs: Sequence[str]
) -> list[InboxEvent]:
    """Kept events that have one of these refs."""
    if not refs:
        return []
    rows = db.execute(
        f"{_KEPT} WHERE r.workspace = ? AND r.integration = ? AND r.ref IN ({_marks(refs)}) ORDER BY i.id",
        (workspace, integration, *refs),
    )
    return [_inbox_event(row) for row in rows]


def tickets(db: sqlite3.Connection, workspace: str, handoff_id: str) -> list[Ticket]:
    """Tickets made from a handoff."""
    rows = db.execute(
        """
        SELECT ticket FROM tickets WHERE workspace = ? AND handoff_id = ?
        ORDER BY stored_at, source, ticket_key
        """,
        (workspace, handoff_id),
    )
    return [documents.load(Ticket, document) for (document,) in rows]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _entry(row: Sequence[Any]) -> LedgerEntry:
    of, seq, direction, author, message, fate, detail, attempt, vendor_id, created_at, updated_at = row
    return LedgerEntry(
        handoff_id=of,
        seq=seq,
        direction=Direction(direction),
        author=author,
        message=documents.load(Message, message),
        fate=Fate(fate),
        detail=detail,
        attempt=attempt,
        vendor_id=vendor_id,
        created_at=_time(created_at),
        updated_at=_time(updated_at),
    )


def _action(row: Sequence[Any]) -> ActionRow:
    id_, of, lane, document, status, tries, not_before, error, created_at, updated_at, rendered = row
    return ActionRow(
        id=id_,
        handoff_id=of,
        lane=lane,
        action=documents.load_action(document),
        status=ActionStatus(status),
        tries=tries,
        not_before=_time(not_before) if not_before else None,
        error=error,
        created_at=_time(created_at),
        updated_at=_time(updated_at),
        rendered=documents.load(SystemMessage, rendered) if rendered else None,
    )


def _inbox_event(row: Sequence[Any]) -> InboxEvent:
    id_, event, received_at = row
    return InboxEvent(id=id_, event=documents.load_event(event), received_at=_time(received_at))
