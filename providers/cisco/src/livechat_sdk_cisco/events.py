"""What a poll brings, translated: one event of the vendor after another, in document order."""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote_plus

from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    Chat,
    ChatEnded,
    ChatRejected,
    MessageReceived,
    ProviderEvent,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.ends import Who, Why
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import Agent
from livechat_sdk_cisco.room import Room
from livechat_sdk_cisco.settings import CiscoSettings
from livechat_sdk_cisco.xml import Element

__all__ = ["Translation", "decoded", "fold", "translate"]

logger = logging.getLogger("livechat_sdk_cisco")

_ENCODED: Final = re.compile(r"(?:[\w.*~!'()+-]|%[0-9A-Fa-f]{2})*", re.ASCII)
_LONGEST_ALIAS: Final = 200
_LARGEST_ID: Final = 18
"""Digits of an id that is believed."""
_OURSELVES: Final = "me"

_FINE: Final = "chat_ok"
_TROUBLE: Final = "chat_issue"
_NOBODY: Final = "chat_request_rejected_by_agent"
_TOO_LATE: Final = "chat_timedout_waiting_for_agent"
_ENDS: Final[dict[str, tuple[Who, Why]]] = {
    "chat_finished": ("agent", "resolved"),
    "chat_finished_error": ("provider", "error"),
}


@dataclass(frozen=True, slots=True)
class Translation:
    """Events in order. ``over``: the last of them ends the chat."""

    events: tuple[ProviderEvent, ...]
    over: bool


def decoded(text: str) -> str:
    """What the vendor encoded like a form.

    Some servers and pages do not encode; a text with anything in it that an encoded one cannot have, a
    blank to begin with, is left as it is.
    """
    text = text.strip()
    if not _ENCODED.fullmatch(text):
        return text
    return unquote_plus(text, errors="replace")


def fold(root: Element, room: Room) -> Iterator[tuple[Element, str]]:
    """The events that are new, each with its mark; the room's cursor goes along.

    Ids repeat and go backwards, so the cursor is the largest, and an event is known by its kind, id and
    content together.
    """
    for number, one in enumerate(root.children):
        text = one.value("id")
        identity = int(text) if text.isdecimal() and text.isascii() and len(text) <= _LARGEST_ID else None
        content = zlib.crc32(repr(one.plain()).encode("utf-8", "replace"))
        place = f"after{room.cursor}.{number}" if identity is None else str(identity)
        if identity is not None:
            room.cursor = max(room.cursor, identity)
        mark = f"{one.kind[:60]}:{place}:{content:08x}"
        if room.is_new(mark):
            yield one, mark


def translate(root: Element, chat: Chat, room: Room, now: datetime, settings: CiscoSettings) -> Translation:
    """The new events of a poll; ``room`` becomes as it is after them."""
    found: list[ProviderEvent] = []
    news = list(fold(root, room))
    last_join = max((position for position, (one, _) in enumerate(news) if _joins(one)), default=-1)
    for position, (one, mark) in enumerate(news):
        envelope: dict[str, Any] = {
            "id": f"{chat.ref}:{mark}"[-200:],
            "integration": chat.integration,
            "refs": (chat.ref, chat.vendor_ref) if chat.vendor_ref else (chat.ref,),
            "received_at": now,
            "raw": {one.name: one.plain()},
        }
        found.extend(_read(_Case(one, envelope, room, settings, joined_later=last_join > position)))
    if any(isinstance(event, MessageReceived) for event in found):
        room.heard = now
    ends = [event for event in found if isinstance(event, ChatEnded | ChatRejected)]
    if not ends:
        return Translation(tuple(found), over=False)
    # Ids go backwards, so order proves little: what was said comes before the end that came with it.
    said = [event for event in found if not isinstance(event, ChatEnded | ChatRejected)]
    return Translation((*said, ends[0]), over=True)


