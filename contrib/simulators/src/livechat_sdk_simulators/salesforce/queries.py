"""Answers SOQL: selects, orders, cuts, and shows records with what they are related to."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from livechat_sdk_simulators.salesforce.errors import ApiError
from livechat_sdk_simulators.salesforce.evaluate import Evaluator
from livechat_sdk_simulators.salesforce.rows import Record, Rows
from livechat_sdk_simulators.salesforce.schema import Kind
from livechat_sdk_simulators.salesforce.soql import Name, Order, Query, located, read_soql

__all__ = ["Queries", "Seen"]

Seen = Callable[[Kind], bool]
"""Whether the user may see records of a kind."""

_BATCH: Final = re.compile(r"batchSize=(\d{1,6})")
_FEWEST, _MOST = 200, 2000
_FARTHEST: Final = 2000
_KEPT: Final = 100


class Queries:
    """The queries on one org, and the rest of those whose answer comes in several parts."""

    def __init__(self, rows: Rows, now: Callable[[], datetime], seen: Seen) -> None:
        self._rows = rows
        self._now = now
        self._seen = seen
        self._numbers = itertools.count(1)
        self._waiting: dict[str, tuple[int, list[dict[str, Any]]]] = {}

    def answer(self, text: str, address: str, options: str) -> dict[str, Any]:
        """The first part of an answer. Raises ``ApiError``."""
        query = read_soql(text)
        kind = self._kind(query)
        found = self._found(query, kind)
        if query.counts:
            return {"totalSize": len(found), "done": True, "records": []}
        shown = [self._shown(query, one, address) for one in found]
        batch = _BATCH.search(options)
        size = min(max(int(batch.group(1)), _FEWEST), _MOST) if batch else _MOST
        return self._part(shown, 0, size, address, f"01g{next(self._numbers):012}")

    def more(self, locator: str, address: str) -> dict[str, Any]:
        """The next part. Raises ``ApiError``."""
        name, _, begin = locator.partition("-")
        if name not in self._waiting or not begin.isdigit():
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        size, shown = self._waiting[name]
        return self._part(shown, int(begin), size, address, name)

    def _part(
        self, shown: list[dict[str, Any]], begin: int, size: int, address: str, name: str
    ) -> dict[str, Any]:
        end = begin + size
        done = end >= len(shown)
        answer: dict[str, Any] = {"totalSize": len(shown), "done": done}
        if not done:
            self._waiting[name] = (size, shown)
            for oldest in list(self._waiting)[:-_KEPT]:
                del self._waiting[oldest]
            answer["nextRecordsUrl"] = f"{address}/query/{name}-{end}"
        return {**answer, "records": shown[begin:end]}

    # -------------------------------------------------------------------------------------- selecting
    def _kind(self, query: Query) -> Kind:
        kind = next(
            (one for one in self._rows.kinds.values() if one.name.lower() == query.source.lower()), None
        )
        if kind is None or not self._seen(kind):
            message = (
                f"sObject type '{query.source}' is not supported. If you are attempting to use a custom "
                "object, be sure to append the '__c' after the entity name. Please reference your WSDL or "
                "the describe call for the appropriate names."
            )
            raise located(query.text, query.source_place, "INVALID_TYPE", message)
        return kind

    def _found(self, query: Query, kind: Kind) -> list[Record]:
        evaluator = Evaluator(self._rows, self._now, query.text)
        for name in (*query.names, *(one.name for one in query.order)):
            evaluator.field(kind, name)
        for order in query.order:
            if not evaluator.field(kind, order.name).filterable:
                message = f"field '{'.'.join(order.name.path)}' can not be sorted in a query call"
                raise located(query.text, order.name.place, "MALFORMED_QUERY", message)
        for inner in query.inner:
            self._child(query, kind, inner)
        evaluator.check(kind, query.where)
        if query.offset > _FARTHEST:
            raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        found = [one for one in self._rows.of(kind.name) if evaluator.fits(query.where, one)]
        found = _ordered(found, query.order, evaluator)
        end = None if query.limit is None else query.offset + query.limit
        return found[query.offset : end]

    def _child(self, query: Query, kind: Kind, inner: Query) -> tuple[str, Kind, str]:
        for name, (child, field) in kind.children.items():
            if name.lower() == inner.source.lower():
                return name, self._rows.kinds[child], field
        message = f"Didn't understand relationship '{inner.source}' in FROM part of query call."
        raise located(query.text, inner.source_place, "INVALID_TYPE", message)

    # ----------------------------------------------------------------------------------------- showing
    def _shown(self, query: Query, record: Record, address: str) -> dict[str, Any]:
        shown = self._attributes(record, address)
        evaluator = Evaluator(self._rows, self._now, query.text)
        for name in query.names:
            self._put(shown, record, name, evaluator, address)
        for inner in query.inner:
            relationship, kind, field = self._child(query, record.kind, inner)
            found = [one for one in self._found(inner, kind) if one.values.get(field) == record.id]
            records = [self._shown(inner, one, address) for one in found]
            shown[relationship] = (
                {"totalSize": len(found), "done": True, "records": records} if found else None
            )
        return shown

    @staticmethod
    def _attributes(record: Record, address: str) -> dict[str, Any]:
        url = f"{address}/sobjects/{record.kind.name}/{record.id}"
        return {"attributes": {"type": record.kind.name, "url": url}}

    def _put(
        self, shown: dict[str, Any], record: Record, name: Name, evaluator: Evaluator, address: str
    ) -> None:
        place: dict[str, Any] = shown
        found = record
        for step in name.path[:-1]:
            relationship, target = evaluator.target(found, step)
            if target is None:
                place.setdefault(relationship, None)
                return
            inner = place.get(relationship)
            if inner is None:
                inner = place[relationship] = self._attributes(target, address)
            place, found = inner, target
        field = found.kind.find(name.path[-1])
        place[field.name if field else name.path[-1]] = found.values.get(field.name) if field else None


def _ordered(found: list[Record], orders: Sequence[Order], evaluator: Evaluator) -> list[Record]:
    for order in reversed(orders):
        values = [(evaluator.value(one, order.name), one) for one in found]
        known = sorted(
            ((value, one) for value, one in values if value is not None),
            key=lambda pair: _key(pair[0]),
            reverse=order.down,
        )
        empty = [one for value, one in values if value is None]
        sorted_ones = [one for _, one in known]
        found = [*sorted_ones, *empty] if order.nulls_last else [*empty, *sorted_ones]
    return found


def _key(value: object) -> Any:
    return value.casefold() if isinstance(value, str) else value
