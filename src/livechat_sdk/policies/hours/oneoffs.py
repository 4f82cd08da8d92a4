"""Single openings and closings: open, or closed, from one reading of the clock to another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

from livechat_sdk.policies.hours.dates import day_number
from livechat_sdk.policies.hours.line import Rule, Stretch, first_begun
from livechat_sdk.policies.hours.zones import DAY

if TYPE_CHECKING:
    from livechat_sdk.policies.hours.settings import OneOffSettings

__all__ = ["read_reading", "stretches_of"]

_READING: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}):(\d{2}))?", re.ASCII)


def read_reading(text: str, *, ending: bool) -> int:
    """The reading in ``2026-11-30 10:00`` or ``2026-11-30``, in seconds; ``ending`` takes a date's end.

    Raises ``ValueError`` that says what is wrong.
    """
    match = _READING.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text[:40]!r} is no date with a time; write 2026-11-30 10:00 or 2026-11-30")
    day, hour, minute = match.groups()
    try:
        begins = day_number(date.fromisoformat(day)) * DAY
    except ValueError:
        raise ValueError(f"{day} is no day of any calendar; check the day and the month") from None
    if hour is None:
        return begins + DAY if ending else begins
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > 24 * 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(f"{text[:40]!r} has no time of a day; times run from 00:00 to 24:00")
    return begins + minutes * 60


def stretches_of(
    oneoffs: Iterable[OneOffSettings], kind: Literal["closing", "opening"], zone: str
) -> list[Stretch]:
    """The readings that they have, in order; where several hold, the one that began first is kept."""
    opens = kind == "opening"
    return first_begun(
        Stretch(
            read_reading(one.from_, ending=False),
            read_reading(one.to, ending=True),
            Rule(opens, kind, _said(one, opens=opens, zone=zone), _note(one, kind)),
        )
        for one in oneoffs
    )


def _note(one: OneOffSettings, kind: str) -> str:
    return f"{kind} {one.name.strip() or one.from_.strip()}"


def _said(one: OneOffSettings, *, opens: bool, zone: str) -> str:
    name = f"{one.name.strip()}, " if one.name.strip() else ""
    return f"{'open' if opens else 'closed'}: {name}{one.from_.strip()} to {one.to.strip()} {zone}"
