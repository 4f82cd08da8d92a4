"""The calls of the Web API that write: create, change and upsert, delete, clear a look-up, resolve a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, VendorError, json_answer
from livechat_sdk_simulators.dynamics.addresses import Segment
from livechat_sdk_simulators.dynamics.answers import read_preferences
from livechat_sdk_simulators.dynamics.errors import (
    bad_argument,
    bad_payload,
    bad_query,
    no_row,
    no_segment,
    usual,
)
from livechat_sdk_simulators.dynamics.options import Options
from livechat_sdk_simulators.dynamics.rows import Reference, Row
from livechat_sdk_simulators.dynamics.tables import Table
from livechat_sdk_simulators.dynamics.webapi import options_of, place_of

if TYPE_CHECKING:
    from livechat_sdk_simulators.dynamics.simulator import DynamicsSimulator

__all__ = ["Writes"]

_RESOLUTION: Final = frozenset(
    {"@odata.type", "subject", "description", "timespent", "incidentid@odata.bind"}
)


class Writes:
    """Writing calls, on the rows of one simulator."""

    def __init__(self, dynamics: DynamicsSimulator) -> None:
        self._dynamics = dynamics
        self._rows = dynamics.rows

    # ---------------------------------------------------------------------------------------- making
    async def post(self, call: Call) -> Response:
        """Make a row, or carry out an action."""
        segments = place_of(call)
        if segments[0].name == "CloseIncident" and len(segments) == 1:
            return self._close(call)
        table = self._dynamics.table_at(segments[0])
        if segments[0].key is not None or len(segments) > 1:
            raise no_segment(segments[-1].name)
        self._dynamics.may("Create", table)
        body = _body(call, table)
        values = self._dynamics.bodies.values(table, body)
        row_id = values.pop(table.key, None)
        if row_id is not None and self._rows.get(table.name, row_id) is not None:
            status = self._dynamics.settings.duplicate_key_status
            raise VendorError(status, "0x80040237", "Cannot insert duplicate key.")
        return self._make(call, table, values, row_id, options_of(call))

    def _make(
        self, call: Call, table: Table, given: Mapping[str, Any], row_id: str | None, options: Options
    ) -> Response:
        self._may_bind(table, given)
        values = self._dynamics.rules.to_make(table, given)
        self._dynamics.answers.check(table, options)
        self._check_keys(table, values, None)
        if call.header("mscrm.suppressduplicatedetection").lower() == "false":
            self._dynamics.rules.check_duplicates(table, values, None)
        row = self._rows.add(table, values, row_id)
        call.applied = f"{table.name} {row.id} was made"
        return self._answer(call, row, options, 201)

    def _may_bind(self, table: Table, given: Mapping[str, Any]) -> None:
        """Refuse to let a row lead to another where the caller may not append the one to the other."""
        for value in given.values():
            if isinstance(value, Reference):
                self._dynamics.may("Append", table)
                self._dynamics.may("AppendTo", self._rows.tables[value.table])

    def _check_keys(self, table: Table, values: Mapping[str, Any], row: Row | None) -> None:
        for names in table.keys:
            wanted = {name: values.get(name) for name in names}
            if all(one is not None for one in wanted.values()):
                known = self._rows.by_key(table, wanted)
                if known is not None and known is not row:
                    text = "A record that has the attribute values of an entity key already exists."
                    raise VendorError(412, "0x80060892", text)

    # -------------------------------------------------------------------------------------- changing
    async def patch(self, call: Call) -> Response:
        """Change a row, or make it where it is not there and nobody forbids it."""
        segments, options = place_of(call), options_of(call)
        table, first = self._dynamics.table_at(segments[0]), segments[0]
        if first.key is None or len(segments) > 1:
            raise VendorError(
                405, "0x80060888", "The requested resource does not support http method 'PATCH'."
            )
        body = _body(call, table)
        values = self._dynamics.bodies.values(table, body)
        row = self._existing(table, first)
        self._check_conditions(call, table, first, row)
        _same_key(table, first, values)
        if row is None:
            self._dynamics.may("Create", table)
            key = first.key
            row_id = key if isinstance(key, str) else values.pop(table.key, None)
            values.pop(table.key, None)
            return self._make(call, table, {**values, **_key_values(table, first)}, row_id, options)
        self._dynamics.may("Write", table)
        return self._change(call, row, values, options)

    def _existing(self, table: Table, segment: Segment) -> Row | None:
        if isinstance(segment.key, str):
            return self._rows.get(table.name, segment.key)
        return self._dynamics.bodies.with_key(table, segment)

    def _check_conditions(self, call: Call, table: Table, segment: Segment, row: Row | None) -> None:
        match, none_match = call.header("if-match"), call.header("if-none-match")
        empty = self._dynamics.settings.empty_codes
        if match and none_match:
            raise bad_query("If-Match and If-None-Match headers cannot be used together.")
        if none_match and none_match not in {"*", "null"}:
            raise bad_query("The If-None-Match header must be * for a write.")
        if none_match == "*" and row is not None:
            text = "A record with matching key values already exists."
            raise VendorError(412, "" if empty else "0x80060892", text)
        if match and row is None:
            raise no_row(table.name, segment.key_text, code="" if empty else "0x80040217")
        if match and match != "*" and row is not None and match != row.etag:
            text = "The version of the existing record doesn't match the RowVersion property provided."
            raise VendorError(412, "" if empty else "0x80060882", text)

    def _change(self, call: Call, row: Row, given: dict[str, Any], options: Options) -> Response:
        given.pop(row.table.key, None)
        self._may_bind(row.table, given)
        values = self._dynamics.rules.to_change(row, given)
        after = {**row.values, **values}
        self._dynamics.answers.check(row.table, options)
        self._check_keys(row.table, after, row)
        if call.header("mscrm.suppressduplicatedetection").lower() == "false":
            self._dynamics.rules.check_duplicates(row.table, after, row)
        self._rows.change(row, values)
        call.applied = f"{row.table.name} {row.id} was changed"
        return self._answer(call, row, options, 200)

    def _answer(self, call: Call, row: Row, options: Options, status: int) -> Response:
        if row.table.name == "incident":
            call.chat = row.id
        wanted = read_preferences(call.header("prefer"))
        answers = self._dynamics.answers
        if not wanted.representation:
            address = f"{self._dynamics.address}/{row.table.entity_set}({row.id})"
            return Response(status_code=204, headers={"odata-entityid": address, "location": address})
        content = {"@odata.context": answers.context(row.table, options, single=True)}
        response = json_answer({**content, **answers.shown(row, options, wanted)}, status)
        response.headers.update({"preference-applied": wanted.applied, "etag": row.etag})
        return response

    # -------------------------------------------------------------------------------------- removing
    async def delete(self, call: Call) -> Response:
        """Delete a row, or clear one of its look-ups."""
        segments = place_of(call)
        table, first = self._dynamics.table_at(segments[0]), segments[0]
        if first.key is None:
            raise VendorError(
                405, "0x80060888", "The requested resource does not support http method 'DELETE'."
            )
        row = self._existing(table, first)
        self._check_conditions(call, table, first, row)
        row = self._dynamics.bodies.found(table, first)
        if len(segments) == 1:
            self._dynamics.may("Delete", table)
            self._rows.remove(row)
            call.applied = f"{table.name} {row.id} was deleted"
            return Response(status_code=204)
        leading = table.leading(segments[1].name)
        if [one.name for one in segments[2:]] != ["$ref"] or leading is None or not leading[0].writable:
            raise no_segment(segments[-1].name)
        self._dynamics.may("Write", table)
        self._rows.change(row, self._dynamics.rules.to_change(row, {leading[0].name: None}))
        call.applied = f"{leading[0].name} of {table.name} {row.id} was cleared"
        return Response(status_code=204)

    # --------------------------------------------------------------------------------------- closing
    def _close(self, call: Call) -> Response:
        table = self._rows.tables["incidentresolution"]
        body = _body(call, table)
        if unknown := [one for one in body if one not in {"IncidentResolution", "Status"}]:
            raise bad_payload(
                "CloseIncident", f"The parameter '{unknown[0]}' in the request payload is not valid."
            )
        resolution = body.get("IncidentResolution")
        if not isinstance(resolution, dict) or "Status" not in body:
            raise bad_payload("CloseIncident", "The parameters IncidentResolution and Status are needed.")
        fields = cast("dict[str, Any]", resolution)
        if unknown := [one for one in fields if one not in _RESOLUTION]:
            raise bad_payload(
                table.entity_set, f"An undeclared property '{unknown[0]}' was found in the payload."
            )
        if fields.get("@odata.type", "Microsoft.Dynamics.CRM.incidentresolution").lstrip("#") != (
            "Microsoft.Dynamics.CRM.incidentresolution"
        ):
            raise bad_payload(table.entity_set, "IncidentResolution is an incidentresolution.")
        values = self._dynamics.bodies.values(table, fields)
        target = values.get("incidentid")
        if not isinstance(target, Reference):
            raise bad_argument("The incident id is missing.")
        case = self._rows.need("incident", target.id)
        self._dynamics.may("Write", case.table)
        self._rows.change(case, self._dynamics.rules.close_case(case, body["Status"]))
        self._rows.add(table, self._dynamics.rules.to_make(table, values))
        call.chat, call.applied = case.id, f"incident {case.id} was resolved"
        return Response(status_code=204)


def _body(call: Call, table: Table) -> dict[str, Any]:
    if call.media_type != "application/json":
        raise usual(415)
    try:
        content = call.json()
    except ValueError as error:
        raise bad_payload(
            table.entity_set, "An error occurred while parsing the JSON of the request."
        ) from error
    if not isinstance(content, dict):
        raise bad_payload(table.entity_set, "The request must be a JSON object.")
    return cast("dict[str, Any]", content)


def _key_values(table: Table, segment: Segment) -> dict[str, Any]:
    if not isinstance(segment.key, Mapping):
        return {}
    return {name: value for name, value in segment.key.items() if name != table.key}


def _same_key(table: Table, segment: Segment, values: Mapping[str, Any]) -> None:
    """Refuse a body that repeats the key of the address differently."""
    wanted = {table.key: segment.key} if isinstance(segment.key, str) else dict(segment.key or {})
    for name, value in wanted.items():
        if name in values and values[name] != value:
            raise bad_argument(f"The value of '{name}' in the body is another one than in the address.")
