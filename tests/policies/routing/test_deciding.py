"""Which rule decides, where the handoff goes then, and that the reasons tell it again."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.handoff import HandoffRequest
from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.domain.routing import Earlier, RoutingReasons, Target
from livechat_sdk.policies.routing import Circumstances, Decision, RoutingRuleSettings, RuleBook
from livechat_sdk.policies.routing.reasons import as_numbers, as_ranges, by_key

AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
NAMES = ("acme", "desk", "night")


def book(*rules: dict[str, Any]) -> RuleBook:
    return RuleBook("shop-bot", (), [RoutingRuleSettings.model_validate(rule) for rule in rules])


def a_request(**more: Any) -> HandoffRequest:
    user = {"id": "u-1", **more.pop("user", {})}
    return HandoffRequest(
        **{"key": "k", "conversation_id": "c-1", "bot": "shop-bot", "user": EndUser(**user), **more}
    )


def decide(
    *rules: dict[str, Any],
    request: HandoffRequest | None = None,
    candidates: Sequence[str] = NAMES,
    **given: Any,
) -> Decision:
    return book(*rules).decide(request or a_request(), candidates, Circumstances(at=AT, **given))


def places(decision: Decision) -> list[str]:
    """Integrations with what is wanted there: ``acme/queue=billing``."""
    return [
        "/".join(
            [
                route.integration,
                *(
                    f"{name}={value}"
                    for name in ("queue", "group", "agent")
                    if (value := getattr(route, name))
                ),
            ]
        )
        for route in decision.chain
    ]


def test_first_rule_that_matches_decides_and_no_later_one_is_looked_at() -> None:
    decision = decide(
        {"when": {"country": "GR"}, "to": "acme"},
        {"name": "two", "when": {"bot": "shop-bot"}, "to": "desk"},
        {"when": {"survey.x": {"exists": True}}, "to": "night"},
    )
    assert places(decision) == ["desk", "acme", "night"]
    assert decision.chain[0].why == "rule 2 (two)"
    assert decision.reasons.by == "rule"
    assert (decision.reasons.rule, decision.reasons.name) == (2, "two")
    assert decision.reasons.failed == {"country": "1"}
    assert decision.reasons.seen == {"country": None, "bot": "shop-bot"}
    assert decision.reasons.in_short() == "rule 2 (two)"


def test_without_a_matching_rule_the_candidates_are_asked_in_order() -> None:
    decision = decide({"when": {"country": "GR"}, "to": "desk"}, request=a_request(queue="q"))
    assert places(decision) == ["acme/queue=q", "desk/queue=q", "night/queue=q"]
    assert decision.stated == 1
    assert decision.reasons.by == "default"
    assert decision.reasons.in_short() == "no rule matched"
    assert decide().reasons.in_short() == "no rules"


def test_rule_of_which_no_target_can_be_used_is_passed_over() -> None:
    decision = decide(
        {"to": {"integration": "gone", "fallback": ["gone too"]}}, {"to": "desk"}, candidates=["desk"]
    )
    assert places(decision) == ["desk"]
    assert decision.reasons.unusable == (1,)
    assert decision.reasons.rule == 2


def test_fallback_takes_the_place_of_a_target_that_cannot_be_used() -> None:
    decision = decide(
        {"to": {"integration": "gone", "queue": "q", "priority": "high", "fallback": ["gone too", "night"]}},
        request=a_request(group="north"),
    )
    assert places(decision) == ["night/group=north"]
    assert decision.chain[0].priority == "high"
    assert [one.integration for one in decision.reasons.passed_over] == ["gone", "gone too"]


def test_destination_is_the_targets_or_the_requests_never_a_mixture() -> None:
    request = a_request(queue="rq", agent="ra", priority="low", skills=("greek", "tax"))
    decision = decide(
        {
            "to": {
                "group": "g",
                "skills": ["vip", "tax"],
                "fallback": ["desk", {"integration": "night", "skills": ["x"]}],
            }
        },
        request=request,
    )
    assert places(decision) == ["acme/group=g", "desk/queue=rq/agent=ra", "night/queue=rq/agent=ra"]
    assert [route.skills for route in decision.chain] == [
        ("vip", "tax", "greek"),
        ("vip", "tax", "greek"),
        ("x", "greek", "tax"),
    ]
    assert {route.priority for route in decision.chain} == {"low"}
    assert decision.stated == 3


def test_stated_fallbacks_end_the_chain_and_none_leaves_it_alone() -> None:
    assert places(decide({"to": {"integration": "desk", "fallback": ["acme"]}})) == ["desk", "acme"]
    assert places(decide({"to": {"integration": "desk", "fallback": []}})) == ["desk"]
    again = decide({"to": {"integration": "desk", "fallback": [{"integration": "desk"}, {"queue": "q"}]}})
    assert places(again) == ["desk", "acme/queue=q"]


def test_other_candidates_follow_with_priority_and_skills_of_the_rule() -> None:
    decision = decide(
        {"to": {"integration": "desk", "queue": "q", "priority": "high", "skills": ["vip"]}},
        request=a_request(agent="ra", skills=("tax",)),
    )
    assert places(decision) == ["desk/queue=q", "acme/agent=ra", "night/agent=ra"]
    assert [(route.priority, route.skills) for route in decision.chain] == [("high", ("vip", "tax"))] * 3


EARLIER = [
    Earlier("desk", "ann", AT - timedelta(days=1)),
    Earlier("acme", "ben", AT - timedelta(days=10)),
    Earlier("acme", "eve", AT - timedelta(days=11)),
]


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ({"last_agent": True}, "acme/agent=ben"),
        ({"last_agent": "10d", "queue": "q"}, "acme/queue=q/agent=ben"),
        ({"last_agent": "9d"}, "acme/agent=ra"),
        ({"last_agent": "9d", "queue": "q"}, "acme/queue=q"),
        ({"last_agent": False}, "acme/agent=ra"),
        ({"integration": "desk", "last_agent": "25h"}, "desk/agent=ann"),
        ({"integration": "night", "last_agent": True}, "night/agent=ra"),
    ],
)
def test_last_agent(target: dict[str, Any], wanted: str) -> None:
    decision = decide({"to": target}, request=a_request(agent="ra"), earlier=EARLIER)
    assert places(decision)[0] == wanted


def test_last_agent_is_looked_for_among_so_many_and_no_more() -> None:
    many = [Earlier("desk", "x", AT)] * 20
    found = decide({"to": {"last_agent": True}}, earlier=[*many, Earlier("acme", "ben", AT)])
    assert places(found)[0] == "acme"


def test_share_is_drawn_as_the_page_says() -> None:
    rule = {
        "name": "trial",
        "to": [{"share": 10, "integration": "desk"}, {"share": 90, "integration": "acme"}],
    }
    counts: Counter[str] = Counter()
    for number in range(500):
        conversation = f"c-{number}-λ"
        decision = decide(rule, request=a_request(conversation_id=conversation))
        digest = hashlib.sha256(f"trial\nc-{number}-λ".encode()).digest()
        draw = int.from_bytes(digest[:8], "big")
        assert decision.chain[0].integration == ("desk" if draw * 100 // 2**64 < 10 else "acme")
        assert decision.reasons.share is not None
        assert decision.reasons.share.draw == draw
        counts[decision.chain[0].integration] += 1
    assert 25 <= counts["desk"] <= 80


def test_shares_of_what_cannot_be_used_go_to_the_others() -> None:
    rule = {
        "to": [
            {"share": 9999, "integration": "gone"},
            {"share": 1, "integration": "desk"},
            {"share": 1, "integration": "gone", "fallback": ["night"]},
        ]
    }
    found = Counter(
        places(decide(rule, request=a_request(conversation_id=str(number))))[0] for number in range(200)
    )
    assert found.keys() == {"desk", "night"}
    assert 70 < found["desk"] < 130


def test_expression_is_looked_at_only_where_the_condition_holds() -> None:
    decision = decide(
        {"when": {"country": "GR"}, "if": "attributes.x == 1", "to": "desk"},
        {"if": "attributes.x == 1", "to": "desk"},
        {"if": "has(attributes.x) || tags.exists(t, t.startsWith('v'))", "to": "night"},
        request=a_request(tags=("vip",)),
    )
    assert decision.reasons.failed == {"country": "1", "if": "2"}
    assert decision.reasons.errors == {"2": "a key is not in its map"}
    assert places(decision)[0] == "night"


def test_closed_targets_leave_the_chain_and_are_told() -> None:
    decision = decide({"to": {"integration": "desk", "fallback": ["night"]}})
    left = decision.without([decision.chain[0]])
    assert places(left) == ["night"]
    assert left.stated == 1
    assert [one.integration for one in left.reasons.closed] == ["desk"]
    assert [one.integration for one in left.reasons.chain] == ["night"]
    assert decision.without([]) is decision


def test_what_belongs_to_a_person_is_told_by_its_form() -> None:
    when = {
        "not": {
            "all": [
                {"user.email": "ann@acme.com"},
                {"contact.name": {"not": "x"}},
                {"attributes.iban": {"not": "x"}},
                {"attributes.plan": "gold"},
                {"survey.note": {"not": "x"}},
                {"contact.open_cases": 0},
                {"user.attributes.age": 41},
                {"attributes.size": {"above": 5}},
            ]
        }
    }
    request = a_request(
        user={"email": "ann@acme.com", "attributes": {"age": 41}},
        attributes={"iban": "GR123", "plan": "Gold", "size": 7},
    )
    contact = Contact(source="crm", id="1", name="Ann")
    decision = decide({"when": when, "to": "desk"}, request=request, contact=contact)
    assert decision.reasons.failed == {"not": "1"}
    assert decision.reasons.seen == {
        "user.email": "text of 12 characters",
        "contact.name": "text of 3 characters",
        "attributes.iban": "text of 5 characters",
        "attributes.plan": "gold",
        "survey.note": None,
        "contact.open_cases": 0,
        "user.attributes.age": "a number",
        "attributes.size": "a number",
    }
    assert "ann" not in decision.reasons.model_dump_json().lower().replace("channel", "")


def test_book_asks_only_for_what_its_rules_need() -> None:
    assert not book({"when": {"reason": "contact"}, "to": "desk"}).asks_contact
    assert book({"when": {"any": [{"not": {"contact.known": True}}]}, "to": "desk"}).asks_contact
    assert book({"if": "contact.known == true", "to": "desk"}).asks_contact
    assert book({"when": {"business_hours": "open"}, "to": "desk"}).asks_hours
    assert not book({"to": "desk"}).asks_last_agent
    assert book({"to": {"fallback": [{"last_agent": True}]}}).asks_last_agent


def test_reasons_of_the_largest_rules_stay_small_and_still_tell_the_decision() -> None:
    rules = [
        {"when": {f"attributes.{'x' * 90}{number}{'y' * 100}": f"value {number}"}, "to": "acme"}
        for number in range(999)
    ]
    read = [RoutingRuleSettings.model_validate(rule) for rule in rules]
    them = RuleBook("shop-bot", read, [*read, RoutingRuleSettings.model_validate({"to": "desk"})])
    request = a_request(attributes={f"{'x' * 90}{number}{'y' * 100}": "z" * 5000 for number in range(999)})
    reasons = them.decide(request, NAMES, Circumstances(at=AT)).reasons
    assert reasons.rule == 1999
    assert len(reasons.model_dump_json(exclude_defaults=True)) < 32_000
    assert them.repeat(reasons, request) == reasons.chain


def test_keys_beyond_so_many_are_told_together() -> None:
    failed = {f"attributes.k{number}": [number] for number in range(1, 101)}
    told = by_key(failed)
    assert len(told) == 61
    assert told["others"] == "61-100"
    assert by_key({"a" * 101: [1, 3], "a" * 102: [2]}) == {"a" * 100: "1-3"}


@given(st.sets(st.integers(1, 60)))
def test_numbers_come_back_out_of_their_short_form(numbers: set[int]) -> None:
    assert as_numbers(as_ranges(sorted(numbers))) == sorted(numbers)


def test_numbers_in_short() -> None:
    assert as_ranges([1, 2, 3, 7, 9, 10]) == "1-3,7,9-10"
    assert as_ranges([]) == ""


# ---------------------------------------------------------------------------- random rules and requests
TAGS = ["vip", "gold", "new"]
COUNTRIES = ["GR", "CY", "DE"]
targets = st.one_of(
    st.sampled_from(NAMES),
    st.fixed_dictionaries(
        {},
        optional={
            "integration": st.sampled_from([*NAMES, "gone"]),
            "queue": st.sampled_from(["q1", "q2"]),
            "priority": st.just("high"),
            "skills": st.lists(st.sampled_from(["greek", "tax"]), max_size=2),
            "last_agent": st.sampled_from([True, "5d"]),
            "fallback": st.lists(st.sampled_from([*NAMES, "gone", {"queue": "q3"}]), max_size=3),
        },
    ),
)
shared = st.lists(targets, min_size=2, max_size=4).flatmap(
    lambda some: st.lists(st.integers(1, 100), min_size=len(some), max_size=len(some)).map(
        lambda shares: [
            {**({"integration": one} if isinstance(one, str) else one), "share": share}
            for one, share in zip(some, shares, strict=True)
        ]
    )
)
conditions = st.recursive(
    st.sampled_from(
        [
            {"country": "GR"},
            {"country": ["GR", "CY"], "tags": "vip"},
            {"tags": {"not": "gold"}},
            {"survey.x": {"exists": True}},
            {"attributes.n": {"min": 3}},
            {"business_hours": "closed"},
            {"contact.known": True},
            {"language": "el"},
        ]
    ),
    lambda inner: (
        st.builds(lambda one: {"not": one}, inner)
        | st.builds(lambda some: {"any": some}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda some: {"all": some}, st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=4,
)
rules = st.lists(
    st.fixed_dictionaries(
        {"to": targets | shared},
        optional={"when": conditions, "if": st.sampled_from(["size(tags) > 1", "attributes.n > 2", "false"])},
    ),
    max_size=6,
)
requests = st.builds(
    lambda country, tags, n, queue, language, conversation: a_request(
        user={"country": country},
        tags=tuple(tags),
        attributes={} if n is None else {"n": n},
        queue=queue,
        language=language,
        conversation_id=conversation,
    ),
    st.sampled_from([None, *COUNTRIES]),
    st.lists(st.sampled_from(TAGS), max_size=3),
    st.none() | st.integers(0, 5),
    st.sampled_from([None, "rq"]),
    st.sampled_from([None, "el-GR", "en"]),
    st.text(st.characters(exclude_categories=["Cc"]), min_size=1, max_size=10),
)
circumstances = st.builds(
    lambda known, hours, earlier: Circumstances(
        at=AT,
        contact=Contact(source="crm", id="1") if known else None,
        hours="closed" if hours else "open",
        earlier=earlier,
    ),
    st.booleans(),
    st.booleans(),
    st.lists(st.sampled_from(EARLIER), max_size=3),
)
somebody = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)


@given(rules=rules, request=requests, given=circumstances, candidates=somebody)
def test_every_request_is_decided_and_its_stored_reasons_decide_the_same(
    rules: list[dict[str, Any]], request: HandoffRequest, given: Circumstances, candidates: list[str]
) -> None:
    them = book(*rules)
    decision = them.decide(request, candidates, given)
    chain = tuple(map(Target.of, decision.chain))
    # Total: there is always somewhere to go, only where the bot may go, and nowhere twice.
    assert decision.chain
    assert 1 <= decision.stated <= len(decision.chain)
    assert all(route.integration in candidates for route in decision.chain)
    wanted = [(one.integration, one.queue, one.group, one.agent) for one in chain]
    assert len(set(wanted)) == len(wanted)
    # Stored, read again, and fed back.
    stored = json.loads(decision.reasons.model_dump_json(exclude_defaults=True))
    assert len(json.dumps(stored)) < 16_000
    reasons = RoutingReasons.model_validate(stored)
    assert reasons == decision.reasons
    assert reasons.chain == chain
    assert them.repeat(reasons, request) == chain
    # The same once more, whatever was looked at before.
    assert them.decide(request, candidates, given) == decision


@given(rules=rules, request=requests, given=circumstances)
def test_rules_before_the_deciding_one_can_be_left_out(
    rules: list[dict[str, Any]], request: HandoffRequest, given: Circumstances
) -> None:
    decision = book(*rules).decide(request, NAMES, given)
    number = decision.reasons.rule
    for index in range(len(rules) if number is None else number - 1):
        alone = book(rules[index]).decide(request, NAMES, given)
        assert alone.reasons.by == "default"
    if number is not None:
        alone = book(rules[number - 1]).decide(request, NAMES, given)
        assert list(map(Target.of, alone.chain)) == list(map(Target.of, decision.chain))
        assert alone.reasons.share == decision.reasons.share


def test_reasons_that_do_not_fit_the_rules_are_refused() -> None:
    them = book({"when": {"country": "GR"}, "to": "acme"}, {"to": "desk"})
    reasons = them.decide(a_request(), NAMES, Circumstances(at=AT)).reasons
    changes: list[dict[str, Any]] = [
        {"failed": {}},
        {"rule": 3},
        {"rule": None},
        {"candidates": ()},
        {"failed": {"country": "1-2"}},
    ]
    for change in changes:
        with pytest.raises(ValueError, match=r"reasons|rule"):
            them.repeat(reasons.model_copy(update=change), a_request())
