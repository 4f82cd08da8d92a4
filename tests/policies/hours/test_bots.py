"""Which calendar of a bot holds for a request: the most specific one."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from pydantic import ValidationError

from livechat_sdk.policies.hours import BotHours
from tests.policies.hours.calendars import local

WEEK: dict[str, Any] = {"timezone": "UTC", "weekly": {"daily": ["00:00-24:00"]}}
NOW = local("2026-11-27 18:00", "UTC")


def bot_with(*scopes: dict[str, str], **more: Any) -> BotHours:
    """A bot whose calendars are named after the keys that they hold for."""
    entries = [{**scope, "hours": "+".join(scope.values())} for scope in scopes]
    calendars = {one["hours"]: WEEK for one in entries}
    return BotHours.from_settings({**WEEK, "for": entries}, calendars, **more)


def name_for(bot: BotHours, **request: str) -> str | None:
    return bot.choose(**request).name


def test_the_more_specific_one_holds_whatever_the_order() -> None:
    order = [
        {"queue": "q", "group": "g", "language": "pt-BR"},
        {"queue": "q", "group": "g", "language": "pt"},
        {"queue": "q", "group": "g"},
        {"queue": "q", "language": "pt-BR"},
        {"queue": "q", "language": "pt"},
        {"queue": "q"},
        {"group": "g", "language": "pt-BR"},
        {"group": "g", "language": "pt"},
        {"group": "g"},
        {"language": "pt-BR"},
        {"language": "pt"},
    ]
    request = {"queue": "q", "group": "g", "language": "pt-BR"}
    for better, worse in combinations(order, 2):
        for scopes in ((better, worse), (worse, better)):
            assert name_for(bot_with(*scopes), **request) == "+".join(better.values())


def test_an_entry_holds_only_where_all_its_keys_do() -> None:
    bot = bot_with({"queue": "q", "group": "g"})
    assert name_for(bot, queue="q", group="g") == "q+g"
    for request in ({"queue": "q"}, {"group": "g"}, {"queue": "Q", "group": "g"}, {}):
        assert name_for(bot, **request) is None


@pytest.mark.parametrize(
    ("setting", "request_language", "fits"),
    [
        ("pt", "pt-BR", True),
        ("pt", "PT_br", True),
        ("pt_BR", "pt-br", True),
        ("pt-BR", "pt", False),
        ("pt", "pta", False),
        ("el", "en", False),
    ],
)
def test_languages_hold_for_their_regions(setting: str, request_language: str, fits: bool) -> None:
    bot = bot_with({"language": setting})
    assert (name_for(bot, language=request_language) == setting) is fits


def test_without_a_language_the_bots_own_counts() -> None:
    assert name_for(bot_with({"language": "el"}, language="el-GR")) == "el"
    assert name_for(bot_with({"language": "el"}, language="en")) is None


def test_calendars_are_not_mixed() -> None:
    closed = {"timezone": "UTC", "weekly": {}}
    bot = BotHours.from_settings({**WEEK, "for": [{"queue": "q", "hours": closed}]})
    assert bot.at(NOW).open
    assert not bot.at(NOW, queue="q").open


def test_rows_are_chosen_by_group_within_the_calendar_that_holds() -> None:
    rows = [
        {"userGroupId": "g", "day": 0, "opensAt": 0, "closesAt": 60},
        {"day": 5, "opensAt": 0, "closesAt": 1440},
    ]
    bot = BotHours.from_settings({"timezone": "UTC", "day_zero": "sunday", "rows": rows})
    assert bot.at(NOW).open  # a Friday
    assert not bot.at(NOW, group="g").open
    assert bot.at(NOW, group="other").open


def test_every_calendar_is_listed_once() -> None:
    bot = BotHours.from_settings(
        {"calendar": "all", "for": [{"queue": "a", "hours": "all"}, {"queue": "b", "hours": WEEK}]},
        {"all": WEEK},
    )
    assert len(bot.calendars) == 2


@pytest.mark.parametrize(
    "settings",
    [
        {"calendar": "all", "timezone": "UTC"},
        {"calendar": "all", "weekly": {}},
        {**WEEK, "for": [{"hours": "all"}]},
        {**WEEK, "for": [{"queue": "a"}]},
        {**WEEK, "for": [{"queue": "a", "hours": "all"}, {"queue": "a", "hours": WEEK}]},
        {**WEEK, "for": [{"language": "pt_BR", "hours": "all"}, {"language": "PT-br", "hours": WEEK}]},
        {"for": [{"queue": "a", "hours": "all"}]},
        {},
    ],
)
def test_what_says_nothing_or_two_things_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BotHours.from_settings(settings, {"all": WEEK})
