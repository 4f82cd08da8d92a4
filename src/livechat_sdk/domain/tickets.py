"""Tickets: what is asked for, and what a ticket system made of it."""

from __future__ import annotations

from pydantic import Field

from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Text, Timestamp
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.ticket_words import (
    TicketKind,
    TicketMoment,
    TicketPriority,
    TicketState,
    moment_of,
)

__all__ = [
    "Ticket",
    "TicketDraft",
    "TicketKind",
    "TicketMoment",
    "TicketNote",
    "TicketPriority",
    "TicketState",
    "moment_of",
]


class TicketDraft(Model):
    """A ticket to be made. ``key`` makes a repeated call harmless.

    ``fields`` go by the labels of the integration's field map. ``attachments`` are files that are kept here
    or links. ``first_tried_at``: when a create with this key first may have left for the vendor; ``None``:
    surely never. ``repeat``: it shall be made although an earlier create may have done so, because a person
    or ``doubtful: repeat`` wants it.
    """

    key: Identifier
    subject: ShortText
    body: Text
    requester_name: ShortText | None = None
    requester_email: ShortText | None = None
    requester_phone: ShortText | None = None
    requester_external_id: ShortText | None = None
    language: ShortText | None = None
    tags: tuple[ShortText, ...] = ()
    fields: Metadata = Field(default_factory=dict)
    moment: TicketMoment | None = None
    priority: TicketPriority | None = None
    kind: TicketKind | None = None
    attachments: tuple[Attachment, ...] = ()
    first_tried_at: Timestamp | None = None
    repeat: bool = False


class TicketNote(Model):
    """Something to add to a ticket; ``public`` notes can be read by the requester.

    ``first_tried_at``: when a call with this key first may have left for the vendor; ``None``: surely never.
    """

    key: Identifier
    body: Text
    public: bool = False
    attachments: tuple[Attachment, ...] = ()
    first_tried_at: Timestamp | None = None


class Ticket(Model):
    """A ticket in a ticket system. ``source`` is the name of the integration.

    ``id`` is the vendor's, ``number`` what people call it, ``status`` the vendor's own word for ``state``.
    """

    source: Identifier
    id: Identifier
    key: Identifier
    subject: ShortText = ""
    url: ShortText | None = None
    status: ShortText | None = None
    created_at: Timestamp | None = None
    number: ShortText | None = None
    state: TicketState | None = None
