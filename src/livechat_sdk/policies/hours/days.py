"""The hours of days: what was set for a date, else events, else public holidays, else the week."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from livechat_sdk.policies.hours.dates import DateTable
from livechat_sdk.policies.hours.holidays_package import PublicHolidays
from livechat_sdk.policies.hours.line import Rule, Stretch, first_begun, overlay
from livechat_sdk.policies.hours.spans import DayHours, day_hours
from livechat_sdk.policies.hours.zones import DAY

if TYPE_CHECKING:
    from livechat_sdk.policies.hours.company import CompanyFile
    from livechat_sdk.policies.hours.settings import CalendarFields

__all__ = ["Days"]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_THURSDAY: Final = 3  # 1 January 1970


class Days:
    """Says for each date of a calendar which spans it has."""

    def __init__(
        self,
        settings: CalendarFields,
        week: Sequence[DayHours],
        zone: str,
        files: Sequence[CompanyFile],
    ) -> None:
        self._week = week
        self._zone = zone
        self._files = files
        holidays = settings.holidays
        self._dates = DateTable((*settings.dates, *(holidays.except_ if holidays else ())))
        self._holidays = (
            None
            if holidays is None
            else PublicHolidays(
                holidays.country, holidays.subdivision, holidays.language, observed=holidays.observed
            )
        )
        self._holiday_hours = holidays.hours if holidays else ()

    def of(self, day: int) -> DayHours:
        """The hours of a day, as days since 1 January 1970."""
        week = self._week[(day + _THURSDAY) % 7]
        entry = self._dates.of(day)
        if entry is not None:
            if entry.hours is None:
                return week
            dated = "" if entry.key == str(date.fromordinal(day + _EPOCH)) else f"{_iso(day)}, "
            note = entry.name or (f"every {entry.key}" if entry.days is None else f"set for {entry.key}")
            return day_hours("date", f"{dated}{entry.label}", entry.hours, self._zone, note=note)
        event = self._event(day)
        if event is not None:
            return event
        if self._holidays is not None:
            name = self._holidays.of(date.fromordinal(day + _EPOCH).year).get(day)
            if name is not None:
                label, note = f"public holiday {_iso(day)} {name}", f"public holiday {name}"
                return day_hours("holiday", label, self._holiday_hours, self._zone, note=note)
        return week

    def readings(self, days: Iterable[int]) -> list[Stretch]:
        """What holds at each reading of the clock on these days, which follow each other."""
        listed = list(days)
        closed: list[Stretch] = []
        spans: list[Stretch] = []
        for day in (listed[0] - 1, *listed):
            hours = self.of(day)
            midnight = day * DAY
            closed.append(Stretch(midnight, midnight + DAY, hours.closed))
            spans += [
                Stretch(midnight + start * 60, midnight + end * 60, rule) for start, end, rule in hours.spans
            ]
        return overlay(closed, first_begun(spans))

    def _event(self, day: int) -> DayHours | None:
        """What events with dates say of a day: one that closes goes before those that open."""
        opening: list[tuple[int, int, Rule]] = []
        closed: Rule | None = None
        for file in self._files:
            hours = file.day(day, self._zone)
            if hours is None:
                continue
            if not hours.spans:
                return hours
            opening += hours.spans
            closed = closed or hours.closed
        return None if closed is None else DayHours(tuple(opening), closed)


def _iso(day: int) -> str:
    return date.fromordinal(day + _EPOCH).isoformat()
