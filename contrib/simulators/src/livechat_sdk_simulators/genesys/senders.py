"""What inbound calls have in common: who sends and when, what comes along, attachments and reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.genesys.bodies import Body
from livechat_sdk_simulators.genesys.errors import refusal

__all__ = ["Sender", "read_content", "read_reason", "read_sender"]

_ID_TYPES: Final = ("Email", "Phone", "Opaque")
_MEDIA: Final = ("Image", "Video", "Audio", "File", "Link")
_REASONS: Final = (
    "MessageExpired",
    "RateLimited",
    "MessageNotAllowed",
    "GeneralError",
    "UnsupportedMessage",
    "UnknownMessage",
    "InvalidMessageStructure",
    "InvalidDestination",
    "ServerError",
    "MediaTypeNotAllowed",
    "InvalidMediaContentLength",
    "RecipientOptedOut",
    "DataFiltered",
)
_OLD_CHANNEL: Final = ("platform", "type", "to")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, when, and what comes along."""

    address: str
    """The end user's id."""
    shown: Mapping[str, Any]
    """``from`` as it came."""
    time: datetime
    key: str
    """The sender's own id of the message."""
    attributes: dict[str, str]

    def channel(self, integration: str, message: str) -> dict[str, Any]:
        """``channel`` of an answer."""
        metadata = {"metadata": {"customAttributes": self.attributes}} if self.attributes else {}
        return {
            "id": integration,
            "platform": "Open",
            "type": "Private",
            "messageId": self.key or message,
            "to": {"id": integration},
            "from": dict(self.shown),
            "time": rfc3339(self.time),
            **metadata,
        }


def read_sender(channel: Body, attributes_limit: int | None, *, plain: bool = False) -> Sender:
    """Who sends, from ``channel``; a ``plain`` one has no custom attributes."""
    given = channel.part("from", "OpenMessagingFromRecipient")
    shown: dict[str, Any] = {
        "id": given.text("id"),
        "idType": given.text("idType", among=_ID_TYPES),
    }
    for name in ("nickname", "firstName", "lastName", "email"):
        value = given.maybe(name)
        if value is not None:
            shown[name] = value
    given.end()
    time = channel.moment("time")
    key = channel.maybe("messageId") or ""
    attributes: dict[str, str] = {}
    metadata = None if plain else channel.maybe_part("metadata", "ConversationChannelMetadata")
    if metadata is not None:
        attributes = metadata.text_map("customAttributes")
        metadata.end()
    channel.drop(*_OLD_CHANNEL)
    channel.end()
    size = len(json.dumps(attributes, ensure_ascii=False, separators=(",", ":")).encode())
    if attributes_limit is not None and size > attributes_limit:
        sentence = f"Custom Attributes in channel metadata is larger than {attributes_limit} bytes"
        raise refusal("constraint.validation", sentence)
    return Sender(shown["id"], shown, time, key, attributes)


def read_content(body: Body) -> dict[str, Any]:
    """An attachment: Genesys fetches it from where it says."""
    if body.has("contentType"):
        body.text("contentType", among=("Attachment",))
    given = body.part("attachment", "OpenContentAttachment")
    attachment: dict[str, Any] = {
        "mediaType": given.text("mediaType", among=_MEDIA),
        "url": given.text("url"),
        "mime": given.text("mime"),
    }
    for name in ("id", "text", "sha256", "filename"):
        value = given.maybe(name)
        if value is not None:
            attachment[name] = value
    given.end()
    if not _is_url(str(attachment["url"])):
        raise refusal("constraint.validation", "url must be a valid URL")
    return {"contentType": "Attachment", "attachment": attachment}


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def read_reason(body: Body) -> dict[str, str]:
    """Why a message failed."""
    code = body.maybe("code", among=_REASONS)
    return {**({"code": code} if code else {}), "message": body.text("message", least=0)}
