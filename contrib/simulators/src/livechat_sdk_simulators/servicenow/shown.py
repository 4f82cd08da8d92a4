"""Rows as the Table API shows them: values, display values, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, cast

from livechat_sdk_simulators.servicenow.errors import bad_request
from livechat_sdk_simulators.servicenow.rows import Row, Rows, stamp
from livechat_sdk_simulators.servicenow.schema import Column

__all__ = ["Look", "Shown", "look_of"]

_JOINED: Final = ("comments", "work_notes")


@dataclass(frozen=True, slots=True)
class Look:
    """How a caller wants to see rows."""

    display: Literal["false", "true", "all"] = "false"
    links: bool = True
    fields: Sequence[str] = ()
    """Names of columns; all of them where none is given."""


def look_of(query: dict[str, str]) -> Look:
    """How the parameters of a call want it. Raises ``VendorError``."""
    display = query.get("sysparm_display_value", "false").lower()
    if display not in {"false", "true", "all"}:
        raise bad_request("Invalid value for sysparm_display_value", "It is one of: true, false, all")
    names = [one.strip() for one in query.get("sysparm_fields", "").split(",") if one.strip()]
    links = query.get("sysparm_exclude_reference_link", "false").lower() != "true"
    return Look(cast("Literal['false', 'true', 'all']", display), links, names)


class Shown:
    """Shows rows of one instance to its user. ``unreadable`` are columns as ``incident.work_notes``."""

    def __init__(self, rows: Rows, base_url: str, offset_hours: float, unreadable: frozenset[str]) -> None:
        self._rows = rows
        self._base = base_url
        self._offset = timedelta(hours=offset_hours)
        self._unreadable = unreadable

    def url(self, row: Row) -> str:
        """The address of a row."""
        return f"{self._base}/api/now/table/{row.table.name}/{row.id}"

    def row(self, row: Row, look: Look) -> dict[str, Any]:
        """A row. Names that lead nowhere are left out."""
        shown: dict[str, Any] = {}
        for name in look.fields or row.table.columns:
            place = self._rows.walk(row, name)
            if place is not None:
                owner, column = place
                shown[name] = self._value(owner, column, look)
        return shown

    def _value(self, owner: Row | None, column: Column, look: Look) -> Any:
        hidden = owner is None or f"{owner.table.name}.{column.name}" in self._unreadable
        value = "" if owner is None or hidden else owner.values[column.name]
        label = "" if owner is None or hidden else self.label(owner, column)
        link = None
        if column.kind == "reference" and value and look.links:
            link = f"{self._base}/api/now/table/{column.table}/{value}"
        if look.display == "all":
            return {"display_value": label, "value": value, **({"link": link} if link else {})}
        if look.display == "true":
            return {"display_value": label, "link": link} if link else label
        return {"link": link, "value": value} if link else value

    def label(self, row: Row, column: Column) -> str:
        """A value for people: the label of a choice, the title of a row, a time in the user's time zone."""
        if column.kind == "journal_input":
            return self._journal(row, column)
        value = row.values[column.name]
        if column.kind == "reference":
            leads = self._rows.behind(row, column)
            return leads.title if leads else ""
        if column.kind == "glide_date_time" and value:
            return self._local(value)
        return dict(column.choices).get(value, value)

    def _local(self, value: str) -> str:
        moment = datetime.fromisoformat(value).replace(tzinfo=UTC) + self._offset
        return stamp(moment)

    def _journal(self, row: Row, column: Column) -> str:
        """Everything that was written, the newest first, joined."""
        wanted = _JOINED if column.name == "comments_and_work_notes" else (column.name,)
        columns = row.table.columns
        names = [one for one in wanted if f"{row.table.name}.{one}" not in self._unreadable]
        users = {one.values["user_name"]: one.title for one in self._rows.of("sys_user")}
        entries = [
            f"{self._local(one.values['sys_created_on'])} - "
            f"{users.get(one.values['sys_created_by'], one.values['sys_created_by'])} "
            f"({columns[one.values['element']].label})\n{one.values['value']}\n\n"
            for one in self._rows.of("sys_journal_field")
            if one.values["element_id"] == row.id and one.values["element"] in names
        ]
        return "".join(reversed(entries))
