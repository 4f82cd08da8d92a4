"""How ``FRESHDESK_TICKETING`` is put to the proof: its rig for the kit, over the simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.case import Excuse
from livechat_sdk_testing.conformance.systems import FieldSample, TicketSeen
from livechat_sdk_testing.conformance.systems.simulated import SimulatorTicketRig
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.conformance import simulator

__all__ = ["FreshdeskTicketRig", "make_rig"]

_MARK: Final = "\n\n(livechat "
_NO_LIMITS: Final = {
    "calls_per_minute": None,
    "creates_per_minute": None,
    "updates_per_minute": None,
    "lists_per_minute": None,
}


def make_rig(clock: VirtualClock) -> FreshdeskTicketRig:
    """Freshdesk, on the clock of one case."""
    return FreshdeskTicketRig(clock)


class FreshdeskTicketRig(SimulatorTicketRig):
    """An account whose budget is large enough.

    ``account`` are settings of the simulator where the account is another one, ``settings`` those of the
    integration.
    """

    priorities: Mapping[TicketPriority, str] = {
        "low": "Low",
        "normal": "Medium",
        "high": "High",
        "urgent": "Urgent",
    }
    kinds: Mapping[TicketKind, str] = {
        "question": "Question",
        "incident": "Incident",
        "problem": "Problem",
    }
    states: Mapping[str, TicketState] = {
        "Open": "open",
        "Pending": "pending",
        "Resolved": "solved",
        "Closed": "closed",
    }
    samples: Sequence[FieldSample] = (
        FieldSample("Topic", "Billing", "Billing"),
        FieldSample("Attempts", "3", 3),
        FieldSample("Amount", "2.5", 2.5),
        FieldSample("Consent", "yes", True),
        FieldSample("Due", "2026-12-24T10:00:00Z", "2026-12-24"),
        FieldSample("Summary", "two\nlines", "two\nlines"),
    )
    unfit = (("Topic", "Rockets"), ("Attempts", "many"), ("Consent", "perhaps"), ("Due", "soon"))
    excuses = (
        Excuse(
            "failing.token_expires_before_a_create",
            "Freshdesk has keys, which somebody takes back or nobody.",
        ),
    )
    fields: Final[Mapping[str, Mapping[str, Any]]] = {
        "Topic": {"field": "cf_topic", "kind": "choice", "values": ["Billing", "Delivery"]},
        "Attempts": {"field": "cf_attempts", "kind": "integer"},
        "Amount": {"field": "cf_amount", "kind": "number"},
        "Consent": {"field": "cf_consent", "kind": "flag"},
        "Due": {"field": "cf_due", "kind": "date"},
        "Summary": {"field": "cf_summary"},
    }

    def __init__(
        self, clock: VirtualClock, account: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        self._freshdesk = simulator("freshdesk", {**_NO_LIMITS, **(account or {})}, clock)
        self._settings = settings
        super().__init__(clock, self._freshdesk)

    @property
    def plugin(self) -> object:
        """The adapters' plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One account."""
        own = {"name": "freshdesk", "keyField": self._freshdesk.settings.key_field, "fields": self.fields}
        return {**self._freshdesk.integration("ticketing"), **own, **self._settings}

    async def seen(self, ticket: Any) -> TicketSeen:
        """With the requester's name, and notes without the adapter's mark; the first is the conversation."""
        seen = await super().seen(ticket)
        details = ticket.details
        people = {one.details["id"]: one.details for one in await self._freshdesk.human.contacts()}
        who = people.get(details.get("requester_id"), {})
        kept = details["custom_fields"]
        notes = [replace(one, text=one.text.partition(_MARK)[0]) for one in seen.comments]
        return replace(
            seen,
            comments=notes,
            requester=[part for part in (who.get("name"), who.get("email"), who.get("phone")) if part],
            priority=details["priority"],
            kind=details["type"],
            tags=details["tags"],
            fields={
                label: kept[rule["field"]] for label, rule in self.fields.items() if rule["field"] in kept
            },
            files=await self.files(ticket.id),
        )

    async def files(self, ticket_id: str) -> Mapping[str, bytes]:
        """As agents read them: by the links of the ticket and of its conversations."""
        account = self._freshdesk.settings
        auth = (account.api_key, "X")
        address = f"{account.base_url}/api/v2/tickets/{ticket_id}"
        ticket = (await self.ask("GET", address, auth=auth)).json()
        notes = (await self.ask("GET", f"{address}/conversations?per_page=100", auth=auth)).json()
        named = [file for one in (ticket, *notes) for file in one["attachments"]]
        return {
            one["name"]: (await self.ask("GET", one["attachment_url"], auth=auth)).content for one in named
        }
