"""Reads the part of an address behind ``/api/data/v9.2/``: entity sets, keys and what follows them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from livechat_sdk_simulators.dynamics.errors import bad_query, no_segment

__all__ = ["GUID", "Segment", "read_address"]

GUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
"""An id as Dataverse writes it."""
_SEGMENT: Final = re.compile(r"(\$?[A-Za-z_][\w.]*)(?:\((.*)\))?", re.DOTALL)
_PAIR: Final = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*(?:'((?:[^']|'')*)'|(-?\d+))\s*(?:,|$)", re.DOTALL)
_BROKEN: Final = frozenset("/<>*%&:\\?+")


@dataclass(frozen=True, slots=True)
class Segment:
    """A name, and the key in the brackets behind it: an id, or the values of an alternate key."""

    name: str
    key: str | Mapping[str, str | int] | None = None

    @property
    def key_text(self) -> str:
        """The key for a message."""
        return str(self.key)


def read_address(text: str) -> Sequence[Segment]:
    """The segments of an address. Raises ``VendorError`` for what is none."""
    return [_segment(one) for one in text.split("/")]


def _segment(text: str) -> Segment:
    found = _SEGMENT.fullmatch(text)
    if found is None:
        raise no_segment(text)
    name, key = found.group(1), found.group(2)
    if key is None or key == "":
        return Segment(name)
    if GUID.fullmatch(key):
        return Segment(name, key.lower())
    values: dict[str, str | int] = {}
    place = 0
    while place < len(key):
        pair = _PAIR.match(key, place)
        if pair is None or pair.group(1) in values:
            raise bad_query(f"Bad Request - Error in query syntax: the key '{key}' is malformed.")
        text_value, number = pair.group(2), pair.group(3)
        values[pair.group(1)] = text_value.replace("''", "'") if number is None else int(number)
        place = pair.end()
    if any(isinstance(one, str) and _BROKEN & set(one) for one in values.values()):
        raise bad_query("A potentially dangerous Request.Path value was detected from the client.")
    return Segment(name, values)
