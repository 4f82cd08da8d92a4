"""Makes and changes tickets: what a body may say, who asks, and what follows from it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.bodies import Part
from livechat_sdk_simulators.freshdesk.bodies import Body
from livechat_sdk_simulators.freshdesk.errors import among
from livechat_sdk_simulators.freshdesk.fields import PRIORITIES, SOURCES, STATUSES, TYPES
from livechat_sdk_simulators.freshdesk.markup import kept
from livechat_sdk_simulators.freshdesk.state import Agent, Attachment, Contact, Ticket

if TYPE_CHECKING:
    from livechat_sdk_simulators.freshdesk.simulator import FreshdeskSimulator

__all__ = ["Changes"]

_WHO: Final = ("requester_id", "phone", "email", "twitter_id", "facebook_id", "unique_external_id")
_SETTABLE: Final = (
    *_WHO,
    "name",
    "subject",
    "type",
    "status",
    "priority",
    "description",
    "responder_id",
    "custom_fields",
    "due_by",
    "fr_due_by",
    "email_config_id",
    "group_id",
    "product_id",
    "source",
    "tags",
    "company_id",
)
_CREATED: Final = (*_SETTABLE, "cc_emails")
_LONGEST_SUBJECT: Final = 255
_LONGEST_TAG: Final = 32
_FIRST_ANSWER, _SOLUTION = timedelta(days=1), timedelta(days=3)
_OPEN, _PENDING, _RESOLVED, _CLOSED = 2, 3, 4, 5


class Changes:
    """Carries out what callers and people of support want of tickets."""

    def __init__(self, freshdesk: FreshdeskSimulator) -> None:
        self._freshdesk = freshdesk
        self._account = freshdesk.account

    # ---------------------------------------------------------------------------------------- making
    def create(self, body: Body) -> Ticket:
        """Make a ticket. Raises ``ValidationFailed``, and then there is none, nor a new contact."""
        body.known(_CREATED)
        subject = body.text("subject", most=_LONGEST_SUBJECT, needed=True)
        description = body.text("description", needed=True)
        body.choice("status", STATUSES, needed=True)
        body.choice("priority", PRIORITIES, needed=True)
        requester = self._requester(body)
        self._account.fields.check_needed(body)
        cc_emails = body.texts("cc_emails", emails=True) or []
        files = self.files(body)
        now = self._freshdesk.clock.now()
        ticket = Ticket(
            id=0,
            created_at=now,
            updated_at=now,
            requester_id=0,
            subject=subject or "",
            description=kept(description or ""),
            status=_OPEN,
            priority=1,
            due_by=now + _SOLUTION,
            fr_due_by=now + _FIRST_ANSWER,
            cc_emails=cc_emails,
        )
        values = self._values(body)
        body.check()
        if isinstance(requester, Contact) and requester.id == 0:
            self._freshdesk.people.keep(requester)
        self._set(ticket, values, replace_fields=True)
        if requester is not None:
            ticket.requester_id = requester.id
            ticket.company_id = ticket.company_id or getattr(requester, "company_id", None)
        ticket.id = self._account.new_number()
        ticket.files = self.keep(files)
        self._account.tickets[ticket.id] = ticket
        self.done(ticket)
        return ticket

    def _requester(self, body: Body) -> Contact | Agent | None:
        """Who asks: known, or new by an address or a number. What is wrong is noted."""
        named = [name for name in _WHO if body.fields.get(name) not in (None, "")]
        usable = [one for one in named if one != "unique_external_id" or self._by_external_id]
        if not usable:
            message = f"Please fill at least 1 of {', '.join(_WHO)} fields"
            body.wrong("requester_id", message, "missing_field")
            return None
        number, email, phone = body.number("requester_id"), body.email("email"), body.text("phone")
        external, name = body.text("unique_external_id"), body.text("name", most=255)
        if number is not None:
            person = self._account.person(number)
            if person is None:
                body.wrong("requester_id", "There is no contact matching the given requester_id")
            return person
        contact = (
            (self._account.contact_by(email=email) if email else None)
            or (self._account.contact_by(external_id=external) if external else None)
            or (self._account.contact_by(phone=phone) if phone else None)
        )
        if contact is None:
            if not email and not name:
                text = "It should not be blank as this is a mandatory field when the requester is new"
                body.wrong("name", text, "missing_field")
            now = self._freshdesk.clock.now()
            contact = Contact(
                id=0,
                created_at=now,
                updated_at=now,
                name=name or (email or "").partition("@")[0],
                email=email,
                phone=phone,
                unique_external_id=external,
            )
        return contact

    @property
    def _by_external_id(self) -> bool:
        return self._freshdesk.settings.external_id_as_requester

    # -------------------------------------------------------------------------------------- changing
    def update(self, ticket: Ticket, body: Body) -> None:
        """Change a ticket. Raises ``ValidationFailed``, and then nothing has changed."""
        body.known(_SETTABLE)
        subject = body.text("subject", most=_LONGEST_SUBJECT, needed="subject" in body)
        description = body.text("description", needed="description" in body)
        number = body.number("requester_id")
        person = self._account.person(number) if number is not None else None
        if number is not None and person is None:
            body.wrong("requester_id", "There is no contact matching the given requester_id")
        values = self._values(body)
        files = self.files(body)
        body.check()
        if subject is not None:
            ticket.subject = subject
        if description is not None:
            ticket.description = kept(description)
        if person is not None:
            ticket.requester_id = person.id
        replace_fields = self._freshdesk.settings.custom_fields_on_update == "replace"
        self._set(ticket, values, replace_fields=replace_fields)
        ticket.files = [*ticket.files, *self.keep(files)]
        self.done(ticket)

    def _values(self, body: Body) -> dict[str, Any]:
        """What is set, by the names of a ticket's attributes; what is wrong is noted."""
        values: dict[str, Any] = {
            "status": body.choice("status", STATUSES),
            "priority": body.choice("priority", PRIORITIES),
            "source": body.choice("source", SOURCES),
            "tags": body.texts("tags"),
            "due_by": body.moment("due_by"),
            "fr_due_by": body.moment("fr_due_by"),
            "email_config_id": body.number("email_config_id"),
            "kind": body.text("type"),
            "custom_fields": self._account.fields.read(body),
        }
        if values["kind"] and values["kind"] not in TYPES:
            body.wrong("type", among(TYPES))
        if any(len(one) > _LONGEST_TAG or "," in one for one in values["tags"] or ()):
            body.wrong(
                "tags", f"It should only contain elements that have maximum of {_LONGEST_TAG} characters"
            )
        if values["email_config_id"] is not None:
            body.wrong("email_config_id", "There is no email config matching the given email_config_id")
        for name, known in (
            ("group_id", self._account.groups),
            ("responder_id", self._account.agents),
            ("product_id", self._account.products),
            ("company_id", self._account.companies),
        ):
            values[name] = number = body.number(name)
            if number is not None and number not in known:
                thing = {"responder_id": "agent"}.get(name, name.removesuffix("_id"))
                body.wrong(name, f"There is no {thing} matching the given {name}")
        return {name: value for name, value in values.items() if {"kind": "type"}.get(name, name) in body}

    def _set(self, ticket: Ticket, values: dict[str, Any], *, replace_fields: bool) -> None:
        before = ticket.status
        for name, value in values.items():
            if name == "custom_fields":
                old = {} if replace_fields else ticket.custom_fields
                ticket.custom_fields = {**old, **(value or {})}
            elif value is not None or name not in {"status", "priority", "source", "tags"}:
                setattr(ticket, name, value)
        if ticket.status != before:
            self._tell_stats(ticket)

    def _tell_stats(self, ticket: Ticket) -> None:
        now = self._freshdesk.clock.now()
        ticket.stats["status_updated_at"] = now
        ticket.stats["pending_since"] = now if ticket.status == _PENDING else None
        if ticket.status in {_RESOLVED, _CLOSED}:
            ticket.stats["resolved_at"] = ticket.stats.get("resolved_at") or now
            ticket.stats["closed_at"] = now if ticket.status == _CLOSED else None
        elif ticket.stats.get("resolved_at"):
            ticket.stats |= {"reopened_at": now, "resolved_at": None, "closed_at": None}

    def set_status(self, ticket: Ticket, status: int) -> None:
        """Put a ticket into another status."""
        self._set(ticket, {"status": status}, replace_fields=False)
        self.done(ticket)

    def done(self, ticket: Ticket) -> None:
        """A ticket has changed: searches to come see it."""
        ticket.updated_at = self._freshdesk.clock.now()
        self._account.saw(ticket, self._freshdesk.shown.listed(ticket, ("description",)))

    # ------------------------------------------------------------------------------------------ files
    def files(self, body: Body) -> Sequence[Part]:
        """The files of a body; what is wrong with them is noted."""
        limit = self._freshdesk.settings.attachments_limit
        size = sum(len(one.content) for one in body.files)
        if size > limit:
            text = f"Invalid file size for attachments. It should be less than {limit // 1_000_000} MB"
            body.wrong("attachments", text, "invalid_size")
        return body.files

    def keep(self, files: Sequence[Part]) -> list[Attachment]:
        """Keep the files of a body."""
        return [self.keep_file(one.filename, one.media_type, one.content) for one in files]

    def keep_file(self, name: str, media_type: str, content: bytes) -> Attachment:
        """Keep a file."""
        now = self._freshdesk.clock.now()
        file = Attachment(
            id=self._account.new_id(),
            created_at=now,
            updated_at=now,
            name=name,
            media_type=media_type,
            content=content,
            key=secrets.token_urlsafe(18),
        )
        self._account.files[file.id] = file
        return file
