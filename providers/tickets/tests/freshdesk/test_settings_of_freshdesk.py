"""The settings of a Freshdesk ticket system, with their places in a file."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk.config import load_text
from livechat_sdk.errors import ConfigurationError
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.freshdesk.settings import FreshdeskTicketingSettings
from providers.tickets.tests.freshdesk.bench import SETTINGS, build

YAML = """\
version: 1
integrations:
  fd:
    type: FRESHDESK_TICKETING
    baseUrl: https://acme.freshdesk.com
    apiKey: a-key-that-is-long-enough
    fields:
      Product: {field: cf_product, kind: choice, values: {Shop: shop}}
bots:
  shop-bot:
    ticketing: fd
    tickets: {missed: {fields: {Product: Shop}}}
    livechat: {enabled: false}
"""


def problems(text: str) -> list[tuple[str, int | None, int | None]]:
    types = {one.type: one for one in plugin.livechat_integration_types()}
    return [(one.code, one.line, one.column) for one in load_text(text, types=types).problems]


def test_a_field_map_that_is_wrong_is_refused_at_its_place() -> None:
    assert problems(YAML) == []
    assert ("LC406", 8, 42) in problems(YAML.replace("kind: choice", "kind: colour"))
    assert problems(YAML.replace("{Product: Shop}}}", "{Product: Boat}}}")) == [("LC313", 12, 33)]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"apiKey": None}, "apiKey"),
        ({"baseUrl": "https://acme.freshdesk.com/api/v2"}, "baseUrl"),
        ({"baseUrl": "https://key:X@acme.freshdesk.com"}, "baseUrl"),
        ({"keyField": "livechat_key"}, "keyField"),
        ({"keyField": "cf_x' OR status:2"}, "keyField"),
        ({"searchLag": -1}, "searchLag"),
        ({"searchLag": 7200}, "searchLag"),
        ({"requester": "somebody"}, "requester"),
        ({"group": "7"}, None),
        ({"group": 0}, "group"),
        ({"tags": ["a,b"]}, "tags"),
        ({"tags": ["a" * 33]}, "tags"),
        ({"publicComments": "mail"}, "publicComments"),
        ({"priorities": {"high": 5}}, "priorities"),
        ({"states": {"7": "waiting"}}, "states"),
        ({"fields": {"A": {"field": "product"}}}, "begin with cf_: A"),
        ({"fields": {"A": {"field": "cf_a"}, "B": {"field": "cf_a"}}}, "has the same field already: B"),
        ({"fields": {"A": {"field": "cf_livechat_key"}}}, "holds our key: A"),
        ({"fields": {"A": {"field": "cf_a", "kind": "choices", "values": ["x"]}}}, "holds one choice: A"),
        ({"fields": {"A": {"field": "cf_a", "kind": "choice", "values": [1]}}}, "choices are text: A"),
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any], words: str | None) -> None:
    if words is None:
        build(**wrong)
        return
    with pytest.raises(ConfigurationError, match=words):
        build(**wrong)


def test_the_tables_of_priorities_and_states_can_be_changed() -> None:
    more: dict[str, Any] = {
        "priorities": {"high": 4},
        "kinds": {"task": "Service Task", "incident": "Outage"},
        "states": {"7": "pending", "5": "solved"},
    }
    one = FreshdeskTicketingSettings.model_validate(SETTINGS | more)
    assert [one.priority(word) for word in ("low", "normal", "high", "urgent", None)] == [1, 2, 4, 4, 1]
    assert [one.kind(word) for word in ("question", "incident", "task", None)] == [
        *("Question", "Outage"),
        *("Service Task", None),
    ]
    assert [one.state(number) for number in (2, 3, 4, 5, 7, 99, None)] == [
        *("open", "pending", "solved", "solved"),
        *("pending", None, None),
    ]


def test_a_task_has_no_type_where_none_is_named() -> None:
    assert FreshdeskTicketingSettings.model_validate(SETTINGS).kind("task") is None
