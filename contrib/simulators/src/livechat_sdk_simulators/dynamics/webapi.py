"""The calls of the Web API that read: rows, collections behind them, metadata, and who calls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, json_answer
from livechat_sdk_simulators.dynamics.addresses import Segment, read_address
from livechat_sdk_simulators.dynamics.answers import Preferences, read_preferences
from livechat_sdk_simulators.dynamics.errors import bad_query, no_segment
from livechat_sdk_simulators.dynamics.options import Options, read_options
from livechat_sdk_simulators.dynamics.rows import Row, led
from livechat_sdk_simulators.dynamics.tables import Table

if TYPE_CHECKING:
    from livechat_sdk_simulators.dynamics.simulator import DynamicsSimulator

__all__ = ["Reads", "options_of", "place_of"]

_VERSION: Final = re.compile(r"v9\.[0-2]")
_COUNTED: Final = 5000


def place_of(call: Call) -> Sequence[Segment]:
    """The segments of the address. Raises ``VendorError``."""
    if not _VERSION.fullmatch(call.part("version")):
        raise no_segment(call.part("version"))
    return read_address(call.part("rest"))


def options_of(call: Call) -> Options:
    """The options of the query. Raises ``VendorError``."""
    return read_options(call.request.query_params.multi_items())


class Reads:
    """Reading calls, on the rows of one simulator."""

    def __init__(self, dynamics: DynamicsSimulator) -> None:
        self._dynamics = dynamics
        self._rows = dynamics.rows

    async def get(self, call: Call) -> Response:
        """Whatever stands at the address."""
        segments, options = place_of(call), options_of(call)
        first = segments[0]
        if first.name == "WhoAmI" and len(segments) == 1:
            return json_answer(self._dynamics.who_am_i())
        if first.name == "EntityDefinitions":
            return json_answer(self._dynamics.metadata.answer(segments, options))
        table = self._dynamics.table_at(first)
        self._may_read(table, options if len(segments) == 1 else Options())
        wanted = read_preferences(call.header("prefer"))
        if first.key is None:
            if len(segments) > 1:
                raise no_segment(segments[1].name)
            return self._many(call, table, self._rows.of(table.name), options, wanted)
        row = self._dynamics.bodies.found(table, first)
        if table.name == "incident":
            call.chat = row.id
        if len(segments) == 1:
            return self._one(call, row, options, wanted)
        return self._behind(call, row, segments[1:], options, wanted)

    def _may_read(self, table: Table, options: Options) -> None:
        """Refuse a table that the caller may not read, also one behind an expansion."""
        self._dynamics.may("Read", table)
        for one in options.expand:
            if table.leading(one.name) or table.collection(one.name):
                self._may_read(self._dynamics.answers.expanded(table, one), one.options)

    def _one(self, call: Call, row: Row, options: Options, wanted: Preferences) -> Response:
        if options.filter or options.orderby or options.top is not None or options.count:
            raise bad_query(
                "The query options $filter, $orderby, $top and $count are not allowed on a single row."
            )
        if call.header("if-none-match") == row.etag:
            return Response(status_code=304, headers={"etag": row.etag})
        answers = self._dynamics.answers
        answers.check(row.table, options)
        content = {"@odata.context": answers.context(row.table, options, single=True)}
        response = json_answer({**content, **answers.shown(row, options, wanted)})
        response.headers["etag"] = row.etag
        return _preferred(response, wanted)

    def _behind(
        self, call: Call, row: Row, segments: Sequence[Segment], options: Options, wanted: Preferences
    ) -> Response:
        name = segments[0].name
        collection, leading = row.table.collection(name), row.table.leading(name)
        if len(segments) > 1 or segments[0].key is not None or not (collection or leading):
            raise no_segment(segments[-1].name)
        if collection is not None:
            table = self._rows.tables.get(collection.table)
            if table is None:
                raise no_segment(name)
            self._may_read(table, options)
            rows = self._rows.leading_to(collection.table, collection.column, row)
            return self._many(call, table, rows, options, wanted)
        target = led(row, name, self._rows)
        if target is None:
            return Response(status_code=204)
        self._may_read(target.table, options)
        return self._one(call, target, options, wanted)

    def _many(
        self, call: Call, table: Table, rows: Sequence[Row], options: Options, wanted: Preferences
    ) -> Response:
        answers = self._dynamics.answers
        found = answers.chosen(table, rows, options)
        size = wanted.page_size or self._dynamics.settings.page_size
        path = call.request.url.path
        begin = self._dynamics.pages.begin(options.skiptoken, path, size)
        count = min(len(found), _COUNTED)
        if options.top is not None and wanted.page_size is None:
            found = found[: options.top]
        page = found[begin : begin + size]
        content: dict[str, Any] = {"@odata.context": answers.context(table, options, single=False)}
        if options.count:
            content["@odata.count"] = count
        if wanted.wants("Microsoft.Dynamics.CRM.totalrecordcount"):
            content["@Microsoft.Dynamics.CRM.totalrecordcount"] = count if options.count else -1
            content["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] = (
                options.count and len(found) > _COUNTED
            )
        content["value"] = [answers.shown(one, options, wanted) for one in page]
        if begin + size < len(found):
            token = self._dynamics.pages.next_token(path, size, begin + size, page[-1])
            query = call.request.url.query.partition("&$skiptoken=")[0].partition("$skiptoken=")[0]
            separator = "&" if query else ""
            link = f"{self._dynamics.settings.base_url}{path}?{query}{separator}$skiptoken={token}"
            content["@odata.nextLink"] = link
        return _preferred(json_answer(content), wanted)


def _preferred(response: Response, wanted: Preferences) -> Response:
    if wanted.applied:
        response.headers["preference-applied"] = wanted.applied
    return response
