"""How each kind of action is carried out.

A runner looks up what it needs in the ledger, does one thing, and returns the result as an input.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.errors import IntegrationNotFound
from livechat_sdk.ledger.store import ActionRow, Store
from livechat_sdk.lifecycle.effects import (
    AddToTicket,
    CloseChat,
    CreateTicket,
    Decide,
    DeliverEnded,
    DeliverMessage,
    Enrich,
    FindContact,
    OpenChat,
    Say,
    SendMessage,
    UpdateDetails,
)
from livechat_sdk.lifecycle.inputs import ContactFound, Input
from livechat_sdk.provider.interface import AnyProvider
from livechat_sdk.relay.cooling import Cooling
from livechat_sdk.relay.deciding import Decider
from livechat_sdk.relay.enriching import Enriching
from livechat_sdk.relay.judging import Judge, Judgement
from livechat_sdk.relay.ticketing import Ticketing
from livechat_sdk.relay.to_provider import ProviderCalls
from livechat_sdk.relay.to_user import UserDeliveries
from livechat_sdk.telemetry import spans

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.hooks import Hooks

__all__ = ["ActionRunner"]

_DECIDE_LIMIT = 15.0  # seconds, over all hooks and availability questions of one decision


class ActionRunner:
    """Carries out actions with the objects of one dispatcher."""

    def __init__(  # noqa: PLR0913 - a dispatcher has that many parts
        self,
        *,
        store: Store,
        clock: Clock,
        hooks: Hooks,
        settings: LivechatFile,
        providers: Mapping[str, AnyProvider],
        decider: Decider,
        deliveries: UserDeliveries,
        enriching: Enriching,
        inbox_changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._providers = providers
        self._decider = decider
        self._lookups = decider.lookups
        self._deliveries = deliveries
        cooling = Cooling(store, clock)
        self._calls = ProviderCalls(
            store, clock, enriching.lease, cooling, enriching.files, inbox_changed=inbox_changed
        )
        self._ticketing = Ticketing(store, clock, enriching.lease, hooks, settings)
        self._enriching = enriching
        self._judge = Judge(store, clock, cooling)
        self._called: dict[int, str] = {}
        """Names of the integrations that are being called, by the ids of the actions."""

    async def judge(self, row: ActionRow, error: Exception) -> Judgement:
        """What becomes of an action that raised ``error``."""
        return await self._judge.judge(row, error)

    async def run(self, row: ActionRow) -> Input | None:
        """Carry out one action."""
        handoff = await self._store.load(row.handoff_id)
        if handoff is None:  # erased meanwhile
            return None
        spans.annotate({"livechat.integration": handoff.integration, "livechat.outcome": handoff.outcome})
        match row.action:
            case Decide():
                async with asyncio.timeout(_DECIDE_LIMIT):
                    return await self._decider.decide(handoff, self._clock.now())
            case FindContact() | CreateTicket() | AddToTicket():
                return await self._ask_plugins(row, row.action, handoff)
            case OpenChat() | SendMessage() | UpdateDetails() | CloseChat():
                with self._calling(row, handoff, row.action.attempt) as provider:
                    return await self._calls.run(row, handoff, provider)
            case Enrich():
                with self._calling(row, handoff, row.action.attempt) as provider:
                    return await self._enriching.run(row.action, handoff, provider)
            case Say() | DeliverMessage() | DeliverEnded():
                return await self._deliveries.run(row, handoff)

    async def has_arrived(self, row: ActionRow) -> bool:
        """Whether something of a message to a provider is known to be there. Raises while that is open."""
        handoff = await self._store.load(row.handoff_id)
        if handoff is None or not isinstance(row.action, SendMessage):
            return False
        with self._calling(row, handoff, row.action.attempt) as provider:
            return await self._calls.sending.has_arrived(row, row.action, handoff, provider)

    def whom(self, row: ActionRow) -> str:
        """The integration that is being called for an action, or what else is."""
        if isinstance(row.action, Say | DeliverMessage | DeliverEnded):
            return "the channel"
        return self._called.get(row.id, "the plugins")

    @contextmanager
    def _calling(self, row: ActionRow, handoff: Handoff, attempt: int) -> Generator[AnyProvider]:
        """Note meanwhile who is called."""
        provider = self._provider(handoff, attempt)
        self._called[row.id] = provider.name
        try:
            yield provider
        finally:
            self._called.pop(row.id, None)

    async def _ask_plugins(
        self, row: ActionRow, action: FindContact | CreateTicket | AddToTicket, handoff: Handoff
    ) -> Input | None:
        if isinstance(action, FindContact):
            return await self._find_contact(handoff)
        return await self._ticketing.run(row, action, handoff)

    def _provider(self, handoff: Handoff, attempt: int) -> AnyProvider:
        name = handoff.attempts[attempt - 1].integration
        provider = self._providers.get(name)
        if provider is None:
            raise IntegrationNotFound(name, tuple(self._providers))
        return provider

    async def _find_contact(self, handoff: Handoff) -> Input:
        contacts = await self._lookups.of(handoff)
        now = self._clock.now()
        return ContactFound(
            contacts=tuple(c if c.found_at else c.model_copy(update={"found_at": now}) for c in contacts)
        )
