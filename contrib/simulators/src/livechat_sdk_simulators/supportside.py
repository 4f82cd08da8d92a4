"""The human side of a ticket system: support people who comment, change states, and keep contacts.

A simulator of a ticket system subclasses ``SupportSide``. On the page and in the control API of chats a
ticket is a chat and a comment is a message; the control API of tickets (``supportcontrol``) says the rest.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from livechat_sdk_simulators.acts import Act, as_text
from livechat_sdk_simulators.human import Choice, File, HumanSide, NotPossible, SimChat, SimMessage

__all__ = ["SimComment", "SimPerson", "SimTicket", "SupportSide"]


@dataclass(frozen=True, slots=True)
class SimTicket:
    """A ticket as support people see it."""

    id: str
    """The vendor's own id."""
    number: str
    """What people say."""
    subject: str
    state: str
    """The vendor's own word."""
    open: bool
    """Whether there is still something to do."""
    requester: str
    created_at: datetime
    assignee: str | None = None
    key: str = ""
    """What its maker can find it by, where it was given any: an external id."""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What else there is: priority, kind, tags, fields, …"""


@dataclass(frozen=True, slots=True)
class SimComment:
    """A comment or a note of a ticket."""

    id: str
    author: Literal["requester", "agent", "api"]
    """``api``: the user of whoever called the API."""
    name: str
    text: str
    public: bool
    """Whether the requester can read it."""
    at: datetime
    files: Sequence[str] = ()
    """Names of the files."""


@dataclass(frozen=True, slots=True)
class SimPerson:
    """A contact, or an account of several."""

    id: str
    name: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


class SupportSide(HumanSide):
    """The people of one ticket system. A ticket is named by its id or its number.

    Every method raises ``NotPossible`` for what cannot be, and ``NoSuchChat`` for a ticket that there is not.
    """

    own_acts: ClassVar[Mapping[str, Act]] = {
        "note": Act("note", "Write a note", {"text": as_text}, {"agent": as_text}),
        "set_state": Act("set_state", "Set the state", {"state": as_text}, {}),
    }

    @abstractmethod
    async def tickets(self) -> list[SimTicket]:
        """Every ticket, oldest first."""

    @abstractmethod
    async def comments(self, ticket: str) -> list[SimComment]:
        """What a ticket says, oldest first; the description too where it is a comment."""

    @abstractmethod
    async def comment(
        self,
        ticket: str,
        text: str,
        *,
        public: bool = False,
        agent: str | None = None,
        file: File | None = None,
    ) -> str:
        """Somebody of support writes; returns the id of the comment."""

    @abstractmethod
    async def set_state(self, ticket: str, state: str) -> None:
        """Put a ticket into another state, by the vendor's word."""

    @abstractmethod
    async def contacts(self) -> list[SimPerson]:
        """Every contact, oldest first."""

    @abstractmethod
    async def add_contact(self, /, **fields: Any) -> str:
        """Add a contact that was there all along; returns its id. Fields are named as the vendor does."""

    @abstractmethod
    async def accounts(self) -> list[SimPerson]:
        """Every organisation or account, oldest first."""

    @abstractmethod
    async def add_account(self, /, **fields: Any) -> str:
        """Add an organisation or account that was there all along; returns its id."""

    @abstractmethod
    def closing(self, why: str | None) -> str:
        """The state in which a ticket is done; ``why`` may name one."""

    # ------------------------------------------------------------------- a ticket as a chat, for the page
    async def chats(self) -> list[SimChat]:
        """Tickets as chats: one that nobody has waits."""
        return [
            SimChat(
                one.id,
                one.key or one.number,
                ("active" if one.assignee else "queued") if one.open else "ended",
                one.assignee,
                one.created_at,
                {"subject": one.subject, "state": one.state, "requester": one.requester, **one.details},
            )
            for one in await self.tickets()
        ]

    async def messages(self, ref: str) -> list[SimMessage]:
        """Comments as messages; those that the requester cannot read have the status ``internal``."""
        return [
            SimMessage(
                one.id,
                "visitor" if one.author == "requester" else "agent",
                one.text,
                one.at,
                name=one.name,
                files=one.files,
                status="" if one.public else "internal",
            )
            for one in await self.comments(ref)
        ]

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[Choice] = (),
        file: File | None = None,
    ) -> str:
        """Comment so that the requester can read it, where there is such a comment."""
        if choices:
            raise NotPossible("a comment has no choices")
        return await self.comment(ref, text, public=True, agent=agent, file=file)

    async def note(self, ref: str, text: str, *, agent: str | None = None) -> str:
        """Comment so that the requester cannot read it."""
        return await self.comment(ref, text, agent=agent)

    async def end(self, ref: str, why: str | None = None) -> None:
        """The ticket is done; ``why`` may name the state."""
        await self.set_state(ref, self.closing(why))
