"""How ``JIRA_SERVICE_MANAGEMENT_TICKETING`` is put to the proof: its rig for the kit, over the simulator."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from livechat_sdk.domain.tickets import TicketPriority, TicketState
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import FieldSample, TicketSeen, excused_of
from livechat_sdk_testing.conformance.systems.simulated import SimulatorTicketRig
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.conformance import simulator

__all__ = ["JiraTicketRig", "make_rig"]

_MARK: Final = "\n\n(livechat "
_ESCAPED: Final = re.compile(r"\\([^\w\s\u200b]|_)")


def make_rig(clock: VirtualClock) -> JiraTicketRig:
    """Jira Service Management, on the clock of one case."""
    return JiraTicketRig(clock)


class JiraTicketRig(SimulatorTicketRig):
    """A service desk with labels, a topic and a reference on its form.

    ``site`` are settings of the simulator where the site is another one, ``settings`` those of the
    integration.
    """

    priorities: Mapping[TicketPriority, str] = {
        "low": "Low",
        "normal": "Medium",
        "high": "High",
        "urgent": "Highest",
    }
    states: Mapping[str, TicketState] = {
        "Waiting for support": "open",
        "Waiting for customer": "pending",
        "In Progress": "open",
        "Resolved": "solved",
        "Closed": "closed",
    }
    samples: Sequence[FieldSample] = (
        FieldSample("Topic", "bills", "10100"),
        FieldSample("Reference", "h-1", "h-1"),
    )
    unfit = (("Topic", "Rockets"),)
    fills_templates = False
    excuses = (
        excused_of(
            "failing.token_expires_before_a_create",
            reason="An API token is a password: it is taken or refused, and nothing renews it.",
        ),
    )
    fields: Final[Mapping[str, Mapping[str, Any]]] = {
        "Reference": {"field": "customfield_10050"},
        "Topic": {
            "field": "customfield_10051",
            "kind": "choice",
            "values": {"Bills": "Billing", "Parcels": 10101},
        },
    }

    def __init__(self, clock: VirtualClock, site: Mapping[str, Any] | None = None, **settings: Any) -> None:
        self._jira = simulator("jira", site or {}, clock)
        self._settings = settings
        super().__init__(clock, self._jira)

    @property
    def plugin(self) -> object:
        """The adapters' plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One service desk."""
        own = {"name": "jira", "fields": self.fields}
        return {**self._jira.integration("ticketing"), **own, **self._settings}

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """With two customers, of whom one is in most drafts."""
        await self._jira.human.add_contact(name="Eleni Petrou", email="eleni@shop.example")
        await self._jira.human.add_contact(name="Nikos Petrou", email="nikos@shop.example")
        async with super().running():
            yield

    async def seen(self, ticket: Any) -> TicketSeen:
        """By its key, with comments as people read them."""
        seen = await super().seen(ticket)
        details = ticket.details
        return replace(
            seen,
            id=ticket.number,
            subject=ticket.subject,
            comments=[replace(one, text=_read(one.text)) for one in seen.comments],
            priority=details.get("priority"),
            tags=details.get("labels", ()),
            fields={
                label: details[rule["field"]]
                for label, rule in self.fields.items()
                if details.get(rule["field"]) is not None
            },
        )

    async def files(self, ticket_id: str) -> Mapping[str, bytes]:
        """As agents read them."""
        account = self._jira.settings
        auth = (account.user_name, account.token)
        issue = f"{account.base_url}/rest/api/3/issue/{ticket_id}"
        found = (await self.ask("GET", issue, params={"fields": "attachment"}, auth=auth)).json()
        return {
            one["filename"]: (await self.ask("GET", one["content"], auth=auth)).content
            for one in found["fields"]["attachment"]
        }


def _read(text: str) -> str:
    """Wiki text as people read it, without our mark and the names of the files after it."""
    return _ESCAPED.sub(r"\1", text.partition(_MARK)[0])
