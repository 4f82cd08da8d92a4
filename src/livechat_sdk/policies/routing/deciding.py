"""Looks at the rules for one request: which one decides, where the handoff goes, and why. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from livechat_sdk.domain.handoff import HandoffRequest, Route
from livechat_sdk.domain.people import Contact
from livechat_sdk.domain.routing import MOST_EARLIER, Earlier, RoutingReasons, ShareDrawn, Target
from livechat_sdk.policies.routing.comparing import Budget, Fails
from livechat_sdk.policies.routing.conditions import Condition, Entry, read_condition
from livechat_sdk.policies.routing.expressions import Expression, Run, read_expression
from livechat_sdk.policies.routing.facts import Facts
from livechat_sdk.policies.routing.flaws import Flaw
from livechat_sdk.policies.routing.reasons import as_numbers, by_key, shown
from livechat_sdk.policies.routing.settings import FallbackSettings, RoutingRuleSettings
from livechat_sdk.policies.routing.targets import (
    Plan,
    chain_of_plan,
    plain_chain,
    plan_of,
    wanted_by,
)

__all__ = ["Circumstances", "Decision", "Rule", "RuleBook"]

_MOST_ERRORS: Final = 20
_ALWAYS: Final[Entry] = ("", "", lambda _: False)
"""The entry of a rule that has none."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision follows from, beside the request and the rules."""

    at: datetime
    contact: Contact | None = None
    hours: Literal["open", "closed"] = "open"
    """The business hours of the bot's first candidate."""
    earlier: Sequence[Earlier] = ()
    """Ended handoffs of the user with a known agent, newest first; the first ``MOST_EARLIER`` count."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a handoff goes: ``chain`` in order, of which the first ``stated`` are asked for their hours."""

    chain: tuple[Route, ...]
    stated: int
    reasons: RoutingReasons

    def without(self, closed: Sequence[Route]) -> Decision:
        """The same decision without the targets that are closed; none is left when all stated ones are."""
        if not closed:
            return self
        left = tuple(route for route in self.chain if route not in closed)
        if len(closed) == self.stated:
            left = ()
        told = {"closed": tuple(map(Target.of, closed)), "chain": tuple(map(Target.of, left))}
        return replace(
            self, chain=left, stated=self.stated - len(closed), reasons=self.reasons.model_copy(update=told)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was read. ``place`` is where it stands in the settings."""

    number: int
    place: str
    settings: RoutingRuleSettings
    condition: Condition
    expression: Expression | None

    def asks_for(self, part: str) -> bool:
        """Whether it needs to know something: a field, or all whose names begin so."""
        if any(field.partition(".")[0] == part for field in self.condition.fields):
            return True
        return self.settings.if_ is not None and re.search(rf"\b{part}\b", self.settings.if_) is not None

    @property
    def words(self) -> str:
        """The rule as people call it."""
        return f"rule {self.number}" + (f" ({self.settings.name})" if self.settings.name else "")


def _taken_apart(rule: Rule) -> tuple[str, str, Fails, tuple[Entry, ...], int, Rule]:
    """A rule as it is looked at. Most fail at their first entry, and a loop over it would cost more."""
    (key, field, fails), *others = rule.condition.entries or (_ALWAYS,)
    return key, field, fails, tuple(others), rule.number, rule


class RuleBook:
    """The rules of one bot, read once. Immutable; safe to share between threads.

    Raises ``ValueError`` for rules that cannot be read; those of settings that were checked always can.
    """

    def __init__(
        self,
        bot: str,
        own: Sequence[RoutingRuleSettings] = (),
        common: Sequence[RoutingRuleSettings] = (),
        crm: Sequence[str] = (),
    ) -> None:
        self.crm = tuple(crm)
        """The CRMs of the bot: the first that certainly knows the user is believed."""
        places = [f"bots.{bot}.livechat.routing[{at}]" for at in range(len(own))]
        places += [f"routing[{at}]" for at in range(len(common))]
        self.rules = tuple(
            _read(number, place, rule)
            for number, (place, rule) in enumerate(zip(places, (*own, *common), strict=True), start=1)
        )
        self._entries = tuple(map(_taken_apart, self.rules))
        self.named = frozenset[str]().union(*(rule.condition.named for rule in self.rules))
        """The texts that stand in conditions."""
        content = [rule.settings.model_dump(mode="json", by_alias=True) for rule in self.rules]
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        self.revision = hashlib.sha256(text.encode()).hexdigest()[:12] if content else ""
        """A short name of these rules."""
        self.asks_contact = any(rule.asks_for("contact") for rule in self.rules)
        self.asks_hours = any(rule.asks_for("business_hours") for rule in self.rules)
        self.asks_last_agent = any(
            target.last_agent is not None
            for rule in self.rules
            for main in rule.settings.targets
            for target in (main, *(main.fallbacks or ()))
        )

    def decide(self, request: HandoffRequest, candidates: Sequence[str], given: Circumstances) -> Decision:
        """Where the request goes. ``candidates`` are the usable integrations of the bot, at least one."""
        facts = Facts(request, given.at, contact=given.contact, hours=given.hours)
        parts = _Parts(facts)
        found = self._look(request, candidates, parts)
        if found is None:
            return self._default(request, candidates, given, parts)
        rule, plan = found
        return self._by_rule(rule, plan, request, candidates, given, parts)

    def _look(
        self, request: HandoffRequest, candidates: Sequence[str], parts: _Parts
    ) -> tuple[Rule, Plan] | None:
        """The first rule that matches and has a target that can be used."""
        facts, failed = parts.facts, parts.failed
        for first, asked, wrong, others, number, rule in self._entries:
            if wrong(facts[asked] if asked else facts):
                failed[first].append(number)
                continue
            for key, field, fails in others:
                if fails(facts[field] if field else facts):
                    failed[key].append(number)
                    break
            else:
                if rule.expression is not None and not parts.holds(rule.expression, number):
                    failed["if"].append(number)
                    continue
                plan = plan_of(rule.settings, request.conversation_id, candidates)
                if plan is not None:
                    return rule, plan
                parts.unusable.append(number)
        return None

    def _default(
        self, request: HandoffRequest, candidates: Sequence[str], given: Circumstances, parts: _Parts
    ) -> Decision:
        first = wanted_by(request, candidates[0], why="first enabled integration of the bot")
        chain = tuple(plain_chain(first, request, candidates))
        reasons = self._reasons("default", given, parts, candidates, chain)
        return Decision(chain, 1, reasons)

    def _by_rule(
        self,
        rule: Rule,
        plan: Plan,
        request: HandoffRequest,
        candidates: Sequence[str],
        given: Circumstances,
        parts: _Parts,
    ) -> Decision:
        agents = _last_agents(plan.stated, candidates[0], given)
        routes, stated = chain_of_plan(plan, request, candidates, agents, rule.words)
        chain = tuple(routes)
        first = candidates[0]
        reasons = self._reasons("rule", given, parts, candidates, chain).model_copy(
            update={
                "rule": rule.number,
                "name": rule.settings.name,
                "share": plan.share,
                "last_agent": {
                    str(number): agents[one]
                    for number, one in enumerate(plan.stated, start=1)
                    if one in agents
                },
                "passed_over": tuple(_bare(one, first) for one in plan.passed_over),
            }
        )
        return Decision(chain, stated, reasons)

    def _reasons(
        self,
        by: Literal["rule", "default"],
        given: Circumstances,
        parts: _Parts,
        candidates: Sequence[str],
        chain: Sequence[Route],
    ) -> RoutingReasons:
        return RoutingReasons.model_construct(
            by=by,
            at=given.at,
            rules=self.revision,
            failed=by_key(parts.failed),
            unusable=tuple(parts.unusable),
            errors=parts.errors,
            seen=shown(parts.facts, self.named),
            candidates=tuple(candidates),
            chain=tuple(map(Target.of, chain)),
        )

    def repeat(self, reasons: RoutingReasons, request: HandoffRequest) -> tuple[Target, ...]:
        """The chain that follows from stored reasons and these rules, before closed targets are taken out.

        Nothing of the request is compared again. Raises ``ValueError`` when the reasons do not fit the rules.
        """
        candidates = reasons.candidates
        if not candidates:
            raise ValueError("the reasons name no candidates")
        past = {number for ranges in reasons.failed.values() for number in as_numbers(ranges)}
        past.update(reasons.unusable)
        last = len(self.rules) if reasons.rule is None else reasons.rule - 1
        if past != set(range(1, last + 1)) or last > len(self.rules):
            raise ValueError("the reasons do not speak of the rules that come before the decision")
        if reasons.rule is None:
            first = wanted_by(request, candidates[0], why="")
            return tuple(map(Target.of, plain_chain(first, request, candidates)))
        if reasons.rule > len(self.rules):
            raise ValueError(f"there is no rule {reasons.rule}")
        rule = self.rules[reasons.rule - 1].settings
        plan = plan_of(rule, request.conversation_id, candidates, _fitting(reasons.share, rule))
        if plan is None:
            raise ValueError(f"no target of rule {reasons.rule} can be used")
        agents = {
            one: reasons.last_agent[str(number)]
            for number, one in enumerate(plan.stated, start=1)
            if str(number) in reasons.last_agent
        }
        routes, _ = chain_of_plan(plan, request, candidates, agents, "")
        return tuple(map(Target.of, routes))


class _Parts:
    """What is found while the rules are looked at."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.failed = defaultdict[str, list[int]](list)
        self.unusable: list[int] = []
        self.errors: dict[str, str] = {}
        self._run = Run(facts)

    def holds(self, expression: Expression, number: int) -> bool:
        """Whether the expression of a rule is true; an error is written down."""
        holds, error = self._run.holds(expression)
        if error is not None and len(self.errors) < _MOST_ERRORS:
            self.errors[str(number)] = error
        return holds


def _fitting(share: ShareDrawn | None, rule: RoutingRuleSettings) -> ShareDrawn | None:
    if share is not None and share.target > len(rule.targets):
        raise ValueError("the rule has fewer targets than the reasons say")
    return share


def _bare(target: FallbackSettings, first: str) -> Target:
    return Target(
        integration=target.integration or first,
        queue=target.queue,
        group=target.group,
        agent=target.agent,
        priority=target.priority,
        skills=target.skills,
    )


def _last_agents(
    targets: Sequence[FallbackSettings], first: str, given: Circumstances
) -> dict[FallbackSettings, str]:
    found: dict[FallbackSettings, str] = {}
    for target in targets:
        if target.last_agent is None:
            continue
        since = given.at - timedelta(seconds=target.last_agent)
        wanted = target.integration or first
        for one in given.earlier[:MOST_EARLIER]:
            if one.integration == wanted and one.ended_at >= since:
                found[target] = one.agent
                break
    return found


def _read(number: int, place: str, settings: RoutingRuleSettings) -> Rule:
    budget = Budget()
    condition = Condition() if settings.when is None else read_condition(settings.when, budget)
    flaws: list[Flaw] = list(budget.flaws)
    expression = None if settings.if_ is None else read_expression(settings.if_, (), flaws)
    if flaws:
        raise ValueError(f"{place}: {flaws[0].message}")
    return Rule(number, place, settings, condition, expression)
