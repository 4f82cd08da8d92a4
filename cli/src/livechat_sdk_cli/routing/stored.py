"""The stored decision of a handoff, and whether its reasons, fed back to the rules, give the same again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.routing import RoutingReasons

if TYPE_CHECKING:
    from livechat_sdk.ledger.store import JournalEntry, Store
    from livechat_sdk.policies.routing import RuleBook

__all__ = ["StoredDecision", "decision_in", "read_decision", "repeats"]

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """The journal's entry, and the reasons in it; ``None`` for what an older release decided."""

    handoff: Handoff
    entry: JournalEntry | None
    reasons: RoutingReasons | None

    @property
    def detail(self) -> Mapping[str, Any]:
        """What the journal says beside the reasons."""
        return {} if self.entry is None else self.entry.detail


def decision_in(journal: Sequence[JournalEntry]) -> tuple[JournalEntry | None, RoutingReasons | None]:
    """The decision among the entries of a journal."""
    for entry in journal:
        if entry.kind == "decided" and entry.refused is None:
            stored = entry.detail.get("routing")
            if stored is None:
                return entry, None
            try:
                return entry, RoutingReasons.model_validate(stored)
            except ValidationError:
                return entry, None
    return None, None


async def read_decision(store: Store, handoff: Handoff) -> StoredDecision:
    """The decision of a handoff. The first page of the journal holds it: it comes at the beginning."""
    entry, reasons = decision_in(await store.journal(handoff.id, limit=_PAGE))
    return StoredDecision(handoff, entry, reasons)


def repeats(stored: StoredDecision, book: RuleBook) -> bool | None:
    """Whether reasons and rules give the stored targets; ``None`` where the rules are others now."""
    reasons = stored.reasons
    if reasons is None or reasons.by == "plugin" or reasons.rules != book.revision:
        return None
    try:
        chain = book.repeat(reasons, stored.handoff.request)
    except ValueError:
        return False
    if not reasons.chain:  # out of hours: every stated target was closed
        return bool(reasons.closed) and chain[: len(reasons.closed)] == reasons.closed
    return tuple(target for target in chain if target not in reasons.closed) == reasons.chain
