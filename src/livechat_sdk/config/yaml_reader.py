"""YAML 1.2 to a tree with places, from the parser's events: limits hold while reading, nothing is run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, cast

from livechat_sdk.config.diagnostics import Draft, Mend
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
from livechat_sdk.config.yaml_syntax import syntax_problem

__all__ = ["protected", "read_yaml", "restored"]

# The core schema of YAML 1.2 (yaml.org/spec/1.2.2, section 10.3.2): 9:30, no and 2026-12-24 are text.
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT: Final = re.compile(r"[-+]?[0-9]{1,300}|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}", re.ASCII)
_FLOAT: Final = re.compile(
    r"[-+]?(?:\.[0-9]{1,300}|[0-9]{1,300}(?:\.[0-9]{0,300})?)(?:[eE][-+]?[0-9]{1,9})?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    re.ASCII,
)
_CORE: Final = "tag:yaml.org,2002:"
_KNOWN_TAGS: Final = frozenset(_CORE + name for name in ("str", "int", "float", "bool", "null", "seq", "map"))

_REFERENCE: Final = re.compile(r"\$(?P<dollar>\$?)\{(?P<name>[^{}\n]*)\}")
# From the last private area of Unicode: allowed in YAML, and in no text that people write.
_OPENING: Final = "\U0010fff0"
_CLOSING: Final = "\U0010fff1"
_TAG_USED: Final = "a value cannot start with `!`: tags are not used in settings"
_NO_TAG: Final = "remove the tag, or put the text in quotes"


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet."""

    mapping: bool
    start: int
    flow: bool
    anchor: str | None
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    dropped: list[Node] = field(default_factory=list[Node])
    merged: list[Node] = field(default_factory=list[Node])
    items: list[Node] = field(default_factory=list[Node])
    key: tuple[str, Span] | None = None
    merge: bool = False
    twice: bool = False
    size: int = 1
    end: int = 0


class _Stop(Exception):
    """The rest of the document cannot be read."""


