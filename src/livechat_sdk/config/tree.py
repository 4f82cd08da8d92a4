"""A settings document with the place of every key and value; what YAML, JSON and dictionaries become."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

__all__ = [
    "MAX_DEPTH",
    "MAX_VALUES",
    "Entry",
    "Found",
    "Lines",
    "MappingNode",
    "Node",
    "Part",
    "Path",
    "ScalarNode",
    "SequenceNode",
    "Span",
    "TooBig",
    "from_plain",
    "locate",
    "moved",
    "moved_span",
    "plain",
    "show_path",
]

Path = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top."""

MAX_DEPTH: Final = 50
"""Values may be nested this deep; a settings file needs about eight levels."""

MAX_VALUES: Final = 100_000
"""Keys and values in one document, aliases counted as if they were written out."""

_BREAK: Final = re.compile(r"\r\n|\n|\r")
_PLAIN_KEY: Final = re.compile(r"[\w-]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text: offsets of its first character and of the one after its last."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """One file among the lines of several: its name, its offsets and its first line (from 0)."""

    name: str | None
    start: int
    end: int
    line: int


class Lines:
    """The lines of a text, and the way from an offset to line and column (both from 1).

    The texts of several files stand one behind the other, so that an offset is a place in any of them.
    """

    def __init__(self, text: str, name: str | None = None) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]
        self._parts = [Part(name, 0, len(text), 0)]

    def add(self, text: str, name: str | None) -> int:
        """Put another file behind what is there; returns the offset of its first character."""
        if not self.text.endswith(("\n", "\r")):
            self.text += "\n"
            self._starts.append(len(self.text))
        start = len(self.text)
        self._parts.append(Part(name, start, start + len(text), len(self._starts) - 1))
        self._starts += [start + found.end() for found in _BREAK.finditer(text)]
        self.text += text
        return start

    def part(self, offset: int) -> Part:
        """The file that an offset lies in."""
        return self._parts[bisect_right(self._parts, offset, key=lambda one: one.start) - 1]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, counted over all files."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        return line + 1, offset - self._starts[line] + 1

    def text_of(self, name: str) -> str:
        """The text of one file; empty when it is not among them. Of two of one name the first counts."""
        for part in self._parts:
            if part.name == name:
                return self.text[part.start : part.end]
        return ""

    def start_of(self, name: str, number: int) -> int:
        """Where a line of a file begins, counted from 1."""
        for part in self._parts:
            if part.name == name:
                return self._starts[part.line + number - 1]
        return 0

    def line_in_file(self, offset: int) -> int:
        """The line of an offset in its own file."""
        return self.place(offset)[0] - self.part(offset).line

    def bounds(self, line: int) -> Span:
        """The text of one line, without its end."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return Span(start, end)


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value; ``written`` is its text before the ``references`` (``${NAME}``) in it were filled in."""

    value: Any
    span: Span | None = None
    written: str | None = None
    references: tuple[str, ...] = ()
    size: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value."""

    key: str
    value: Node
    key_span: Span | None = None


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys and values, in the order of the text; ``flow`` when written in braces.

    ``dropped`` are values that stand in the text and do not count: those of a key's second turn, say.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    span: Span | None = None
    flow: bool = False
    size: int = 1
    dropped: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list; ``flow`` when written in brackets."""

    items: tuple[Node, ...] = ()
    span: Span | None = None
    flow: bool = False
    size: int = 1


Node = ScalarNode | MappingNode | SequenceNode


class TooBig(ValueError):
    """A document that is nested too deep or has too many values."""


def plain(node: Node) -> Any:
    """The document as dictionaries, lists and values."""
    match node:
        case ScalarNode():
            return node.value
        case MappingNode():
            return {key: plain(entry.value) for key, entry in node.entries.items()}
        case SequenceNode():
            return [plain(item) for item in node.items]


