"""XML from outside, read within limits; and XML of our own.

Expat itself reads no external entity unless it is told to. Here a document type is refused altogether, so
that there is no entity to expand either, and depth and number of elements have limits. The size of a
document is limited by whoever fetched it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape

__all__ = ["Element", "NotXml", "document", "element", "read_xml", "without_forbidden"]

_DEEPEST: Final = 20
_MOST: Final = 20_000
_LONGEST_NAME: Final = 200
_ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf8": "UTF-8",
    "us-ascii": "US-ASCII",
    "ascii": "US-ASCII",
    "iso-8859-1": "ISO-8859-1",
    "latin1": "ISO-8859-1",
    "utf-16": "UTF-16",
}
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotXml(Exception):
    """These bytes are no XML that is read here."""


@dataclass(slots=True)
class Element:
    """One element, without its attributes and name spaces: the vendor has none."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list["Element"])

    @property
    def kind(self) -> str:
        """The name without regard to case: documents and servers differ."""
        return self.name.lower()

    def find(self, *path: str) -> Element | None:
        """The first element at the end of this path of names; case does not matter."""
        found = self
        for name in path:
            below = next(found.all(name), None)
            if below is None:
                return None
            found = below
        return found

    def all(self, name: str) -> Iterator[Element]:
        """The children of this name."""
        wanted = name.lower()
        return (one for one in self.children if one.kind == wanted)

    def value(self, *path: str) -> str:
        """The text at the end of a path, without the white space around it; empty if there is none."""
        found = self.find(*path)
        return "" if found is None else found.text.strip()

    def plain(self) -> Any:
        """As a document that can be stored: text, or values by name."""
        if not self.children:
            return self.text.strip()
        found: dict[str, Any] = {}
        for child in self.children:
            value = child.plain()
            if child.name not in found:
                found[child.name] = value
            elif isinstance(found[child.name], list):
                found[child.name].append(value)
            else:
                found[child.name] = [found[child.name], value]
        return found


def read_xml(content: bytes, charset: str | None = None) -> Element:
    """The root of a document. ``charset`` is what came beside it and goes before what it says of itself.

    Raises ``NotXml``.
    """
    return _Reader(_encoding(charset)).read(content)


def _encoding(charset: str | None) -> str | None:
    if not charset:
        return None
    known = _ENCODINGS.get(charset.strip("\"' ").lower())
    if known is None:
        raise NotXml("an encoding that is not read here")
    return known


class _Reader:
    """Builds elements while expat reads."""

    def __init__(self, encoding: str | None) -> None:
        self._root: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        parser = expat.ParserCreate(encoding, namespace_separator=None)
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self._parser = parser

    def read(self, content: bytes) -> Element:
        try:
            self._parser.Parse(content, True)
        except (expat.ExpatError, ValueError, LookupError):
            # Its own words may quote the document.
            raise NotXml("not well-formed") from None
        if self._root is None:
            raise NotXml("no element")
        return self._root

    def _refuse(self, *_: object) -> int:
        raise NotXml("a document type or an entity")

    def _start(self, name: str, _: object) -> None:
        self._count += 1
        if len(self._open) >= _DEEPEST or self._count > _MOST:
            raise NotXml(f"more than {_DEEPEST} levels or {_MOST:,} elements")
        element = Element(name.rpartition(":")[2][:_LONGEST_NAME])
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].text += text


def document(name: str, *parts: str | tuple[str, str]) -> bytes:
    """An element of our own: parts are children as name and text, or XML that ``element`` made."""
    inner = "".join(part if isinstance(part, str) else element(*part) for part in parts)
    return f"<{name}>{inner}</{name}>".encode()


def element(name: str, text: str) -> str:
    """One element with text, escaped and without what XML cannot say."""
    return f"<{name}>{escape(without_forbidden(text))}</{name}>"


def without_forbidden(text: str) -> str:
    """``text`` without the characters that XML 1.0 forbids."""
    return _FORBIDDEN.sub("", text)
