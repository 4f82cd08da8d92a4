"""How a conversation stands, by all that is known of its participants."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.provider.interface import ChatStatus
from livechat_sdk_genesys.legs import Facts, end_of

__all__ = ["GRACE", "status_of"]

GRACE: Final = timedelta(seconds=20)
"""When all agents have left and nobody else has the conversation, a transfer would show within this."""


def status_of(facts: Facts, now: datetime) -> ChatStatus:
    """What is true of a conversation that is known as a whole."""
    customers = [leg for leg in facts.legs if leg.kind == "customer"]
    had = [leg for leg in facts.legs if leg.kind == "agent" and leg.connected]
    ref = facts.conversation
    if customers and all(leg.over for leg in customers):
        last = max(customers, key=lambda leg: (leg.ended_at is not None, leg.ended_at or now))
        reason = end_of(last, had)
        return ChatStatus(state="ended", ended=reason, at=last.ended_at, vendor_ref=ref)
    there = [leg for leg in had if leg.is_there]
    if there:
        last = max(there, key=lambda leg: (leg.connected_at is not None, leg.connected_at or now))
        return ChatStatus(state="active", agent=last.agent, at=last.connected_at, vendor_ref=ref)
    if any(leg.is_there for leg in facts.legs if leg.kind in {"agent", "queue", "flow"}):
        return ChatStatus(state="queued", vendor_ref=ref)
    left_at = max((leg.ended_at for leg in had if leg.ended_at is not None), default=None)
    if left_at is not None and now - left_at > GRACE:
        last = max(had, key=lambda leg: leg.ended_at or left_at)
        return ChatStatus(
            state="ended",
            ended=EndReason(by="agent", why="resolved", raw="all agents left"),
            at=left_at,
            vendor_ref=ref,
        )
    return ChatStatus(state="unknown" if had or not customers else "queued", vendor_ref=ref)
