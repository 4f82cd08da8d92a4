"""The router against the evaluator; ``python -m tests.oracle.soak routing`` asks more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import conditions, routing
from tests.oracle.comparing_routes import explained, route_differences
from tests.oracle.requests import CISCO, RouteCase, route_case
from tests.oracle.routing import decide, from_reasons


@pytest.mark.parametrize("part", range(5))
def test_command_and_evaluator_agree_on_random_rules_and_requests(part: int, tmp_path: Path) -> None:
    seeds = range(10_000 + part * 6, 10_000 + part * 6 + 6)
    assert [line for seed in seeds for line in route_differences(route_case(seed), tmp_path)] == []


def test_skills_that_a_request_repeats_are_named_once_for_every_target(tmp_path: Path) -> None:
    settings = {
        "version": 1,
        "integrations": {name: {**CISCO, "endpoint": f"https://{name}.example"} for name in ("a", "b")},
        "bots": {"bot": {"livechat": {"integrations": ["a", "b"]}}},
    }
    request = {
        "key": "k",
        "conversation_id": "c",
        "bot": "bot",
        "user": {"id": "u"},
        "skills": ["x", "y", "x"],
    }
    case = RouteCase(0, settings, {}, [{"request": request, "at": "2026-11-26T12:00:00+00:00"}])
    assert route_differences(case, tmp_path) == []
    assert [target["skills"] for target in explained(case, tmp_path)[0]["chain"]] == [["x", "y"]] * 2


def test_requests_and_rules_are_of_all_kinds() -> None:
    found: Counter[Any] = Counter()
    for case in map(route_case, range(60)):
        for item in case.items:
            made = decide(case.settings, item, case.expressions)
            found.update([made.result, made.by, *(outcome for outcome, _ in made.outcomes)])
            found[f"{len(made.chain)} targets"] += 1
            found["share"] += made.share is not None
            found["closed"] += bool(made.closed)
            found["errors"] += len(made.errors)
    least = {
        "routed": 300, "out_of_hours": 60, "unavailable": 20, "rule": 200, "default": 60, "share": 50,
        "matched": 200, "failed": 500, "unusable": 30, "not_looked_at": 300, "errors": 30,
        "closed": 60, "4 targets": 15,
    }  # fmt: skip
    assert {name: found[name] for name in least if found[name] < least[name]} == {}


@pytest.mark.parametrize(
    ("module", "name", "mistake"),
    [
        (conditions, "_folded", str.strip),
        (conditions, "_fits_glob", lambda text, pattern: text == pattern),
        (conditions, "_as_date", lambda value: None),
        (conditions, "_ITEMS", 1_000),
        (conditions, "_TEXT", 2_000),
        (routing, "_last_agent", lambda said, integration, case: None),
        (conditions, "language_of", lambda request: request["user"].get("language")),
        (routing, "language_of", lambda request: request["user"].get("language")),
    ],
)
def test_a_mistake_in_one_rule_is_noticed(
    module: Any, name: str, mistake: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cases = list(map(route_case, range(100)))
    right = [[decide(case.settings, item, case.expressions) for item in case.items] for case in cases]
    monkeypatch.setattr(module, name, mistake)
    first = next(
        case
        for case, made in zip(cases, right, strict=True)
        if [decide(case.settings, item, case.expressions) for item in case.items] != made
    )
    assert route_differences(first, tmp_path) != []


def test_reasons_that_are_changed_reproduce_something_else(tmp_path: Path) -> None:
    case = next(
        case
        for case in map(route_case, range(100))
        if (made := decide(case.settings, case.items[0], case.expressions)).rule is not None
        and made.result == "routed"
        and ("failed", "if") in made.outcomes
    )
    item = case.items[0]
    [answer] = explained(replace(case, items=[item]), tmp_path)
    reasons = answer["reasons"]
    assert from_reasons(case.settings, item, reasons) == answer["chain"]
    with pytest.raises(AssertionError):
        from_reasons(case.settings, item, {**reasons, "failed": {}, "unusable": []})
