"""``SERVICENOW_TICKETING``: records of ServiceNow, found by their correlation id, with notes in journals.

A ``correlation_id`` is read without a lag and is not unique, so two are kept away by looking first, and a
create that may have been done and is not found is in doubt. Where the instance has a unique index on the
column, it makes no second one itself.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar, Final, cast
from urllib.parse import quote

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import Ticket, TicketNote
from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk_tickets.capabilities import AtMostOnce, TicketCapabilities
from livechat_sdk_tickets.escaping import escape, one_line, plain
from livechat_sdk_tickets.fields import FieldRule
from livechat_sdk_tickets.marks import mark_of, marked, reference_of
from livechat_sdk_tickets.preparing import LoadedFile, Prepared
from livechat_sdk_tickets.servicenow.api import Api
from livechat_sdk_tickets.servicenow.checking import check
from livechat_sdk_tickets.servicenow.query import Unaskable
from livechat_sdk_tickets.servicenow.settings import SYS_ID, ServiceNowTicketingSettings
from livechat_sdk_tickets.servicenow.wire import WireRow, moment
from livechat_sdk_tickets.system import TicketSystem

__all__ = ["ServiceNowTicketing"]

logger = logging.getLogger("livechat_sdk.tickets.servicenow")

_COMMENTS: Final = "comments"
"""The journal that the caller reads."""
_WORK_NOTES: Final = "work_notes"
_REFUSED: Final = frozenset({400, 403, 409, 500})
"""With what a second record under a unique key may be refused."""
_LOST: Final = "Could not be carried over:"
_LINE: Final = 40
"""Characters of the line that names a file, beside its name."""


class ServiceNowTicketing(TicketSystem[ServiceNowTicketingSettings]):
    """Records of one instance."""

    type = "SERVICENOW_TICKETING"
    capabilities: ClassVar[TicketCapabilities] = TicketCapabilities(
        internal_comment=True,
        public_comment=True,
        create_at_most_once=AtMostOnce.LOOK_UP,
        find=True,
        text="journal",
        subject_limit=160,
        body_limit=4000,
        tags=False,
    )

    def __init__(self, context: IntegrationContext, settings: ServiceNowTicketingSettings) -> None:
        super().__init__(context, settings)
        self._api = Api(self.name, settings)

    @property
    def field_map(self) -> Mapping[str, FieldRule]:
        """The columns by label."""
        return self.settings.fields

    @property
    def body_limit(self) -> int:
        """Characters of the column that holds the conversation."""
        return self.settings.description_limit if self.settings.public else self.settings.note_limit

    @property
    def at_most_once(self) -> AtMostOnce:
        """By looking, or by a unique index, which out of the box there is not."""
        return AtMostOnce.VENDOR if self.settings.unique_key else AtMostOnce.LOOK_UP

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def create(self, ticket: Prepared, handoff: Handoff) -> Ticket:
        """Make a record, with the conversation as a work note, or as its description if it is public."""
        caller = await self.beforehand(self._caller(ticket.requester.email))
        columns = self._columns(ticket, caller)
        try:
            made = await self._api.create(columns)
        except ProviderError as error:
            if not self.settings.unique_key or error.status not in _REFUSED:
                raise
            there = await self.find(ticket.key)
            if there is None:
                raise
            return there
        return self._ticket(made, ticket.key)

    async def complete(self, ticket: Ticket, prepared: Prepared) -> None:
        """Add the files, and the whole conversation as a file where its column does not hold it."""
        files = [*prepared.files, *_whole(prepared.text, overflows=prepared.overflows)]
        lost = await self._attach_all(self._id(ticket), files, prepared.key, prepared.first_tried_at)
        if not lost:
            return
        note = TicketNote(
            key=f"{prepared.key}.lost",
            body="\n".join([_LOST, *lost]),
            first_tried_at=prepared.first_tried_at,
        )
        if prepared.first_tried_at is None or not await self.has_comment(ticket, note):
            await self.comment(ticket, note, ())

    async def comment(self, ticket: Ticket, note: TicketNote, files: Sequence[LoadedFile]) -> None:
        """Add a comment or a work note; a text that is too long goes along as a file."""
        sys_id, body = self._id(ticket), note.body
        room = self.settings.note_limit - len(marked("", note.key))
        room -= sum(len(file.name) + _LINE for file in files)  # should ServiceNow refuse them
        if len(escape(body, "journal")) > room:
            files = [*files, *_whole(plain(body), overflows=True)]
            body = f"{body[: room // 2]}…\n\n[The whole text is in the file.]"
        lost = await self._attach_all(sys_id, files, note.key, note.first_tried_at)
        if lost:
            body = "\n".join([body, "", _LOST, *lost])
        journal = _COMMENTS if note.public else _WORK_NOTES
        try:
            with self.leaving(note.key, note.first_tried_at, "comment"):
                await self._api.update(sys_id, {journal: marked(escape(body, "journal"), note.key)})
        except RetryableError as error:
            if files:  # they are there: the next try must look for them
                error.status, error.sent = None, True
            raise

    async def attach(self, ticket: Ticket, file: LoadedFile, *, key: str) -> None:
        """Add a file. Whoever may read the record can see it."""
        with self.leaving(key, None, "attach"):
            await self._api.attach(self._id(ticket), file)

    async def has_comment(self, ticket: Ticket, note: TicketNote) -> bool | None:
        """Whether the journal has an entry with the note's mark; ``None`` where it cannot be read.

        Entries that access rules hide look like none. So an empty journal says nothing, unless the other
        one shows that they can be read.
        """
        sys_id = self._id(ticket)
        ours, other = (_COMMENTS, _WORK_NOTES) if note.public else (_WORK_NOTES, _COMMENTS)
        try:
            entries = await self._api.entries_of(sys_id, ours)
            if any(entry.rstrip().endswith(mark_of(note.key)) for entry in entries):
                return True
            return False if entries or await self._api.entries_of(sys_id, other) else None
        except AuthError:  # journals have a right of their own
            return None

    async def read(self, ticket_id: str) -> Ticket | None:
        """A record by its ``sys_id``."""
        if not SYS_ID.fullmatch(ticket_id):
            return None
        found = await self._api.record(ticket_id)
        return None if found is None else self._ticket(found, found.correlation_id.value or ticket_id)

    async def find(self, key: str) -> Ticket | None:
        """The oldest record whose ``correlation_id`` is the key's."""
        rows = await self._api.records_of(reference_of(key))
        return self._ticket(rows[0], key) if rows else None

    def link(self, ticket_id: str) -> str:
        """The record in the classic form, which every interface opens."""
        form = quote(f"{self.settings.table}.do?sys_id={ticket_id}", safe="")
        return f"{self.settings.origin}/nav_to.do?uri={form}"

    async def check(self) -> Sequence[Finding]:
        """Look at credentials, users, and the columns that the settings name."""
        return await check(self._api, self.settings)

    async def _caller(self, email: str | None) -> str | None:
        """The one active user with the address; of several nobody can tell which of them it is."""
        if self.settings.caller_column is None or email is None:
            return self.settings.caller
        users: Sequence[str] = ()
        with suppress(Unaskable):
            users = await self._api.users_of(email)
        return users[0] if len(users) == 1 else self.settings.caller

    def _columns(self, ticket: Prepared, caller: str | None) -> Mapping[str, str]:
        settings = self.settings
        if settings.public:
            texts = {"description": ticket.body}
        else:
            who = f"Requester: {ticket.requester.line}\n\n" if ticket.requester.line else ""
            about = escape(f"{who}The conversation is in the work notes.", "journal")
            texts = {"description": about, _WORK_NOTES: ticket.body}
        columns = {
            **settings.columns,
            **settings.priority(ticket.priority),
            **settings.kind(ticket.kind),
            **{name: _column(value) for name, value in ticket.fields.items()},
            "contact_type": settings.contact_type or "",
            "short_description": ticket.subject,
            **texts,
            "correlation_id": reference_of(ticket.key),
            "correlation_display": "livechat",
        }
        if settings.caller_column is not None and caller is not None:
            columns[settings.caller_column] = caller
        return {name: value for name, value in columns.items() if value}

    async def _attach_all(
        self, sys_id: str, files: Sequence[LoadedFile], key: str, first_tried_at: datetime | None
    ) -> Sequence[str]:
        """Add the files that are not there yet; a line about each that ServiceNow refuses."""
        if not files:
            return []
        lost: list[str] = []
        there = Counter[tuple[str, str]]() if first_tried_at is None else await self._api.files_of(sys_id)
        for number, file in enumerate(files, start=1):
            named = (file.name, str(len(file.content)))
            if there[named] > 0:
                there[named] -= 1
                continue
            try:
                with self.leaving(f"{key}.file.{number}", first_tried_at, "attach"):
                    await self._api.attach(sys_id, file)
            except RejectedError as error:
                logger.warning("%s: a file was refused: %s", self.name, error)
                lost.append(f"- file {file.name} (it was refused)")
        return lost

    def _ticket(self, row: WireRow, key: str) -> Ticket:
        sys_id = row.sys_id.value
        if not SYS_ID.fullmatch(sys_id):
            raise ProtocolError("a record without a sys_id", provider=self.name, sent=True)
        status = row.state.display or row.state.value
        return Ticket(
            source=self.name,
            id=sys_id,
            key=key,
            number=one_line(row.number.value, 200) or None,
            subject=one_line(row.short_description.value, 500),
            url=self.link(sys_id),
            status=one_line(status, 200) or None,
            state=self.settings.state(row.state.value),
            created_at=moment(row.sys_created_on),
        )

    def _id(self, ticket: Ticket) -> str:
        if not SYS_ID.fullmatch(ticket.id):
            raise RejectedError("records of ServiceNow have a sys_id", provider=self.name, sent=False)
        return ticket.id


def _whole(text: str, *, overflows: bool) -> list[LoadedFile]:
    """The whole text as a file, where the ticket does not hold it."""
    return [LoadedFile("conversation.txt", "text/plain; charset=utf-8", text.encode())] if overflows else []


def _column(value: Any) -> str:
    """A value as a column takes it: all of them take text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ",".join(map(str, cast("list[object]", value)))
    return str(value)
