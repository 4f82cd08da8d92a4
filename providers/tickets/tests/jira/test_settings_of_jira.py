"""The settings of a Jira ticket system, with their places in a file and their warnings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from livechat_sdk.config import load_text
from livechat_sdk.errors import ConfigurationError
from livechat_sdk.registry import Registry
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.jira.settings import JiraTicketingSettings
from providers.tickets.tests.jira.bench import SCOPED, SETTINGS, build

YAML = """\
version: 1
integrations:
  jira:
    type: JIRA_SERVICE_MANAGEMENT_TICKETING
    baseUrl: https://acme.atlassian.net
    userName: bot@acme.example
    token: a-token-that-is-long-enough
    tokenExpires: 2099-01-01
    serviceDeskId: 10
    requestTypeId: 25
    fields:
      Product: {field: customfield_10051, kind: choice, values: {Shop: shop}}
bots:
  shop-bot:
    ticketing: jira
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
        ("kind: choice", "kind: colour", ("LC406", 12, 49)),
        (", values: {Shop: shop}", "", ("LC406", 12, 16)),
        ("2099-01-01", "2020-01-01", ("LC613", 8, 19)),
        ("{Product: Shop}}}", "{Prodct: Shop}}}", ("LC313", 16, 33)),
        ("{Product: Shop}}}", "{Product: Boat}}}", ("LC313", 16, 33)),
    ],
)
def test_what_is_wrong_is_told_at_its_place(old: str, new: str, found: tuple[str, int, int]) -> None:
    assert found in problems(YAML.replace(old, new))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"token": None}, "token"),
        ({"userName": "bot"}, "userName"),
        ({"baseUrl": "https://acme.atlassian.net/jira"}, "baseUrl"),
        ({"baseUrl": SCOPED["baseUrl"]}, "siteUrl is missing"),
        ({"serviceDeskId": "ITH"}, "serviceDeskId"),
        ({"requestTypeId": "25/field"}, "requestTypeId"),
        ({"keyField": "summary"}, "keyField"),
        ({"emailField": "email"}, "emailField"),
        ({"keyField": "customfield_1", "emailField": "customfield_1"}, "fields of their own"),
        ({"keyField": "customfield_1", "fields": {"A": {"field": "customfield_1"}}}, "fields of their own"),
        ({"fields": {"A": {"field": "summary"}}}, "fields of Jira are customfield_NUMBER: A"),
        ({"fields": {"A": {"field": "customfield_1", "kind": "flag"}}}, "no yes-or-no fields"),
        (
            {"fields": {"A": {"field": "customfield_1"}, "B": {"field": "customfield_1"}}},
            "another label has the same field already: B",
        ),
        ({"labels": ["two words"]}, "labels"),
        ({"kinds": {"incident": "Incident"}}, "kinds"),
        ({"states": {"Done": "finished"}}, "states"),
        ({"searchLag": -1}, "searchLag"),
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        build(**wrong)


def settings(**fields: Any) -> JiraTicketingSettings:
    document = {name: value for name, value in {**SETTINGS, **fields}.items() if value is not None}
    return JiraTicketingSettings.model_validate(document)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (None, None),
        ("2027-03-01", None),
        ("2026-12-26", "runs out on 2026-12-26"),
        ("2026-11-26", "ran out on 2026-11-26"),
    ],
)
def test_a_token_that_ends_soon_is_warned_of(ends: str | None, words: str | None) -> None:
    found = list(settings(tokenExpires=ends).remarks(datetime(2026, 11, 26, 9, 30, tzinfo=UTC)))
    assert [words in one.message for one in found if words] == ([True] if words else [])
    assert len(found) == (words is not None)


def test_people_open_requests_at_the_site_wherever_the_api_is() -> None:
    assert build().link("ITH-1") == build(**SCOPED).link("ITH-1") == "https://acme.atlassian.net/browse/ITH-1"


def test_the_tables_of_priorities_kinds_and_states_can_be_changed() -> None:
    one = settings(priorities={"urgent": "Blocker"}, kinds={"incident": 26}, states={"Escalated": "pending"})
    assert (one.priority("urgent"), one.priority("low")) == ("Blocker", "Low")
    assert [one.request_type(kind) for kind in ("incident", "task", None)] == ["26", "25", "25"]
    assert one.request_types == ("25", "26")
    told = [
        one.state(name, category)
        for name, category in [
            ("escalated", "NEW"),
            ("Waiting for customer", "INDETERMINATE"),
            ("Something", "DONE"),
            ("Something", "NEW"),
            ("Something", "UNDEFINED"),
            (None, None),
        ]
    ]
    assert told == ["pending", "pending", "solved", "new", None, None]


def test_the_package_offers_its_type() -> None:
    types = {one.type: one.kind for one in Registry({"tickets": plugin}).types.values()}
    assert types["JIRA_SERVICE_MANAGEMENT_TICKETING"] == "ticketing"
