"""Queries in SOQL: nothing that somebody wrote ends a literal.

``VendorClient`` percent-encodes the query as a whole, so that only the quotes of literals are left to do here
(https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm).
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["literal", "select"]

_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""The categories Cc, Cs, Zl and Zp."""


def literal(text: str) -> str:
    """A text literal: backslashes and quotes escaped, control characters gone."""
    kept = _UNPRINTABLE.sub("", text)
    return "'" + kept.replace("\\", "\\\\").replace("'", "\\'") + "'"


def select(field: str, table: str, where: str, value: str, *, limit: int | None = None) -> str:
    """A query for one field of the records in which another one equals a value."""
    words = ["SELECT", field, "FROM", table, "WHERE", where, "=", literal(value)]
    return " ".join([*words, *([] if limit is None else ["LIMIT", str(limit)])])
