"""What CCP knows: chats with their people, messages and times, and the sessions that are the chats."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from livechat_sdk_simulators.cisco.events import Events

__all__ = ["Chat", "Chats", "Message", "Request"]

_UNSEEN: Final = "failed: no agent was in the room"


@dataclass(frozen=True, slots=True)
class Request:
    """What a customer asks for."""

    author: str
    title: str
    description: str = ""
    tags: Sequence[str] = ()
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    """The extension fields."""


@dataclass(slots=True, eq=False)
class Message:
    """A line of the conversation."""

    id: str
    author: Literal["visitor", "agent"]
    name: str
    text: str
    at: datetime
    status: str = ""
    """``delivered``, ``failed: why``, or nothing while no agent is there who could see it."""


@dataclass(slots=True, eq=False)
class Chat:
    """A contact, which is a chat. ``session`` is its cookie, for as long as there is one."""

    id: str
    ref: str
    room: str
    queue: str | None
    """``None``: Unified CCX offers it to nobody."""
    asked: Request
    events: Events
    opened_at: datetime
    wrote_at: datetime
    """When the last message came that counts as activity."""
    polled_at: datetime
    changed_at: datetime
    session: str | None = None
    state: Literal["queued", "active", "ended"] = "queued"
    ended: str = ""
    """Why it ended."""
    present: list[str] = field(default_factory=list[str])
    """The agents in the room."""
    messages: list[Message] = field(default_factory=list[Message])
    visitor_types: bool = False
    visitor_left: bool = False
    told_late: bool = False
    """Whether the customer was told that no agent came in time."""

    def end(self, why: str, at: datetime) -> None:
        """No agent will be in the room any more."""
        if self.state != "ended":
            self.state, self.ended, self.changed_at = "ended", why, at
        self.present.clear()
        self.visitor_types = False

    def enter(self, agent: str, at: datetime) -> None:
        """An agent comes in, and sees what waited in the room."""
        self.present.append(agent)
        self.state, self.changed_at = "active", at
        for message in self.messages:
            message.status = message.status or "delivered"

    def hear(self, message: Message, *, kept: bool) -> None:
        """The customer wrote; ``kept`` is for who comes later."""
        message.status = "delivered" if self.present else "" if kept else _UNSEEN
        self.messages.append(message)


class Chats:
    """The chats by their ids, and those with a session by their cookies."""

    def __init__(self) -> None:
        self._chats: dict[str, Chat] = {}
        self._sessions: dict[str, Chat] = {}

    def __iter__(self) -> Iterator[Chat]:
        return iter(list(self._chats.values()))

    def __len__(self) -> int:
        return len(self._chats)

    def add(self, chat: Chat, session: str | None = None) -> str:
        """Keep a chat, and give it a session: a new one, or that of another chat, which loses it."""
        session = session or secrets.token_hex(16).upper()
        self._chats[chat.id] = chat
        self._sessions[session] = chat
        chat.session = session
        return session

    def with_session(self, session: str) -> Chat | None:
        """The chat of a cookie."""
        return self._sessions.get(session)

    def drop_session(self, chat: Chat) -> None:
        """The session is gone for good."""
        if chat.session is not None:
            self._sessions.pop(chat.session, None)
        chat.session = None

    def named(self, ref: str) -> Chat | None:
        """The chat with this id, else the newest with this reference."""
        if ref in self._chats:
            return self._chats[ref]
        return next((one for one in reversed(list(self._chats.values())) if one.ref == ref), None)

    @staticmethod
    def new_id() -> str:
        """An id for a new contact: 32 digits."""
        return secrets.token_hex(16).upper()
