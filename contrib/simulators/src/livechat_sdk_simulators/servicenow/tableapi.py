"""The Table API: rows of any table, made, changed, read and searched for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.servicenow.errors import bad_request, invalid_table, no_record, usual
from livechat_sdk_simulators.servicenow.kinds import operations
from livechat_sdk_simulators.servicenow.queries import read_query
from livechat_sdk_simulators.servicenow.rows import Row
from livechat_sdk_simulators.servicenow.rules import Body
from livechat_sdk_simulators.servicenow.schema import Table
from livechat_sdk_simulators.servicenow.shown import look_of

if TYPE_CHECKING:
    from livechat_sdk_simulators.servicenow.simulator import ServiceNowSimulator

__all__ = ["TableApi"]

_VERSIONS: Final = ("v1", "v2")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_ME: Final = ("gs.getUserID()", "gs.user_id()")


class TableApi:
    """The calls, on the rows of one instance."""

    def __init__(self, servicenow: ServiceNowSimulator) -> None:
        self._servicenow = servicenow
        self._rows = servicenow.rows

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return operations(
            {
                "many": self.many,
                "create": self.create,
                "one": self.one,
                "change": self.change,
                "delete": self.delete,
            }
        )

    def _table(self, call: Call) -> Table:
        if call.request.path_params.get("version", "v2") not in _VERSIONS:
            raise usual(404)
        table = self._rows.tables.get(call.part("table"))
        if table is None:
            raise invalid_table(call.part("table"))
        return table

    def _row(self, call: Call) -> Row:
        """The row of the address, as far as the user sees it. Raises ``VendorError``."""
        table = self._table(call)
        row = self._rows.get(table.name, call.part("row"))
        if row is None or not self._visible(row):
            raise no_record()
        if table.of_tickets:
            call.chat = row.id
        return row

    def _visible(self, row: Row) -> bool:
        may, values = self._servicenow.access.may, row.values
        if row.table.name == "sys_journal_field":
            hidden = values["element_id"] in self._servicenow.hidden
            readable = may("read", f"{values['name']}.{values['element']}") and may("read", values["name"])
        else:
            hidden, readable = row.id in self._servicenow.hidden, True
        return not hidden and readable and may("read", row.table.name)

    # --------------------------------------------------------------------------------------- reading
    async def one(self, call: Call) -> Response:
        """One row."""
        row = self._row(call)
        return json_answer({"result": self._servicenow.shown.row(row, look_of(dict(call.query)))})

    async def many(self, call: Call) -> Response:
        """The rows that fit a query, page by page. What the user may not see is missing from its page."""
        table, query = self._table(call), dict(call.query)
        look, found = look_of(query), self.found(table, query)
        limit = _number(query, "sysparm_limit", self._servicenow.settings.page_size)
        offset = _number(query, "sysparm_offset", 0)
        page = [one for one in found[offset : offset + limit] if self._visible(one)]
        if not page and call.request.path_params.get("version") == "v1":
            raise no_record()
        response = json_answer({"result": [self._servicenow.shown.row(one, look) for one in page]})
        if query.get("sysparm_no_count", "false").lower() != "true":
            response.headers["x-total-count"] = str(len(found))
        if query.get("sysparm_suppress_pagination_header", "false").lower() != "true":
            address = f"{self._servicenow.settings.base_url}{call.request.url.path}"
            response.headers["link"] = _links(address, query, limit, offset, len(found))
        return response

    def found(self, table: Table, query: Mapping[str, str]) -> list[Row]:
        """The rows that fit ``sysparm_query`` and parameters that name columns."""
        plain = [f"{name}={value}" for name, value in query.items() if not name.startswith("sysparm_")]
        text = "^".join(one for one in (*plain, query.get("sysparm_query", "")) if one)
        read = read_query(text, self._rows, table, self._script)
        if read.dropped:
            self._servicenow.ignored += [f"{table.name}: {one}" for one in read.dropped]
            if self._servicenow.settings.invalid_queries == "no_rows":
                return []
        return read.found(self._rows, self._rows.of(table.name))

    def _script(self, code: str) -> str:
        """What a script in a query gives; nothing where the sandbox does not let it run."""
        if code in _ME:
            return self._servicenow.user.id
        self._servicenow.ignored.append(f"javascript:{code}")
        return self._servicenow.settings.user_name if code == "gs.getUserName()" else ""

    # --------------------------------------------------------------------------------------- writing
    def _body(self, call: Call, table: Table) -> Body:
        kind = call.media_type
        if not kind:
            raise bad_request("Invalid content-type", "The request has no header Content-Type.")
        if kind != "application/json":
            raise usual(415)
        try:
            content = call.json()
        except ValueError as error:
            raise bad_request("Exception while reading request", "The payload is not valid JSON.") from error
        labels = call.query.get("sysparm_input_display_value", "false").lower() == "true"
        body = self._servicenow.rules.read(table, content, labels=labels)
        if body.unknown and self._servicenow.settings.unknown_columns == "refuse":
            raise bad_request("Unknown columns", ", ".join(body.unknown))
        self._servicenow.ignored += body.unknown
        may = self._servicenow.access.may
        for kept in (body.values, body.journals):
            for name in [one for one in kept if not may("write", f"{table.name}.{one}")]:
                del kept[name]
        return body

    async def create(self, call: Call) -> Response:
        """A new row."""
        table = self._table(call)
        self._servicenow.access.check("create", table.name)
        look = look_of(dict(call.query))
        row = self._servicenow.rules.create(table, self._body(call, table), self._servicenow.user)
        row.by_api = True
        if table.of_tickets:
            call.chat, call.applied = row.id, f"{row.title} was made"
        else:
            call.applied = f"a row of {table.name} was made"
        headers = {"location": self._servicenow.shown.url(row)}
        if _wants_nothing(call):
            return Response(status_code=201, headers=headers)
        response = json_answer({"result": self._servicenow.shown.row(row, look)}, 201)
        response.headers.update(headers)
        return response

    async def change(self, call: Call) -> Response:
        """Change a row. ``PUT`` is partial too."""
        row = self._row(call)
        self._servicenow.access.check("write", row.table.name)
        look = look_of(dict(call.query))
        self._servicenow.rules.change(row, self._body(call, row.table), self._servicenow.user)
        call.applied = f"{row.title} was changed"
        if _wants_nothing(call):
            return Response(status_code=204)
        return json_answer({"result": self._servicenow.shown.row(row, look)})

    async def delete(self, call: Call) -> Response:
        """Forget a row."""
        row = self._row(call)
        self._servicenow.access.check("delete", row.table.name)
        self._rows.remove(row)
        call.applied = f"{row.title} was deleted"
        return Response(status_code=204)


def _wants_nothing(call: Call) -> bool:
    return call.header("x-no-response-body").lower() == "true"


def _number(query: Mapping[str, str], name: str, usually: int) -> int:
    text = query.get(name, "")
    if not text:
        return usually
    if not _NUMBER.fullmatch(text):
        raise bad_request(f"Invalid value for {name}", "It is a whole number")
    return int(text)


def _links(address: str, query: Mapping[str, str], limit: int, offset: int, total: int) -> str:
    """The header that leads to other pages."""
    step = max(1, limit)
    last = max(0, (total - 1) // step * step)
    places: dict[str, int] = {"first": 0, "last": last}
    if offset > 0:
        places["prev"] = max(0, offset - step)
    if offset + step < total:
        places["next"] = offset + step
    kept: dict[str, Any] = {one: value for one, value in query.items() if one != "sysparm_offset"}
    return ",".join(
        f'<{address}?{urlencode({**kept, "sysparm_offset": place}, quote_via=quote)}>;rel="{name}"'
        for name, place in places.items()
    )
