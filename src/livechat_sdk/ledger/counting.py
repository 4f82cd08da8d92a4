"""Counts for whoever watches, in SQL that every store understands. Their cost is bounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from livechat_sdk.domain.handoff import LIVE_STATES
from livechat_sdk.ledger.store import Store

__all__ = ["MOST_GIVEN_UP", "given_up_actions", "live_handoffs"]

MOST_GIVEN_UP: Final = 10_000
"""Of the actions that were given up, only the newest are counted: they stay until somebody sees to them."""


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


async def given_up_actions(store: Store, workspace: str) -> Mapping[tuple[str, str], int]:
    """How many actions failed or are doubtful, by kind and status. Raises ``StoreError``."""
    rows = await store.fetch(
        "SELECT kind, status, COUNT(*) AS actions FROM ("
        "SELECT kind, status FROM actions"
        " WHERE workspace = :workspace AND status IN ('failed', 'doubtful') ORDER BY id DESC LIMIT :most"
        ") AS newest GROUP BY kind, status",
        {"workspace": workspace, "most": MOST_GIVEN_UP},
    )
    return {(str(row["kind"]), str(row["status"])): int(row["actions"] or 0) for row in rows}
