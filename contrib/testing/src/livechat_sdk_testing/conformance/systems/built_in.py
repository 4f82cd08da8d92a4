"""The rigs of what is built into the SDK: ``LOCAL_TICKETING`` and ``CSV_CONTACTS``."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from livechat_sdk.domain.tickets import Ticket, TicketKind, TicketPriority
from livechat_sdk.policies.contacts_csv import CSV_CONTACTS
from livechat_sdk.policies.local_tickets import LOCAL_TICKETING, LocalTicket
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems.contacts_rig import (
    ContactRig,
    ContactTraits,
    Person,
    PropertySample,
)
from livechat_sdk_testing.conformance.systems.runner import excused_of
from livechat_sdk_testing.conformance.systems.tickets_rig import (
    CommentSeen,
    TicketAble,
    TicketRig,
    TicketSeen,
    TicketTraits,
)

__all__ = ["CsvContactRig", "LocalTicketRig", "csv_contacts", "local_tickets"]


def local_tickets(clock: VirtualClock) -> LocalTicketRig:
    """Tables beside the ledger, on the clock of one case."""
    return LocalTicketRig(clock)


def csv_contacts(clock: VirtualClock) -> CsvContactRig:
    """A file, on the clock of one case."""
    return CsvContactRig(clock)


class LocalTicketRig(TicketRig):
    """The tables, read ticket by ticket."""

    links = False
    people = False
    fills_templates = False
    priorities: Mapping[TicketPriority, str] = {
        "low": "low",
        "normal": "normal",
        "high": "high",
        "urgent": "urgent",
    }
    kinds: Mapping[TicketKind, str] = {"question": "question", "task": "task"}
    excuses = (
        excused_of(
            "limits.of_lines_in_the_subject",
            reason="The table keeps a draft as it is; the subjects that the core makes have one line.",
        ),
        excused_of(
            "hostile.subjects_stay_text",
            reason="The table keeps a draft as it is; the subjects that the core makes have one line.",
        ),
        excused_of(
            "hostile.names_stay_names",
            reason="The table keeps a draft as it is, line breaks of a name too; nobody sends it anywhere.",
        ),
        excused_of(
            "files.that_are_gone_are_told",
            reason="Files are kept as references to the file store, which says itself what it has no more.",
        ),
        excused_of(
            "files.with_hostile_names",
            reason="Files are kept as references: a name is a value in a row, and no path or header.",
        ),
    )

    @property
    def plugin(self) -> None:
        """It comes with the SDK."""
        return

    @property
    def settings(self) -> Mapping[str, Any]:
        """There is nothing to set."""
        return {"type": LOCAL_TICKETING, "name": "tickets"}

    @cached_property
    def able(self) -> TicketAble:
        """It declares nothing itself."""
        return TicketTraits(subject_limit=500, body_limit=1_000_000, file_limit=2**40)

    async def tickets(self) -> Sequence[TicketSeen]:
        """One after the other, until there is none."""
        found: list[TicketSeen] = []
        while (one := await self.system.read(f"T-{len(found) + 1:06}")) is not None:
            found.append(self._seen(one))
        return found

    async def read(self, system: Any, ticket_id: str) -> Ticket | None:
        """Its ``read`` answers the whole ticket."""
        found: LocalTicket | None = await system.read(ticket_id)
        return None if found is None else found.ticket

    def _seen(self, one: LocalTicket) -> TicketSeen:
        draft = one.draft
        files = [*draft.attachments, *(file for note in one.notes for file in note.attachments)]
        who = (draft.requester_name, draft.requester_email, draft.requester_phone)
        return TicketSeen(
            id=one.ticket.id,
            key=one.ticket.key,
            subject=one.ticket.subject,
            comments=[
                CommentSeen(draft.body, None, [file.name for file in draft.attachments]),
                *(
                    CommentSeen(note.body, note.public, [file.name for file in note.attachments])
                    for note in one.notes
                ),
            ],
            requester=[part for part in who if part],
            priority=draft.priority,
            kind=draft.kind,
            tags=draft.tags,
            state=one.ticket.status,
            files={file.name: self.attached[file.url][2] for file in files},
        )


class CsvContactRig(ContactRig):
    """A file with a line for each person."""

    traits = ContactTraits(several="none")
    samples = (
        PropertySample("Tier", "text", {"Tier": "Gold"}, "Gold"),
        PropertySample("Orders", "text", {"Orders": "12"}, "12"),
    )

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self._path = Path(tempfile.gettempdir()) / f"contacts-{uuid4().hex}.csv"
        self._rows: list[dict[str, str]] = []

    @property
    def plugin(self) -> None:
        """It comes with the SDK."""
        return

    @property
    def settings(self) -> Mapping[str, Any]:
        """One file."""
        return {"type": CSV_CONTACTS, "name": "contacts", "path": str(self._path)}

    async def add(self, person: Person) -> str:
        """One more line; the id of a contact is our id of the end user."""
        number = person.external_id or f"row-{len(self._rows) + 1}"
        row = {
            "id": number,
            "name": person.name,
            "email": person.email or "",
            "phone": person.phone or "",
            "link": f"https://crm.example/contacts/{number}",
            **{name: str(value) for name, value in person.extra.items()},
        }
        self._rows.append(row)
        self._write()
        return number

    async def change(self, contact_id: str, name: str) -> None:
        """Somebody corrects the file."""
        next(row for row in self._rows if row["id"] == contact_id)["name"] = name
        self._write()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The file is there while the case runs."""
        self._write()
        try:
            async with super().running():
                yield
        finally:
            self._path.unlink()

    def _write(self) -> None:
        columns = ["id", "name", "email", "phone", "link", *(sample.label for sample in self.samples)]
        with self._path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self._rows)
