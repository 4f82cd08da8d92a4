"""Events of providers: seen ones, those that wait to be taken, those that match nothing yet."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import datetime

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.shards import shard_of
from livechat_sdk.ledger.store import DuplicateEvent

__all__ = ["forget", "forget_unmatched", "keep_unmatched", "note_seen", "take_in"]


def note_seen(
    db: sqlite3.Connection, workspace: str, event: ProviderEvent, handoff_id: str, at: datetime
) -> None:
    """Make the step of this event happen once; it waits nowhere any more. Raises ``DuplicateEvent``."""
    added = db.execute(
        """
        INSERT INTO seen (workspace, integration, event_id, handoff_id, at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (workspace, integration, event_id) DO NOTHING
        """,
        (workspace, event.integration, event.id, handoff_id, utc_text(at)),
    ).rowcount
    if not added:
        raise DuplicateEvent(f"event {event.id!r} of {event.integration!r} was applied before")
    db.execute(
        "DELETE FROM inbox WHERE workspace = ? AND integration = ? AND event_id = ?",
        (workspace, event.integration, event.id),
    )


def take_in(db: sqlite3.Connection, workspace: str, event: ProviderEvent) -> bool:
    """Put an event of an embedded provider into the inbox; false when its id is known already."""
    if _is_seen(db, workspace, event) or _is_waiting(db, workspace, event):
        return False
    _insert(db, workspace, event, event.received_at, kept=False)
    return True


def keep_unmatched(
    db: sqlite3.Connection, workspace: str, event: ProviderEvent, received_at: datetime
) -> bool:
    """Keep an event that matches no chat; false when it is kept or seen already.

    An inbox row of the same event does not count: it may be forgotten as soon as the event is kept.
    """
    if _is_seen(db, workspace, event) or _is_waiting(db, workspace, event, kept=True):
        return False
    inbox_id = _insert(db, workspace, event, received_at, kept=True)
    db.executemany(
        "INSERT INTO inbox_refs (workspace, integration, ref, inbox_id) VALUES (?, ?, ?, ?)",
        [(workspace, event.integration, ref, inbox_id) for ref in sorted(set(event.refs))],
    )
    return True


def forget(db: sqlite3.Connection, workspace: str, inbox_id: int) -> None:
    """Drop one waiting event."""
    db.execute("DELETE FROM inbox WHERE workspace = ? AND id = ?", (workspace, inbox_id))


def forget_unmatched(db: sqlite3.Connection, workspace: str, before: datetime) -> dict[str, int]:
    """Drop events that were kept before this time and never matched; how many, by integration."""
    dropped = db.execute(
        "DELETE FROM inbox WHERE workspace = ? AND kept = 1 AND received_at < ? RETURNING integration",
        (workspace, utc_text(before)),
    )
    return dict(Counter(str(integration) for (integration,) in dropped))


def _is_seen(db: sqlite3.Connection, workspace: str, event: ProviderEvent) -> bool:
    row = db.execute(
        "SELECT 1 FROM seen WHERE workspace = ? AND integration = ? AND event_id = ?",
        (workspace, event.integration, event.id),
    ).fetchone()
    return row is not None


def _is_waiting(
    db: sqlite3.Connection, workspace: str, event: ProviderEvent, *, kept: bool | None = None
) -> bool:
    row = db.execute(
        """
        SELECT 1 FROM inbox WHERE workspace = ? AND integration = ? AND event_id = ? AND kept IN (?, ?)
        """,
        (workspace, event.integration, event.id, *((0, 1) if kept is None else (int(kept), int(kept)))),
    ).fetchone()
    return row is not None


def _insert(
    db: sqlite3.Connection, workspace: str, event: ProviderEvent, received_at: datetime, *, kept: bool
) -> int:
    inserted = db.execute(
        """
        INSERT INTO inbox (workspace, integration, event_id, kept, event, received_at, shard)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (
            workspace,
            event.integration,
            event.id,
            int(kept),
            documents.dump(event),
            utc_text(received_at),
            shard_of(event.refs[0]),
        ),
    )
    return inserted.lastrowid or 0
