"""What happens to a durable action between its decision and its result."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from livechat_sdk.domain.base import Metadata, utc_text
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.decisions import spoken
from livechat_sdk.ledger.queries import Queries
from livechat_sdk.ledger.sqlite.asking import ask
from livechat_sdk.ledger.sqlite.writes import Place, patch_chat, record_message
from livechat_sdk.ledger.store import ActionRow, ActionStatus
from livechat_sdk.lifecycle.effects import AddToTicket, CreateTicket, PatchChat, SendMessage

__all__ = ["claim", "postpone", "save_progress", "start", "store_words"]


def claim(db: sqlite3.Connection, workspace: str, worker: str, limit: int) -> Sequence[ActionRow]:
    """Hand the open actions that this worker does not have yet to it, oldest first."""
    rows = ask(db, Queries(workspace).unclaimed_actions(worker, limit))
    db.executemany(
        "UPDATE actions SET worker = ? WHERE workspace = ? AND id = ?",
        [(worker, workspace, row.id) for row in rows],
    )
    return rows


def start(
    db: sqlite3.Connection,
    workspace: str,
    action_id: int,
    now: datetime,
    noted: CreateTicket | AddToTicket | None = None,
) -> bool:
    """Note that the call is about to leave; false when the action was withdrawn or is finished.

    ``noted`` replaces the action. A pause before it is over: what is *started* and has one waits for the lag
    of a look-up.
    """
    changed = db.execute(
        """
        UPDATE actions SET status = 'started', not_before = NULL, updated_at = ?,
            document = COALESCE(?, document)
        WHERE workspace = ? AND id = ? AND status IN ('pending', 'started')
        """,
        (utc_text(now), None if noted is None else documents.dump(noted), workspace, action_id),
    )
    return changed.rowcount == 1


def postpone(
    db: sqlite3.Connection,
    workspace: str,
    action_id: int,
    status: ActionStatus,
    not_before: datetime,
    error: str,
    now: datetime,
) -> None:
    """Put off a tried action. One that was withdrawn or finished meanwhile stays so."""
    db.execute(
        """
        UPDATE actions SET status = ?, tries = tries + 1, not_before = ?, error = ?, updated_at = ?
        WHERE workspace = ? AND id = ? AND status IN ('pending', 'started')
        """,
        (status, utc_text(not_before), error, utc_text(now), workspace, action_id),
    )


def save_progress(
    db: sqlite3.Connection, workspace: str, row: ActionRow, send: SendMessage, patch: Metadata, now: datetime
) -> None:
    """Store which parts of a message have arrived, and what they changed in the chat's state."""
    db.execute(
        """
        UPDATE actions SET document = ?, updated_at = ?
        WHERE workspace = ? AND id = ? AND status IN ('pending', 'started')
        """,
        (documents.dump(send), utc_text(now), workspace, row.id),
    )
    if patch:
        patch_chat(db, workspace, row.handoff_id, PatchChat(attempt=send.attempt, patch=patch))


def store_words(
    db: sqlite3.Connection, workspace: str, action_id: int, message: SystemMessage, now: datetime
) -> None:
    """Store the words of a ``Say`` and their entry. The first words stand: what was said is said."""
    stored = db.execute(
        "UPDATE actions SET rendered = ?, updated_at = ? WHERE workspace = ? AND id = ? AND rendered IS NULL",
        (documents.dump(message), utc_text(now), workspace, action_id),
    )
    if stored.rowcount != 1 or not message.text:
        return
    handoff_id, document = db.execute(
        "SELECT handoff_id, document FROM actions WHERE workspace = ? AND id = ?", (workspace, action_id)
    ).fetchone()
    record = spoken(documents.load_action(document), message)
    record_message(db, Place(workspace, handoff_id, message.conversation_id, now), record)
