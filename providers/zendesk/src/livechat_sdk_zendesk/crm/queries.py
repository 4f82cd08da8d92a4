"""Queries in Zendesk's search syntax: a value is a phrase in double quotes, or it is not asked for at all.

The syntax has no way to write a double quote inside a phrase
(https://support.zendesk.com/hc/en-us/articles/4408886879258), so that a value with one would end it, and the
rest would be more query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["phrases"]

_CANNOT: Final = re.compile(r"[\"\\\x00-\x1f\x7f\u2028\u2029“”„‟«»＂]")
"""What ends a phrase, or might."""


def phrases(field: str, values: Iterable[str]) -> str | None:
    """A query: the field has one of these values. ``None`` when none of them can be asked for."""
    usable = [value for value in values if value.strip() and not _CANNOT.search(value)]
    # The same property more than once is "or".
    return " ".join(f'{field}:"{value}"' for value in usable) or None
