"""The settings of a Salesforce ticket system, with their places in a file."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk.config import load_text
from livechat_sdk.errors import ConfigurationError
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.salesforce.settings import SalesforceTicketingSettings
from providers.tickets.tests.salesforce.bench import SETTINGS, build

YAML = """\
version: 1
integrations:
  sf:
    type: SALESFORCE_TICKETING
    baseUrl: https://acme.my.salesforce.com
    clientId: 3MVG9.client
    clientSecret: a-secret-that-is-long-enough
    fields:
      Product: {field: Product__c, kind: choice, values: {Shop: shop}}
bots:
  shop-bot:
    ticketing: sf
    tickets: {missed: {fields: {Product: Shop}}}
    livechat: {enabled: false}
"""


def problems(text: str) -> list[tuple[str, int | None, int | None]]:
    types = {one.type: one for one in plugin.livechat_integration_types()}
    return [(one.code, one.line, one.column) for one in load_text(text, types=types).problems]


def test_a_field_map_that_is_wrong_is_refused_at_its_place() -> None:
    assert problems(YAML) == []
    assert ("LC406", 9, 42) in problems(YAML.replace("kind: choice", "kind: colour"))
    assert problems(YAML.replace("{Product: Shop}}}", "{Product: Boat}}}")) == [("LC313", 13, 33)]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"clientId": None}, "clientId"),
        ({"clientSecret": None}, "clientSecret"),
        ({"baseUrl": "https://acme.my.salesforce.com/services/data"}, "baseUrl"),
        ({"version": "63"}, "version"),
        ({"keyField": "LivechatKey"}, "keyField"),
        ({"keyField": "Key__c/x"}, "keyField"),
        ({"owner": "somebody"}, "owner"),
        ({"recordType": "012' OR Id != '"}, "recordType"),
        ({"assign": "perhaps"}, "assign"),
        ({"fields": {"A": {"field": "two words"}}}, "API names: A"),
        ({"fields": {"A": {"field": "A__c"}, "B": {"field": "A__c"}}}, "has the same field already: B"),
        ({"fields": {"A": {"field": "LivechatKey__c"}}}, "holds our key: A"),
        ({"fields": {"A": {"field": "A__c", "kind": "choice", "values": [1]}}}, "choices are text: A"),
        ({"states": {"New": "fresh"}}, "states"),
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        build(**wrong)


def settings(**fields: Any) -> SalesforceTicketingSettings:
    return SalesforceTicketingSettings.model_validate(SETTINGS | fields)


def test_the_tables_of_priorities_and_states_can_be_changed() -> None:
    one = settings(priorities={"urgent": "Critical"}, kinds={"task": "Request"}, states={"Closed": "closed"})
    assert [one.priority(word) for word in ("low", "normal", "high", "urgent", None)] == [
        *("Low", "Medium", "High"),
        *("Critical", None),
    ]
    assert [one.kind(word) for word in ("question", "incident", "task", None)] == [
        *("Question", "Problem"),
        *("Request", None),
    ]
    assert [one.state(status, closed) for status, closed in (("New", False), ("Closed", True))] == [
        *("new", "closed"),
    ]


@pytest.mark.parametrize(
    ("status", "closed", "state"),
    [
        ("Escalated", False, "open"),
        ("Closed", True, "solved"),
        ("Own word", True, "solved"),
        ("Own word", False, "open"),
        ("Own word", None, None),
        (None, None, None),
    ],
)
def test_a_status_that_nobody_knows_is_open_or_solved(
    status: str | None, closed: bool | None, state: str | None
) -> None:
    assert settings().state(status, closed) == state


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({}, "TRUE"),
        ({"owner": "00G000000000001AAA"}, "FALSE"),
        ({"owner": "00G000000000001AAA", "assign": True}, "TRUE"),
        ({"assign": False}, "FALSE"),
        ({"assign": "01Q000000000001AAA"}, "01Q000000000001AAA"),
    ],
)
def test_whether_assignment_rules_run_is_always_said(given: dict[str, Any], header: str) -> None:
    assert settings(**given).assignment == header
