"""``JIRA_SERVICE_MANAGEMENT_TICKETING``: requests of a service desk, found by a label through a search.

Nothing at Jira keeps a second request from being made, and its search lags. So a create that may have been
done is looked for until the lag has passed, and what is not found then is in doubt. The conversation is an
internal comment, because a description is read by the customer: one comment with all the files, because an
issue takes few writes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, NoReturn

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import Ticket, TicketNote
from livechat_sdk.errors import ProtocolError, RejectedError
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk_tickets.capabilities import AtMostOnce, TicketCapabilities
from livechat_sdk_tickets.escaping import escape, one_line, plain
from livechat_sdk_tickets.fields import FieldRule
from livechat_sdk_tickets.jira.api import Api
from livechat_sdk_tickets.jira.checking import check
from livechat_sdk_tickets.jira.content import content_of, describes
from livechat_sdk_tickets.jira.jql import condition, value_of
from livechat_sdk_tickets.jira.settings import KEY, JiraTicketingSettings
from livechat_sdk_tickets.jira.wire import WireForm, WireRequest
from livechat_sdk_tickets.marks import mark_of, marked
from livechat_sdk_tickets.preparing import LoadedFile, Prepared, Requester
from livechat_sdk_tickets.system import TicketSystem

__all__ = ["JiraTicketing"]

logger = logging.getLogger("livechat_sdk.tickets.jira")

_BODY_LIMIT: Final = 30_000
"""Characters: 32 767 are taken, and a mark and lines about files have to go along."""
_BAD_REQUEST: Final = 400
_FORM_AGE: Final = timedelta(minutes=10)
"""For how long a form is taken to be as it was."""
_LOST: Final = "Could not be carried over:"


class JiraTicketing(TicketSystem[JiraTicketingSettings]):
    """Requests of one service desk."""

    type = "JIRA_SERVICE_MANAGEMENT_TICKETING"
    capabilities: ClassVar[TicketCapabilities] = TicketCapabilities(
        internal_comment=True,
        public_comment=True,
        create_at_most_once=AtMostOnce.LOOK_UP,
        find=True,
        find_lag=60.0,
        text="wiki",
        subject_limit=255,
        body_limit=_BODY_LIMIT,
    )

    def __init__(self, context: IntegrationContext, settings: JiraTicketingSettings) -> None:
        super().__init__(context, settings)
        self._api = Api(self.name, settings)
        self._forms: dict[str, tuple[datetime, WireForm]] = {}

    @property
    def field_map(self) -> Mapping[str, FieldRule]:
        """The custom fields by label."""
        return self.settings.fields

    @property
    def find_lag(self) -> float:
        """What the settings say: Atlassian states no number."""
        return self.settings.search_lag

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def create(self, ticket: Prepared, handoff: Handoff) -> Ticket:
        """Make a request, on behalf of the customer if there is one whom Jira takes."""
        request_type = self.settings.request_type(ticket.kind)
        form = await self.beforehand(self._form(request_type))
        customer = await self.beforehand(self._customer(ticket.requester, form))
        content = self._content(ticket, form, request_type)
        asked = content if customer is None else {**content, "raiseOnBehalfOf": customer}
        made = await self._api.create(asked)
        if isinstance(made, str) and customer is not None:
            # A 400 has made nothing. The customer may have been switched off, which Jira says in any words.
            logger.warning("%s: refused on behalf of a customer: %s", self.name, made)
            made = await self._api.create(content)
        if isinstance(made, str):
            self._forms.pop(request_type, None)  # it may have been changed
            self._refuse(made)
        return self._ticket(made, ticket.key)

    async def complete(self, ticket: Ticket, prepared: Prepared) -> None:
        """Add the conversation as an internal comment, with the files, and whole as a file if it is long."""
        form = await self._form(self.settings.request_type(prepared.kind))
        files = [*prepared.files, *_whole(prepared.text, overflows=prepared.overflows)]
        text = prepared.body
        if describes(self.settings, form):
            if not files:
                return
            text = "Files of the conversation"
        key = f"{prepared.key}.conversation"
        since = prepared.first_tried_at
        if since is None or not await self._api.says(self._key(ticket), mark_of(key)):
            await self._say("create", ticket, key, text, files, public=False, since=since)

    async def comment(self, ticket: Ticket, note: TicketNote, files: Sequence[LoadedFile]) -> None:
        """Add a comment; a text that is too long goes along as a file."""
        text = escape(note.body, "wiki")
        if len(text) > _BODY_LIMIT:
            files = [*files, *_whole(plain(note.body), overflows=True)]
            text = escape(f"{note.body[: _BODY_LIMIT // 3]}…\n\n[The whole text is in the file.]", "wiki")
        since = note.first_tried_at
        await self._say("comment", ticket, note.key, text, files, public=note.public, since=since)

    async def attach(self, ticket: Ticket, file: LoadedFile, *, key: str) -> None:
        """Add a file as an internal comment."""
        text = escape(f"File: {file.name}", "wiki")
        await self._say("attach", ticket, key, text, [file], public=False, since=None)

    async def has_comment(self, ticket: Ticket, note: TicketNote) -> bool | None:
        """Whether a comment has the note's mark: comments are read without a lag."""
        return await self._api.says(self._key(ticket), mark_of(note.key))

    async def read(self, ticket_id: str) -> Ticket | None:
        """A request by its key."""
        if not KEY.fullmatch(ticket_id):
            return None
        found = await self._api.request("read", ticket_id)
        return None if found is None else self._ticket(found, ticket_id)

    async def find(self, key: str) -> Ticket | None:
        """The oldest request that has our key, as it is now and not as the search knows it."""
        field = self.settings.key_field
        jql = f"{condition(field, key)} ORDER BY created ASC"
        for issue in await self._api.search(jql, field):
            if not _holds(issue.fields.get(field), value_of(field, key)):
                continue
            found = await self._api.request("find", issue.key) if KEY.fullmatch(issue.key) else None
            if found is not None:
                return self._ticket(found, key)
        return None

    def link(self, ticket_id: str) -> str:
        """The request as the support team sees it."""
        return f"{self.settings.site}/browse/{ticket_id}"

    async def check(self) -> Sequence[Finding]:
        """Look at credentials, and at each form against what is sent."""
        return await check(self._api, self.settings)

    async def _form(self, request_type: str) -> WireForm:
        """The form of a request type, read now and then. Raises where it has no place for our key."""
        now = self.context.now()
        read_at, form = self._forms.get(request_type, (None, None))
        if read_at is None or form is None or now - read_at > _FORM_AGE:
            form = await self._api.form("fields", request_type)
            self._forms[request_type] = (now, form)
        lacking = [name for name in (self.settings.key_field, self.settings.email_field) if name]
        lacking = [name for name in lacking if form.field(name) is None]
        if lacking:
            raise RejectedError(
                f"the form of request type {request_type} has no field {', '.join(lacking)}: add it there",
                provider=self.name,
                operation="create",
                sent=False,
            )
        return form

    async def _customer(self, who: Requester, form: WireForm) -> str | None:
        """The one customer with the address; of several nobody can tell which of them it is."""
        if not self.settings.on_behalf or not form.on_behalf or who.email is None:
            return None
        found = await self._api.customers(who.email)
        if found or not self.settings.create_customers:
            return found[0].account_id if len(found) == 1 else None
        try:
            return await self._api.create_customer(who.name or who.email, who.email)
        except RejectedError as error:  # there is one who hides the address, say
            logger.info("%s: a customer was not made: %s", self.name, error)
            return None

    def _content(self, ticket: Prepared, form: WireForm, request_type: str) -> Mapping[str, Any]:
        content = content_of(ticket, form, self.settings)
        values = dict(content.values)
        if form.field("description") is not None:
            lines = "\n".join(content.lines)
            if describes(self.settings, form):
                parts = [escape(lines, "wiki"), ticket.body]
            else:
                who = f"Requester: {ticket.requester.line}" if ticket.requester.line else ""
                about = (who, lines, "The conversation is in an internal comment.")
                parts = [escape(part, "wiki") for part in about]
            values["description"] = "\n\n".join(filter(None, parts))
        return {
            "serviceDeskId": self.settings.service_desk_id,
            "requestTypeId": request_type,
            "requestFieldValues": {name: value for name, value in values.items() if value not in ("", [])},
        }

    async def _say(
        self,
        operation: str,
        ticket: Ticket,
        key: str,
        text: str,
        files: Sequence[LoadedFile],
        *,
        public: bool,
        since: datetime | None,
    ) -> None:
        """One comment with everything; ``text`` is escaped. Files that Jira refuses are named in it."""
        uploads: list[str] = []
        lost: list[str] = []
        issue = self._key(ticket)
        for file in files:
            try:
                uploads.append(await self._api.upload(file))
            except RejectedError as error:
                logger.warning("%s: a file was refused: %s", self.name, error)
                lost.append(f"- file {file.name} (it was refused)")
        if lost:
            text = "\n\n".join([text, escape("\n".join([_LOST, *lost]), "wiki")])
        body = marked(text, key)
        with self.leaving(key, since, operation):
            if uploads:
                await self._api.attach(operation, issue, uploads, body, public=public)
            else:
                await self._api.comment(operation, issue, body, public=public)

    def _ticket(self, request: WireRequest, key: str) -> Ticket:
        if not KEY.fullmatch(request.key):
            raise ProtocolError("a request without a key of Jira's form", provider=self.name, sent=True)
        status = request.status
        name = None if status is None else status.status
        millis = None if request.created is None else request.created.millis
        return Ticket(
            source=self.name,
            id=request.key,
            key=key,
            number=request.key,
            subject=one_line(request.summary, 500),
            url=self.link(request.key),
            status=one_line(name, 200) if name else None,
            state=None if status is None else self.settings.state(name, status.category),
            created_at=_time(millis),
        )

    def _key(self, ticket: Ticket) -> str:
        if not KEY.fullmatch(ticket.id):
            raise RejectedError("requests of Jira have keys like ITH-7", provider=self.name, sent=False)
        return ticket.id

    def _refuse(self, words: str) -> NoReturn:
        raise RejectedError(
            f"refused (status {_BAD_REQUEST}): {words}",
            provider=self.name,
            operation="create",
            status=_BAD_REQUEST,
            sent=True,
        )


def _holds(found: Any, wanted: str) -> bool:
    """Whether a field, one text or several labels, is what was asked for."""
    return wanted in found if isinstance(found, list) else found == wanted


def _time(millis: int | None) -> datetime | None:
    try:
        return None if millis is None else datetime.fromtimestamp(millis / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _whole(text: str, *, overflows: bool) -> list[LoadedFile]:
    """The whole text as a file, where the request does not hold it."""
    return [LoadedFile("conversation.txt", "text/plain; charset=utf-8", text.encode())] if overflows else []
