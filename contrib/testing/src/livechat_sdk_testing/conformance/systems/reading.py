"""What people read: HTML without its markup, and texts made comparable."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser
from typing import Final

__all__ = ["comparable", "rendered"]

_BREAKING: Final = frozenset({"br", "p", "div", "li"})
_UNSEEN: Final = frozenset({"script", "style"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A break, or the beginning of what nobody sees."""
        if tag in _BREAKING:
            self.parts.append("\n")
        if tag in _UNSEEN:
            self._unseen += 1

    def handle_endtag(self, tag: str) -> None:
        """The end of what nobody sees."""
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1

    def handle_data(self, data: str) -> None:
        """Text."""
        if not self._unseen:
            self.parts.append(data)


def rendered(html: str) -> str:
    """HTML as people read it. Tags are gone: a text that was not escaped has lost its own."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts)


def comparable(text: str) -> str:
    """``text`` without control characters and marks without width, and with single blanks."""
    kept = "".join(
        " " if one.isspace() else one
        for one in text
        if one.isspace() or unicodedata.category(one) not in {"Cc", "Cf", "Cs"}
    )
    return " ".join(kept.split())
