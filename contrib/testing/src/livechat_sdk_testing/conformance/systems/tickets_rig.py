"""What a case about a ticket system needs of the vendor: what support people see there, and do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

from livechat_sdk.domain.tickets import Ticket, TicketKind, TicketPriority, TicketState
from livechat_sdk_testing.conformance.rig import NotPlayed
from livechat_sdk_testing.conformance.systems.rig import SystemRig

__all__ = ["CommentSeen", "FieldSample", "TicketAble", "TicketRig", "TicketSeen", "TicketTraits"]


class TicketAble(Protocol):
    """What a ticket system declares. ``TicketCapabilities`` of ``livechat-sdk-tickets`` has this shape.

    Times are in seconds, limits in characters. ``create_at_most_once`` is ``vendor``, ``look_up`` or ``no``.
    """

    @property
    def internal_comment(self) -> bool:
        """Whether there are comments that the requester cannot read."""
        ...

    @property
    def public_comment(self) -> bool:
        """Whether there are comments that the requester can read."""
        ...

    @property
    def create_at_most_once(self) -> str:
        """How a second ticket is kept from being made."""
        ...

    @property
    def find(self) -> bool:
        """Whether a ticket can be found by its key."""
        ...

    @property
    def subject_limit(self) -> int:
        """Longest subject."""
        ...

    @property
    def body_limit(self) -> int:
        """Longest text of one comment."""
        ...

    @property
    def vendor_window(self) -> float | None:
        """For how long the vendor knows a key; ``None``: for ever."""
        ...

    @property
    def find_lag(self) -> float:
        """How long a new ticket may not be found."""
        ...

    @property
    def comments_once(self) -> bool:
        """Whether a comment with the same key is there once, whatever is repeated."""
        ...

    @property
    def attachments(self) -> bool:
        """Whether a ticket takes files."""
        ...

    @property
    def file_limit(self) -> int:
        """Bytes of one file."""
        ...

    @property
    def requester_by_email(self) -> bool:
        """Whether a ticket has the requester whose address is given."""
        ...


@dataclass(frozen=True, slots=True)
class TicketTraits:
    """The same as data, for a ticket system that declares nothing itself."""

    internal_comment: bool = True
    public_comment: bool = True
    create_at_most_once: Literal["vendor", "look_up", "no"] = "vendor"
    find: bool = True
    subject_limit: int = 150
    body_limit: int = 30_000
    vendor_window: float | None = None
    find_lag: float = 0.0
    comments_once: bool = True
    attachments: bool = True
    file_limit: int = 20 * 1024**2
    requester_by_email: bool = True


@dataclass(frozen=True, slots=True)
class FieldSample:
    """A field of the rig's field map: what a draft says, and what the vendor then has."""

    label: str
    given: Any
    kept: Any


@dataclass(frozen=True, slots=True)
class CommentSeen:
    """A comment as people read it: text without markup. ``public``: ``None`` where nobody can tell."""

    text: str
    public: bool | None = None
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TicketSeen:
    """A ticket as support people see it. What is ``None`` cannot be looked at, or is not there."""

    id: str
    key: str | None
    subject: str
    comments: Sequence[CommentSeen]
    """The first one is what the ticket was made with."""
    requester: Sequence[str] = ()
    """Name and address of the requester, as far as the vendor has them."""
    priority: str | None = None
    kind: str | None = None
    tags: Sequence[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    state: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """The files of all comments, by name."""

    @property
    def text(self) -> str:
        """All that can be read in it, text files included."""
        read = [content.decode("utf-8", "replace") for content in self.files.values()]
        return "\n".join([self.subject, *(one.text for one in self.comments), *read])


class TicketRig(SystemRig):
    """A ticket system. ``able`` is what the adapter declares; a rig may say it where the adapter does not."""

    kind = "ticketing"
    reads: bool = True
    """Whether the adapter has ``read``."""
    links: bool = True
    """Whether tickets have a link."""
    people: bool = True
    """Whether support people can change a state and write comments."""
    priorities: Mapping[TicketPriority, str] = {}
    """The vendor's words for priorities; empty: it has none."""
    kinds: Mapping[TicketKind, str] = {}
    """The same for kinds."""
    states: Mapping[str, TicketState] = {}
    """The vendor's words for states, and what they mean."""
    samples: Sequence[FieldSample] = ()
    """Fields of the field map in ``settings``, with values that fit."""
    unfit: Sequence[tuple[str, Any]] = ()
    """Labels of the field map with values that do not fit."""
    fills_templates: bool = True
    """Whether the vendor may fill in ``{{…}}`` and ``{%…%}`` in texts: then no such mark may come whole."""
    first_comment_public: bool = False
    """Whether the settings want the first comment public."""

    @cached_property
    def able(self) -> TicketAble:
        """What the adapter declares (``capabilities``)."""
        able: TicketAble = self.build().capabilities
        return able

    @abstractmethod
    async def tickets(self) -> Sequence[TicketSeen]:
        """Every ticket that the vendor really has, oldest first."""

    async def set_state(self, ticket_id: str, state: str) -> None:
        """Somebody puts a ticket into a state, by the vendor's word. Only if ``people``."""
        raise NotPlayed("people")

    async def comment(self, ticket_id: str, text: str) -> None:
        """Somebody of support writes a comment. Only if ``people``."""
        raise NotPlayed("people")

    async def read(self, system: Any, ticket_id: str) -> Ticket | None:
        """The adapter's ``read``."""
        found: Ticket | None = await system.read(ticket_id)
        return found
