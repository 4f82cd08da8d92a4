"""Bodies in HTML: what Freshdesk keeps of them, and what a person reads."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from typing import Final

__all__ = ["kept", "paragraphs", "read_aloud"]

_DROPPED: Final = frozenset({"script", "style", "iframe", "object", "embed", "form", "head", "title"})
_BREAKS: Final = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "pre", "blockquote"})
_VOID: Final = frozenset({"br", "hr", "img", "embed", "input", "meta", "link"})
_ADDRESSES: Final = frozenset({"href", "src"})


class _Reader(HTMLParser):
    """Writes what is harmless again, and the text beside it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.markup: list[str] = []
        self.text: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._inside += tag not in _VOID
            return
        if self._inside:
            return
        shown = "".join(
            f' {name}="{html.escape(value or "")}"' for name, value in attrs if _harmless(name, value or "")
        )
        self.markup.append(f"<{tag}{shown}>")
        if tag == "br":
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._inside = max(0, self._inside - 1)
            return
        if self._inside or tag in _VOID:
            return
        self.markup.append(f"</{tag}>")
        if tag in _BREAKS:
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.markup.append(html.escape(data, quote=False))
            self.text.append(data)


def _harmless(name: str, value: str) -> bool:
    if name in _ADDRESSES:
        return value.strip().lower().startswith(("http:", "https:", "mailto:", "/", "cid:"))
    return not name.startswith("on")


def _read(markup: str) -> _Reader:
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader


def kept(markup: str) -> str:
    """The body as it is kept: without scripts, forms and whatever else could act."""
    return "".join(_read(markup).markup)


def read_aloud(markup: str) -> str:
    """What a person reads of a body."""
    return "".join(_read(markup).text).strip("\n")


def paragraphs(text: str) -> str:
    """A text as an agent's editor makes a body of it."""
    lines = html.escape(text, quote=False).replace("\r\n", "\n").split("\n")
    return f"<div>{'<br>'.join(lines)}</div>"
