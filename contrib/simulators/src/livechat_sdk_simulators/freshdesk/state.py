"""What an account of Freshdesk holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

__all__ = ["Agent", "Attachment", "Company", "Contact", "Conversation", "Record", "Ticket", "seconds"]


def seconds(moment: datetime) -> str:
    """``moment`` in UTC as Freshdesk writes it: ``2026-11-24T09:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True, eq=False, kw_only=True)
class Record:
    """Anything with a number and a past."""

    id: int
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Contact(Record):
    """Somebody who asks."""

    name: str
    email: str | None = None
    other_emails: list[str] = field(default_factory=list[str])
    phone: str | None = None
    mobile: str | None = None
    twitter_id: str | None = None
    unique_external_id: str | None = None
    company_id: int | None = None
    job_title: str | None = None
    language: str = "en"
    time_zone: str = "Athens"
    address: str | None = None
    description: str | None = None
    active: bool = False
    tags: list[str] = field(default_factory=list[str])
    custom_fields: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True, eq=False, kw_only=True)
class Agent(Record):
    """Somebody of support."""

    name: str
    email: str


@dataclass(slots=True, eq=False, kw_only=True)
class Company(Record):
    """A company."""

    name: str
    description: str | None = None
    domains: list[str] = field(default_factory=list[str])
    custom_fields: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True, eq=False, kw_only=True)
class Attachment(Record):
    """A file."""

    name: str
    media_type: str
    content: bytes
    key: str
    """What makes its address one that nobody guesses."""


@dataclass(slots=True, eq=False, kw_only=True)
class Conversation(Record):
    """A note or a reply."""

    user_id: int
    body: str
    """In HTML."""
    private: bool
    reply: bool
    """Whether it went to the requester as an e-mail."""
    incoming: bool = False
    to_emails: Sequence[str] = ()
    cc_emails: Sequence[str] = ()
    bcc_emails: Sequence[str] = ()
    files: Sequence[Attachment] = ()
    by_api: bool = True


@dataclass(slots=True, eq=False, kw_only=True)
class Ticket(Record):
    """A ticket."""

    requester_id: int
    subject: str
    description: str
    """In HTML."""
    status: int
    priority: int
    source: int = 2
    kind: str | None = None
    responder_id: int | None = None
    group_id: int | None = None
    product_id: int | None = None
    company_id: int | None = None
    due_by: datetime | None = None
    fr_due_by: datetime | None = None
    email_config_id: int | None = None
    cc_emails: list[str] = field(default_factory=list[str])
    tags: list[str] = field(default_factory=list[str])
    custom_fields: dict[str, Any] = field(default_factory=dict[str, Any])
    files: Sequence[Attachment] = ()
    conversations: list[Conversation] = field(default_factory=list[Conversation])
    stats: dict[str, datetime | None] = field(default_factory=dict[str, datetime | None])
    deleted: bool = False
