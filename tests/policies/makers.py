"""Small makers of domain objects for the tests of the policies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from livechat_sdk.domain.handoff import Handoff, HandoffRequest
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry, Message
from livechat_sdk.domain.people import EndUser
from livechat_sdk.provider.integration import IntegrationContext

__all__ = ["NOW", "a_context", "a_handoff", "a_request", "an_entry"]

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


def a_request(**changes: Any) -> HandoffRequest:
    """A request of the bot ``shop-bot``."""
    values: dict[str, Any] = {
        "key": "run-7",
        "conversation_id": "c-1",
        "bot": "shop-bot",
        "user": EndUser(id="u-1", name="Eleni", language="el"),
    }
    return HandoffRequest(**{**values, **changes})


def a_handoff(request: HandoffRequest | None = None, **changes: Any) -> Handoff:
    """A handoff that was just requested."""
    values: dict[str, Any] = {
        "id": "h-1",
        "request": request or a_request(),
        "created_at": NOW,
        "state_since": NOW,
    }
    return Handoff(**{**values, **changes})


def an_entry(seq: int, body: str, **changes: Any) -> LedgerEntry:
    """A message of the end user that arrived."""
    values: dict[str, Any] = {
        "handoff_id": "h-1",
        "seq": seq,
        "direction": Direction.TO_PROVIDER,
        "author": "user",
        "message": Message.text(body, key=f"m-{seq}"),
        "fate": Fate.SENT,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return LedgerEntry(**{**values, **changes})


def a_context(name: str = "mine", **changes: Any) -> IntegrationContext:
    """The context of an integration whose clock stands still."""
    return IntegrationContext(**{"name": name, "now": lambda: NOW, **changes})
