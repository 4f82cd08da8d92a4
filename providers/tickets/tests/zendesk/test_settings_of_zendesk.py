"""The settings of a Zendesk ticket system, with their places in a file and their warnings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from livechat_sdk.config import load_text
from livechat_sdk.errors import ConfigurationError
from livechat_sdk.registry import Registry
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.zendesk.settings import ZendeskTicketingSettings
from providers.tickets.tests.zendesk.bench import OAUTH, SETTINGS, build

YAML = """\
version: 1
integrations:
  zd:
    type: ZENDESK_TICKETING
    baseUrl: https://acme.zendesk.com
    userName: bot@acme.example
    token: a-token-that-is-long-enough
    fields:
      Product: {field: 360001, kind: choice, values: {Shop: shop}}
bots:
  shop-bot:
    ticketing: zd
    tickets: {missed: {fields: {Product: Shop}}}
    livechat: {enabled: false}
"""


def problems(text: str) -> list[tuple[str, int | None, int | None]]:
    types = {one.type: one for one in plugin.livechat_integration_types()}
    return [(one.code, one.line, one.column) for one in load_text(text, types=types).problems]


def test_a_token_is_warned_of_at_its_place() -> None:
    assert problems(YAML) == [("LC613", 7, 12)]


def test_a_field_map_that_is_wrong_is_refused_at_its_place() -> None:
    assert ("LC406", 9, 38) in problems(YAML.replace("kind: choice", "kind: colour"))
    assert ("LC406", 9, 16) in problems(YAML.replace(", values: {Shop: shop}", ""))


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("{Product: shop}", []),
        ('{Product: "{reason}"}', []),
        ("{Prodct: Shop}", [("LC313", 13, 33)]),
        ("{Product: Boat}", [("LC313", 13, 33)]),
        ("{Product: 7, Other: true}", [("LC313", 13, 33), ("LC313", 13, 45)]),
    ],
)
def test_fields_of_templates_are_held_against_the_field_map(
    fields: str, found: list[tuple[str, int, int]]
) -> None:
    text = YAML.replace("{Product: Shop}}}", f"{fields}}}}}")
    assert [one for one in problems(text) if one[0] != "LC613"] == found


def settings(**fields: Any) -> ZendeskTicketingSettings:
    document = {name: value for name, value in {**SETTINGS, **fields}.items() if value is not None}
    return ZendeskTicketingSettings.model_validate(document)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-10-26", "makes new ones only until 2026-10-27"),
        ("2026-10-27", "makes no new ones since 2026-10-27"),
        ("2027-04-29", "takes API tokens until 2027-04-30"),
        ("2027-04-30", "takes no API tokens any more, since 2027-04-30"),
    ],
)
def test_the_warning_names_the_days_on_which_tokens_end(day: str, words: str) -> None:
    now = datetime.fromisoformat(day).replace(tzinfo=UTC)
    (remark,) = settings().remarks(now)
    assert words in remark.message
    assert (remark.setting, remark.advice) == (
        "token",
        "make an OAuth client, and set clientId and clientSecret",
    )


def test_oauth_comes_first_and_is_not_warned_of() -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    assert list(settings(**OAUTH).remarks(now)) == []
    both = {name: value for name, value in OAUTH.items() if value is not None}
    (remark,) = settings(**both).remarks(now)
    assert "is not used" in remark.message


@pytest.mark.feature("TK-04")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"userName": None}, "userName and token go together"),
        ({"userName": None, "token": None}, "credentials are missing"),
        ({"clientId": "x"}, "clientId and clientSecret go together"),
        ({"baseUrl": "https://acme.zendesk.com/api/v2"}, "baseUrl"),
        ({"baseUrl": "https://user:password@acme.zendesk.com"}, "baseUrl"),
        ({"group": "7 or 1"}, "group"),
        ({"tags": ["two words"]}, "tags"),
        ({"scope": "read\nwrite"}, "scope"),
        ({"fields": {"A": {"field": "name"}}}, "fields of Zendesk have numbers: A"),
        ({"fields": {"A": {"field": 1}, "B": {"field": "1"}}}, "another label has the same field already: B"),
        ({"priorities": {"high": "highest"}}, "priorities"),
        ({"states": {"hold": "waiting"}}, "states"),
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        build(**wrong)


def test_the_tables_of_priorities_and_states_can_be_changed() -> None:
    one = settings(priorities={"high": "urgent"}, kinds={"incident": "problem"}, states={"hold": "open"})
    assert (one.priority("high"), one.priority("low"), one.priority(None)) == ("urgent", "low", None)
    assert (one.kind("incident"), one.kind("task")) == ("problem", "task")
    assert [one.state(word) for word in ("hold", "solved", "unheard-of", None)] == [
        "open",
        "solved",
        None,
        None,
    ]


def test_the_package_offers_its_types_without_an_http_client() -> None:
    types = {one.type: one.kind for one in Registry({"tickets": plugin}).types.values()}
    assert types["ZENDESK_TICKETING"] == "ticketing"
