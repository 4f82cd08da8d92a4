"""Tickets: what is asked for, and what a ticket system made of it."""

from __future__ import annotations

from pydantic import Field

from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Text, Timestamp

__all__ = ["Ticket", "TicketDraft", "TicketNote"]


class TicketDraft(Model):
    """A ticket to be made. ``key`` makes a repeated call harmless."""

    key: Identifier
    subject: ShortText
    body: Text
    requester_name: ShortText | None = None
    requester_email: ShortText | None = None
    tags: tuple[ShortText, ...] = ()
    fields: Metadata = Field(default_factory=dict)


class TicketNote(Model):
    """Something to add to a ticket; ``public`` notes can be read by the requester."""

    key: Identifier
    body: Text
    public: bool = False


class Ticket(Model):
    """A ticket in a ticket system. ``source`` is the name of the integration."""

    source: Identifier
    id: Identifier
    key: Identifier
    subject: ShortText = ""
    url: ShortText | None = None
    status: ShortText | None = None
    created_at: Timestamp | None = None
