"""What a poll brought, in one transaction: cursor, credentials, events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.polled import merged_chat
from livechat_sdk.ledger.postgres.inbox import take_in
from livechat_sdk.ledger.secrets import SecretBox

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["save_poll"]

# ruff: noqa: S608 - the SQL is put together from constants of this module only

_OF_CHAT = "workspace = $1 AND handoff_id = $2 AND attempt = $3"
_CHAT = f"""
    SELECT document, secrets IS NOT NULL FROM chats
    WHERE {_OF_CHAT} AND document IS NOT NULL FOR NO KEY UPDATE
"""
_DOCUMENT = f"UPDATE chats SET document = $4, vendor_ref = $5 WHERE {_OF_CHAT}"
_SECRETS = f"UPDATE chats SET secrets = $4 WHERE {_OF_CHAT}"


async def save_poll(
    db: Connection,
    workspace: str,
    before: Chat,
    after: Chat,
    events: Sequence[ProviderEvent],
    box: SecretBox,
) -> bool:
    """Store what a poll brought; false when somebody else has changed the same keys meanwhile."""
    place = (workspace, before.handoff_id, before.attempt)
    row = await db.fetchrow(_CHAT, *place)
    if row is None:
        return False
    current = documents.load(Chat, row[0])
    merged = merged_chat(current, before, after)
    if merged is None:
        return False
    if merged != current:
        await db.execute(_DOCUMENT, *place, documents.dump_chat(merged), merged.vendor_ref)
    if after.secrets != before.secrets and row[1]:
        await db.execute(_SECRETS, *place, box.seal(after.secrets, place) if after.secrets else None)
    for event in events:
        await take_in(db, workspace, event)
    return True
