"""The vendor's side of one attempt, and the events that come from there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Timestamp
from livechat_sdk.domain.ends import EndReason, Who, Why
from livechat_sdk.domain.handoff import QueueStatus
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import Agent

__all__ = [
    "AgentJoined",
    "AgentLeft",
    "Chat",
    "ChatAccepted",
    "ChatEnded",
    "ChatRejected",
    "ChatTransferred",
    "EventEnvelope",
    "MessageDelivered",
    "MessageFailed",
    "MessageRead",
    "MessageReceived",
    "ProviderEvent",
    "QueueUpdated",
    "StreamGap",
    "TypingChanged",
    "UnknownEvent",
]


class Chat(Model):
    """The vendor's side of one attempt. Frozen: a provider returns a new one.

    ``ref`` is our reference, chosen before the vendor was asked; ``vendor_ref`` is the vendor's own
    id. ``state`` is the provider's to use (JSON, with its ``state_version``); ``secrets`` is stored
    encrypted and erased when the handoff ends.
    """

    integration: Identifier
    handoff_id: Identifier
    attempt: int = 1
    ref: Identifier
    vendor_ref: Identifier | None = None
    state: Metadata = Field(default_factory=dict)
    state_version: int = 1
    secrets: dict[str, SecretStr] = Field(default_factory=dict)


class EventEnvelope(Model):
    """What every provider event carries.

    ``id`` is the vendor's event id, or one made from the content: the same id from the same
    integration is the same event. ``refs`` are all ids by which the chat may be found (ours first,
    if the vendor returns it). ``raw`` is the vendor's body, without headers.
    """

    id: Identifier
    integration: Identifier
    refs: tuple[Identifier, ...] = Field(min_length=1)
    vendor_at: Timestamp | None = None
    received_at: Timestamp
    raw: Metadata | None = None


class ChatAccepted(EventEnvelope):
    """Somebody or something at the vendor took the request. Not yet joined."""

    kind: Literal["chat_accepted"] = "chat_accepted"


class ChatRejected(EventEnvelope):
    """The vendor will not serve this chat: nobody there, closed, queue full."""

    kind: Literal["chat_rejected"] = "chat_rejected"
    reason: ShortText = ""


class QueueUpdated(EventEnvelope):
    """Position, length or estimate changed."""

    kind: Literal["queue_updated"] = "queue_updated"
    queue: QueueStatus


class AgentJoined(EventEnvelope):
    """A human is in the chat."""

    kind: Literal["agent_joined"] = "agent_joined"
    agent: Agent


class AgentLeft(EventEnvelope):
    """A human left the chat. The chat is not over."""

    kind: Literal["agent_left"] = "agent_left"
    agent: Agent


class ChatTransferred(EventEnvelope):
    """The chat is on its way to another agent or team. It is not over.

    ``to`` is the name of the team where ``is_team`` says so; else it may be an agent's, and is shown only
    where the names of agents are. ``agent`` is who takes it, where the vendor says so.
    """

    kind: Literal["chat_transferred"] = "chat_transferred"
    to: ShortText | None = None
    is_team: bool = False
    agent: Agent | None = None


class MessageReceived(EventEnvelope):
    """The agent (or the vendor's system) said something to the end user."""

    kind: Literal["message_received"] = "message_received"
    message: Message
    agent: Agent | None = None
    author: Literal["agent", "system"] = "agent"


class TypingChanged(EventEnvelope):
    """The agent started or stopped typing."""

    kind: Literal["typing_changed"] = "typing_changed"
    on: bool


class MessageDelivered(EventEnvelope):
    """A message of the end user reached the agent's side."""

    kind: Literal["message_delivered"] = "message_delivered"
    message_key: Identifier


class MessageRead(EventEnvelope):
    """The agent has read a message of the end user."""

    kind: Literal["message_read"] = "message_read"
    message_key: Identifier


class MessageFailed(EventEnvelope):
    """The vendor could not deliver a message of the end user after it had taken it.

    ``message_key`` is our key, or the vendor's id of the message (``Sent.vendor_id``) where it has no other.
    """

    kind: Literal["message_failed"] = "message_failed"
    message_key: Identifier
    reason: ShortText = ""


class ChatEnded(EventEnvelope):
    """The chat is over at the vendor."""

    kind: Literal["chat_ended"] = "chat_ended"
    by: Who = "agent"
    why: Why = "resolved"
    raw_reason: ShortText | None = None

    @property
    def reason(self) -> EndReason:
        """Who and why, as one value."""
        return EndReason(by=self.by, why=self.why, raw=self.raw_reason)


class StreamGap(EventEnvelope):
    """The stream was interrupted; events since ``since`` may be missing."""

    kind: Literal["stream_gap"] = "stream_gap"
    since: Timestamp | None = None


class UnknownEvent(EventEnvelope):
    """An authentic event that the adapter does not know; ``name`` is the vendor's word for it."""

    kind: Literal["unknown_event"] = "unknown_event"
    name: ShortText


ProviderEvent = Annotated[
    ChatAccepted
    | ChatRejected
    | QueueUpdated
    | AgentJoined
    | AgentLeft
    | ChatTransferred
    | MessageReceived
    | TypingChanged
    | MessageDelivered
    | MessageRead
    | MessageFailed
    | ChatEnded
    | StreamGap
    | UnknownEvent,
    Field(discriminator="kind"),
]
"""Any event from a provider, told apart by ``kind``."""
