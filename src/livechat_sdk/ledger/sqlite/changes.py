"""Changes as jobs for the writer: one step of the lifecycle in one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.errors import HandoffNotFound
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.decisions import check_owner_number, ended_at, over_chats
from livechat_sdk.ledger.queries import Queries
from livechat_sdk.ledger.secrets import SecretBox
from livechat_sdk.ledger.shards import shard_of
from livechat_sdk.ledger.sqlite import inbox
from livechat_sdk.ledger.sqlite.asking import ask
from livechat_sdk.ledger.sqlite.writes import Place, write
from livechat_sdk.ledger.store import (
    ActionRow,
    ActionStatus,
    Applied,
    Change,
    Completion,
    Created,
    TimerGone,
    TimerRow,
    VersionConflict,
)
from livechat_sdk.lifecycle.effects import OpenChat

__all__ = ["ApplyChange", "CreateHandoff"]


@dataclass(frozen=True, slots=True)
class CreateHandoff:
    """Store a new handoff with its first step, unless it or a live one is there already."""

    workspace: str
    change: Change
    box: SecretBox
    worker: str | None

    def __call__(self, db: sqlite3.Connection) -> Created:
        """Run in the writer's transaction."""
        handoff = self.change.handoff
        request, queries = handoff.request, Queries(self.workspace)
        same_key = ask(db, queries.handoff_of_key(request.key))
        if same_key is not None:
            return Created("same_key", same_key)
        live = ask(db, queries.live_handoff(request.conversation_id))
        if live is not None and handoff.is_live:
            return Created("conversation_live", live)
        check_owner_number(self.change, ask(db, queries.ownership(request.conversation_id)).number)
        _insert_handoff(db, self.workspace, self.change)
        added = _rest_of(db, self.workspace, self.change, self.box, self.worker)
        return Created("created", handoff, added)


@dataclass(frozen=True, slots=True)
class ApplyChange:
    """Store one step of an existing handoff; ``worker`` runs the new actions (``None``: who claims them)."""

    workspace: str
    change: Change
    box: SecretBox
    worker: str | None

    def __call__(self, db: sqlite3.Connection) -> Applied:
        """Run in the writer's transaction."""
        change = self.change
        if change.fired is not None:
            _take_timer(db, self.workspace, change.fired)
        if change.event is not None:
            inbox.note_seen(db, self.workspace, change.event, change.handoff.id, change.at)
        if change.handoff.version != change.before_version:
            _update_handoff(db, self.workspace, change)
        if change.inbox_id is not None:
            inbox.forget(db, self.workspace, change.inbox_id)
        if change.completes is not None:
            _complete(db, self.workspace, change.handoff.id, change.completes, change.at)
        return Applied(_rest_of(db, self.workspace, change, self.box, self.worker))


