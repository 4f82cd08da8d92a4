"""The ledger writes of a step, one function for each kind."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.decisions import cancelled, fate_of, patched, returned, was_started
from livechat_sdk.ledger.fates import RETURNED_TO_BOT
from livechat_sdk.ledger.queries import Queries
from livechat_sdk.ledger.secrets import SecretBox
from livechat_sdk.ledger.shards import shard_of
from livechat_sdk.ledger.sqlite.asking import ask
from livechat_sdk.ledger.store import ActionRow, ActionStatus, DuplicateMessage, NotParked
from livechat_sdk.lifecycle.effects import (
    CancelActions,
    CancelTimer,
    ChangeOwner,
    EraseSecrets,
    LedgerWrite,
    PatchChat,
    RecordMessage,
    ReturnToBot,
    SaveChat,
    SaveTicket,
    SetFate,
    SetTimer,
    Unpark,
)

__all__ = ["Place", "patch_chat", "record_message", "write"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a step writes. ``is_result``: it is the result of an action that was carried out."""

    workspace: str
    handoff_id: str
    conversation_id: str
    at: datetime
    is_result: bool = False


def write(db: sqlite3.Connection, place: Place, each: LedgerWrite, box: SecretBox) -> None:
    """Carry out one write of a step. Raises ``DuplicateMessage``, ``NotParked``."""
    if isinstance(each, SaveChat):
        _save_chat(db, place, each, box)
    else:
        _WRITERS[type(each)](db, place, each)


def _record(db: sqlite3.Connection, place: Place, record: RecordMessage) -> None:
    if record_message(db, place, record):
        return
    key = record.message.key
    existing = ask(db, Queries(place.workspace).entry(place.handoff_id, record.direction, key))
    if existing is None:
        raise AssertionError(f"message {key!r} is there and cannot be found")
    raise DuplicateMessage(existing)


def record_message(db: sqlite3.Connection, place: Place, record: RecordMessage) -> bool:
    """Write a message into the ledger; false when one with its key and direction is there already."""
    at = utc_text(place.at)
    added = db.execute(
        """
        INSERT INTO entries (
            workspace, handoff_id, seq, direction, message_key, author, agent_name, fate, detail, attempt,
            vendor_id, message, created_at, updated_at
        )
        SELECT ?1, ?2, COALESCE(MAX(seq), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12
        FROM entries WHERE workspace = ?1 AND handoff_id = ?2
        ON CONFLICT (workspace, handoff_id, direction, message_key) DO NOTHING
        """,
        (
            place.workspace,
            place.handoff_id,
            record.direction,
            record.message.key,
            record.author,
            record.agent_name,
            record.fate,
            record.detail,
            record.attempt,
            record.vendor_id,
            documents.dump(record.message),
            at,
        ),
    )
    return added.rowcount == 1


def _set_fate(db: sqlite3.Connection, place: Place, report: SetFate) -> None:
    of_entry = (place.workspace, place.handoff_id, report.direction, report.message_key)
    row = db.execute(
        """
        SELECT fate FROM entries WHERE workspace = ? AND handoff_id = ? AND direction = ? AND message_key = ?
        """,
        of_entry,
    ).fetchone()
    if row is None:
        return
    fate, taken = fate_of(Fate(row[0]), report, lambda: _was_started(db, place, report))
    db.execute(
        """
        UPDATE entries SET fate = ?, detail = CASE WHEN ? THEN ? ELSE detail END,
            vendor_id = COALESCE(?, vendor_id), updated_at = ?
        WHERE workspace = ? AND handoff_id = ? AND direction = ? AND message_key = ?
        """,
        (fate, taken, report.detail, report.vendor_id, utc_text(place.at), *of_entry),
    )


def _was_started(db: sqlite3.Connection, place: Place, report: SetFate) -> bool:
    """Whether the sending of a message ever began: this is its result, or an action of it got so far."""
    if place.is_result:
        return True
    return was_started(ask(db, Queries(place.workspace).actions(place.handoff_id)), report.message_key)


def _open_actions(db: sqlite3.Connection, place: Place) -> Sequence[ActionRow]:
    return ask(db, Queries(place.workspace).open_actions(place.handoff_id))


def _return_to_bot(db: sqlite3.Connection, place: Place, back: ReturnToBot) -> None:
    """Drop what no human got; what is on its way already keeps its own result."""
    keys, withdrawn = returned(_open_actions(db, place), back)
    for key in keys:
        db.execute(
            """
            UPDATE entries SET fate = ?, detail = ?, updated_at = ?
            WHERE workspace = ? AND handoff_id = ? AND direction = ? AND message_key = ? AND fate IN (?, ?)
            """,
            (
                Fate.DROPPED,
                RETURNED_TO_BOT,
                utc_text(place.at),
                place.workspace,
                place.handoff_id,
                Direction.TO_PROVIDER,
                key,
                Fate.HELD,
                Fate.PLANNED,
            ),
        )
    for row in withdrawn:
        _withdraw(db, place, row)


def _cancel_actions(db: sqlite3.Connection, place: Place, cancel: CancelActions) -> None:
    for row in cancelled(_open_actions(db, place), cancel):
        _withdraw(db, place, row)


