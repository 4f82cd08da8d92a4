"""What Zendesk knows: users, conversations with their messages, who has control, sessions and tickets."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from livechat_sdk_simulators.clock import rfc3339

__all__ = [
    "WORKSPACE",
    "Agent",
    "Conversation",
    "Integration",
    "Message",
    "Metadata",
    "Session",
    "Ticket",
    "User",
    "hex_id",
    "seconds",
    "value_of",
]

WORKSPACE = "zd:agentWorkspace"
"""The integration type of the human side."""

Metadata = Mapping[str, Any]
_TICK = timedelta(milliseconds=1)


def hex_id() -> str:
    """An id as Sunshine Conversations makes them: 24 hexadecimal digits."""
    return secrets.token_hex(12)


def seconds(at: datetime) -> str:
    """A time as Support writes it: ``2026-11-24T09:00:00Z``."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def value_of(metadata: Metadata, name: str | None, ending: str) -> str | None:
    """The value with this name; without a name the first text whose name ends so."""
    if name is not None:
        found = metadata.get(name)
        return None if found is None else str(found)
    named = (value for key, value in metadata.items() if key.lower().endswith(ending))
    return next((value for value in named if isinstance(value, str)), None)


@dataclass(slots=True, eq=False)
class User:
    """An end user."""

    id: str
    external_id: str | None
    signed_up_at: datetime
    profile: dict[str, Any]
    metadata: dict[str, Any]
    brand_id: str | None = None

    def brief(self, *, full: bool) -> dict[str, Any]:
        """As webhooks name the user; ``full`` with the profile."""
        named: dict[str, Any] = {"id": self.id, "authenticated": False}
        if self.external_id is not None:
            named["externalId"] = self.external_id
        return {**named, "profile": self.profile, "metadata": self.metadata} if full else named

    def json(self) -> dict[str, Any]:
        """As answers show the user."""
        shown: dict[str, Any] = {
            "id": self.id,
            "signedUpAt": rfc3339(self.signed_up_at),
            "hasPaymentInfo": False,
            "identities": [],
            "profile": {"locale": "en", "localeOrigin": "zendeskAccount", **self.profile},
            "metadata": self.metadata,
        }
        if self.external_id is not None:
            shown["externalId"] = self.external_id
        if self.brand_id is not None:
            shown["brandId"] = self.brand_id
        return shown


@dataclass(slots=True, eq=False)
class Integration:
    """Somebody on the switchboard: the bot, the vendor's bot, the agent workspace."""

    id: str
    name: str
    integration_id: str
    type: str
    standby_events: bool
    next: Integration | None = None
    history: int | None = None

    def brief(self) -> dict[str, Any]:
        """As webhooks name it."""
        return {
            "id": self.id,
            "name": self.name,
            "integrationId": self.integration_id,
            "integrationType": self.type,
        }

    def json(self) -> dict[str, Any]:
        """As answers show it."""
        shown: dict[str, Any] = {**self.brief(), "deliverStandbyEvents": self.standby_events}
        if self.next is not None:
            shown["nextSwitchboardIntegrationId"] = self.next.id
        if self.history is not None:
            shown["messageHistoryCount"] = self.history
        return shown


@dataclass(frozen=True, slots=True)
class Agent:
    """A human of the support team. ``id`` is that of Support."""

    id: int
    name: str


