"""Literals and conditions of OData queries: nothing that somebody wrote ends a literal.

``VendorClient`` percent-encodes the query as a whole, so that only the quotes of literals are left to do here
(https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

__all__ = ["GUID", "any_of", "is_closed", "literal"]

GUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
"""The form of every id."""

_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TEXT_OR_BRACKET: Final = re.compile(r"'(?:[^']|'')*'|'|[()]")


def literal(text: str) -> str:
    """A text literal: quotes doubled, control characters gone."""
    if not text.isprintable():
        text = "".join(one for one in text if unicodedata.category(one) not in _UNPRINTABLE)
    return "'" + text.replace("'", "''") + "'"


def any_of(columns: Iterable[str], values: Iterable[str]) -> str:
    """A condition: one of these columns equals one of these values. ``contains`` would find strangers."""
    given = tuple(values)
    return "(" + " or ".join(f"{column} eq {literal(value)}" for column in columns for value in given) + ")"


def is_closed(condition: str) -> bool:
    """Whether a condition can stand in brackets: every text literal and bracket in it is closed in it."""
    depth = 0
    for found in _TEXT_OR_BRACKET.findall(condition):
        if found == "'":
            return False
        depth += {"(": 1, ")": -1}.get(found, 0)
        if depth < 0:
            return False
    return depth == 0
