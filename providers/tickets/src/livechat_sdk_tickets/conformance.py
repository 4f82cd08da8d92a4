"""How the ticket systems are put to the proof: their rigs for the kit, each over its simulator.

Named by the entry point group ``livechat_sdk_conformance``, and imported by nothing else: it needs
``livechat-sdk-testing`` and the installed simulators, which are found by their entry points. Adapters and
simulators were written apart from the vendors' documents, and neither imports the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from typing import Any, Final

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import FieldSample, TicketSeen
from livechat_sdk_testing.conformance.systems.simulated import SimulatorTicketRig
from livechat_sdk_tickets import plugin

__all__ = ["ZendeskTicketRig", "zendesk"]


def zendesk(clock: VirtualClock) -> ZendeskTicketRig:
    """Zendesk Support, on the clock of one case."""
    return ZendeskTicketRig(clock)


def _simulator(name: str, settings: Mapping[str, Any], clock: VirtualClock) -> Any:
    for entry in entry_points(group="livechat_sdk_simulators", name=name):
        return entry.load().make(settings, clock)
    raise LookupError(f"no simulator {name} is installed: pip install livechat-sdk-simulators")


class ZendeskTicketRig(SimulatorTicketRig):
    """An account of Zendesk that is reached by OAuth.

    ``account`` are settings of the simulator where the account is another one, ``settings`` those of the
    integration.
    """

    priorities: Mapping[TicketPriority, str] = {
        "low": "low",
        "normal": "normal",
        "high": "high",
        "urgent": "urgent",
    }
    kinds: Mapping[TicketKind, str] = {
        "question": "question",
        "incident": "incident",
        "problem": "problem",
        "task": "task",
    }
    states: Mapping[str, TicketState] = {
        "new": "new",
        "open": "open",
        "pending": "pending",
        "hold": "pending",
        "solved": "solved",
        "closed": "closed",
    }
    samples: Sequence[FieldSample] = (
        FieldSample("Topic", "Billing", "topic_billing"),
        FieldSample("Attempts", "3", "3"),
        FieldSample("Consent", "yes", True),
        FieldSample("Due", "2026-12-24T10:00:00Z", "2026-12-24"),
        FieldSample("Products", ["Phone", "Watch"], ["product_phone", "product_watch"]),
        FieldSample("Handoff", "h-1", "h-1"),
    )
    unfit = (("Topic", "Rockets"), ("Attempts", "many"), ("Consent", "perhaps"), ("Due", "soon"))
    fields: Final[Mapping[str, Mapping[str, Any]]] = {
        "Handoff": {"field": 360000000001},
        "Topic": {
            "field": 360000000002,
            "kind": "choice",
            "values": {"Billing": "topic_billing", "Delivery": "topic_delivery"},
        },
        "Attempts": {"field": 360000000003, "kind": "integer"},
        "Consent": {"field": 360000000004, "kind": "flag"},
        "Due": {"field": 360000000005, "kind": "date"},
        "Products": {
            "field": 360000000006,
            "kind": "choices",
            "values": {"Phone": "product_phone", "Watch": "product_watch"},
        },
    }

    def __init__(
        self, clock: VirtualClock, account: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        self._zendesk = _simulator("zendesk-support", {"calls_per_minute": None, **(account or {})}, clock)
        self._settings = settings
        super().__init__(clock, self._zendesk)

    @property
    def plugin(self) -> object:
        """The adapters' plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One account."""
        account = self._zendesk.settings
        return {
            "type": "ZENDESK_TICKETING",
            "name": "zendesk",
            "baseUrl": account.base_url,
            "clientId": account.client_id,
            "clientSecret": account.client_secret,
            "fields": self.fields,
            **self._settings,
        }

    async def seen(self, ticket: Any) -> TicketSeen:
        """With the requester's name, and what agents see beside the comments."""
        seen = await super().seen(ticket)
        people = {one.details["id"]: one.details for one in await self._zendesk.human.contacts()}
        who = people.get(ticket.details.get("requester_id"), {})
        kept = {str(name): value for name, value in ticket.details["custom_fields"].items()}
        return replace(
            seen,
            requester=[part for part in (who.get("name"), who.get("email")) if part],
            priority=ticket.details.get("priority"),
            kind=ticket.details.get("type"),
            tags=ticket.details.get("tags", ()),
            fields={
                label: kept[str(rule["field"])]
                for label, rule in self.fields.items()
                if str(rule["field"]) in kept
            },
        )

    async def files(self, ticket_id: str) -> Mapping[str, bytes]:
        """As agents read them: by the links of the comments."""
        account = self._zendesk.settings
        auth = (f"{account.user_name}/token", account.api_token)
        answer = await self.get(f"{account.base_url}/api/v2/tickets/{ticket_id}/comments", auth)
        named = [file for one in answer.json()["comments"] for file in one["attachments"]]
        return {one["file_name"]: (await self.get(one["content_url"], auth)).content for one in named}