def moved(node: Node, by: int, done: dict[int, Node] | None = None) -> Node:
    """The same document with every place ``by`` characters further on; shared values stay shared."""
    done = {} if done is None else done
    known = done.get(id(node))
    if known is None:
        known = done[id(node)] = _moved(node, by, done)
    return known


def _moved(node: Node, by: int, done: dict[int, Node]) -> Node:
    span = moved_span(node.span, by)
    match node:
        case ScalarNode():
            return replace(node, span=span)
        case SequenceNode():
            return replace(node, items=tuple(moved(item, by, done) for item in node.items), span=span)
        case MappingNode():
            entries = {
                key: Entry(entry.key, moved(entry.value, by, done), moved_span(entry.key_span, by))
                for key, entry in node.entries.items()
            }
            dropped = tuple(moved(value, by, done) for value in node.dropped)
            return replace(node, entries=entries, dropped=dropped, span=span)


def moved_span(span: Span | None, by: int) -> Span | None:
    """A stretch ``by`` characters further on."""
    return None if span is None else Span(span.start + by, span.end + by)


def from_plain(value: Any, depth: int = 0, count: Iterator[int] | None = None) -> Node:
    """A document without places from dictionaries and lists. Raises ``TooBig``, also when it holds itself."""
    count = itertools.count() if count is None else count
    if depth > MAX_DEPTH or next(count) > MAX_VALUES:
        raise TooBig("nested too deep, or too many values")
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, Any]", value).items()
        return MappingNode(
            {str(key): Entry(str(key), from_plain(one, depth + 1, count)) for key, one in pairs}
        )
    if isinstance(value, list | tuple):
        listed = cast("Sequence[Any]", value)
        return SequenceNode(tuple(from_plain(one, depth + 1, count) for one in listed))
    return ScalarNode(value)


@dataclass(frozen=True, slots=True)
class Found:
    """The result of following a path: how far it went, what is there, and the key that leads to it."""

    path: Path
    node: Node
    parent: Node | None = None
    entry: Entry | None = None
    rest: Path = ()
    """The last parts of the path that the document does not have."""

    @property
    def span(self) -> Span | None:
        """Where to point for a problem with the value: the value itself, or the key above a block."""
        node = self.node
        block = not isinstance(node, ScalarNode) and not node.flow
        empty = node.span is None or node.span.start == node.span.end
        if self.entry is not None and self.entry.key_span is not None and (block or empty):
            return self.entry.key_span
        return node.span

    @property
    def key_span(self) -> Span | None:
        """Where to point for a problem with the key, or with what is missing below it."""
        if self.entry is not None and self.entry.key_span is not None:
            return self.entry.key_span
        return self.node.span


def locate(root: Node, path: Path) -> Found:
    """Follow a path of pydantic's as far as the document goes.

    Parts that the document does not have (tags of unions, markers) are skipped as long as a later
    part fits; a key may stand there in camelCase or in snake_case.
    """
    found = Found((), root)
    rest: list[str | int] = []
    for part in path:
        following = _child(found, part)
        if following is None:
            rest.append(part)
        else:
            found, rest = following, []
    return Found(found.path, found.node, found.parent, found.entry, tuple(rest))


def _child(found: Found, part: str | int) -> Found | None:
    node = found.node
    if isinstance(node, MappingNode):
        for key in _spellings(str(part)):
            entry = node.entries.get(key)
            if entry is not None:
                return Found((*found.path, key), entry.value, node, entry)
    elif isinstance(node, SequenceNode) and isinstance(part, int) and 0 <= part < len(node.items):
        return Found((*found.path, part), node.items[part], node)
    return None


def _spellings(key: str) -> tuple[str, ...]:
    from pydantic.alias_generators import to_camel

    return (key, to_camel(key), _HUMP.sub("_", key).lower())


def show_path(path: Path) -> str:
    """A path as people write it: ``bots.shop-bot.livechat.integrations[0]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += '["' + part.replace("\\", "\\\\").replace('"', '\\"') + '"]'
    return text
