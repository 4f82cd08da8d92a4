"""How ``SERVICENOW_TICKETING`` is put to the proof: its rig for the kit, over the simulator."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import FieldSample, TicketSeen
from livechat_sdk_testing.conformance.systems.simulated import SimulatorTicketRig
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.conformance import simulator

__all__ = ["ServiceNowTicketRig", "make_rig"]

_MARK: Final = "\n\n(livechat "


def make_rig(clock: VirtualClock) -> ServiceNowTicketRig:
    """ServiceNow, on the clock of one case."""
    return ServiceNowTicketRig(clock)


class ServiceNowTicketRig(SimulatorTicketRig):
    """An instance that is reached by OAuth, and that refuses columns that it does not have.

    ``instance`` are settings of the simulator where the instance is another one, ``settings`` those of the
    integration.
    """

    priorities: Mapping[TicketPriority, str] = {
        "low": "4 - Low",
        "normal": "3 - Moderate",
        "high": "2 - High",
        "urgent": "1 - Critical",
    }
    kinds: Mapping[TicketKind, str] = {"question": "Inquiry / Help", "incident": "Software"}
    states: Mapping[str, TicketState] = {
        "New": "new",
        "In Progress": "open",
        "On Hold": "pending",
        "Resolved": "solved",
        "Closed": "closed",
    }
    samples: Sequence[FieldSample] = (
        FieldSample("Language", "Greek", "Greek"),
        FieldSample("Severity", "2", "2 - Medium"),
        FieldSample("Knowledge", "yes", "true"),
        FieldSample("Order", "4711", "4711"),
    )
    unfit = (("Language", "Klingon"), ("Severity", "very"), ("Knowledge", "perhaps"))
    fills_templates = False
    fields: Final[Mapping[str, Mapping[str, Any]]] = {
        "Language": {"field": "u_language", "kind": "choice", "values": {"Greek": "el", "English": "en"}},
        "Severity": {"field": "severity", "kind": "integer"},
        "Knowledge": {"field": "knowledge", "kind": "flag"},
        "Order": {"field": "u_order"},
    }
    _unset: Final = {"severity": ("", "3 - Low"), "knowledge": ("", "false")}
    """What these columns are when nobody set them."""

    def __init__(
        self, clock: VirtualClock, instance: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        own = {"unknown_columns": "refuse", **(instance or {})}
        self._servicenow = simulator("servicenow", own, clock)
        self._settings = settings
        super().__init__(clock, self._servicenow)

    @property
    def plugin(self) -> object:
        """The adapters' plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One instance."""
        instance = self._servicenow.settings
        return {
            "type": "SERVICENOW_TICKETING",
            "name": "servicenow",
            "baseUrl": instance.base_url,
            "clientId": instance.client_id,
            "clientSecret": instance.client_secret,
            "fields": self.fields,
            "kinds": {"question": {"category": "inquiry"}, "incident": {"category": "software"}},
            **self._settings,
        }

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """With two users, of whom one is in most drafts."""
        await self._servicenow.human.add_contact(name="Eleni Petrou", email="eleni@shop.example")
        await self._servicenow.human.add_contact(name="Nikos Petrou", email="nikos@shop.example")
        async with super().running():
            yield

    async def seen(self, ticket: Any) -> TicketSeen:
        """With the caller, by the name that is shown, and notes without the adapter's mark."""
        seen = await super().seen(ticket)
        people = {one.name: one for one in await self._servicenow.human.contacts()}
        row = ticket.details
        who = people.get(row.get("caller_id"))
        return replace(
            seen,
            comments=[replace(one, text=one.text.partition(_MARK)[0]) for one in seen.comments],
            requester=[part for part in (who.name, who.details.get("email")) if part] if who else [],
            priority=row.get("priority"),
            kind=row.get("category"),
            fields={
                label: row[rule["field"]]
                for label, rule in self.fields.items()
                if row.get(rule["field"], "") not in self._unset.get(rule["field"], ("",))
            },
        )

    async def files(self, ticket_id: str) -> Mapping[str, bytes]:
        """As whoever may read the record reads them."""
        instance = self._servicenow.settings
        auth = (instance.user_name, instance.password)
        base, query = f"{instance.base_url}/api/now/attachment", f"table_sys_id={ticket_id}"
        found = (await self.ask("GET", base, params={"sysparm_query": query}, auth=auth)).json()["result"]
        return {
            one["file_name"]: (await self.ask("GET", f"{base}/{one['sys_id']}/file", auth=auth)).content
            for one in found
        }
