"""What an account of Zendesk Support holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

__all__ = [
    "Attachment",
    "Comment",
    "Organization",
    "Record",
    "Ticket",
    "TicketField",
    "Upload",
    "User",
    "seconds",
]


def seconds(moment: datetime) -> str:
    """``moment`` in UTC as Zendesk writes it: ``2026-11-24T09:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True, eq=False, kw_only=True)
class Record:
    """Anything with a number and a past."""

    id: int
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class User(Record):
    """Somebody: an end user, or an agent."""

    name: str
    email: str | None = None
    emails: list[str] = field(default_factory=list[str])
    """Others beside the first."""
    phone: str | None = None
    external_id: str | None = None
    role: str = "end-user"
    organization_id: int | None = None
    locale: str = "en-US"
    time_zone: str = "Athens"
    verified: bool = False
    suspended: bool = False
    active: bool = True
    tags: list[str] = field(default_factory=list[str])
    user_fields: dict[str, Any] = field(default_factory=dict[str, Any])
    notes: str | None = None
    details: str | None = None
    alias: str | None = None

    @property
    def works_here(self) -> bool:
        """Whether this is one of the agents."""
        return self.role in {"agent", "admin"} and self.active


@dataclass(slots=True, eq=False, kw_only=True)
class Organization(Record):
    """A company."""

    name: str
    external_id: str | None = None
    domain_names: list[str] = field(default_factory=list[str])
    tags: list[str] = field(default_factory=list[str])
    organization_fields: dict[str, Any] = field(default_factory=dict[str, Any])
    notes: str | None = None
    details: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Attachment:
    """A file."""

    id: int
    name: str
    media_type: str
    content: bytes
    key: str
    """What makes its address one that nobody guesses."""


@dataclass(slots=True, eq=False, kw_only=True)
class Upload:
    """Files that wait for a comment."""

    token: str
    made_at: datetime
    files: list[Attachment] = field(default_factory=list[Attachment])
    used: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Comment(Record):
    """A comment."""

    audit_id: int
    author_id: int
    body: str
    html_body: str
    public: bool
    files: Sequence[Attachment] = ()
    by_api: bool = True


@dataclass(slots=True, eq=False, kw_only=True)
class Ticket(Record):
    """A ticket."""

    requester_id: int
    submitter_id: int
    subject: str | None = None
    status: str = "new"
    priority: str | None = None
    kind: str | None = None
    external_id: str | None = None
    assignee_id: int | None = None
    group_id: int | None = None
    organization_id: int | None = None
    problem_id: int | None = None
    recipient: str | None = None
    due_at: str | None = None
    tags: list[str] = field(default_factory=list[str])
    fields: dict[int, Any] = field(default_factory=dict[int, Any])
    comments: list[Comment] = field(default_factory=list[Comment])
    comments_public: bool = True
    """What a comment is that does not say it."""
    audits: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    followups: list[int] = field(default_factory=list[int])


@dataclass(slots=True, eq=False, kw_only=True)
class TicketField(Record):
    """A field of every ticket."""

    title: str
    kind: str
    """``subject``, ``status``, …, or that of an own field: ``text``, ``tagger``, ``checkbox``, …"""
    options: Sequence[tuple[str, str]] = ()
    """Names and values, of a field to choose from."""
    required: bool = False
    removable: bool = True
