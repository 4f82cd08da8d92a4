"""The query language of Freshdesk's searches: ``"cf_handoff:'7f3c' AND (status:2 OR status:3)"``.

The double quotes belong to the query. Texts stand in single quotes, and there is no way to write a single
quote inside one: it ends there, and what follows is more query, or none that can be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from livechat_sdk_simulators.freshdesk.errors import ValidationFailed, one_problem

__all__ = ["LONGEST", "Condition", "Tree", "fits", "read_query"]

LONGEST: Final = 512
"""Characters of a query."""

_SPACE: Final = re.compile(r"\s*")
_FIELD: Final = re.compile(r"([A-Za-z_]\w*):([<>]?)")
_VALUE: Final = re.compile(r"'([^']*)'|(-?\d+(?:\.\d+)?)(?![\w.])|(true|false|null)\b")
_WORD: Final = re.compile(r"(AND|OR)\b|[()]")
_DEEPEST: Final = 20


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. ``operator`` is empty for equal; ``>`` and ``<`` mean equal as well."""

    field: str
    operator: str
    value: str | float | bool | None


@dataclass(frozen=True, slots=True)
class Tree:
    """Several of which all (``AND``) or one (``OR``) must fit."""

    word: str
    parts: tuple[Tree | Condition, ...]


def read_query(text: str, kinds: Mapping[str, str]) -> Tree | Condition:
    """Read a query. ``kinds`` says of which kind the fields are. Raises ``ValidationFailed``."""
    if len(text) < 2 or not (text.startswith('"') and text.endswith('"')):  # noqa: PLR2004 - both quotes
        raise _unreadable()
    if len(text) > LONGEST:
        message = f"Has {len(text)} characters, it can have maximum of {LONGEST} characters"
        raise one_problem("query", message)
    reader = _Reader(text[1:-1], kinds)
    tree = reader.either(0)
    reader.end()
    return tree


def _unreadable() -> ValidationFailed:
    return one_problem("query", 'Given query is invalid. It should be in the format "(field:value)"')


class _Reader:
    def __init__(self, text: str, kinds: Mapping[str, str]) -> None:
        self._text = text
        self._kinds = kinds
        self._place = 0

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._place)
        self._place = space.end() if space else self._place

    def _take(self, word: str) -> bool:
        self._skip()
        found = _WORD.match(self._text, self._place)
        if found is None or found.group() != word:
            return False
        self._place = found.end()
        return True

    def end(self) -> None:
        """Refuse what is left."""
        self._skip()
        if self._place < len(self._text):
            raise _unreadable()

    def either(self, depth: int) -> Tree | Condition:
        return self._joined("OR", self._both, depth)

    def _both(self, depth: int) -> Tree | Condition:
        return self._joined("AND", self._one, depth)

    def _joined(self, word: str, inner: Callable[[int], Tree | Condition], depth: int) -> Tree | Condition:
        parts = [inner(depth)]
        while self._take(word):
            parts.append(inner(depth))
        return parts[0] if len(parts) == 1 else Tree(word, tuple(parts))

    def _one(self, depth: int) -> Tree | Condition:
        if depth > _DEEPEST:
            raise _unreadable()
        if self._take("("):
            inner = self.either(depth + 1)
            if not self._take(")"):
                raise _unreadable()
            return inner
        return self._condition()

    def _condition(self) -> Condition:
        head = _FIELD.match(self._text, self._place)
        if head is None:
            raise _unreadable()
        name, operator = head.groups()
        found = _VALUE.match(self._text, head.end())
        if found is None or '"' in found.group():
            raise _unreadable()
        self._place = found.end()
        kind = self._kinds.get(name)
        if kind is None:
            raise one_problem(name, "Unexpected/invalid field in request", "invalid_field")
        return Condition(name, operator, _value(name, kind, operator, found))


def _value(name: str, kind: str, operator: str, found: re.Match[str]) -> str | float | bool | None:
    text, number, word = found.groups()
    if word == "null" and not operator:
        return None
    if kind == "flag" and word in {"true", "false"} and not operator:
        return word == "true"
    if kind == "number" and number is not None:
        return float(number)
    if text is not None and (kind == "moment" or (kind == "text" and not operator)):
        return str(text)
    meaning = {"number": "Number", "flag": "Boolean", "moment": "Date"}.get(kind, "String")
    raise one_problem(name, f"It should be a/an {meaning}", "datatype_mismatch")


def fits(tree: Tree | Condition, row: Mapping[str, Any]) -> bool:
    """Whether a row fits."""
    if isinstance(tree, Tree):
        each = (fits(part, row) for part in tree.parts)
        return all(each) if tree.word == "AND" else any(each)
    value = row.get(tree.field)
    if isinstance(value, list):
        values = cast("list[object]", value)
        return any(_compare(one, tree) for one in values) if tree.value is not None else not values
    return _compare(value, tree)


def _compare(value: object, condition: Condition) -> bool:
    wanted = condition.value
    if value is None or wanted is None:
        return value is wanted
    if isinstance(wanted, str):
        one, other = str(value).casefold(), wanted.casefold()
        if condition.operator == ">":
            return one[: len(other)] >= other
        return one[: len(other)] <= other if condition.operator == "<" else _equal(one, other)
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted
    number = float(str(value))
    if condition.operator == ">":
        return number >= wanted
    return number <= wanted if condition.operator == "<" else number == wanted


def _equal(one: str, other: str) -> bool:
    """Texts are equal whatever the case; a day is equal to every moment in it."""
    is_moment = len(one) == len("2026-11-24t09:00:00z") and one[10] == "t"
    return one == other or (is_moment and one[:10] == other)
