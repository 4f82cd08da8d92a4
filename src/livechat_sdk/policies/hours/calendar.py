"""One calendar: whether the team is there at an instant, and when that changes next.

The rules are in ``docs/reference/business-hours.md``. The hours of days and of single openings and closings
are laid over each other as readings of the zone's clock, and become instants by what that clock shows: so
gaps and folds need no rule of their own. A year is worked out when it is first asked for, and kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from livechat_sdk.domain.handoff import OpeningHours
from livechat_sdk.policies.hours.dates import day_number
from livechat_sdk.policies.hours.days import Days
from livechat_sdk.policies.hours.line import Kind, Rule, Stretch, first_begun, instants_of, overlay
from livechat_sdk.policies.hours.oneoffs import stretches_of
from livechat_sdk.policies.hours.week import weeks_of
from livechat_sdk.policies.hours.zones import DAY, pieces, second_of, zone_named

if TYPE_CHECKING:
    from livechat_sdk.policies.hours.company import CompanyFile
    from livechat_sdk.policies.hours.settings import CalendarFields

__all__ = ["FIRST_YEAR", "HORIZON", "LAST_YEAR", "Answer", "Calendar", "Part"]

HORIZON: Final = timedelta(days=400)
"""So far behind the instant asked about the next opening and closing are searched for."""

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2200
"""Years that can be asked about."""

_YEARS_KEPT: Final = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the team is there, when that changes next, and what decided.

    ``next_opening`` and ``next_closing`` are in the calendar's zone; ``None``: none within ``HORIZON``.
    """

    open: bool
    kind: Kind
    rule: str
    next_opening: datetime | None
    next_closing: datetime | None

    def hours(self) -> OpeningHours:
        """The same as the hook ``livechat_business_hours`` answers it."""
        return OpeningHours(
            open=self.open,
            next_opening=self.next_opening,
            next_closing=self.next_closing,
            rule=self.rule[:1000],
        )


class Part(NamedTuple):
    """A part of a day: readings of its clock in seconds after midnight, and what holds there.

    In a fold readings come again: a part may begin before the one before it ends.
    """

    start: int
    end: int
    rule: Rule


@dataclass(frozen=True, slots=True)
class _Year:
    """A year of instants (in UTC): what holds from each start on, and where it opens and closes."""

    starts: Sequence[int]
    rules: Sequence[Rule]
    flips: Sequence[int]
    opens: Sequence[bool]


