"""The rows of the environment, and how to read them by the names that queries use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.dynamics.errors import bad_query, no_row
from livechat_sdk_simulators.dynamics.filters import Path
from livechat_sdk_simulators.dynamics.tables import Table

__all__ = ["Reference", "Row", "RowValues", "Rows", "TableNames", "led", "unknown_property", "written"]

_FIRST_VERSION: Final = 72_201_545


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a look-up leads."""

    table: str
    id: str


@dataclass(slots=True, eq=False)
class Row:
    """A row. ``values`` holds what its columns do, by their names; look-ups hold a ``Reference``."""

    table: Table
    id: str
    version: int
    values: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def etag(self) -> str:
        """What changes with each change."""
        return f'W/"{self.version}"'

    @property
    def title(self) -> str:
        """The text that stands for it."""
        return str(self.values.get(self.table.title) or "")


def written(moment: datetime) -> str:
    """A time as Dataverse writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Rows:
    """All rows, by table and id."""

    def __init__(self, tables: Mapping[str, Table], now: Callable[[], datetime]) -> None:
        self.tables = tables
        self._now = now
        self._rows: dict[str, dict[str, Row]] = {name: {} for name in tables}
        self._version = _FIRST_VERSION
        self._numbers = 1000

    def of(self, table: str) -> Sequence[Row]:
        """The rows of a table, in the order in which they were made."""
        return tuple(self._rows.get(table, {}).values())

    def get(self, table: str, row_id: str) -> Row | None:
        """A row by its id."""
        return self._rows.get(table, {}).get(row_id.lower())

    def need(self, table: str, row_id: str) -> Row:
        """The same. Raises ``VendorError``."""
        row = self.get(table, row_id)
        if row is None:
            raise no_row(table, row_id)
        return row

    def by_key(self, table: Table, values: Mapping[str, object]) -> Row | None:
        """A row by the values of an alternate key, without regard to case."""
        for row in self.of(table.name):
            if all(_folded(row.values.get(name)) == _folded(value) for name, value in values.items()):
                return row
        return None

    def leading_to(self, table: str, column: str, row: Row) -> list[Row]:
        """The rows of a table whose look-up leads to a row."""
        here = Reference(row.table.name, row.id)
        return [one for one in self.of(table) if one.values.get(column) == here]

    # -------------------------------------------------------------------------------------- changing
    def add(self, table: Table, values: Mapping[str, Any], row_id: str | None = None) -> Row:
        """Keep a new row."""
        self._version += 3
        row = Row(table, (row_id or str(uuid4())).lower(), self._version, dict(values))
        row.values[table.key] = row.id
        if "createdon" in table.columns:
            row.values["createdon"] = row.values["modifiedon"] = written(self._now())
        self._rows[table.name][row.id] = row
        return row

    def change(self, row: Row, values: Mapping[str, Any]) -> None:
        """Change columns of a row."""
        self._version += 3
        row.version = self._version
        row.values |= values
        if "modifiedon" in row.table.columns:
            row.values["modifiedon"] = written(self._now())

    def remove(self, row: Row) -> None:
        """Forget a row, and every look-up that leads to it."""
        del self._rows[row.table.name][row.id]
        here = Reference(row.table.name, row.id)
        for rows in self._rows.values():
            for one in rows.values():
                one.values.update({name: None for name, value in one.values.items() if value == here})

    def number(self) -> str:
        """The next number of a case."""
        self._numbers += 1
        return f"CAS-{self._numbers:05}-{uuid4().hex[:6].upper()}"


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


class TableNames:
    """What a filter of a table can name."""

    def __init__(self, table: Table, tables: Mapping[str, Table]) -> None:
        self._table = table
        self._tables = tables

    def kind(self, path: Path) -> str:
        """The kind of a column, also one behind look-ups. Raises ``VendorError``."""
        table = self._table
        for navigation in path.names[:-1]:
            found = table.leading(navigation)
            if found is None:
                raise unknown_property(navigation, table)
            table = self._tables[found[1]]
        column = table.shown(path.names[-1])
        if column is None:
            raise unknown_property(path.names[-1], table)
        return column.edm


def unknown_property(name: str, table: Table) -> VendorError:
    """The error for a name that a table does not have."""
    return bad_query(
        f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table.name}'."
    )


class RowValues:
    """A row for filters."""

    def __init__(self, row: Row, rows: Rows) -> None:
        self._row = row
        self._rows = rows

    def value(self, path: Path) -> object:
        """What a column holds, also one behind look-ups."""
        row: Row | None = self._row
        for navigation in path.names[:-1]:
            row = None if row is None else led(row, navigation, self._rows)
        if row is None:
            return None
        column = row.table.shown(path.names[-1])
        value = None if column is None else row.values.get(column.name)
        return value.id if isinstance(value, Reference) else value


def led(row: Row, navigation: str, rows: Rows) -> Row | None:
    """The row that a navigation property leads to, when it leads to one of that table."""
    found = row.table.leading(navigation)
    if found is None:
        return None
    value = row.values.get(found[0].name)
    return (
        rows.get(value.table, value.id) if isinstance(value, Reference) and value.table == found[1] else None
    )
