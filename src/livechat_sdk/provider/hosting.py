"""What a desk in our process may use of its host beyond what every provider may.

A provider that needs it asks whether its host is an ``EmbeddedHost``, and does without where it is none: the
hosts of test kits, and those of older releases, are plain ``ProviderHost``s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, runtime_checkable

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.provider.interface import ProviderHost

__all__ = ["Assistance", "AssistingHost", "EmbeddedHost", "TicketProgress"]


@dataclass(frozen=True, slots=True)
class TicketProgress:
    """How far a ticket is that was asked for.

    ``asked``: it is being made, and tried again where that is safe. ``made``: here it is. ``failed``: given
    up. ``doubtful``: it may be there, and nobody can tell. ``error`` says why, for people.
    """

    state: Literal["asked", "made", "failed", "doubtful"]
    ticket: Ticket | None = None
    error: str = ""


@runtime_checkable
class EmbeddedHost(ProviderHost, Protocol):
    """The host of a desk that lives in the dispatcher's own process."""

    @property
    def egress_allowed(self) -> Sequence[str]:
        """Where calls may lead beyond the public internet, as the egress rule takes it."""
        ...

    def derived_keys(self, purpose: str) -> Sequence[bytes]:
        """Keys to encrypt with, derived from the store's own: the new one first, then the old one.

        Raises ``StoreError`` when the store has none.
        """
        ...

    async def handoff(self, handoff_id: str) -> Handoff:
        """A handoff as it is now. Raises ``HandoffNotFound``, ``StoreError``."""
        ...

    async def create_ticket(self, handoff_id: str) -> str:
        """Have a ticket made of a handoff as it is now, and return the ticket's key.

        There is one ticket while the handoff goes on and one for its end, whoever asks and however often.
        Raises ``InvalidInput`` where the bot has no ticket system, ``HandoffNotFound``, ``StoreError``, and
        ``RetryableError`` while the dispatcher starts or stops.
        """
        ...

    async def ticket_progress(self, handoff_id: str, key: str) -> TicketProgress:
        """How far the ticket with this key is. Raises ``HandoffNotFound``, ``StoreError``."""
        ...

    async def tickets(self, handoff_id: str) -> Sequence[Ticket]:
        """The tickets that were made of a handoff. Raises ``HandoffNotFound``, ``StoreError``."""
        ...

    async def sessions(self, bot: str, first: date, last: date) -> Mapping[date, int]:
        """The sessions of a bot on each day (UTC) from ``first`` to ``last``, as the platform reported them.

        A day without a report is not there: nothing is known of it. Raises ``StoreError``.
        """
        ...


class Assistance(Protocol):
    """What plugins offer to members of a support team while they write. No plugin makes a method raise."""

    async def translate(self, text: str, source: str, target: str) -> str | None:
        """``text`` in the language ``target``; ``None`` when no plugin gives a translation in time."""
        ...

    async def suggest_reply(
        self,
        handoff_id: str,
        messages: Sequence[TranscriptEntry],
        *,
        bot: str | None = None,
        deployment: str | None = None,
    ) -> str | None:
        """What a member could answer; ``None`` when no plugin has a suggestion in time.

        ``messages`` is what was said since the handoff, oldest first. Without ``bot`` it is the handoff's.
        Raises ``HandoffNotFound``, ``StoreError``.
        """
        ...


@runtime_checkable
class AssistingHost(Protocol):
    """A host whose plugins assist. Apart from ``EmbeddedHost``, so that one without it stays one."""

    @property
    def assistance(self) -> Assistance:
        """How to ask them."""
        ...
