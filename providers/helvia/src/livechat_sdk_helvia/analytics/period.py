"""Which live chats are meant: those requested in a period, of some bots; and the days of that period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Self

from livechat_sdk.domain.base import utc_text
from livechat_sdk.provider.embedded import SqlValue
from livechat_sdk_helvia.days import day_named, span_of_days, zone_named
from livechat_sdk_helvia.faults import InvalidField

__all__ = ["MAX_BOTS", "MAX_DAYS", "Period"]

MAX_DAYS: Final = 400
"""Longest period."""

MAX_BOTS: Final = 50
"""Most bots that a filter names."""

_LONGEST_BOT: Final = 200
_LONGEST_MOMENT: Final = 40


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` on, until ``until``, which is not part of it. Days are those of ``zone``.

    ``bots`` leaves out the requests of all others; empty is every bot.
    """

    since: datetime
    until: datetime
    zone: tzinfo
    bots: tuple[str, ...] = ()

    @classmethod
    def between(cls, start: str, end: str, zone_name: str, bots: Sequence[str] = ()) -> Self:
        """A period from two moments in ISO 8601; one without an offset is read on the zone's clocks.

        Raises ``InvalidField``: all three are required.
        """
        zone = _zone(zone_name)
        since, until = _moment(start, "startDate", zone), _moment(end, "endDate", zone)
        return cls._checked(since, until, zone, bots)

    @classmethod
    def of_days(cls, first: str, last: str, zone_name: str, bots: Sequence[str] = ()) -> Self:
        """A period of whole days, the last one included. Raises ``InvalidField``: all three are required."""
        zone = _zone(zone_name)
        since, until = span_of_days(day_named(first, "from"), day_named(last, "to"), zone)
        if since is None or until is None:
            raise InvalidField("Name the first and the last day of the period.")
        return cls._checked(since, until, zone, bots)

    @classmethod
    def _checked(cls, since: datetime, until: datetime, zone: tzinfo, bots: Sequence[str]) -> Self:
        if not since < until:
            raise InvalidField("The period ends before it begins.")
        if until - since > timedelta(days=MAX_DAYS, hours=2):  # clocks may change in it
            raise InvalidField(f"A period has {MAX_DAYS} days at most.")
        named = tuple(dict.fromkeys(bot.strip() for bot in bots if bot.strip()))
        if len(named) > MAX_BOTS or any(len(bot) > _LONGEST_BOT or "\x00" in bot for bot in named):
            raise InvalidField(f"A filter names {MAX_BOTS} bots at most.")
        return cls(since, until, zone, named)

    def day_of(self, moment: datetime) -> date:
        """The day of a moment, on the clocks of the zone."""
        return moment.astimezone(self.zone).date()

    @property
    def first_day(self) -> date:
        """The day in which the period begins."""
        return self.day_of(self.since)

    @property
    def last_day(self) -> date:
        """The day in which the period ends."""
        return self.day_of(self.until - timedelta(microseconds=1))

    def days(self) -> list[date]:
        """Every day of which the period has a part."""
        count = (self.last_day - self.first_day).days + 1
        return [self.first_day + timedelta(days=number) for number in range(count)]

    def where(self, *, days_in_utc: bool = False) -> tuple[str, Mapping[str, SqlValue]]:
        """The condition over ``desk_conversations c``, the desk included, and its parameters.

        ``days_in_utc`` means the days in UTC that have the dates of the period instead of the period itself.
        """
        since, until = utc_text(self.since), utc_text(self.until)
        if days_in_utc:
            since, until = self.first_day.isoformat(), (self.last_day + timedelta(days=1)).isoformat()
        params: dict[str, SqlValue] = {"since": since, "until": until}
        where = """c.workspace = :workspace AND c.integration = :integration
            AND c.created_at >= :since AND c.created_at < :until"""
        if self.bots:
            names = {f"bot_{number}": bot for number, bot in enumerate(self.bots)}
            where += f" AND c.bot IN ({', '.join(f':{name}' for name in names)})"
            params |= names
        return where, params


def _zone(name: str) -> tzinfo:
    if not name.strip():
        raise InvalidField("Name the time zone.", hint="Use an IANA name such as Europe/Athens.")
    return zone_named(name.strip())


def _moment(text: str, name: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(text[:_LONGEST_MOMENT])
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidField(
            f"{name!r} is missing or is no moment.", hint="Write it as 2026-03-01T00:00:00+02:00."
        ) from error
