"""Turns the body of a write into values of columns, strictly: nothing undeclared, everything of its type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.dynamics.addresses import GUID, Segment, read_address
from livechat_sdk_simulators.dynamics.errors import bad_argument, bad_payload, no_row
from livechat_sdk_simulators.dynamics.evaluate import moment_of
from livechat_sdk_simulators.dynamics.rows import Reference, Row, Rows
from livechat_sdk_simulators.dynamics.tables import Column, Table

__all__ = ["Bodies"]

_BIND: Final = "@odata.bind"
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_KINDS: Final = {
    "text": (str,),
    "memo": (str,),
    "integer": (int,),
    "decimal": (int, float),
    "flag": (bool,),
    "choice": (int,),
    "state": (int,),
    "status": (int,),
    "moment": (str,),
    "day": (str,),
    "key": (str,),
}
_EDM: Final = {
    "text": "Edm.String",
    "memo": "Edm.String",
    "decimal": "Edm.Decimal",
    "flag": "Edm.Boolean",
    "moment": "Edm.DateTimeOffset",
    "day": "Edm.Date",
    "key": "Edm.Guid",
}


class Bodies:
    """Reads bodies, for the rows below ``address``."""

    def __init__(self, rows: Rows, address: str) -> None:
        self._rows = rows
        self._address = address

    def values(self, table: Table, body: Mapping[str, Any]) -> dict[str, Any]:
        """Values by the names of columns, without what only the system writes. Raises ``VendorError``."""
        values: dict[str, Any] = {}
        for name, value in body.items():
            if name.endswith(_BIND):
                column, reference = self._bound(table, name.removesuffix(_BIND), value)
                if values.get(column.name) is not None:
                    raise bad_payload(table.entity_set, f"Two values are bound to '{column.name}'.")
                values[column.name] = reference
            elif name.startswith("@odata."):
                continue
            else:
                column = self._declared(table, name)
                if column.writable:
                    values[name] = _checked(table, column, value)
        return values

    def _declared(self, table: Table, name: str) -> Column:
        column = table.columns.get(name)
        if table.shown(name) is None or column is None:
            if name.startswith("_") and table.shown(name) is not None:
                text = (
                    "CRM do not support direct update of Entity Reference properties, "
                    "Use Navigation properties instead."
                )
                raise bad_payload(table.entity_set, text)
            raise _undeclared(table, name)
        return column

    def _bound(self, table: Table, navigation: str, value: object) -> tuple[Column, Reference | None]:
        found = table.leading(navigation)
        if found is None or not found[0].writable:
            raise _undeclared(table, navigation)
        column, target = found
        if value is None:
            return column, None
        row = self.row_at(value, table)
        if row.table.name != target:
            text = f"A resource of the type '{row.table.name}' cannot be bound to '{navigation}'."
            raise bad_payload(table.entity_set, text)
        return column, Reference(target, row.id)

    def row_at(self, value: object, where: Table) -> Row:
        """The row of ``/contacts(…)``, with or without the slash, or of its whole address."""
        if not isinstance(value, str):
            raise bad_payload(where.entity_set, "The value of an 'odata.bind' is a text.")
        text = value.removeprefix(f"{self._address}/").removeprefix("/")
        try:
            [segment] = read_address(text)
        except (ValueError, VendorError) as error:
            raise bad_payload(where.entity_set, f"The resource '{value}' is malformed.") from error
        table = next((one for one in self._rows.tables.values() if one.entity_set == segment.name), None)
        if table is None or segment.key is None:
            raise bad_payload(where.entity_set, f"The resource '{value}' is malformed.")
        return self.found(table, segment)

    def found(self, table: Table, segment: Segment) -> Row:
        """The row of a segment with a key. Raises ``VendorError``."""
        if isinstance(segment.key, str):
            return self._rows.need(table.name, segment.key)
        row = self.with_key(table, segment)
        if row is None:
            raise no_row(table.name, segment.key_text, code="0x80060891")
        return row

    def with_key(self, table: Table, segment: Segment) -> Row | None:
        """The row with these values of an alternate key. Raises ``VendorError`` where it is no key."""
        values: Mapping[str, str | int] = segment.key if isinstance(segment.key, Mapping) else {}
        if set(values) == {table.key}:
            return self._rows.get(table.name, str(values[table.key]))
        if not any(set(one) == set(values) for one in table.keys):
            names = ",".join(values)
            raise bad_argument(
                f"The specified key attributes are not a defined key for the {table.name} entity: {names}",
                "0x80060890",
            )
        return self._rows.by_key(table, values)


def _undeclared(table: Table, name: str) -> Exception:
    text = (
        f"InnerException : Microsoft.OData.ODataException: An undeclared property '{name}' which only has "
        "property annotations in the payload but no property value was found in the payload. In OData, only "
        "declared navigation properties and named streams can be represented as properties without values."
    )
    return bad_payload(table.entity_set, text)


def _checked(table: Table, column: Column, value: Any) -> Any:
    if value is None:
        return None
    kinds = _KINDS[column.kind]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        edm = _EDM.get(column.kind, "Edm.Int32")
        text = f"Cannot convert the literal '{value}' to the expected type '{edm}'."
        raise bad_payload(table.entity_set, text)
    if column.kind in {"text", "memo"}:
        return _text(table, column, str(value))
    if column.kind in {"choice", "state", "status"} and column.choice(value) is None:
        known = ",".join(str(one.value) for one in column.choices)
        raise bad_argument(
            f"A validation error occurred.  The value {value} of '{column.name}' on record of type "
            f"'{table.name}' is outside the valid range. Accepted Values: {known}",
            "0x8004431a",
        )
    if column.kind in {"moment", "day", "key"}:
        fits = {
            "moment": moment_of(str(value)) is not None,
            "day": _DAY.fullmatch(str(value)) is not None and moment_of(str(value)) is not None,
            "key": GUID.fullmatch(str(value)) is not None,
        }
        if not fits[column.kind]:
            text = f"Cannot convert the literal '{value}' to the expected type '{_EDM[column.kind]}'."
            raise bad_payload(table.entity_set, text)
        return str(value).lower() if column.kind == "key" else value
    return value


def _text(table: Table, column: Column, value: str) -> str | None:
    if len(value) > column.length:
        raise bad_argument(
            f"A validation error occurred.  The length of the '{column.name}' attribute of the "
            f"'{table.name}' entity exceeded the maximum allowed length of '{column.length}'.",
            "0x80044331",
        )
    return value or None
