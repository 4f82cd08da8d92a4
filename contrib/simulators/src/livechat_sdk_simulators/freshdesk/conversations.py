"""Notes and replies of tickets, and the files that they bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.freshdesk.bodies import Body, empty_body, only, read_body
from livechat_sdk_simulators.freshdesk.errors import not_found
from livechat_sdk_simulators.freshdesk.lists import number_in, paged
from livechat_sdk_simulators.freshdesk.markup import kept
from livechat_sdk_simulators.freshdesk.state import Agent, Attachment, Contact, Conversation, Ticket
from livechat_sdk_simulators.freshdesk.tickets import is_form

if TYPE_CHECKING:
    from livechat_sdk_simulators.freshdesk.simulator import FreshdeskSimulator

__all__ = ["Conversations"]

_ONE: Final = "/api/v2/tickets/{ticket}"
_NOTE: Final = ("body", "private", "incoming", "notify_emails", "user_id")
_REPLY: Final = ("body", "from_email", "user_id", "cc_emails", "bcc_emails")


class Conversations:
    """The calls, and what they leave in the tickets of one simulator."""

    def __init__(self, freshdesk: FreshdeskSimulator) -> None:
        self._freshdesk = freshdesk
        self._account = freshdesk.account

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        largest = self._freshdesk.largest_body
        return [
            Operation("read", "GET", f"{_ONE}/conversations", self.list_all),
            *(
                operation
                for path, handler in ((f"{_ONE}/notes", self.note), (f"{_ONE}/reply", self.reply))
                for operation in (
                    Operation("attach", "POST", path, handler, when=is_form, body_limit=largest),
                    Operation("comment", "POST", path, handler),
                )
            ),
            Operation(
                "file",
                "GET",
                "/data/helpdesk/attachments/production/{file}/original/{key}",
                self.content,
                public=True,
            ),
        ]

    def _ticket_of(self, call: Call) -> Ticket:
        ticket = self._freshdesk.tickets.ticket_of(call)
        if ticket.deleted:
            raise not_found()
        return ticket

    async def list_all(self, call: Call) -> Response:
        """What a ticket says, oldest first. The description is no part of it."""
        empty_body(call)
        only(call, "page", "per_page")
        ticket, shown = self._ticket_of(call), self._freshdesk.shown
        base = self._freshdesk.settings.base_url
        return paged(call, ticket.conversations, lambda one: shown.conversation(ticket, one), base)

    async def note(self, call: Call) -> Response:
        """Write a note: private, unless it says that it is not."""
        ticket, body = self._ticket_of(call), read_body(call)
        body.known(_NOTE)
        text, private = body.text("body", needed=True), body.flag("private", usual_value=True)
        incoming = body.flag("incoming", usual_value=False)
        told = body.texts("notify_emails", emails=True) or []
        author = self._author(body)
        files = self._freshdesk.changes.files(body)
        body.check()
        made = self.write(
            ticket, author, text or "", private=private, files=self._freshdesk.changes.keep(files), to=told
        )
        made.incoming = incoming
        call.applied = f"a note of ticket {ticket.id} was written"
        return json_answer(self._freshdesk.shown.conversation(ticket, made), 201)

    async def reply(self, call: Call) -> Response:
        """Write to the requester, by e-mail."""
        ticket, body = self._ticket_of(call), read_body(call)
        body.known(_REPLY)
        text, copies = body.text("body", needed=True), body.texts("cc_emails", emails=True) or []
        hidden = body.texts("bcc_emails", emails=True) or []
        if body.email("from_email") is not None:
            body.wrong("from_email", "There is no support email matching the given from_email")
        author = self._author(body)
        files = self._freshdesk.changes.files(body)
        body.check()
        made = self.write(
            ticket, author, text or "", private=False, files=self._freshdesk.changes.keep(files), reply=True
        )
        made.cc_emails, made.bcc_emails = copies, hidden
        call.applied = f"a reply of ticket {ticket.id} was sent"
        return json_answer(self._freshdesk.shown.conversation(ticket, made), 201)

    def _author(self, body: Body) -> Agent | Contact:
        number = body.number("user_id")
        person = self._freshdesk.caller if number is None else self._account.person(number)
        if person is None:
            body.wrong("user_id", "There is no user matching the given user_id")
            return self._freshdesk.caller
        return person

    def write(
        self,
        ticket: Ticket,
        author: Agent | Contact,
        markup: str,
        *,
        private: bool,
        files: Sequence[Attachment] = (),
        reply: bool = False,
        to: Sequence[str] = (),
        by_api: bool = True,
    ) -> Conversation:
        """Write a note or a reply. Everybody whom it reaches by e-mail is kept in ``emails``."""
        now = self._freshdesk.clock.now()
        requester = self._account.person(ticket.requester_id)
        if reply and requester is not None and requester.email:
            to = [requester.email]
        made = Conversation(
            id=self._account.new_id(),
            created_at=now,
            updated_at=now,
            user_id=author.id,
            body=kept(markup),
            private=private,
            reply=reply,
            to_emails=to,
            files=files,
            by_api=by_api,
        )
        ticket.conversations.append(made)
        self._freshdesk.emails += [(one, made.body) for one in to]
        if reply:
            ticket.stats["agent_responded_at"] = now
            ticket.stats["first_responded_at"] = ticket.stats.get("first_responded_at") or now
        self._freshdesk.changes.done(ticket)
        return made

    async def content(self, call: Call) -> Response:
        """A file itself, for anybody who knows its address."""
        file = self._account.files.get(number_in(call, "file"))
        if file is None or file.key != call.part("key"):
            return Response(status_code=403)
        return Response(file.content, media_type=file.media_type)
