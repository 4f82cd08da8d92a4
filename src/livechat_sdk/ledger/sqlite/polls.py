"""What a poll brought, in one transaction: cursor, credentials, events."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.polled import merged_chat
from livechat_sdk.ledger.secrets import SecretBox
from livechat_sdk.ledger.sqlite import inbox

__all__ = ["SavePoll"]


@dataclass(frozen=True, slots=True)
class SavePoll:
    """Store what a poll brought, unless somebody else has changed the same keys meanwhile."""

    workspace: str
    before: Chat
    after: Chat
    events: Sequence[ProviderEvent]
    box: SecretBox

    def __call__(self, db: sqlite3.Connection) -> bool:
        """Run in the writer's transaction."""
        before, after = self.before, self.after
        place = (self.workspace, before.handoff_id, before.attempt)
        row = db.execute(
            """
            SELECT document, secrets IS NOT NULL FROM chats
            WHERE workspace = ? AND handoff_id = ? AND attempt = ? AND document IS NOT NULL
            """,
            place,
        ).fetchone()
        if row is None:
            return False
        current = documents.load(Chat, row[0])
        merged = merged_chat(current, before, after)
        if merged is None:
            return False
        if merged != current:
            db.execute(
                """
                UPDATE chats SET document = ?, vendor_ref = ?
                WHERE workspace = ? AND handoff_id = ? AND attempt = ?
                """,
                (documents.dump_chat(merged), merged.vendor_ref, *place),
            )
        if after.secrets != before.secrets and row[1]:
            db.execute(
                "UPDATE chats SET secrets = ? WHERE workspace = ? AND handoff_id = ? AND attempt = ?",
                (self.box.seal(after.secrets, place) if after.secrets else None, *place),
            )
        for event in self.events:
            inbox.take_in(db, self.workspace, event)
        return True
