"""Reads SOQL: tokens, then a tree.

A quote inside a text that no backslash precedes ends the text, and no line break may stand in one. Known are
``SELECT`` with paths, ``COUNT()`` and subqueries, ``FROM``, ``WHERE`` with comparisons, ``LIKE``, ``IN``,
``NOT IN``, ``AND``, ``OR``, ``NOT`` and brackets, ``ORDER BY``, ``LIMIT`` and ``OFFSET``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from livechat_sdk_simulators.salesforce.errors import ApiError

__all__ = [
    "PLAIN",
    "Compare",
    "Expression",
    "Joined",
    "Literal",
    "Name",
    "Not",
    "Order",
    "Query",
    "located",
    "read_soql",
]

_SPACE: Final = re.compile(r"\s+")
_TOKEN: Final = re.compile(
    r"""
    (?P<text>'(?:[^'\\\r\n]|\\.)*')
  | (?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))?(?![\w-]))
  | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w.]))
  | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
  | (?P<mark><=|>=|!=|<>|[(),=<>:])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
PLAIN: Final = {"%": "\ue000", "_": "\ue001"}
"""What stands in a literal for a percent sign and an underline that are no wildcards of ``LIKE``."""
_COMPARES: Final = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})
_WORDS: Final = frozenset(
    {
        "select",
        "from",
        "where",
        "and",
        "or",
        "not",
        "in",
        "like",
        "order",
        "by",
        "limit",
        "offset",
        "group",
        "having",
    }
)
_DATES: Final = frozenset({"TODAY", "YESTERDAY", "TOMORROW"})
_DEEPEST: Final = 50
_LONGEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Name:
    """A field, or one of a record to which a relationship leads; with its place in the text."""

    path: tuple[str, ...]
    place: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: ``text``, ``number``, ``moment``, ``flag``, ``null`` or ``day`` (a word such as ``TODAY``)."""

    kind: str
    value: str | float | bool | None
    place: int


@dataclass(frozen=True, slots=True)
class Compare:
    """A condition. ``operator`` is one of ``= != < <= > >= like in not in``."""

    name: Name
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class Joined:
    """Several of which all (``and``) or one (``or``) must fit."""

    word: str
    parts: tuple[Expression, ...]


Expression = Compare | Not | Joined


@dataclass(frozen=True, slots=True)
class Order:
    """What the records are ordered by."""

    name: Name
    down: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """One query."""

    text: str
    names: tuple[Name, ...]
    inner: tuple[Query, ...]
    counts: bool
    source: str
    source_place: int
    where: Expression | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int


_Token = tuple[str, str, int]


def located(text: str, place: int, code: str, message: str) -> ApiError:
    """An error as SOQL has them: a line of the query, a caret, row and column, then what is wrong."""
    row = text.count("\n", 0, place) + 1
    begin = text.rfind("\n", 0, place) + 1
    column = place - begin + 1
    line = text[begin:].split("\n", 1)[0]
    return ApiError(
        400, code, f"\n{line}\n{' ' * (column - 1)}^\nERROR at Row:{row}:Column:{column}\n{message}"
    )


def read_soql(text: str) -> Query:
    """The tree of a query. Raises ``ApiError`` with ``MALFORMED_QUERY`` for what is none."""
    if len(text) > _LONGEST:
        raise ApiError(400, "QUERY_TOO_COMPLICATED", "The query is too long.")
    reader = _Reader(text, _tokens(text))
    query = reader.query(0)
    reader.end()
    return query


def _malformed(text: str, place: int, message: str) -> ApiError:
    return located(text, place, "MALFORMED_QUERY", message)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while place < len(text):
        if space := _SPACE.match(text, place):
            place = space.end()
            continue
        token = _TOKEN.match(text, place)
        if token is None or token.lastgroup is None:
            what = "line breaks not allowed in string literals" if text[place] == "'" else None
            raise _malformed(text, place, what or f"unexpected token: '{text[place]}'")
        found.append((token.lastgroup, token.group(), place))
        place = token.end()
    return found


class _Reader:
    def __init__(self, text: str, tokens: Sequence[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0

    def _wrong(self) -> ApiError:
        if self._next < len(self._tokens):
            _, value, place = self._tokens[self._next]
            return _malformed(self._text, place, f"unexpected token: '{value}'")
        return _malformed(self._text, len(self._text), "unexpected token: '<EOF>'")

    def _peek(self) -> _Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else ("end", "", len(self._text))

    def _word(self, *words: str) -> str | None:
        """The next token, when it is one of these words, in lower case."""
        kind, value, _ = self._peek()
        if kind == "name" and value.lower() in words:
            self._next += 1
            return value.lower()
        return None

    def _mark(self, *marks: str) -> str | None:
        kind, value, _ = self._peek()
        if kind == "mark" and value in marks:
            self._next += 1
            return value
        return None

    def _need(self, found: str | None) -> str:
        if found is None:
            raise self._wrong()
        return found

    def end(self) -> None:
        """Refuse what is left."""
        if self._next < len(self._tokens):
            raise self._wrong()

    # ---------------------------------------------------------------------------------------- queries
    def query(self, depth: int) -> Query:
        self._need(self._word("select"))
        names: list[Name] = []
        inner: list[Query] = []
        counts = False
        while True:
            if depth == 0 and self._mark("("):
                inner.append(self.query(depth + 1))
                self._need(self._mark(")"))
            else:
                names.append(self._name())
                counts = self._counts(names, inner) or counts
            if not self._mark(","):
                break
            if counts:
                raise self._wrong()
        self._need(self._word("from"))
        source = self._name()
        where = self._condition(0) if self._word("where") else None
        order = self._order()
        limit = self._whole() if self._word("limit") else None
        offset = self._whole() if self._word("offset") else 0
        if len(source.path) != 1:
            raise _malformed(self._text, source.place, f"unexpected token: '{'.'.join(source.path)}'")
        return Query(
            self._text,
            () if counts else tuple(names),
            tuple(inner),
            counts,
            source.path[0],
            source.place,
            where,
            order,
            limit,
            offset,
        )

    def _counts(self, names: Sequence[Name], inner: Sequence[Query]) -> bool:
        if not self._mark("("):
            return False
        if len(names) == 1 and not inner and names[0].path[0].lower() == "count" and self._mark(")"):
            return True
        raise self._wrong()

    def _name(self) -> Name:
        kind, value, place = self._peek()
        if kind != "name" or value.lower() in _WORDS:
            raise self._wrong()
        self._next += 1
        return Name(tuple(value.split(".")), place)

    def _order(self) -> tuple[Order, ...]:
        if not self._word("order"):
            return ()
        self._need(self._word("by"))
        found: list[Order] = []
        while True:
            name = self._name()
            down = self._word("asc", "desc") == "desc"
            last = down
            if self._word("nulls"):
                last = self._need(self._word("first", "last")) == "last"
            found.append(Order(name, down, last))
            if not self._mark(","):
                return tuple(found)

    def _whole(self) -> int:
        kind, value, _ = self._peek()
        if kind != "number" or not value.isdigit() or len(value) > 9:  # noqa: PLR2004 - more is none
            raise self._wrong()
        self._next += 1
        return int(value)

    # ------------------------------------------------------------------------------------- conditions
    def _condition(self, depth: int) -> Expression:
        """Conditions joined by one word. Both words together need brackets."""
        parts = [self._one(depth)]
        word = self._word("and", "or")
        if word is None:
            return parts[0]
        parts.append(self._one(depth))
        while (more := self._word("and", "or")) is not None:
            if more != word:
                self._next -= 1
                raise self._wrong()
            parts.append(self._one(depth))
        return Joined(word, tuple(parts))

    def _one(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise ApiError(400, "QUERY_TOO_COMPLICATED", "The query is nested too deeply.")
        if self._word("not"):
            return Not(self._one(depth + 1))
        if self._mark("("):
            inner = self._condition(depth + 1)
            self._need(self._mark(")"))
            return inner
        name = self._name()
        if self._word("like"):
            return Compare(name, "like", (self._literal(),))
        if self._word("in"):
            return Compare(name, "in", self._several())
        if self._word("not"):
            self._need(self._word("in"))
            return Compare(name, "not in", self._several())
        operator = self._need(self._mark(*_COMPARES))
        return Compare(name, "!=" if operator == "<>" else operator, (self._literal(),))

    def _several(self) -> tuple[Literal, ...]:
        self._need(self._mark("("))
        found = [self._literal()]
        while self._mark(","):
            found.append(self._literal())
        self._need(self._mark(")"))
        return tuple(found)

    def _literal(self) -> Literal:
        kind, value, place = self._peek()
        self._next += 1
        if kind == "text":
            return Literal("text", self._unquoted(value, place), place)
        if kind == "number":
            return Literal("number", float(value), place)
        if kind == "moment":
            return Literal("moment", self._moment(value, place), place)
        if kind == "name" and value.lower() in {"true", "false"}:
            return Literal("flag", value.lower() == "true", place)
        if kind == "name" and value.lower() == "null":
            return Literal("null", None, place)
        if kind == "name" and value.upper() in _DATES:
            return Literal("day", value.upper(), place)
        self._next -= 1
        raise self._wrong()

    def _moment(self, text: str, place: int) -> str:
        try:
            datetime.fromisoformat(text)
        except ValueError as error:
            raise _malformed(self._text, place, f"Invalid date: {text}") from error
        return text

    def _unquoted(self, text: str, place: int) -> str:
        """What a literal says; of an escaped percent sign or underline it is kept that it is no wildcard."""
        parts: list[str] = []
        letters = iter(text[1:-1])
        for letter in letters:
            if letter != "\\":
                parts.append(letter)
                continue
            escaped = next(letters)
            if escaped in PLAIN:
                parts.append(PLAIN[escaped])
            elif escaped in _ESCAPES:
                parts.append(_ESCAPES[escaped])
            else:
                message = f"Illegal character sequence '\\{escaped}' in string literal"
                raise _malformed(self._text, place, f"Invalid string literal {text}. {message}")
        return "".join(parts)
