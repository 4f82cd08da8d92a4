"""``SALESFORCE_TICKETING``: cases in Salesforce, made once under our key, with comments and files beside."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import Ticket, TicketNote
from livechat_sdk.errors import RejectedError, RetryableError
from livechat_sdk.http import Answer
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk_tickets.capabilities import AtMostOnce, TicketCapabilities
from livechat_sdk_tickets.escaping import one_line, plain
from livechat_sdk_tickets.fields import FieldRule
from livechat_sdk_tickets.marks import mark_of, marked
from livechat_sdk_tickets.preparing import LoadedFile, Prepared
from livechat_sdk_tickets.salesforce.api import Api
from livechat_sdk_tickets.salesforce.checking import check
from livechat_sdk_tickets.salesforce.content import content_of, without
from livechat_sdk_tickets.salesforce.settings import RECORD_ID, SalesforceTicketingSettings
from livechat_sdk_tickets.salesforce.wire import WireCase, WireSaved, codes_of, refused_fields, told
from livechat_sdk_tickets.system import TicketSystem
from livechat_sdk_tickets.wire import read

__all__ = ["SalesforceTicketing"]

logger = logging.getLogger("livechat_sdk.tickets.salesforce")

_SAVED: Final = (200, 201)
_CHANGED: Final = 204
"""What older versions answer where there was a case already."""
_SEVERAL: Final = 300
_BAD_REQUEST: Final = 400
_EXPECTED: Final = (*_SAVED, _CHANGED, _SEVERAL, _BAD_REQUEST)
_COMMENT_LIMIT: Final = 4000
"""Bytes of a comment."""
_TAKEN: Final = "DUPLICATE_VALUE"
_LOCKED: Final = "UNABLE_TO_LOCK_ROW"


class SalesforceTicketing(TicketSystem[SalesforceTicketingSettings]):
    """Cases of one organisation."""

    type = "SALESFORCE_TICKETING"
    capabilities: ClassVar[TicketCapabilities] = TicketCapabilities(
        internal_comment=True,
        public_comment=True,
        create_at_most_once=AtMostOnce.VENDOR,
        find=True,
        text="plain",
        subject_limit=255,
        body_limit=32_000,
        file_limit=10 * 1024**2,
        files_limit=20 * 1024**2,
        tags=False,
    )

    def __init__(self, context: IntegrationContext, settings: SalesforceTicketingSettings) -> None:
        super().__init__(context, settings)
        self._api = Api(self.name, settings)

    @property
    def field_map(self) -> Mapping[str, FieldRule]:
        """The fields of cases by label."""
        return self.settings.fields

    @property
    def body_limit(self) -> int:
        """Characters of a description, which an organisation may have changed."""
        return self.settings.description_limit

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def create(self, ticket: Prepared, handoff: Handoff) -> Ticket:
        """Make a case. What Salesforce refuses of it, and a case can do without, is named in the text."""
        contact = await self.beforehand(self._contact(ticket.requester.email))
        reference = _reference(ticket.key)
        answer = await self._api.upsert(
            reference, content_of(ticket, self.settings, contact), expect=_EXPECTED
        )
        if answer.status == _BAD_REQUEST and (refused := refused_fields(answer.content)) is not None:
            # Nothing was made, and whatever is asked for, there is one case with this key.
            less = without(ticket, refused, self.capabilities, self.settings)
            if less is not None:
                logger.warning("%s: a case is made without what was refused: %s", self.name, told(answer))
                contact = None if "ContactId" in refused else contact
                answer = await self._api.upsert(
                    reference, content_of(less, self.settings, contact), expect=_EXPECTED
                )
        return self._ticket(await self._made(reference, answer), ticket.key)

    async def _made(self, reference: str, answer: Answer) -> WireCase:
        """The case that a create has made, or found."""
        codes = codes_of(answer.content) if answer.status == _BAD_REQUEST else ()
        if answer.status in _SAVED:
            found = await self._api.case("create", read(WireSaved, answer).id)
        elif answer.status == _CHANGED or _TAKEN in codes:  # somebody else was faster
            found = await self._api.case_of("create", reference)
        elif answer.status == _SEVERAL:
            raise self._refused(answer, f"several cases have one key: make {self.settings.key_field} unique")
        elif _LOCKED in codes:
            raise RetryableError(
                told(answer), provider=self.name, operation="create", status=answer.status, sent=True
            )
        else:
            raise self._refused(answer, f"refused (status {answer.status}): {told(answer)}")
        if found is None:
            raise self._refused(answer, "a case with this key was there, and is gone or hidden")
        return found

    async def complete(self, ticket: Ticket, prepared: Prepared) -> None:
        """Add the whole conversation as a file where the description does not hold it, and the files."""
        files = [(f"{prepared.key}.text", _whole(prepared.text))] if prepared.overflows else []
        files += [(f"{prepared.key}.file.{number}", one) for number, one in enumerate(prepared.files, 1)]
        if not files:
            return
        there = await self._api.file_marks(self._id(ticket))
        for key, file in files:
            if mark_of(key) not in there:
                await self._file_or_word(ticket, file, key, prepared.first_tried_at)

    async def comment(self, ticket: Ticket, note: TicketNote, files: Sequence[LoadedFile]) -> None:
        """Add a comment, files first; a text that is too long goes along as a file."""
        text = marked(plain(note.body), note.key)
        if len(text.encode()) > _COMMENT_LIMIT:
            files = [*files, _whole(plain(note.body))]
            text = marked(f"{plain(note.body)[:800]}…\n\n[The whole text is in the file.]", note.key)
        case = self._id(ticket)
        # A comment that was looked for in vain may have its files all the same.
        again = bool(files) and note.first_tried_at is not None
        there = await self._api.file_marks(case) if again else frozenset[str]()
        for number, file in enumerate(files, start=1):
            key = f"{note.key}.file.{number}"
            if mark_of(key) not in there:
                with self.leaving(key, note.first_tried_at, "comment"):
                    await self._api.attach("attach", case, file, mark_of(key))
        with self.leaving(note.key, note.first_tried_at, "comment"):
            await self._api.comment("comment", case, text, public=note.public)

    async def attach(self, ticket: Ticket, file: LoadedFile, *, key: str) -> None:
        """Add a file to the case."""
        await self._api.attach("attach", self._id(ticket), file, mark_of(key))

    async def has_comment(self, ticket: Ticket, note: TicketNote) -> bool | None:
        """Whether a comment has the note's mark."""
        return await self._says(self._id(ticket), note.key)

    async def read(self, ticket_id: str) -> Ticket | None:
        """A case by its id."""
        if not RECORD_ID.fullmatch(ticket_id):
            return None
        found = await self._api.case("read", ticket_id)
        return None if found is None else self._ticket(found, ticket_id)

    async def find(self, key: str) -> Ticket | None:
        """The case that was made under a key of ours."""
        found = await self._api.case_of("find", _reference(key))
        return None if found is None else self._ticket(found, key)

    def link(self, ticket_id: str) -> str:
        """The case in Lightning."""
        return f"{self.settings.site}/lightning/r/Case/{ticket_id}/view"

    async def check(self) -> Sequence[Finding]:
        """Look at credentials, the key, the choices, and the field map against the fields of cases."""
        return await check(self._api, self.settings)

    async def _contact(self, email: str | None) -> str | None:
        """The only contact with an address: of several nobody can tell which of them it is."""
        if email is None or not self.settings.find_contacts:
            return None
        try:
            found = await self._api.contacts(email)
        except RejectedError as error:  # contacts may be closed to whoever makes cases
            logger.warning("%s: contacts cannot be looked up: %s", self.name, error)
            return None
        return found[0] if len(found) == 1 and RECORD_ID.fullmatch(found[0]) else None

    async def _file_or_word(
        self, ticket: Ticket, file: LoadedFile, key: str, first_tried_at: datetime | None
    ) -> None:
        """Add a file; one that is refused is named in a comment, and does not stop a ticket."""
        case = self._id(ticket)
        try:
            with self.leaving(key, first_tried_at, "attach"):
                await self._api.attach("attach", case, file, mark_of(key))
        except RejectedError as error:
            if file.name == _WHOLE:
                raise
            logger.warning("%s: a file of a case was refused: %s", self.name, error)
            lost = f"{key}.lost"
            if first_tried_at is not None and await self._says(case, lost):
                return
            word = f"Could not be carried over:\n- file {file.name} (it was refused)"
            with self.leaving(lost, first_tried_at, "attach"):
                await self._api.comment("attach", case, marked(word, lost), public=False)

    async def _says(self, case: str, key: str) -> bool:
        return any(mark_of(key) in text for text in await self._api.comments(case))

    def _id(self, ticket: Ticket) -> str:
        if not RECORD_ID.fullmatch(ticket.id):
            raise RejectedError("cases of Salesforce have ids", provider=self.name, sent=False)
        return ticket.id

    def _ticket(self, case: WireCase, key: str) -> Ticket:
        return Ticket(
            source=self.name,
            id=case.id,
            key=key,
            number=one_line(case.number, 200) if case.number else None,
            subject=one_line(case.subject or "", 500),
            url=self.link(case.id),
            status=one_line(case.status, 200) if case.status else None,
            state=self.settings.state(case.status, case.closed),
            created_at=case.created_at,
        )

    def _refused(self, answer: Answer, what: str) -> RejectedError:
        return RejectedError(
            what,
            provider=self.name,
            operation="create",
            status=answer.status,
            request_id=answer.request_id,
            sent=True,
        )


_WHOLE: Final = "conversation.txt"


def _whole(text: str) -> LoadedFile:
    """A text as a file."""
    return LoadedFile(_WHOLE, "text/plain; charset=utf-8", text.encode())


def _reference(key: str) -> str:
    """A key as an address holds it: a dot, and what follows it, would be taken for a format."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]
