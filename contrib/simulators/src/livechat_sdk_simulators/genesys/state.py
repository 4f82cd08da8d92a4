"""What Genesys knows: conversations, who takes part in them, and what was said."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

__all__ = [
    "Agent",
    "Conversation",
    "Message",
    "Participant",
    "Queue",
    "Routing",
    "Stay",
    "id_of",
    "message_id",
    "new_id",
]

_SPACE: Final = uuid.UUID("5c1d3c2e-8f0e-4d2b-9d53-1f5f1f2e7a10")


def new_id() -> str:
    """An id as Genesys makes most of them."""
    return str(uuid.uuid4())


def message_id() -> str:
    """An id as Genesys makes them for messages."""
    return uuid.uuid4().hex


def id_of(kind: str, name: str) -> str:
    """The id of a thing with a name, which is the same in every simulator."""
    return str(uuid.uuid5(_SPACE, f"{kind}/{name}"))


@dataclass(frozen=True, slots=True)
class Agent:
    """A user of the organisation who takes chats."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue."""

    id: str
    name: str


@dataclass(slots=True, eq=False, kw_only=True)
class Routing:
    """What the flow asked of the queue."""

    queue: Queue
    priority: int = 0
    skills: list[str] = field(default_factory=list[str])
    language: str | None = None
    asked: str = ""
    """The queue as the custom attributes named it."""


@dataclass(slots=True, eq=False, kw_only=True)
class Message:
    """A message of either side."""

    id: str
    by: Literal["customer", "agent", "bot"]
    at: datetime
    type: str
    text: str = ""
    content: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    key: str = ""
    """The sender's own id, of a message of the customer."""
    agent: Agent | None = None
    status: str = "received"
    """As the API shows it: ``received``, ``sent``, ``delivery-success``, ``delivery-failed``, ``read`` …"""
    failure: str = ""
    receipts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def inbound(self) -> bool:
        """Whether the customer wrote it."""
        return self.by == "customer"

    def files(self) -> list[dict[str, Any]]:
        """The attachments."""
        return [one["attachment"] for one in self.content if "attachment" in one]


@dataclass(slots=True, eq=False, kw_only=True)
class Participant:
    """One leg of a conversation: the customer, a flow, a wait in a queue, or an agent."""

    id: str
    session_id: str
    """Of its communication."""
    purpose: Literal["customer", "workflow", "acd", "agent"]
    name: str
    started_at: datetime
    state: Literal["alerting", "connected", "disconnected"] = "connected"
    alerting_at: datetime | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    disconnect: str | None = None
    """As the REST API writes it: ``transfer.noanswer``."""
    agent: Agent | None = None
    queue: Queue | None = None
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    messages: list[Message] = field(default_factory=list[Message])

    @property
    def alive(self) -> bool:
        """Whether the leg has not ended."""
        return self.state != "disconnected"


@dataclass(slots=True, eq=False, kw_only=True)
class Stay:
    """A conversation from the customer's first message to the end: what the agents call a chat.

    Within the threading window the same conversation goes on with another one.
    """

    customer: Participant
    routing: Routing
    opened_at: datetime
    first: int
    """How many messages the conversation had before."""
    participants: list[Participant] = field(default_factory=list[Participant])
    types: bool = False
    """Whether the customer types."""
    receipts: list[str] = field(default_factory=list[str])

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return not self.customer.alive

    @property
    def waiting(self) -> Participant | None:
        """The leg of the queue that it waits in."""
        return next((one for one in self.participants if one.purpose == "acd" and one.alive), None)

    def legs(self, state: str) -> list[Participant]:
        """The legs of agents in this state."""
        return [one for one in self.participants if one.purpose == "agent" and one.state == state]

    @property
    def state(self) -> Literal["queued", "active", "ended"]:
        """As the human side calls it."""
        if self.ended:
            return "ended"
        return "active" if self.legs("connected") else "queued"


@dataclass(slots=True, eq=False, kw_only=True)
class Conversation:
    """A conversation of an end user with the organisation."""

    id: str
    sender: Mapping[str, Any]
    """``from`` of the newest message of the end user: id, idType, names, email."""
    started_at: datetime
    stays: list[Stay] = field(default_factory=list[Stay])
    messages: list[Message] = field(default_factory=list[Message])
    transfers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    contact: str | None = None
    """The external contact that it was associated with."""

    @property
    def last(self) -> Stay:
        """The newest stay."""
        return self.stays[-1]

    @property
    def live(self) -> Stay | None:
        """The stay that is not over."""
        return None if not self.stays or self.last.ended else self.last

    @property
    def participants(self) -> list[Participant]:
        """Everybody, oldest first."""
        return [one for stay in self.stays for one in stay.participants]

    @property
    def address(self) -> str:
        """The end user's id."""
        return str(self.sender["id"])
