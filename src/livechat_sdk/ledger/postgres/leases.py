"""Leases of workers on the database's clock, and the shards that they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from livechat_sdk.ledger import documents
from livechat_sdk.ledger.postgres.claims import bury
from livechat_sdk.ledger.shards import SHARDS
from livechat_sdk.ledger.store import LeaseLost

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["Share", "extend", "give_up", "join", "share"]

_JOIN = """
    INSERT INTO workers (workspace, id, lease_until, format)
    VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3), $4)
"""
_EXTEND = """
    UPDATE workers SET lease_until = clock_timestamp() + make_interval(secs => $3)
    WHERE workspace = $1 AND id = $2 AND lease_until > clock_timestamp()
"""
_SHARDS = """
    INSERT INTO shards (workspace, shard) SELECT $1, number FROM generate_series(0, $2::bigint - 1) AS number
    ON CONFLICT (workspace, shard) DO NOTHING
"""
# Only workers of the newest release have shards: older ones cannot read every handoff.
_LIVING = """
    SELECT COUNT(*), COALESCE(BOOL_OR(id = $2), FALSE) FROM workers
    WHERE workspace = $1 AND format = (SELECT MAX(format) FROM workers WHERE workspace = $1)
"""
_HELD = "SELECT shard FROM shards WHERE workspace = $1 AND worker = $2 ORDER BY shard FOR UPDATE"
_FREE = """
    SELECT s.shard FROM shards AS s
    WHERE s.workspace = $1 AND NOT EXISTS (
        SELECT 1 FROM workers AS w WHERE w.workspace = $1 AND w.id = s.worker
    )
    ORDER BY s.shard LIMIT $2 FOR UPDATE OF s SKIP LOCKED
"""
_TAKE = """
    UPDATE shards AS s SET worker = $2 WHERE s.workspace = $1 AND s.shard = ANY($3) AND NOT EXISTS (
        SELECT 1 FROM workers AS w WHERE w.workspace = $1 AND w.id = s.worker
    )
    RETURNING s.shard
"""
_DROP = "UPDATE shards SET worker = NULL WHERE workspace = $1 AND worker = $2 AND shard = ANY($3)"
_LEAVE = (
    "UPDATE lanes SET worker = NULL WHERE workspace = $1 AND worker = $2",
    "UPDATE shards SET worker = NULL WHERE workspace = $1 AND worker = $2",
    "DELETE FROM workers WHERE workspace = $1 AND id = $2",
)


@dataclass(frozen=True, slots=True)
class Share:
    """The shards that a worker holds. ``freed``: some were made free, which others may take now."""

    held: frozenset[int]
    freed: bool


async def join(db: Connection, workspace: str, worker: str, seconds: float) -> None:
    """Begin a lease."""
    await db.execute(_SHARDS, workspace, SHARDS)
    await db.execute(_JOIN, workspace, worker, seconds, documents.DOCUMENT_VERSION)


async def extend(db: Connection, workspace: str, worker: str, seconds: float) -> None:
    """Extend a lease. Raises ``LeaseLost`` when it has run out on the database's clock."""
    if await db.execute(_EXTEND, workspace, worker, seconds) == "UPDATE 0":
        raise LeaseLost(f"the lease of worker {worker} has run out")


async def share(db: Connection, workspace: str, worker: str) -> Share:
    """Take free shards up to a fair share, give up what is beyond it."""
    freed = await bury(db, workspace)
    living, takes_part = await db.fetchrow(_LIVING, workspace, worker) or (0, False)
    fair = -(-SHARDS // living) if takes_part else 0
    held = [row[0] for row in await db.fetch(_HELD, workspace, worker)]
    if len(held) > fair:
        await db.execute(_DROP, workspace, worker, held[fair:])
        held, freed = held[:fair], True
    elif len(held) < fair:
        free = [row[0] for row in await db.fetch(_FREE, workspace, fair - len(held))]
        if free:
            held += [row[0] for row in await db.fetch(_TAKE, workspace, worker, free)]
    return Share(frozenset(held), freed)


async def give_up(db: Connection, workspace: str, worker: str) -> None:
    """Let go of lanes, shards and lease at once."""
    for statement in _LEAVE:
        await db.execute(statement, workspace, worker)
