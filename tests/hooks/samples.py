"""Values that the hook tests pass around, and small helpers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from livechat_sdk.domain.handoff import Handoff, HandoffRequest, OpeningHours, Route
from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote
from livechat_sdk.hooks import Hooks, HookStat

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
USER = EndUser(id="u-1", name="Maria", attributes={"plan": {"name": "gold"}})
REQUEST = HandoffRequest(
    key="r-1",
    conversation_id="c-1",
    bot="shop",
    user=USER,
    metadata={"run": 7},
    extras={"desk": {"vip": True}},
)
HANDOFF = Handoff(id="h-1", request=REQUEST, created_at=NOW, state_since=NOW, timers={"request": NOW})
ROUTE = Route(integration="desk", bot="shop", why="a test")
OPEN = OpeningHours(open=True, rule="always")
DRAFT = TicketDraft(key="t-key", subject="Late parcel", body="Where is it?")
NOTE = TicketNote(key="n-key", body="It arrived")
TICKET = Ticket(source="tickets", id="T-1", key="t-key")


def contact(source: str, name: str = "Maria") -> Contact:
    """A contact of one CRM."""
    return Contact(source=source, id="42", name=name)


def stat(hooks: Hooks, plugin: str, hook: str = "livechat_route") -> HookStat:
    """The counts of one plugin and one hook; zeros when nothing was counted."""
    found = [one for one in hooks.stats() if (one.plugin, one.hook) == (plugin, hook)]
    return found[0] if found else HookStat(plugin, hook)


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Let the event loop and other threads run until ``condition`` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        await asyncio.sleep(0.001)