@dataclass(frozen=True, slots=True)
class _Case:
    """One event of the vendor, and what it is read with.

    ``joined_later``: somebody comes in after it, in the same poll.
    """

    event: Element
    envelope: dict[str, Any]
    room: Room
    settings: CiscoSettings
    joined_later: bool

    @property
    def agent(self) -> str:
        """The alias of whoever it is from."""
        return decoded(self.event.value("from"))[:_LONGEST_ALIAS].strip()

    @property
    def status(self) -> str:
        return self.event.value("status")

    def unknown(self, name: str | None = None) -> Iterator[ProviderEvent]:
        yield UnknownEvent(**self.envelope, name=(name or self.event.name)[:1000])

    def end(self, by: Who, why: Why, raw: str) -> Iterator[ProviderEvent]:
        self.room.agents = []
        yield ChatEnded(**self.envelope, by=by, why=why, raw_reason=raw[:1000])


def _read(case: _Case) -> Iterator[ProviderEvent]:
    return _READERS.get(case.event.kind, _Case.unknown)(case)


def _message(case: _Case) -> Iterator[ProviderEvent]:
    body, name = decoded(case.event.value("body")), case.agent
    if name.lower() == _OURSELVES:
        return
    if not body.strip():
        yield from case.unknown()
        return
    message = Message(key=case.envelope["id"], body=body)
    yield MessageReceived(**case.envelope, message=message, agent=_agent(name) if name else None)


def _presence(case: _Case) -> Iterator[ProviderEvent]:
    name, status, room = case.agent, case.status.lower(), case.room
    if not name or name.lower() == _OURSELVES or status not in {"joined", "left"}:
        yield from case.unknown()
        return
    if status == "joined":
        room.joined = True
        if name not in room.agents:
            room.agents = [*room.agents, name]
            yield AgentJoined(**case.envelope, agent=_agent(name))
        return
    if name not in room.agents:
        return
    room.agents = [one for one in room.agents if one != name]
    # Somebody who comes in while the last one goes has taken the chat over.
    if room.agents or case.joined_later:
        yield AgentLeft(**case.envelope, agent=_agent(name))
    else:
        yield from case.end("agent", "resolved", f"{name} left")


def _joins(one: Element) -> bool:
    return one.kind == "presenceevent" and one.value("status").lower() == "joined"


def _typing(case: _Case) -> Iterator[ProviderEvent]:
    status = case.status.lower()
    if status not in {"composing", "paused"}:
        yield from case.unknown()
    elif case.agent.lower() != _OURSELVES:
        yield TypingChanged(**case.envelope, on=status == "composing")


def _status(case: _Case) -> Iterator[ProviderEvent]:
    status, detail = case.status.lower(), decoded(case.event.value("detail"))
    words = f"{status}: {detail}" if detail else status
    if status == _FINE:
        return  # open has said so already, or the trouble is over
    if status == _TROUBLE:
        logger.warning("%s: a chat is in trouble, which may pass: %s", case.envelope["integration"], detail)
        yield from case.unknown(words)
    elif status == _NOBODY:
        yield ChatRejected(**case.envelope, reason=words[:1000])
    elif status == _TOO_LATE:
        if case.settings.on_join_timeout == "leave" and not (case.room.joined or case.joined_later):
            yield ChatRejected(**case.envelope, reason=words[:1000])
        else:  # whoever comes later is welcome; how long to wait is ours to say
            yield from case.unknown(words)
    elif status in _ENDS:
        yield from case.end(*_ENDS[status], words)
    elif status and case.settings.unknown_status_ends:
        yield from case.end("provider", "other", words)
    else:
        yield from case.unknown(words or None)


def _agent(name: str) -> Agent:
    """The alias is all that the vendor tells of an agent."""
    return Agent(id=name, name=name)


_READERS: Final[dict[str, Callable[[_Case], Iterator[ProviderEvent]]]] = {
    "messageevent": _message,
    "presenceevent": _presence,
    "typingevent": _typing,
    "statusevent": _status,
}
