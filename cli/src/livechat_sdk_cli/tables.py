"""Aligned tables without lines that fit the screen.

What can shrink shrinks; what still does not fit is written as a list of records, which a narrow terminal and
a screen reader can both cope with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livechat_sdk_cli.terminal import Screen, columns_of, shorten, visible

__all__ = ["Column", "fields", "table"]

GAP: Final = 2
"""Columns of space between two cells."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``shrinks_to`` is the least width it may be cut to; ``None`` never cuts it.

    An ``optional`` column is left out of a table in which all its cells are empty.
    """

    title: str
    shrinks_to: int | None = None
    right: bool = False
    optional: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], screen: Screen) -> list[str]:
    """The lines of a table with a head. Cells are made safe for a terminal; none of them wraps."""
    shown = [
        index
        for index, column in enumerate(columns)
        if not column.optional or any(row[index] for row in rows)
    ]
    columns = [columns[index] for index in shown]
    cells = [[visible(row[index]) for index in shown] for row in rows]
    natural = [
        max([columns_of(column.title), *(columns_of(row[index]) for row in cells)])
        for index, column in enumerate(columns)
    ]
    widths = _fit(columns, natural, screen.width)
    if widths is None:
        return _records(columns, cells, screen)
    head = _line([column.title for column in columns], columns, widths)
    return [screen.style(head, "bold"), *(_line(row, columns, widths) for row in cells)]


def _fit(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int] | None:
    """Widths that fit, the widest column cut first; ``None`` when no cutting helps."""
    widths = list(natural)
    excess = sum(widths) + GAP * (len(widths) - 1) - width
    while excess > 0:
        able = [
            index
            for index, column in enumerate(columns)
            if column.shrinks_to is not None
            and widths[index] > max(column.shrinks_to, columns_of(column.title))
        ]
        if not able:
            return None
        widest = max(able, key=lambda index: widths[index])
        widths[widest] -= 1
        excess -= 1
    return widths


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    parts: list[str] = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        shown = shorten(cell, width)
        space = " " * (width - columns_of(shown))
        parts.append(space + shown if column.right else shown + space)
    return (" " * GAP).join(parts).rstrip()


def _records(columns: Sequence[Column], rows: Sequence[Sequence[str]], screen: Screen) -> list[str]:
    lines: list[str] = []
    for row in rows:
        if lines:
            lines.append("")
        pairs = [(column.title, cell) for column, cell in zip(columns, row, strict=True) if cell]
        lines += fields(pairs, screen)
    return lines


def fields(pairs: Sequence[tuple[str, str]], screen: Screen) -> list[str]:
    """Lines of ``name  value``, the values one below the other; long values go on in the next line."""
    indent = max((columns_of(name) for name, _ in pairs), default=0) + GAP
    lines: list[str] = []
    for name, value in pairs:
        wrapped = _wrap(visible(value), max(screen.width - indent, 10)) or [""]
        label = screen.style(name, "bold") + " " * (indent - columns_of(name))
        lines.append((label + wrapped[0]).rstrip(" "))
        lines += [" " * indent + rest for rest in wrapped[1:]]
    return lines


def _wrap(text: str, width: int) -> list[str]:
    """Break at spaces; a word that is wider than a line is broken where the line ends."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if columns_of(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, width)
        lines += full
    return [*lines, line] if line else lines


def _pieces(word: str, width: int) -> list[str]:
    pieces = [""]
    for character in word:
        if columns_of(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces
