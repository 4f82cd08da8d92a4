"""Text that stays text: what people say is never markup, and never a template, for any target.

Line breaks of every kind become line feeds, other control characters go. Template marks (``{{``, ``{%``),
which some ticket systems fill in wherever they stand, are broken by a character that has no width.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Final

from livechat_sdk_tickets.capabilities import TextFormat

__all__ = ["escape", "one_line", "plain"]

_BREAKS: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""The categories Cc and Cs, without tab and line feed; by hand, because Python's ``re`` has no categories."""
_TEMPLATE: Final = re.compile(r"\{(?=[{%#])")
_GAP: Final = "\u200b"
_WIKI: Final = re.compile(r"([{}\[\]()*_+^~!|?#@-])")
_WIKI_BLOCK: Final = re.compile(r"^([ \t]*)(h|bq)(?=[1-6]?\.)", re.MULTILINE)
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")
_CODE: Final = re.compile(r"\[(?=/?code\])", re.IGNORECASE)
"""ServiceNow renders what stands between ``[code]`` and ``[/code]`` in a journal as HTML (its page "Journal
field type")."""
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()<>#+.!|~@-])")


def plain(text: str) -> str:
    """``text`` with line feeds and tabs as its only control characters, and without template marks."""
    return _TEMPLATE.sub(f"{{{_GAP}", _CONTROL.sub("", _BREAKS.sub("\n", text)))


def one_line(text: str, limit: int) -> str:
    """``text`` on one line, at most ``limit`` characters long."""
    line = " ".join(plain(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _html(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _wiki(text: str) -> str:
    # Two backslashes are a line break of Jira's, and one before a letter is one. It keeps entities.
    text = _ENTITY.sub(f"&{_GAP}", text.replace("\\", f"\\{_GAP}"))
    return _WIKI.sub(r"\\\1", _WIKI_BLOCK.sub(rf"\1\2{_GAP}", text))


def _journal(text: str) -> str:
    return _CODE.sub(f"[{_GAP}", text)


def _markdown(text: str) -> str:
    # A line that begins with blanks would be code, and one break alone no break.
    lines = (_MARKDOWN.sub(r"\\\1", line.lstrip()) for line in text.split("\n"))
    return "  \n".join(lines)


_FORMATS: Final[Mapping[TextFormat, Callable[[str], str]]] = {
    "plain": lambda text: text,
    "html": _html,
    "wiki": _wiki,
    "markdown": _markdown,
    "journal": _journal,
}


def escape(text: str, target: TextFormat) -> str:
    """``text`` as ``target`` shows it letter by letter."""
    return _FORMATS[target](plain(text))
