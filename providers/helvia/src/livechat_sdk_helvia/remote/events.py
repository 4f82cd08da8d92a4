"""The manager's callbacks in our words: proved first, translated then, without any I/O.

The types are known (``MESSAGE``, ``CONVERSATION_BEGIN``, …); their whole body is not published. It is read
with the names of the published schemas, and what lacks the part that counts is an ``UnknownEvent``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from livechat_sdk.domain.chats import (
    AgentJoined,
    ChatEnded,
    ChatTransferred,
    MessageReceived,
    ProviderEvent,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.ends import WHO, Who, Why
from livechat_sdk.domain.messages import Attachment, Message
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.bodies import read_json_object
from livechat_sdk.provider.verifying import verify_shared_key
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_helvia.remote.wire import REF, id_of, label_of, mapping, mappings, moment, text_of

__all__ = ["CALLBACKS", "KEY_HEADER", "prove", "translate"]

KEY_HEADER: Final = "X-Livechat-Key"
"""The header of a callback that carries the ``webhookKey``."""

_Body = Mapping[str, Any]
_Envelope = dict[str, Any]
_Told = ProviderEvent | None
_Nothing: Final[tuple[ProviderEvent, ...]] = ()
_LONGEST_LINK: Final = 4096


def prove(delivery: WebhookDelivery, keys: Sequence[SecretStr]) -> None:
    """Check the key that came along. Raises ``WebhookRejected``."""
    verify_shared_key(delivery.header(KEY_HEADER), keys, what=KEY_HEADER)


def translate(delivery: WebhookDelivery, integration: str) -> Sequence[ProviderEvent]:
    """What a proved callback says; nothing for what the end user said, which only comes back.

    A type that is not known, or that lacks what it should have, becomes an ``UnknownEvent``. Raises
    ``WebhookRejected`` with status 400 for a body that is no JSON object with a ``type``.
    """
    body = read_json_object(delivery.body)
    kind = text_of(body, "type")
    if not kind:
        raise WebhookRejected("the callback has no type", status=400)
    own = f"sha256:{hashlib.sha256(delivery.body).hexdigest()}"
    refs = _refs(body)
    envelope: _Envelope = {
        "id": id_of(body.get("eventId")) or own,
        "integration": integration,
        "refs": refs or (own,),
        "vendor_at": moment(body.get("timestamp")) or moment(body.get("sentDate")),
        "received_at": delivery.received_at,
        "raw": dict(body),
    }
    read = CALLBACKS.get(kind) if refs else None
    if read is not None:
        if read is _message and _is_echo(_said(body)):
            return _Nothing
        try:
            found = read(envelope, body)
        except ValidationError:
            found = None
        if found is not None:
            return (found,)
    return (UnknownEvent(**envelope, name=kind[:200]),)


def _refs(body: _Body) -> tuple[str, ...]:
    """Our reference first, where it came back; then the manager's id of the conversation."""
    parts = [body, *(mapping(body.get(name)) for name in ("message", "livechatRequest"))]
    talks = [part.get(name) for part in parts for name in _TALKS if part.get(name) is not None]
    extras = [mapping(part.get("extras")) for part in [*parts, *(mapping(talk) for talk in talks)]]
    found = [id_of(one.get(REF)) for one in extras] + [id_of(talk) for talk in talks]
    return tuple(dict.fromkeys(one for one in found if one is not None))


_TALKS: Final = ("livechatConversation", "conversation", "conversationId")


def _said(body: _Body) -> _Body:
    """The message of a callback: in a field of its own, or the callback is one itself."""
    return mapping(body.get("message")) or body


def _is_echo(said: _Body) -> bool:
    return mapping(said.get("from")).get("participantType") == "end-user"


def _message(envelope: _Envelope, body: _Body) -> _Told:
    said = _said(body)
    files = [_file(one) for one in mappings(said.get("livechatAttachments"))]
    unlinked = [f"[{name}]" for name, link in files if link is None]
    lines = [text_of(said, "text", "_text", "originalText", "_originalText"), *unlinked]
    text = "\n".join(line for line in lines if line)
    links = tuple(link for _, link in files if link is not None)
    if not text and not links:
        return None
    key = id_of(said.get("id")) or str(envelope["id"])
    system = said.get("type") == "system_message"
    sent_at = moment(said.get("sentDate")) or envelope["vendor_at"]
    told: _Envelope = {**envelope, "vendor_at": sent_at}
    return MessageReceived(
        **told,
        message=Message(key=key, body=text, attachments=links, sent_at=sent_at),
        agent=None if system else _agent(said),
        author="system" if system else "agent",
    )


def _file(one: _Body) -> tuple[str, Attachment | None]:
    """A file by its link. What has none that an end user could follow is told by its name."""
    name, path = label_of(one, "name") or "file", text_of(one, "path")
    if len(path) > _LONGEST_LINK or not _is_link(path):
        return name, None
    kind = label_of(one, "mimetype") or "application/octet-stream"
    return name, Attachment(url=path, name=name, media_type=kind)


def _is_link(path: str) -> bool:
    try:
        return urlsplit(path).scheme in {"http", "https"}
    except ValueError:
        return False


def _begin(envelope: _Envelope, body: _Body) -> _Told:
    return AgentJoined(**envelope, agent=_agent(body) or Agent(id="agent"))


def _end(envelope: _Envelope, body: _Body) -> _Told:
    known: dict[object, Who] = {word: word for word in WHO}
    by = known.get(text_of(body, "endedBy"), _AGENT)
    why: Why = "abandoned" if by == "user" else "resolved" if by == _AGENT else "other"
    return ChatEnded(**envelope, by=by, why=why, raw_reason=label_of(body, "reason"))


_AGENT: Final[Who] = "agent"


def _typing(envelope: _Envelope, body: _Body) -> _Told:
    on = next((body[name] for name in ("on", "isTyping", "typing") if name in body), True)
    return TypingChanged(**envelope, on=on) if isinstance(on, bool) else None


def _transfer(envelope: _Envelope, body: _Body) -> _Told:
    asked = mapping(body.get("livechatRequest")) or body
    group = id_of(asked.get("targetGroupId"))
    agent = _agent(body)
    to = group or (id_of(asked.get("targetUserId")) if agent is None else None)
    return ChatTransferred(**envelope, to=to, is_team=group is not None, agent=agent)


def _missed(envelope: _Envelope, _: _Body) -> _Told:
    return ChatEnded(**envelope, by="clock", why="timeout", raw_reason="REQUEST_MISSED")


CALLBACKS: Final[Mapping[str, Callable[[_Envelope, _Body], _Told]]] = {
    "MESSAGE": _message,
    "CONVERSATION_BEGIN": _begin,
    "CONVERSATION_END": _end,
    "CONVERSATION_TYPING": _typing,
    "TRANSFER_REQUEST": _transfer,
    "REQUEST_MISSED": _missed,
}
"""The callbacks that are understood, by their type."""


def _agent(body: _Body) -> Agent | None:
    """The human of the team that a callback names, in one of the places where one may stand."""
    people = [mapping(body.get(name)) for name in ("from", "participant", "agent")]
    people += [
        one
        for name in _TALKS
        for one in mappings(mapping(body.get(name)).get("livechatParticipants"))
        if one.get("status", "active") == "active"
    ]
    for one in people:
        found = id_of(one.get("platformUserId")) or id_of(one.get("id"))
        if found is not None and one.get("participantType", "agent") == "agent":
            return Agent(id=found, name=label_of(one, "fullName"))
    return None
