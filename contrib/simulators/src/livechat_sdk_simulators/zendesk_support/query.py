"""The search syntax of Zendesk: ``type:user email:"ann@acme.example" -tags:vip created>2026-01-01 words``.

Terms are joined: the same property named twice means either value, everything else must fit. Words are
matched loosely, from their beginnings; a phrase in double quotes word by word in order. There is no way to
write a double quote inside a phrase: it ends there, and what follows is another term.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

__all__ = ["Term", "matches", "terms", "type_of"]

_PROPERTY: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(>=|<=|:|>|<)")
_WORD: Final = re.compile(r"[^\W_]+")
_DATES: Final = {"created": "created_at", "updated": "updated_at", "due_date": "due_at"}
_NAMES: Final = {"ticket_type": "type", "organization": "organization_id", "requester": "requester_id"}
_LOOSE: Final = (
    "name",
    "email",
    "phone",
    "external_id",
    "notes",
    "details",
    "subject",
    "description",
    "tags",
    "id",
)
_EXACT: Final = frozenset({"status", "priority", "type", "role", "id", "external_id"})
_STATUSES: Final = ("new", "open", "pending", "hold", "solved", "closed")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. ``name`` is empty for words that may stand anywhere."""

    name: str
    operator: str
    value: str
    quoted: bool = False
    negated: bool = False


def terms(query: str) -> list[Term]:
    """Read a query. Nothing is an error: what cannot be read is a word."""
    found: list[Term] = []
    place = 0
    while place < len(query):
        if query[place].isspace():
            place += 1
            continue
        negated = query[place] == "-" and place + 1 < len(query) and not query[place + 1].isspace()
        place += negated
        head = _PROPERTY.match(query, place)
        name, operator = (head.group(1).lower(), head.group(2)) if head else ("", ":")
        place = head.end() if head else place
        value, quoted, place = _value(query, place)
        found.append(Term(name, operator, value, quoted, negated))
    return found


def _value(query: str, place: int) -> tuple[str, bool, int]:
    if query.startswith('"', place):
        end = query.find('"', place + 1)
        end = len(query) if end < 0 else end
        return query[place + 1 : end], True, end + 1
    end = place
    while end < len(query) and not query[end].isspace() and query[end] != '"':
        end += 1
    return query[place:end], False, end


def type_of(query: Iterable[Term]) -> str | None:
    """The kind of record that is searched for, where the query says it."""
    kinds = ("ticket", "user", "organization", "group")
    return next(
        (one.value.lower() for one in query if one.name == "type" and one.value.lower() in kinds), None
    )


def matches(record: Mapping[str, Any], query: Sequence[Term]) -> bool:
    """Whether a record, as it is shown, fits all terms. The ``type`` of the record is not asked here."""
    either: dict[str, bool] = {}
    for term in query:
        if term.name == "type" and term.value.lower() in {"ticket", "user", "organization", "group"}:
            continue
        fits = _fits(record, term)
        if term.negated or term.operator != ":" or not term.name:
            if fits == term.negated:
                return False
        else:
            either[term.name] = either.get(term.name, False) or fits
    return all(either.values())


def _fits(record: Mapping[str, Any], term: Term) -> bool:
    if not term.name:
        return any(_loosely(record.get(name), term) for name in _LOOSE)
    name = _DATES.get(term.name, _NAMES.get(term.name, term.name))
    value = record.get(name)
    if name not in record:
        own: Mapping[str, Any] = record.get("user_fields") or record.get("organization_fields") or {}
        value = own.get(name)
    if term.name.startswith("custom_field_"):
        wanted = term.name.removeprefix("custom_field_")
        value = next((one["value"] for one in record.get("fields", ()) if str(one["id"]) == wanted), None)
    if term.operator != ":":
        return value is not None and _compare(name, str(value), term.operator, term.value)
    if term.value.lower() == "none":
        return value in (None, "", [])
    if name in _DATES.values():
        return str(value).startswith(term.value)
    if name in _EXACT:
        return str(value).lower() == term.value.lower() and value is not None
    return _loosely(value, term)


def _compare(name: str, value: str, operator: str, other: str) -> bool:
    if name == "status" and value in _STATUSES and other in _STATUSES:
        left: Any = _STATUSES.index(value)
        right: Any = _STATUSES.index(other)
    else:
        left, right = value, other
    if operator in {"<", "<="}:
        left, right = right, left
    return bool(left > right or (operator in {">=", "<="} and left == right))


def _loosely(value: object, term: Term) -> bool:
    texts = [str(one) for one in cast("list[object]", value if isinstance(value, list) else [value])]
    wanted = [one.lower() for one in _WORD.findall(term.value)]
    for text in texts if value is not None else ():
        words = [one.lower() for one in _WORD.findall(text)]
        if not wanted:
            if "*" in term.value:
                return True
        elif term.quoted:
            spans = (words[place : place + len(wanted)] for place in range(len(words)))
            if any(span == wanted for span in spans):
                return True
        elif all(any(word.startswith(one) for word in words) for one in wanted):
            return True
    return False
