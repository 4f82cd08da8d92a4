"""Sizes in settings: ``20MB``, ``512KB``, ``5GB``, or a bare number of bytes. A KB has 1 024 bytes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

__all__ = ["LARGEST", "Size", "parse_size"]

LARGEST: Final = 1024**5
"""The largest size in bytes (1 024 TB): anything larger is a slip of the keyboard."""

_UNITS: Final = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SIZE: Final = re.compile(r"([0-9]{1,16}(?:\.[0-9]{1,6})?)\s*([kmgt]?)(?:i?b)?", re.ASCII | re.IGNORECASE)


def parse_size(value: Any) -> int:
    """The bytes that ``value`` stands for; at least one and at most ``LARGEST``.

    Raises pydantic's ``PydanticCustomError`` with the code ``LC218``.
    """
    size = _bytes(value)
    if size is None or not 1 <= size <= LARGEST:
        raise PydanticCustomError(
            "LC218", "this is not a size", {"suggestion": "a size looks like 20MB, 512KB or 5GB"}
        )
    return size


def _bytes(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return None if found is None else int(Decimal(found[1]) * _UNITS[found[2].lower()])


Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?\s*([kKmMgGtT]?[iI]?[bB]?)$|\$\{"},
            ],
            "description": "A size such as 20MB or 512KB; a bare number is in bytes.",
        }
    ),
]
"""A size in settings: a whole number of bytes once read."""
