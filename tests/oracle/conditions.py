"""Facts, tests and times of routing rules, written from ``docs/reference/routing.md`` alone.

A fact is a text, a number, a truth value, a list of such, ``MAPPING``, or ``None`` for what is absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from livechat_sdk.domain.people import SEVERAL

__all__ = ["MAPPING", "Asked", "contact_of", "failing_entry", "language_of"]

MAPPING = object()
"""A fact that is a mapping: no test looks into it."""

_TEXT = 1_000
_ITEMS = 100
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ].*)?", re.DOTALL)
_USER = ("id", "name", "email", "phone", "language", "country", "channel", "origin")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "min": lambda fact, bound: fact >= bound,
    "max": lambda fact, bound: fact <= bound,
    "above": lambda fact, bound: fact > bound,
    "below": lambda fact, bound: fact < bound,
}


class Asked:
    """One request, an item of ``livechat explain route --request``, with what the rules may ask about it."""

    def __init__(self, item: Mapping[str, Any], crm: Sequence[str], open_now: Callable[[], bool]) -> None:
        self.request: Mapping[str, Any] = item["request"]
        self.user: Mapping[str, Any] = self.request["user"]
        self.at = datetime.fromisoformat(item["at"])
        self.contact = contact_of(item, crm)
        self.open_now = open_now


def contact_of(item: Mapping[str, Any], crm: Sequence[str]) -> Mapping[str, Any] | None:
    """The first certain contact, in the order of the bot's CRMs."""
    certain = [one for one in item.get("contacts", ()) if one["id"] != SEVERAL]
    return min(certain, key=lambda one: crm.index(one["source"]), default=None)


def language_of(request: Mapping[str, Any]) -> str | None:
    """The language of the request, else of the user."""
    said: str | None = request.get("language") or request["user"].get("language")
    return said


# ------------------------------------------------------------ facts


def _settled(value: Any) -> Any:
    """A value as a fact."""
    if isinstance(value, str):
        return value[:_TEXT] if value[:_TEXT].strip() else None
    if isinstance(value, Mapping):
        return MAPPING if value else None
    if isinstance(value, list):
        items = [_settled(one) for one in value[:_ITEMS] if isinstance(one, str | int | float)]
        return [one for one in items if one is not None] or None
    return value


