"""What a decision among 500 rules costs, with its reasons ready to be stored.

The yardstick is one commit of the ledger, which every handoff pays several times: one caller, one step at a
time, each durable. The rules are of every kind (fields, lists, patterns, ranges, times, answers, nested ones)
and all of them are looked at: only the last one matches. In ``routing_decision_if_cpu`` one
rule in ten has an expression in CEL that is evaluated too. Both are medians of rounds that take turns.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks._steps import seconds_of_commit
from livechat_sdk.domain.handoff import HandoffRequest, SurveyAnswer
from livechat_sdk.domain.people import EndUser
from livechat_sdk.policies.routing import Circumstances, RoutingRuleSettings, RuleBook

GOAL = 0.5
IF_GOAL = 1.0
ROUNDS = 5
RULES = 500
DECISIONS = 200
STEPS = 200
CANDIDATES = ("acme-zendesk", "desk")


def rule(number: int, *, with_if: bool) -> dict[str, Any]:
    """A rule that does not match; which kind follows from its number."""
    kinds: list[dict[str, Any]] = [
        {"language": ["de", "fr"], "survey.topic": f"topic-{number}"},
        {"survey.topic": [f"topic-{number}", f"other-{number}"]},
        {"country": "GR", "tags": f"tag-{number}"},
        {"user.email": {"glob": f"*@customer-{number}.example"}},
        {"attributes.order.total": {"min": 1000 + number}},
        {"channel": "webchat", "any": [{"country": f"C{number}"}, {"attributes.plan": {"prefix": "gold"}}]},
        {"time": {"timezone": "Europe/Athens", "weekday": "sat,sun", "hours": "22:00-06:00"}},
        {"not": {"tags": "vip"}},
        {"metadata.page": {"exists": False}, "bot": "shop-bot"},
        {"user.phone": {"prefix": f"+{100 + number}"}},
    ]
    made: dict[str, Any] = {"name": f"rule {number}", "when": kinds[number % 10], "to": "desk"}
    if with_if and number % 10 == 1:
        made |= {
            "when": {"country": "GR"},
            "if": f"attributes.order.total > {1000 + number} && 'vip' in tags",
        }
    return made


def book(*, with_if: bool) -> RuleBook:
    """So many rules, of which the last one always matches."""
    rules = [rule(number, with_if=with_if) for number in range(RULES - 1)]
    rules.append({"name": "rest", "to": {"integration": "desk", "queue": "rest"}})
    return RuleBook("shop-bot", (), [RoutingRuleSettings.model_validate(one) for one in rules])


def request(number: int) -> HandoffRequest:
    """A request that no rule but the last one wants."""
    return HandoffRequest(
        key=f"k-{number}",
        conversation_id=f"c-{number}",
        bot="shop-bot",
        user=EndUser(
            id=f"u-{number}",
            country="GR",
            language="el-GR",
            channel="webchat",
            email="ann@a.b",
            phone="+30 210",
        ),
        tags=("vip", "returning"),
        survey=(SurveyAnswer(id="topic", question="What is it about?", answer="Billing"),),
        attributes={"order": {"total": 99.5, "lines": 3}, "plan": "silver"},
        metadata={"page": "/checkout"},
    )


def seconds_of_decision(rules: RuleBook) -> float:
    """Seconds of one decision, its reasons made ready for the journal."""
    requests = [request(number) for number in range(DECISIONS)]
    began = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    started = time.perf_counter()
    for number, one in enumerate(requests):
        decision = rules.decide(one, CANDIDATES, Circumstances(at=began + timedelta(seconds=number)))
        decision.reasons.model_dump(mode="json", exclude_defaults=True)
    seconds = (time.perf_counter() - started) / DECISIONS
    last = rules.decide(requests[0], CANDIDATES, Circumstances(at=began))
    if last.reasons.rule != RULES:
        raise AssertionError(f"rule {last.reasons.rule} decided, not the last one")
    return seconds


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    plain, expressed = book(with_if=False), book(with_if=True)
    found: list[float] = []
    found_if: list[float] = []
    commits: list[float] = []
    for _ in range(ROUNDS):
        found.append(seconds_of_decision(plain))
        found_if.append(seconds_of_decision(expressed))
        commits.append(asyncio.run(seconds_of_commit(STEPS)))
    commit = statistics.median(commits)
    print(
        f"a decision among {RULES} rules takes {1e6 * statistics.median(found):.0f} µs, with {RULES // 10} "
        f"expressions {1e6 * statistics.median(found_if):.0f} µs, a commit {1e6 * commit:.0f} µs",
        file=sys.stderr,
    )
    for name, times, goal in (
        ("routing_decision_cpu", found, GOAL),
        ("routing_decision_if_cpu", found_if, IF_GOAL),
    ):
        ratio = statistics.median(times) / commit
        print(f"{name} {ratio:.2f} {goal} {'met' if ratio <= goal else 'short'}")


if __name__ == "__main__":
    main()
