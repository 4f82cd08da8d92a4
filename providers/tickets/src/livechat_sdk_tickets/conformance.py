"""How the ticket systems are put to the proof: their rigs for the kit, each over its simulator.

Named by the entry point group ``livechat_sdk_conformance``, and imported by nothing else: it needs
``livechat-sdk-testing`` and the installed simulators, which are found by their entry points. Adapters and
simulators were written apart from the vendors' documents, and neither imports the other.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cached_property
from importlib.metadata import entry_points
from typing import Any, Final

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import CommentSeen, FieldSample, TicketSeen
from livechat_sdk_testing.conformance.systems.simulated import SimulatorTicketRig
from livechat_sdk_testing.conformance.systems.tickets_rig import TicketAble
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.dynamics.system import DynamicsTicketing

__all__ = ["DynamicsTicketRig", "ZendeskTicketRig", "dynamics", "simulator", "zendesk"]

_ACCOUNT: Final = "6f0f3c1e-5b1d-4c39-9d6a-2f3f4a5b6c7d"
_FORMATTED: Final = "@OData.Community.Display.V1.FormattedValue"


def zendesk(clock: VirtualClock) -> ZendeskTicketRig:
    """Zendesk Support, on the clock of one case."""
    return ZendeskTicketRig(clock)


def dynamics(clock: VirtualClock) -> DynamicsTicketRig:
    """Dynamics 365, on the clock of one case."""
    return DynamicsTicketRig(clock)


def simulator(name: str, settings: Mapping[str, Any], clock: VirtualClock) -> Any:
    """A simulator by its name. Raises ``LookupError`` when it is not installed."""
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
        self._zendesk = simulator("zendesk-support", {"calls_per_minute": None, **(account or {})}, clock)
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
        answer = await self.ask("GET", f"{account.base_url}/api/v2/tickets/{ticket_id}/comments", auth=auth)
        named = [file for one in answer.json()["comments"] for file in one["attachments"]]
        return {
            one["file_name"]: (await self.ask("GET", one["content_url"], auth=auth)).content for one in named
        }


class DynamicsTicketRig(SimulatorTicketRig):
    """An environment whose cases are those of an account where no contact is found.

    ``environment`` are settings of the simulator where the environment is another one, ``settings`` those of
    the integration.
    """

    priorities: Mapping[TicketPriority, str] = {
        "low": "Low",
        "normal": "Normal",
        "high": "High",
        "urgent": "High",
    }
    kinds: Mapping[TicketKind, str] = {"question": "Question", "incident": "Problem", "task": "Request"}
    states: Mapping[str, TicketState] = {
        "In Progress": "open",
        "On Hold": "pending",
        "Waiting for Details": "pending",
        "Researching": "open",
        "Problem Solved": "solved",
    }
    samples: Sequence[FieldSample] = (
        FieldSample("Origin", "Phone", 1),
        FieldSample("Escalated", "yes", True),
        FieldSample("Handoff", "h-1", "h-1"),
    )
    unfit = (("Origin", "Pigeon"),)
    operations: Mapping[str, str] = {"find": "read"}
    """Our key makes the id of a case: to find it is to read it."""
    fields: Final[Mapping[str, Mapping[str, Any]]] = {
        "Handoff": {"field": "new_handoffid"},
        "Origin": {"field": "caseorigincode", "kind": "choice", "values": {"Phone": 1, "Email": 2}},
        "Escalated": {"field": "isescalated", "kind": "flag"},
    }

    def __init__(
        self, clock: VirtualClock, environment: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        limits = {"requests_per_window": None, **(environment or {})}
        self._dynamics = simulator("dynamics", limits, clock)
        self._settings = settings
        super().__init__(clock, self._dynamics)

    @property
    def plugin(self) -> object:
        """The adapters' plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One environment."""
        own = {
            "name": "dynamics",
            "customer": f"accounts({_ACCOUNT})",
            "createContacts": True,
            "origin": None,
            "fields": self.fields,
        }
        return {**self._dynamics.integration("ticketing"), **own, **self._settings}

    @cached_property
    def able(self) -> TicketAble:
        """Its notes are made under ids of ours."""
        return replace(DynamicsTicketing.capabilities, comments_once=True)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """With the account whose cases they are where nobody is found."""
        await self._dynamics.human.add_account(accountid=_ACCOUNT, name="Chats")
        async with super().running():
            yield

    async def seen(self, ticket: Any) -> TicketSeen:
        """With the description as what it was made with, and notes without their title."""
        seen = await super().seen(ticket)
        details = ticket.details
        people = {one.id: one for one in await self._dynamics.human.contacts()}
        who = people.get(details.get("_customerid_value"))
        about = CommentSeen(details.get("description") or "", public=False)
        return replace(
            seen,
            comments=[about, *(replace(one, text=_untitled(one.text)) for one in seen.comments)],
            requester=[part for part in (who.name, who.details.get("emailaddress1")) if part] if who else [],
            priority=details.get(f"prioritycode{_FORMATTED}"),
            kind=details.get(f"casetypecode{_FORMATTED}"),
            fields={
                label: details[rule["field"]]
                for label, rule in self.fields.items()
                if details.get(rule["field"]) is not None
            },
        )

    async def files(self, ticket_id: str) -> Mapping[str, bytes]:
        """Each is a note's."""
        people = self._dynamics.human
        notes = [one for one in await people.comments(ticket_id) if one.files]
        return {one.files[0]: people.file(one.id) for one in notes}


def _untitled(note: str) -> str:
    """A note's text without the title that the adapter gives it."""
    first, _, rest = note.partition("\n")
    return rest if first.startswith("Chat") else note
