"""The human side of a vendor: agents who accept, join, type, write, transfer, leave and end.

A vendor's simulator subclasses ``HumanSide`` and overrides what its agents can do. The control API and the
page offer exactly that: they find out which methods are overridden.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Never

if TYPE_CHECKING:
    from livechat_sdk_simulators.acts import Act

__all__ = [
    "Choice",
    "File",
    "HumanSide",
    "NoSuchChat",
    "NotPossible",
    "SimChat",
    "SimMessage",
    "choice_pairs",
]

File = tuple[str, str, bytes]
"""Name, media type, content."""

Choice = str | tuple[str, str]
"""A quick reply of an agent: its label, or its label and its value."""


class NotPossible(Exception):
    """The agent cannot do that: the chat has ended, or the vendor has no such thing."""


class NoSuchChat(NotPossible):
    """There is no chat with this reference or id."""


@dataclass(frozen=True, slots=True)
class SimChat:
    """A chat as the agents see it."""

    id: str
    """The vendor's own id."""
    ref: str
    """The reference of whoever opened it; the id where the vendor knows no reference."""
    state: str
    """``queued``, ``active`` or ``ended``."""
    agent: str | None
    opened_at: datetime
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What else the agent is shown: who asks, the queue, fields, the transcript, receipts, …"""


@dataclass(frozen=True, slots=True)
class SimMessage:
    """A message of a chat as the agents see it."""

    id: str
    author: Literal["visitor", "agent", "system"]
    text: str
    at: datetime
    name: str = ""
    """Of the agent."""
    key: str = ""
    """The sender's own key, of a visitor's message."""
    files: Sequence[str] = ()
    """Names of the files."""
    links: Sequence[str] = ()
    """Where the agent opens each of them, where there is such an address."""
    choices: Sequence[str] = ()
    status: str = ""
    """What became of it: ``delivered``, ``read``, ``failed: why``; empty when nothing is known."""


class HumanSide(ABC):
    """The agents of one simulator. A chat is named by its ``ref`` or by the vendor's id.

    Every method raises ``NotPossible`` when the agent cannot do that now; one that a vendor does not override
    raises it always.
    """

    own_acts: ClassVar[Mapping[str, Act]] = {}
    """What only agents of this vendor can do: acts by the names of the methods that do them."""

    @abstractmethod
    async def chats(self) -> list[SimChat]:
        """Every chat, oldest first."""

    @abstractmethod
    async def messages(self, ref: str) -> list[SimMessage]:
        """The messages of a chat of both sides, oldest first, without the transcript that came with it."""

    async def texts(self, ref: str) -> list[str]:
        """What the agent sees of the end user, in order."""
        return [
            message.text
            for message in await self.messages(ref)
            if message.author == "visitor" and not message.status.startswith("failed")
        ]

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """An agent takes the request, and has not opened it yet."""
        _not_here("accept")

    async def join(self, ref: str, agent: str | None = None) -> None:
        """An agent comes into the chat."""
        _not_here("join")

    async def leave(self, ref: str, agent: str | None = None) -> None:
        """An agent leaves; the chat goes on."""
        _not_here("leave")

    async def transfer(self, ref: str, to: str) -> None:
        """The chat goes to another queue or agent."""
        _not_here("transfer")

    async def end(self, ref: str, why: str | None = None) -> None:
        """The agent ends the chat."""
        _not_here("end")

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[Choice] = (),
        file: File | None = None,
    ) -> str:
        """The agent writes; returns the vendor's id of the message."""
        _not_here("say")

    async def announce(self, ref: str, text: str) -> str:
        """The vendor's system writes into the chat; returns the vendor's id of the message."""
        _not_here("announce")

    async def typing(self, ref: str, on: bool) -> None:
        """An agent types, or stopped."""
        _not_here("typing")

    async def read(self, ref: str) -> None:
        """The agent reads everything so far."""
        _not_here("read")

    async def fail_message(self, ref: str, key: str, reason: str) -> None:
        """The vendor takes back a message that it took. ``key`` is the sender's key of it, or its id."""
        _not_here("fail_message")

    async def unknown_event(self, ref: str) -> None:
        """Something happens of which nobody has heard before."""
        _not_here("unknown_event")

    async def duty(
        self, agents: int | None, *, waiting: int | None = None, estimate: float | None = None
    ) -> None:
        """Set how many agents are on duty, how many chats wait, and how long a new one would: in seconds.

        ``agents`` is ``None`` when the vendor does not know; the other two, when they follow from the rest.
        """
        _not_here("duty")

    def can(self, act: str) -> bool:
        """Whether agents of this vendor can do ``act`` at all: the name of one of the methods."""
        return getattr(type(self), act) is not getattr(HumanSide, act)


def choice_pairs(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    """Label and value of each choice; one without a value has its label for it."""
    return [(choice, choice) if isinstance(choice, str) else choice for choice in choices]


def _not_here(act: str) -> Never:
    raise NotPossible(f"agents of this vendor cannot {act.replace('_', ' ')}")
