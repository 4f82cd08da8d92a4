"""Genesys' words: its answers, webhooks and notifications, as far as they are read here.

What is not read is not demanded, and what is new is ignored: the vendor adds fields without notice.
Source: the vendor's Swagger document of the platform API v2 (July 2026).
"""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from livechat_sdk.domain.base import Identifier, Timestamp
from livechat_sdk.http import Answer

__all__ = [
    "TEXT_LIMIT",
    "Wire",
    "WireChannel",
    "WireConversation",
    "WireEstimates",
    "WireIntegration",
    "WireMessageData",
    "WireMessages",
    "WireObservations",
    "WireParticipant",
    "WireQueues",
    "WireRecipient",
    "WireRef",
    "WireSentMessage",
    "WireSettings",
    "WireToken",
    "WireTopics",
    "read",
    "time_text",
]

TEXT_LIMIT: Final = 2000
"""Characters of one text, unless the settings say otherwise: the vendor's documents say 2000 and 4000."""


class Wire(BaseModel):
    """Base of everything that Genesys says."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        defer_build=True,
        hide_input_in_errors=True,
        alias_generator=to_camel,
        populate_by_name=True,
    )


class WireReason(Wire):
    """Why something failed."""

    code: str | None = None
    message: str | None = None


class WireSentMessage(Wire):
    """What an inbound call made: a message, an event or a receipt. A 2xx may still say ``Failed``."""

    id: Identifier | None = None
    conversation_id: Identifier | None = None
    status: str | None = None
    reasons: tuple[WireReason, ...] | None = None


class WireRef(Wire):
    """Something that is named."""

    id: Identifier | None = None
    name: str | None = None


class WireAddress(Wire):
    """Where a participant is reached; of the customer of Open Messaging that is our reference."""

    address_normalized: str | None = None
    address_raw: str | None = None


class WireMessageDetails(Wire):
    """A message in the list of a participant."""

    message_id: Identifier | None = None
    message_time: Timestamp | None = None


class WireParticipant(Wire):
    """A participant of a conversation, in an answer or in a notification of a queue."""

    id: Identifier
    name: str | None = None
    address: str | None = None
    purpose: str = ""
    state: str = ""
    disconnect_type: str | None = None
    start_time: Timestamp | None = None
    connected_time: Timestamp | None = None
    end_time: Timestamp | None = None
    user: WireRef | None = None
    queue: WireRef | None = None
    from_address: WireAddress | None = None
    attributes: dict[str, Any] | None = None
    messages: tuple[WireMessageDetails, ...] | None = None


class WireConversation(Wire):
    """A conversation with everybody who ever took part."""

    id: Identifier
    participants: tuple[WireParticipant, ...] = ()


class WireMedia(Wire):
    """A file of a message."""

    url: str | None = None
    media_type: str | None = None
    content_length_bytes: int | None = None
    name: str | None = None
    id: str | None = None


class WireMessageData(Wire):
    """A message, read again."""

    id: Identifier
    direction: str | None = None
    timestamp: Timestamp | None = None
    text_body: str | None = None
    provider_message_id: str | None = None
    media: tuple[WireMedia, ...] | None = None
    normalized_message: dict[str, Any] | None = None
    created_by: WireRef | None = None


class WireMessages(Wire):
    """Messages, read again."""

    entities: tuple[WireMessageData, ...] = ()


class WireChannel(Wire):
    """A channel of notifications."""

    id: Identifier
    connect_uri: str = Field(min_length=1, max_length=4096)


class WireTopic(Wire):
    """A subscription, granted or not."""

    id: str
    state: str | None = None
    rejection_reason: str | None = None
    missing_permissions: tuple[str, ...] | None = None


class WireTopics(Wire):
    """Subscriptions."""

    entities: tuple[WireTopic, ...] = ()


class WireEstimate(Wire):
    """An expected wait."""

    formula: str | None = None
    estimated_wait_time_seconds: float | None = None


class WireEstimates(Wire):
    """Expected waits; none where nothing is known."""

    results: tuple[WireEstimate, ...] = ()


class WireStats(Wire):
    """A number."""

    count: int | None = None


class WireMetric(Wire):
    """One metric of a queue."""

    metric: str = ""
    qualifier: str | None = None
    stats: WireStats | None = None


class WireGroup(Wire):
    """The metrics of one group."""

    data: tuple[WireMetric, ...] | None = None


class WireObservations(Wire):
    """How a queue stands now."""

    results: tuple[WireGroup, ...] | None = None


class WireClient(Wire):
    """The OAuth client of a token."""

    name: str | None = None
    id: str | None = None


class WireToken(Wire):
    """What a token is."""

    organization: WireRef | None = None
    o_auth_client: WireClient | None = Field(default=None, alias="OAuthClient")


class WireIntegration(Wire):
    """An integration of Open Messaging."""

    id: Identifier
    name: str | None = None
    outbound_notification_webhook_url: str | None = None
    create_status: str | None = None
    status: str | None = None
    recipient: WireRef | None = None
    messaging_setting: WireRef | None = None


class WireQueues(Wire):
    """Queues."""

    entities: tuple[WireRef, ...] = ()


class WireRecipient(Wire):
    """Where messages of an integration go: to a flow, if it has one."""

    flow: WireRef | None = None


class WireSettings(Wire):
    """A messaging setting, of which the events are read."""

    name: str | None = None
    event: dict[str, Any] | None = None


Read = TypeVar("Read", bound=Wire)


def read(kind: type[Read], answer: Answer) -> Read:
    """An answer as what it should be. Raises ``ProtocolError`` that names the first field that is not."""
    try:
        return kind.model_validate(answer.json())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        raise answer.unlike_documented(f"{place}: {first['msg']}") from None


def time_text(moment: Timestamp) -> str:
    """A time as the vendor writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
