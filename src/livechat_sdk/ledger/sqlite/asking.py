"""Running a ``Query`` on SQLite."""

from __future__ import annotations

import re
import sqlite3
from typing import Any, TypeVar

from livechat_sdk.ledger.queries import Query

__all__ = ["ask"]

T = TypeVar("T")

_LIST = re.compile(r"IN :(\w+)")


def ask(db: sqlite3.Connection, query: Query[T]) -> T:
    """The answer to a query. SQLite knows no lists, so each value of one gets a parameter of its own."""
    if " IN :" not in query.sql:
        return query.read(db.execute(query.sql, query.params).fetchall())
    params: dict[str, Any] = dict(query.params)

    def spread(found: re.Match[str]) -> str:
        name = found[1]
        values = params.pop(name)
        names = [f"{name}_{number}" for number in range(len(values))]
        params.update(zip(names, values, strict=True))
        return f"IN ({', '.join(f':{each}' for each in names)})"

    sql = _LIST.sub(spread, query.sql)
    return query.read(db.execute(sql, params).fetchall())
