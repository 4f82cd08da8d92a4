"""What Parley knows: chats, messages, files; and how it writes them as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.ids import new_id

__all__ = ["Agent", "Chat", "Chats", "Ended", "Message", "StoredFile", "Visitor", "file_json"]


@dataclass(frozen=True, slots=True)
class Agent:
    """A human of the support team."""

    id: str
    name: str

    def json(self) -> dict[str, str]:
        """As Parley writes it."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class Visitor:
    """The end user."""

    id: str
    name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of either side."""

    id: str
    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(slots=True, eq=False)
class Message:
    """A message in a chat."""

    id: str
    author: Literal["visitor", "agent", "system"]
    text: str
    at: datetime
    files: Sequence[StoredFile] = ()
    client_key: str = ""
    quick_reply: str | None = None
    agent: Agent | None = None
    choices: Sequence[tuple[str, str]] = ()
    delivered: bool = False
    read: bool = False
    failed: str = ""

    def json(self, link: Callable[[StoredFile], str]) -> dict[str, Any]:
        """As Parley writes it; ``link`` makes the address of a file."""
        written: dict[str, Any] = {
            "id": self.id,
            "from": self.author,
            "text": self.text,
            "files": [file_json(one, link) for one in self.files],
            "at": rfc3339(self.at),
        }
        if self.author == "visitor":
            written["client_key"] = self.client_key
        if self.agent is not None:
            written["agent"] = self.agent.json()
        if self.choices:
            written["choices"] = [{"label": label, "value": value} for label, value in self.choices]
        return written

    def named(self) -> dict[str, str]:
        """How events name it."""
        return {"message_id": self.id, "client_key": self.client_key}

    @property
    def fate(self) -> str:
        """What became of it, in a word."""
        if self.failed:
            return f"failed: {self.failed}"
        return "read" if self.read else "delivered" if self.delivered else ""


def file_json(file: StoredFile, link: Callable[[StoredFile], str]) -> dict[str, Any]:
    """A file as Parley writes it."""
    return {
        "id": file.id,
        "name": file.name,
        "type": file.type,
        "size": len(file.content),
        "url": link(file),
    }


@dataclass(frozen=True, slots=True)
class Ended:
    """Who ended a chat, why and when."""

    by: Literal["agent", "visitor", "system"]
    why: str
    at: datetime

    def json(self) -> dict[str, str]:
        """As Parley writes it."""
        return {"by": self.by, "why": self.why, "at": rfc3339(self.at)}


@dataclass(slots=True, eq=False)
class Chat:
    """A chat, from the queue to its end."""

    id: str
    ref: str
    visitor: Visitor
    opened_at: datetime
    updated_at: datetime
    queue: str | None = None
    priority: str | None = None
    language: str | None = None
    summary: str | None = None
    transcript: Sequence[dict[str, str]] = ()
    fields: dict[str, str] = field(default_factory=dict[str, str])
    state: Literal["queued", "active", "ended"] = "queued"
    in_line: bool = True
    """Whether it waits for its first agent."""
    agent: Agent | None = None
    present: list[Agent] = field(default_factory=list[Agent])
    ended: Ended | None = None
    messages: list[Message] = field(default_factory=list[Message])
    visitor_types: bool = False
    receipts: list[str] = field(default_factory=list[str])
    """What was said of agents' messages, as ``read msg_…``, in order."""

    def json(self, position: int | None) -> dict[str, Any]:
        """As Parley writes it."""
        return {
            "id": self.id,
            "ref": self.ref,
            "state": self.state,
            "agent": self.agent.json() if self.agent else None,
            "ended": self.ended.json() if self.ended else None,
            "position": position,
            "updated_at": rfc3339(self.updated_at),
        }

    def message(self, name: str) -> Message | None:
        """The newest message with this id or client key."""
        return next((one for one in reversed(self.messages) if name in {one.id, one.client_key}), None)


class Chats:
    """Every chat, by id and by ref, and the line of those that wait."""

    def __init__(self) -> None:
        self._by_id: dict[str, Chat] = {}
        self._by_ref: dict[str, Chat] = {}

    def __iter__(self) -> Iterator[Chat]:
        return iter(list(self._by_id.values()))

    def add(self, chat: Chat) -> None:
        """Keep a new chat."""
        self._by_id[chat.id] = chat
        self._by_ref[chat.ref] = chat

    def with_id(self, chat_id: str) -> Chat | None:
        """The chat with this id."""
        return self._by_id.get(chat_id)

    def with_ref(self, ref: str) -> Chat | None:
        """The chat with this reference."""
        return self._by_ref.get(ref)

    def line(self) -> list[Chat]:
        """The chats that wait for their first agent, oldest first."""
        return [chat for chat in self._by_id.values() if chat.in_line]

    def position(self, chat: Chat) -> int | None:
        """The place of a chat in the line, from 1; ``None`` when it does not wait."""
        return self.line().index(chat) + 1 if chat.in_line else None

    @staticmethod
    def new_id() -> str:
        """An id for a new chat."""
        return new_id("chat")
