"""Parley's words in ours: webhooks are proved first, then translated; messages and ends wherever they come.

Source: ``docs/reference/parley.md``, "Webhooks".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from pydantic import ValidationError

from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    ChatAccepted,
    ChatEnded,
    ChatTransferred,
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    ProviderEvent,
    QueueUpdated,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.ends import EndReason, Who, Why
from livechat_sdk.domain.handoff import QueueStatus
from livechat_sdk.domain.messages import Attachment, Choice, Message
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.bodies import read_json_object
from livechat_sdk.provider.settings import Secret
from livechat_sdk.provider.verifying import verify_hmac, verify_time
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.parley.wire import WireAgent, WireEnd, WireFile, WireMessage

__all__ = ["agent_of", "end_of", "message_of", "prove", "translate"]

SIGNATURE: Final = "Parley-Signature"

_WHO: Final[Mapping[str, Who]] = {"agent": "agent", "visitor": "user", "system": "provider"}
_WHY: Final[Mapping[str, Why]] = {"resolved": "resolved", "inactive": "inactivity"}


# ---- webhooks


def prove(delivery: WebhookDelivery, keys: Secret) -> None:
    """Check ``t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<raw body>">``. Raises ``WebhookRejected``."""
    times: list[str] = []
    signatures: list[str] = []
    for part in (delivery.header(SIGNATURE) or "").split(","):
        name, _, value = part.partition("=")
        if name == "t":
            times.append(value)
        elif name == "v1":
            signatures.append(value)
    if len(times) != 1:
        raise WebhookRejected(f"{SIGNATURE} has not the form t=…,v1=…")
    [at] = times
    verify_hmac(signatures, (at.encode("utf-8", "surrogatepass"), b".", delivery.body), keys)
    verify_time(at, delivery.received_at)


def translate(delivery: WebhookDelivery, integration: str) -> Sequence[ProviderEvent]:
    """What a proved webhook says: one event, or none where it only echoes what we sent.

    What is not known, or does not have the documented shape, becomes an ``UnknownEvent``. Raises
    ``WebhookRejected`` with status 400 when the body is no JSON object that could be stored.
    """
    event = read_json_object(delivery.body)
    envelope = _envelope(event, integration, delivery)
    kind = str(event.get("type", ""))[:200]
    known = _known(kind, envelope, event.get("data"))
    return (UnknownEvent(**envelope, name=kind),) if known is None else known


def _known(kind: str, envelope: dict[str, Any], data: object) -> Sequence[ProviderEvent] | None:
    """What a documented event says. ``None``: it is not as documented, and is kept for people to see."""
    read = _TRANSLATIONS.get(kind)
    if read is None or not isinstance(data, dict):
        return None
    try:
        found = read(envelope, cast("dict[str, Any]", data))
    except (KeyError, ValidationError):
        return None
    return () if found is None else (found,)


def _envelope(event: Mapping[str, Any], integration: str, delivery: WebhookDelivery) -> dict[str, Any]:
    """What every event carries. Ours is the first reference: it was known before Parley's own."""
    own = f"sha256:{hashlib.sha256(delivery.body).hexdigest()}"
    named = event.get("chat")
    chat = cast("Mapping[str, Any]", named) if isinstance(named, dict) else dict[str, Any]()
    refs = [one for one in (chat.get("ref"), chat.get("id")) if _is_id(one)]
    return {
        "id": event["id"] if _is_id(event.get("id")) else own,
        "integration": integration,
        "refs": refs or [own],
        "vendor_at": _time(event.get("at")),
        "received_at": delivery.received_at,
        "raw": dict(event),
    }


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()  # noqa: PLR2004 - an Identifier


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


_Data = dict[str, Any]
_Read = Callable[[_Data, _Data], ProviderEvent | None]


def _queued(envelope: _Data, data: _Data) -> ProviderEvent:
    queue = QueueStatus(
        position=data.get("position"), estimate=data.get("estimate_seconds"), at=envelope["vendor_at"]
    )
    return QueueUpdated(**envelope, queue=queue)


def _created(envelope: _Data, data: _Data) -> ProviderEvent | None:
    message = WireMessage.model_validate(data)
    if message.author == "visitor":
        return None  # ours, on its way back
    return message_of(message, envelope)


def _ended(envelope: _Data, data: _Data) -> ProviderEvent:
    reason = end_of(WireEnd.model_validate(data))
    return ChatEnded(**envelope, by=reason.by, why=reason.why, raw_reason=reason.raw)


_TRANSLATIONS: Final[Mapping[str, _Read]] = {
    "chat.queued": _queued,
    "chat.accepted": lambda envelope, _: ChatAccepted(**envelope),
    "agent.joined": lambda envelope, data: AgentJoined(**envelope, agent=_agent(data)),
    "agent.left": lambda envelope, data: AgentLeft(**envelope, agent=_agent(data)),
    "chat.transferred": lambda envelope, data: ChatTransferred(**envelope, to=data.get("to")),
    "message.created": _created,
    "message.delivered": lambda envelope, data: MessageDelivered(**envelope, message_key=data["client_key"]),
    "message.read": lambda envelope, data: MessageRead(**envelope, message_key=data["client_key"]),
    "message.failed": lambda envelope, data: MessageFailed(
        **envelope, message_key=data["client_key"], reason=str(data.get("reason") or "")[:1000]
    ),
    "typing.changed": lambda envelope, data: TypingChanged(**envelope, on=data["on"]),
    "chat.ended": _ended,
}


def _agent(data: _Data) -> Agent:
    return agent_of(WireAgent.model_validate(data["agent"]))


# ---- what webhooks and answers have in common


def agent_of(agent: WireAgent) -> Agent:
    """A human of the support team."""
    return Agent(id=agent.id, name=agent.name)


def end_of(end: WireEnd) -> EndReason:
    """Who ended a chat and why, with Parley's own words beside ours where ours say less."""
    who = _WHO.get(end.by, "provider")
    if end.why == "left" and who == "user":
        return EndReason(by=who, why="abandoned", raw=end.why)
    return EndReason(by=who, why=_WHY.get(end.why, "other"), raw=end.why)


def message_of(message: WireMessage, envelope: Mapping[str, Any]) -> MessageReceived:
    """A message for the end user. Its key is Parley's id, whichever way it came: so it is shown once."""
    return MessageReceived(
        **envelope,
        message=Message(
            key=message.id,
            body=message.text,
            attachments=tuple(_attachment(one) for one in message.files if isinstance(one, WireFile)),
            choices=tuple(Choice(label=one.label, value=one.value) for one in message.choices),
            sent_at=message.at,
        ),
        agent=None if message.agent is None else agent_of(message.agent),
        author="system" if message.author == "system" else "agent",
    )


def _attachment(file: WireFile) -> Attachment:
    return Attachment(url=file.url, name=file.name, media_type=file.type, size=file.size)
