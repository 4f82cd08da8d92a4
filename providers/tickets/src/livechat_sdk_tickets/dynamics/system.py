"""``DYNAMICS_TICKETING``: cases in Dynamics 365, made once under an id of ours, with notes for the rest."""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, cast

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import Ticket, TicketNote
from livechat_sdk.errors import RejectedError
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk_tickets.capabilities import AtMostOnce, TicketCapabilities
from livechat_sdk_tickets.dynamics.api import Api
from livechat_sdk_tickets.dynamics.checking import check
from livechat_sdk_tickets.dynamics.customers import NAMESPACE, Customers
from livechat_sdk_tickets.dynamics.settings import GUID, DynamicsTicketingSettings
from livechat_sdk_tickets.dynamics.wire import WireCase
from livechat_sdk_tickets.escaping import one_line, plain
from livechat_sdk_tickets.fields import FieldRule
from livechat_sdk_tickets.preparing import LoadedFile, Prepared, parts_of
from livechat_sdk_tickets.system import TicketSystem

__all__ = ["DynamicsTicketing"]

logger = logging.getLogger("livechat_sdk.tickets.dynamics")

_EMAIL_LIMIT: Final = 100


class DynamicsTicketing(TicketSystem[DynamicsTicketingSettings]):
    """Cases of one environment."""

    type = "DYNAMICS_TICKETING"
    capabilities: ClassVar[TicketCapabilities] = TicketCapabilities(
        internal_comment=True,
        public_comment=False,
        create_at_most_once=AtMostOnce.VENDOR,
        find=True,
        text="plain",
        subject_limit=200,
        body_limit=2000,
        file_limit=5 * 1024**2,
        requester_by_email=True,
    )

    def __init__(self, context: IntegrationContext, settings: DynamicsTicketingSettings) -> None:
        super().__init__(context, settings)
        self._api = Api(self.name, settings)
        self._customers = Customers(self._api, settings)

    @property
    def field_map(self) -> Mapping[str, FieldRule]:
        """The columns by label."""
        return self.settings.fields

    @property
    def body_limit(self) -> int:
        """Characters of a description, which an environment may have changed."""
        return self.settings.description_limit

    @property
    def comments_once(self) -> bool:
        """Notes under ids of ours are there once."""
        return self.settings.note_ids == "own"

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def create(self, ticket: Prepared, handoff: Handoff) -> Ticket:
        """Make a case for the customer that was found; one that is there under our key is as good."""
        settings = self.settings
        columns: dict[str, Any] = {
            "title": ticket.subject,
            "description": ticket.body,
            **await self.beforehand(self._customers.bind(ticket.requester, handoff)),
            "prioritycode": settings.priority(ticket.priority),
            "casetypecode": settings.kind(ticket.kind),
            "caseorigincode": settings.origin,
            "subjectid@odata.bind": settings.subject and f"/subjects({settings.subject})",
            "ownerid@odata.bind": settings.owner and f"/{settings.owner}",
            "emailaddress": ticket.requester.email if _fits(ticket.requester.email) else None,
            **{name: _column(value) for name, value in ticket.fields.items()},
        }
        address = self._address(ticket.key)
        content = {name: value for name, value in columns.items() if value is not None}
        made = await self._api.create_case(address, content) or await self._api.case("create", address)
        if made is None:
            raise RejectedError(
                "a case with this key was there, and is gone", provider=self.name, operation="create"
            )
        return self._ticket(made, ticket.key)

    async def complete(self, ticket: Ticket, prepared: Prepared) -> None:
        """Add the whole conversation as notes where the description does not hold it, and the files."""
        parts = parts_of(prepared.text, self.settings.note_limit) if prepared.overflows else []
        notes = [
            (f"{prepared.key}.part.{number}", f"Conversation, part {number} of {len(parts)}", part)
            for number, part in enumerate(parts, start=1)
        ]
        there = await self._subjects(ticket, needed=bool(notes or prepared.files))
        for key, subject, part in notes:
            await self._note("create", ticket, key, subject, {"notetext": part}, there)
        for number, file in enumerate(prepared.files, start=1):
            await self._file_or_word(ticket, file, f"{prepared.key}.file.{number}", there)

    async def comment(self, ticket: Ticket, note: TicketNote, files: Sequence[LoadedFile]) -> None:
        """Add a note; a text that is too long becomes several."""
        parts = parts_of(plain(note.body), self.settings.note_limit)
        there = await self._subjects(ticket, needed=note.first_tried_at is not None)
        for number, part in enumerate(parts, start=1):
            more = f", part {number} of {len(parts)}" if len(parts) > 1 else ""
            key = note.key if number == 1 else f"{note.key}.part.{number}"
            await self._note("comment", ticket, key, f"Chat note{more}", {"notetext": part}, there)
        for number, file in enumerate(files, start=1):
            await self._file(ticket, file, f"{note.key}.file.{number}", there)

    async def attach(self, ticket: Ticket, file: LoadedFile, *, key: str) -> None:
        """Add a file as a note."""
        await self._file(ticket, file, key, frozenset())

    async def has_comment(self, ticket: Ticket, note: TicketNote) -> bool | None:
        """Whether the note's first part is there."""
        if self.settings.note_ids == "own":
            return await self._api.has_note(_id(note.key))
        subjects = await self._api.note_subjects(self._case_id(ticket))
        return any(subject.endswith(_mark(note.key)) for subject in subjects)

    async def read(self, ticket_id: str) -> Ticket | None:
        """A case by its id."""
        if not GUID.fullmatch(ticket_id):
            return None
        found = await self._api.case("read", ticket_id)
        return None if found is None else self._ticket(found, ticket_id)

    async def find(self, key: str) -> Ticket | None:
        """The case that was made under a key of ours."""
        found = await self._api.case("find", self._address(key))
        return None if found is None else self._ticket(found, key)

    def link(self, ticket_id: str) -> str:
        """The case in the app."""
        app = f"&appid={self.settings.app_id}" if self.settings.app_id else ""
        return f"{self.settings.environment}/main.aspx?etn=incident&id={ticket_id}&pagetype=entityrecord{app}"

    async def check(self) -> Sequence[Finding]:
        """Look at credentials, the key, and the field map against the environment's columns."""
        return await check(self._api, self.settings)

    def _address(self, key: str) -> str:
        """Where the case of a key is: at an id of ours, or at an alternate key with that id as its text."""
        own = _id(key)
        return own if self.settings.key_column is None else f"{self.settings.key_column}='{own}'"

    async def _subjects(self, ticket: Ticket, *, needed: bool) -> frozenset[str]:
        """What is there already, where notes get ids of the vendor's."""
        if self.settings.note_ids == "own" or not needed:
            return frozenset()
        return frozenset(await self._api.note_subjects(self._case_id(ticket)))

    async def _file_or_word(self, ticket: Ticket, file: LoadedFile, key: str, there: frozenset[str]) -> None:
        """Add a file; one that the environment refuses is named in a note, and does not stop a ticket."""
        try:
            await self._file(ticket, file, key, there)
        except RejectedError as error:
            logger.warning("%s: a file of a case was refused: %s", self.name, error)
            word = {"notetext": f"Could not be carried over:\n- file {file.name} (it was refused)"}
            await self._note("attach", ticket, f"{key}.lost", f"File: {file.name}", word, there)

    async def _file(self, ticket: Ticket, file: LoadedFile, key: str, there: frozenset[str]) -> None:
        content = {
            "isdocument": True,
            "filename": file.name[:255],
            "mimetype": file.media_type[:256],
            "documentbody": base64.b64encode(file.content).decode("ascii"),
        }
        await self._note("attach", ticket, key, f"File: {file.name}", content, there)

    async def _note(
        self,
        operation: str,
        ticket: Ticket,
        key: str,
        subject: str,
        content: Mapping[str, Any],
        there: frozenset[str],
    ) -> None:
        bound = {**content, "objectid_incident@odata.bind": f"/incidents({self._case_id(ticket)})"}
        if self.settings.note_ids == "own":
            title = one_line(subject, 500)
            await self._api.create_note(operation, _id(key), {"subject": title, **bound})
            return
        title = f"{one_line(subject, 250)}{_mark(key)}"
        if title not in there:
            await self._api.post_note(operation, {"subject": title, **bound})

    def _case_id(self, ticket: Ticket) -> str:
        if not GUID.fullmatch(ticket.id):
            raise RejectedError("cases of Dynamics have GUIDs", provider=self.name, sent=False)
        return ticket.id

    def _ticket(self, case: WireCase, key: str) -> Ticket:
        status = case.status_label or (None if case.statuscode is None else str(case.statuscode))
        case_id = case.incidentid.lower()
        return Ticket(
            source=self.name,
            id=case_id,
            key=key,
            number=one_line(case.ticketnumber, 200) if case.ticketnumber else None,
            subject=one_line(case.title or "", 500),
            url=self.link(case_id),
            status=one_line(status, 200) if status else None,
            state=self.settings.state(case.statuscode, case.statecode),
            created_at=case.createdon,
        )


def _id(key: str) -> str:
    return str(uuid.uuid5(NAMESPACE, key))


def _mark(key: str) -> str:
    """What a note's subject ends with where only that tells one note from another."""
    return f" [{one_line(key, 240)}]"


def _fits(email: str | None) -> bool:
    return email is not None and len(email) <= _EMAIL_LIMIT


def _column(value: Any) -> Any:
    """A value as a column takes it: several choices are one text."""
    return ",".join(map(str, cast("list[object]", value))) if isinstance(value, list) else value
