"""XML as the chat API reads and writes it: small documents of elements and text, without attributes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar
from xml.parsers import expat
from xml.sax.saxutils import escape

from livechat_sdk_simulators.reading import Misfit

__all__ = ["Element", "leaf", "parse", "wrap"]

_DEPTH: Final = 10
_ELEMENTS: Final = 2000
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_T = TypeVar("_T")


class Element:
    """An element that was read. Ask for each child once, then call ``end``, which refuses the rest."""

    def __init__(self, name: str, where: str = "") -> None:
        self.name = name
        self.where = f"{where}/{name}" if where else name
        self.text = ""
        self.children: list[Element] = []

    def _take(self, name: str) -> Element | None:
        found = [one for one in self.children if one.name == name]
        if len(found) > 1:
            raise Misfit(f"{self.where}/{name} stands twice")
        for one in found:
            self.children.remove(one)
        return found[0] if found else None

    def value(self, name: str) -> str | None:
        """The text of a child; ``None`` when it is missing."""
        child = self._take(name)
        if child is None:
            return None
        child.end()
        return child.text

    def needed(self, name: str) -> str:
        """The text of a child that must be there. Raises ``Misfit``."""
        value = self.value(name)
        if value is None:
            raise Misfit(f"{self.where}/{name} is missing")
        return value

    def list_of(self, name: str, entry: str, read: Callable[[Element], _T]) -> list[_T]:
        """What is in a child that holds a list, each entry read by ``read``; nothing when it is missing."""
        child = self._take(name)
        if child is None:
            return []
        if strange := [one.name for one in child.children if one.name != entry]:
            raise Misfit(f"{child.where}/{strange[0]} is unknown")
        return [read(one) for one in child.children]

    def end(self) -> None:
        """Refuse what is left. Raises ``Misfit``."""
        if self.children:
            raise Misfit(f"{self.children[0].where} is unknown")


def parse(body: bytes, root: str) -> Element:
    """A document whose outermost element is ``root``. Raises ``Misfit``; a document type is refused."""
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = reading.doctype
    try:
        parser.Parse(body, True)
    except Misfit:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise Misfit(f"the body is no XML: {error}") from error
    found = reading.outermost
    if found is None or found.name != root:
        raise Misfit(f"the body must be a {root}")
    return found


class _Reading:
    def __init__(self) -> None:
        self.outermost: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= _DEPTH or self._count > _ELEMENTS:
            raise Misfit("the body has too many elements")
        made = Element(name, self._open[-1].where if self._open else "")
        if self._open:
            self._open[-1].children.append(made)
        else:
            self.outermost = made
        self._open.append(made)

    def end(self, _: str) -> None:
        self._open.pop()

    def text(self, data: str) -> None:
        self._open[-1].text += data

    def doctype(self, *_: object) -> None:
        raise Misfit("a document type is not allowed")


def leaf(name: str, text: object) -> str:
    """An element with text, without the characters that XML forbids; empty text makes ``<name></name>``."""
    return f"<{name}>{escape(_FORBIDDEN.sub('', str(text)))}</{name}>"


def wrap(name: str, *content: str) -> str:
    """An element with others in it."""
    inside = "".join(content)
    return f"<{name}>{inside}</{name}>" if inside else f"<{name}/>"
