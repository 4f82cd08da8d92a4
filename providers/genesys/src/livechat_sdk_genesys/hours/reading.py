"""Reads a group of schedules from Architect, keeps it for a while, and answers from it.

What cannot be read or is not understood is not known: then nothing is answered, and the next plugin with
opening hours is asked, or the bot's own. That is said once, and again only after it was well in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from livechat_sdk.domain.handoff import OpeningHours
from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.policies.hours.zones import zone_named
from livechat_sdk_genesys.calls import Calls
from livechat_sdk_genesys.hours.schedules import Kind, Schedule, ScheduleGroup
from livechat_sdk_genesys.hours.wire import WireGroup, WireSchedule, WireScheduleRef
from livechat_sdk_genesys.wire import read

__all__ = ["PERMISSIONS", "ScheduledHours"]

_log = logging.getLogger("livechat_sdk_genesys")

PERMISSIONS: Final = "routing:scheduleGroup:view and routing:schedule:view"

_FRESH: Final = timedelta(minutes=5)
"""For so long what was read is taken to be so."""

_SULKING: Final = timedelta(minutes=1)
"""For so long after a failure nothing is asked."""

_MOST: Final = 100
"""Schedules of one group: each is a call."""

_IN_FORCE: Final = frozenset({None, "active"})


class ScheduledHours:
    """The opening hours of one group. ``now`` is the clock that ages are told by."""

    def __init__(self, calls: Calls, integration: str, group: str, now: Callable[[], datetime]) -> None:
        self._calls = calls
        self._integration = integration
        self._group = group
        self._now = now
        self._known: ScheduleGroup | None = None
        self._until: datetime | None = None
        """When what is known, or that nothing is, is too old."""
        self._reading: asyncio.Task[ScheduleGroup | None] | None = None
        self._said = False

    async def at(self, moment: datetime) -> OpeningHours | None:
        """Whether it is open; ``None`` where that is not known."""
        group = await self._current()
        if group is None:
            return None
        try:
            hours = await asyncio.to_thread(group.at, moment)  # the rules of many years may take a while
        except ValueError as error:
            self._say(str(error))
            return None
        self._said = False
        return hours

    async def stop(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None

    async def _current(self) -> ScheduleGroup | None:
        if self._until is not None and self._now() < self._until:
            return self._known
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._refreshed())
        # A hook has less time than a slow vendor may take: reading goes on, for whoever asks next.
        return await asyncio.shield(self._reading)

    async def _refreshed(self) -> ScheduleGroup | None:
        self._known = None
        try:
            self._known = await self._read()
        except AuthError as error:
            self._say(f"{error} (permissions {PERMISSIONS})")
        except (ProviderError, ValueError) as error:
            self._say(str(error))
        self._until = self._now() + (_SULKING if self._known is None else _FRESH)
        return self._known

    async def _read(self) -> ScheduleGroup:
        path = f"architect/schedulegroups/{quote(self._group, safe='')}"
        group = read(WireGroup, await self._calls.get("hours", path))
        if group.state not in _IN_FORCE:
            raise ValueError(f"the schedule group is {group.state}")
        if not group.time_zone:
            raise ValueError("the schedule group has no time zone")
        zone = zone_named(group.time_zone)
        kinds: dict[Kind, tuple[WireScheduleRef, ...] | None] = {
            "holiday": group.holiday_schedules,
            "closed": group.closed_schedules,
            "open": group.open_schedules,
        }
        wanted: list[tuple[Kind, WireScheduleRef]] = [
            (kind, one) for kind, refs in kinds.items() for one in refs or ()
        ]
        if len(wanted) > _MOST:
            raise ValueError(f"the schedule group has more than {_MOST} schedules")
        found: list[tuple[Kind, WireSchedule]] = []
        for kind, one in wanted:
            found.append((kind, await self._schedule(one.id)))
        return ScheduleGroup(
            zone,
            tuple(
                Schedule(kind, one.name, one.start, one.end, one.rrule or None)
                for kind, one in found
                if one.state in _IN_FORCE
            ),
        )

    async def _schedule(self, named: str) -> WireSchedule:
        path = f"architect/schedules/{quote(named, safe='')}"
        found = read(WireSchedule, await self._calls.get("hours", path))
        if found.start.tzinfo is not None or found.end.tzinfo is not None:
            raise ValueError(f"schedule {found.name[:100]!r} is not in local time")
        return found

    def _say(self, why: str) -> None:
        if not self._said:
            self._said = True
            _log.warning("%s: whether the schedule group is open is not known: %s", self._integration, why)
