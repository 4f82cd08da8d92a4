"""Slips of editors and tools that break a text in ways that a parser explains badly."""

from __future__ import annotations

import re
from typing import Final

from livechat_sdk.config.diagnostics import Draft, Mend
from livechat_sdk.config.tree import Span

__all__ = ["slips_in"]

_CONFLICT: Final = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?= |\r?$)", re.MULTILINE)
_INVISIBLE: Final = re.compile(
    r"^[ \t-]*([\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff])", re.MULTILINE
)
_WITHOUT_WIDTH: Final = "\u200b\u2060\ufeff"
_DIRECTIVE: Final = re.compile(r"^%YAML +(?!1\.2\b)[0-9.]+", re.MULTILINE)


def slips_in(text: str) -> list[Draft]:
    """What was found. Those that are ``final`` explain whatever a parser makes of the text."""
    found = [_conflict(one.start(), one.end()) for one in _CONFLICT.finditer(text)][:1]
    found += [_invisible(text, one.start(1)) for one in _INVISIBLE.finditer(text)]
    directive = _DIRECTIVE.search(text)
    if directive is not None:
        found.append(
            Draft(
                "LC624",
                "settings are read as YAML 1.2, whatever is written here",
                span=Span(directive.start(), directive.end()),
                suggestion="remove the line, or write %YAML 1.2",
                mend=Mend(lambda _: "%YAML 1.2"),
            )
        )
    return found


def _conflict(start: int, end: int) -> Draft:
    return Draft(
        "LC117",
        "a merge conflict is left in the file",
        span=Span(start, end),
        suggestion="choose one of the two sides, and remove the lines with the marks",
        final=True,
    )


def _invisible(text: str, at: int) -> Draft:
    return Draft(
        "LC125",
        f"a space that is none (U+{ord(text[at]):04X}) stands where a line begins",
        span=Span(at, at + 1),
        suggestion="write an ordinary space",
        final=True,
        mend=Mend(lambda raw: "" if raw in _WITHOUT_WIDTH else " "),
    )