def read_yaml(text: str, problems: list[Draft]) -> Node | None:
    """The document in ``text``; ``None`` when there is none, or when a problem makes the rest unreadable."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    safe = protected(text)
    composer = _Composer(problems, restore=safe != text)
    parser: Any = YAML(typ="safe", pure=True)
    try:
        for event in parser.parse(safe):
            composer.take(event)
    except _Stop:
        return None
    except ReaderError as error:
        at = int(cast("Any", error).position)
        problems.append(
            Draft(
                "LC118",
                f"the character U+{ord(text[at]):04X} may not stand in a settings file",
                span=Span(at, at + 1),
            )
        )
        return None
    except MarkedYAMLError as error:
        problems.append(syntax_problem(error, text))
        return None
    except (YAMLError, ValueError, OverflowError) as error:
        problems.append(Draft("LC105", f"this is not YAML ({type(error).__name__})"))
        return None
    return composer.root


def protected(text: str) -> str:
    """The text with the braces of ``${NAME}`` replaced by characters that mean nothing to YAML.

    Braces end an unquoted text inside of ``{…}``, and ``{secret: ${NAME}}`` is what people write. Nothing
    moves: every place stays what it was.
    """
    if _OPENING in text or _CLOSING in text:
        return text
    return _REFERENCE.sub(rf"$\g<dollar>{_OPENING}\g<name>{_CLOSING}", text)


def restored(text: str) -> str:
    """The text with its braces again."""
    return text.replace(_OPENING, "{").replace(_CLOSING, "}")


class _Composer:
    """Builds the tree from events, one by one, without recursion."""

    def __init__(self, problems: list[Draft], *, restore: bool) -> None:
        self._restore = restore
        self.root: Node | None = None
        self._problems = problems
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._documents = 0
        self._count = 0

    def take(self, event: Any) -> None:
        """Take in the next event of the parser."""
        kind = type(event).__name__
        span = Span(event.start_mark.index, event.end_mark.index) if event.start_mark else Span(0, 0)
        match kind:
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    self._stop("LC109", "a second document starts here; a settings file holds one", span)
            case "ScalarEvent":
                self._scalar(event, span)
            case "AliasEvent":
                self._alias(event, span)
            case "MappingStartEvent" | "SequenceStartEvent":
                self._begin(event, span, mapping=kind == "MappingStartEvent")
            case "MappingEndEvent" | "SequenceEndEvent":
                self._end(span)
            case _:
                return

    def _scalar(self, event: Any, span: Span) -> None:
        tag = event.tag
        if tag is not None and str(tag) not in _KNOWN_TAGS and str(tag) != "!":
            self._bad_tag(span)
        text = str(event.value)
        if self._restore:
            text = restored(text)
        is_text = event.style is not None or str(tag) in (_CORE + "str", "!")
        value = text if is_text else _resolve(text)
        self._put(
            ScalarNode(value, span, written=text), event.anchor, span, merge=text == "<<" and not is_text
        )

    def _alias(self, event: Any, span: Span) -> None:
        name = str(event.anchor)
        if name not in self._anchors:
            # The name is not repeated: a secret may well start with a star.
            self._stop(
                "LC119",
                "`*` refers to a value that is marked with `&`, and nothing before this is marked so",
                span,
                suggestion="put a text that starts with * in quotes",
            )
        node = self._anchors[name]
        if node is None:
            self._stop("LC116", "a value may not hold itself", span)
        self._put(node, None, span)

    def _begin(self, event: Any, span: Span, *, mapping: bool) -> None:
        if event.tag is not None and str(event.tag) not in _KNOWN_TAGS:
            self._stop("LC114", _TAG_USED, Span(span.start, span.start + 1), suggestion=_NO_TAG)
        if len(self._open) >= MAX_DEPTH:
            self._stop("LC107", f"values are nested more than {MAX_DEPTH} levels deep", span)
        if event.anchor is not None:
            self._anchors[str(event.anchor)] = None
        anchor = str(event.anchor) if event.anchor is not None else None
        self._open.append(_Open(mapping, span.start, bool(event.flow_style), anchor))

    def _end(self, span: Span) -> None:
        done = self._open.pop()
        whole = Span(done.start, span.end if done.flow else max(done.start, done.end))
        if done.mapping:
            entries, dropped = _merge(done)
            node: Node = MappingNode(entries, whole, done.flow, done.size, dropped)
        else:
            node = SequenceNode(tuple(done.items), whole, done.flow, done.size)
        self._put(node, done.anchor, whole)

    def _put(self, node: Node, anchor: Any, span: Span, *, merge: bool = False) -> None:
        if anchor is not None:
            self._anchors[str(anchor)] = node
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        top.size += node.size
        top.end = max(top.end, span.end)
        self._count += 1
        if top.size > MAX_VALUES or self._count > MAX_VALUES:
            self._stop(
                "LC108",
                f"the document has more than {MAX_VALUES:,} values once its aliases are written out",
                span,
            )
        if not top.mapping:
            top.items.append(node)
        elif top.key is None:
            self._key(top, node, span, merge=merge)
        else:
            self._value(top, node)

    def _key(self, top: _Open, node: Node, span: Span, *, merge: bool) -> None:
        top.twice = False
        top.merge = merge
        if merge:
            top.key = ("<<", span)
            return
        if not isinstance(node, ScalarNode):
            top.dropped.append(node)
            self._problems.append(Draft("LC113", "a key must be a text", span=span))
            key = f"(key {len(top.entries) + 1})"
        else:
            key = str(node.written)
            if not isinstance(node.value, str):
                self._problems.append(
                    Draft(
                        "LC113",
                        "a key must be a text",
                        span=span,
                        suggestion=f'put it in quotes: "{key[:40]}"',
                        mend=Mend(lambda raw: f'"{raw}"', at_key=True) if key else None,
                    )
                )
        before = top.entries.get(key)
        if before is not None:
            top.twice = True
            self._problems.append(
                Draft(
                    "LC112",
                    f"the key {key[:60]!r} stands here twice",
                    span=span,
                    suggestion="remove one of the two",
                    other=before.key_span,
                )
            )
        top.key = (key, span)

    def _value(self, top: _Open, node: Node) -> None:
        assert top.key is not None  # noqa: S101 - _put looks before it calls
        key, span = top.key
        top.key = None
        if top.merge and _mergeable(node):
            top.merged.append(node)
        elif top.twice:
            top.dropped.append(node)
        else:
            top.entries[key] = Entry(key, node, span)

    def _bad_tag(self, span: Span) -> None:
        self._problems.append(
            Draft("LC114", _TAG_USED, span=Span(span.start, span.start + 1), suggestion=_NO_TAG)
        )

    def _stop(self, code: str, message: str, span: Span, *, suggestion: str | None = None) -> NoReturn:
        self._problems.append(Draft(code, message, span=span, suggestion=suggestion))
        raise _Stop


def _mergeable(node: Node) -> bool:
    parts = node.items if isinstance(node, SequenceNode) else (node,)
    return bool(parts) and all(isinstance(part, MappingNode) for part in parts)


def _merge(done: _Open) -> tuple[dict[str, Entry], tuple[Node, ...]]:
    """The keys of a mapping, with those that ``<<`` brings in behind its own; and the values that lost."""
    entries = dict(done.entries)
    dropped = list(done.dropped)
    for node in done.merged:
        for part in node.items if isinstance(node, SequenceNode) else (node,):
            if isinstance(part, MappingNode):
                for key, entry in part.entries.items():
                    if entries.setdefault(key, entry) is not entry:
                        dropped.append(entry.value)
    return entries, tuple(dropped)


def _resolve(text: str) -> Any:
    """The value of an unquoted text."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
