"""``FRESHDESK_TICKETING``: tickets in Freshdesk, which keeps nobody from making one twice.

Its conversation and its files are a private note, or a part of the ticket where the requester may read them.
One whose making was not answered is looked for by our key: at once among the newest tickets, then by the
search, which lags by minutes. What is not there when the lag is over is doubtful.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import Ticket, TicketNote
from livechat_sdk.errors import RejectedError
from livechat_sdk.http import Answer
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk_tickets.capabilities import AtMostOnce, TicketCapabilities
from livechat_sdk_tickets.escaping import escape, one_line, plain
from livechat_sdk_tickets.fields import FieldRule
from livechat_sdk_tickets.freshdesk.api import Api
from livechat_sdk_tickets.freshdesk.checking import check
from livechat_sdk_tickets.freshdesk.content import bare_of, content_of, files_of, whole, without
from livechat_sdk_tickets.freshdesk.settings import WORDS, FreshdeskTicketingSettings
from livechat_sdk_tickets.freshdesk.wire import WireTicket, told
from livechat_sdk_tickets.marks import mark_of, reference_of
from livechat_sdk_tickets.preparing import LoadedFile, Prepared
from livechat_sdk_tickets.system import TicketSystem
from livechat_sdk_tickets.wire import read

__all__ = ["FreshdeskTicketing"]

logger = logging.getLogger("livechat_sdk.tickets.freshdesk")

_BAD_REQUEST: Final = 400
_CONFLICT: Final = 409
_TOO_LARGE: Final = 413
_REFUSED: Final = (_BAD_REQUEST, _CONFLICT, _TOO_LARGE)
_BODY_LIMIT: Final = 30_000
_FILES_LIMIT: Final = 15 * 1024**2
"""Bytes of all files of one call: the vendor takes 20 MB, the rest of the call included."""
_MOST_TOLD: Final = 20
_LOOKED_AT: Final = 5
"""Tickets that are read of those that a search has found."""


class FreshdeskTicketing(TicketSystem[FreshdeskTicketingSettings]):
    """Tickets of one Freshdesk account."""

    type = "FRESHDESK_TICKETING"
    capabilities: ClassVar[TicketCapabilities] = TicketCapabilities(
        internal_comment=True,
        public_comment=True,
        create_at_most_once=AtMostOnce.LOOK_UP,
        find=True,
        find_lag=600.0,
        text="html",
        subject_limit=255,
        body_limit=_BODY_LIMIT,
        file_limit=_FILES_LIMIT,
        files_limit=_FILES_LIMIT,
    )

    def __init__(self, context: IntegrationContext, settings: FreshdeskTicketingSettings) -> None:
        super().__init__(context, settings)
        self._api = Api(self.name, settings)
        self._told: OrderedDict[str, Prepared] = OrderedDict()
        """Tickets that were made without something, until their note says so. Lost with the process, and the
        oldest where there are many: then the log alone tells what was refused."""

    @property
    def field_map(self) -> Mapping[str, FieldRule]:
        """The custom fields by label."""
        return self.settings.fields

    @property
    def find_lag(self) -> float:
        """How long the search may not know a ticket."""
        return self.settings.search_lag

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def create(self, ticket: Prepared, handoff: Handoff) -> Ticket:
        """Make a ticket. What Freshdesk refuses of it, and a ticket can do without, is named in the text."""
        answer = await self._create(ticket)
        if answer.status in _REFUSED:
            # Nothing was made: a second call is as good as the first.
            less = without(ticket, answer, self.capabilities, self.settings)
            if less is None:
                raise self._refused(answer)
            logger.warning("%s: a ticket is made without what was refused: %s", self.name, told(answer))
            self._told[ticket.key] = less
            while len(self._told) > _MOST_TOLD:
                self._told.popitem(last=False)
            answer = await self._create(less)
        if answer.status in _REFUSED:
            self._told.pop(ticket.key, None)
            raise self._refused(answer)
        return self._ticket(read(WireTicket, answer), ticket.key)

    async def _create(self, ticket: Prepared) -> Answer:
        files = files_of(ticket) if self.settings.public else []
        return await self._api.create(content_of(ticket, self.settings), files, expect=_REFUSED)

    async def complete(self, ticket: Ticket, prepared: Prepared) -> None:
        """Add the conversation and the files as a private note, unless they are in the ticket."""
        prepared = self._told.pop(prepared.key, prepared)
        if self.settings.public or not (prepared.text or prepared.files):
            return
        number, key, since = self._id(ticket.id), f"{prepared.key}.text", prepared.first_tried_at
        if since is not None and await self._api.says(number, mark_of(key)):
            return
        with self.leaving(key, since, "create"):
            answer = await self._note(number, key, prepared)
            if (
                answer.status in _REFUSED
                and (bare := bare_of(prepared, answer, self.capabilities)) is not None
            ):
                logger.warning("%s: a note is made without its files: %s", self.name, told(answer))
                answer = await self._note(number, key, bare)
            if answer.status in _REFUSED:
                raise self._refused(answer)

    async def _note(self, number: str, key: str, ticket: Prepared) -> Answer:
        content = {"body": _marked(ticket.body, key), "private": True}
        return await self._api.converse("create", number, "notes", content, files_of(ticket), expect=_REFUSED)

    async def comment(self, ticket: Ticket, note: TicketNote, files: Sequence[LoadedFile]) -> None:
        """Add a note, or a reply where the settings want one; a long text goes along as a file."""
        body = escape(note.body, "html")
        if len(body) > _BODY_LIMIT:
            files = [*files, whole(plain(note.body))]
            body = escape(f"{note.body[: _BODY_LIMIT // 8]}…\n\n[The whole text is in the file.]", "html")
        content: dict[str, Any] = {"body": _marked(body, note.key)}
        reply = note.public and self.settings.public_comments == "reply"
        if not reply:
            content["private"] = not note.public
        number = self._id(ticket.id)
        with self.leaving(note.key, note.first_tried_at, "comment"):
            await self._api.converse("comment", number, "reply" if reply else "notes", content, files)

    async def attach(self, ticket: Ticket, file: LoadedFile, *, key: str) -> None:
        """Add a file as a private note."""
        content = {"body": _marked(escape(f"File: {file.name}", "html"), key), "private": True}
        await self._api.converse("attach", self._id(ticket.id), "notes", content, [file])

    async def has_comment(self, ticket: Ticket, note: TicketNote) -> bool | None:
        """Whether a note or a reply has the note's mark."""
        return await self._api.says(self._id(ticket.id), mark_of(note.key))

    async def read(self, ticket_id: str) -> Ticket | None:
        """A ticket by its number."""
        if not _is_number(ticket_id):
            return None
        found = await self._api.ticket(ticket_id)
        return None if found is None else self._ticket(found, ticket_id)

    async def find(self, key: str) -> Ticket | None:
        """The oldest ticket whose key field holds our key."""
        return (await self._found((key,)))[0]

    def link(self, ticket_id: str) -> str:
        """The ticket as agents see it."""
        return f"{self.settings.origin}/a/tickets/{ticket_id}"

    async def check(self) -> Sequence[Finding]:
        """Look at credentials, at the field of our key, and at the field map."""
        return await check(self._api, self.settings)

    async def list(self, handoff: Handoff) -> Sequence[Ticket]:
        """The tickets of a handoff, with one look at the newest for all of them."""
        found = await self._found((f"{handoff.id}.ticket.during", f"{handoff.id}.ticket"))
        return tuple(ticket for ticket in found if ticket is not None)

    async def _found(self, keys: Sequence[str]) -> Sequence[Ticket | None]:
        """For each key its oldest ticket, as it is now."""
        newest = await self._api.newest("find")
        return [await self._oldest(key, newest) for key in keys]

    async def _oldest(self, key: str, newest: Sequence[WireTicket]) -> Ticket | None:
        mine = [one for one in newest if self._has(one, key)] or await self._searched(key)
        return self._ticket(min(mine, key=lambda one: one.id), key) if mine else None

    async def _searched(self, key: str) -> Sequence[WireTicket]:
        """What the search knows, read once more: its rows are some minutes old."""
        numbers = await self._api.search(reference_of(key))
        tickets = [await self._api.ticket(str(number)) for number in sorted(numbers)[:_LOOKED_AT]]
        return [one for one in tickets if one is not None and self._has(one, key)]

    def _has(self, ticket: WireTicket, key: str) -> bool:
        return (ticket.custom_fields or {}).get(self.settings.key_field) == reference_of(key)

    def _ticket(self, wire: WireTicket, key: str) -> Ticket:
        number, status = str(wire.id), wire.status
        return Ticket(
            source=self.name,
            id=number,
            key=key,
            number=number,
            subject=one_line(wire.subject or "", 500),
            url=self.link(number),
            status=None if status is None else WORDS.get(status, str(status)),
            state=self.settings.state(status),
            created_at=wire.created_at,
        )

    def _id(self, ticket_id: str) -> str:
        if not _is_number(ticket_id):
            raise RejectedError("tickets of Freshdesk have numbers", provider=self.name, sent=False)
        return ticket_id

    def _refused(self, answer: Answer) -> RejectedError:
        return RejectedError(
            f"refused (status {answer.status}): {told(answer)}",
            provider=self.name,
            operation="create",
            status=answer.status,
            request_id=answer.request_id,
            sent=True,
        )


def _is_number(ticket_id: str) -> bool:
    return ticket_id.isascii() and ticket_id.isdigit()


def _marked(body: str, key: str) -> str:
    return f"{body}<br><br>{mark_of(key)}"
