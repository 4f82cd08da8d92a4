"""Makes and changes tickets: what a body may say, who the requester is, comments, and the audit of it all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, cast

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.zendesk_support.bodies import Body, tags_of
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid, bad_request
from livechat_sdk_simulators.zendesk_support.shown import html_of, text_of
from livechat_sdk_simulators.zendesk_support.state import Comment, Ticket, TicketField, User, seconds

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator

__all__ = ["KEYS", "STATUSES", "Changes"]

STATUSES: Final = ("new", "open", "pending", "hold", "solved", "closed")
"""Every status, in the order of a ticket's life."""
_PRIORITIES: Final = ("urgent", "high", "normal", "low")
_KINDS: Final = ("problem", "incident", "question", "task")
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
_PERSON: Final = (
    "name",
    "email",
    "locale",
    "locale_id",
    "organization_id",
    "role",
    "verified",
    "external_id",
    "phone",
)
_MAIL: Final = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")

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

    # ---------------------------------------------------------------------------------------- making
    def create(self, body: Body, caller: User) -> tuple[Ticket, dict[str, Any]]:
        """Make a ticket; returns it with its audit. Raises ``VendorError``, and then there is none."""
        comment = self._first_comment(body)
        if body.get("status") == "closed":
            raise RecordInvalid("status", "Status: closed is not a status to begin with", "InvalidValue")
        requester = self._requester(body) or caller
        if requester.suspended:
            text = f"Requester: {requester.name} is suspended."
            raise RecordInvalid("requester", text, "UserSuspended")
        submitter = self._user(body, "submitter_id") or caller
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
        events = self._set_fields(ticket, body, "Create")
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

    def _requester(self, body: Body) -> User | None:
        known = self._user(body, "requester_id")
        asked = body.get("requester")
        if known is not None or asked in (None, ""):
            return known
        if isinstance(asked, int) and not isinstance(asked, bool):
            return self._user(Body("ticket", {"requester_id": asked}, ("requester_id",)), "requester_id")
        if isinstance(asked, str):
            person = Body("ticket.requester", {"email": asked, "name": asked.partition("@")[0]}, _PERSON)
        elif isinstance(asked, dict):
            person = Body("ticket.requester", cast("dict[str, Any]", asked), _PERSON)
            body.unpermitted += person.unpermitted
        else:
            raise RecordInvalid("requester", "Requester: is invalid", "InvalidValue")
        return self._known_or_new(person)

    def _known_or_new(self, person: Body) -> User:
        email, name = person.text("email", 255), person.text("name", 255)
        if email is not None:
            if not _MAIL.fullmatch(email):
                raise RecordInvalid("requester", f"Requester: Email: {email} is not properly formatted")
            if (known := self._account.user_by(email=email)) is not None:
                return known
        if not name or not name.strip():
            raise RecordInvalid("requester", "Requester: Name: is too short (minimum one character)")
        now = self._zendesk.clock.now()
        return User(
            id=self._account.new_id(),
            created_at=now,
            updated_at=now,
            name=name,
            email=email,
            phone=person.text("phone", 50),
            external_id=person.text("external_id", 255),
            locale=person.text("locale") or "en-US",
            organization_id=person.number("organization_id"),
            verified=person.flag("verified", usual=False),
        )

    def _user(self, body: Body, key: str) -> User | None:
        number = body.number(key)
        if number is None:
            return None
        user = self._account.users.get(number)
        if user is None or not user.active:
            title = key.removesuffix("_id").capitalize()
            raise RecordInvalid(key, f"{title}: is invalid", "InvalidValue")
        return user

    # -------------------------------------------------------------------------------------- changing
    def update(self, ticket: Ticket, body: Body, caller: User) -> dict[str, Any]:
        """Change a ticket; returns the audit. Raises ``VendorError``, and then nothing has changed."""
        self.check_stamp(ticket, body.fields)
        if ticket.status == "closed":
            raise RecordInvalid("status", "Status: closed prevents ticket update")
        body.fields.pop("description", None)  # of a ticket that is there it cannot be changed
        requester = self._requester(body)
        comment = self._comment_of(body)
        draft = replace(ticket, fields=dict(ticket.fields), comments=list(ticket.comments))
        events = self._set_fields(draft, body, "Change")
        made = None if comment is None else self._comment(draft, comment, caller, first=False)
        if requester is not None and requester.id != ticket.requester_id:
            if requester.id not in self._account.users:
                self._account.keep(requester)
            events.append(_event("Change", "requester_id", str(requester.id), str(ticket.requester_id)))
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
        author = self._user(asked, "author_id") or usual_author
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

    # ----------------------------------------------------------------------------------------- fields
    def _set_fields(self, ticket: Ticket, body: Body, kind: str) -> list[dict[str, Any]]:
        values: dict[str, Any] = {}
        for key, most in (("subject", 255), ("external_id", 255), ("recipient", 255), ("due_at", 40)):
            if key in body:
                values[key] = body.text(key, most)
        for key in ("group_id", "organization_id", "problem_id"):
            if key in body:
                values[key] = body.number(key)
        if "assignee_id" in body or "assignee_email" in body:
            values["assignee_id"] = self._assignee(body)
        choices = (("status", STATUSES), ("priority", _PRIORITIES), ("type", _KINDS))
        for key, words in choices:
            if key in body:
                values[key] = body.among(key, words)
        if "tags" in body:
            values["tags"] = tags_of(body.get("tags") or [])
        events = [self._set(ticket, key, value, kind) for key, value in values.items()]
        if ticket.assignee_id is not None and ticket.status == "new":
            events.append(self._set(ticket, "status", "open", kind))
        events += self._set_custom(ticket, body, kind)
        return [one for one in events if one is not None]

    def _assignee(self, body: Body) -> int | None:
        number, email = body.number("assignee_id"), body.text("assignee_email")
        if number is None and email is None:
            return None
        user = self._account.users.get(number) if number else self._account.user_by(email=email)
        if user is None or not user.works_here:
            raise RecordInvalid("assignee", "Assignee: is invalid", "InvalidValue")
        return user.id

    def _set(self, ticket: Ticket, key: str, value: Any, kind: str) -> dict[str, Any] | None:
        attribute = "kind" if key == "type" else key
        before = getattr(ticket, attribute)
        if value is None and key == "status":
            return None
        if before == value:
            return None
        setattr(ticket, attribute, value)
        return _event(kind, key, value, before)

    def _set_custom(self, ticket: Ticket, body: Body, kind: str) -> list[dict[str, Any] | None]:
        asked = body.get("custom_fields") if "custom_fields" in body else body.get("fields")
        if asked is None:
            return []
        if not isinstance(asked, list):
            raise bad_request("ticket.custom_fields must be a list")
        events: list[dict[str, Any] | None] = []
        for one in cast("list[object]", asked):
            entry = Body(
                "ticket.custom_fields",
                cast("dict[str, Any]", one if isinstance(one, dict) else {}),
                ("id", "value"),
            )
            body.unpermitted += entry.unpermitted
            number = entry.number("id")
            field = self._account.fields.get(number or 0)
            if field is None or not field.removable:
                body.invalid.append(f"ticket.custom_fields.{number}")
                continue
            value = _value_of(field, entry.get("value"))
            before = ticket.fields.get(field.id)
            ticket.fields[field.id] = value
            if before != value:
                events.append(_event(kind, str(field.id), value, before))
        return events


