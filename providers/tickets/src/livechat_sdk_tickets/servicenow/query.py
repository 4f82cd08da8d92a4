"""Encoded queries of the Table API (``sysparm_query``), which have no quoting.

A ``^`` in a value begins another condition, and a value that begins with ``javascript:`` is run by the
instance. So a value is refused unless it is made of what addresses, ids and names of ours are made of.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Unaskable", "equal"]

_VALUE: Final = re.compile(r"[A-Za-z0-9_+'-][A-Za-z0-9._%+'@-]{0,254}")
_COLUMN: Final = re.compile(r"[a-z][a-z0-9_.]{0,99}")


class Unaskable(ValueError):
    """A value that an encoded query cannot hold."""


def equal(column: str, value: str) -> str:
    """The condition that a column is ``value``. Raises ``Unaskable``."""
    if not _COLUMN.fullmatch(column) or not _VALUE.fullmatch(value):
        raise Unaskable(f"an encoded query cannot ask for this value of {column[:100]!r}")
    return f"{column}={value}"
