"""How ``SALESFORCE_TICKETING`` is put to the proof: its rig for the kit, over the simulator."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import CommentSeen, FieldSample, TicketSeen
from livechat_sdk_testing.conformance.systems.simulated import SimulatorTicketRig
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.conformance import simulator
from livechat_sdk_tickets.salesforce.soql import select

__all__ = ["SalesforceTicketRig", "make_rig"]

_MARK: Final = "\n\n(livechat "


def make_rig(clock: VirtualClock) -> SalesforceTicketRig:
    """Salesforce, on the clock of one case."""
    return SalesforceTicketRig(clock)


class SalesforceTicketRig(SimulatorTicketRig):
    """An organisation with two contacts, of whom one is in most drafts.

    ``organisation`` are settings of the simulator where it is another one, ``settings`` those of the
    integration.
    """

    priorities: Mapping[TicketPriority, str] = {
        "low": "Low",
        "normal": "Medium",
        "high": "High",
        "urgent": "High",
    }
    kinds: Mapping[TicketKind, str] = {"question": "Question", "incident": "Problem", "problem": "Problem"}
    states: Mapping[str, TicketState] = {
        "New": "new",
        "Working": "open",
        "Escalated": "open",
        "Waiting on Customer": "pending",
        "Closed": "solved",
    }
    samples: Sequence[FieldSample] = (
        FieldSample("Topic", "Billing", "Billing"),
        FieldSample("Attempts", "3", 3),
        FieldSample("Consent", "yes", True),
        FieldSample("Due", "2026-12-24T10:00:00Z", "2026-12-24"),
        FieldSample("Company", "Shop & Sons", "Shop & Sons"),
    )
    unfit = (("Topic", "Rockets"), ("Attempts", "many"), ("Consent", "perhaps"), ("Due", "soon"))
    fields: Final[Mapping[str, Mapping[str, Any]]] = {
        "Topic": {"field": "Topic__c", "kind": "choice", "values": ["Billing", "Delivery"]},
        "Attempts": {"field": "Attempts__c", "kind": "integer"},
        "Consent": {"field": "Consent__c", "kind": "flag"},
        "Due": {"field": "Due__c", "kind": "date"},
        "Company": {"field": "SuppliedCompany"},
    }

    def __init__(
        self, clock: VirtualClock, organisation: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        self._salesforce = simulator("salesforce", {"daily_requests": None, **(organisation or {})}, clock)
        self._settings = settings
        super().__init__(clock, self._salesforce)

    @property
    def plugin(self) -> object:
        """The adapters' plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One organisation."""
        key = self._salesforce.settings.external_id_field
        own = {"name": "salesforce", "keyField": key, "fields": self.fields}
        return {**self._salesforce.integration("ticketing"), **own, **self._settings}

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """With the contacts."""
        for first, mail in (("Eleni", "eleni@shop.example"), ("Nikos", "nikos@shop.example")):
            await self._salesforce.human.add_contact(FirstName=first, LastName="Petrou", Email=mail)
        async with super().running():
            yield

    async def seen(self, ticket: Any) -> TicketSeen:
        """With the description as what it was made with, and comments without the adapter's mark."""
        seen = await super().seen(ticket)
        details = ticket.details
        people = {one.id: one.details for one in await self._salesforce.human.contacts()}
        contact = people.get(details.get("ContactId"), {})
        files: Mapping[str, bytes] = await self.files(ticket.id) if details["files"] else {}
        about = CommentSeen(details.get("Description") or "", public=None, files=details["files"])
        notes = [replace(one, text=one.text.partition(_MARK)[0]) for one in seen.comments]
        whose = (
            *(details.get("SuppliedName"), details.get("SuppliedEmail"), details.get("SuppliedPhone")),
            contact.get("Email"),
        )
        return replace(
            seen,
            comments=[about, *notes],
            requester=[part for part in whose if part],
            priority=details.get("Priority"),
            kind=details.get("Type"),
            fields={
                label: details[rule["field"]]
                for label, rule in self.fields.items()
                if details.get(rule["field"]) not in (None, False)
            },
            files=files,
        )

    async def files(self, ticket_id: str) -> Mapping[str, bytes]:
        """As whoever sees the case reads them."""
        token = await self._token()
        root = f"{self._salesforce.settings.base_url}/services/data/v63.0"
        query = select("Id, PathOnClient", "ContentVersion", "FirstPublishLocationId", ticket_id)
        found = await self.ask("GET", f"{root}/query", params={"q": query}, headers=token)
        address = f"{root}/sobjects/ContentVersion"
        return {
            one["PathOnClient"]: (
                await self.ask("GET", f"{address}/{one['Id']}/VersionData", headers=token)
            ).content
            for one in found.json()["records"]
        }

    async def _token(self) -> Mapping[str, str]:
        org = self._salesforce.settings
        form = {
            "grant_type": "client_credentials",
            "client_id": org.client_id,
            "client_secret": org.client_secret,
        }
        answer = await self.ask("POST", f"{org.base_url}/services/oauth2/token", data=form)
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}
