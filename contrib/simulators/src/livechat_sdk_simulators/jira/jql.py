"""JQL, read by the letter: quotes, escapes, operators, ``AND``, ``OR``, ``NOT``, ``ORDER BY``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from livechat_sdk_simulators.jira.errors import PlatformError

__all__ = ["EMPTY", "And", "Clause", "Node", "Not", "Or", "Query", "parse"]

EMPTY: Final = "\0empty"
"""What ``EMPTY`` and ``NULL`` are read as."""
_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<symbol>!=|!~|<=|>=|[=~<>(),])
      | (?P<word>cf\[\d+\]|[^\s"'=!~<>(),\[\]{};|&+*/%^$\#@?`]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\", " ": " "}
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_OPERATORS: Final = ("=", "!=", "~", "!~", "<", ">", "<=", ">=")
_VALID: Final = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
_RESERVED: Final = frozenset(
    {"and", "or", "not", "in", "is", "order", "by", "empty", "null", "was", "changed"}
)
_DEEPEST: Final = 50

Operator = Literal["=", "!=", "~", "!~", "<", ">", "<=", ">=", "in", "not in", "is", "is not"]


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition."""

    field: str
    operator: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: Sequence[Node]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them."""

    parts: Sequence[Node]


@dataclass(frozen=True, slots=True)
class Not:
    """Not that."""

    part: Node


Node = Clause | And | Or | Not


@dataclass(frozen=True, slots=True)
class Query:
    """A query. Without a condition it has no ``where``."""

    where: Node | None
    order: Sequence[tuple[str, bool]] = field(default_factory=tuple[tuple[str, bool], ...])
    """Fields, and whether they count down."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    raw: str


