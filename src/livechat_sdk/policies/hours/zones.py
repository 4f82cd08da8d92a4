"""Time zones: finding them by name, and the stretches of time in which their clocks keep one offset.

Instants are whole seconds since 1970 in UTC. A *reading* is what a clock in the zone shows, as the seconds
from its reading of 1 January 1970, 00:00; within a piece it is the instant plus the offset.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["DAY", "Piece", "pieces", "second_of", "zone_named"]

DAY: Final = 86_400

_NO_ZONES: Final = frozenset({"Factory", "localtime", "posixrules"})
"""In the database, but no places: they mean nothing, or whatever this machine is set to."""

_STEP: Final = 21_600  # seconds: no zone changes its clocks and back again within six hours
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCK: Final = 1464 * _STEP  # a leap year of steps


class Piece(NamedTuple):
    """A stretch of instants, ``end`` not included, with one offset from UTC in seconds."""

    start: int
    end: int
    offset: int


def zone_named(name: str) -> tzinfo:
    """The time zone with this IANA name. Raises ``ValueError`` that suggests a name which exists."""
    from zoneinfo import ZoneInfo

    if name in _NO_ZONES:
        raise ValueError(_no_such_zone(name))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown; not a name; a folder such as "Europe"
        raise ValueError(_no_such_zone(name)) from error


def _no_such_zone(name: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    by_lower = {known.lower(): known for known in sorted(available_timezones() - _NO_ZONES)}
    tail = {known.rpartition("/")[2]: known for known in by_lower}
    asked = name.strip().lower().replace(" ", "_")
    near = by_lower.get(asked) or by_lower.get(tail.get(asked, ""))
    if near is None:
        close = get_close_matches(asked, by_lower, n=1, cutoff=0.75)
        near = by_lower[close[0]] if close else None
    hint = f"did you mean {near!r}?" if near else "use an IANA name such as 'Europe/Athens'"
    return f"unknown time zone {name[:60]!r}; {hint}"


def second_of(moment: datetime) -> int:
    """The second that has begun at a moment with a zone; exact, also before 1970."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def pieces(zone: tzinfo, start: int, end: int) -> list[Piece]:
    """The pieces that cover the instants from ``start`` to ``end``, in order."""
    found: list[Piece] = []
    for block in range(start // _BLOCK, (end - 1) // _BLOCK + 1):
        for piece in _block(zone, block):
            low, high = max(piece.start, start), min(piece.end, end)
            if low >= high:
                continue
            if found and found[-1].offset == piece.offset:
                low = found.pop().start
            found.append(Piece(low, high, piece.offset))
    return found


@lru_cache(maxsize=1024)
def _block(zone: tzinfo, number: int) -> tuple[Piece, ...]:
    """The pieces of one block of time. Kept, because a zone is asked for the same years again and again."""
    start, end = number * _BLOCK, (number + 1) * _BLOCK
    found: list[Piece] = []
    since, offset = start, _offset(zone, start)
    for instant in range(start + _STEP, end + 1, _STEP):
        if _offset(zone, instant - 1) == offset:
            continue
        # The change is after low, and by high: it may be the first second that has not been looked at.
        low, high = max(since, instant - _STEP - 1), instant - 1
        while high - low > 1:
            middle = (low + high) // 2
            if _offset(zone, middle) == offset:
                low = middle
            else:
                high = middle
        found.append(Piece(since, high, offset))
        since, offset = high, _offset(zone, high)
    found.append(Piece(since, end, offset))
    return tuple(found)


def _offset(zone: tzinfo, instant: int) -> int:
    offset = (_EPOCH + timedelta(seconds=instant)).astimezone(zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds())
