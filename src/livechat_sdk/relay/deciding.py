"""The decision at the start of a handoff: is live chat on, where to, open now, who is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from livechat_sdk.domain.handoff import Candidate, HandoffRequest, OpeningHours, Route
from livechat_sdk.lifecycle.inputs import Decided
from livechat_sdk.provider.interface import AnyProvider, Availability
from livechat_sdk.relay.cooldown_policy import needs_trial
from livechat_sdk.relay.cooling import Cooling
from livechat_sdk.relay.fallback_policy import Chain, chain_of

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile, LivechatSettings
    from livechat_sdk.hooks import Hooks

__all__ = ["Decider"]

logger = logging.getLogger("livechat_sdk.deciding")

_AVAILABILITY_LIMIT = 3.0  # seconds; a vendor that does not answer in time counts as "unknown"


class Decider:
    """Asks hooks and providers. All it changes is who makes the trial after a cool-down."""

    def __init__(
        self, settings: LivechatFile, hooks: Hooks, providers: Mapping[str, AnyProvider], cooling: Cooling
    ) -> None:
        self._settings = settings
        self._cooling = cooling
        self._hooks = hooks
        self._providers = providers

    def usable(self, live: LivechatSettings) -> list[str]:
        """Names of the bot's chat integrations that are switched on, in order."""
        return [name for name in live.integrations if (p := self._providers.get(name)) and p.settings.enabled]

    async def decide(self, request: HandoffRequest, at: datetime) -> Decided:
        """Everything that must be known before a vendor is asked for a chat."""
        bot = self._settings.bots.get(request.bot)
        if bot is None:
            return Decided(refusal="unavailable", detail=f"the settings no longer have bot {request.bot!r}")
        if not bot.livechat.enabled:
            return Decided(refusal="unavailable", detail="live chat is switched off for this bot")
        names = self.usable(bot.livechat)
        if not names:
            return Decided(refusal="unavailable", detail="no chat integration of this bot is switched on")
        route = await self._route(request, names)
        hours = await self.hours(route, at)
        if hours is not None and not hours.open:
            return Decided(refusal="out_of_hours", detail=hours.rule or None, hours=hours)
        routes = [
            route,
            *(default_route(request, n, why="fallback") for n in names if n != route.integration),
        ]
        answers = await asyncio.gather(*(self.availability(candidate) for candidate in routes))
        chain = await self._chain(routes, [answer.agents for answer in answers], at)
        left_out = tuple(reason[:1000] for reason in chain.left_out)
        if not chain.routes:
            return Decided(refusal="unavailable", detail="; ".join(left_out)[:1000], hours=hours)
        candidates = tuple(
            Candidate(route=r, capabilities=self._providers[r.integration].capabilities) for r in chain.routes
        )
        return Decided(candidates=candidates, hours=hours, left_out=left_out)

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
            async with asyncio.timeout(_AVAILABILITY_LIMIT):
                return await provider.availability(route)
        except Exception as error:  # noqa: BLE001  (a provider's bug must not end a handoff)
            logger.warning("availability of %s is unknown: %s", route.integration, error)
            return Availability()

    async def _route(self, request: HandoffRequest, names: Sequence[str]) -> Route:
        route = await self._hooks.route(request, names)
        if route is None:
            return default_route(request, names[0], why="first candidate")
        if route.integration not in names:
            logger.warning(
                "a routing plugin chose %r, which is not among %s", route.integration, ", ".join(names)
            )
            return default_route(request, names[0], why=f"{route.integration} cannot be used")
        return route


def default_route(request: HandoffRequest, integration: str, *, why: str) -> Route:
    """A route to ``integration`` with what the request itself asks for."""
    return Route(
        integration=integration,
        bot=request.bot,
        language=request.spoken_language,
        queue=request.queue,
        group=request.group,
        agent=request.agent,
        priority=request.priority,
        skills=request.skills,
        why=why,
    )
