"""Looks for traces of a person in a ledger's database: in every row of every table, and in every file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

__all__ = ["Row", "every_row", "in_files", "mentions"]

Row = tuple[str, tuple[object, ...]]
"""A table's name and one of its rows."""


async def every_row(url: str) -> list[Row]:
    """Every row of every table of the database at an address."""
    if url.startswith("sqlite:///"):
        return _sqlite_rows(Path(url.removeprefix("sqlite:///")))
    return await _postgres_rows(url)


def _sqlite_rows(database: Path) -> list[Row]:
    with closing(sqlite3.connect(database)) as db:
        names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
        tables = [str(name) for (name,) in db.execute(names)]
        return [
            (table, tuple(row))
            for table in tables
            for row in db.execute(f"SELECT * FROM {table}")  # noqa: S608 - names from the database
        ]


async def _postgres_rows(url: str) -> list[Row]:
    import asyncpg

    db = await asyncpg.connect(url)
    try:
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        found: list[Row] = []
        for record in await db.fetch(names):
            table = str(record[0])
            if table in {"workers", "shards"}:  # who serves: nothing about people, and never still
                continue
            rows = await db.fetch(f"SELECT * FROM {table}")  # noqa: S608 - names from the database
            found += sorted(((table, tuple(value for _, value in row.items())) for row in rows), key=repr)
        return found
    finally:
        await db.close()


def mentions(row: Row, needles: Iterable[str]) -> bool:
    """Whether a row holds one of these texts anywhere."""
    cells = [cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in row[1]]
    return any(needle in cell for needle in needles for cell in cells)


def in_files(folder: Path, needles: Sequence[str]) -> list[str]:
    """Names of the files in a folder whose bytes hold one of these texts, with the text."""
    found: list[str] = []
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        found += [f"{path.name}: {needle}" for needle in needles if needle.encode() in content]
    return found
