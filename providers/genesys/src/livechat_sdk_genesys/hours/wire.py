"""Genesys' words for schedules: what ``/api/v2/architect/schedulegroups`` and ``…/schedules`` answer."""

from __future__ import annotations

from datetime import datetime

from livechat_sdk.domain.base import Identifier
from livechat_sdk_genesys.wire import Wire

__all__ = ["WireGroup", "WireSchedule", "WireScheduleRef"]


class WireScheduleRef(Wire):
    """A schedule of a group."""

    id: Identifier


class WireGroup(Wire):
    """A group of schedules."""

    state: str | None = None
    time_zone: str | None = None
    open_schedules: tuple[WireScheduleRef, ...] | None = None
    closed_schedules: tuple[WireScheduleRef, ...] | None = None
    holiday_schedules: tuple[WireScheduleRef, ...] | None = None


class WireSchedule(Wire):
    """One schedule; ``start`` and ``end`` are local, and have no zone."""

    name: str = ""
    state: str | None = None
    start: datetime
    end: datetime
    rrule: str | None = None
