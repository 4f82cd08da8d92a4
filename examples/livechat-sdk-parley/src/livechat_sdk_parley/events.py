"""The vendor's webhooks: who sent one and when, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from livechat_sdk import Chat, ProviderEvent, WebhookDelivery, WebhookRejected
from livechat_sdk.domain.chats import MessageReceived, UnknownEvent
from livechat_sdk.provider.bodies import read_json_object
from livechat_sdk.provider.interface import ChatStatus
from livechat_sdk.provider.settings import Secret
from livechat_sdk.provider.verifying import verify_hmac, verify_time
from pydantic import TypeAdapter

__all__ = ["SIGNATURE", "prove", "received", "status", "translate"]

SIGNATURE: Final = "Parley-Signature"
"""``t=<Unix seconds>,v1=<HMAC-SHA256 of time, dot and body in hex>``; two ``v1`` while the secret changes."""

Document = Mapping[str, Any]


def prove(delivery: WebhookDelivery, keys: Secret) -> None:
    """Raise ``WebhookRejected`` unless the vendor has signed this, not long ago."""
    parts = [part.strip().partition("=") for part in (delivery.header(SIGNATURE) or "").split(",")]
    sent_at = next((value for name, _, value in parts if name == "t"), "")
    signatures = [value for name, _, value in parts if name == "v1"]
    verify_hmac(signatures, (sent_at.encode("utf-8", "surrogatepass"), b".", delivery.body), keys)
    verify_time(sent_at, delivery.received_at)


def translate(delivery: WebhookDelivery, integration: str) -> Sequence[ProviderEvent]:
    """The events of a webhook that was proved. What is new to us is an ``UnknownEvent``, never refused."""
    try:
        document: Document = read_json_object(delivery.body)
        envelope = {
            "id": document["id"],
            "integration": integration,
            "refs": (document["chat"]["ref"], document["chat"]["id"]),
            "vendor_at": document["at"],
            "received_at": delivery.received_at,
            "raw": dict(document),
        }
        name = str(document["type"])
        if name not in _TRANSLATIONS:
            return [UnknownEvent.model_validate({**envelope, "name": name[:200]})]
        if document["data"].get("from") == "visitor":
            return []
        kind, fields = _TRANSLATIONS[name]
        return [_EVENT.validate_python({"kind": kind, **envelope, **fields(document["data"])})]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise WebhookRejected("the body is no event of Parley", status=400) from error


def received(messages: Iterable[Document], chat: Chat, now: datetime) -> Iterable[MessageReceived]:
    """Agents' messages as the history has them, with the keys that they have in webhooks."""
    envelope = {"integration": chat.integration, "refs": (chat.ref,), "received_at": now}
    for said in (one for one in messages if one["from"] != "visitor"):
        more = {"id": f"history-{said['id']}", "vendor_at": said["at"], **_message(said)}
        yield MessageReceived.model_validate({**envelope, **more})


def status(chat: Document) -> ChatStatus:
    """What is true of a chat. A state that is new to us is unknown, which ends nothing."""
    state = chat["state"] if chat["state"] in {"queued", "active", "ended"} else "unknown"
    ended = {**_end(chat["ended"]), "raw": chat["ended"]["why"]} if state == "ended" else None
    at = chat["ended"]["at"] if ended else None
    return ChatStatus.model_validate(
        {"state": state, "vendor_ref": chat["id"], "ended": ended, "at": at, **_agent(chat)}
    )


def _agent(document: Document) -> Document:
    agent = document.get("agent")
    return {"agent": agent and {"id": agent["id"], "name": agent["name"]}}


def _message(said: Document) -> Document:
    files = [{"url": one["url"], "name": one["name"], "media_type": one["type"]} for one in said["files"]]
    choices = [{"label": one["label"], "value": one["value"]} for one in said.get("choices", ())]
    message = {"key": said["id"], "body": said["text"], "sent_at": said["at"]}
    return {
        "message": {**message, "attachments": files, "choices": choices},
        "author": said["from"],
        **_agent(said),
    }


def _key(document: Document) -> Document:
    return {"message_key": document["client_key"]}


def _queue(document: Document) -> Document:
    return {"queue": {"position": document["position"], "estimate": document["estimate_seconds"]}}


def _end(document: Document) -> Document:
    who = {"agent": "agent", "visitor": "user"}.get(document["by"], "provider")
    why = {"resolved": "resolved", "inactive": "inactivity", "left": "abandoned"}.get(
        document["why"], "other"
    )
    return {"by": who, "why": why}


_EVENT: Final[TypeAdapter[ProviderEvent]] = TypeAdapter(ProviderEvent)
_TRANSLATIONS: Final[Mapping[str, tuple[str, Callable[[Document], Document]]]] = {
    "chat.queued": ("queue_updated", _queue),
    "chat.accepted": ("chat_accepted", lambda _: {}),
    "agent.joined": ("agent_joined", _agent),
    "agent.left": ("agent_left", _agent),
    "chat.transferred": ("chat_transferred", lambda document: {"to": document["to"]}),
    "message.created": ("message_received", _message),
    "message.delivered": ("message_delivered", _key),
    "message.read": ("message_read", _key),
    "message.failed": ("message_failed", lambda document: {**_key(document), "reason": document["reason"]}),
    "typing.changed": ("typing_changed", lambda document: {"on": document["on"]}),
    "chat.ended": ("chat_ended", _end),
}
"""The vendor's word for an event, ours, and its fields: see ``livechat_sdk.domain.chats``."""