def _withdraw(db: sqlite3.Connection, place: Place, row: ActionRow) -> None:
    db.execute(
        "UPDATE actions SET status = ?, updated_at = ? WHERE workspace = ? AND id = ?",
        (ActionStatus.WITHDRAWN, utc_text(place.at), place.workspace, row.id),
    )


def _unpark(db: sqlite3.Connection, place: Place, unpark: Unpark) -> None:
    changed = db.execute(
        """
        UPDATE actions SET status = 'withdrawn', error = ?, updated_at = ?
        WHERE workspace = ? AND id = ? AND handoff_id = ? AND status IN ('failed', 'doubtful')
        """,
        (unpark.detail, utc_text(place.at), place.workspace, unpark.action_id, place.handoff_id),
    )
    if changed.rowcount != 1:
        raise NotParked(unpark.action_id)


def _change_owner(db: sqlite3.Connection, place: Place, change: ChangeOwner) -> None:
    db.execute(
        """
        UPDATE conversations SET owner = ?, number = ?, updated_at = ? WHERE workspace = ? AND id = ?
        """,
        (change.owner, change.number, utc_text(place.at), place.workspace, place.conversation_id),
    )


def _save_ticket(db: sqlite3.Connection, place: Place, save: SaveTicket) -> None:
    ticket = save.ticket
    db.execute(
        """
        INSERT INTO tickets (workspace, handoff_id, source, ticket_key, ticket, stored_at)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (workspace, handoff_id, source, ticket_key) DO UPDATE SET ticket = excluded.ticket
        """,
        (
            place.workspace,
            place.handoff_id,
            ticket.source,
            ticket.key,
            documents.dump(ticket),
            utc_text(place.at),
        ),
    )


def _set_timer(db: sqlite3.Connection, place: Place, timer: SetTimer) -> None:
    db.execute(
        """
        INSERT INTO timers (workspace, handoff_id, name, due_at, shard) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (workspace, handoff_id, name) DO UPDATE SET due_at = excluded.due_at
        """,
        (place.workspace, place.handoff_id, timer.name, utc_text(timer.due_at), shard_of(place.handoff_id)),
    )


def _cancel_timer(db: sqlite3.Connection, place: Place, timer: CancelTimer) -> None:
    db.execute(
        "DELETE FROM timers WHERE workspace = ? AND handoff_id = ? AND name = ?",
        (place.workspace, place.handoff_id, timer.name),
    )


def _erase_secrets(db: sqlite3.Connection, place: Place, _: EraseSecrets) -> None:
    db.execute(
        "UPDATE chats SET secrets = NULL WHERE workspace = ? AND handoff_id = ?",
        (place.workspace, place.handoff_id),
    )


def _save_chat(db: sqlite3.Connection, place: Place, save: SaveChat, box: SecretBox) -> None:
    chat = save.chat
    sealed = None
    if chat.secrets:
        sealed = box.seal(chat.secrets, (place.workspace, place.handoff_id, chat.attempt))
    db.execute(
        """
        INSERT INTO chats (
            workspace, integration, ref, vendor_ref, handoff_id, attempt, document, secrets, opened_at, shard
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (workspace, handoff_id, attempt) DO UPDATE
        SET vendor_ref = excluded.vendor_ref, document = excluded.document, secrets = excluded.secrets
        """,
        (
            place.workspace,
            chat.integration,
            chat.ref,
            chat.vendor_ref,
            place.handoff_id,
            chat.attempt,
            documents.dump_chat(chat),
            sealed,
            utc_text(place.at),
            shard_of(place.handoff_id),
        ),
    )


def _patch_chat(db: sqlite3.Connection, place: Place, patch: PatchChat) -> None:
    patch_chat(db, place.workspace, place.handoff_id, patch)


def patch_chat(db: sqlite3.Connection, workspace: str, handoff_id: str, patch: PatchChat) -> None:
    """Change named keys of a chat's state as it is stored now; nothing where the chat is not known."""
    row = db.execute(
        "SELECT document FROM chats WHERE workspace = ? AND handoff_id = ? AND attempt = ?",
        (workspace, handoff_id, patch.attempt),
    ).fetchone()
    if row is None or row[0] is None:
        return
    chat = patched(documents.load(Chat, row[0]), patch.patch)
    db.execute(
        "UPDATE chats SET document = ? WHERE workspace = ? AND handoff_id = ? AND attempt = ?",
        (documents.dump_chat(chat), workspace, handoff_id, patch.attempt),
    )


_WRITERS: dict[type[LedgerWrite], Callable[[sqlite3.Connection, Place, Any], None]] = {
    RecordMessage: _record,
    SetFate: _set_fate,
    ReturnToBot: _return_to_bot,
    Unpark: _unpark,
    CancelActions: _cancel_actions,
    ChangeOwner: _change_owner,
    PatchChat: _patch_chat,
    SaveTicket: _save_ticket,
    EraseSecrets: _erase_secrets,
    SetTimer: _set_timer,
    CancelTimer: _cancel_timer,
}
