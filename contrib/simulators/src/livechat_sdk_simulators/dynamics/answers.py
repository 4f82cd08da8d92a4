"""Rows as the Web API shows them: chosen columns, expanded look-ups, labels and other annotations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from livechat_sdk_simulators.dynamics.errors import bad_query
from livechat_sdk_simulators.dynamics.evaluate import check, test
from livechat_sdk_simulators.dynamics.options import Expansion, Options
from livechat_sdk_simulators.dynamics.rows import (
    Reference,
    Row,
    Rows,
    RowValues,
    TableNames,
    led,
    unknown_property,
)
from livechat_sdk_simulators.dynamics.tables import Column, Table

__all__ = ["Answers", "Preferences", "read_preferences"]

_FORMATTED: Final = "OData.Community.Display.V1.FormattedValue"
_LOGICAL: Final = "Microsoft.Dynamics.CRM.lookuplogicalname"
_NAVIGATION: Final = "Microsoft.Dynamics.CRM.associatednavigationproperty"
_PREFERENCE: Final = re.compile(r'\s*([\w.\-]+)\s*(?:=\s*(?:"([^"]*)"|([^,;\s"]*)))?\s*(?:,|;|$)')
_SIZE: Final = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_MOST: Final = 5000

_FORMATS: Final[Mapping[str, Callable[[Any], str]]] = {
    "flag": lambda value: "Yes" if value else "No",
    "decimal": lambda value: f"€{value:,.2f}",
    "integer": lambda value: f"{value:,}",
    "moment": lambda value: datetime.fromisoformat(value).strftime("%d/%m/%Y %H:%M"),
    "day": lambda value: datetime.fromisoformat(value).strftime("%d/%m/%Y"),
}
"""How values are written for people, where they are no choices."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the header ``Prefer`` asks for."""

    representation: bool = False
    page_size: int | None = None
    annotations: Sequence[str] = ()

    def wants(self, annotation: str) -> bool:
        """Whether an annotation is asked for, by its name or by the beginning of it."""
        return any(
            one in {"*", annotation} or (one.endswith("*") and annotation.startswith(one[:-1]))
            for one in self.annotations
        )

    @property
    def applied(self) -> str:
        """What is answered of them."""
        parts = ["return=representation"] if self.representation else []
        parts += [f"odata.maxpagesize={self.page_size}"] if self.page_size else []
        parts += [f'odata.include-annotations="{",".join(self.annotations)}"'] if self.annotations else []
        return ",".join(parts)


def read_preferences(header: str) -> Preferences:
    """The items of one header, joined by commas; what is not known is passed over, as the standard says."""
    found: dict[str, str] = {}
    place = 0
    while place < len(header):
        item = _PREFERENCE.match(header, place)
        if item is None or item.end() == place:
            break
        found[item.group(1).lower()] = item.group(2) if item.group(2) is not None else item.group(3) or ""
        place = item.end()
    size = found.get("odata.maxpagesize", "")
    return Preferences(
        representation=found.get("return") == "representation",
        page_size=min(int(size), _MOST) if _SIZE.fullmatch(size) else None,
        annotations=[one for one in found.get("odata.include-annotations", "").split(",") if one],
    )


