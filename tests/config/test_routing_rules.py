"""Rules of routing in the settings: what the corpus of broken files cannot show."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from livechat_sdk.config import load_mapping
from livechat_sdk.config.loader import Loaded
from livechat_sdk.config.schema import json_schema
from livechat_sdk.policies.routing import expressions
from tests.config.vendors import ENV, TYPES


def loaded(*rules: Any, own: Any = ()) -> Loaded:
    content = {
        "integrations": {"desk": {"type": "HELVIA_LIVECHAT"}, "night": {"type": "HELVIA_LIVECHAT"}},
        "bots": {"shop-bot": {"livechat": {"integrations": ["desk", "night"], "routing": list(own)}}},
        "routing": list(rules),
    }
    return load_mapping(content, types=TYPES, env=ENV)


def test_expression_without_its_library_is_a_problem_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def without_cel(name: str, *rest: Any) -> Any:
        if name.startswith("cel_expr_python"):
            raise ImportError(name)
        return real(name, *rest)

    expressions._environment.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without_cel)
    (problem,) = loaded({"if": "country == 'GR'", "to": "desk"}).problems
    assert problem.code == "LC715"
    assert problem.path == "routing[0].if"
    assert "livechat-sdk[routing]" in (problem.suggestion or "")


def test_settings_without_an_expression_load_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "_environment", lambda: pytest.fail("loaded"))
    assert loaded({"when": {"country": "GR"}, "to": "desk"}).settings is not None


def test_rules_are_the_bots_own_and_then_those_of_the_file() -> None:
    settings = loaded(
        {"name": "common", "to": "night"}, own=[{"when": {"tags": "vip"}, "to": "desk"}]
    ).settings
    assert settings is not None
    book = settings.rule_books()["shop-bot"]
    assert [(rule.number, rule.place, rule.settings.name) for rule in book.rules] == [
        (1, "bots.shop-bot.livechat.routing[0]", None),
        (2, "routing[0]", "common"),
    ]


def test_revision_of_the_settings_follows_the_rules() -> None:
    rules: list[dict[str, Any]] = [
        {"to": "desk"},
        {"to": "night"},
        {"if": "bot == ''", "to": "night"},
        {"when": {"country": "GR"}, "to": "night"},
    ]
    settings = [loaded(rule).settings for rule in rules]
    assert len({one.revision for one in settings if one is not None}) == len(rules)


def test_thousand_rules_are_the_limit() -> None:
    rule = {"when": {"country": "GR"}, "to": "desk"}
    assert loaded(*[rule] * 1000).settings is not None
    (problem,) = loaded(*[rule] * 1001).problems
    assert problem.code == "LC207"


def test_schema_for_editors_knows_short_forms_of_targets() -> None:
    schema = json_schema(TYPES)
    rule = schema["$defs"]["RoutingRuleSettings"]
    assert rule["required"] == ["to"]
    assert "if" in rule["properties"]
    assert {"type": "string"} in [{"type": one.get("type")} for one in rule["properties"]["to"]["anyOf"]]