@dataclass(slots=True, eq=False, kw_only=True)
class Message:
    """A message, as it is kept."""

    id: str
    received: datetime
    author: dict[str, Any]
    content: dict[str, Any]
    source: dict[str, Any]
    metadata: Metadata | None = None
    activity: str | None = None
    """What the system has to say with it: ``ticket:closed`` and so on."""
    agent: Agent | None = None
    failed: str = ""
    read: bool = False

    @property
    def by_user(self) -> bool:
        """Whether the end user wrote it."""
        return bool(self.author["type"] == "user")

    def text(self) -> str:
        """What an agent reads of it."""
        rich = (self.content.get(name) for name in ("text", "markdownText", "htmlText"))
        labels = [str(one["label"]) for one in self.content.get("fields", [])]
        return next((str(one) for one in rich if one), "\n".join(labels))

    def json(self) -> dict[str, Any]:
        """As answers show it."""
        shown: dict[str, Any] = {
            "id": self.id,
            "received": rfc3339(self.received),
            "author": self.author,
            "content": self.content,
            "source": self.source,
        }
        if self.metadata:
            shown["metadata"] = dict(self.metadata)
        if self.activity is not None:
            shown["activity"] = {"type": self.activity}
        return shown


@dataclass(slots=True, eq=False, kw_only=True)
class Ticket:
    """A ticket. Its fields are those of the moment at which it was made."""

    id: int
    conversation: str
    created_at: datetime
    updated_at: datetime
    requester: dict[str, str]
    fields: dict[str, str]
    tags: list[str]
    system: dict[str, str]
    """Priority, group and so on, as they were handed over."""
    status: str = "new"
    assignee: Agent | None = None
    in_session: bool = True
    """Until the ticket is closed, or an agent or a trigger ends the session."""

    @property
    def live(self) -> bool:
        """Whether the conversation goes on in this ticket."""
        return self.in_session and self.status != "closed"

    def shown(self) -> dict[str, str]:
        """What an agent sees beside the conversation, by its name in ``dataCapture``."""
        return {**self.system, **self.fields, **({"tags": ",".join(self.tags)} if self.tags else {})}


@dataclass(slots=True, eq=False, kw_only=True)
class Session:
    """One stay of a conversation with the agents: what they call a chat."""

    metadata: Metadata
    opened_at: datetime
    first: int
    """How many messages were there before."""
    state: Literal["queued", "active", "ended"] = "queued"
    agent: Agent | None = None
    ticket: Ticket | None = None
    present: bool = False
    ended: str = ""
    receipts: list[str] = field(default_factory=list[str])


@dataclass(slots=True, eq=False, kw_only=True)
class Conversation:
    """A conversation, and who has control of it."""

    id: str
    type: str
    users: list[User]
    created_at: datetime
    updated_at: datetime
    is_default: bool
    details: dict[str, Any]
    """Name, description, icon: as they were sent."""
    metadata: Metadata
    active: Integration | None = None
    pending: Integration | None = None
    handover: Metadata = field(default_factory=dict[str, Any])
    """What came with the last ``passControl``."""
    messages: list[Message] = field(default_factory=list[Message])
    sessions: list[Session] = field(default_factory=list[Session])
    ticket: Ticket | None = None
    business_read: datetime | None = None

    @property
    def session(self) -> Session | None:
        """The stay with the agents that has not ended."""
        last = self.sessions[-1] if self.sessions else None
        return last if last is not None and last.state != "ended" else None

    def next_time(self, now: datetime) -> datetime:
        """A time for the next message: messages are put in order by it, so none has that of another."""
        last = self.messages[-1].received if self.messages else None
        return now if last is None else max(now, last + _TICK)

    def brief(self) -> dict[str, Any]:
        """As webhooks name it."""
        named: dict[str, Any] = {"id": self.id, "type": self.type}
        if self.metadata:
            named["metadata"] = dict(self.metadata)
        if self.active is not None:
            named["activeSwitchboardIntegration"] = self.active.brief()
        if self.pending is not None:
            named["pendingSwitchboardIntegration"] = self.pending.brief()
        return named

    def json(self) -> dict[str, Any]:
        """As answers show it."""
        shown = {
            **self.brief(),
            **self.details,
            "isDefault": self.is_default,
            "lastUpdatedAt": rfc3339(self.updated_at),
            "createdAt": rfc3339(self.created_at),
        }
        if self.business_read is not None:
            shown["businessLastRead"] = rfc3339(self.business_read)
        return shown
