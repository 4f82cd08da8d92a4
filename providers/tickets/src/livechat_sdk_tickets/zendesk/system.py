"""``ZENDESK_TICKETING``: tickets in Zendesk Support, made once by key, with internal comments by default."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import Ticket, TicketNote
from livechat_sdk.errors import AuthError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import Answer
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk_tickets.capabilities import AtMostOnce, TicketCapabilities
from livechat_sdk_tickets.escaping import escape, one_line, plain
from livechat_sdk_tickets.fields import FieldRule
from livechat_sdk_tickets.preparing import LoadedFile, Prepared, without_files
from livechat_sdk_tickets.system import TicketSystem
from livechat_sdk_tickets.wire import read
from livechat_sdk_tickets.zendesk.api import KEY, Api
from livechat_sdk_tickets.zendesk.checking import check
from livechat_sdk_tickets.zendesk.settings import ZendeskTicketingSettings
from livechat_sdk_tickets.zendesk.wire import WireTicket, WireTicketAnswer, error_of, refused_fields, told

__all__ = ["ZendeskTicketing"]

logger = logging.getLogger("livechat_sdk.tickets.zendesk")

_LOOKUP: Final = "x-idempotency-lookup"
"""The header of an answer to a create that the key was heard in: ``miss`` or ``hit``."""
_BAD_REQUEST: Final = 400
_UNPROCESSABLE: Final = 422
_WINDOW: Final = 2 * 3600.0 - 120.0
"""Seconds for which Zendesk knows an idempotency key: two hours, less what clocks may differ."""
_BODY_LIMIT: Final = 30_000
"""Characters: 64 kB are taken, and letters of many scripts need two bytes."""


class ZendeskTicketing(TicketSystem[ZendeskTicketingSettings]):
    """Tickets of one Zendesk account."""

    type = "ZENDESK_TICKETING"
    capabilities: ClassVar[TicketCapabilities] = TicketCapabilities(
        internal_comment=True,
        public_comment=True,
        create_at_most_once=AtMostOnce.VENDOR,
        vendor_window=_WINDOW,
        find=True,
        text="html",
        subject_limit=150,
        body_limit=_BODY_LIMIT,
    )

    def __init__(self, context: IntegrationContext, settings: ZendeskTicketingSettings) -> None:
        super().__init__(context, settings)
        self._api = Api(self.name, settings)
        self._acts_on_keys = True

    @property
    def at_most_once(self) -> AtMostOnce:
        """By the idempotency key, unless this account has shown that it does not act on it."""
        return AtMostOnce.VENDOR if self._acts_on_keys else AtMostOnce.LOOK_UP

    @property
    def field_map(self) -> Mapping[str, FieldRule]:
        """The custom fields by label."""
        return self.settings.fields

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def create(self, ticket: Prepared, handoff: Handoff) -> Ticket:
        """Make a ticket. A requester whom Zendesk refuses (a suspended one, say) stays a line in the text."""
        ticket, token = await self.beforehand(self._handed_over(ticket))
        content = self._content(ticket, token)
        answer = await self._api.create(ticket.key, content, expect=(_BAD_REQUEST, _UNPROCESSABLE))
        if answer.status == _UNPROCESSABLE and "requester" in content and _is_about_requester(answer):
            # Nothing was made under the first key: the second one is as good.
            without = {name: value for name, value in content.items() if name != "requester"}
            key = f"{ticket.key}.anonymous"
            answer = await self._api.create(key, without, expect=(_BAD_REQUEST, _UNPROCESSABLE))
        if answer.status == _BAD_REQUEST and error_of(answer).get("error") == "IdempotentRequestError":
            return await self._made_before(ticket.key, answer)
        if answer.status in {_BAD_REQUEST, _UNPROCESSABLE}:
            raise self._refused("create", answer)
        made = read(WireTicketAnswer, answer).ticket
        self._note_key(answer)
        return self._ticket(made, ticket.key)

    async def comment(self, ticket: Ticket, note: TicketNote, files: Sequence[LoadedFile]) -> None:
        """Add a comment; a text that is too long goes along as a file."""
        body = escape(note.body, "html")
        if len(body) > _BODY_LIMIT:
            files = [*files, *_overflow(plain(note.body), overflows=True)]
            body = escape(f"{note.body[: _BODY_LIMIT // 8]}…\n\n[The whole text is in the file.]", "html")
        since = note.first_tried_at
        await self._comment("comment", ticket, body, files, key=note.key, public=note.public, since=since)

    async def attach(self, ticket: Ticket, file: LoadedFile, *, key: str) -> None:
        """Add a file as an internal comment."""
        body = escape(f"File: {file.name}", "html")
        await self._comment("attach", ticket, body, [file], key=key, public=False, since=None)

    async def has_comment(self, ticket: Ticket, note: TicketNote) -> bool | None:
        """Whether a change with the note's key is among the ticket's audits."""
        return await self._api.has_change(self._id(ticket.id), note.key)

    async def read(self, ticket_id: str) -> Ticket | None:
        """A ticket by its number."""
        if not ticket_id.isascii() or not ticket_id.isdigit():
            return None
        found = await self._api.ticket(ticket_id)
        return None if found is None else self._ticket(found, found.external_id or ticket_id)

    async def find(self, key: str) -> Ticket | None:
        """The oldest ticket whose external id is the key."""
        found = [one for one in await self._api.tickets_of(key) if one.external_id == key]
        return self._ticket(min(found, key=lambda one: one.id), key) if found else None

    def link(self, ticket_id: str) -> str:
        """The ticket in the agent workspace."""
        return f"{self.settings.origin}/agent/tickets/{ticket_id}"

    async def check(self) -> Sequence[Finding]:
        """Look at credentials, and at the field map against the account's fields."""
        return await check(self._api, self.settings)

    async def _comment(
        self,
        operation: str,
        ticket: Ticket,
        body: str,
        files: Sequence[LoadedFile],
        *,
        key: str,
        public: bool,
        since: datetime | None,
    ) -> None:
        token = await self._api.upload(files)
        comment: dict[str, Any] = {"html_body": body, "public": public}
        if token is not None:
            comment["uploads"] = [token]
        change = {"comment": comment, "metadata": {KEY: key}}
        with self.leaving(key, since, operation):
            await self._api.update(operation, self._id(ticket.id), change)

    def _note_key(self, answer: Answer) -> None:
        """Whether Zendesk acts on the key is seen in its answers only: on some accounts it does not."""
        acted = _LOOKUP in answer.headers
        if not acted and self._acts_on_keys:
            logger.warning("%s: Zendesk does not act on the idempotency key", self.name)
        self._acts_on_keys = acted

    async def _handed_over(self, ticket: Prepared) -> tuple[Prepared, str | None]:
        """The token of the ticket's files. Files that Zendesk does not take in time do not stop a ticket."""
        whole = _overflow(ticket.text, overflows=ticket.overflows)
        try:
            return ticket, await self._api.upload([*ticket.files, *whole])
        except AuthError:
            raise
        except (ProviderError, TimeoutError) as error:
            if not ticket.files:
                raise
            logger.warning("%s: a ticket is made without its files: %r", self.name, error)
        lines = [f"file {file.name} (Zendesk did not take it)" for file in ticket.files]
        bare = without_files(ticket, self.capabilities, lines)
        return bare, await self._api.upload(_overflow(bare.text, overflows=bare.overflows))

    def _content(self, ticket: Prepared, token: str | None) -> dict[str, Any]:
        settings = self.settings
        comment: dict[str, Any] = {"html_body": ticket.body, "public": settings.public}
        if token is not None:
            comment["uploads"] = [token]
        content: dict[str, Any] = {
            "subject": ticket.subject,
            "comment": comment,
            "external_id": ticket.key,
            "priority": settings.priority(ticket.priority),
            "type": settings.kind(ticket.kind),
            "tags": _tags((*settings.tags, *ticket.tags)),
            "custom_fields": [{"id": int(name), "value": value} for name, value in ticket.fields.items()],
            "group_id": _number(settings.group),
            "brand_id": _number(settings.brand),
            "ticket_form_id": _number(settings.form),
            "metadata": {KEY: ticket.key},
        }
        who = ticket.requester
        if who.email is not None:
            content["requester"] = {"name": who.name or who.email, "email": who.email}
        return {name: value for name, value in content.items() if value not in (None, [])}

    async def _made_before(self, key: str, answer: Answer) -> Ticket:
        """The ticket that was made under this key with other parameters (an upload is new each time)."""
        found = await self.find(key)
        if found is None:
            raise RetryableError(
                f"the key was used, and its ticket is not found yet: {told(answer)}",
                provider=self.name,
                operation="create",
                status=answer.status,
                sent=True,
            )
        return found

    def _ticket(self, wire: WireTicket, key: str) -> Ticket:
        number = str(wire.id)
        return Ticket(
            source=self.name,
            id=number,
            key=key,
            number=number,
            subject=one_line(wire.subject or "", 500),
            url=self.link(number),
            status=wire.status[:200] if wire.status else None,
            state=self.settings.state(wire.status),
            created_at=wire.created_at,
        )

    def _id(self, ticket_id: str) -> str:
        if not ticket_id.isascii() or not ticket_id.isdigit():
            raise RejectedError("tickets of Zendesk have numbers", provider=self.name, sent=False)
        return ticket_id

    def _refused(self, operation: str, answer: Answer) -> RejectedError:
        return RejectedError(
            f"refused (status {answer.status}): {told(answer)}",
            provider=self.name,
            operation=operation,
            status=answer.status,
            request_id=answer.request_id,
            sent=True,
        )


def _overflow(text: str, *, overflows: bool) -> list[LoadedFile]:
    """The whole text as a file, where the ticket does not hold it."""
    return [LoadedFile("conversation.txt", "text/plain; charset=utf-8", text.encode())] if overflows else []


def _is_about_requester(answer: Answer) -> bool:
    return any(name.startswith("requester") for name in refused_fields(answer))


def _tags(tags: Sequence[str]) -> list[str]:
    """Tags as Zendesk has them: without blanks, commas and quotes, each once."""
    made = ("".join("_" if one in " \t\n,\"'" else one for one in plain(tag).strip()) for tag in tags)
    return list(dict.fromkeys(tag[:100] for tag in made if tag))


def _number(value: str | None) -> int | None:
    return None if value is None else int(value)
