"""Business hours as settings and as a plugin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pluggy
import pytest
from pydantic import BaseModel, ValidationError

from livechat_sdk.domain.handoff import OpeningHours, Route
from livechat_sdk.hooks.markers import PROJECT
from livechat_sdk.hooks.specs import BusinessHoursSpecs
from livechat_sdk.policies.business_hours import BusinessHours, BusinessHoursSettings, hours_by_bot
from livechat_sdk.policies.hours.settings import CalendarSettings

MONDAY_TEN = datetime(2026, 11, 23, 8, tzinfo=UTC)  # 10:00 in Athens


def settings_for(
    weekly: dict[str, Any], timezone: Any = "Europe/Athens", **more: Any
) -> BusinessHoursSettings:
    return BusinessHoursSettings.model_validate({"timezone": timezone, "weekly": weekly, **more})


def plugin_of(
    bots: dict[str, BusinessHoursSettings], calendars: dict[str, CalendarSettings] | None = None
) -> BusinessHours:
    return BusinessHours(hours_by_bot({name: (one, "en") for name, one in bots.items()}, calendars or {}))


def asked(
    plugin: BusinessHours, at: datetime = MONDAY_TEN, bot: str = "shop-bot", **route: Any
) -> OpeningHours:
    answer = plugin.livechat_business_hours(Route(integration="desk", bot=bot, **route), at)
    assert isinstance(answer, OpeningHours)
    return answer


def test_livechat_business_hours_uses_the_calendar_of_the_routes_bot() -> None:
    plugin = plugin_of(
        {
            "shop-bot": settings_for({"mon-fri": ["09:00-17:00"]}),
            "night-bot": settings_for({"daily": ["22:00-02:00"]}),
        }
    )
    assert asked(plugin).open
    night = asked(plugin, bot="night-bot")
    assert not night.open
    assert night.next_opening is not None
    assert night.next_opening.isoformat() == "2026-11-23T22:00:00+02:00"
    assert night.rule == "closed until daily 22:00-02:00 Europe/Athens"


def test_livechat_business_hours_uses_the_queue_group_and_language_of_the_route() -> None:
    open_all_day = {"timezone": "Europe/Athens", "weekly": {"daily": ["00:00-24:00"]}}
    scopes = [{"queue": "night", "hours": open_all_day}, {"group": "vip", "language": "el", "hours": "all"}]
    calendars = {"all": CalendarSettings.model_validate(open_all_day)}
    plugin = plugin_of({"shop-bot": settings_for({}, **{"for": scopes})}, calendars)
    assert not asked(plugin).open
    assert asked(plugin, queue="night").open
    assert asked(plugin, group="vip", language="el-GR").open
    assert not asked(plugin, group="vip", language="en").open


def test_livechat_business_hours_abstains_for_a_bot_without_hours() -> None:
    plugin = plugin_of({"shop-bot": settings_for({})})
    assert plugin.livechat_business_hours(Route(integration="desk", bot="other"), MONDAY_TEN) is None


def test_livechat_business_hours_fits_the_hook_and_is_asked_last() -> None:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(BusinessHoursSpecs)
    manager.register(BusinessHours({}))
    manager.check_pending()
    (implementation,) = manager.hook.livechat_business_hours.get_hookimpls()
    assert implementation.trylast


def test_settings_of_one_bot_do_not_change_later() -> None:
    bots = hours_by_bot({"shop-bot": (settings_for({"daily": ["00:00-24:00"]}), "en")}, {})
    plugin = BusinessHours(bots)
    bots.clear()
    assert asked(plugin).open


def test_a_calendar_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="there is no calendar 'office'"):
        plugin_of({"shop-bot": BusinessHoursSettings.model_validate("office")})


def test_settings_cannot_be_changed() -> None:
    settings = settings_for({"mon": ["09:00-10:00"]})
    with pytest.raises(ValidationError):
        settings.timezone = "UTC"  # type: ignore[misc]  # refused is the point
    assert settings.weekly == {"mon": ("09:00-10:00",)}


class Outer(BaseModel):
    """Stands for the settings file around the hours."""

    business_hours: BusinessHoursSettings


def test_every_mistake_is_reported_at_its_own_place() -> None:
    with pytest.raises(ValidationError) as refused:
        Outer.model_validate(
            {
                "business_hours": {
                    "timezone": "Athens",
                    "weekly": {"mon-fri": ["09:00-13:00", "12:00-14:00"], "fri": None},
                }
            }
        )
    found = {error["loc"]: error["msg"] for error in refused.value.errors()}
    assert (
        list(found)
        == [
            ("business_hours", "timezone"),
            ("business_hours", "weekly", "mon-fri", 1),
            ("business_hours", "weekly", "fri"),
            ("business_hours", "weekly", "fri"),
        ][: len(found)]
    )
    assert found["business_hours", "timezone"] == "unknown time zone 'Athens'; did you mean 'Europe/Athens'?"
    assert found["business_hours", "weekly", "mon-fri", 1] == "12:00-14:00 overlaps 09:00-13:00 on 'mon-fri'"
    assert refused.value.error_count() == 4


@pytest.mark.parametrize(
    ("values", "loc"),
    [
        ({"timezone": "UTC", "weekly": {}, "holiday": {"country": "GR"}}, ("holiday",)),
        ({"weekly": {}}, ("timezone",)),
        ({"timezone": "UTC"}, ()),
        ({"timezone": 2, "weekly": {}}, ("timezone",)),
        ({"timezone": "x" * 101, "weekly": {}}, ("timezone",)),
    ],
)
def test_missing_unknown_and_wrong_keys_are_refused(values: dict[str, Any], loc: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        BusinessHoursSettings.model_validate(values)
    assert [error["loc"] for error in refused.value.errors()] == [loc]


def test_the_schema_allows_a_name_or_a_calendar() -> None:
    name, calendar = BusinessHoursSettings.model_json_schema()["anyOf"]
    assert name["type"] == "string"
    assert {"timezone", "weekly", "rows", "holidays", "dates", "for"} <= calendar["properties"].keys()
