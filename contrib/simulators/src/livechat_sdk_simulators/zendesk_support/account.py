"""The records of one account, and what a search sees of them: everything as it was a while ago."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from livechat_sdk_simulators.zendesk_support.state import (
    Organization,
    Record,
    Ticket,
    TicketField,
    Upload,
    User,
)

__all__ = ["Account"]

_FIRST_ID: Final = 6164039218714
_ID_STEP: Final = 128
_FIRST_TICKET: Final = 4014
_OLD: Final = timedelta(days=30)
_R = TypeVar("_R", bound=Record)

_SYSTEM_FIELDS: Final = (
    ("Subject", "subject", True),
    ("Description", "description", True),
    ("Status", "status", False),
    ("Type", "tickettype", False),
    ("Priority", "priority", False),
    ("Group", "group", False),
    ("Assignee", "assignee", True),
)
_OWN_FIELDS: Final = (
    (360000000001, "Handoff", "text", ()),
    (360000000002, "Topic", "tagger", (("Billing", "topic_billing"), ("Delivery", "topic_delivery"))),
    (360000000003, "Attempts", "integer", ()),
    (360000000004, "Consent", "checkbox", ()),
    (360000000005, "Due", "date", ()),
    (360000000006, "Products", "multiselect", (("Phone", "product_phone"), ("Watch", "product_watch"))),
)


class Account:
    """Users, organizations, tickets, fields and uploads. ``show`` says what searches see of a record."""

    def __init__(self, now: Callable[[], datetime], show: Callable[[Record], dict[str, Any]]) -> None:
        self._now = now
        self._show = show
        self._ids = itertools.count(_FIRST_ID, _ID_STEP)
        self._numbers = itertools.count(_FIRST_TICKET)
        self._past: dict[tuple[str, int], list[tuple[datetime, dict[str, Any] | None]]] = {}
        self.users: dict[int, User] = {}
        self.organizations: dict[int, Organization] = {}
        self.tickets: dict[int, Ticket] = {}
        self.fields: dict[int, TicketField] = {}
        self.uploads: dict[str, Upload] = {}
        for title, kind, required in _SYSTEM_FIELDS:
            self.add_field(title, kind, required=required, removable=False)
        for number, title, kind, options in _OWN_FIELDS:
            self.add_field(title, kind, options, number=number)

    # -------------------------------------------------------------------------------------- numbers
    def new_id(self) -> int:
        """An id that nothing has yet."""
        return next(self._ids)

    def new_number(self) -> int:
        """The id of the next ticket."""
        return next(self._numbers)

    def begun(self, *, long_ago: bool = False) -> datetime:
        """When a record that is made now begins."""
        return self._now() - _OLD if long_ago else self._now()

    # --------------------------------------------------------------------------------------- changes
    def keep(self, record: _R, *, long_ago: bool = False) -> _R:
        """Keep a new record, or note that it has changed. What was ``long_ago`` is searched at once."""
        records: dict[int, _R] = self._records(type(record))
        if record.id in records and not long_ago:
            record.updated_at = self._now()
        records[record.id] = record
        past = self._past.setdefault((type(record).__name__, record.id), [])
        past.append((self.begun(long_ago=long_ago), self._show(record)))
        past.sort(key=lambda one: one[0])
        return record

    def _records(self, kind: type[Record]) -> dict[int, Any]:
        records: dict[type[Record], dict[int, Any]] = {
            User: self.users,
            Organization: self.organizations,
            Ticket: self.tickets,
        }
        return records[kind]

    def forget(self, ticket: Ticket) -> None:
        """Delete a ticket. Searches may see it for a while."""
        del self.tickets[ticket.id]
        self._past[Ticket.__name__, ticket.id].append((self._now(), None))

    def seen(self, kind: type[Record], lag: float) -> list[dict[str, Any]]:
        """What a search sees that is ``lag`` seconds late, oldest first."""
        until = self._now() - timedelta(seconds=lag)
        found: list[dict[str, Any]] = []
        for (name, _), past in sorted(self._past.items(), key=lambda one: one[0][1]):
            if name == kind.__name__:
                shown = next((shown for at, shown in reversed(past) if at <= until), None)
                if shown is not None:
                    found.append(shown)
        return found

    # ---------------------------------------------------------------------------------------- finding
    def user_by(self, *, email: str | None = None, external_id: str | None = None) -> User | None:
        """The user with this address or external id, without regard to case."""
        for one in self.users.values():
            addresses = [each.lower() for each in (one.email, *one.emails) if each]
            if one.active and (
                (email is not None and email.lower() in addresses)
                or (external_id is not None and (one.external_id or "").lower() == external_id.lower())
            ):
                return one
        return None

    def agent(self, name: str) -> User:
        """The agent with this name, who is hired where there is none."""
        known = (one for one in self.users.values() if one.works_here and one.name == name)
        found = next(known, None)
        if found is None:
            at = self.begun(long_ago=True)
            email = f"{'.'.join(name.lower().split())}@agents.example"
            found = User(
                id=self.new_id(),
                created_at=at,
                updated_at=at,
                name=name,
                email=email,
                role="agent",
                verified=True,
            )
            self.keep(found, long_ago=True)
        return found

    def add_field(
        self,
        title: str,
        kind: str,
        options: Iterable[tuple[str, str]] = (),
        *,
        required: bool = False,
        removable: bool = True,
        number: int | None = None,
    ) -> TicketField:
        """Add a field to every ticket."""
        at = self.begun(long_ago=True)
        made = TicketField(
            id=number or self.new_id(),
            created_at=at,
            updated_at=at,
            title=title,
            kind=kind,
            options=tuple(options),
            required=required,
            removable=removable,
        )
        self.fields[made.id] = made
        return made