class Answers:
    """Shows rows with addresses below ``address``, in one language."""

    def __init__(self, rows: Rows, address: str, language: int) -> None:
        self._rows = rows
        self._address = address
        self._language = language

    # ------------------------------------------------------------------------------------- which rows
    def chosen(self, table: Table, rows: Iterable[Row], options: Options) -> list[Row]:
        """The rows that fit, in order. Raises ``VendorError``."""
        self.check(table, options)
        found = list(rows)
        if options.filter is not None:
            found = [one for one in found if test(options.filter, RowValues(one, self._rows))]
        for name, down in reversed(options.orderby):
            found.sort(key=partial(_order_key, table.shown(name)), reverse=down)
        return found

    def check(self, table: Table, options: Options) -> None:
        """Refuse options that name what there is not."""
        for name in options.select or ():
            if table.shown(name) is None:
                raise unknown_property(name, table)
        for name, _ in options.orderby:
            if table.shown(name) is None:
                raise unknown_property(name, table)
        if options.filter is not None:
            check(options.filter, TableNames(table, self._rows.tables))
        for one in options.expand:
            self.check(self.expanded(table, one), one.options)

    def expanded(self, table: Table, expansion: Expansion) -> Table:
        """The table whose rows are expanded. Raises ``VendorError``."""
        leading, collection = table.leading(expansion.name), table.collection(expansion.name)
        target = leading[1] if leading else collection.table if collection else ""
        if target not in self._rows.tables:
            raise unknown_property(expansion.name, table)
        if leading and (expansion.options.filter or expansion.options.orderby or expansion.options.top):
            raise bad_query(f"Only $select and $expand are allowed on the lookup '{expansion.name}'.")
        return self._rows.tables[target]

    # -------------------------------------------------------------------------------------- how shown
    def context(self, table: Table, options: Options, *, single: bool) -> str:
        """The address of the description of an answer."""
        parts = list(options.select or ())
        parts += [f"{one.name}({','.join(one.options.select or ())})" for one in options.expand]
        chosen = f"({','.join(parts)})" if parts else ""
        return f"{self._address}/$metadata#{table.entity_set}{chosen}{'/$entity' if single else ''}"

    def shown(self, row: Row, options: Options, wanted: Preferences) -> dict[str, Any]:
        """One row."""
        result: dict[str, Any] = {"@odata.etag": row.etag}
        columns = row.table.columns.values()
        for column in columns:
            if options.select is None or column.shown_as in options.select:
                self._put(result, row, column, wanted)
        result[row.table.key] = row.id
        for one in options.expand:
            self._expand(result, row, one, wanted)
        return result

    def _put(self, result: dict[str, Any], row: Row, column: Column, wanted: Preferences) -> None:
        value, name = row.values.get(column.name), column.shown_as
        if isinstance(value, Reference):
            target = self._rows.get(value.table, value.id)
            if wanted.wants(_FORMATTED) and target is not None:
                result[f"{name}@{_FORMATTED}"] = target.title
            if wanted.wants(_LOGICAL):
                result[f"{name}@{_LOGICAL}"] = value.table
            if wanted.wants(_NAVIGATION):
                leads = next(one for one, table in column.targets.items() if table == value.table)
                result[f"{name}@{_NAVIGATION}"] = leads
            result[name] = value.id
            return
        label = self._formatted(column, value)
        if label is not None and wanted.wants(_FORMATTED):
            result[f"{name}@{_FORMATTED}"] = label
        result[name] = value

    def _formatted(self, column: Column, value: Any) -> str | None:
        choice = column.choice(value)
        if choice is not None:
            return choice.labelled(self._language)
        show = _FORMATS.get(column.kind)
        return None if show is None or value is None else show(value)

    def _expand(self, result: dict[str, Any], row: Row, expansion: Expansion, wanted: Preferences) -> None:
        collection = row.table.collection(expansion.name)
        if collection is None:
            target = led(row, expansion.name, self._rows)
            result[expansion.name] = None if target is None else self.shown(target, expansion.options, wanted)
            return
        rows = self._rows.leading_to(collection.table, collection.column, row)
        found = self.chosen(self._rows.tables[collection.table], rows, expansion.options)
        size = min(one for one in (expansion.options.top, wanted.page_size, _MOST) if one is not None)
        result[expansion.name] = [self.shown(one, expansion.options, wanted) for one in found[:size]]
        link = f"{self._address}/{row.table.entity_set}({row.id})/{expansion.name}"
        if expansion.options.select:
            link += f"?$select={','.join(expansion.options.select)}"
        result[f"{expansion.name}@odata.nextLink"] = link


def _order_key(column: Column | None, row: Row) -> tuple[int, Any]:
    value = None if column is None else row.values.get(column.name)
    if isinstance(value, Reference):
        value = value.id
    if value is None:
        return (0, 0)
    return (1, value.casefold() if isinstance(value, str) else value)
