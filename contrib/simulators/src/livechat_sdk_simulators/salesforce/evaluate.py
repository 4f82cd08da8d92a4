"""Looks up what SOQL names, checks that types fit, and says which records do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from livechat_sdk_simulators.salesforce.errors import no_column
from livechat_sdk_simulators.salesforce.ids import canonical
from livechat_sdk_simulators.salesforce.rows import Record, Rows
from livechat_sdk_simulators.salesforce.schema import Field, Kind
from livechat_sdk_simulators.salesforce.soql import (
    PLAIN,
    Compare,
    Expression,
    Joined,
    Literal,
    Name,
    Not,
    located,
)

__all__ = ["Evaluator"]

_TEXTS: Final = frozenset({"string", "textarea", "picklist", "email", "phone", "url"})
_IDS: Final = frozenset({"id", "reference"})
_NUMBERS: Final = frozenset({"double", "int"})
_LITERALS: Final = {
    **dict.fromkeys(_TEXTS | _IDS, ("text", "string and should be enclosed in quotes")),
    **dict.fromkeys(_NUMBERS, ("number", "double and should not be enclosed in quotes")),
    "boolean": ("flag", "boolean and should not be enclosed in quotes"),
    "date": ("moment", "date and should not be enclosed in quotes"),
    "datetime": ("moment", "dateTime and should not be enclosed in quotes"),
}
_DAYS: Final = {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1}
_DAY: Final = len("2026-11-24")
_LOCATED_FILES: Final = (
    "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId "
    "or LinkedEntityId using the equals operator or multiple Id's using the IN operator."
)


class Evaluator:
    """Evaluates conditions over the records of one org."""

    def __init__(self, rows: Rows, now: Callable[[], datetime], text: str) -> None:
        self._rows = rows
        self._now = now
        self._text = text

    # ------------------------------------------------------------------------------------------ names
    def field(self, kind: Kind, name: Name) -> Field:
        """The field that a name leads to. Raises ``ApiError``."""
        for step in name.path[:-1]:
            related = self._related(kind, step)
            if related is None:
                message = f"Didn't understand relationship '{step}' in field path."
                raise located(self._text, name.place, "INVALID_FIELD", message)
            kind = related[1]
        field = kind.find(name.path[-1])
        if field is None:
            error = no_column(name.path[-1], kind.name, "entity")
            raise located(self._text, name.place, error.code, error.message)
        return field

    def _related(self, kind: Kind, step: str) -> tuple[Field, Kind] | None:
        for field in kind.fields.values():
            if field.relationship is not None and field.relationship.lower() == step.lower():
                # of several kinds only what all of them have can be asked for: Name, mostly
                target = "User" if "User" in field.reference_to else field.reference_to[0]
                return field, self._rows.kinds[target]
        return None

    def value(self, record: Record, name: Name) -> Any:
        """What a record has under a name."""
        found: Record | None = record
        for step in name.path[:-1]:
            related = self._related(record.kind, step) if found is not None else None
            if found is None or related is None:
                return None
            found = self._rows.anywhere(str(found.values.get(related[0].name) or ""))
            record = found or record
        if found is None:
            return None
        field = found.kind.find(name.path[-1])
        return None if field is None else found.values.get(field.name)

    def target(self, record: Record, step: str) -> tuple[str, Record | None]:
        """Name and record of a relationship."""
        related = self._related(record.kind, step)
        if related is None:
            return step, None
        return related[0].relationship or step, self._rows.anywhere(
            str(record.values.get(related[0].name) or "")
        )

    # ---------------------------------------------------------------------------------------- checking
    def check(self, kind: Kind, tree: Expression | None) -> None:
        """Refuse conditions that cannot be. Raises ``ApiError``."""
        if kind.name == "ContentDocumentLink" and not _names_file(tree):
            raise located(self._text, 0, "MALFORMED_QUERY", _LOCATED_FILES)
        self._check(kind, tree)

    def _check(self, kind: Kind, tree: Expression | None) -> None:
        if isinstance(tree, Not):
            self._check(kind, tree.inner)
        elif isinstance(tree, Joined):
            for part in tree.parts:
                self._check(kind, part)
        elif isinstance(tree, Compare):
            self._check_one(kind, tree)

    def _check_one(self, kind: Kind, tree: Compare) -> None:
        field = self.field(kind, tree.name)
        place = tree.name.place
        if not field.filterable:
            message = f"field '{field.name}' can not be filtered in a query call"
            raise located(self._text, place, "INVALID_FIELD", message)
        wanted, meaning = _LITERALS[field.type]
        for literal in tree.values:
            given = "moment" if literal.kind == "day" else literal.kind
            whole = field.type == "datetime" and literal.kind == "moment" and len(str(literal.value)) == _DAY
            day = field.type == "date" and literal.kind == "moment" and len(str(literal.value)) != _DAY
            if (given not in {wanted, "null"}) or whole or day:
                message = f"value of filter criterion for field '{field.name}' must be of type {meaning}"
                raise located(self._text, place, "INVALID_FIELD", message)
            if field.type in _IDS and literal.value is not None and canonical(str(literal.value)) is None:
                message = f"invalid ID field: {literal.value}"
                raise located(self._text, place, "INVALID_QUERY_FILTER_OPERATOR", message)
        if tree.operator == "like" and field.type not in _TEXTS:
            raise located(self._text, place, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator")

    # ---------------------------------------------------------------------------------------- deciding
    def fits(self, tree: Expression | None, record: Record) -> bool:
        """Whether a record fits."""
        if tree is None:
            return True
        if isinstance(tree, Not):
            return not self.fits(tree.inner, record)
        if isinstance(tree, Joined):
            each = (self.fits(part, record) for part in tree.parts)
            return all(each) if tree.word == "and" else any(each)
        return self._is(tree, self.field(record.kind, tree.name), self.value(record, tree.name))

    def _is(self, tree: Compare, field: Field, value: object) -> bool:
        if tree.operator in {"in", "not in"}:
            found = any(self._equal(field, value, one) for one in tree.values)
            return found == (tree.operator == "in")
        [literal] = tree.values
        if tree.operator == "like":
            return value is not None and _like(str(literal.value)).fullmatch(str(value)) is not None
        if tree.operator in {"=", "!="}:
            return self._equal(field, value, literal) == (tree.operator == "=")
        return self._ordered(field, value, tree.operator, literal)

    def _equal(self, field: Field, value: object, literal: Literal) -> bool:
        if value is None or literal.value is None:
            return value is None and literal.value is None
        return bool(self._ours(field, value) == self._theirs(field, literal))

    def _ordered(self, field: Field, value: object, operator: str, literal: Literal) -> bool:
        if value is None or literal.value is None:
            return False
        one, other = self._ours(field, value), self._theirs(field, literal)
        if operator.startswith("<"):
            one, other = other, one
        return bool(one > other) or (operator.endswith("=") and bool(one == other))

    @staticmethod
    def _ours(field: Field, value: object) -> Any:
        if field.type in _NUMBERS:
            return float(str(value))
        if field.type in _TEXTS:
            return str(value).casefold()
        if field.type == "datetime":
            return datetime.fromisoformat(str(value))
        return value

    def _theirs(self, field: Field, literal: Literal) -> Any:
        if literal.kind == "day":
            moment = self._now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            moment += timedelta(days=_DAYS[str(literal.value)])
            return moment if field.type == "datetime" else moment.date().isoformat()
        if field.type in _IDS:
            return canonical(str(literal.value))
        if field.type in _TEXTS:
            return _spelled_out(str(literal.value)).casefold()
        if field.type == "datetime":
            return datetime.fromisoformat(str(literal.value))
        return literal.value


def _names_file(tree: Expression | None) -> bool:
    if isinstance(tree, Joined) and tree.word == "and":
        return any(_names_file(part) for part in tree.parts)
    return (
        isinstance(tree, Compare)
        and tree.operator in {"=", "in"}
        and tree.name.path[-1].lower() in {"contentdocumentid", "linkedentityid"}
    )


def _spelled_out(text: str) -> str:
    for letter, kept in PLAIN.items():
        text = text.replace(kept, letter)
    return text


def _like(text: str) -> re.Pattern[str]:
    wild = {"%": ".*", "_": "."}
    parts = (wild.get(letter) or re.escape(_spelled_out(letter)) for letter in text)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
