"""From a rule that matches to the chain of targets: shares, what a target does not say, fallbacks. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from livechat_sdk.domain.handoff import HandoffRequest, Route
from livechat_sdk.domain.routing import ShareDrawn
from livechat_sdk.policies.routing.settings import FallbackSettings, RoutingRuleSettings, TargetSettings

__all__ = ["Plan", "chain_of_plan", "plain_chain", "plan_of", "share_of", "wanted_by"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rule that matches comes to: its target, who is asked in which order, and what was drawn.

    ``stated`` are the usable ones of the target and its stated fallbacks; never empty.
    """

    target: TargetSettings
    stated: tuple[FallbackSettings, ...]
    passed_over: tuple[FallbackSettings, ...]
    share: ShareDrawn | None = None


def _can_be_used(target: FallbackSettings, candidates: Collection[str]) -> bool:
    return target.integration is None or target.integration in candidates


def _all_of(target: TargetSettings) -> tuple[FallbackSettings, ...]:
    return (target, *(target.fallbacks or ()))


def share_of(
    rule: RoutingRuleSettings, conversation_id: str, candidates: Collection[str]
) -> ShareDrawn | None:
    """Draw one of the rule's targets; the same conversation is drawn the same way again.

    ``None`` when no target can be used.
    """
    open_to = [
        (number, target.share or 1)
        for number, target in enumerate(rule.targets, start=1)
        if any(_can_be_used(one, candidates) for one in _all_of(target))
    ]
    if not open_to:
        return None
    key = f"{rule.name or ''}\n{conversation_id}".encode()
    draw = int.from_bytes(hashlib.sha256(key).digest()[:8], "big")
    total = sum(share for _, share in open_to)
    point = draw * total // 2**64
    reached = 0
    for number, share in open_to:
        reached += share
        if reached > point:
            return ShareDrawn(draw=draw, total=total, point=point, target=number)
    raise AssertionError("a point lies below the total")


def plan_of(
    rule: RoutingRuleSettings,
    conversation_id: str,
    candidates: Collection[str],
    drawn: ShareDrawn | None = None,
) -> Plan | None:
    """What a rule that matches comes to; ``None`` when none of its targets can be used.

    ``drawn`` is what was drawn before, if the decision is only repeated.
    """
    targets = rule.targets
    share = drawn
    if len(targets) > 1:
        share = drawn or share_of(rule, conversation_id, candidates)
        if share is None:
            return None
    target = targets[share.target - 1 if share is not None else 0]
    stated = tuple(one for one in _all_of(target) if _can_be_used(one, candidates))
    if not stated:
        return None
    passed = tuple(one for one in _all_of(target) if not _can_be_used(one, candidates))
    return Plan(target, stated, passed, share)


def chain_of_plan(
    plan: Plan,
    request: HandoffRequest,
    candidates: Sequence[str],
    agents: Mapping[FallbackSettings, str],
    why: str,
) -> tuple[list[Route], int]:
    """The routes in order, and how many of them are stated. ``agents``: the last agents that were found."""
    routes = [
        _route(
            one,
            plan.target,
            request,
            candidates[0],
            agents.get(one),
            why if not number else f"fallback of {why}",
        )
        for number, one in enumerate(plan.stated)
    ]
    routes = _each_once(routes)
    stated = len(routes)
    if plan.target.fallback is None:
        priority = plan.target.priority or request.priority
        skills = _joined(plan.target.skills, request.skills)
        routes += _others(routes, request, candidates, priority, skills)
    return routes, stated


def plain_chain(first: Route, request: HandoffRequest, candidates: Sequence[str]) -> list[Route]:
    """The chain where no rule has decided: a route, then the other candidates with the request's wishes."""
    skills = _joined((), request.skills)
    return [first, *_others([first], request, candidates, request.priority, skills)]


def wanted_by(request: HandoffRequest, integration: str, *, why: str) -> Route:
    """A route to ``integration`` with what the request itself asks for."""
    return Route.model_construct(
        integration=integration,
        bot=request.bot,
        language=request.spoken_language,
        queue=request.queue,
        group=request.group,
        agent=request.agent,
        priority=request.priority,
        skills=_joined((), request.skills),
        why=why,
    )


def _route(
    target: FallbackSettings,
    main: TargetSettings,
    request: HandoffRequest,
    first: str,
    agent: str | None,
    why: str,
) -> Route:
    own = target.queue is not None or target.group is not None or target.agent is not None
    place = target if own else request
    return Route.model_construct(
        integration=target.integration or first,
        bot=request.bot,
        language=request.spoken_language,
        queue=place.queue,
        group=place.group,
        agent=agent or place.agent,
        priority=target.priority or main.priority or request.priority,
        skills=_joined(target.skills or main.skills, request.skills),
        why=why,
    )


def _joined(first: Sequence[str], then: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *then)))


def _each_once(routes: Sequence[Route]) -> list[Route]:
    kept: dict[tuple[str | None, ...], Route] = {}
    for route in routes:
        kept.setdefault((route.integration, route.queue, route.group, route.agent), route)
    return list(kept.values())


def _others(
    chain: Sequence[Route],
    request: HandoffRequest,
    candidates: Sequence[str],
    priority: str | None,
    skills: tuple[str, ...],
) -> list[Route]:
    there = {route.integration for route in chain}
    return [
        wanted_by(request, name, why="fallback").model_copy(update={"priority": priority, "skills": skills})
        for name in candidates
        if name not in there
    ]
