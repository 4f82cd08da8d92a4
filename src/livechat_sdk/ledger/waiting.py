"""What is committed and has not been taken by any step, in SQL that every store understands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from livechat_sdk.ledger import documents
from livechat_sdk.ledger.store import Store

__all__ = ["has_waiting_events", "kept_for"]

_MOST: Final = 1000


async def has_waiting_events(store: Store, workspace: str, integration: str, refs: Sequence[str]) -> bool:
    """Whether an event of this chat is in the inbox, whoever will take it. Raises ``StoreError``."""
    found = await store.fetch(
        "SELECT event FROM inbox"
        " WHERE workspace = :workspace AND kept = 0 AND integration = :integration ORDER BY id LIMIT :most",
        {"workspace": workspace, "integration": integration, "most": _MOST},
    )
    wanted = set(refs)
    return any(not wanted.isdisjoint(documents.load_event(str(row["event"])).refs) for row in found)


async def kept_for(store: Store, workspace: str) -> frozenset[str]:
    """Integrations for which events are kept that matched no chat when they came. Raises ``StoreError``."""
    found = await store.fetch(
        "SELECT DISTINCT integration FROM inbox WHERE workspace = :workspace AND kept = 1",
        {"workspace": workspace},
    )
    return frozenset(str(row["integration"]) for row in found)
