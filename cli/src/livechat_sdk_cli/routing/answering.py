"""An answer as a document for scripts: the result, where to, and each rule with what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from livechat_sdk.domain.routing import RoutingReasons, Target
from livechat_sdk.policies.routing import Rule, RuleBook
from livechat_sdk.policies.routing.comparing import Budget
from livechat_sdk.policies.routing.conditions import read_condition
from livechat_sdk.policies.routing.facts import Facts
from livechat_sdk.policies.routing.reasons import as_numbers, shown
from livechat_sdk_cli.routing.offline import Answer

__all__ = ["answer_document", "rule_rows", "target_document"]

_LONGEST_WHY: Final = 300


def target_document(target: Target) -> dict[str, Any]:
    """A target with every key."""
    return target.model_dump(mode="json")


def answer_document(answer: Answer) -> dict[str, Any]:
    """One answer of ``explain route --request --json``."""
    decision = answer.decision
    document: dict[str, Any] = {"result": answer.result}
    if decision is not None:
        document["by"] = decision.reasons.by
    reasons = None if decision is None else decision.reasons
    return {
        **document,
        "rule": None if reasons is None else reasons.rule,
        "name": None if reasons is None else reasons.name,
        "chain": [] if reasons is None or not decision else [target_document(one) for one in reasons.chain],
        "closed": [] if reasons is None else [target_document(one) for one in reasons.closed],
        "rules": [] if reasons is None else rule_rows(answer.book, reasons, answer.facts),
        "reasons": None if reasons is None else reasons.model_dump(mode="json", exclude_defaults=True),
        "detail": answer.detail,
    }


def rule_rows(book: RuleBook, reasons: RoutingReasons, facts: Facts | None) -> list[dict[str, Any]]:
    """Every rule with what became of it. With ``facts`` the values that were seen; else the stored ones."""
    failed = {number: key for key, ranges in reasons.failed.items() for number in as_numbers(ranges)}
    rows: list[dict[str, Any]] = []
    for rule in book.rules:
        row: dict[str, Any] = {
            "number": rule.number,
            "name": rule.settings.name,
            "place": rule.place,
            "outcome": "not_looked_at",
        }
        if rule.number in failed:
            key = failed[rule.number]
            row |= {"outcome": "failed", "failed_at": key, "why": _why(book, rule, key, reasons, facts)}
        elif rule.number in reasons.unusable:
            row["outcome"] = "unusable"
        elif rule.number == reasons.rule:
            row["outcome"] = "matched"
        rows.append(row)
    return rows


def _why(book: RuleBook, rule: Rule, key: str, reasons: RoutingReasons, facts: Facts | None) -> str:
    if key == "if":
        error = reasons.errors.get(str(rule.number), "it is false")
        return f"{error}: {rule.settings.if_}"[:_LONGEST_WHY]
    when = rule.settings.when or {}
    if key not in when:  # one of many, or too long to be told
        return "it does not hold"
    test = when[key]
    if key == "time" and isinstance(test, Mapping):
        told_time = cast("Mapping[str, Any]", test)
        zone = str(told_time.get("timezone"))
        local = (facts or _bare(reasons)).local(zone)
        return f"it is {local:%a %Y-%m-%d %H:%M} in {zone}, not {_flow(_without(told_time, 'timezone'))}"
    budget = Budget()
    condition = read_condition({key: test}, budget)
    seen: Mapping[str, Any]
    if facts is not None:
        for field in sorted(condition.fields):
            if field not in _NO_FIELDS:
                facts[field]
        seen = shown({one: facts[one] for one in sorted(condition.fields - _NO_FIELDS)}, book.named)
    else:
        seen = {one: reasons.seen[one] for one in sorted(condition.fields) if one in reasons.seen}
    told = ", ".join(f"{field} is {_value(value)}" for field, value in seen.items())
    return f"{told or 'it does not hold'}; wanted {_flow({key: test})}"[:_LONGEST_WHY]


_NO_FIELDS: Final = frozenset({"all", "any", "not", "time"})


def _bare(reasons: RoutingReasons) -> Any:
    from livechat_sdk.domain.handoff import HandoffRequest
    from livechat_sdk.domain.people import EndUser

    request = HandoffRequest(key="-", conversation_id="-", bot="-", user=EndUser(id="-"))
    return Facts(request, reasons.at)


def _without(test: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in test.items() if name != key}


def _value(value: Any) -> str:
    return "not known" if value is None else _flow(value)


def _flow(value: Any) -> str:
    """A value in one line, as it could stand in the settings."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return (
                value
                if value and value.isprintable() and not set(value) & set(",:{}[]#\"'")
                else json.dumps(value)
            )
        case Mapping():
            pairs = cast("Mapping[str, Any]", value).items()
            return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_flow, cast("list[Any]", value))) + "]"
        case _:
            return str(value)
