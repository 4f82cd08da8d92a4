"""What happens to a ticket when it is written: defaults, priority, the state model, journals.

Access rules are elsewhere (``access``): these hold for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from livechat_sdk_simulators.servicenow.errors import aborted, bad_request, data_policy, duplicate
from livechat_sdk_simulators.servicenow.rows import Row, Rows, stamp
from livechat_sdk_simulators.servicenow.schema import INCIDENT, INTEGER, Column, Table
from livechat_sdk_simulators.servicenow.settings import ServiceNowSettings

__all__ = ["JOURNALS", "Body", "Rules"]

JOURNALS: Final = ("comments", "work_notes")
"""What is kept entry by entry, and comes back empty."""
_PRIORITY: Final = {2: "1", 3: "2", 4: "3", 5: "4", 6: "5"}
_AWAITING_CALLER: Final = "1"


@dataclass(slots=True)
class Body:
    """A body as it was read: columns, and what was written into journals."""

    values: dict[str, str]
    journals: dict[str, str]
    unknown: list[str]
    """Names of columns that there are not."""


class Rules:
    """The rules of one instance."""

    def __init__(self, rows: Rows, settings: ServiceNowSettings) -> None:
        self._rows = rows
        self._settings = settings

    # ---------------------------------------------------------------------------------- reading bodies
    def read(self, table: Table, content: object, *, labels: bool = False) -> Body:
        """A body. With ``labels`` it has display values. Raises ``VendorError``.

        What the system alone writes is dropped; so is what does not fit its column.
        """
        if not isinstance(content, dict):
            raise bad_request("Exception while reading request", "The payload is not a JSON object.")
        body = Body({}, {}, [])
        for name, given in cast("dict[str, object]", content).items():
            column = table.columns.get(name)
            if column is None:
                body.unknown.append(f"{table.name}.{name}")
            elif column.kind == "journal_input" and not column.ours:
                if text := _text(name, given):
                    body.journals[name] = text
            elif not column.ours:
                body.values[name] = self._fitting(column, _text(name, given), labels=labels)
        return body

    def _fitting(self, column: Column, value: str, *, labels: bool) -> str:
        if labels:
            value = self._by_label(column, value)
        if column.kind == "integer":
            return value if INTEGER.fullmatch(value) else ""
        if column.kind == "boolean":
            return "true" if value.lower() in {"true", "1"} else "false"
        if column.kind == "glide_date_time":
            return value if _is_time(value) else ""
        return value[: column.most]

    def _by_label(self, column: Column, value: str) -> str:
        if column.kind == "reference" and column.table in self._rows.tables:
            return next((one.id for one in self._rows.of(column.table) if one.title == value), "")
        if column.kind == "glide_date_time" and _is_time(value):
            local = datetime.fromisoformat(f"{value}+00:00")
            return stamp(local - timedelta(hours=self._settings.utc_offset_hours))
        return next((one for one, label in column.choices if label == value), value)

    # ----------------------------------------------------------------------------------------- making
    def create(self, table: Table, body: Body, user: Row) -> Row:
        """A new row. Raises ``VendorError``, and then nothing was made."""
        values = dict(body.values)
        if table.name == "sys_user":
            values["name"] = _name_of(values)
        if not table.of_tickets:
            return self._rows.add(table.name, values, user.values["user_name"])
        if missing := [
            one for one in self._settings.mandatory if one in table.columns and not values.get(one)
        ]:
            raise data_policy(*(table.columns[one].label for one in missing))
        filled = {one.name: one.usual for one in table.columns.values()} | values
        self._check_unique(table, filled, None)
        values |= self._moved(table, filled, None, body, user)
        values |= {
            "sys_class_name": table.name,
            "opened_at": values.get("opened_at") or stamp(self._rows.now()),
            "opened_by": values.get("opened_by") or user.id,
        }
        row = self._rows.add(table.name, values, user.values["user_name"])
        self._write(row, body, user)
        return row

    def change(self, row: Row, body: Body, user: Row) -> None:
        """Change a row. Raises ``VendorError``, and then nothing was changed."""
        values, table = dict(body.values), row.table
        if table.of_tickets:
            if row.values["state"] in table.closed and self._settings.closed_read_only:
                raise aborted(table.name, f"{table.label} closed")
            filled = row.values | values
            self._check_unique(table, filled, row)
            values |= self._moved(table, filled, row, body, user)
        elif table.name == "sys_user":
            values["name"] = _name_of(row.values | values)
        self._rows.change(row, values, user.values["user_name"])
        self._write(row, body, user)

    def _check_unique(self, table: Table, filled: Mapping[str, str], row: Row | None) -> None:
        key = filled["correlation_id"]
        if not self._settings.unique_correlation or not key:
            return
        for one in self._rows.of(table.name):
            if one is not row and one.values["correlation_id"] == key:
                raise duplicate(key, "correlation_id")

    def _moved(
        self, table: Table, filled: Mapping[str, str], row: Row | None, body: Body, user: Row
    ) -> dict[str, str]:
        """What follows from the state and the levels that a ticket has now. Raises ``VendorError``."""
        state = filled["state"] or "1"
        was = row.values["state"] if row else ""
        moved: dict[str, str] = {"state": state}
        if table.name == INCIDENT:
            moved |= {"incident_state": state, "priority": _priority(filled)}
        if state == was:
            if state == table.waiting:
                self._check_waiting(table, filled, row, body)
            return moved
        self._check_demanded(table, state, filled)
        if state == table.waiting:
            self._check_waiting(table, filled, row, body)
        return moved | self._dated(table, state, row, user)

    def _check_demanded(self, table: Table, state: str, filled: Mapping[str, str]) -> None:
        needed = table.demanded.get(state, ()) if self._settings.state_policies else ()
        if missing := [one for one in needed if not filled[one]]:
            raise data_policy(*(table.columns[one].label for one in missing))

    def _dated(self, table: Table, state: str, row: Row | None, user: Row) -> dict[str, str]:
        """When and by whom a ticket came into its new state."""
        now, done = stamp(self._rows.now()), {table.resolved, *table.closed}
        dated = {"active": "false" if state in table.closed else "true"}
        if state == table.resolved:
            dated |= {"resolved_at": now, "resolved_by": user.id}
        elif state in table.closed:
            dated |= {"closed_at": now, "closed_by": user.id}
        elif row is not None and row.values["state"] in done:
            dated |= {"resolved_at": "", "resolved_by": "", "closed_at": "", "closed_by": ""}
            if "reopen_count" in table.columns:
                dated["reopen_count"] = str(int(row.values["reopen_count"]) + 1)
        return dated

    def _check_waiting(self, table: Table, filled: Mapping[str, str], row: Row | None, body: Body) -> None:
        """Waiting demands a reason, and waiting for the caller that somebody asks something."""
        if "hold_reason" not in table.columns or not self._settings.state_policies:
            return
        reason = filled["hold_reason"]
        if not reason:
            raise data_policy(table.columns["hold_reason"].label)
        before = row.values["hold_reason"] if row and row.values["state"] == table.waiting else ""
        if reason == _AWAITING_CALLER and before != reason and "comments" not in body.journals:
            raise data_policy(table.columns["comments"].label)

    def _write(self, row: Row, body: Body, user: Row) -> None:
        for element in JOURNALS:
            if text := body.journals.get(element):
                self.write(row, element, text, user)

    def write(self, row: Row, element: str, text: str, user: Row) -> Row:
        """An entry in a journal of a ticket."""
        entry = {"name": row.table.name, "element": element, "element_id": row.id, "value": text}
        return self._rows.add("sys_journal_field", entry, user.values["user_name"])


def _text(name: str, given: object) -> str:
    if given is None:
        return ""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str | int | float):
        return str(given)
    raise bad_request("Exception while reading request", f"The value of {name} is not a text.")


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - in UTC, which the text does not say
    except ValueError:
        return False
    return "1000" < text < "9999"


def _priority(filled: Mapping[str, str]) -> str:
    """By impact and urgency; lowest where one of them is not known."""
    levels = [filled["impact"], filled["urgency"]]
    if any(one not in {"1", "2", "3"} for one in levels):
        return "5"
    return _PRIORITY[sum(int(one) for one in levels)]


def _name_of(values: Mapping[str, str]) -> str:
    return " ".join(one for one in (values.get("first_name"), values.get("last_name")) if one)