def _insert_handoff(db: sqlite3.Connection, workspace: str, change: Change) -> None:
    handoff, at = change.handoff, utc_text(change.at)
    conversation_id = handoff.request.conversation_id
    db.execute(
        """
        INSERT INTO conversations (workspace, id, owner, number, updated_at) VALUES (?, ?, 'bot', 0, ?)
        ON CONFLICT (workspace, id) DO NOTHING
        """,
        (workspace, conversation_id, at),
    )
    db.execute(
        """
        INSERT INTO handoffs (
            workspace, id, request_key, conversation_id, state, version, bot, user_id, format, created_at,
            updated_at, ended_at, document
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            workspace,
            handoff.id,
            handoff.request.key,
            conversation_id,
            handoff.state,
            handoff.version,
            handoff.request.bot,
            handoff.request.user.id,
            documents.DOCUMENT_VERSION,
            utc_text(handoff.created_at),
            at,
            ended_at(handoff),
            documents.dump_handoff(handoff),
        ),
    )
    db.execute(
        "INSERT INTO requests (workspace, handoff_id, document) VALUES (?, ?, ?)",
        (workspace, handoff.id, documents.dump(handoff.request)),
    )


def _update_handoff(db: sqlite3.Connection, workspace: str, change: Change) -> None:
    handoff = change.handoff
    changed = db.execute(
        """
        UPDATE handoffs SET state = ?, version = ?, format = ?, updated_at = ?, ended_at = ?, document = ?
        WHERE workspace = ? AND id = ? AND version = ?
        """,
        (
            handoff.state,
            handoff.version,
            documents.DOCUMENT_VERSION,
            utc_text(change.at),
            ended_at(handoff),
            documents.dump_handoff(handoff),
            workspace,
            handoff.id,
            change.before_version,
        ),
    ).rowcount
    if changed:
        return
    row = db.execute(
        "SELECT version FROM handoffs WHERE workspace = ? AND id = ?", (workspace, handoff.id)
    ).fetchone()
    if row is None:
        raise HandoffNotFound(handoff.id)
    raise VersionConflict(f"handoff {handoff.id} has version {row[0]}, the step knew {change.before_version}")


def _complete(
    db: sqlite3.Connection, workspace: str, handoff_id: str, completes: Completion, at: datetime
) -> None:
    db.execute(
        """
        UPDATE actions SET status = ?, error = ?, tries = tries + 1, not_before = NULL, updated_at = ?
        WHERE workspace = ? AND id = ? AND handoff_id = ?
        """,
        (completes.status, completes.error, utc_text(at), workspace, completes.action_id, handoff_id),
    )


def _take_timer(db: sqlite3.Connection, workspace: str, fired: TimerRow) -> None:
    """Delete the timer that fired; one of the same name that was set anew meanwhile stays."""
    gone = db.execute(
        "DELETE FROM timers WHERE workspace = ? AND handoff_id = ? AND name = ? AND due_at = ?",
        (workspace, fired.handoff_id, fired.name, utc_text(fired.due_at)),
    ).rowcount
    if not gone:
        raise TimerGone(f"timer {fired.name} of {fired.handoff_id} is not set for {fired.due_at}")


def _rest_of(
    db: sqlite3.Connection, workspace: str, change: Change, box: SecretBox, worker: str | None
) -> list[ActionRow]:
    """What creating and applying share: journal, writes, new actions, chats that are over.

    Returns the new actions that ``worker`` must run.
    """
    _write_journal(db, workspace, change)
    place = Place(
        workspace,
        change.handoff.id,
        change.handoff.request.conversation_id,
        change.at,
        change.completes is not None,
    )
    for each in change.writes:
        write(db, place, each, box)
    added = [_insert_action(db, place, change, index, worker) for index in range(len(change.actions))]
    _close_chats(db, workspace, change.handoff, change.at)
    return added if worker is not None else []


def _write_journal(db: sqlite3.Connection, workspace: str, change: Change) -> None:
    handoff = change.handoff
    try:
        db.execute(
            """
            INSERT INTO journal (workspace, handoff_id, seq, at, kind, state, version, refused, detail)
            SELECT ?1, ?2, COALESCE(MAX(seq), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8
            FROM journal WHERE workspace = ?1 AND handoff_id = ?2
            """,
            (
                workspace,
                handoff.id,
                utc_text(change.at),
                change.kind,
                handoff.state,
                handoff.version,
                change.refused,
                documents.dump_mapping(change.detail),
            ),
        )
    except sqlite3.IntegrityError:
        raise HandoffNotFound(handoff.id) from None


def _insert_action(
    db: sqlite3.Connection, place: Place, change: Change, index: int, worker: str | None
) -> ActionRow:
    action, at = change.actions[index], utc_text(change.at)
    if isinstance(action, OpenChat):
        _reserve_chat(db, place.workspace, change.handoff, action.attempt, at)
    inserted = db.execute(
        """
        INSERT INTO actions (
            workspace, handoff_id, lane, kind, status, document, worker, created_at, updated_at
        ) VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?)
        """,
        (place.workspace, place.handoff_id, action.lane, action.kind, documents.dump(action), worker, at, at),
    )
    return ActionRow(
        id=inserted.lastrowid or 0,
        handoff_id=place.handoff_id,
        lane=action.lane,
        action=action,
        status=ActionStatus.PENDING,
        created_at=change.at,
        updated_at=change.at,
    )


def _reserve_chat(db: sqlite3.Connection, workspace: str, handoff: Handoff, number: int, at: str) -> None:
    """Store our reference before the vendor hears it: its events may come before its answer."""
    attempt = handoff.attempts[number - 1]
    db.execute(
        """
        INSERT INTO chats (workspace, integration, ref, handoff_id, attempt, opened_at, shard)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (workspace, handoff_id, attempt) DO NOTHING
        """,
        (workspace, attempt.integration, attempt.ref, handoff.id, number, at, shard_of(handoff.id)),
    )


def _close_chats(db: sqlite3.Connection, workspace: str, handoff: Handoff, at: datetime) -> None:
    """Note until when a chat served, and whether it was left open at the vendor."""
    for number, left_open in over_chats(handoff):
        db.execute(
            """
            UPDATE chats SET closed_at = COALESCE(closed_at, ?1), left_open = ?2
            WHERE workspace = ?3 AND handoff_id = ?4 AND attempt = ?5
                AND (closed_at IS NULL OR left_open <> ?2)
            """,
            (utc_text(at), int(left_open), workspace, handoff.id, number),
        )
