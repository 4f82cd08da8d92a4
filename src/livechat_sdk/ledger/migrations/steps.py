"""What revisions are made of, on SQLite and PostgreSQL alike. SQLAlchemy and alembic are loaded here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from livechat_sdk.ledger.postgres.sql import translate_ddl

__all__ = ["Row", "add_columns", "drop_columns", "fill", "is_postgres", "rebuild_all", "run", "statements_of"]

# ruff: noqa: S608 - names of tables and columns come from revisions
_PAGE = 500

Row = dict[str, Any]


def is_postgres() -> bool:
    """Whether the database is PostgreSQL; else it is SQLite."""
    return op.get_bind().dialect.name == "postgresql"


def run(*statements: str) -> None:
    """Run statements in SQLite's words, which are translated for PostgreSQL."""
    for statement in statements:
        op.execute(sa.text(_escaped(translate_ddl(statement) if is_postgres() else statement)))


def add_columns(table: str, *columns: str) -> None:
    """Add columns (``name TYPE``) that may be empty until they are filled."""
    for column in columns:
        run(f"ALTER TABLE {table} ADD COLUMN {column}")


def drop_columns(table: str, *names: str) -> None:
    """Drop columns, on PostgreSQL; SQLite rebuilds its tables."""
    for name in names:
        run(f"ALTER TABLE {table} DROP COLUMN {name}")


def fill(table: str, key: Sequence[str], read: str, compute: Callable[[Row], Row], *, join: str = "") -> int:
    """Compute columns of every row from what is read of it; returns the number of rows.

    ``read`` are the columns to select from ``table AS t`` and ``join``; ``key`` names a row. Pages keep the
    memory small whatever the size of the table.
    """
    bind = op.get_bind()
    total = 0
    for page in _pages(bind, table, key, read, join):
        changes = [{**compute(row), **{f"key_{name}": row[name] for name in key}} for row in page]
        columns = [name for name in changes[0] if not name.startswith("key_")]
        sets = ", ".join(f"{name} = :{name}" for name in columns)
        where = " AND ".join(f"{name} = :key_{name}" for name in key)
        bind.execute(sa.text(f"UPDATE {table} SET {sets} WHERE {where}"), changes)
        total += len(page)
    return total


def _pages(bind: sa.Connection, table: str, key: Sequence[str], read: str, join: str) -> Iterator[list[Row]]:
    keys = ", ".join(f"t.{name}" for name in key)
    after = ", ".join(f":after_{name}" for name in key)
    last: Row = {}
    while True:
        where = f"WHERE ({keys}) > ({after})" if last else ""
        sql = f"SELECT {keys}, {read} FROM {table} AS t {join} {where} ORDER BY {keys} LIMIT {_PAGE}"
        found = [dict(row) for row in bind.execute(sa.text(sql), last).mappings()]
        if not found:
            return
        yield found
        last = {f"after_{name}": found[-1][name] for name in key}


def statements_of(statements: Sequence[str], table: str) -> tuple[str, list[str]]:
    """The statement that makes a table, and those that make its indexes."""
    indexes = [one for one in statements if re.match(rf"\s*CREATE (UNIQUE )?INDEX \w+ ON {table}\b", one)]
    (made,) = (one for one in statements if re.match(rf"\s*CREATE TABLE {table}\b", one))
    return made, indexes


def rebuild_all(statements: Sequence[str], tables: Iterable[str]) -> None:
    """Give SQLite tables the form that these statements have: made beside, filled, put in their place.

    SQLite cannot change a table in any other way. Foreign keys are off meanwhile.
    """
    for table in tables:
        made, indexes = statements_of(statements, table)
        _rebuild(table, made, indexes)


def _rebuild(table: str, made: str, indexes: Sequence[str]) -> None:
    bind = op.get_bind()
    counted = "AUTOINCREMENT" in made
    of_table = {"name": table}
    last = bind.execute(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), of_table).scalar()
    run(re.sub(rf"CREATE TABLE {table}\b", f"CREATE TABLE new_{table}", made, count=1))
    present = {row[1] for row in bind.execute(sa.text(f"PRAGMA table_info({table})"))}
    wanted = [row[1] for row in bind.execute(sa.text(f"PRAGMA table_info(new_{table})"))]
    names = ", ".join(name for name in wanted if name in present)
    run(f"INSERT INTO new_{table} ({names}) SELECT {names} FROM {table}")
    run(f"DROP TABLE {table}", f"ALTER TABLE new_{table} RENAME TO {table}", *indexes)
    if counted and last is not None:  # ids of deleted rows are never given again
        bind.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), of_table)
        insert = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)")
        bind.execute(insert, {**of_table, "seq": last})


def _escaped(statement: str) -> str:
    return statement.replace(":", r"\:")
