"""What a running provider may use of the dispatcher that it runs in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import RetryableError
from livechat_sdk.ledger.sessions import SessionCounts
from livechat_sdk.ledger.store import ActionStatus, Store
from livechat_sdk.lifecycle.effects import CreateTicket
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.files import FileOpener
from livechat_sdk.provider.hosting import TicketProgress

if TYPE_CHECKING:
    from livechat_sdk.dispatcher.conversing import Conversing
    from livechat_sdk.hooks.manager import Hooks

__all__ = ["Assisting", "Host"]


@dataclass(frozen=True, slots=True)
class Assisting:
    """See ``Assistance``."""

    hooks: Hooks
    calls: Conversing

    async def translate(self, text: str, source: str, target: str) -> str | None:
        """See ``Assistance.translate``."""
        return await self.hooks.translate(text, source, target)

    async def suggest_reply(
        self,
        handoff_id: str,
        messages: Sequence[TranscriptEntry],
        *,
        bot: str | None = None,
        deployment: str | None = None,
    ) -> str | None:
        """See ``Assistance.suggest_reply``."""
        handoff = await self.calls.handoff(handoff_id)
        return await self.hooks.suggest_reply(handoff, messages, bot or handoff.request.bot, deployment)


@dataclass(frozen=True, slots=True)
class Host:
    """See ``ProviderHost``, ``EmbeddedHost`` and ``AssistingHost``.

    ``running`` says whether the dispatcher takes calls.
    """

    database: EmbeddedDatabase
    files: FileOpener
    store: Store
    calls: Conversing
    counts: SessionCounts
    assistance: Assisting
    running: Callable[[], bool]

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        """See ``ProviderHost.open_chats``."""
        return await self.store.chats_open_at(integration)

    @property
    def egress_allowed(self) -> Sequence[str]:
        """See ``EmbeddedHost.egress_allowed``."""
        return self.calls.settings.files.egress.allow

    def derived_keys(self, purpose: str) -> Sequence[bytes]:
        """See ``EmbeddedHost.derived_keys``."""
        return self.store.derived_keys(purpose)

    async def handoff(self, handoff_id: str) -> Handoff:
        """See ``EmbeddedHost.handoff``."""
        return await self.calls.handoff(handoff_id)

    async def create_ticket(self, handoff_id: str) -> str:
        """See ``EmbeddedHost.create_ticket``."""
        if not self.running():
            raise RetryableError("the dispatcher is starting or stopping", sent=False)
        return await self.calls.create_ticket(handoff_id)

    async def ticket_progress(self, handoff_id: str, key: str) -> TicketProgress:
        """See ``EmbeddedHost.ticket_progress``."""
        for ticket in await self.calls.tickets(handoff_id):
            if ticket.key == key:
                return TicketProgress("made", ticket)
        # The newest one counts: what was given up may be tried again by a person.
        for row in reversed(await self.calls.actions(handoff_id)):
            if isinstance(row.action, CreateTicket) and row.action.key == key:
                if row.status in {ActionStatus.FAILED, ActionStatus.WITHDRAWN}:
                    return TicketProgress("failed", error=row.error or "it was given up")
                if row.status is ActionStatus.DOUBTFUL:
                    return TicketProgress("doubtful", error=row.error or "nobody knows whether it was made")
                break
        return TicketProgress("asked")

    async def tickets(self, handoff_id: str) -> Sequence[Ticket]:
        """See ``EmbeddedHost.tickets``."""
        return await self.calls.tickets(handoff_id)

    async def sessions(self, bot: str, first: date, last: date) -> Mapping[date, int]:
        """See ``EmbeddedHost.sessions``."""
        return {one.day: one.sessions for one in await self.counts.days(bot, first, last)}
