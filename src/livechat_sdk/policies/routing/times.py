"""The ``time`` of a rule: weekdays, hours and dates in a zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, cast

from livechat_sdk.policies.hours.zones import zone_named
from livechat_sdk.policies.routing.flaws import Flaw, Place, near
from livechat_sdk.policies.week_rules import DAY_MINUTES

__all__ = ["TimeTest", "read_time"]

TimeTest = Callable[[datetime], bool]
"""Whether a local time fits."""

_KEYS: Final = ("timezone", "weekday", "hours", "dates")
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS: Final = {name: number % 7 for number, name in enumerate((*_DAYS, *_LONG))}
_HOURS: Final = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})", re.ASCII)
_DATE: Final = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})", re.ASCII)
_LEAP_YEAR: Final = 2000
_MOST: Final = 200
_MINUTE: Final = 60


def read_time(value: object, at: Place, flaws: list[Flaw]) -> tuple[str, TimeTest] | None:
    """The zone and the test; ``None``, with what is wrong among ``flaws``, when it cannot be read."""
    before = len(flaws)
    if not isinstance(value, Mapping):
        example = 'write {timezone: Europe/Athens, weekday: [mon-fri], hours: ["09:00-17:00"]}'
        flaws.append(Flaw("LC703", at, "`time` must be a mapping", example))
        return None
    content = cast("Mapping[str, object]", value)
    for key in content:
        if key not in _KEYS:
            known = f"there is {', '.join(_KEYS)}"
            flaws.append(
                Flaw("LC702", (*at, key), f"unknown key {key[:60]!r}", near(key, _KEYS, known), at_key=True)
            )
    zone = _zone(content, at, flaws)
    tests: list[TimeTest] = []
    for key, read in (("weekday", _weekdays), ("hours", _hours), ("dates", _dates)):
        if key in content:
            tests.append(read(_listed(content[key], (*at, key), flaws), flaws))
    if not any(key in content for key in _KEYS[1:]) and content.keys() <= {*_KEYS}:
        flaws.append(
            Flaw(
                "LC704", at, "`time` has neither weekday nor hours nor dates", "add one of them", at_key=True
            )
        )
    if len(flaws) > before or zone is None:
        return None
    return zone, tests[0] if len(tests) == 1 else _every(tests)


def _every(tests: Sequence[TimeTest]) -> TimeTest:
    def fits(local: datetime) -> bool:
        for test in tests:  # noqa: SIM110 - a generator takes three times as long
            if not test(local):
                return False
        return True

    return fits


def _zone(content: Mapping[str, object], at: Place, flaws: list[Flaw]) -> str | None:
    name = content.get("timezone")
    if not isinstance(name, str):
        there = (*at, "timezone") if "timezone" in content else at
        suggestion = "add timezone: and an IANA name such as Europe/Athens"
        flaws.append(
            Flaw("LC710", there, "`time` needs a time zone", suggestion, at_key="timezone" not in content)
        )
        return None
    try:
        zone_named(name)
    except ValueError as error:
        message, _, suggestion = str(error).partition("; ")
        flaws.append(Flaw("LC710", (*at, "timezone"), message, suggestion or None))
        return None
    return name


def _listed(value: object, at: Place, flaws: list[Flaw]) -> list[tuple[Place, str]]:
    """The texts of a text or a list, each with its place."""
    if isinstance(value, str):
        return [(at, value.strip())]
    if not isinstance(value, Sequence) or isinstance(value, bytes):
        flaws.append(Flaw("LC703", at, "must be a text or a list of texts"))
        return []
    items = cast("Sequence[object]", value)
    if not items or len(items) > _MOST:
        flaws.append(Flaw("LC704", at, f"the list must have 1 to {_MOST} entries"))
        return []
    texts: list[tuple[Place, str]] = []
    for index, item in enumerate(items):
        if isinstance(item, str):
            texts.append(((*at, index), item.strip()))
        else:
            flaws.append(Flaw("LC703", (*at, index), "must be a text", "put it in quotes"))
    return texts


def _weekdays(texts: list[tuple[Place, str]], flaws: list[Flaw]) -> TimeTest:
    days: set[int] = set()
    for at, text in texts:
        for part in text.lower().replace("\N{EN DASH}", "-").split(","):
            first, dash, last = (piece.strip() for piece in part.partition("-"))
            if first not in _NUMBERS or (dash and last not in _NUMBERS):
                wrong = last if first in _NUMBERS else first
                hint = near(wrong, _NUMBERS, "use mon, tue, wed, thu, fri, sat, sun or mon-fri")
                flaws.append(Flaw("LC707", at, f"{wrong[:40]!r} is no day", hint))
                continue
            start = _NUMBERS[first]
            count = (_NUMBERS[last] - start) % 7 if dash else 0
            days |= {(start + offset) % 7 for offset in range(count + 1)}
    wanted = frozenset(days)
    return lambda local: local.weekday() in wanted


def _hours(texts: list[tuple[Place, str]], flaws: list[Flaw]) -> TimeTest:
    spans: list[tuple[int, int]] = []
    for at, text in texts:
        found = _HOURS.fullmatch(text.replace("\N{EN DASH}", "-").replace(" ", ""))
        if found is None:
            flaws.append(Flaw("LC708", at, "this is no span of hours", 'write it as "09:00-17:00"'))
            continue
        h1, m1, h2, m2 = (int(digits) for digits in found.groups())
        start, end = h1 * 60 + m1, h2 * 60 + m2
        if max(m1, m2) >= _MINUTE or end > DAY_MINUTES or start >= DAY_MINUTES:
            flaws.append(Flaw("LC708", at, "hours run from 00:00 to 24:00", "a span cannot start at 24:00"))
            continue
        spans.append((start, end))

    def fits(local: datetime) -> bool:
        # Seconds do not matter: the bounds are whole minutes, and the first is part of the span.
        minute = local.hour * 60 + local.minute
        return any(
            start <= minute < end if start < end else minute >= start or minute < end for start, end in spans
        )

    return fits


def _dates(texts: list[tuple[Place, str]], flaws: list[Flaw]) -> TimeTest:
    full: list[tuple[date, date]] = []
    yearly: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for at, text in texts:
        first, dots, last = (piece.strip() for piece in text.partition(".."))
        read = [_date(first), _date(last if dots else first)]
        match read:
            case [date() as start, date() as end]:
                if end < start:
                    flaws.append(Flaw("LC705", at, "the second date is before the first", "swap them"))
                full.append((start, end))
            case [tuple() as start, tuple() as end]:
                yearly.append((start, end))
            case _:
                hint = 'write "2026-12-24", "12-24", or two of one kind with .. between them'
                flaws.append(Flaw("LC709", at, "this is no date", hint))

    def fits(local: datetime) -> bool:
        day = local.date()
        if any(start <= day <= end for start, end in full):
            return True
        here = (day.month, day.day)
        return any(
            start <= here <= end if start <= end else here >= start or here <= end for start, end in yearly
        )

    return fits


def _date(text: str) -> date | tuple[int, int] | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        full = date(int(year) if year else _LEAP_YEAR, int(month), int(day))
    except ValueError:
        return None
    return full if year else (full.month, full.day)
