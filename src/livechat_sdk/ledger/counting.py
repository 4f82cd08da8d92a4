"""Counts for whoever watches, in SQL that every store understands."""

from __future__ import annotations

from collections.abc import Mapping

from livechat_sdk.domain.handoff import LIVE_STATES
from livechat_sdk.ledger.store import Store

__all__ = ["live_handoffs"]


async def live_handoffs(store: Store, workspace: str) -> Mapping[str, int]:
    """How many handoffs are in each live state now. Raises ``StoreError``.

    Read from the index of live handoffs: ended ones cost nothing, however many there are.
    """
    rows = await store.fetch(
        "SELECT state, COUNT(*) AS handoffs FROM handoffs"
        " WHERE workspace = :workspace AND state <> 'ended' GROUP BY state",
        {"workspace": workspace},
    )
    found = {str(row["state"]): row["handoffs"] for row in rows}
    return {state.value: int(found.get(state.value) or 0) for state in sorted(LIVE_STATES)}
