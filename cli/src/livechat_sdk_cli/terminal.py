"""What a person sees: width of the screen, colour, and text that cannot play tricks on a terminal.

Text that comes from an end user, an agent or a vendor is never printed as it is: a control character could
move the cursor or change the title of the window, and a bidirectional mark could turn a line around.
"""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, Final, Literal

import typer

__all__ = [
    "Screen",
    "Style",
    "columns_of",
    "error",
    "note",
    "out",
    "out_json",
    "screen",
    "shorten",
    "visible",
]

UNKNOWN_WIDTH: Final = 100
"""Columns to write for when the output is no terminal and ``COLUMNS`` is not set."""

Style = Literal["bold", "dim", "red", "green", "yellow", "cyan"]

_CODES: Final[dict[Style, str]] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}
_BIDIRECTIONAL: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Screen:
    """Where something is written to: how many columns it has, and whether colour may be used."""

    width: int
    colour: bool

    def style(self, text: str, *styles: Style) -> str:
        """``text`` in colour where colour may be used. Never the only carrier of a meaning."""
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def screen(stream: IO[str] | None = None) -> Screen:
    """What is known about ``stream``, which is standard output unless another is given.

    Colour is for terminals only, and not for those that are called ``dumb``. ``NO_COLOR`` (no-color.org)
    turns it off; ``FORCE_COLOR`` turns it on where there is no terminal, in a build log for example.
    """
    target: IO[str] = sys.stdout if stream is None else stream
    terminal = target.isatty() and os.environ.get("TERM") != "dumb"
    colour = not os.environ.get("NO_COLOR") and (terminal or bool(os.environ.get("FORCE_COLOR")))
    width = shutil.get_terminal_size((UNKNOWN_WIDTH, 24)).columns
    return Screen(width=max(width, 20), colour=colour)


def out(text: str = "") -> None:
    """Write a line of the result to standard output."""
    typer.echo(text, color=True)  # colour was decided when the text was made


def note(text: str) -> None:
    """Tell the person something that is not the result, on standard error."""
    typer.echo(text, err=True, color=True)


def error(text: str, next_step: str | None = None) -> None:
    """Say on standard error what went wrong, and what to do next."""
    there = screen(sys.stderr)
    note(f"{there.style('error:', 'bold', 'red')} {text}")
    if next_step:
        note(f"{there.style('next:', 'bold')} {next_step}")


def visible(text: str, *, lines: bool = False) -> str:
    r"""``text`` with everything that a terminal would obey made visible (``\x1b``, ``\u202e``).

    Line breaks become ``\n`` too, unless ``lines`` lets them through.
    """
    return "".join(_shown(character, lines=lines) for character in text)


def _shown(character: str, *, lines: bool) -> str:
    if character.isprintable() or (lines and character == "\n"):
        return character
    if unicodedata.category(character) in {"Cf", "Zs"} and character not in _BIDIRECTIONAL:
        return character  # joiners inside emoji and Persian words, soft hyphens, wide spaces
    return character.encode("unicode_escape").decode("ascii")


def columns_of(text: str) -> int:
    """How many columns a terminal needs for ``text``: East Asian wide characters take two, accents none."""
    if text.isascii():
        return len(text)
    return sum(_columns_of(character) for character in text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def shorten(text: str, width: int) -> str:
    """``text`` cut to ``width`` columns; the last one is an ellipsis when something was cut."""
    if columns_of(text) <= width:
        return text
    kept: list[str] = []
    left = width - 1
    for character in text:
        left -= _columns_of(character)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def out_json(document: Mapping[str, Any]) -> None:
    """Write one JSON document to standard output."""
    import json

    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