def parse(text: str) -> Query:
    """Read a query. Raises ``VendorError``, as Jira tells it."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._cut())
        self._next = 0
        self._depth = 0

    def _cut(self) -> list[_Token]:
        tokens: list[_Token] = []
        at = 0
        while self._text[at:].strip():
            match = _TOKEN.match(self._text, at)
            if match is None:
                start = at + len(self._text[at:]) - len(self._text[at:].lstrip())
                raise self._unexpected(self._text[start], start)
            kind = str(match.lastgroup)
            raw = match[kind]
            value = self._unquoted(raw, match.start(kind)) if kind == "text" else raw
            tokens.append(_Token(kind, value, match.start(kind), raw))
            at = match.end()
        return tokens

    def _unquoted(self, raw: str, at: int) -> str:
        """What stands between quotes."""

        def unescaped(match: re.Match[str]) -> str:
            letter = chr(int(match[1], 16)) if match[1] else _ESCAPES.get(match[2], "")
            if not letter or "\ud800" <= letter <= "\udfff":
                told = f"'{match[0]}' is an illegal JQL escape sequence."
                raise PlatformError(400, f"Error in the JQL Query: {told} {self._place(at)}")
            return letter

        return _ESCAPE.sub(unescaped, raw[1:-1])

    def _place(self, at: int) -> str:
        before = self._text[:at]
        return f"(line {before.count(chr(10)) + 1}, character {at - before.rfind(chr(10))})"

    def _unexpected(self, what: str, at: int) -> PlatformError:
        if what in {'"', "'"}:
            text = f"The quoted string '{self._text[at + 1 :]}' has not been completed."
        else:
            text = f"The character '{what}' is a reserved JQL character. You must enclose it in a string."
        return PlatformError(400, f"Error in the JQL Query: {text} {self._place(at)}")

    def _expecting(self, what: str, token: _Token | None, more: str = "") -> PlatformError:
        told = f"Expecting {what} before the end of the query."
        if token is not None:
            told = f"Expecting {what} but got '{token.raw}'{more}. {self._place(token.at)}"
        return PlatformError(400, f"Error in the JQL Query: {told}")

    # ---------------------------------------------------------------------------------------- tokens
    def _peek(self, ahead: int = 0) -> _Token | None:
        place = self._next + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def _word(self, *words: str, ahead: int = 0) -> bool:
        """Whether these words come next, unquoted."""
        for number, word in enumerate(words, start=ahead):
            token = self._peek(number)
            if token is None or token.kind != "word" or token.text.lower() != word:
                return False
        return True

    def _symbol(self, *symbols: str) -> str | None:
        token = self._peek()
        return token.text if token is not None and token.kind == "symbol" and token.text in symbols else None

    # --------------------------------------------------------------------------------------- grammar
    def query(self) -> Query:
        where = None if self._peek() is None or self._word("order", "by") else self._any()
        order: list[tuple[str, bool]] = []
        if self._word("order", "by"):
            self._next += 2
            order = self._order()
        if (rest := self._peek()) is not None:
            raise self._expecting("either 'OR' or 'AND'", rest)
        return Query(where, order)

    def _order(self) -> list[tuple[str, bool]]:
        order: list[tuple[str, bool]] = []
        while True:
            name = self._name()
            descending = self._word("desc")
            if descending or self._word("asc"):
                self._next += 1
            order.append((name, descending))
            if self._symbol(",") is None:
                return order
            self._next += 1

    def _any(self) -> Node:
        parts = [self._all()]
        while self._word("or"):
            self._next += 1
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(parts)

    def _all(self) -> Node:
        parts = [self._one()]
        while self._word("and"):
            self._next += 1
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(parts)

    def _one(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise PlatformError(400, "Error in the JQL Query: The query is nested too deeply.")
        try:
            if self._word("not"):
                self._next += 1
                return Not(self._one())
            if self._symbol("("):
                self._next += 1
                inside = self._any()
                if self._symbol(")") is None:
                    raise self._expecting("')'", self._peek())
                self._next += 1
                return inside
            return self._clause()
        finally:
            self._depth -= 1

    def _name(self) -> str:
        token = self._peek()
        if (
            token is None
            or token.kind == "symbol"
            or (token.kind == "word" and token.text.lower() in _RESERVED)
        ):
            raise self._expecting("a field name", token)
        self._next += 1
        return token.text

    def _clause(self) -> Clause:
        name = self._name()
        if symbol := self._symbol(*_OPERATORS):
            self._next += 1
            return Clause(name, symbol, [self._value()])
        if self._word("in") or self._word("not", "in"):
            negative = self._word("not")
            self._next += 2 if negative else 1
            return Clause(name, "not in" if negative else "in", self._list())
        if self._word("is"):
            self._next += 1
            negative = self._word("not")
            self._next += negative
            if not (self._word("empty") or self._word("null")):
                raise self._expecting("'EMPTY' or 'NULL'", self._peek())
            self._next += 1
            return Clause(name, "is not" if negative else "is", [EMPTY])
        raise self._expecting("operator", self._peek(), f". The valid operators are {_VALID}")

    def _list(self) -> list[str]:
        if self._symbol("(") is None:
            raise self._expecting("'('", self._peek())
        values: list[str] = []
        while True:
            self._next += 1
            values.append(self._value())
            if self._symbol(",") is None:
                break
        if self._symbol(")") is None:
            raise self._expecting("',' or ')'", self._peek())
        self._next += 1
        return values

    def _value(self) -> str:
        token = self._peek()
        if token is None or token.kind == "symbol":
            raise self._expecting("either a value, list or function", token)
        self._next += 1
        if token.kind == "text":
            return token.text
        word = token.text.lower()
        if word in {"empty", "null"}:
            return EMPTY
        if word in _RESERVED:
            told = f"'{token.raw}' is a reserved JQL word. You must surround it in quotation marks."
            raise PlatformError(400, f"Error in the JQL Query: {told} {self._place(token.at)}")
        if self._symbol("("):
            self._next += 1
            if self._symbol(")") is None:
                raise self._expecting("')'", self._peek())
            self._next += 1
            return f"\0{word}()"
        return token.text
