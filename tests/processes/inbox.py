"""The built-in desk inside a worker: its integration, an automation that makes tickets, and what it has.

Nobody sits at it: what is played is what becomes of a request that is missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from livechat_sdk import Dispatcher
from livechat_sdk.ledger.store import Store
from livechat_sdk_helvia.automations.records import AutomationDraft
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.service import Desk

__all__ = ["AUTOMATED", "INBOX", "inbox_of", "make_automation", "runs_of", "shown_in"]

INBOX = "inbox"
"""The name of the integration in a worker's settings."""

AUTOMATED = "desk-bot"
"""The bot whose requests go to the desk; its settings make no tickets, an automation does."""

SETTINGS: Mapping[str, Any] = {"type": "HELVIA_LIVECHAT", "name": INBOX}

_ADMIN = "admin@desk.local"


def inbox_of(dispatcher: Dispatcher) -> Desk | None:
    """The desk of a worker, if it has one."""
    provider = dispatcher.integrations.get(INBOX)
    return provider.desk if isinstance(provider, HelviaProvider) else None


async def make_automation(desk: Desk) -> None:
    """An admin makes an automation: a ticket for each missed request. Once, whichever life does it."""
    row = await desk.context.first("SELECT id FROM desk_users WHERE email = :email", email=_ADMIN)
    admin = None if row is None else await desk.accounts.get(int(str(row["id"])))
    if admin is None:
        raise AssertionError("the first start makes an admin")
    if not await desk.automations.definitions.all(admin):
        draft = AutomationDraft(name="Ticket", kind="ticket", on_button=False, on_missed=True)
        await desk.automations.definitions.create(admin, draft)


async def shown_in(store: Store, handoff_id: str) -> Mapping[str, tuple[Sequence[str], bool]]:
    """By the reference of each conversation: the keys of what the end user said, and whether it is over."""
    found: dict[str, tuple[Sequence[str], bool]] = {}
    for row in await store.fetch(
        "SELECT id, ref, status FROM desk_conversations WHERE handoff_id = :handoff", {"handoff": handoff_id}
    ):
        lines = await store.fetch(
            """
            SELECT key FROM desk_messages WHERE conversation_id = :id AND author = 'end-user' ORDER BY seq
            """,
            {"id": row["id"]},
        )
        over = row["status"] in {"finished", "unserved"}
        found[str(row["ref"])] = ([str(line["key"]) for line in lines], over)
    return found


async def runs_of(store: Store, handoff_id: str) -> Sequence[str]:
    """Where the runs of a handoff's automations are."""
    rows = await store.fetch(
        "SELECT status FROM desk_automation_runs WHERE handoff_id = :handoff", {"handoff": handoff_id}
    )
    return [str(row["status"]) for row in rows]
