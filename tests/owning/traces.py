"""Looks for traces of a person in a ledger's database: in every row of every table, and in every file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

Row = tuple[str, tuple[object, ...]]
"""A table's name and one of its rows."""


def every_row(database: Path) -> list[Row]:
    """Every row of every table, indexes and views aside."""
    with closing(sqlite3.connect(database)) as db:
        tables = [
            str(name)
            for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        ]
        return [(table, tuple(row)) for table in tables for row in db.execute(f"SELECT * FROM {table}")]  # noqa: S608 - names from the database


def mentions(row: Row, needles: Iterable[str]) -> bool:
    """Whether a row holds one of these texts anywhere."""
    cells = [cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in row[1]]
    return any(needle in cell for needle in needles for cell in cells)


def rows_about(database: Path, needles: Sequence[str]) -> list[Row]:
    """Rows that mention one of these texts."""
    return [row for row in every_row(database) if mentions(row, needles)]


def in_files(folder: Path, needles: Sequence[str]) -> list[str]:
    """Names of the files in a folder whose bytes hold one of these texts, with the text."""
    found: list[str] = []
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        found += [f"{path.name}: {needle}" for needle in needles if needle.encode() in content]
    return found
