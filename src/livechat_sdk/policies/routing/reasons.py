"""What is kept of the facts and rules behind a decision: enough to explain it, little enough to store it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from livechat_sdk.policies.routing.facts import MAPPING, YES, Fact, Item

__all__ = ["OTHERS", "as_numbers", "as_ranges", "by_key", "shown"]

OTHERS: Final = "others"
"""Stands for all keys beyond those that are told one by one."""

_MOST_FACTS: Final = 50
_LONGEST: Final = 80
_MOST_ITEMS: Final = 10
_MOST_KEYS: Final = 60
_LONGEST_KEY: Final = 100
_LARGE: Final = 2**63
_PERSONAL: Final = ("user.", "contact.", "origin", "conversation_id", "summary")
_KNOWN_OF_CONTACT: Final = frozenset({"contact.known", "contact.source", "contact.open_cases"})
_FREE: Final = ("reason", "survey.", "attributes.", "metadata.")


def as_ranges(numbers: Iterable[int]) -> str:
    """Rising numbers in short: ``1-3,7``."""
    runs: list[str] = []
    first = last = -1
    for number in (*numbers, -1):
        if number == last + 1 and last > 0:
            last = number
            continue
        if last > 0:
            runs.append(str(first) if first == last else f"{first}-{last}")
        first = last = number
    return ",".join(runs)


def as_numbers(ranges: str) -> list[int]:
    """The numbers that ``as_ranges`` has put together."""
    numbers: list[int] = []
    for run in filter(None, ranges.split(",")):
        first, _, last = run.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def shown(facts: Mapping[str, Fact], named: Collection[str]) -> dict[str, Any]:
    """The facts that were looked at, without what a person should not be known by.

    ``named`` are the texts that rules name: an answer that is no more than one of them may be repeated.
    """
    fields = [field for field in facts if not field.endswith("~")]
    fields += [field[:-1] for field in facts if field.endswith("~") and field[:-1] not in facts]
    told: dict[str, Any] = {}
    for field in fields[:_MOST_FACTS]:
        told[field[:_LONGEST_KEY]] = _told(field, facts[field], named)
    return told


def _told(field: str, fact: Fact, named: Collection[str]) -> Any:
    if fact is MAPPING:
        return "a mapping"
    if not fact:
        return None
    personal = field.startswith(_PERSONAL) and field not in _KNOWN_OF_CONTACT
    free = field.startswith(_FREE)
    items = [_item(one, hidden=personal or (free and one not in named)) for one in fact[:_MOST_ITEMS]]
    return items[0] if len(fact) == 1 else items


def _item(item: Item, *, hidden: bool) -> Any:
    if isinstance(item, tuple):
        return item == YES
    if isinstance(item, str):
        return f"text of {len(item)} characters" if hidden else item[:_LONGEST]
    if hidden:
        return "a number"
    return item if not isinstance(item, int) or abs(item) < _LARGE else "a large number"


def by_key(failed: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Numbers of rules by the key that failed, in short; keys beyond the first so many are put together."""
    keys = {key: key[:_LONGEST_KEY] if at < _MOST_KEYS else OTHERS for at, key in enumerate(failed)}
    if len(failed) <= _MOST_KEYS and len({*keys.values()}) == len(failed):
        return {keys[key]: as_ranges(numbers) for key, numbers in failed.items()}
    together: dict[str, list[int]] = {}
    for key, numbers in failed.items():
        together.setdefault(keys[key], []).extend(numbers)
    return {key: as_ranges(sorted(numbers)) for key, numbers in together.items()}