def _event(kind: str, name: str, value: object, before: object) -> dict[str, Any]:
    event: dict[str, Any] = {"type": kind, "field_name": name, "value": value}
    return event if kind == "Create" else {**event, "previous_value": before}


def _value_of(field: TicketField, value: Any) -> object:
    """A value as the field keeps it. Raises ``RecordInvalid``."""
    options = [one for _, one in field.options]
    fits = value is None or value == ""
    if field.kind == "tagger":
        fits = fits or value in options
    elif field.kind == "multiselect":
        chosen = cast("list[object]", value if isinstance(value, list) else [value])
        fits = fits or all(one in options for one in chosen)
    elif field.kind == "checkbox":
        fits = fits or value in (True, False, "true", "false")
    elif field.kind in {"integer", "decimal"}:
        pattern = r"-?\d+" if field.kind == "integer" else r"-?\d+(\.\d+)?"
        fits = fits or (not isinstance(value, bool) and re.fullmatch(pattern, str(value)) is not None)
    elif field.kind == "date":
        fits = fits or (isinstance(value, str) and _DATE.fullmatch(value) is not None)
    else:
        fits = fits or isinstance(value, str)
    if not fits:
        text = f"{field.title}: {value} is not valid"
        raise RecordInvalid(
            "base", text, "InvalidValue", ticket_field_id=field.id, ticket_field_type=field.kind
        )
    number = field.kind in {"integer", "decimal"} and value is not None
    return str(cast("object", value)) if number else cast("object", value)
