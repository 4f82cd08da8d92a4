"""What has been kept for long enough: ended handoffs, ids of events that were seen, tombstones.

Portions are small, so that a round of erasing never delays messages. Written once for every database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.ledger.tombstones import PSEUDONYM
from livechat_sdk.lifecycle.parking import PARKED_KINDS
from livechat_sdk.provider.embedded import EmbeddedDatabase, SqlValue, Statement

__all__ = ["Expired", "ended_before", "forget_seen", "forget_tombstones"]

# ruff: noqa: S608 - the SQL is put together from constants of this module only
# A close that was given up counts for as long as the chat is open at the vendor, and no longer.
_WAITING_KINDS: Final = ", ".join(f"'{kind}'" for kind in sorted(PARKED_KINDS - {"close_chat"}))
_UNSETTLED: Final = f"""
    (EXISTS (SELECT 1 FROM actions AS a WHERE a.workspace = :workspace AND a.handoff_id = h.id
        AND (a.status IN ('pending', 'started')
            OR a.status IN ('failed', 'doubtful') AND a.kind IN ({_WAITING_KINDS})))
    OR EXISTS (SELECT 1 FROM chats AS c WHERE c.workspace = :workspace AND c.handoff_id = h.id
        AND c.left_open = 1))
"""
"""Something is still to be done, was given up and waits for a person, or the vendor's side is open."""

_ENDED_SINCE: Final = "workspace = :workspace AND state = 'ended' AND ended_at > :reached"
_NEXT_PSEUDONYM: Final = PSEUDONYM[:-1] + chr(ord(PSEUDONYM[-1]) + 1)


@dataclass(frozen=True, slots=True)
class Expired:
    """A handoff that ended before some time."""

    handoff_id: str
    ended_at: str
    settled: bool
    """Whether nothing is left to be done for it, by us or by a person."""


async def ended_before(
    database: EmbeddedDatabase,
    workspace: str,
    before: datetime,
    *,
    bot: str | None = None,
    other_than: Sequence[str] = (),
    after: Expired | None = None,
    limit: int = 20,
) -> Sequence[Expired]:
    """Handoffs of ``bot``, or of all bots but ``other_than``, that ended before a time, oldest first.

    ``after`` is the last one of the portion before.
    """
    params: dict[str, SqlValue] = {"workspace": workspace, "before": utc_text(before), "limit": limit}
    where = "h.workspace = :workspace AND h.state = 'ended' AND h.ended_at < :before"
    if bot is not None:
        where += " AND h.bot = :bot"
        params["bot"] = bot
    if other_than:
        names: dict[str, SqlValue] = {f"bot{number}": name for number, name in enumerate(other_than)}
        where += f" AND h.bot NOT IN ({', '.join(f':{name}' for name in names)})"
        params.update(names)
    if after is not None:
        where += " AND (h.ended_at > :ended_at OR h.ended_at = :ended_at AND h.id > :id)"
        params.update(ended_at=after.ended_at, id=after.handoff_id)
    rows = await database.fetch(
        f"""
        SELECT h.id, h.ended_at, CASE WHEN {_UNSETTLED} THEN 0 ELSE 1 END AS settled
        FROM handoffs AS h WHERE {where} ORDER BY h.ended_at, h.id LIMIT :limit
        """,
        params,
    )
    return [Expired(str(row["id"]), str(row["ended_at"]), bool(row["settled"])) for row in rows]


async def forget_seen(
    database: EmbeddedDatabase, workspace: str, before: datetime, *, limit: int = 100
) -> bool:
    """Forget the ids of the events of about ``limit`` handoffs that ended before a time.

    True when there may be more. How far it came is kept in ``meta`` (a time, no id), so that no handoff is
    visited twice.
    """
    name = f"seen_forgotten:{workspace}"
    rows = await database.fetch("SELECT value FROM meta WHERE name = :name", {"name": name})
    params: dict[str, SqlValue] = {"workspace": workspace, "reached": rows[0]["value"] if rows else ""}
    portion = await database.fetch(
        f"""
        SELECT ended_at FROM handoffs WHERE {_ENDED_SINCE} AND ended_at < :before
        ORDER BY ended_at LIMIT :limit
        """,
        {**params, "before": utc_text(before), "limit": limit},
    )
    if not portion:
        return False
    last = portion[-1]["ended_at"]
    await database.commit(
        [
            Statement(
                f"""
                DELETE FROM seen WHERE workspace = :workspace AND handoff_id IN
                    (SELECT id FROM handoffs WHERE {_ENDED_SINCE} AND ended_at <= :last)
                """,
                {**params, "last": last},
            ),
            Statement(
                """
                INSERT INTO meta (name, value) VALUES (:name, :value)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """,
                {"name": name, "value": last},
            ),
        ]
    )
    return len(portion) == limit


async def forget_tombstones(
    database: EmbeddedDatabase, workspace: str, before: datetime, *, limit: int = 500
) -> bool:
    """Forget at most ``limit`` hashes, and as many erased conversations, from before a time.

    True when there may be more.
    """
    params: dict[str, SqlValue] = {"workspace": workspace, "before": utc_text(before), "limit": limit}
    hashes = await database.fetch(
        "SELECT digest FROM tombstones WHERE workspace = :workspace AND erased_at < :before LIMIT :limit",
        params,
    )
    conversations = await database.fetch(
        """
        SELECT id FROM conversations WHERE workspace = :workspace AND id >= :first AND id < :next
            AND updated_at < :before LIMIT :limit
        """,
        {**params, "first": PSEUDONYM, "next": _NEXT_PSEUDONYM},
    )
    statements = [
        *(_delete("tombstones", "digest", workspace, row["digest"]) for row in hashes),
        *(_delete("conversations", "id", workspace, row["id"]) for row in conversations),
    ]
    if statements:
        await database.commit(statements)
    return limit in {len(hashes), len(conversations)}


def _delete(table: str, column: str, workspace: str, value: SqlValue) -> Statement:
    return Statement(
        f"DELETE FROM {table} WHERE workspace = :workspace AND {column} = :value",
        {"workspace": workspace, "value": value},
    )
