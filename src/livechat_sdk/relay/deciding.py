"""The decision at the start of a handoff: is live chat on, where to, open now, who is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.handoff import Candidate, Handoff, OpeningHours, Route
from livechat_sdk.domain.routing import RoutingReasons, Target
from livechat_sdk.ledger.last_agents import earlier_of
from livechat_sdk.ledger.store import Store
from livechat_sdk.lifecycle.inputs import Decided
from livechat_sdk.policies.routing import (
    Circumstances,
    Decision,
    RoutingRules,
    asked_with,
    plain_chain,
    the_contact,
    wanted_by,
)
from livechat_sdk.provider.interface import AnyProvider, Availability
from livechat_sdk.relay.contact_lookups import ContactLookups
from livechat_sdk.relay.cooldown_policy import needs_trial
from livechat_sdk.relay.cooling import Cooling
from livechat_sdk.relay.fallback_policy import Chain, chain_of
from livechat_sdk.relay.interrupting import failing_alone

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile, LivechatSettings
    from livechat_sdk.hooks import Hooks

__all__ = ["Decider"]

logger = logging.getLogger("livechat_sdk.deciding")

_AVAILABILITY_LIMIT: Final = 3.0  # seconds; a vendor that does not answer in time counts as "unknown"
_CONTACT_LIMIT: Final = 2.0  # seconds; what the CRMs do not say in time is not known to the rules


class Decider:
    """Asks hooks, providers and the ledger. All it changes is who makes the trial after a cool-down."""

    def __init__(
        self,
        settings: LivechatFile,
        hooks: Hooks,
        providers: Mapping[str, AnyProvider],
        *,
        store: Store,
        clock: Clock,
        rules: RoutingRules,
    ) -> None:
        self._settings = settings
        self._hooks = hooks
        self._providers = providers
        self._store = store
        self._rules = rules
        self._cooling = Cooling(store, clock)
        self.lookups = ContactLookups(settings, hooks)
        """What the CRMs are asked, shared with whoever else needs to know."""

    def usable(self, live: LivechatSettings) -> list[str]:
        """Names of the bot's chat integrations that are switched on, in order."""
        return [name for name in live.integrations if (p := self._providers.get(name)) and p.settings.enabled]

    async def decide(self, handoff: Handoff, at: datetime) -> Decided:
        """Everything that must be known before a vendor is asked for a chat."""
        bot = self._settings.bots.get(handoff.request.bot)
        if bot is None:
            told = f"the settings no longer have bot {handoff.request.bot!r}"
            return Decided(refusal="unavailable", detail=told)
        if not bot.livechat.enabled:
            return Decided(refusal="unavailable", detail="live chat is switched off for this bot")
        names = self.usable(bot.livechat)
        if not names:
            return Decided(refusal="unavailable", detail="no chat integration of this bot is switched on")
        decision = await self._route(handoff, names, at)
        stated = decision.chain[: decision.stated]
        hours = await asyncio.gather(*(self.hours(route, at) for route in stated))
        closed = [route for route, said in zip(stated, hours, strict=True) if said and not said.open]
        decision = decision.without(closed)
        if not decision.stated:
            detail = hours[0].rule if hours[0] else None
            return Decided(
                refusal="out_of_hours", detail=detail or None, hours=hours[0], routing=decision.reasons
            )
        said = hours[stated.index(decision.chain[0])]
        routes = decision.chain
        answers = await asyncio.gather(*(self.availability(candidate) for candidate in routes))
        chain = await self._chain(routes, [answer.agents for answer in answers], at)
        left_out = tuple(reason[:1000] for reason in chain.left_out)
        if not chain.routes:
            told = "; ".join(left_out)[:1000]
            return Decided(refusal="unavailable", detail=told, hours=said, routing=decision.reasons)
        candidates = tuple(
            Candidate(route=r, capabilities=self._providers[r.integration].capabilities) for r in chain.routes
        )
        return Decided(candidates=candidates, hours=said, left_out=left_out, routing=decision.reasons)

    async def _chain(self, routes: Sequence[Route], agents: Sequence[str], at: datetime) -> Chain:
        """Whom to ask; takes the trial of the first one where it has one to make."""
        while True:
            cooldowns = await self._cooling.current()
            chain = chain_of(routes, agents, cooldowns, at)
            if not chain.routes:
                return chain
            first, *rest = chain.routes
            known = cooldowns.get(first.integration)
            if known is None or not needs_trial(known, at):
                return chain
            if await self._cooling.begin_trial(first.integration, known):
                tried = first.model_copy(update={"why": f"{first.why}; a trial after {known.reason}"[:1000]})
                return Chain([tried, *rest], chain.left_out)

    async def hours(self, route: Route, at: datetime) -> OpeningHours | None:
        """The opening hours behind a route; ``None`` when nobody keeps any."""
        return await self._hooks.business_hours(route, at)

    async def availability(self, route: Route) -> Availability:
        """Whether agents are there; ``unknown`` when the provider cannot tell or does not answer."""
        provider = self._providers[route.integration]
        if not provider.capabilities.availability:
            return Availability()
        try:
            with failing_alone():
                async with asyncio.timeout(_AVAILABILITY_LIMIT):
                    return await provider.availability(route)
        except Exception as error:  # noqa: BLE001  (a provider's bug must not end a handoff)
            logger.warning("availability of %s is unknown: %s", route.integration, error)
            return Availability()

    async def _route(self, handoff: Handoff, names: Sequence[str], at: datetime) -> Decision:
        """Where plugins, rules or the order of the settings send the handoff."""
        request = handoff.request
        with asked_with(await self._given(handoff, names, at)) as sheet:
            route = await self._hooks.route(request, names)
        decided = sheet.decision
        if decided is not None and route is decided.chain[0]:
            return decided
        if route is None:  # our own policy always answers, unless it is blocked or fails
            route = wanted_by(request, names[0], why="first candidate")
            by: Literal["default", "plugin"] = "default"
        else:
            by = "plugin"
        chain = tuple(plain_chain(route, request, names))
        reasons = RoutingReasons(by=by, at=at, candidates=tuple(names), chain=tuple(map(Target.of, chain)))
        return Decision(chain, 1, reasons)

    async def _given(self, handoff: Handoff, names: Sequence[str], at: datetime) -> Circumstances:
        """What the rules of the bot ask for, and nothing else."""
        request = handoff.request
        book = self._rules.book(request.bot)
        given = Circumstances(at=at)
        if book.asks_contact:
            known = await self.lookups.within(handoff, _CONTACT_LIMIT)
            given = replace(given, contact=the_contact(known, book.crm))
        if book.asks_hours:
            hours = await self.hours(wanted_by(request, names[0], why=""), at)
            given = replace(given, hours="closed" if hours and not hours.open else "open")
        if book.asks_last_agent:
            earlier = await earlier_of(
                self._store, self._settings.workspace, request.user.id, but=handoff.id, before=at
            )
            given = replace(given, earlier=earlier)
        return given
