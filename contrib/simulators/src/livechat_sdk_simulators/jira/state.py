"""What a site of Jira holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

__all__ = ["Comment", "File", "Issue", "Organization", "Rich", "Upload", "User", "jira_time"]

Rich = str | Mapping[str, Any]
"""Rich text: wiki text, or an Atlassian Document."""


def jira_time(moment: datetime) -> str:
    """``moment`` as the platform writes it: ``2026-11-24T09:00:00.000+0000``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}+0000"


@dataclass(slots=True, eq=False)
class User:
    """Somebody: a customer, or somebody who works here."""

    account_id: str
    name: str
    email: str
    kind: Literal["atlassian", "customer", "app"] = "customer"
    active: bool = True
    hidden: bool = False
    """Whether the e-mail address is hidden by the profile, and finds nobody."""
    of_desk: bool = True
    """Whether this is a customer of the desk."""


@dataclass(slots=True, eq=False)
class Organization:
    """A company."""

    id: str
    name: str


@dataclass(slots=True, eq=False)
class File:
    """An attachment."""

    id: str
    name: str
    media_type: str
    content: bytes
    author: User
    at: datetime


@dataclass(slots=True, eq=False)
class Upload:
    """A file that waits for a request of its desk."""

    id: str
    desk: str
    file: File
    used: bool = False


@dataclass(slots=True, eq=False)
class Comment:
    """A comment."""

    id: str
    author: User
    body: Rich
    public: bool
    at: datetime
    by_api: bool = False
    files: list[File] = field(default_factory=list[File])


@dataclass(slots=True, eq=False, kw_only=True)
class Issue:
    """An issue; one that was raised at the desk has a request type."""

    id: str
    key: str
    project: str
    issue_type: str
    request_type: str | None
    reporter: User
    creator: User
    created: datetime
    updated: datetime
    status: str
    values: dict[str, Any]
    """By ids of fields: ``summary``, ``description``, ``priority`` (an id), ``labels`` and others."""
    assignee: User | None = None
    resolution: str | None = None
    history: list[tuple[str, datetime]] = field(default_factory=list[tuple[str, datetime]])
    comments: list[Comment] = field(default_factory=list[Comment])
    files: list[File] = field(default_factory=list[File])
    properties: dict[str, Any] = field(default_factory=dict[str, Any])
    links: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Remote links, by ``globalId``."""
    participants: list[User] = field(default_factory=list[User])
    indexed: list[tuple[datetime, Mapping[str, tuple[str, ...]]]] = field(
        default_factory=list[tuple[datetime, Mapping[str, tuple[str, ...]]]]
    )
    """What searches see of it, and from when on."""
