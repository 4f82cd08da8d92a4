"""Expressions reach nothing but their variables, and end soon, whatever they say and are given."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.handoff import HandoffRequest, SurveyAnswer
from livechat_sdk.domain.people import Contact, ContactField, EndUser
from livechat_sdk.policies.routing import expressions
from livechat_sdk.policies.routing.expressions import LONGEST_EXPRESSION, Run, read_expression, variables
from livechat_sdk.policies.routing.facts import Facts
from livechat_sdk.policies.routing.flaws import Flaw

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def facts_of(**more: Any) -> Facts:
    contact = more.pop("contact", None)
    user = EndUser(id="u-1", country="GR", **more.pop("user", {}))
    request = HandoffRequest(key="k", conversation_id="c-1", bot="shop-bot", user=user, **more)
    return Facts(request, NOON, contact=contact, hours="closed")


def flaws_of(text: str) -> list[str]:
    flaws: list[Flaw] = []
    read_expression(text, ("if",), flaws)
    assert all(flaw.at == ("if",) for flaw in flaws)
    return [flaw.code for flaw in flaws]


def evaluate(text: str, facts: Facts | None = None) -> tuple[bool, str | None]:
    flaws: list[Flaw] = []
    expression = read_expression(text, (), flaws)
    assert expression is not None, flaws
    return Run(facts_of() if facts is None else facts).holds(expression)


@pytest.mark.parametrize(
    "text",
    [
        'country == "GR" && language == ""',
        "size(tags) == 2 && tags.exists(t, t.startsWith('v'))",
        "has(survey.topic) && survey.topic.matches('^bill')",
        "attributes.order.total > 99.5",
        "!has(attributes.none) && attributes.nothing == null",
        "user.attributes.age in [41, 42]",
        "contact.known && contact.fields['Plan'] == 'gold'",
        "contact.open_cases == 0",
        "business_hours == 'closed'",
        "now.getHours('Europe/Athens') == 14 && now > timestamp('2026-01-01T00:00:00Z')",
        "metadata.list.all(x, x > 0)",
        "metadata.list.filter(x, x > 1).size() == 2",
    ],
)
def test_what_an_expression_can_say(text: str) -> None:
    facts = facts_of(
        tags=("vip", "new"),
        survey=(SurveyAnswer(id="topic", question="?", answer="billing"),),
        attributes={"order": {"total": 100}, "nothing": None},
        metadata={"list": [1, 2, 3]},
        user={"attributes": {"age": 41}},
        contact=Contact(source="crm", id="1", fields=(ContactField(label="Plan", value="gold"),)),
    )
    assert evaluate(text, facts) == (True, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("attributes.x == 1", "a key is not in its map"),
        ("attributes.n > 'a'", "values of these kinds cannot be compared or put together"),
        ("attributes.n / 0 == 1", "a division by zero"),
        ("bot.matches(attributes.bad)", "a regular expression cannot be read"),
        ("attributes.n", "the result is no truth value (int)"),
    ],
)
def test_error_counts_as_false_and_is_told_without_a_value(text: str, told: str) -> None:
    facts = facts_of(attributes={"n": 5, "bad": "(secret", "s": "secret"})
    assert evaluate(text, facts) == (False, told)


@pytest.mark.parametrize(
    "text",
    [
        "bot.__class__ == ''",
        "__import__('os') == 1",
        "().__class__ == 1",
        "open('/etc/passwd') == ''",
        "getattr(bot, 'x') == ''",
        "type(bot).mro() == 1",
        "lambda: true",
        "true; true",
        "bot = 'x'",
        "f'{bot}' == ''",
        "x == 1",
        "globals().x == 1",
    ],
)
def test_python_is_no_language_of_expressions(text: str) -> None:
    assert flaws_of(text) == ["LC712"]


@pytest.mark.parametrize("key", ["__class__", "__init__", "__globals__", "items", "real", "format"])
def test_attributes_of_python_objects_are_no_keys(key: str) -> None:
    for holder in (
        "user",
        "attributes",
        "metadata",
        "contact",
        "user.attributes",
        "attributes.n",
        "metadata.l",
    ):
        facts = facts_of(attributes={"n": {"a": 1}}, metadata={"l": {}})
        assert evaluate(f"has({holder}.{key})", facts) == (False, None)
        assert evaluate(f"{holder}['{key}'] == 1", facts)[0] is False


@pytest.mark.parametrize(
    "value",
    [
        object(),
        int,
        print,
        {1, 2},
        b"bytes",
        2**70,
        {"__class__": object()},
        [object()],
        "half \ud83d",
        "\x00",
        {"\x00\ud83d": 1},
        float("nan"),
    ],
    ids=lambda value: re.sub(r" at 0x[0-9a-f]+", "", repr(value)),  # addresses differ between processes
)
def test_values_of_any_kind_neither_get_in_nor_break_anything(value: Any) -> None:
    facts = facts_of()
    facts.request.attributes["x"] = value
    assert evaluate("country == 'GR'", facts) == (True, None)
    holds, _ = evaluate("attributes.x == 'nothing like it'", facts)
    assert holds is False


@pytest.mark.parametrize(
    "text",
    [
        "tags.all(t, tags.all(u, t == u))",
        "tags.exists(t, size(tags.filter(u, t == u)) > 1)",
        "tags . all ( t , ( ( skills\n.exists // hidden\n( s, s == t ) ) ) )",
        "size(tags.map(t, t + t)) > 1",
        "[1].map(x, [x]) == []",
        " && ".join(["tags.all(t, true)"] * 5),
        "reason" + " + reason" * 17 + " == ''",
        "true || " * 200 + "true",
    ],
)
def test_expression_that_could_take_long_is_refused(text: str) -> None:
    assert flaws_of(text) == ["LC714"]


@pytest.mark.parametrize(
    "text",
    [
        "'.map(' == bot",
        '"tags.all(t, tags.all(u, true))" == bot',
        "r'.map(' == bot",
        "'''.map(''' == bot // .map(x, y)",
        "'it\\'s .map(' == bot",
        "tags.all(t, true) && tags.all(t, true)",
        "tags.all(t, size(t) > (1 + 2)) || tags.exists_one(t, t == bot)",
    ],
)
def test_what_only_looks_like_it_is_not_refused(text: str) -> None:
    assert flaws_of(text) == []


@pytest.mark.parametrize("text", ["(" * 900 + ")" * 90, "[" * 500, "!" * 990 + "true", "-" * 999, "{" * 100])
def test_deep_expressions_are_read_or_refused_and_nothing_breaks(text: str) -> None:
    assert set(flaws_of(text)) <= {"LC712", "LC713", "LC714"}


def test_expression_that_is_too_long_is_refused_before_it_is_read() -> None:
    assert flaws_of("bot == '" + "a" * LONGEST_EXPRESSION + "'") == ["LC714"]


def the_longest() -> Facts:
    """A request in which everything is as large as it can be, and larger."""
    long = "a" * 1000
    many = {f"k{number}": [long] * 200 for number in range(200)}
    return facts_of(
        reason=long,
        summary="a" * 10_000,
        tags=(long,) * 1000,
        skills=(long,) * 1000,
        survey=tuple(SurveyAnswer(id=f"q{n}", question="?", answer="a" * 4000) for n in range(100)),
        attributes=many,
        metadata=many,
        user={"attributes": many},
    )


@pytest.mark.parametrize(
    "text",
    [
        " || ".join(["tags.exists(t, (t + summary + summary + summary).matches('(a|aa)+b'))"] * 4),
        "tags.all(t, t.matches('(((a{1,30}){1,30}){1,30})x') == false)",
        "summary.matches(summary) && reason.contains(summary) && survey == survey && attributes == metadata",
        "tags.filter(t, skills == tags).size() == 100",
        "tags.all(t, attributes == metadata && attributes == user.attributes)",
    ],
)
def test_worst_expressions_on_the_worst_request_end_soon(text: str) -> None:
    flaws: list[Flaw] = []
    expression = read_expression(text, (), flaws)
    assert expression is not None, flaws
    facts = the_longest()
    began = time.process_time()
    Run(facts).holds(expression)
    assert time.process_time() - began < 2


def test_decision_spends_so_much_time_on_expressions_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "_SECONDS", 0.0)
    assert evaluate("true") == (False, "no time is left for expressions")


def test_decision_does_not_depend_on_how_busy_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    flaws: list[Flaw] = []
    expression = read_expression("bot == 'shop-bot'", (), flaws)
    assert expression is not None, flaws
    spent = iter([0.0, 0.06, 1.0, 1.06])
    clock = SimpleNamespace(thread_time=lambda: next(spent), perf_counter=count(step=60).__next__)
    monkeypatch.setattr(expressions, "time", clock)
    run = Run(facts_of())
    assert run.holds(expression) == (True, None)
    assert run.holds(expression) == (True, None)
    assert run.holds(expression) == (False, "no time is left for expressions")


def test_variables_are_cut_to_size() -> None:
    known = variables(the_longest())
    assert len(known["tags"]) == 100
    assert len(known["summary"]) == 1000

    def count(value: Any) -> int:
        if isinstance(value, dict):
            return 1 + sum(map(count, value.values()))
        return 1 + sum(map(count, value)) if isinstance(value, list) else 1

    assert count(known["attributes"]) + count(known["metadata"]) + count(known["user"]) < 2600


words = st.sampled_from(
    [
        "tags",
        "bot",
        "(",
        ")",
        ".",
        "all",
        "map",
        "t",
        ",",
        "'",
        '"',
        "+",
        "==",
        "&&",
        "!",
        "1",
        "true",
        "[",
        "]",
        "\n",
        "//",
        " ",
    ]
)


@given(st.lists(words, max_size=40).map("".join))
def test_any_text_is_read_or_refused_with_a_code(text: str) -> None:
    flaws: list[Flaw] = []
    expression = read_expression(text, (), flaws)
    assert (expression is None) == bool(flaws)
    if expression is not None:
        assert Run(facts_of()).holds(expression)[0] in {True, False}