def _reached(value: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def _of_field(contact: Mapping[str, Any], label: str) -> Any:
    for field in contact.get("fields", ()):
        if _folded(field["label"]) == _folded(label):
            return field["value"] if field.get("raw") is None else field["raw"]
    return None


def _of_contact(contact: Mapping[str, Any] | None, name: str) -> Any:
    if name == "known" or contact is None:
        return contact is not None if name == "known" else None
    if name in {"account", "account_id"}:
        return (contact.get("account") or {}).get("name" if name == "account" else "id")
    if name == "open_cases":
        return sum(case["open"] for case in contact.get("cases", ()))
    if name.startswith("fields."):
        return _of_field(contact, name.removeprefix("fields."))
    return contact.get(name)


def _raw_fact(asked: Asked, field: str) -> Any:
    first, _, rest = field.partition(".")
    if first == "contact":
        return _of_contact(asked.contact, rest)
    if first == "survey":
        answers = [one["answer"] for one in asked.request.get("survey", ()) if one["id"] == rest]
        return answers[-1] if answers else None
    if field == "language":
        return language_of(asked.request)
    if field in {"country", "channel", "origin"}:
        return asked.user.get(field)
    if first == "user" and rest in _USER:
        return asked.user.get(rest)
    return _reached({**asked.request, "user": asked.user}, field)


# ------------------------------------------------------------ tests


def _folded(text: str) -> str:
    return text.strip().casefold()


def _as_number(value: Any) -> int | float | None:
    if isinstance(value, int | float):
        return None if isinstance(value, bool) else value
    if isinstance(value, str) and len(text := value.strip()) <= 30 and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return None


def _as_date(value: Any) -> date | None:
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _equal(fact: Any, wanted: Any, tag: bool) -> bool:
    if isinstance(fact, bool) or isinstance(wanted, bool):
        return fact is wanted
    if isinstance(fact, str) and isinstance(wanted, str):
        one, other = _folded(fact), _folded(wanted)
        if tag:
            one, other = one.replace("_", "-"), other.replace("_", "-")
        return one == other or (tag and one.startswith(f"{other}-"))
    numbers = _as_number(fact), _as_number(wanted)
    return None not in numbers and numbers[0] == numbers[1]


def _fits_glob(text: str, pattern: str) -> bool:
    """By trying for each character of the pattern all places in the text that can be reached."""
    places = {0}
    for sign in pattern:
        if sign == "*":
            places = set(range(min(places), len(text) + 1)) if places else places
        else:
            places = {at + 1 for at in places if at < len(text) and sign in {"?", text[at]}}
    return len(text) in places


def _within(fact: Any, bounds: Mapping[str, Any]) -> bool:
    dates = any(isinstance(bound, str) for bound in bounds.values())
    read = _as_date if dates else _as_number
    value = read(fact)
    return value is not None and all(_BOUNDS[name](value, read(bound)) for name, bound in bounds.items())


def _for_each(fact: Any, passes: Callable[[Any], bool]) -> bool:
    """A test that a list passes when one of its items does; what is absent, or a mapping, fails."""
    if fact is None or fact is MAPPING:
        return False
    return any(passes(one) for one in fact) if isinstance(fact, list) else passes(fact)


def _some(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said]


def _one_holds(name: str, said: Any, fact: Any, tag: bool) -> bool:
    if name == "is":
        return _for_each(fact, lambda one: any(_equal(one, wanted, tag) for wanted in _some(said)))
    if name == "prefix":
        starts = tuple(_folded(text) for text in _some(said))
        return _for_each(fact, lambda one: isinstance(one, str) and _folded(one).startswith(starts))
    if name == "glob":
        globs = [_folded(text) for text in _some(said)]
        return _for_each(
            fact, lambda one: isinstance(one, str) and any(_fits_glob(_folded(one), glob) for glob in globs)
        )
    if name == "exists":
        return (fact is not None) is said
    if name == "not":
        return not _test_holds(said, fact, tag)
    return {"all": all, "any": any}[name](_test_holds(test, fact, tag) for test in said)


def _test_holds(test: Any, fact: Any, tag: bool) -> bool:
    if not isinstance(test, Mapping):
        return _one_holds("is", test, fact, tag)
    bounds = {name: said for name, said in test.items() if name in _BOUNDS}
    if bounds and not _for_each(fact, lambda one: _within(one, bounds)):
        return False
    return all(_one_holds(name, said, fact, tag) for name, said in test.items() if name not in _BOUNDS)


# ------------------------------------------------------------ time


def _weekdays(said: str) -> set[int]:
    found: set[int] = set()
    for part in said.split(","):
        first, *rest = (_DAYS.index(name.strip()[:3]) for name in part.split("-"))
        last = rest[0] if rest else first
        found.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return found


def _in_hours(at: time, said: str) -> bool:
    def clock(text: str) -> float:
        return int(text[:2]) * 3600 + int(text[3:]) * 60

    now = at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1_000_000
    first, second = (clock(text) for text in said.split("-"))
    return first <= now < second if first < second else now >= first or now < second


def _in_dates(day: date, said: str) -> bool:
    first, _, last = said.partition("..")
    last = last or first
    today = day.isoformat()[-len(first) :]
    return first <= today <= last if first <= last else today >= first or today <= last


def _time_fits(said: Mapping[str, Any], at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(said["timezone"]))
    fits = {
        "weekday": lambda one: local.weekday() in _weekdays(one),
        "hours": lambda one: _in_hours(local.time(), one),
        "dates": lambda one: _in_dates(local.date(), one),
    }
    return all(any(map(fits[key], _some(value))) for key, value in said.items() if key != "timezone")


# ------------------------------------------------------------ conditions


def _entry_holds(key: str, said: Any, asked: Asked) -> bool:
    if key in {"all", "any"}:
        held = (failing_entry(condition, asked) is None for condition in said)
        return all(held) if key == "all" else any(held)
    if key == "not":
        return failing_entry(said, asked) is not None
    if key == "time":
        return _time_fits(said, asked.at)
    if key == "business_hours":
        return asked.open_now() is (said == "open")
    return _test_holds(said, _settled(_raw_fact(asked, key)), key in {"language", "user.language"})


def failing_entry(condition: Mapping[str, Any], asked: Asked) -> str | None:
    """The key of the first entry that does not hold; none when the condition holds."""
    return next((key for key, said in condition.items() if not _entry_holds(key, said, asked)), None)
