"""Records as Zendesk Support writes them."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import quote

from livechat_sdk_simulators.zendesk_support.state import (
    Attachment,
    Comment,
    Organization,
    Record,
    Ticket,
    TicketField,
    Upload,
    User,
    seconds,
)

__all__ = ["Shown", "html_of", "text_of"]

_VIA: Final[dict[str, Any]] = {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}}
_BREAKS: Final = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3"})


class Shown:
    """Shows records with addresses below ``base_url``."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def record(self, record: Record) -> dict[str, Any]:
        """Any record that searches find."""
        if isinstance(record, User):
            return self.user(record)
        if isinstance(record, Organization):
            return self.organization(record)
        if isinstance(record, Ticket):
            return self.ticket(record)
        raise TypeError(f"nobody searches for {type(record).__name__}")

    def url(self, kind: str, number: int) -> str:
        """The address of a record."""
        return f"{self._base_url}/api/v2/{kind}/{number}.json"

    def user(self, user: User) -> dict[str, Any]:
        """A user."""
        return {
            "id": user.id,
            "url": self.url("users", user.id),
            "name": user.name,
            "email": user.email,
            "created_at": seconds(user.created_at),
            "updated_at": seconds(user.updated_at),
            "time_zone": user.time_zone,
            "iana_time_zone": f"Europe/{user.time_zone}",
            "phone": user.phone,
            "shared_phone_number": None if user.phone is None else False,
            "photo": None,
            "locale_id": 1,
            "locale": user.locale,
            "organization_id": user.organization_id,
            "role": user.role,
            "verified": user.verified,
            "external_id": user.external_id,
            "tags": list(user.tags),
            "alias": user.alias,
            "active": user.active,
            "shared": False,
            "shared_agent": False,
            "last_login_at": None,
            "two_factor_auth_enabled": False,
            "signature": None,
            "details": user.details,
            "notes": user.notes,
            "role_type": None,
            "custom_role_id": None,
            "moderator": user.works_here,
            "ticket_restriction": None if user.works_here else "requested",
            "only_private_comments": False,
            "restricted_agent": not user.works_here,
            "suspended": user.suspended,
            "default_group_id": None,
            "report_csv": False,
            "user_fields": dict(user.user_fields),
        }

    def identity(self, user: User, index: int) -> dict[str, Any]:
        """One of a user's addresses."""
        addresses = self.identities(user)
        kind, value = addresses[index]
        number = user.id + index + 1
        return {
            "id": number,
            "url": f"{self._base_url}/api/v2/users/{user.id}/identities/{number}.json",
            "user_id": user.id,
            "type": kind,
            "value": value,
            "verified": user.verified,
            "primary": index == 0,
            "created_at": seconds(user.created_at),
            "updated_at": seconds(user.updated_at),
            **({"undeliverable_count": 0, "deliverable_state": "deliverable"} if kind == "email" else {}),
        }

    def identities(self, user: User) -> list[tuple[str, str]]:
        """Kinds and values of a user's addresses, the primary one first."""
        mails = [("email", one) for one in (user.email, *user.emails) if one]
        return mails + ([("phone_number", user.phone)] if user.phone else [])

    def organization(self, organization: Organization) -> dict[str, Any]:
        """An organization."""
        return {
            "url": self.url("organizations", organization.id),
            "id": organization.id,
            "name": organization.name,
            "shared_tickets": False,
            "shared_comments": False,
            "external_id": organization.external_id,
            "created_at": seconds(organization.created_at),
            "updated_at": seconds(organization.updated_at),
            "domain_names": list(organization.domain_names),
            "details": organization.details,
            "notes": organization.notes,
            "group_id": None,
            "tags": list(organization.tags),
            "organization_fields": dict(organization.organization_fields),
        }

    def ticket(self, ticket: Ticket) -> dict[str, Any]:
        """A ticket, without its comments."""
        fields = [{"id": number, "value": value} for number, value in ticket.fields.items()]
        return {
            "url": self.url("tickets", ticket.id),
            "id": ticket.id,
            "external_id": ticket.external_id,
            "via": _VIA,
            "created_at": seconds(ticket.created_at),
            "updated_at": seconds(ticket.updated_at),
            "generated_timestamp": int(ticket.updated_at.timestamp()),
            "type": ticket.kind,
            "subject": ticket.subject,
            "raw_subject": ticket.subject,
            "description": ticket.comments[0].body if ticket.comments else None,
            "priority": ticket.priority,
            "status": ticket.status,
            "recipient": ticket.recipient,
            "requester_id": ticket.requester_id,
            "submitter_id": ticket.submitter_id,
            "assignee_id": ticket.assignee_id,
            "organization_id": ticket.organization_id,
            "group_id": ticket.group_id,
            "collaborator_ids": [],
            "follower_ids": [],
            "email_cc_ids": [],
            "forum_topic_id": None,
            "problem_id": ticket.problem_id,
            "has_incidents": False,
            "is_public": any(one.public for one in ticket.comments),
            "due_at": ticket.due_at,
            "tags": list(ticket.tags),
            "custom_fields": fields,
            "satisfaction_rating": None,
            "sharing_agreement_ids": [],
            "custom_status_id": None,
            "fields": fields,
            "followup_ids": list(ticket.followups),
            "ticket_form_id": None,
            "brand_id": None,
            "allow_channelback": False,
            "allow_attachments": True,
            "from_messaging_channel": False,
        }

    def comment(self, comment: Comment) -> dict[str, Any]:
        """A comment as it stands in the list."""
        shown = self.comment_event(comment)
        return {**shown, "via": _VIA, "created_at": seconds(comment.created_at), "metadata": _metadata({})}

    def comment_event(self, comment: Comment) -> dict[str, Any]:
        """A comment as it stands in an audit."""
        return {
            "id": comment.id,
            "type": "Comment",
            "author_id": comment.author_id,
            "body": comment.body,
            "html_body": comment.html_body,
            "plain_body": comment.body,
            "public": comment.public,
            "attachments": [self.attachment(one) for one in comment.files],
            "audit_id": comment.audit_id,
        }

    def audit(
        self, number: int, ticket: Ticket, author: User, events: list[dict[str, Any]], custom: object
    ) -> dict[str, Any]:
        """What one call did to a ticket."""
        return {
            "id": number,
            "ticket_id": ticket.id,
            "created_at": seconds(ticket.updated_at),
            "author_id": author.id,
            "metadata": _metadata(custom),
            "events": events,
            "via": _VIA,
        }

    def attachment(self, file: Attachment) -> dict[str, Any]:
        """A file."""
        content = f"{self._base_url}/attachments/token/{file.key}/?name={quote(file.name)}"
        return {
            "url": self.url("attachments", file.id),
            "id": file.id,
            "file_name": file.name,
            "content_url": content,
            "mapped_content_url": content,
            "content_type": file.media_type,
            "size": len(file.content),
            "width": None,
            "height": None,
            "inline": False,
            "deleted": False,
            "malware_access_override": False,
            "malware_scan_result": "not_scanned",
            "thumbnails": [],
        }

    def upload(self, upload: Upload, expires_at: str) -> dict[str, Any]:
        """What an upload is answered with."""
        files = [self.attachment(one) for one in upload.files]
        return {
            "token": upload.token,
            "expires_at": expires_at,
            "attachments": files,
            "attachment": files[-1],
        }

    def field(self, field: TicketField) -> dict[str, Any]:
        """A field of tickets."""
        options = [
            {"id": field.id + place + 1, "name": name, "raw_name": name, "value": value, "default": False}
            for place, (name, value) in enumerate(field.options)
        ]
        return {
            "url": self.url("ticket_fields", field.id),
            "id": field.id,
            "type": field.kind,
            "title": field.title,
            "raw_title": field.title,
            "description": field.title,
            "raw_description": field.title,
            "position": 0,
            "active": True,
            "required": field.required,
            "collapsed_for_agents": False,
            "regexp_for_validation": None,
            "title_in_portal": field.title,
            "raw_title_in_portal": field.title,
            "visible_in_portal": not field.removable,
            "editable_in_portal": not field.removable,
            "required_in_portal": False,
            "tag": None,
            "created_at": seconds(field.created_at),
            "updated_at": seconds(field.updated_at),
            "removable": field.removable,
            "agent_description": None,
            **({"custom_field_options": options} if field.options else {}),
        }


def _metadata(custom: object) -> dict[str, Any]:
    system = {"client": "", "ip_address": "127.0.0.1", "location": "Athens, Greece"}
    return {"system": system, "custom": custom}


def html_of(text: str) -> str:
    """A text as the body of a comment in HTML."""
    paragraphs = html.escape(text, quote=False).replace("\r\n", "\n").split("\n\n")
    inner = "".join(f'<p dir="auto">{one.replace(chr(10), "<br>")}</p>' for one in paragraphs)
    return f'<div class="zd-comment" dir="auto">{inner}</div>'


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self.text.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_endtag(tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.text.append("\n")


def text_of(markup: str) -> str:
    """What a person reads of a body in HTML."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.text).strip("\n")
