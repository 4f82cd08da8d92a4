"""Spans of days in somebody's time zone, as moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from livechat_sdk_helvia.faults import InvalidField

__all__ = ["MAX_ZONE", "day_named", "span_of_days", "zone_named"]

MAX_ZONE: Final = 60
"""Longest name of a time zone in characters."""


def zone_named(name: str) -> tzinfo:
    """The time zone with this IANA name; empty is UTC. Raises ``InvalidField``."""
    from zoneinfo import ZoneInfo

    if name in {"", "UTC"}:
        return UTC
    try:
        return ZoneInfo(name[:MAX_ZONE])
    except (KeyError, ValueError, OSError) as error:  # unknown; not a name; a folder such as "Europe"
        raise InvalidField(
            f"Unknown time zone {name[:MAX_ZONE]!r}.", hint="Use an IANA name such as Europe/Athens."
        ) from error


def day_named(text: str, name: str) -> date | None:
    """The day written as ``YYYY-MM-DD``; ``None`` for an empty text. Raises ``InvalidField``."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidField(f"{name!r} is no day.", hint="Write it as 2026-03-31.") from error


def span_of_days(
    first: date | None, last: date | None, zone: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """From the beginning of ``first`` to the end of ``last`` (the second moment is not part of the span).

    Days are the zone's own: those on which clocks change have 23 or 25 hours. Raises ``InvalidField`` when
    the last day is before the first one.
    """
    if first and last and last < first:
        raise InvalidField("The last day is before the first one.")
    try:
        after = last + timedelta(days=1) if last else None
        return _midnight(first, zone), _midnight(after, zone)
    except (OverflowError, ValueError) as error:
        raise InvalidField("There is no such day in this time zone.") from error


def _midnight(day: date | None, zone: tzinfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone).astimezone(UTC)
