"""Whether business hours fit together: names of calendars, company calendars, what is never open or used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from livechat_sdk.config.diagnostics import Draft, did_you_mean
from livechat_sdk.config.tree import MappingNode, Path, plain

__all__ = ["check_hours"]


def check_hours(document: MappingNode, drafts: list[Draft]) -> None:
    """Write down what is wrong; company calendars are read. What has the wrong form is passed over."""
    content = _mapping(plain(document))
    calendars = _mapping(content.get("calendars"))
    for name, calendar in calendars.items():
        _calendar(("calendars", name), _mapping(calendar), drafts)
    used: set[str] = set()
    for name, bot in _mapping(content.get("bots")).items():
        hours = _mapping(_mapping(bot).get("livechat")).get("business_hours")
        path: Path = ("bots", name, "livechat", "business_hours")
        for where, named in _names(hours, path):
            used.add(named)
            if named not in calendars:
                known = ", ".join(sorted(calendars)[:8])
                drafts.append(
                    Draft(
                        "LC802",
                        f"there is no calendar {named[:60]!r}",
                        where,
                        suggestion=did_you_mean(named, calendars)
                        or (f"the file has: {known}" if known else "add it under `calendars:`"),
                    )
                )
        for where, calendar in _written(hours, path):
            _calendar(where, calendar, drafts)
    drafts += [
        Draft("LC882", f"no bot uses the calendar {name[:60]!r}", ("calendars", name), at_key=True)
        for name in calendars
        if name not in used
    ]


def _names(hours: object, path: Path) -> Iterator[tuple[Path, str]]:
    """The names of calendars below business hours, with their places."""
    if isinstance(hours, str):
        yield path, hours
        return
    content = _mapping(hours)
    if isinstance(content.get("calendar"), str):
        yield (*path, "calendar"), content["calendar"]
    for index, entry in enumerate(_list(content.get("for"))):
        yield from _names(_mapping(entry).get("hours"), (*path, "for", index, "hours"))


def _written(hours: object, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The calendars that are written out below business hours."""
    content = _mapping(hours)
    if content and "calendar" not in content:
        yield path, content
    for index, entry in enumerate(_list(content.get("for"))):
        yield from _written(_mapping(entry).get("hours"), (*path, "for", index, "hours"))


def _calendar(path: Path, calendar: Mapping[str, Any], drafts: list[Draft]) -> None:
    if _list(calendar.get("rows")) and "day_zero" not in calendar:
        drafts.append(
            Draft(
                "LC881",
                "day 0 of these rows is taken for Sunday",
                (*path, "rows"),
                suggestion="write `day_zero: sunday` or `day_zero: monday`",
                at_key=True,
            )
        )
    for index, events in enumerate(_list(calendar.get("events"))):
        file = _mapping(events).get("file")
        if isinstance(file, str) and file:
            _file((*path, "events", index, "file"), file, drafts)
    week = "rows" if "weekly" not in calendar else "weekly"
    if _is_empty(calendar.get(week)) and not _opens_elsewhere(calendar):
        drafts.append(Draft("LC605", "the team is never there", (*path, week), at_key=True))


def _file(path: Path, file: str, drafts: list[Draft]) -> None:
    from livechat_sdk.policies.hours.company import load_events
    from livechat_sdk.policies.hours.ics import CompanyFileError

    try:
        load_events(file)
    except CompanyFileError as error:
        drafts.append(Draft(error.code, error.message, path, suggestion=error.advice or None))


def _is_empty(week: object) -> bool:
    if isinstance(week, Mapping):
        return not any(cast("Mapping[str, object]", week).values())
    return isinstance(week, list) and not week


def _opens_elsewhere(calendar: Mapping[str, Any]) -> bool:
    """Whether anything but the week could open the team; when in doubt, yes."""
    holidays = calendar.get("holidays")
    return any(
        bool(one)
        for one in (
            calendar.get("openings"),
            calendar.get("dates"),
            calendar.get("events"),
            _mapping(holidays).get("hours"),
            _mapping(holidays).get("except"),
        )
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[object]:
    return cast("list[object]", value) if isinstance(value, list) else ()
