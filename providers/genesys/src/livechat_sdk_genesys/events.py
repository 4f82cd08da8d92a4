"""Genesys' webhooks in our words: proved first, then translated; and messages that are read again.

A webhook carries what is said, and typing. Who comes and goes, and that it is over, is told elsewhere: see
``unfolding`` and ``listening``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from livechat_sdk.domain.chats import (
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    ProviderEvent,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import Agent
from livechat_sdk.provider.bodies import read_json_object
from livechat_sdk.provider.verifying import verify_hmac
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_genesys.contents import content_of, object_of, objects_of, text_of
from livechat_sdk_genesys.settings import GenesysSettings
from livechat_sdk_genesys.wire import WireMessageData

__all__ = ["SIGNATURE", "key_of", "message_again", "message_id_of", "prove", "translate"]

SIGNATURE: Final = "X-Hub-Signature-256"
_LONGEST_ID: Final = 200
_SAID: Final = frozenset({"Text", "Structured"})

_Data = dict[str, Any]


def prove(delivery: WebhookDelivery, settings: GenesysSettings) -> None:
    """Check the signature over the raw body. Raises ``WebhookRejected``: 401 for a wrong one is final."""
    verify_hmac(
        delivery.header(SIGNATURE),
        delivery.body,
        settings.webhook_key,
        encoding=settings.signature,
        prefix="sha256=",
        what=SIGNATURE,
    )


def message_id_of(ref: str, key: str) -> str:
    """Our id of a message at Genesys: it must be unique for all conversations of the integration."""
    found = f"{ref}:{key}"
    return (
        found if len(found) <= _LONGEST_ID else f"{ref[:100]}:~{hashlib.sha256(found.encode()).hexdigest()}"
    )


def key_of(ref: str, message_id: object) -> str | None:
    """Our key of the message with this id of ours; ``None`` where it is not ours, or was too long for one."""
    text = text_of(message_id)
    key = text.removeprefix(f"{ref}:")
    return None if not text.startswith(f"{ref}:") or key.startswith("~") or not key else key


def translate(delivery: WebhookDelivery, integration: str, settings: GenesysSettings) -> ProviderEvent | None:
    """What a proved delivery says; ``None`` where it only echoes ours.

    What is not known, is not as documented, or is of another integration, becomes an ``UnknownEvent``.
    Raises ``WebhookRejected`` with status 400 when the body is no JSON object that could be stored.
    """
    body = read_json_object(delivery.body)
    channel = object_of(body.get("channel"))
    ref, conversation = object_of(channel.get("to")).get("id"), body.get("conversationId")
    kind = text_of(body.get("type"))
    own = f"sha256:{hashlib.sha256(delivery.body).hexdigest()}"
    refs = tuple(one for one in (ref, conversation) if _is_id(one))
    envelope: _Data = {
        "id": body["id"] if _is_id(body.get("id")) else own,
        "integration": integration,
        "refs": refs or (own,),
        "vendor_at": _time(channel.get("time")),
        "received_at": delivery.received_at,
        "raw": body,
    }
    ours = channel.get("id", settings.open_integration_id) == settings.open_integration_id and _is_id(ref)
    found: ProviderEvent | None = None
    try:
        if ours and kind in {*_SAID, "Event"} and body.get("direction", "Outbound") != "Outbound":
            return None  # what the end user said or typed, on its way back
        if ours and kind in _SAID:
            found = _said(body, envelope)
        elif ours and kind == "Event":
            found = _typing(body, envelope)
        elif ours and kind == "Receipt":
            found = _receipt(body, envelope, str(ref))
    except ValidationError:
        found = None
    if found is None:
        envelope["id"] = _derived(envelope["id"], "unknown")
        return UnknownEvent(**envelope, name=kind[:200])
    return found


def _said(body: Mapping[str, Any], envelope: _Data) -> MessageReceived | None:
    """A message of an agent, or of a flow. Who the agent is, a webhook does not say."""
    content = content_of(body)
    if not (content.lines or content.attachments or content.choices):
        return None
    return MessageReceived(
        **envelope,
        message=Message(
            key=envelope["id"],
            body=content.body,
            attachments=tuple(content.attachments),
            choices=tuple(content.choices),
            sent_at=envelope["vendor_at"],
        ),
        author="system" if body.get("originatingEntity") == "Bot" else "agent",
    )


def _typing(body: Mapping[str, Any], envelope: _Data) -> TypingChanged | None:
    for event in objects_of(body.get("events")):
        if event.get("eventType") == "Typing":
            on = text_of(object_of(event.get("typing")).get("type")) != "Off"
            typing: _Data = envelope | {"id": _derived(envelope["id"], "typing")}
            return TypingChanged(**typing, on=on)
    return None


def _receipt(body: Mapping[str, Any], envelope: _Data, ref: str) -> ProviderEvent | None:
    """What became of a message of ours. In the vendor's schema, and seen by nobody as yet."""
    status = text_of(body.get("status"))
    envelope = envelope | {"id": _derived(envelope["id"], status or "receipt")}
    key = key_of(ref, object_of(body.get("channel")).get("messageId"))
    if status == "Failed":
        told = "; ".join(
            ": ".join(part for name in ("code", "message") if (part := text_of(one.get(name))))
            for one in objects_of(body.get("reasons"))
        )
        failed = key or text_of(body.get("id"))
        return MessageFailed(**envelope, message_key=failed, reason=told[:1000])
    if key is None:
        return None
    if status == "Read":
        return MessageRead(**envelope, message_key=key)
    return MessageDelivered(**envelope, message_key=key) if status == "Delivered" else None


# ---- messages that are read again


def message_again(
    data: WireMessageData, integration: str, refs: tuple[str, ...], now: datetime
) -> MessageReceived | None:
    """A message of an agent or a flow as its webhook would have told it; ``None`` if it says nothing.

    Its id and its key are those of the webhook: so it is shown once, whichever way it came.
    """
    normal = data.normalized_message or {}
    body: dict[str, Any] = dict(normal) if normal else {}
    if not body.get("text"):
        body["text"] = data.text_body
    if not body.get("content"):
        body["content"] = [
            {
                "contentType": "Attachment",
                "attachment": {
                    "url": file.url,
                    "mime": file.media_type,
                    "filename": file.name,
                    "contentSizeBytes": file.content_length_bytes,
                },
            }
            for file in data.media or ()
        ]
    envelope: _Data = {
        "id": data.id,
        "integration": integration,
        "refs": refs,
        "vendor_at": data.timestamp,
        "received_at": now,
        "raw": json.loads(data.model_dump_json(by_alias=True, exclude_none=True)),
    }
    found = _said(body, envelope)
    author = data.created_by
    if found is None or found.author != "agent" or author is None or author.id is None:
        return found
    return found.model_copy(update={"agent": Agent(id=author.id, name=author.name or None)})


def _derived(event_id: str, what: str) -> str:
    """The id of another event of the same message; the same each time."""
    found = f"{what}:{event_id}"
    return found if len(found) <= _LONGEST_ID else f"sha256:{hashlib.sha256(found.encode()).hexdigest()}"


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable()


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
