"""The records of one account, and what a search sees of tickets: everything as it was a while ago."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from livechat_sdk_simulators.freshdesk.fields import TicketFields
from livechat_sdk_simulators.freshdesk.state import Agent, Attachment, Company, Contact, Record, Ticket

__all__ = ["Account"]

_FIRST_TICKET: Final = 4501
_FIRST_ID: Final = 43_026_449_322
_OLD: Final = timedelta(days=90)
_GROUPS: Final = {43_000_000_101: "Support", 43_000_000_102: "Billing"}
_PRODUCTS: Final = (43_000_000_201,)


class Account:
    """Contacts, agents, companies, tickets, files and fields."""

    def __init__(self, now: Callable[[], datetime], required_fields: Sequence[str]) -> None:
        self._now = now
        self._numbers = itertools.count(_FIRST_TICKET)
        self._ids = itertools.count(_FIRST_ID)
        self._past: dict[Record, list[tuple[datetime, dict[str, Any] | None]]] = {}
        self.begun_at = now() - _OLD
        """When everything began that was there all along."""
        self.groups = _GROUPS
        self.products = _PRODUCTS
        self.fields = TicketFields(self.begun_at, required_fields, _PRODUCTS)
        self.contacts: dict[int, Contact] = {}
        self.agents: dict[int, Agent] = {}
        self.companies: dict[int, Company] = {}
        self.tickets: dict[int, Ticket] = {}
        self.files: dict[int, Attachment] = {}

    def new_id(self) -> int:
        """An id that nothing has yet."""
        return next(self._ids)

    def new_number(self) -> int:
        """The number of the next ticket."""
        return next(self._numbers)

    # ---------------------------------------------------------------------------------------- people
    def contact_by(
        self, *, email: str | None = None, phone: str | None = None, external_id: str | None = None
    ) -> Contact | None:
        """The contact with this address, number or external id."""
        for one in self.contacts.values():
            addresses = [each.lower() for each in (one.email, *one.other_emails) if each]
            if (
                (email is not None and email.lower() in addresses)
                or (phone is not None and phone in {one.phone, one.mobile})
                or (external_id is not None and external_id == one.unique_external_id)
            ):
                return one
        return None

    def person(self, number: int) -> Contact | Agent | None:
        """A contact or an agent."""
        return self.contacts.get(number) or self.agents.get(number)

    def agent(self, name: str, email: str | None = None) -> Agent:
        """The agent with this name, who is hired where there is none."""
        for one in self.agents.values():
            if one.name == name:
                return one
        address = email or f"{'.'.join(name.lower().split())}@agents.example"
        made = Agent(
            id=self.new_id(), created_at=self.begun_at, updated_at=self.begun_at, name=name, email=address
        )
        self.agents[made.id] = made
        return made

    # --------------------------------------------------------------------------------- what changes
    def saw(self, record: Ticket | Contact, shown: dict[str, Any] | None, *, at_once: bool = False) -> None:
        """Keep what a record looks like now, for searches to come; ``None`` when it is gone."""
        at = self.begun_at if at_once else self._now()
        past = self._past.setdefault(record, [])
        past.append((at, shown))
        past.sort(key=lambda one: one[0])

    def seen(self, kind: type[Record], lag: float) -> list[dict[str, Any]]:
        """What a search sees that is ``lag`` seconds late, newest first."""
        until = self._now() - timedelta(seconds=lag)
        found: list[dict[str, Any]] = []
        for record, past in sorted(self._past.items(), key=lambda one: -one[0].id):
            if isinstance(record, kind):
                shown = next((shown for at, shown in reversed(past) if at <= until), None)
                if shown is not None:
                    found.append(shown)
        return found
