"""Company calendars: ``.ics`` files that are kept in memory, and read again when they have changed."""

from __future__ import annotations

import logging
import stat
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from livechat_sdk.policies.hours.ics import MAX_BYTES, CompanyFileError, Event, Events, read_events
from livechat_sdk.policies.hours.line import Rule, Stretch
from livechat_sdk.policies.hours.spans import DayHours, day_hours

if TYPE_CHECKING:
    from livechat_sdk.policies.hours.settings import EventsSettings

__all__ = ["CompanyFile", "files_of", "load_events"]

logger = logging.getLogger("livechat_sdk.business_hours")

_LOOK_AGAIN: Final = 60.0  # seconds
_ALL_DAY: Final = ("00:00-24:00",)
_EPOCH: Final = date(1970, 1, 1).toordinal()
_KEPT: Final = 40

_State = tuple[str, int, int]
_known: dict[_State, Events] = {}
"""What was read last, so that checking the settings and using them reads each file once."""
_guard = threading.Lock()


def files_of(settings: Iterable[EventsSettings]) -> list[CompanyFile]:
    """The files that a calendar names. Nothing is read yet."""
    return [CompanyFile(one.file, means_open=one.means == "open", hours=one.hours) for one in settings]


def load_events(path: str) -> Events:
    """The events of a file; one that has not changed is not read again. Blocks.

    Raises ``CompanyFileError``.
    """
    return _load(path)[1]


def _load(path: str) -> tuple[_State, Events]:
    try:
        found = Path(path).stat()
        if not stat.S_ISREG(found.st_mode):
            raise CompanyFileError(f"{path} is no file", "name an .ics file", code="LC816")
        state = (path, found.st_mtime_ns, found.st_size)
        with _guard:
            if state in _known:
                return state, _known[state]
        with Path(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        advice = "check the path; a relative one starts where the program is started"
        raise CompanyFileError(f"{path} does not exist", advice, code="LC816") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise CompanyFileError(f"{path} cannot be read: {reason}", "", code="LC816") from error
    events = read_events(content, path)
    with _guard:
        while len(_known) >= _KEPT:
            del _known[next(iter(_known))]
        _known[state] = events
    return state, events


class CompanyFile:
    """One file with what its events mean. ``version`` grows whenever other events are in force."""

    def __init__(self, path: str, *, means_open: bool, hours: Sequence[str] | None) -> None:
        self.path = path
        self.version = 0
        self._opens = means_open
        self._hours = tuple(hours if hours is not None else _ALL_DAY) if means_open else ()
        self._events: Events | None = None
        self._state: _State | None = None
        self._looked: float | None = None
        self._complained = False
        self._reading = threading.Lock()

    @property
    def is_read(self) -> bool:
        """Whether there are events to answer from."""
        return self._events is not None

    def due(self) -> bool:
        """Whether it is time to look at the file, for the first time or again."""
        return self._looked is None or time.monotonic() - self._looked >= _LOOK_AGAIN

    def refresh(self) -> None:
        """Read the file if it is time, and it has changed. Blocks. What was read before stays if that fails.

        Raises ``CompanyFileError`` when nothing was read before.
        """
        with self._reading:  # whoever waited for another's look need not look again
            if self.due():
                self._look()
                self._looked = time.monotonic()

    def _look(self) -> None:
        try:
            state, events = _load(self.path)
        except CompanyFileError as error:
            if self._events is None:
                raise
            if not self._complained:
                self._complained = True
                logger.warning("the events read last stay in force: %s", error)
            return
        self._complained = False
        if state != self._state:
            self._state, self._events = state, events
            self.version += 1

    def day(self, day: int, zone: str) -> DayHours | None:
        """What an event with dates says of a day, if there is one."""
        name = self._current().days.get(day)
        if name is None:
            return None
        when = date.fromordinal(day + _EPOCH).isoformat()
        label = f"event {when} {name}".rstrip()
        return day_hours("event", label, self._hours, zone, note=f"event {name}".rstrip())

    def instants(self, *, opens: bool) -> list[Stretch]:
        """The events whose times are instants, if they open, or close, as asked for."""
        return self._stretches(self._current().instants) if opens is self._opens else []

    def readings(self, *, opens: bool) -> list[Stretch]:
        """The events whose times are readings of the calendar's clock, as above."""
        return self._stretches(self._current().readings) if opens is self._opens else []

    def _stretches(self, events: Iterable[Event]) -> list[Stretch]:
        word = "open" if self._opens else "closed"
        found: list[Stretch] = []
        for one in events:
            note = f"event {one.name}".rstrip()
            found.append(Stretch(one.start, one.end, Rule(self._opens, "event", f"{word}: {note}", note)))
        return found

    def _current(self) -> Events:
        if self._events is None:
            self.refresh()
        events = self._events
        if events is None:  # pragma: no cover - refresh raises then
            raise CompanyFileError(f"{self.path} was not read", "", code="LC816")
        return events
