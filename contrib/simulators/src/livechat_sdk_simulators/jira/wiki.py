"""Wiki text: which marks of it take effect, so that tests see what was escaped and what was not."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["effects"]

_LITERAL: Final = re.compile(r"\{(noformat|code)(?::[^}]*)?\}.*?\{\1\}", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\[^\w\s]")
_EFFECTS: Final = {
    "mention": re.compile(r"\[~[^\]\s]+\]"),
    "link": re.compile(r"\[(?![~^])[^\]\n]+\]|(?<![\w/])https?://\S+"),
    "attachment": re.compile(r"\[\^[^\]\n]+\]"),
    "image": re.compile(r"(?<!\w)![^\s!][^!\n]*!(?!\w)"),
    "macro": re.compile(r"(?<!\{)\{[a-z][\w-]*(?::[^}\n]*)?\}(?!\})"),
    "bold": re.compile(r"(?<![\w*])\*(?![\s*])[^*\n]*[^\s*]\*(?![\w*])"),
    "emphasis": re.compile(r"(?<!\w)_(?!\s)[^_\n]*[^\s_]_(?!\w)"),
    "deleted": re.compile(r"(?<![\w-])-(?![\s-])[^-\n]*[^\s-]-(?![\w-])"),
    "inserted": re.compile(r"(?<![\w+])\+(?![\s+])[^+\n]*[^\s+]\+(?![\w+])"),
    "superscript": re.compile(r"(?<!\w)\^(?!\s)[^^\n]*[^\s^]\^(?!\w)"),
    "subscript": re.compile(r"(?<![\w~])~(?![\s~])[^~\n]*[^\s~]~(?![\w~])"),
    "citation": re.compile(r"\?\?(?!\s)[^?\n]+\?\?"),
    "monospaced": re.compile(r"\{\{.+?\}\}"),
    "heading": re.compile(r"^h[1-6]\. ", re.MULTILINE),
    "quote": re.compile(r"^bq\. ", re.MULTILINE),
    "list": re.compile(r"^(?:[*#]+|-) ", re.MULTILINE),
    "table": re.compile(r"^\s*\|", re.MULTILINE),
    "ruler": re.compile(r"^----$", re.MULTILINE),
}


def effects(text: str) -> list[str]:
    """The names of marks that take effect in wiki text, but where they are escaped or in a literal block."""
    rest = _ESCAPED.sub("\N{MIDDLE DOT}", _LITERAL.sub("\n", text))
    return [name for name, mark in _EFFECTS.items() if mark.search(rest)]
