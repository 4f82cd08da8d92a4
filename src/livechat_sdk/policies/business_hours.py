"""Business hours of bots: the settings, and the plugin that answers from them.

Whether live chat has business hours at all, and that a request outside of them is not routed, is
described at docs.helvia.ai/build/livechat. A bot without hours is always open.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field, field_validator

from livechat_sdk.domain.base import Model
from livechat_sdk.domain.handoff import OpeningHours, Route
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.policies.settings_troubles import Trouble, refuse
from livechat_sdk.policies.week_rules import read_week
from livechat_sdk.policies.weekly import WeeklyCalendar, zone_named

__all__ = ["BusinessHours", "BusinessHoursSettings", "WeeklyCalendar"]


class BusinessHoursSettings(Model):
    """When the team is there: ``timezone`` is an IANA name, ``weekly`` the spans of each day.

    ``weekly`` is ``{"mon-fri": ["09:00-13:00", "14:00-18:00"], "sat": ["22:00-02:00"]}``: several spans a
    day; an end that is not after its start lies on the next day; ``00:00-24:00`` is a whole day; days may
    be lists (``sat,sun``), ranges that wrap (``fri-mon``) or ``daily``; what is not named is closed.
    """

    timezone: str = Field(max_length=100)
    weekly: dict[str, tuple[str, ...]]

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            zone_named(value)
        except ValueError as error:
            refuse(cls.__name__, [Trouble((), str(error))])
        return value

    @field_validator("weekly", mode="before")
    @classmethod
    def _readable_week(cls, value: Any) -> Any:
        refuse(cls.__name__, read_week(value).troubles)
        return value


class BusinessHours:
    """Answers ``livechat_business_hours`` for the bots that have a calendar; abstains for all others.

    Pure: it may run on the event loop. Asked last, so that a plugin with better knowledge comes first.
    """

    def __init__(self, calendars: Mapping[str, WeeklyCalendar]) -> None:
        self._calendars = dict(calendars)

    @hookimpl(trylast=True)
    def livechat_business_hours(self, route: Route, at: datetime) -> OpeningHours | None:
        """The hours of the bot that ``route`` was made for."""
        calendar = self._calendars.get(route.bot)
        return None if calendar is None else calendar.at(at)
