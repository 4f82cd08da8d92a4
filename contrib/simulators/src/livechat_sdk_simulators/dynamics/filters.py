"""Reads OData filters: tokens, then a tree. A quote inside a literal that is not doubled ends the literal.

Known are comparisons, ``and``, ``or``, ``not``, brackets, ``contains``, ``startswith``, ``endswith`` and the
query function ``Microsoft.Dynamics.CRM.In``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livechat_sdk_simulators.dynamics.errors import bad_query

__all__ = [
    "Between",
    "Compare",
    "Either",
    "Expression",
    "In",
    "Literal",
    "Matching",
    "Not",
    "Path",
    "read_filter",
]

_SPACE: Final = re.compile(r"\s+")
_TOKEN: Final = re.compile(
    r"""
    (?P<text>'(?:[^']|'')*')
  | (?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![\w-]))
  | (?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?(?![\w-]))
  | (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
  | (?P<list>\[[^\[\]]*\])
  | (?P<name>[A-Za-z_][\w]*(?:[./][A-Za-z_]\w*)*)
  | (?P<mark>[(),=])
    """,
    re.VERBOSE,
)
_ITEM: Final = re.compile(r"""\s*(?:'((?:[^'])*)'|"((?:[^"])*)"|([\w.+-]+))\s*(?:,|$)""")
_COMPARES: Final = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_MATCHES: Final = frozenset({"contains", "startswith", "endswith"})
_IN: Final = "Microsoft.Dynamics.CRM.In"
_DEEPEST: Final = 50


@dataclass(frozen=True, slots=True)
class Path:
    """A column, or one of a row that a look-up leads to."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: ``text``, ``guid``, ``moment``, ``number``, ``flag`` or ``null``."""

    kind: str
    value: object


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison."""

    left: Path | Literal
    operator: str
    right: Path | Literal


@dataclass(frozen=True, slots=True)
class Matching:
    """One of the functions of texts."""

    function: str
    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class In:
    """Whether a column is one of several values."""

    path: Path
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class Either:
    """One of two."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Between:
    """Both of two."""

    left: Expression
    right: Expression


Expression = Compare | Matching | In | Not | Either | Between
_Token = tuple[str, str, int]


def read_filter(text: str) -> Expression:
    """The tree of a filter. Raises ``VendorError`` for what is none."""
    reader = _Reader(text, _tokens(text))
    tree = reader.either(0)
    reader.end()
    return tree


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while place < len(text):
        if space := _SPACE.match(text, place):
            place = space.end()
            continue
        token = _TOKEN.match(text, place)
        if token is None or token.lastgroup is None:
            what = "There is an unterminated string literal" if text[place] == "'" else "Syntax error"
            raise bad_query(f"{what} at position {place} in '{text}'.")
        found.append((token.lastgroup, token.group(), place))
        place = token.end()
    return found


class _Reader:
    def __init__(self, text: str, tokens: Sequence[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0

    def _wrong(self) -> Exception:
        place = self._tokens[self._next][2] if self._next < len(self._tokens) else len(self._text)
        return bad_query(f"Syntax error at position {place} in '{self._text}'.")

    def _take(self, kind: str, *values: str) -> str | None:
        """The next token, when it is of this kind, and one of these where there are any."""
        if self._next < len(self._tokens):
            found, value, _ = self._tokens[self._next]
            if found == kind and (not values or value in values):
                self._next += 1
                return value
        return None

    def _need(self, kind: str, *values: str) -> str:
        value = self._take(kind, *values)
        if value is None:
            raise self._wrong()
        return value

    def end(self) -> None:
        """Refuse what is left."""
        if self._next < len(self._tokens):
            raise self._wrong()

    # ------------------------------------------------------------------------------------- from loose
    def either(self, depth: int) -> Expression:
        left = self.both(depth)
        while self._take("name", "or"):
            left = Either(left, self.both(depth))
        return left

    def both(self, depth: int) -> Expression:
        left = self.one(depth)
        while self._take("name", "and"):
            left = Between(left, self.one(depth))
        return left

    def one(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise bad_query("The recursion limit has been exceeded in the filter.")
        if self._take("name", "not"):
            return Not(self.one(depth + 1))
        if self._take("mark", "("):
            inner = self.either(depth + 1)
            self._need("mark", ")")
            return inner
        if (function := self._take("name", *_MATCHES)) is not None:
            return self._matching(function)
        if self._take("name", _IN):
            return self._in()
        left = self._operand()
        operator = self._need("name", *_COMPARES)
        return Compare(left, operator, self._operand())

    def _matching(self, function: str) -> Expression:
        self._need("mark", "(")
        path = Path(tuple(self._need("name").split("/")))
        self._need("mark", ",")
        text = _unquoted(self._need("text"))
        self._need("mark", ")")
        return Matching(function, path, text)

    def _in(self) -> Expression:
        self._need("mark", "(")
        self._need("name", "PropertyName")
        self._need("mark", "=")
        path = Path((_unquoted(self._need("text")),))
        self._need("mark", ",")
        self._need("name", "PropertyValues")
        self._need("mark", "=")
        values = _items(self._need("list"))
        self._need("mark", ")")
        return In(path, values)

    def _operand(self) -> Path | Literal:
        for kind in ("text", "guid", "moment", "number"):
            if (value := self._take(kind)) is not None:
                return Literal(kind, _value(kind, value))
        name = self._need("name")
        if name in {"true", "false"}:
            return Literal("flag", name == "true")
        if name == "null":
            return Literal("null", None)
        if name in {"and", "or", "not", *_COMPARES} or "." in name:
            self._next -= 1
            raise self._wrong()
        return Path(tuple(name.split("/")))


def _value(kind: str, text: str) -> object:
    if kind == "text":
        return _unquoted(text)
    if kind == "number":
        return float(text) if "." in text else int(text)
    return text.lower() if kind == "guid" else text


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")


def _items(text: str) -> tuple[str, ...]:
    inner, found, place = text[1:-1], list[str](), 0
    while place < len(inner):
        item = _ITEM.match(inner, place)
        if item is None or item.end() == place:
            raise bad_query(f"The list {text} is malformed.")
        found.append(next(one for one in item.groups() if one is not None))
        place = item.end()
    return tuple(found)
