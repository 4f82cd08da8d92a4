"""Whether the parts of the settings fit together: the sides of each rule that no broken file shows."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk.config import load_mapping, load_text
from tests.config.vendors import ENV, TYPES

DESK = {"type": "HELVIA_LIVECHAT"}
TICKETS = {"type": "ZENDESK_TICKETING", "baseUrl": "https://a", "userName": "u", "token": "t" * 20}


def codes(livechat: dict[str, Any], **bot: Any) -> list[str]:
    """The codes for one bot with two desks and a ticket system that may be used."""
    return [
        one.code for one in problems({"integrations": ["desk"], **livechat}, **bot) if one.code != "LC601"
    ]


def problems(livechat: dict[str, Any], **bot: Any) -> Any:
    return load_mapping(
        {
            "integrations": {"desk": DESK, "other": DESK, "tickets": TICKETS},
            "bots": {"shop-bot": {"livechat": livechat, **bot}},
        },
        types=TYPES,
        env=ENV,
    ).problems


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        ({"inactivity": {"remind_after": "5m", "close_after": "5m1s"}}, []),
        ({"inactivity": {"remind_after": "5m", "close_after": "300s"}}, ["LC308"]),
        ({"inactivity": {"close_after": "1s"}}, []),
        ({"inactivity": {"remind_after": "5m"}}, []),
        ({"inactivity": {"remind_after": "5m", "close_after": None}}, []),
        ({"inactivity": {"remind_after": "rubbish", "close_after": "1s"}}, ["LC210"]),
        ({"agent_silence": {"remind_after": 60, "release_after": 59.9}}, ["LC309"]),
        ({"agent_silence": {"remind_after": 60, "release_after": 61}}, []),
        ({"max_duration": "2m1s"}, []),
        ({"max_duration": "2m"}, ["LC310"]),
        ({"max_duration": "1m", "request_timeout": None}, []),
        ({"max_duration": None, "request_timeout": "10d"}, []),
        ({"max_duration": "1h", "request_timeout": "61m"}, ["LC310"]),
    ],
)
def test_clocks_fit_together(clocks: dict[str, Any], expected: list[str]) -> None:
    assert codes(clocks) == expected


@pytest.mark.feature("PV-05")
@pytest.mark.parametrize(
    ("livechat", "bot", "expected"),
    [
        ({"tickets_on": ["missed"]}, {"ticketing": "tickets"}, []),
        ({"tickets_on": ["missed"]}, {}, ["LC312"]),
        ({"tickets_on": []}, {}, []),
        ({}, {"ticketing": "tickets"}, []),
        ({"tickets_on": ["missed"]}, {"ticketing": "desk"}, ["LC304"]),
        ({}, {"crm": ["tickets"]}, ["LC303"]),
        ({"integrations": ["tickets", "desk"]}, {}, ["LC302"]),
        ({"integrations": ["other", "desk", "other"]}, {}, ["LC305"]),
        ({"integrations": ["nobody"]}, {}, ["LC301"]),
        ({"integrations": []}, {}, ["LC306"]),
        ({"integrations": [], "enabled": False}, {}, []),
        ({"integrations": [], "enabled": "no"}, {}, []),
    ],
)
def test_references_fit(livechat: dict[str, Any], bot: dict[str, Any], expected: list[str]) -> None:
    assert codes(livechat, **bot) == expected


@pytest.mark.feature("PV-05")
def test_bot_that_names_an_integration_that_is_not_there_is_refused_at_its_place_with_what_to_do() -> None:
    text = (
        "version: 1\nintegrations:\n  desk: {type: HELVIA_LIVECHAT}\n"
        "bots:\n  shop-bot:\n    livechat:\n      integrations: [desk, dask]\n"
    )
    loaded = load_text(text, types=TYPES, env=ENV)
    assert loaded.settings is None
    (problem,) = loaded.problems
    assert (problem.code, problem.severity, problem.line, problem.column) == ("LC301", "error", 7, 28)
    assert problem.suggestion is not None
    assert "desk" in problem.suggestion


@pytest.mark.feature("PV-05")
def test_integration_whose_type_nobody_brings_cannot_be_used_until_its_package_is_installed() -> None:
    text = (
        "version: 1\nintegrations:\n  acme:\n    type: GENESYS_LIVECHAT\n"
        "bots: {shop-bot: {livechat: {integrations: [acme]}}}\n"
    )
    loaded = load_text(text, types=TYPES, env=ENV)
    assert loaded.settings is None
    (problem,) = loaded.problems
    assert (problem.code, problem.line, problem.column) == ("LC402", 4, 11)
    assert problem.suggestion == "pip install livechat-sdk-genesys"


def test_misplaced_integration_says_where_it_belongs() -> None:
    (problem,) = [one for one in problems({"integrations": ["tickets"]}) if one.code == "LC302"]
    assert problem.message == "integration 'tickets' is for ticketing, not for live chat"
    assert problem.suggestion == "name it under `ticketing:` of the bot"


def test_type_that_is_not_installed_is_not_called_misplaced() -> None:
    loaded = load_mapping(
        {
            "integrations": {"genesys": {"type": "GENESYS_LIVECHAT"}},
            "bots": {"shop-bot": {"livechat": {"integrations": ["genesys"]}, "crm": ["genesys"]}},
        },
        types=TYPES,
        env=ENV,
    )
    assert [one.code for one in loaded.problems] == ["LC402"]


def test_unused_integration_is_not_reported_when_nobody_knows_who_uses_what() -> None:
    for bot in ({"livechat": {"integrations": "desk"}}, {"livechat": None}, {"crm": "tickets"}, None):
        found = load_mapping(
            {"integrations": {"desk": DESK}, "bots": {"b": bot}}, types=TYPES, env=ENV
        ).problems
        assert "LC601" not in [one.code for one in found]


def test_integration_of_a_bot_counts_as_used_wherever_it_is_named() -> None:
    found = problems({"integrations": ["desk", "other"]}, ticketing="tickets")
    assert [one.code for one in found] == []


def test_disabled_ones_are_passed_over() -> None:
    content = {
        "integrations": {"desk": {**DESK, "enabled": False}, "other": DESK},
        "bots": {"shop-bot": {"livechat": {"integrations": ["desk", "other"]}}},
    }
    loaded = load_mapping(content, types=TYPES, env=ENV)
    assert [one.code for one in loaded.problems] == ["LC603"]
    assert loaded.settings is not None
    assert [one.name for one in loaded.settings.integrations_of("shop-bot")] == ["other"]


def test_bot_that_is_off_may_name_disabled_integrations() -> None:
    content = {
        "integrations": {"desk": {**DESK, "enabled": False}},
        "bots": {"shop-bot": {"livechat": {"integrations": ["desk"], "enabled": False}}},
    }
    assert [one.code for one in load_mapping(content, types=TYPES, env=ENV).problems] == ["LC603"]


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:80/x", "HTTP://127.3.4.5/", "https://a.b"],
)
def test_loopback_needs_no_encryption(url: str) -> None:
    assert "LC610" not in address_codes(url)


@pytest.mark.parametrize("url", ["http://chat.example.com", "http://localhost.example.com", "http://[::2]/"])
def test_everybody_else_does(url: str) -> None:
    assert "LC610" in address_codes(url)


def address_codes(url: str) -> list[str]:
    return [one.code for one in load_mapping({"gateway": {"public_url": url}}, types=TYPES, env=ENV).problems]


def test_all_checks_run_although_single_values_are_wrong() -> None:
    content = {
        "workspace": 5,
        "integrations": {"desk": DESK, "Desk": DESK},
        "bots": {
            "shop-bot": {
                "livechat": {
                    "integrations": ["desk", "dsk", 7],
                    "inactivity": {"remind_after": 9, "close_after": 8},
                    "survey": [{"id": "a"}, {"id": "a", "text": "A?"}, "rubbish"],
                    "business_hours": {"timezone": "Nowhere", "weekly": {}},
                    "tickets_on": ["missed"],
                },
            }
        },
    }
    found = {one.code for one in load_mapping(content, types=TYPES, env=ENV).problems}
    assert found == {
        "LC204",
        "LC205",
        "LC221",
        "LC301",
        "LC308",
        "LC311",
        "LC312",
        "LC601",
        "LC602",
        "LC605",
    }


@pytest.mark.parametrize("part", ["integrations", "bots", "gateway", "plugins"])
@pytest.mark.parametrize(
    "value", [None, 5, "text", [], [1], {"a": None}, {"a": 5}, {"a": []}, {"a": {"livechat": 5}}]
)
def test_no_form_of_a_part_makes_the_checks_fail(part: str, value: object) -> None:
    loaded = load_mapping({"version": 1, part: value}, types=TYPES, env=ENV)
    assert loaded.problems
