"""Events of providers: those that wait to be taken, those that match nothing yet."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.shards import shard_of

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["forget", "forget_unmatched", "keep_unmatched", "take_in"]

_INSERT = """
    INSERT INTO inbox (workspace, integration, event_id, kept, event, received_at, shard)
    SELECT $1, $2, $3, $4, $5, $6, $7
    WHERE NOT EXISTS (SELECT 1 FROM seen WHERE workspace = $1 AND integration = $2 AND event_id = $3)
        AND NOT EXISTS (
            SELECT 1 FROM inbox WHERE workspace = $1 AND integration = $2 AND event_id = $3 AND kept >= $4
        )
    ON CONFLICT (workspace, integration, event_id, kept) DO NOTHING
    RETURNING id
"""
"""An event that waits as unmatched is not taken in; one that waits in the inbox may be kept as unmatched,
since it is forgotten as soon as it is kept."""
_REFS = """
    INSERT INTO inbox_refs (workspace, integration, ref, inbox_id)
    SELECT $1, $2, ref, $4 FROM unnest($3::text[]) AS ref
"""
_FORGET = "DELETE FROM inbox WHERE workspace = $1 AND id = $2"
_FORGET_UNMATCHED = """
    DELETE FROM inbox WHERE workspace = $1 AND kept = 1 AND received_at < $2 RETURNING integration
"""


async def take_in(db: Connection, workspace: str, event: ProviderEvent) -> bool:
    """Put an event of an embedded provider into the inbox; false when its id is known already."""
    return await _insert(db, workspace, event, event.received_at, kept=0) is not None


async def keep_unmatched(db: Connection, workspace: str, event: ProviderEvent, received_at: datetime) -> bool:
    """Keep an event that matches no chat; false when it is kept or seen already."""
    inbox_id = await _insert(db, workspace, event, received_at, kept=1)
    if inbox_id is None:
        return False
    await db.execute(_REFS, workspace, event.integration, sorted(set(event.refs)), inbox_id)
    return True


async def forget(db: Connection, workspace: str, inbox_id: int) -> None:
    """Drop one waiting event."""
    await db.execute(_FORGET, workspace, inbox_id)


async def forget_unmatched(db: Connection, workspace: str, before: datetime) -> dict[str, int]:
    """Drop events that were kept before this time and never matched; how many, by integration."""
    dropped = await db.fetch(_FORGET_UNMATCHED, workspace, utc_text(before))
    return dict(Counter(str(row[0]) for row in dropped))


async def _insert(
    db: Connection, workspace: str, event: ProviderEvent, received_at: datetime, *, kept: int
) -> int | None:
    row = await db.fetchrow(
        _INSERT,
        *(workspace, event.integration, event.id, kept, documents.dump(event), utc_text(received_at)),
        shard_of(event.refs[0]),
    )
    return None if row is None else int(row[0])
