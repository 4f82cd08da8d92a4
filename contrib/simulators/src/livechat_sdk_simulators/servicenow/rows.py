"""The rows of an instance: every value is a text, and a reference is the id of another row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from livechat_sdk_simulators.servicenow.schema import Column, Table

__all__ = ["Row", "Rows", "stamp"]

_FARTHEST: Final = 10
"""Columns in a name."""


def stamp(moment: datetime) -> str:
    """``moment`` in UTC as ServiceNow keeps it: ``2026-11-24 09:00:00``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(slots=True, eq=False)
class Row:
    """A row."""

    table: Table
    values: dict[str, str]
    by_api: bool = False
    """Whether a caller of the API made it."""

    @property
    def id(self) -> str:
        """Its ``sys_id``."""
        return self.values["sys_id"]

    @property
    def title(self) -> str:
        """What it is called where others lead to it."""
        return self.values[self.table.title]


@dataclass(slots=True)
class Rows:
    """All rows of all tables."""

    tables: Mapping[str, Table]
    now: Callable[[], datetime]
    _rows: dict[str, dict[str, Row]] = field(default_factory=dict[str, dict[str, Row]])
    _numbers: dict[str, int] = field(default_factory=dict[str, int])

    def of(self, table: str) -> list[Row]:
        """The rows of a table, oldest first."""
        return list(self._rows.get(table, {}).values())

    def get(self, table: str, row_id: str) -> Row | None:
        """One row."""
        return self._rows.get(table, {}).get(row_id)

    def add(self, table: str, values: Mapping[str, str], user: str) -> Row:
        """A new row, with what is usual in columns that nobody gave."""
        kind, now = self.tables[table], stamp(self.now())
        filled = {one.name: one.usual for one in kind.columns.values()} | dict(values)
        filled |= {
            "sys_id": uuid4().hex,
            "sys_created_on": now,
            "sys_created_by": user,
            "sys_updated_on": now,
            "sys_updated_by": user,
        }
        if kind.prefix and not filled["number"]:
            number = self._numbers[table] = self._numbers.get(table, kind.first_number - 1) + 1
            filled["number"] = f"{kind.prefix}{number:07}"
        row = Row(kind, filled)
        self._rows.setdefault(table, {})[row.id] = row
        return row

    def change(self, row: Row, values: Mapping[str, str], user: str) -> None:
        """Change columns of a row."""
        count = int(row.values["sys_mod_count"]) + 1
        row.values |= {
            **values,
            "sys_updated_on": stamp(self.now()),
            "sys_updated_by": user,
            "sys_mod_count": str(count),
        }

    def remove(self, row: Row) -> None:
        """Forget a row."""
        del self._rows[row.table.name][row.id]

    def behind(self, row: Row, column: Column) -> Row | None:
        """Where a reference of a row leads."""
        return self.get(column.table, row.values.get(column.name, ""))

    def walk(self, row: Row, path: str) -> tuple[Row | None, Column] | None:
        """The row and the column that a name such as ``caller_id.email`` leads to from ``row``.

        ``None`` where there is no such name; without a row where a reference on the way is empty.
        """
        names = path.split(".")
        return self._walk(row, row.table, names) if len(names) <= _FARTHEST else None

    def _walk(self, row: Row | None, table: Table, names: list[str]) -> tuple[Row | None, Column] | None:
        column = table.columns.get(names[0])
        if column is None:
            return None
        if len(names) == 1:
            return row, column
        if column.kind != "reference" or column.table not in self.tables:
            return None
        further = None if row is None else self.behind(row, column)
        return self._walk(further, self.tables[column.table], names[1:])

    def has_name(self, table: Table, path: str) -> bool:
        """Whether a name leads to a column."""
        names = path.split(".")
        return len(names) <= _FARTHEST and self._walk(None, table, names) is not None
