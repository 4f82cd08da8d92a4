"""Makes and changes tickets: what a body may say, the comments, and the audit of it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, cast

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.zendesk_support.bodies import Body
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid, bad_request
from livechat_sdk_simulators.zendesk_support.requesters import Requesters
from livechat_sdk_simulators.zendesk_support.shown import html_of, text_of
from livechat_sdk_simulators.zendesk_support.state import Comment, Ticket, User, seconds
from livechat_sdk_simulators.zendesk_support.ticketfields import TicketFields, event

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator

__all__ = ["KEYS", "Changes"]

_IGNORED: Final = (
    "additional_collaborators",
    "attribute_value_ids",
    "brand_id",
    "collaborator_ids",
    "collaborators",
    "custom_status_id",
    "email_cc_ids",
    "email_ccs",
    "follower_ids",
    "followers",
    "macro_id",
    "macro_ids",
    "sharing_agreement_ids",
    "system_metadata",
    "ticket_form_id",
    "via_id",
)
_COMMENT: Final = frozenset(
    {"body", "html_body", "public", "author_id", "uploads", "type", "metadata", "id", "attachments", "via"}
)

KEYS: Final = frozenset(
    {
        "comment",
        "description",
        "subject",
        "raw_subject",
        "requester",
        "requester_id",
        "submitter_id",
        "assignee_id",
        "assignee_email",
        "group_id",
        "organization_id",
        "problem_id",
        "status",
        "priority",
        "type",
        "custom_fields",
        "fields",
        "tags",
        "external_id",
        "metadata",
        "due_at",
        "recipient",
        "via_followup_source_id",
        "safe_update",
        "updated_stamp",
        *_IGNORED,
    }
)
"""What a ticket of a request may have. Some of it nobody sees here: it is taken and forgotten."""


class Changes:
    """Carries out what callers and support people want of tickets."""

    def __init__(self, zendesk: ZendeskSupportSimulator) -> None:
        self._zendesk = zendesk
        self._account = zendesk.account
        self._requesters = Requesters(zendesk.account)
        self._fields = TicketFields(zendesk.account)

    # ---------------------------------------------------------------------------------------- making
    def create(self, body: Body, caller: User) -> tuple[Ticket, dict[str, Any]]:
        """Make a ticket; returns it with its audit. Raises ``VendorError``, and then there is none."""
        comment = self._first_comment(body)
        if body.get("status") == "closed":
            raise RecordInvalid("status", "Status: closed is not a status to begin with", "InvalidValue")
        requester = self._requesters.named(body) or caller
        if requester.suspended:
            text = f"Requester: {requester.name} is suspended."
            raise RecordInvalid("requester", text, "UserSuspended")
        submitter = self._requesters.user(body, "submitter_id") or caller
        now, account = self._zendesk.clock.now(), self._account
        ticket = Ticket(
            id=0,
            created_at=now,
            updated_at=now,
            requester_id=requester.id,
            submitter_id=submitter.id,
            organization_id=requester.organization_id,
        )
        source = self._followed(body)
        events = self._fields.set_all(ticket, body, "Create")
        made = self._comment(ticket, comment, submitter, first=True)
        ticket.id = account.new_number()
        if source is not None:
            source.followups.append(ticket.id)
        if requester.id not in account.users:
            account.keep(requester)
        return ticket, self._done(ticket, made, events, caller, body.get("metadata"))

    def _first_comment(self, body: Body) -> Body:
        comment = self._comment_of(body)
        if comment is None and body.text("description"):
            comment = Body("ticket.comment", {"body": body.text("description")}, _COMMENT)
        if comment is None or not (comment.text("body") or comment.text("html_body")):
            field = next(one for one in self._account.fields.values() if one.kind == "description")
            more = {"ticket_field_id": field.id, "ticket_field_type": "FieldDescription"}
            raise RecordInvalid("base", "Description: cannot be blank", "BlankValue", **more)
        return comment

    def _followed(self, body: Body) -> Ticket | None:
        number = body.number("via_followup_source_id")
        if number is None:
            return None
        source = self._account.tickets.get(number)
        if source is None or source.status != "closed":
            text = "Via followup source: is not a closed ticket"
            raise RecordInvalid("via_followup_source_id", text, "InvalidValue")
        return source

    # -------------------------------------------------------------------------------------- changing
    def update(self, ticket: Ticket, body: Body, caller: User) -> dict[str, Any]:
        """Change a ticket; returns the audit. Raises ``VendorError``, and then nothing has changed."""
        self.check_stamp(ticket, body.fields)
        if ticket.status == "closed":
            raise RecordInvalid("status", "Status: closed prevents ticket update")
        body.fields.pop("description", None)  # of a ticket that is there it cannot be changed
        requester = self._requesters.named(body)
        comment = self._comment_of(body)
        draft = replace(ticket, fields=dict(ticket.fields), comments=list(ticket.comments))
        events = self._fields.set_all(draft, body, "Change")
        made = None if comment is None else self._comment(draft, comment, caller, first=False)
        if requester is not None and requester.id != ticket.requester_id:
            if requester.id not in self._account.users:
                self._account.keep(requester)
            events.append(event("Change", "requester_id", str(requester.id), str(ticket.requester_id)))
            draft.requester_id = requester.id
        for one in fields(ticket):
            setattr(ticket, one.name, getattr(draft, one.name))
        return self._done(ticket, made, events, caller, body.get("metadata"))

    def check_stamp(self, ticket: Ticket, asked: Mapping[str, Any]) -> None:
        """Refuse a change by somebody who read an older state, where it says what it read."""
        if "safe_update" in asked and asked.get("updated_stamp") != seconds(ticket.updated_at):
            text = "Safe Update prevented the update due to outdated ticket data. Please fetch it again."
            raise VendorError(409, "UpdateConflict", text)

    def _comment_of(self, body: Body) -> Body | None:
        asked = body.get("comment")
        if asked is None:
            return None
        said = {"body": asked} if isinstance(asked, str) else asked
        if not isinstance(said, dict):
            raise bad_request("ticket.comment must be an object")
        comment = Body("ticket.comment", cast("dict[str, Any]", said), _COMMENT)
        body.unpermitted += comment.unpermitted
        return comment

    def _comment(self, ticket: Ticket, asked: Body, usual_author: User, *, first: bool) -> Comment | None:
        author = self._requesters.user(asked, "author_id") or usual_author
        text, markup = asked.text("body"), asked.text("html_body")
        public = asked.flag("public", usual=ticket.comments_public)
        if first or "public" in asked:
            ticket.comments_public = public
        if not text and not markup:
            if asked.get("uploads"):
                raise RecordInvalid("base", "Comment: cannot be blank", "BlankValue")
            return None
        files = self._zendesk.uploads.take(asked.get("uploads"))
        comment = Comment(
            id=self._account.new_id(),
            audit_id=0,
            author_id=author.id,
            body=text_of(markup) if markup else (text or ""),
            html_body=f'<div class="zd-comment" dir="auto">{markup}</div>' if markup else html_of(text or ""),
            public=public,
            created_at=self._zendesk.clock.now(),
            updated_at=self._zendesk.clock.now(),
            files=files,
        )
        ticket.comments.append(comment)
        return comment

    def _done(
        self,
        ticket: Ticket,
        comment: Comment | None,
        events: list[dict[str, Any]],
        caller: User,
        custom: object,
    ) -> dict[str, Any]:
        number = self._account.new_id()
        shown = self._zendesk.shown
        if comment is not None:
            comment.audit_id = number
            events = [shown.comment_event(comment), *events]
        self._account.keep(ticket)
        audit = shown.audit(number, ticket, caller, events, custom or {})
        if events:
            ticket.audits.append(audit)
        return audit