class Calendar:
    """Opening hours in one time zone. Safe to share between threads.

    Raises ``ValueError`` for settings that have not been checked and are wrong.
    """

    def __init__(self, settings: CalendarFields, files: Sequence[CompanyFile] = ()) -> None:
        self.timezone = settings.timezone or "UTC"
        self.files = tuple(files)
        self._zone = zone_named(self.timezone)
        self._closings = stretches_of(settings.closings, "closing", self.timezone)
        self._openings = stretches_of(settings.openings, "opening", self.timezone)
        self._days = {
            group: Days(settings, week, self.timezone, self.files)
            for group, week in weeks_of(settings, self.timezone).items()
        }
        self._year = lru_cache(maxsize=_YEARS_KEPT * len(self._days))(self._work_out)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Calendar:
        """A calendar from what the settings say of it. Reads its ``.ics`` files, and so may block.

        Raises ``pydantic.ValidationError`` (a ``ValueError``) with everything that is wrong, and
        ``ValueError`` for a file that cannot be used.
        """
        from livechat_sdk.policies.hours.company import files_of
        from livechat_sdk.policies.hours.settings import CalendarSettings

        checked = CalendarSettings.model_validate(settings)
        return cls(checked, files_of(checked.events)).loaded()

    def loaded(self) -> Calendar:
        """The same calendar when its files have been read. Blocks. Raises ``ValueError`` if one cannot be."""
        for file in self.files:
            file.refresh()
        return self

    def __repr__(self) -> str:
        return f"Calendar({self.timezone!r})"

    def at(self, moment: datetime, *, group: str | None = None) -> Answer:
        """The answer for an instant; ``group`` chooses among the rows of the platform.

        Raises ``ValueError`` for a time without a zone, and for years before 1970 or after 2200.
        """
        if moment.tzinfo is None:
            raise ValueError("opening hours are asked for at a time with a zone, such as datetime.now(UTC)")
        instant = second_of(moment)
        number = _year_of(instant)
        if not FIRST_YEAR <= number <= LAST_YEAR:
            raise ValueError(f"opening hours are known for {FIRST_YEAR} to {LAST_YEAR}, not for {number}")
        group = group if group in self._days else None
        year = self._year(group, number, self._versions())
        rule = year.rules[bisect_right(year.starts, instant) - 1]
        opening, closing = self._next(group, instant)
        return Answer(
            open=rule.open,
            kind=rule.kind,
            rule=rule.text or self._not_now(group, opening),
            next_opening=self._local(opening),
            next_closing=self._local(closing),
        )

    def local(self, moment: datetime) -> datetime:
        """The same instant on the calendar's clock; a moment without a zone is a reading of that clock."""
        return moment.astimezone(self._zone) if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def day(self, day: date, *, group: str | None = None) -> list[Part]:
        """What holds on one date of the calendar, in order. Raises ``ValueError`` as ``at`` does."""
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(f"opening hours are known for {FIRST_YEAR} to {LAST_YEAR}, not for {day.year}")
        midnight = day_number(day) * DAY
        parts: list[Part] = []
        for piece in pieces(self._zone, midnight - 2 * DAY, midnight + 3 * DAY):
            start = max(piece.start, midnight - piece.offset)
            end = min(piece.end, midnight + DAY - piece.offset)
            if start >= end:
                continue
            shift = piece.offset - midnight
            parts += [
                Part(one.start + shift, one.end + shift, one.rule)
                for one in self._line(group if group in self._days else None, start, end)
            ]
        return parts

    def _next(self, group: str | None, instant: int) -> tuple[int | None, int | None]:
        """The first opening and the first closing after an instant, within the horizon."""
        last = instant + int(HORIZON.total_seconds())
        found: dict[bool, int] = {}
        for number in range(_year_of(instant), min(_year_of(last), LAST_YEAR + 1) + 1):
            year = self._year(group, number, self._versions())
            index = bisect_right(year.flips, instant)
            for flip, opens in zip(year.flips[index : index + 2], year.opens[index : index + 2], strict=True):
                if flip <= last:
                    found.setdefault(opens, flip)
            if len(found) == 2:  # noqa: PLR2004 - an opening and a closing
                break
        return found.get(True), found.get(False)

    def _not_now(self, group: str | None, opening: int | None) -> str:
        """Why it is closed where no rule says more than that no span holds."""
        if opening is None:
            return f"no opening within {HORIZON.days} days {self.timezone}"
        year = self._year(group, _year_of(opening), self._versions())
        return f"closed until {year.rules[bisect_right(year.starts, opening) - 1].text}"

    def _versions(self) -> tuple[int, ...]:
        return tuple(file.version for file in self.files)

    def _local(self, instant: int | None) -> datetime | None:
        if instant is None:
            return None
        return datetime.fromtimestamp(instant, UTC).astimezone(self._zone)

    def _work_out(self, group: str | None, number: int, versions: tuple[int, ...]) -> _Year:
        """One year; ``versions`` of the files, so that what came of older ones is not found again."""
        start, end = _start_of(number), _start_of(number + 1)
        line = self._line(group, start - DAY, end)
        flips = [
            (one.start, one.rule.open)
            for before, one in pairwise(line)
            if one.rule.open != before.rule.open and one.start >= start
        ]
        return _Year(
            starts=[one.start for one in line],
            rules=[one.rule for one in line],
            flips=[instant for instant, _ in flips],
            opens=[opens for _, opens in flips],
        )

    def _line(self, group: str | None, start: int, end: int) -> list[Stretch]:
        """What holds from one instant to another, by the order of the page."""
        zone_pieces = pieces(self._zone, start, end)
        first = min(piece.start + piece.offset for piece in zone_pieces) // DAY
        last = max(piece.end + piece.offset for piece in zone_pieces) // DAY
        days = self._days[group]
        line = instants_of(days.readings(range(first, last + 1)), zone_pieces)
        timed = [
            _cut(
                [
                    *(one for file in self.files for one in file.instants(opens=opens)),
                    *instants_of(
                        first_begun(one for file in self.files for one in file.readings(opens=opens)),
                        zone_pieces,
                    ),
                ],
                start,
                end,
            )
            for opens in (True, False)
        ]
        for above in timed:
            line = overlay(line, above)
        line = overlay(line, instants_of(self._openings, zone_pieces))
        return overlay(line, instants_of(self._closings, zone_pieces))


def _cut(stretches: Iterable[Stretch], start: int, end: int) -> list[Stretch]:
    return first_begun(
        Stretch(max(one.start, start), min(one.end, end), one.rule)
        for one in stretches
        if one.start < end and one.end > start
    )


def _year_of(instant: int) -> int:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant)).year


def _start_of(year: int) -> int:
    return (date(year, 1, 1).toordinal() - date(1970, 1, 1).toordinal()) * DAY
