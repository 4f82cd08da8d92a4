"""The settings of a ServiceNow ticket system, with their places in a file."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk.config import load_text
from livechat_sdk.errors import ConfigurationError
from livechat_sdk.registry import Registry
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.servicenow.settings import ServiceNowTicketingSettings
from providers.tickets.tests.servicenow.bench import KEY, OAUTH, SETTINGS, build

YAML = """\
version: 1
integrations:
  sn:
    type: SERVICENOW_TICKETING
    baseUrl: https://acme.service-now.com
    clientId: livechat
    clientSecret: a-secret-that-is-long-enough
    fields:
      Product: {field: u_product, kind: choice, values: {Shop: shop}}
    priorities: {high: {urgency: 1, impact: 1}}
bots:
  shop-bot:
    ticketing: sn
    tickets: {missed: {fields: {Product: Shop}}}
    livechat: {enabled: false}
"""


def problems(text: str) -> list[tuple[str, int | None, int | None]]:
    types = {one.type: one for one in plugin.livechat_integration_types()}
    return [(one.code, one.line, one.column) for one in load_text(text, types=types).problems]


def test_good_settings_have_no_problems() -> None:
    assert problems(YAML) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("kind: choice", "kind: colour", ("LC406", 9, 41)),
        (", values: {Shop: shop}", "", ("LC406", 9, 16)),
        ("urgency: 1", "Urgency: 1", ("LC209", 10, 25)),
        ("{Product: Shop}}}", "{Prodct: Shop}}}", ("LC313", 14, 33)),
        ("{Product: Shop}}}", "{Product: Boat}}}", ("LC313", 14, 33)),
    ],
)
def test_what_is_wrong_is_told_at_its_place(old: str, new: str, found: tuple[str, int, int]) -> None:
    assert found in problems(YAML.replace(old, new))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"userName": None}, "userName and password go together"),
        ({"userName": None, "password": None}, "credentials are missing"),
        ({"clientId": "x"}, "clientId and clientSecret go together"),
        ({"baseUrl": "https://acme.service-now.com/api/now"}, "baseUrl"),
        ({"baseUrl": "https://user:password@acme.service-now.com"}, "baseUrl"),
        ({"table": "incident?x"}, "table"),
        ({"callerColumn": "caller_id.name"}, "callerColumn"),
        ({"caller": "Eleni"}, "caller"),
        ({"contactType": "chat^x"}, "contactType"),
        ({"columns": {"a^b": "x"}}, "columns"),
        ({"columns": {"work_notes": "x"}}, "columns that every ticket sets by itself: work_notes"),
        ({"kinds": {"task": {"caller_id": "x"}}}, "sets by itself: caller_id"),
        ({"fields": {"A": {"field": "correlation_id"}}}, "sets by itself: correlation_id"),
        ({"fields": {"A": {"field": "A B"}}}, "fields of ServiceNow are names of columns: A"),
        (
            {"fields": {"A": {"field": "u_a"}, "B": {"field": "u_a"}}},
            "another label has the same field already: B",
        ),
        ({"priorities": {"highest": {}}}, "priorities"),
        ({"states": {"1": "waiting"}}, "states"),
        ({"noteLimit": 10}, "noteLimit"),
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        build(**wrong)


def settings(**fields: Any) -> ServiceNowTicketingSettings:
    document = {name: value for name, value in {**SETTINGS, **fields}.items() if value is not None}
    return ServiceNowTicketingSettings.model_validate(document)


@pytest.mark.parametrize("credentials", [{}, OAUTH, KEY], ids=["user", "oauth", "key"])
def test_each_kind_of_credentials_is_enough(credentials: dict[str, Any]) -> None:
    assert settings(**credentials).origin == "https://acme.service-now.com"


def test_the_tables_of_priorities_kinds_and_states_can_be_changed() -> None:
    one = settings(
        priorities={"high": {"priority": 1}}, kinds={"task": {"category": "request"}}, states={"18": "open"}
    )
    assert one.priority("high") == {"priority": "1"}
    assert one.priority("urgent") == {"impact": "1", "urgency": "1"}
    assert (one.priority(None), one.kind(None), one.kind("question")) == ({}, {}, {})
    assert one.kind("task") == {"category": "request"}
    assert [one.state(word) for word in ("18", "6", "99", "")] == ["open", "solved", None, None]


def test_cases_are_another_table() -> None:
    system = build(table="sn_customerservice_case", callerColumn="contact")
    assert system.link("a" * 32).endswith("?uri=sn_customerservice_case.do%3Fsys_id%3D" + "a" * 32)


def test_the_package_offers_its_type() -> None:
    types = {one.type: one.kind for one in Registry({"tickets": plugin}).types.values()}
    assert types["SERVICENOW_TICKETING"] == "ticketing"
