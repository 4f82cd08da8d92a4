"""Who is in a chat and what of it has been heard: the provider's state of a chat, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from livechat_sdk.domain.chats import Chat

__all__ = ["Room"]

_REMEMBERED: Final = 40
"""Events by their marks: servers repeat some, and their ids are not unique."""


@dataclass(slots=True)
class Room:
    """``cursor`` is the largest id of all events so far. ``agents`` are those who are in, oldest first.

    ``heard`` is when somebody was last heard, ``gone`` since when the server says that it knows no such
    session. ``greeted``: whoever joined first has been told what was said before.
    """

    opened: datetime
    author: str = ""
    cursor: int = 0
    agents: list[str] = field(default_factory=list[str])
    joined: bool = False
    greeted: bool = False
    heard: datetime | None = None
    gone: datetime | None = None
    marks: list[str] = field(default_factory=list[str])

    @classmethod
    def of(cls, chat: Chat, now: datetime) -> Self:
        """As it was stored."""
        state = chat.state
        return cls(
            opened=_time(state.get("opened")) or now,
            author=str(state.get("author", "")),
            cursor=int(state.get("cursor", 0)),
            agents=[str(name) for name in state.get("agents", ())],
            joined=bool(state.get("joined")),
            greeted=bool(state.get("greeted")),
            heard=_time(state.get("heard")),
            gone=_time(state.get("gone")),
            marks=[str(mark) for mark in state.get("marks", ())],
        )

    def stored_in(self, chat: Chat) -> Chat:
        """``chat`` with this state; the very same if nothing has changed."""
        state = {**chat.state, **self._values()}
        state = {name: value for name, value in state.items() if value is not None}
        return chat if state == chat.state else chat.model_copy(update={"state": state})

    def _values(self) -> dict[str, Any]:
        return {
            "opened": self.opened.isoformat(),
            "author": self.author,
            "cursor": self.cursor,
            "agents": list(self.agents) or None,
            "joined": self.joined or None,
            "greeted": self.greeted or None,
            "heard": None if self.heard is None else self.heard.isoformat(),
            "gone": None if self.gone is None else self.gone.isoformat(),
            "marks": list(self.marks) or None,
        }

    def is_new(self, mark: str) -> bool:
        """Whether an event has not been seen; from now on it has."""
        if mark in self.marks:
            return False
        self.marks = [*self.marks, mark][-_REMEMBERED:]
        return True

    def was_quiet(self, chat: Chat, now: datetime, seconds: float) -> bool:
        """Whether nobody has said anything for so long, as far as we know."""
        said = _time(chat.state.get("said"))
        last = max(one for one in (self.opened, self.heard, said) if one is not None)
        return now - last >= timedelta(seconds=seconds)


def _time(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
