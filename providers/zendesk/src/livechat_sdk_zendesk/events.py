"""Zendesk's words in ours: webhooks are proved first, then translated; messages wherever they come.

The proof is a key that is sent along (``X-API-Key``): nothing of messaging is signed, and no time is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from pydantic import ValidationError

from livechat_sdk.domain.chats import (
    AgentJoined,
    ChatAccepted,
    ChatEnded,
    ChatRejected,
    MessageFailed,
    MessageReceived,
    ProviderEvent,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.ends import Who, Why
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import Agent
from livechat_sdk.provider.bodies import read_json_object
from livechat_sdk.provider.verifying import verify_shared_key
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_zendesk.contents import content_of
from livechat_sdk_zendesk.settings import ZendeskSettings
from livechat_sdk_zendesk.tickets import is_ticket_event, prove_ticket, ref_of_tags, translate_ticket
from livechat_sdk_zendesk.wire import AGENT_ID, AGENT_WORKSPACE, STEP, WireConversation, WireMessage

__all__ = ["agent_of", "is_with_agents", "message_of", "prove", "translate"]

_KEY: Final = "X-API-Key"
_LONGEST_ID: Final = 200
_MOST_EVENTS: Final = 1000

_ENDS: Final[Mapping[str, tuple[Who, Why]]] = {
    "ticketClosed": ("agent", "resolved"),
    "ticket:closed": ("agent", "resolved"),
    "transferToEmail": ("agent", "transferred_away"),
    "ticket:transfer:email": ("agent", "transferred_away"),
    "conversation:endedByUser": ("user", "abandoned"),
}

_Data = dict[str, Any]


# ---- webhooks


def prove(delivery: WebhookDelivery, settings: ZendeskSettings) -> None:
    """Check the key, or the signature of a ticket event.

    Raises ``WebhookRejected``: 401 for a wrong one, and Zendesk does not try again.
    """
    if is_ticket_event(delivery):
        prove_ticket(delivery, settings.ticket_webhook_key)
        return
    verify_shared_key(delivery.header(_KEY), settings.webhook_key, what=_KEY)


def translate(
    delivery: WebhookDelivery, integration: str, settings: ZendeskSettings
) -> Sequence[ProviderEvent]:
    """What a proved delivery says: of each of its events something, or nothing where it only echoes ours.

    What is not known, is not as documented, or is of another app, becomes an ``UnknownEvent``. Raises
    ``WebhookRejected`` with status 400 when the body is no JSON object that could be stored.
    """
    document = read_json_object(delivery.body)
    own = f"sha256:{hashlib.sha256(delivery.body).hexdigest()}"
    if is_ticket_event(delivery):
        return _of_ticket(document, _Reading(integration, settings, delivery.received_at, own))
    listed = document.get("events")
    events = cast("Sequence[object]", listed) if isinstance(listed, list) else ()
    if not 0 < len(events) <= _MOST_EVENTS:
        return (_Reading(integration, settings, delivery.received_at, own).unknown(document),)
    ours = _is_ours(document, settings)
    return [
        told
        for number, event in enumerate(events)
        for told in _Reading(integration, settings, delivery.received_at, f"{own}:{number}").event(
            event, ours=ours
        )
    ]


def _is_ours(document: Mapping[str, Any], settings: ZendeskSettings) -> bool:
    """Whether it is of our app, in the version that is read here."""
    app, webhook = _object(document.get("app")), _object(document.get("webhook"))
    return app.get("id") == settings.app_id and webhook.get("version", "v2") == "v2"


def _of_ticket(document: _Data, reading: _Reading) -> Sequence[ProviderEvent]:
    ref = ref_of_tags(_object(document.get("detail")).get("tags"))
    if not _is_id(ref):
        return ()
    envelope = reading.envelope(document, (ref,), document.get("time"))
    try:
        found = translate_ticket(document, envelope, reading.settings.end_on)
    except ValidationError:
        found = None
    return (UnknownEvent(**envelope, name=str(document.get("type", ""))[:200]),) if found is None else found


class _Reading:
    """One event on its way into our words. ``own`` is its id where it brings none."""

    def __init__(self, integration: str, settings: ZendeskSettings, at: datetime, own: str) -> None:
        self.integration = integration
        self.settings = settings
        self.at = at
        self.own = own

    def event(self, event: object, *, ours: bool) -> Sequence[ProviderEvent]:
        """One of ``events``."""
        if not isinstance(event, dict):
            return (self.unknown({"event": event}),)
        body = cast("_Data", event)
        payload = _object(body.get("payload"))
        read = _TRANSLATIONS.get(str(body.get("type", ""))) if ours else None
        if read is None:
            return (self.unknown(body),)
        try:
            conversation = WireConversation.model_validate(payload["conversation"])
            refs = [one for one in (conversation.ref, conversation.id) if _is_id(one)]
            found = read(self, self.envelope(body, refs, body.get("createdAt")), payload, conversation)
        except (KeyError, ValidationError):
            found = None
        return (self.unknown(body),) if found is None else found

    def envelope(self, body: Mapping[str, Any], refs: Iterable[object], at: object) -> _Data:
        """What every event carries. Our reference comes first, where the conversation has it."""
        return {
            "id": body["id"] if _is_id(body.get("id")) else self.own,
            "integration": self.integration,
            "refs": tuple(refs) or (self.own,),
            "vendor_at": _time(at),
            "received_at": self.at,
            "raw": dict(body),
        }

    def unknown(self, body: Mapping[str, Any]) -> UnknownEvent:
        """Kept for people to see."""
        conversation = _object(_object(body.get("payload")).get("conversation"))
        ref = _object(conversation.get("metadata")).get("livechat_ref")
        refs = [one for one in (ref, conversation.get("id")) if _is_id(one)]
        envelope = self.envelope(body, refs, body.get("createdAt"))
        return UnknownEvent(**envelope, name=str(body.get("type", ""))[:200])

    def is_with_agents(self, conversation: WireConversation) -> bool:
        """Whether the agents have control."""
        return is_with_agents(conversation, self.settings)


_Told = Sequence[ProviderEvent] | None
_Read = Callable[[_Reading, _Data, Mapping[str, Any], WireConversation], _Told]


def _message(_: _Reading, envelope: _Data, payload: Mapping[str, Any], __: WireConversation) -> _Told:
    message = WireMessage.model_validate(payload["message"])
    if message.activity is not None:
        end = _ENDS.get(message.activity.type)
        return None if end is None else (_end(envelope, end, message.activity.type),)
    if message.key is not None or message.author.type == "user":
        return ()  # ours, on its way back, or the end user in a channel of Zendesk's own
    if message.source is None or message.source.type != AGENT_WORKSPACE:
        return None  # somebody else's program speaks; it is not for us to show it
    if message.deleted or message.content is None:
        return None
    said = message_of(message, envelope)
    if said.agent is None:
        return (said,)
    joined: _Data = envelope | {"id": _derived(envelope["id"], "joined"), "raw": None}
    return AgentJoined(**joined, agent=said.agent), said


def _typing(_: _Reading, envelope: _Data, payload: Mapping[str, Any], __: WireConversation) -> _Told:
    activity = _object(payload["activity"])
    if _object(activity.get("author")).get("type") != "business":
        return ()
    states = {"typing:start": True, "typing:stop": False}
    return (TypingChanged(**envelope, on=states[str(activity.get("type"))]),)


def _failed(_: _Reading, envelope: _Data, payload: Mapping[str, Any], __: WireConversation) -> _Told:
    error = _object(payload.get("error"))
    told = ": ".join(str(error[part]) for part in ("code", "message") if error.get(part))
    key = _object(payload["message"])["id"]
    return (MessageFailed(**envelope, message_key=key, reason=told[:1000]),)


def _passed(
    reading: _Reading, envelope: _Data, payload: Mapping[str, Any], conversation: WireConversation
) -> _Told:
    if reading.is_with_agents(conversation):
        return (ChatAccepted(**envelope),)
    return _released(reading, envelope, payload, conversation)


def _released(_: _Reading, envelope: _Data, payload: Mapping[str, Any], __: WireConversation) -> _Told:
    if _object(payload.get("metadata")).get(STEP) is not None:
        return ()  # our own doing
    reason = payload.get("reason")
    if reason is None:
        # Ended by hand or by a trigger: the vendor does not say which.
        return (_end(envelope, ("agent", "resolved"), None),)
    return (_end(envelope, _ENDS.get(str(reason), ("agent", "other")), str(reason)),)


def _refused(_: _Reading, envelope: _Data, payload: Mapping[str, Any], __: WireConversation) -> _Told:
    if _object(payload.get("metadata")).get(STEP) in {"prepare", "close"}:
        return ()  # the call was answered with the same
    error = _object(payload.get("error"))
    told = ": ".join(str(error[part]) for part in ("code", "message") if error.get(part))
    return (ChatRejected(**envelope, reason=told[:1000]),)


def _nothing(_: _Reading, __: _Data, ___: Mapping[str, Any], ____: WireConversation) -> _Told:
    return ()


_TRANSLATIONS: Final[Mapping[str, _Read]] = {
    "conversation:message": _message,
    "conversation:typing": _typing,
    "conversation:message:delivery:failure": _failed,
    "conversation:remove": lambda _, envelope, __, ___: (
        ChatEnded(**envelope, by="provider", why="other", raw_reason="conversation:remove"),
    ),
    "switchboard:passControl": _passed,
    "switchboard:passControl:failure": _refused,
    "switchboard:releaseControl": _released,
    # Known, and of nothing that the end user's side should hear. That the agent has read something is told
    # without a word on what.
    "conversation:create": _nothing,
    "conversation:read": _nothing,
    "conversation:postback": _nothing,
    "conversation:message:delivery:channel": _nothing,
    "conversation:message:delivery:user": _nothing,
    "switchboard:offerControl": _nothing,
    "switchboard:acceptControl": _nothing,
}


# ---- what webhooks and answers have in common


def is_with_agents(conversation: WireConversation, settings: ZendeskSettings) -> bool:
    """Whether the agent workspace has control of a conversation."""
    active = conversation.active_switchboard_integration
    if active is None:
        return False
    return active.integration_type == AGENT_WORKSPACE or settings.agent_workspace in {active.name, active.id}


def agent_of(message: WireMessage) -> Agent | None:
    """The human who wrote a message. ``None``: a trigger or a machine did."""
    found = (message.metadata or {}).get(AGENT_ID)
    if not _is_id(found) or str(found).startswith("__") or "bot" in message.author.subtypes:
        return None
    name = message.author.display_name
    return Agent(id=str(found), name=name if name and name.strip() else None)


def message_of(message: WireMessage, envelope: Mapping[str, Any]) -> MessageReceived:
    """A message for the end user. Its key is Zendesk's id, whichever way it came: so it is shown once."""
    content, agent = content_of(message.content or {}), agent_of(message)
    return MessageReceived(
        **envelope,
        message=Message(
            key=message.id,
            body=content.body,
            attachments=tuple(content.attachments),
            choices=tuple(content.choices),
            sent_at=message.received,
        ),
        agent=agent,
        author="system" if agent is None else "agent",
    )


def _end(envelope: _Data, end: tuple[Who, Why], raw: str | None) -> ChatEnded:
    return ChatEnded(**envelope, by=end[0], why=end[1], raw_reason=raw)


def _derived(event_id: str, what: str) -> str:
    """The id of what follows from an event; the same each time."""
    found = f"{event_id}:{what}"
    return found if len(found) <= _LONGEST_ID else f"sha256:{hashlib.sha256(found.encode()).hexdigest()}"


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable()


def _object(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
