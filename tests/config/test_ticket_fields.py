"""Fields of ticket templates against those of the ticket system: LC313, at the label."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk.config import load_mapping
from livechat_sdk.provider import IntegrationSettings, IntegrationType


class Desk(IntegrationSettings):
    """A ticket system with one field, which takes one value."""

    def field_trouble(self, label: str, value: object) -> str | None:
        if label != "Product":
            return "is not in the field map"
        return None if value in {None, "shop"} else "cannot be that"


TYPES = [IntegrationType(type="DESK", kind="ticketing", settings=Desk, build=lambda *_: object())]


def problems(bot: Any, integrations: Any = None) -> list[tuple[str, str]]:
    document = {
        "integrations": integrations or {"desk": {"type": "DESK"}},
        "bots": {"shop-bot": {"livechat": {"enabled": False}, "ticketing": "desk", **bot}},
    }
    found = load_mapping(document, types=TYPES).problems
    return [(one.message, one.path) for one in found if one.code == "LC313"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Product": "shop"}, []),
        ({"Product": "{reason}"}, []),
        ({"Product": "boat"}, ["'Product' cannot be that"]),
        ({"Product": True, "Other": "x"}, ["'Product' cannot be that", "'Other' is not in the field map"]),
    ],
)
def test_every_field_that_does_not_fit_is_told(fields: dict[str, Any], told: list[str]) -> None:
    found = problems({"tickets": {"missed": {"fields": fields}}})
    assert sorted(message for message, _ in found) == sorted(told)
    assert all(path.startswith("bots.shop-bot.tickets.missed.fields.") for _, path in found)


@pytest.mark.parametrize(
    "tickets",
    [None, "missed", {"missed": None}, {"missed": {"fields": ["Other"]}}, {"missed": {"fields": {}}}],
)
def test_what_has_another_form_is_passed_over(tickets: Any) -> None:
    assert problems({"tickets": tickets}) == []


@pytest.mark.parametrize("ticketing", [None, "gone", 7, ["desk"]])
def test_without_a_ticket_system_nothing_is_said(ticketing: Any) -> None:
    fields = {"tickets": {"missed": {"fields": {"Other": 1}}}}
    assert problems({**fields, "ticketing": ticketing}) == []
    assert problems(fields, {"desk": {"type": "DESK", "colour": "blue"}}) == []
