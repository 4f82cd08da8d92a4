"""Taking over lanes that nobody runs, and what others have put into lanes of this worker.

A lane is free when it has no worker, or one whose row in ``workers`` is gone: rows are only deleted when the
lease has run out (or was given up), and whoever extends a lease must find the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from livechat_sdk.ledger import documents, rows
from livechat_sdk.ledger.store import ActionRow

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["bury", "claim_free", "claim_own", "disown"]

# ruff: noqa: S608 - the SQL is put together from constants of this module only

# A worker may freeze while it extends its lease, with its row locked: whoever waited for that would lose its
# own lease meanwhile. The database ends such a transaction by and by.
_BURY = """
    DELETE FROM workers WHERE workspace = $1 AND id IN (
        SELECT id FROM workers WHERE workspace = $1 AND lease_until <= clock_timestamp()
        FOR UPDATE SKIP LOCKED
    )
"""
_NOBODY = "NOT EXISTS (SELECT 1 FROM workers AS w WHERE w.workspace = l.workspace AND w.id = l.worker)"
# A document that only a newer release can read is left to its workers.
_READABLE = """
    EXISTS (
        SELECT 1 FROM handoffs AS h
        WHERE h.workspace = l.workspace AND h.id = l.handoff_id AND h.format <= $2
    )
"""
_FREE = f"""
    SELECT l.handoff_id, l.name FROM lanes AS l
    WHERE l.workspace = $1 AND {_NOBODY} AND {_READABLE}
    LIMIT $3 FOR UPDATE OF l SKIP LOCKED
"""
# The rows are locked now: who is nobody's is decided by what is true at this moment.
_TAKE = f"""
    UPDATE lanes AS l SET worker = $2, fence = nextval('lane_fences')
    FROM unnest($3::text[], $4::text[]) AS u (id, name)
    WHERE l.workspace = $1 AND l.handoff_id = u.id AND l.name = u.name AND {_NOBODY}
    RETURNING l.handoff_id, l.name
"""
_EMPTY = """
    DELETE FROM lanes AS l USING unnest($2::text[], $3::text[]) AS u (id, name)
    WHERE l.workspace = $1 AND l.handoff_id = u.id AND l.name = u.name AND NOT EXISTS (
        SELECT 1 FROM actions AS a
        WHERE a.workspace = $1 AND a.handoff_id = u.id AND a.lane = u.name
            AND a.status IN ('pending', 'started')
    )
"""
_OWN = """
    SELECT l.handoff_id, l.name FROM lanes AS l
    WHERE l.workspace = $1 AND l.worker = $2 AND EXISTS (
        SELECT 1 FROM actions AS a
        WHERE a.workspace = $1 AND a.handoff_id = l.handoff_id AND a.lane = l.name AND a.worker IS NULL
            AND a.status IN ('pending', 'started')
    )
    ORDER BY l.handoff_id, l.name LIMIT $3 FOR UPDATE OF l
"""
_HAND_OUT = """
    UPDATE actions AS a SET worker = $2
    FROM unnest($3::text[], $4::text[]) AS u (id, name), lanes AS l
    WHERE a.workspace = $1 AND a.handoff_id = u.id AND a.lane = u.name
        AND a.status IN ('pending', 'started') AND a.worker IS DISTINCT FROM $2
        AND l.workspace = $1 AND l.handoff_id = u.id AND l.name = u.name AND l.worker = $2
    RETURNING a.id, a.handoff_id, a.lane, a.document, a.status, a.tries, a.not_before, a.error, a.created_at,
        a.updated_at, a.rendered, l.fence
"""
_DISOWN = "UPDATE actions SET worker = NULL WHERE workspace = $1 AND worker = $2 AND id = ANY($3)"


async def bury(db: Connection, workspace: str) -> bool:
    """Delete workers whose lease has run out; whether there were any."""
    return await db.execute(_BURY, workspace) != "DELETE 0"


async def claim_free(db: Connection, workspace: str, worker: str, limit: int) -> Sequence[ActionRow]:
    """Take over lanes that nobody runs; returns their open actions in order. Never waits for others."""
    found = await db.fetch(_FREE, workspace, documents.DOCUMENT_VERSION, limit)
    if not found:
        return []
    await db.execute(_EMPTY, workspace, *_columns(found))
    taken = await db.fetch(_TAKE, workspace, worker, *_columns(found))
    return await _hand_out(db, workspace, worker, taken)


async def claim_own(db: Connection, workspace: str, worker: str, limit: int) -> Sequence[ActionRow]:
    """The actions that others have put into lanes of this worker, in order."""
    return await _hand_out(db, workspace, worker, await db.fetch(_OWN, workspace, worker, limit))


async def disown(db: Connection, workspace: str, worker: str, action_ids: Sequence[int]) -> None:
    """Let these actions be claimed anew: they are this worker's, and it does not know of them."""
    await db.execute(_DISOWN, workspace, worker, action_ids)


async def _hand_out(
    db: Connection, workspace: str, worker: str, lanes: Sequence[Sequence[str]]
) -> Sequence[ActionRow]:
    if not lanes:
        return []
    found = await db.fetch(_HAND_OUT, workspace, worker, *_columns(lanes))
    return sorted((replace(rows.action(row), worker=worker) for row in found), key=lambda row: row.id)


def _columns(lanes: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    return [lane[0] for lane in lanes], [lane[1] for lane in lanes]
