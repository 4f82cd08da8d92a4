"""The decision of routing, from ``docs/reference/routing.md`` alone; and again from stored reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.oracle.conditions import Asked, failing_entry, language_of
from tests.oracle.expressions import Expression, variables
from tests.oracle.hours import Hours, calendar_for
from tests.oracle.zones import minute_of

__all__ = ["Decision", "as_targets", "decide", "from_reasons"]

Target = Mapping[str, Any]
_WHERE = ("queue", "group", "agent")


@dataclass
class Decision:
    """Where a request goes, and why."""

    result: str
    by: str | None = None
    rule: int | None = None
    name: str | None = None
    chain: list[dict[str, Any]] = field(default_factory=list)
    closed: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[tuple[str, str | None]] = field(default_factory=list)
    share: dict[str, int] | None = None
    errors: list[int] = field(default_factory=list)


@dataclass
class _Case:
    """What one decision is made from."""

    settings: Mapping[str, Any]
    item: Mapping[str, Any]
    bot: Mapping[str, Any]
    candidates: list[str]
    rules: list[Mapping[str, Any]]

    @property
    def request(self) -> Mapping[str, Any]:
        request: Mapping[str, Any] = self.item["request"]
        return request

    def is_open(self, target: Mapping[str, Any]) -> bool:
        """Whether the team is there for this target."""
        if "business_hours" in self.item:
            return bool(self.item["business_hours"] == "open")
        livechat = self.bot["livechat"]
        if "business_hours" not in livechat:
            return True
        calendar = calendar_for(
            livechat["business_hours"],
            self.settings.get("calendars", {}),
            queue=target["queue"],
            group=target["group"],
            language=language_of(self.request) or livechat.get("language", "en"),
        )
        at = minute_of(datetime.fromisoformat(self.item["at"]).astimezone(UTC))
        return Hours(calendar, target["group"]).decide(at)[0]


def _case(settings: Mapping[str, Any], item: Mapping[str, Any]) -> _Case | None:
    bot = settings["bots"].get(item["request"]["bot"])
    if bot is None or not bot["livechat"].get("enabled", True):
        return None
    candidates = [
        name
        for name in bot["livechat"]["integrations"]
        if settings["integrations"][name].get("enabled", True)
    ]
    rules = [*bot["livechat"].get("routing", ()), *settings.get("routing", ())]
    return _Case(settings, item, bot, candidates, rules) if candidates else None


# ------------------------------------------------------------ targets


def _mapping(target: Any) -> Target:
    return {"integration": target} if isinstance(target, str) else target


def _stated(target: Target, case: _Case) -> list[Target]:
    """The target and its stated fallbacks, as far as they can be used."""
    several = [target, *map(_mapping, target.get("fallback") or ())]
    return [one for one in several if one.get("integration", case.candidates[0]) in case.candidates]


def _draw(rule: Mapping[str, Any], case: _Case) -> tuple[Target | None, dict[str, int] | None]:
    """The target of a rule that is taken; none when no target can be used."""
    if not isinstance(rule["to"], list):
        target = _mapping(rule["to"])
        return (target if _stated(target, case) else None), None
    targets = [(number, target) for number, target in enumerate(rule["to"], start=1) if _stated(target, case)]
    if not targets:
        return None, None
    total = sum(target["share"] for _, target in targets)
    text = f"{rule.get('name', '')}\n{case.request['conversation_id']}"
    draw = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")
    point = draw * total // 2**64
    reached = 0
    for number, target in targets:
        reached += target["share"]
        if reached > point:
            return target, {"draw": draw, "total": total, "point": point, "target": number}
    raise AssertionError(text)


def _ago(said: Any) -> timedelta:
    if said is True:
        return timedelta(days=30)
    return timedelta(**{{"d": "days", "h": "hours", "m": "minutes"}[said[-1]]: int(said[:-1])})


def _last_agent(said: Any, integration: str, case: _Case) -> str | None:
    at = datetime.fromisoformat(case.item["at"])
    for earlier in case.item.get("earlier", ())[:20]:
        agent: str = earlier["agent"]
        ended = datetime.fromisoformat(earlier["ended_at"])
        if earlier["integration"] == integration and ended >= at - _ago(said):
            return agent
    return None


def _resolved(target: Target, rule_target: Target, case: _Case) -> dict[str, Any]:
    """A target with what it does not say."""
    request = case.request
    where = target if any(target.get(name) for name in _WHERE) else request
    skills = list(target.get("skills") or rule_target.get("skills") or ())
    return {
        "integration": target.get("integration", case.candidates[0]),
        **{name: where.get(name) for name in _WHERE},
        "priority": target.get("priority") or rule_target.get("priority") or request.get("priority"),
        "skills": list(dict.fromkeys([*skills, *request.get("skills", ())])),
    }


def _chain(
    stated: Sequence[Target], rule_target: Target, case: _Case, agents: Mapping[int, str] | None = None
) -> tuple[list[dict[str, Any]], int]:
    """All targets in order, and how many of them are stated.

    ``agents``, by the number of the stated target, were found before; without them they are looked for.
    """
    chain: list[dict[str, Any]] = []

    def add(one: dict[str, Any]) -> None:
        names = ("integration", *_WHERE)
        if all(any(one[name] != earlier[name] for name in names) for earlier in chain):
            chain.append(one)

    for number, target in enumerate(stated, start=1):
        one = _resolved(target, rule_target, case)
        if said := target.get("last_agent"):
            found = _last_agent(said, one["integration"], case) if agents is None else agents.get(number)
            one["agent"] = found or one["agent"]
        add(one)
    count = len(chain)
    if rule_target.get("fallback") is None:
        there = {one["integration"] for one in chain}
        for name in case.candidates:
            if name not in there:
                add(_resolved({"integration": name}, rule_target, case))
    return chain, count


# ------------------------------------------------------------ deciding


def _looked_at(
    case: _Case, asked: Asked, expressions: Mapping[str, Expression], made: Decision
) -> Target | None:
    """Look at the rules until one decides, and note what became of each; the target of that one."""
    taken: Target | None = None
    for number, rule in enumerate(case.rules, start=1):
        if made.rule is not None:
            made.outcomes.append(("not_looked_at", None))
            continue
        failed = failing_entry(rule["when"], asked) if "when" in rule else None
        if failed is None and "if" in rule:
            value = expressions[rule["if"]].value(variables(asked))
            if not isinstance(value, bool):
                made.errors.append(number)
            failed = None if value is True else "if"
        if failed is not None:
            made.outcomes.append(("failed", failed))
            continue
        taken, share = _draw(rule, case)
        if taken is None:
            made.outcomes.append(("unusable", None))
            continue
        made.outcomes.append(("matched", None))
        made.by, made.rule, made.name, made.share = "rule", number, rule.get("name"), share
    return taken


def decide(
    settings: Mapping[str, Any], item: Mapping[str, Any], expressions: Mapping[str, Expression]
) -> Decision:
    """Where this request goes; ``expressions`` are those of the rules, by their text."""
    case = _case(settings, item)
    if case is None:
        return Decision("unavailable")
    wanted = {name: case.request.get(name) for name in _WHERE}
    asked = Asked(
        item,
        case.bot.get("crm", ()),
        lambda: case.is_open({"integration": case.candidates[0], **wanted}),
    )
    made = Decision("routed", by="default")
    target = _looked_at(case, asked, expressions, made)
    rule_target: Target = target if target is not None else {}
    stated = _stated(rule_target, case)
    chain, count = _chain(stated, rule_target, case)
    made.closed = [one for one in chain[:count] if not case.is_open(one)]
    made.chain = [one for one in chain if one not in made.closed]
    if len(made.closed) == count:
        made.result, made.chain = "out_of_hours", []
    return made


def as_targets(stored: Sequence[Target] | None) -> list[dict[str, Any]]:
    """Targets as the answer has them, from stored reasons, in which what is not set does not stand."""
    unset: Target = {"queue": None, "group": None, "agent": None, "priority": None, "skills": []}
    return [{**unset, **one} for one in stored or ()]


def _numbers(said: str) -> set[int]:
    found: set[int] = set()
    for part in said.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def from_reasons(
    settings: Mapping[str, Any], item: Mapping[str, Any], reasons: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The chain that follows from stored reasons and the rules; no condition and no hours are looked at."""
    case = _case(settings, item)
    assert case is not None
    failed = {number for said in (reasons.get("failed") or {}).values() for number in _numbers(said)}
    passed = failed | set(reasons.get("unusable") or ())
    left = [number for number in range(1, len(case.rules) + 1) if number not in passed]
    number = left[0] if left else None
    assert number == reasons.get("rule"), reasons
    rule_target: Target = {}
    if number is not None:
        to = case.rules[number - 1]["to"]
        rule_target = to[reasons["share"]["target"] - 1] if isinstance(to, list) else _mapping(to)
    agents = {int(at): agent for at, agent in (reasons.get("last_agent") or {}).items()}
    chain, count = _chain(_stated(rule_target, case), rule_target, case, agents)
    closed = as_targets(reasons.get("closed"))
    return [one for one in chain if one not in closed] if len(closed) < count else []
