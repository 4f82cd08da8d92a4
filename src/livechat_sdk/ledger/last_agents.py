"""Which agents a user has had: the newest ended handoffs of that user, so many and no more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.routing import MOST_EARLIER, Earlier
from livechat_sdk.ledger.documents import unpack
from livechat_sdk.provider.embedded import EmbeddedDatabase

__all__ = ["earlier_of"]

# The empty text keeps the index of the user in use: asked to sort by the bare column, SQLite would walk
# through the handoffs of everybody by age.
_NEWEST: Final = """
    SELECT document FROM handoffs
    WHERE workspace = :workspace AND user_id = :user AND state = 'ended' AND id <> :but
        AND created_at || '' <= :before
    ORDER BY created_at || '' DESC, id DESC LIMIT :most
"""


async def earlier_of(
    database: EmbeddedDatabase, workspace: str, user_id: str, *, but: str, before: datetime
) -> Sequence[Earlier]:
    """The newest ended handoffs of a user, newest first, those that an agent has had.

    ``but`` is the id of the handoff that is being decided; only what was requested by ``before`` counts.
    Raises ``StoreError``.
    """
    rows = await database.fetch(
        _NEWEST,
        {
            "workspace": workspace,
            "user": user_id,
            "but": but,
            "before": utc_text(before),
            "most": MOST_EARLIER,
        },
    )
    read = (_read(json.loads(unpack(str(row["document"])))) for row in rows)
    return [one for one in read if one is not None]


def _read(document: Mapping[str, Any]) -> Earlier | None:
    agent = document.get("last_agent")
    attempts = document.get("attempts")
    end = document.get("end")
    if not agent or not attempts or not end:
        return None
    route = attempts[-1]["candidate"]["route"]
    return Earlier(
        integration=str(route["integration"]),
        agent=str(agent["id"]),
        ended_at=datetime.fromisoformat(str(end["at"])),
    )
