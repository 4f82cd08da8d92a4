"""JQL upon the index: fields, operators that they have, and a text search that knows words alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from livechat_sdk_simulators.jira.errors import PlatformError
from livechat_sdk_simulators.jira.forms import FIELDS
from livechat_sdk_simulators.jira.jql import EMPTY, And, Clause, Node, Not, Or, Query
from livechat_sdk_simulators.jira.site import PROJECT, Site

__all__ = ["Finder", "Seen"]

Seen = Mapping[str, tuple[str, ...]]
"""What a search sees of an issue."""

_TEXTS: Final = frozenset({"summary", "description", "comment", "text"})
_TIMES: Final = frozenset({"created", "updated"})
_PEOPLE: Final = frozenset({"reporter", "assignee", "creator"})
_NAMES: Final = {
    "issue": "key",
    "issuekey": "key",
    "id": "key",
    "type": "issuetype",
    "createddate": "created",
}
_EXACT: Final = (
    frozenset({"project", "key", "issuetype", "status", "statuscategory", "labels", "priority", "resolution"})
    | _PEOPLE
)
_ORDERS: Final = frozenset({"<", ">", "<=", ">="})
_EQUALS: Final = frozenset({"=", "!=", "in", "not in", "is", "is not"})
_LIKES: Final = frozenset({"~", "!~", "is", "is not"})
_OFFSET: Final = re.compile(r"([+-]?[0-9]{1,5})([mhdw])")
_UNITS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_WORD: Final = re.compile(r"\w+")
_FORMATS: Final = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")


class Finder:
    """Evaluates queries for the user with ``account_id``."""

    def __init__(self, site: Site, account_id: str) -> None:
        self._site = site
        self._me = account_id

    def check(self, query: Query) -> None:
        """Refuse what cannot be asked. Raises ``VendorError``."""
        if query.where is None:
            told = (
                "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
            )
            raise PlatformError(400, told)
        self._check(query.where)
        for name, _ in query.order:
            self._field(name)

    def _check(self, node: Node) -> None:
        if isinstance(node, And | Or):
            for part in node.parts:
                self._check(part)
        elif isinstance(node, Not):
            self._check(node.part)
        else:
            self._check_clause(node)

    def _check_clause(self, clause: Clause) -> None:
        name = self._field(clause.field)
        allowed = _EQUALS if name in _EXACT or _is_select(name) else _LIKES
        if name in _TIMES:
            allowed = _ORDERS | {"=", "!=", "is", "is not"}
        if name == "key":
            allowed = (_EQUALS - {"is", "is not"}) | _ORDERS
        if clause.operator not in allowed:
            told = f"The operator '{clause.operator}' is not supported by the '{clause.field}' field."
            raise PlatformError(400, told)
        for value in clause.values:
            self._check_value(clause.field, name, value)

    def _check_value(self, field: str, name: str, value: str) -> None:
        if value == EMPTY:
            return
        if value.startswith("\0") and value[1:] not in {"currentuser()", "now()", "unresolved()"}:
            raise PlatformError(400, f"Unable to find JQL function '{value[1:]}'.")
        if name in _TIMES and self._moment(value) is None:
            told = f"Date value '{value}' for field '{field}' is invalid."
            raise PlatformError(400, f"{told} Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm'.")
        if name == "project" and value.lower() not in {one.lower() for one in PROJECT}:
            raise PlatformError(400, f"The value '{value}' does not exist for the field 'project'.")
        if name == "key" and self._site.issue(value) is None:
            raise PlatformError(400, f"An issue with key '{value}' does not exist for field '{field}'.")
        if name in _TEXTS or _is_line(name):
            if value[:1] in {"*", "?"}:
                told = f"The text query '{value}' for field '{field}' is not allowed to start with"
                raise PlatformError(400, f"{told} character '{value[0]}'.")
            if not value.strip():
                raise PlatformError(
                    400, f"The field '{field}' does not support searching for an empty string."
                )

    def _field(self, name: str) -> str:
        """The name in the index. Raises ``VendorError``."""
        low = name.lower()
        wanted = _NAMES.get(low, low)
        custom = re.fullmatch(r"cf\[(\d+)\]", low)
        if custom:
            wanted = f"customfield_{custom[1]}"
        for one in FIELDS.values():
            if wanted in {one.id, one.name.lower()}:
                return one.id
        if wanted in _EXACT | _TEXTS | _TIMES:
            return wanted
        raise PlatformError(400, f"Field '{name}' does not exist or you do not have permission to view it.")

    # ------------------------------------------------------------------------------------ evaluation
    def fits(self, node: Node, seen: Seen) -> bool:
        """Whether what is seen of an issue is what was asked for."""
        if isinstance(node, And):
            return all(self.fits(one, seen) for one in node.parts)
        if isinstance(node, Or):
            return any(self.fits(one, seen) for one in node.parts)
        if isinstance(node, Not):
            return not self.fits(node.part, seen)
        return self._holds(node, seen)

    def _holds(self, clause: Clause, seen: Seen) -> bool:
        name = self._field(clause.field)
        kept = seen.get(name, ())
        wanted = [self._plain(one) for one in clause.values]
        if clause.operator in {"is", "is not"} or wanted == [EMPTY]:
            return bool(kept) is (clause.operator in {"is not", "!="})
        if name in _TIMES or (name == "key" and clause.operator in _ORDERS):
            return self._compared(name, clause.operator, kept, wanted[0])
        if clause.operator == "~":
            return any(_matches(one, wanted[0]) for one in kept)
        if clause.operator == "!~":
            return bool(kept) and not any(_matches(one, wanted[0]) for one in kept)
        among = any(_same(name, mine, one) for mine in kept for one in wanted)
        if clause.operator in {"=", "in"}:
            return among
        return bool(kept) and not among

    def _plain(self, value: str) -> str:
        return {"\0currentuser()": self._me, "\0unresolved()": EMPTY}.get(value, value)

    def _compared(self, name: str, operator: str, kept: Sequence[str], wanted: str) -> bool:
        if name == "key":
            mine, other = (float(_number(one)) for one in (kept[0], wanted))
        else:
            moment = self._moment(wanted)
            mine = datetime.fromisoformat(kept[0]).timestamp()
            other = 0.0 if moment is None else moment.timestamp()
        return _ORDERED[operator](mine, other)

    def _moment(self, value: str) -> datetime | None:
        if value == "\0now()":
            return self._site.now()
        if offset := _OFFSET.fullmatch(value):
            return self._site.now() + timedelta(seconds=int(offset[1]) * _UNITS[offset[2]])
        for form in _FORMATS:
            try:
                return datetime.strptime(value, form).replace(tzinfo=UTC)
            except ValueError:
                continue
        return None

    def sorting(self, name: str) -> Callable[[Seen], tuple[int, str]]:
        """What issues are sorted by."""
        field = self._field(name)

        def key(seen: Seen) -> tuple[int, str]:
            kept = seen.get(field, ())
            if not kept:
                return (0, "")
            return (_number(kept[0]), "") if field == "key" else (0, kept[0].lower())

        return key


_ORDERED: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": lambda mine, other: mine < other,
    ">": lambda mine, other: mine > other,
    "<=": lambda mine, other: mine <= other,
    ">=": lambda mine, other: mine >= other,
    "=": lambda mine, other: mine == other,
    "!=": lambda mine, other: mine != other,
}


def _is_select(name: str) -> bool:
    return name in FIELDS and FIELDS[name].kind == "select"


def _is_line(name: str) -> bool:
    return name in FIELDS and FIELDS[name].kind in {"line", "rich"}


def _same(name: str, kept: str, wanted: str) -> bool:
    return kept == wanted if name == "labels" else kept.lower() == wanted.lower()


def _number(key: str) -> int:
    digits = key.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def _matches(text: str, wanted: str) -> bool:
    """Whether a text has the words that are wanted, in any order; in a row where they are in quotes.

    Signs between letters part words, as the index does: ``h-1`` is the words ``h`` and ``1``.
    """
    words = [one.lower() for one in _WORD.findall(text)]
    if len(wanted) > 1 and wanted.startswith('"') and wanted.endswith('"'):
        phrase = [one.lower() for one in _WORD.findall(wanted)]
        length = len(phrase)
        return any(words[at : at + length] == phrase for at in range(len(words) - length + 1))
    return all(_has(words, one.lower()) for one in re.findall(r"\w+[*?]?", wanted))


def _has(words: Sequence[str], wanted: str) -> bool:
    if wanted.endswith("*"):
        return any(one.startswith(wanted[:-1]) for one in words)
    return wanted in words
