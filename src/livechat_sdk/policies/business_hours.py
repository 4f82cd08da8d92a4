"""The plugin that answers ``livechat_business_hours`` from the settings.

Whether live chat has business hours at all, and that a request outside of them is not routed, is
described at docs.helvia.ai/build/livechat. A bot without hours is always open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from livechat_sdk.domain.handoff import OpeningHours, Route
from livechat_sdk.errors import ConfigurationError, Problem
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.policies.hours import BotHours, Calendar
from livechat_sdk.policies.hours.ics import CompanyFileError
from livechat_sdk.policies.hours.settings import BusinessHoursSettings, CalendarSettings

if TYPE_CHECKING:
    from livechat_sdk.policies.hours.company import CompanyFile

__all__ = ["BusinessHours", "BusinessHoursSettings", "hours_by_bot"]


class BusinessHours:
    """Answers ``livechat_business_hours`` for the bots that have hours; abstains for all others.

    Asked last, so that a plugin with better knowledge comes first. It may run on the event loop: company
    calendars are read in a thread, and every other answer is worked out from memory.
    """

    def __init__(self, bots: Mapping[str, BotHours]) -> None:
        self._bots = dict(bots)
        self._looks: dict[CompanyFile, asyncio.Future[None]] = {}

    @hookimpl(trylast=True)
    def livechat_business_hours(
        self, route: Route, at: datetime
    ) -> OpeningHours | Awaitable[OpeningHours] | None:
        """The hours of the bot, queue, group and language that ``route`` was made for."""
        bot = self._bots.get(route.bot)
        if bot is None:
            return None
        calendar = bot.choose(queue=route.queue, group=route.group, language=route.language).calendar
        if unread := [file for file in calendar.files if not file.is_read]:
            return self._read_first(unread, calendar, route, at)
        for file in calendar.files:
            self._look_again(file)
        return calendar.at(at, group=route.group).hours()

    async def read_files(self) -> None:
        """Read the company calendars of all bots, so that no question has to wait for one.

        Raises ``ConfigurationError`` with every file that cannot be used.
        """
        problems: list[Problem] = []
        calendars = [calendar for bot in self._bots.values() for calendar in bot.calendars]
        for file in dict.fromkeys(file for calendar in calendars for file in calendar.files):
            try:
                await asyncio.to_thread(file.refresh)
            except CompanyFileError as error:
                problems.append(Problem(error.code, error.message, suggestion=error.advice or None))
        if problems:
            raise ConfigurationError(problems)

    async def _read_first(
        self, files: Sequence[CompanyFile], calendar: Calendar, route: Route, at: datetime
    ) -> OpeningHours:
        for file in files:
            await asyncio.to_thread(file.refresh)
        return calendar.at(at, group=route.group).hours()

    def _look_again(self, file: CompanyFile) -> None:
        """Look at a file in a thread, if it is time. Nobody waits: a large one could take too long."""
        if file.due() and file not in self._looks:
            look = asyncio.get_running_loop().run_in_executor(None, file.refresh)
            self._looks[file] = look
            look.add_done_callback(lambda _: self._looks.pop(file, None))


def hours_by_bot(
    bots: Mapping[str, tuple[BusinessHoursSettings, str]], calendars: Mapping[str, CalendarSettings]
) -> dict[str, BotHours]:
    """The hours of each bot from its settings and its language, and the calendars that they share.

    No file is read yet. Raises ``ValueError`` for a calendar that does not exist.
    """
    from livechat_sdk.policies.hours.company import files_of

    shared = {name: Calendar(one, files_of(one.events)) for name, one in calendars.items()}
    return {
        name: BotHours(settings, shared, language=language) for name, (settings, language) in bots.items()
    }
