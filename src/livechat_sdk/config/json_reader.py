"""JSON to a tree with places: the same result as from YAML, for the platform's integration documents."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final, NoReturn

from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.tree import (
    MAX_DEPTH,
    MAX_VALUES,
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Span,
)

__all__ = ["read_json"]

_DECODER: Final = JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,299})(\.[0-9]{1,300})?([eE][-+]?[0-9]{1,9})?", re.ASCII)
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
_WORD: Final = re.compile(r"[A-Za-z_][\w.-]*")


class _NotJson(Exception):
    """The text is no JSON from here on; the problem has been written down."""


def read_json(text: str, problems: list[Draft]) -> Node | None:
    """The document in ``text``, or ``None`` with one problem that says where it stops being JSON."""
    reader = _Reader(text, problems)
    try:
        return reader.document()
    except _NotJson:
        return None


class _Reader:
    def __init__(self, text: str, problems: list[Draft]) -> None:
        self._text = text
        self._problems = problems
        self._at = 0
        self._count = 0

    def document(self) -> Node:
        """The only value of the text."""
        node = self._value(0)
        self._skip()
        if self._at < len(self._text):
            self._stop(
                "LC106", "the document ends before this", suggestion="remove what follows, or make it a list"
            )
        return node

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _peek(self) -> str:
        self._skip()
        return self._text[self._at : self._at + 1]

    def _stop(
        self, code: str, message: str, *, at: int | None = None, suggestion: str | None = None
    ) -> NoReturn:
        start = self._at if at is None else at
        self._problems.append(Draft(code, message, span=Span(start, start + 1), suggestion=suggestion))
        raise _NotJson

    def _value(self, depth: int) -> Node:
        self._count += 1
        if self._count > MAX_VALUES:
            self._stop("LC108", f"the document has more than {MAX_VALUES:,} values")
        match self._peek():
            case "{" | "[" if depth >= MAX_DEPTH:
                return self._stop("LC107", f"values are nested more than {MAX_DEPTH} levels deep")
            case "{":
                return self._mapping(depth)
            case "[":
                return self._sequence(depth)
            case '"':
                start = self._at
                text = self._string()
                return ScalarNode(text, Span(start, self._at), written=text)
            case "":
                return self._stop("LC106", "the text ends where a value is missing")
            case _:
                return self._bare()

    def _string(self) -> str:
        start = self._at
        try:
            text, self._at = _DECODER.raw_decode(self._text, start)
        except JSONDecodeError as error:
            unclosed = error.msg.startswith("Unterminated string")
            at = start if unclosed else error.pos
            self._stop(
                "LC106",
                "a quote is opened here and never closed"
                if unclosed
                else "this text has a character that JSON forbids",
                at=min(at, max(len(self._text) - 1, 0)),
                suggestion=None if unclosed else "write it as an escape such as \\n or \\\\",
            )
        return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _bare(self) -> Node:
        start = self._at
        number = _NUMBER.match(self._text, start)
        if number is not None:
            self._at = number.end()
            written = number.group()
            value: Any = float(written) if number[1] or number[2] else int(written)
            return ScalarNode(value, Span(start, self._at), written=written)
        word = _WORD.match(self._text, start)
        if word is not None and word.group() in _WORDS:
            self._at = word.end()
            return ScalarNode(_WORDS[word.group()], Span(start, self._at), written=word.group())
        if self._text[start] in "}],":
            return self._stop(
                "LC106",
                "a value is missing before this",
                suggestion="remove the comma before it, or add the value",
            )
        return self._stop("LC106", "this is no JSON value", suggestion='put a text in double quotes: "…"')

    def _sequence(self, depth: int) -> Node:
        start = self._at
        self._at += 1
        items: list[Node] = []
        if self._peek() == "]":
            self._at += 1
            return SequenceNode((), Span(start, self._at), flow=True)
        while True:
            items.append(self._value(depth + 1))
            if self._next("]", start):
                return SequenceNode(tuple(items), Span(start, self._at), flow=True)

    def _mapping(self, depth: int) -> Node:
        start = self._at
        self._at += 1
        entries: dict[str, Entry] = {}
        dropped: list[Node] = []
        if self._peek() == "}":
            self._at += 1
            return MappingNode({}, Span(start, self._at), flow=True)
        while True:
            if self._peek() != '"':
                self._stop("LC106", "a key in double quotes is missing here")
            key_start = self._at
            key = self._string()
            key_span = Span(key_start, self._at)
            if self._peek() != ":":
                self._stop("LC106", "a `:` is missing before this")
            self._at += 1
            entry = Entry(key, self._value(depth + 1), key_span)
            if key in entries:
                dropped.append(entry.value)
                self._problems.append(
                    Draft(
                        "LC112",
                        f"the key {key[:60]!r} stands here twice",
                        span=key_span,
                        suggestion="remove one of the two",
                        other=entries[key].key_span,
                    )
                )
            else:
                entries[key] = entry
            if self._next("}", start):
                return MappingNode(entries, Span(start, self._at), flow=True, dropped=tuple(dropped))

    def _next(self, closing: str, start: int) -> bool:
        """Step over a comma, or over the end of the mapping or list: true."""
        found = self._peek()
        if found == "":
            self._stop("LC106", "a bracket or brace is opened here and never closed", at=start)
        if found not in (",", closing):
            self._stop("LC106", f"a `,` or a `{closing}` is missing before this")
        self._at += 1
        return found == closing
