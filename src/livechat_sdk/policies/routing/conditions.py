"""Conditions: the ``when`` of a rule, read once and looked at for every request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

from livechat_sdk.policies.routing.comparing import (
    DEEPEST,
    MOST_ENTRIES,
    Budget,
    Fails,
    Step,
    either,
    every,
    neither,
    read_test,
)
from livechat_sdk.policies.routing.facts import FIELDS, OPEN_FIELDS, Facts, is_field
from livechat_sdk.policies.routing.flaws import Place, near
from livechat_sdk.policies.routing.times import read_time

__all__ = ["Condition", "Entry", "read_condition"]

Entry = tuple[str, str, Fails]
"""The key in the settings, the field (empty: all facts), and what says that it does not hold."""

_WORDS: Final = ("all", "any", "not", "time", "business_hours")
_HOURS: Final = ("open", "closed")


class Condition:
    """A condition that was read: its entries in order; one key may have several."""

    __slots__ = ("entries", "fields", "named")

    def __init__(
        self, entries: Sequence[Entry] = (), named: Iterable[str] = (), fields: Iterable[str] = ()
    ) -> None:
        self.entries = tuple(entries)
        self.named = frozenset(named)
        """The texts that stand in its tests."""
        self.fields = frozenset(fields)
        """The fields that it asks for."""

    def failing(self, facts: Facts) -> str | None:
        """The key of the first entry that does not hold; ``None`` when all do."""
        for key, field, failed in self.entries:
            if failed(facts[field] if field else facts):
                return key
        return None


def read_condition(value: object, budget: Budget) -> Condition:
    """A condition from the settings. What is wrong goes to the budget, with places below the ``when``."""
    entries = _entries(value, (), budget, 1)
    return Condition(entries, budget.named, budget.fields)


def _entries(value: object, at: Place, budget: Budget, depth: int) -> list[Entry]:
    if not isinstance(value, Mapping):
        budget.flaw("LC703", at, "a condition is a mapping of fields and what they must be")
        return []
    if depth > DEEPEST:
        budget.flaw("LC711", at, f"conditions are more than {DEEPEST} levels deep", "make two rules of it")
        return []
    content = cast("Mapping[object, object]", value)
    if not content:
        budget.flaw("LC704", at, "an empty condition", "leave `when` out of a rule that always holds")
    entries: list[Entry] = []
    for key, test in content.items():
        name, here = str(key), (*at, str(key))
        if name not in _WORDS and not is_field(name):
            budget.flaw("LC701", here, f"unknown field {name[:60]!r}", _suggest(name), at_key=True)
            continue
        budget.fields.add(name)
        entries += [(name, field, failed) for field, failed in _steps(name, test, here, budget, depth)]
    return entries


def _steps(name: str, value: object, at: Place, budget: Budget, depth: int) -> list[Step]:
    if name not in _WORDS:
        return read_test(name, value, at, budget)
    if not budget.take(at, depth):
        return []
    match name:
        case "not":
            return [neither(_inside(value, at, budget, depth))]
        case "time":
            return _time(value, at, budget)
        case "business_hours":
            return _hours(value, at, budget)
        case _:
            parts = _parts(value, at, budget, depth)
            return [either(parts) if name == "any" else every(parts)]


def _time(value: object, at: Place, budget: Budget) -> list[Step]:
    read = read_time(value, at, budget.flaws)
    if read is None:
        return []
    zone, fits = read
    return [("", lambda facts: not fits(facts.local(zone)))]


def _hours(value: object, at: Place, budget: Budget) -> list[Step]:
    if not isinstance(value, str) or value not in _HOURS:
        budget.flaw("LC703", at, "business_hours is open or closed")
        return []
    return [("business_hours", frozenset({value}).isdisjoint)]


def _parts(value: object, at: Place, budget: Budget, depth: int) -> list[list[Step]]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        budget.flaw("LC703", at, "must be a list of conditions", "write [{…}, {…}]")
        return []
    items = cast("Sequence[object]", value)
    if not 0 < len(items) <= MOST_ENTRIES:
        budget.flaw("LC704", at, f"the list must have 1 to {MOST_ENTRIES} conditions")
    return [_inside(one, (*at, index), budget, depth) for index, one in enumerate(items[:MOST_ENTRIES])]


def _inside(value: object, at: Place, budget: Budget, depth: int) -> list[Step]:
    return [(field, failed) for _, field, failed in _entries(value, at, budget, depth + 1)]


def _suggest(name: str) -> str:
    for start in OPEN_FIELDS:
        if name.startswith(start) or name == start.rstrip("."):
            return f"write {start}NAME"
    return near(
        name, {*FIELDS, *_WORDS, "attributes", "metadata", "survey"}, "the reference lists all fields"
    )
