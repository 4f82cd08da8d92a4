"""Stored requests, decided by two settings files: what would go elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.routing import Target
from livechat_sdk_cli.routing.answering import target_document
from livechat_sdk_cli.routing.offline import Answer, Asked, Offline
from livechat_sdk_cli.routing.text import chain_words

if TYPE_CHECKING:
    from livechat_sdk.ledger.store import Store

__all__ = ["Difference", "Side", "compare", "stored_requests"]


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the files makes of a request."""

    result: str
    chain: tuple[Target, ...]
    by: str

    @classmethod
    def of(cls, answer: Answer) -> Side:
        """The side of an answer."""
        if answer.decision is None:
            return cls(answer.result, (), answer.detail or "")
        reasons = answer.decision.reasons
        return cls(answer.result, reasons.chain, reasons.in_short())

    @property
    def words(self) -> str:
        """The side in a line, for people."""
        return chain_words(self.chain) if self.result == "routed" else self.result.replace("_", " ")

    def document(self) -> dict[str, Any]:
        """The side for scripts."""
        return {"result": self.result, "by": self.by, "chain": [target_document(one) for one in self.chain]}


@dataclass(frozen=True, slots=True)
class Difference:
    """A request that goes elsewhere, or finds it open in one of the files only."""

    handoff: Handoff
    old: Side
    new: Side


async def stored_requests(
    store: Store, workspace: str, handoffs: Sequence[Handoff], *, ask_ledger: bool
) -> AsyncIterator[tuple[Handoff, Asked]]:
    """Each request as it was when it was made; ``ask_ledger``: with the agents that the user had before."""
    from livechat_sdk.ledger.last_agents import earlier_of

    for handoff in handoffs:
        request = handoff.request
        at = handoff.created_at
        earlier = (
            await earlier_of(store, workspace, request.user.id, but=handoff.id, before=at)
            if ask_ledger
            else ()
        )
        yield handoff, Asked(request, at, handoff.contacts, [one for one in earlier if one.ended_at <= at])


async def compare(old: Offline, new: Offline, handoff: Handoff, asked: Asked) -> Difference | None:
    """What is different; ``None`` when nothing is."""
    before, after = Side.of(await old.decide(asked)), Side.of(await new.decide(asked))
    if (before.result, before.chain) == (after.result, after.chain):
        return None
    return Difference(handoff, before, after)
