"""Hours of single dates, under the keys ``2026-12-24``, ``2026-08-10/2026-08-14`` and ``01-02``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, cast

from livechat_sdk.domain.base import Model
from livechat_sdk.policies.settings_troubles import Trouble

__all__ = ["DateHours", "DateTable", "day_number", "names_same_days", "read_dates"]

_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_YEARLY: Final = re.compile(r"(\d{2})-(\d{2})", re.ASCII)
_EPOCH: Final = date(1970, 1, 1).toordinal()
_LEAP_YEAR: Final = 2024
_MOST: Final = 2000
_LONGEST_NAME: Final = 200
_FORMS: Final = "write 2026-12-24, 2026-08-10/2026-08-14, or 12-24 for every year"


def day_number(day: date) -> int:
    """Days since 1 January 1970."""
    return day.toordinal() - _EPOCH


class DateHours(Model):
    """The hours of the dates that ``key`` names; ``hours`` is ``None`` for "like any other day"."""

    key: str
    hours: tuple[str, ...] | None = None
    name: str = ""

    @property
    def label(self) -> str:
        """The key and the name, for people."""
        return f"{self.key} ({self.name})" if self.name else self.key

    @property
    def days(self) -> tuple[int, int] | None:
        """The first and last day as numbers; ``None`` for a day of every year."""
        first, slash, last = self.key.partition("/")
        one = _parsed(first)
        if one is None:
            return None
        other = _parsed(last) if slash else one
        return None if other is None else (day_number(one), day_number(other))

    @property
    def yearly(self) -> tuple[int, int]:
        """Month and day of a key that stands for every year."""
        month, _, day = self.key.partition("-")
        return int(month), int(day)


class DateTable:
    """Finds the hours that were set for a day: a date before a range, a range before a day of every year."""

    def __init__(self, entries: Iterable[DateHours]) -> None:
        self._days: dict[int, DateHours] = {}
        self._ranges: list[tuple[int, int, DateHours]] = []
        self._yearly: dict[tuple[int, int], DateHours] = {}
        for entry in entries:
            days = entry.days
            if days is None:
                self._yearly[entry.yearly] = entry
            elif "/" in entry.key:
                self._ranges.append((*days, entry))
            else:
                self._days[days[0]] = entry

    def __bool__(self) -> bool:
        return bool(self._days or self._ranges or self._yearly)

    def of(self, day: int) -> DateHours | None:
        """What was set for a day, or ``None``."""
        if found := self._days.get(day):
            return found
        for first, last, entry in self._ranges:
            if first <= day <= last:
                return entry
        if not self._yearly:
            return None
        when = date.fromordinal(day + _EPOCH)
        return self._yearly.get((when.month, when.day))


def read_dates(value: object, *, listed: bool = False) -> tuple[tuple[DateHours, ...], list[Trouble]]:
    """The entries that are right, and what is wrong with the others, with paths below ``value``.

    ``listed`` allows a list of mappings and of plain dates too. Never raises.
    """
    entries: list[DateHours] = []
    troubles: list[Trouble] = []
    for at, key, content in _pairs(value, troubles, listed=listed):
        if len(entries) >= _MOST:
            troubles.append(Trouble(at, f"there are more than {_MOST} dates", "LC808", at_key=True))
            break
        entry = _entry(at, key, content, troubles)
        if entry is None:
            continue
        clash = next((one for one in entries if names_same_days(one, entry)), None)
        if clash is not None:
            troubles.append(
                Trouble(
                    at,
                    f"{entry.key} names days that {clash.key} names already; remove one of the two",
                    "LC808",
                    at_key=True,
                )
            )
            continue
        entries.append(entry)
    return tuple(entries), troubles


def _pairs(
    value: object, troubles: list[Trouble], *, listed: bool
) -> Iterator[tuple[tuple[str | int, ...], object, object]]:
    """Path, key and content of each entry."""
    if isinstance(value, Mapping):
        for key, content in cast("Mapping[object, object]", value).items():
            yield (str(key),), key, content
    elif listed and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for index, item in enumerate(cast("Sequence[object]", value)):
            if isinstance(item, Mapping):
                for key, content in cast("Mapping[object, object]", item).items():
                    yield (index, str(key)), key, content
            else:
                yield (index,), item, None
    elif value is not None:
        troubles.append(
            Trouble((), 'must be a mapping of dates; write {2026-12-24: ["09:00-12:00"]}', "LC807")
        )


def _entry(
    at: tuple[str | int, ...], key: object, content: object, troubles: list[Trouble]
) -> DateHours | None:
    text = str(key).strip() if isinstance(key, str | date) else ""
    wrong = _wrong_key(text)
    if wrong:
        shown = text[:40] or type(key).__name__
        troubles.append(Trouble(at, f"{shown!r} {wrong}; {_FORMS}", "LC807", at_key=True))
        return None
    name = ""
    hours_at = at
    if isinstance(content, Mapping):
        table = cast("Mapping[object, Any]", content)
        unknown = [str(one) for one in table if one not in ("hours", "name")]
        if unknown or "hours" not in table:
            what = f"has the unknown key {unknown[0][:40]!r}" if unknown else "has no hours"
            where = (*at, unknown[0]) if unknown else at
            troubles.append(
                Trouble(where, f"{text} {what}; write {{hours: […], name: …}}", "LC809", at_key=True)
            )
            return None
        raw_name = table.get("name")
        if raw_name is not None and (not isinstance(raw_name, str) or len(raw_name) > _LONGEST_NAME):
            troubles.append(
                Trouble((*at, "name"), f"the name is a text of at most {_LONGEST_NAME} characters", "LC809")
            )
            return None
        name, content, hours_at = (raw_name or "").strip(), table["hours"], (*at, "hours")
    if content is None:
        return DateHours(key=text, name=name)
    from livechat_sdk.policies.hours.spans import read_spans

    spans, wrongs = read_spans(content)
    troubles += [Trouble((*hours_at, *wrong.at), wrong.message, "LC809") for wrong in wrongs]
    return None if wrongs else DateHours(key=text, hours=tuple(one.text for one in spans), name=name)


def _wrong_key(text: str) -> str | None:
    first, slash, last = text.partition("/")
    if slash:
        one, other = _parsed(first), _parsed(last)
        if one is None or other is None:
            return "is no range of dates"
        return "ends before it begins" if other < one else None
    if _DATE.fullmatch(text):
        return None if _parsed(text) else "is no day of any calendar"
    yearly = _YEARLY.fullmatch(text)
    if yearly is None:
        return "is no date"
    return None if _parsed(f"{_LEAP_YEAR}-{text}") else "is no day of any year"


def _parsed(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def names_same_days(one: DateHours, other: DateHours) -> bool:
    """Whether two entries of one kind (dates, ranges, days of every year) name a day in common."""
    if ("/" in one.key) != ("/" in other.key):
        return False
    if one.days is None or other.days is None:
        return one.key == other.key
    return one.days[0] <= other.days[1] and other.days[0] <= one.days[1]
