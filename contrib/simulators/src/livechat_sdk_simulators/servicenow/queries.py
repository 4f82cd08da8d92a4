"""Encoded queries: read by the letter, as ServiceNow does, so that a ``^`` in a value is more query.

``active=true^numberSTARTSWITHINC^ORnumberSTARTSWITHCS^ORDERBYDESCsys_created_on``. A condition that cannot be
read, or names a column that there is not, is dropped without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from livechat_sdk_simulators.servicenow.rows import Row, Rows
from livechat_sdk_simulators.servicenow.schema import INTEGER, Column, Table

__all__ = ["Query", "read_query"]

_CONDITION: Final = re.compile(
    r"([a-z][a-z0-9_.]*)"
    r"(!=|>=|<=|=|>|<|!\*|\*|NOT IN|NOT LIKE|DOES NOT CONTAIN|STARTSWITH|ENDSWITH|CONTAINS|LIKE|ISEMPTY"
    r"|ISNOTEMPTY|EMPTYSTRING|ANYTHING|SAMEAS|BETWEEN|IN)"
    r"(.*)",
    re.DOTALL,
)
_ORDER: Final = re.compile(r"ORDERBY(DESC)?([a-z][a-z0-9_.]*)")
_SCRIPT: Final = "javascript:"

Test = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class _Condition:
    name: str
    operator: str
    value: str


@dataclass(slots=True)
class Query:
    """A query as it was read: alternatives (``^NQ``) of conditions that all hold, each with its ``^OR``."""

    alternatives: list[list[list[_Condition]]] = field(default_factory=list[list[list[_Condition]]])
    order: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    """Columns, and whether they count down."""
    dropped: list[str] = field(default_factory=list[str])
    """Conditions that were not understood."""

    def found(self, rows: Rows, among: Sequence[Row]) -> list[Row]:
        """The rows that fit, in order."""
        fitting = [
            row
            for row in among
            if any(
                all(any(_holds(rows, row, one) for one in either) for either in every)
                for every in self.alternatives
            )
        ]
        for name, descending in reversed(self.order):
            fitting.sort(key=partial(_sorting, rows, name), reverse=descending)
        return fitting


def read_query(text: str, rows: Rows, table: Table, script: Callable[[str], str]) -> Query:
    """A query on ``table``. ``script`` evaluates a value that begins with ``javascript:``."""
    query = Query([[]])
    for token in text.split("^"):
        if ordering := _ORDER.fullmatch(token):
            if rows.has_name(table, ordering[2]):
                query.order.append((ordering[2], bool(ordering[1])))
            else:
                query.dropped.append(token)
            continue
        if token.startswith("NQ"):
            query.alternatives.append([])
        joined = token.startswith("OR")
        bare = token[2:] if joined or token.startswith("NQ") else token
        if bare in {"", "EQ"} or bare.startswith("GROUPBY"):
            continue
        read = _CONDITION.fullmatch(bare)
        if read is None or not rows.has_name(table, read[1]):
            query.dropped.append(token)
            continue
        value = script(read[3].removeprefix(_SCRIPT)) if read[3].startswith(_SCRIPT) else read[3]
        condition, every = _Condition(read[1], read[2], value), query.alternatives[-1]
        if joined and every:
            every[-1].append(condition)
        else:
            every.append([condition])
    return query


def _holds(rows: Rows, row: Row, condition: _Condition) -> bool:
    place = rows.walk(row, condition.name)
    if place is None:
        return True
    owner, column = place
    kept = "" if owner is None else owner.values[column.name]
    operator, wanted = condition.operator, condition.value
    if column.kind == "reference" and operator not in _EXACT and owner is not None:
        leads = rows.behind(owner, column)
        kept = leads.title if leads else ""
    if operator in {"<", "<=", ">", ">=", "BETWEEN"}:
        return bool(kept) and _compared(column, kept, operator, wanted)
    return _TESTS[operator](kept.lower(), wanted.lower())


def _compared(column: Column, kept: str, operator: str, wanted: str) -> bool:
    low, _, high = wanted.partition("@") if operator == "BETWEEN" else (wanted, "", wanted)
    mine, least, most = (_measure(column, one) for one in (kept, low, high))
    answers = {
        "<": mine < least,
        "<=": mine <= least,
        ">": mine > least,
        ">=": mine >= least,
        "BETWEEN": least <= mine <= most,
    }
    return answers[operator]


def _measure(column: Column, text: str) -> tuple[int, str]:
    """What is compared: integers by their value, all else as text."""
    if column.kind == "integer":
        return (int(text) if INTEGER.fullmatch(text) else 0, "")
    return (0, text.lower())


def _sorting(rows: Rows, path: str, row: Row) -> tuple[int, str]:
    place = rows.walk(row, path)
    owner, column = place or (None, None)
    if owner is None or column is None:
        return (0, "")
    if column.kind == "reference":
        leads = rows.behind(owner, column)
        return (0, leads.title.lower() if leads else "")
    return _measure(column, owner.values[column.name])


_EXACT: Final = frozenset({"=", "!=", "IN", "NOT IN", "ISEMPTY", "ISNOTEMPTY", "EMPTYSTRING", "SAMEAS"})
_TESTS: Final[dict[str, Test]] = {
    "=": lambda kept, wanted: kept == wanted,
    "!=": lambda kept, wanted: kept != wanted,
    "IN": lambda kept, wanted: kept in wanted.split(","),
    "NOT IN": lambda kept, wanted: kept not in wanted.split(","),
    "STARTSWITH": lambda kept, wanted: kept.startswith(wanted),
    "ENDSWITH": lambda kept, wanted: kept.endswith(wanted),
    "LIKE": lambda kept, wanted: wanted in kept,
    "CONTAINS": lambda kept, wanted: wanted in kept,
    "*": lambda kept, wanted: wanted in kept,
    "NOT LIKE": lambda kept, wanted: wanted not in kept,
    "DOES NOT CONTAIN": lambda kept, wanted: wanted not in kept,
    "!*": lambda kept, wanted: wanted not in kept,
    "ISEMPTY": lambda kept, _: kept == "",
    "EMPTYSTRING": lambda kept, _: kept == "",
    "ISNOTEMPTY": lambda kept, _: kept != "",
    "ANYTHING": lambda _, __: True,
    "SAMEAS": lambda kept, wanted: kept == wanted,
}
