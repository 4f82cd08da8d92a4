"""What a table of Dataverse is: columns, look-ups, collections and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid5

__all__ = ["Choice", "Collection", "Column", "Table"]

_IDS: Final = UUID("6f1c2a44-8a0e-4a8c-9a3b-1c6d0a5e7b90")

EDM: Final = {
    "text": "text",
    "memo": "text",
    "integer": "number",
    "decimal": "number",
    "flag": "flag",
    "choice": "number",
    "state": "number",
    "status": "number",
    "moment": "moment",
    "day": "moment",
    "key": "guid",
    "lookup": "guid",
}
"""How filters see each kind of column."""

_TYPES: Final = {
    "text": "String",
    "memo": "Memo",
    "integer": "Integer",
    "decimal": "Money",
    "flag": "Boolean",
    "choice": "Picklist",
    "state": "State",
    "status": "Status",
    "moment": "DateTime",
    "day": "DateTime",
    "key": "Uniqueidentifier",
    "lookup": "Lookup",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to choose, with its label by language. ``state`` is the state that a status belongs to."""

    value: int
    label: str
    greek: str = ""
    state: int | None = None

    def labelled(self, language: int) -> str:
        """The label in a language, else in English."""
        return self.greek if language == 1032 and self.greek else self.label  # noqa: PLR2004 - Greek


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Of a look-up, ``targets`` says for each navigation property which table it leads to."""

    name: str
    kind: str = "text"
    length: int = 100
    choices: Sequence[Choice] = ()
    targets: Mapping[str, str] = field(default_factory=dict[str, str])
    writable: bool = True
    required: str = "None"
    """``None``, ``ApplicationRequired`` or ``SystemRequired``."""
    title: str = ""

    @property
    def shown_as(self) -> str:
        """Its name in answers, selections and filters."""
        return f"_{self.name}_value" if self.kind == "lookup" else self.name

    @property
    def edm(self) -> str:
        """How filters see it."""
        return EDM[self.kind]

    @property
    def type_name(self) -> str:
        """``AttributeType`` of the metadata."""
        return "Customer" if self.kind == "lookup" and len(self.targets) > 1 else _TYPES[self.kind]

    def choice(self, value: object) -> Choice | None:
        """The choice with this value."""
        return next((one for one in self.choices if one.value == value), None)


@dataclass(frozen=True, slots=True)
class Collection:
    """A navigation property from a row to the rows of ``table`` whose ``column`` leads to it."""

    name: str
    table: str
    column: str


@dataclass(slots=True)
class Table:
    """A table."""

    name: str
    entity_set: str
    key: str
    title: str
    """The column whose text stands for a row."""
    columns: dict[str, Column]
    collections: Sequence[Collection] = ()
    keys: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    """Alternate keys."""

    @property
    def schema_name(self) -> str:
        """The name with its capital letter."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def metadata_id(self) -> str:
        """Always the same for this name."""
        return str(uuid5(_IDS, self.name))

    def id_of(self, column: str) -> str:
        """The metadata id of a column."""
        return str(uuid5(_IDS, f"{self.name}.{column}"))

    def add(self, column: Column) -> None:
        """Add a column, as somebody who customises the environment does."""
        self.columns[column.name] = column

    def shown(self, name: str) -> Column | None:
        """The column that answers and filters call ``name``."""
        if name.startswith("_") and name.endswith("_value"):
            column = self.columns.get(name[1:-6])
            return column if column is not None and column.kind == "lookup" else None
        column = self.columns.get(name)
        return column if column is not None and column.kind != "lookup" else None

    def leading(self, navigation: str) -> tuple[Column, str] | None:
        """The look-up behind a navigation property, and the table that it leads to."""
        for column in self.columns.values():
            if navigation in column.targets:
                return column, column.targets[navigation]
        return None

    def collection(self, name: str) -> Collection | None:
        """The collection with this name."""
        return next((one for one in self.collections if one.name == name), None)
