"""Copies for plugins: models are frozen, but the dictionaries inside them are not.

A plugin that writes into ``handoff.request.metadata`` would change what the SDK stores next. So each
plugin gets its own copy of everything in an argument that could be written to, and shares the rest.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel

__all__ = ["detached"]

T = TypeVar("T")

_WRITABLE = (dict, list, set)


def detached(value: T) -> T:
    """``value``, sharing nothing with the original that can be written to."""
    if isinstance(value, BaseModel):
        names = _writable_fields(type(value))
        if not names:
            return value
        return cast("T", value.model_copy(update={name: detached(getattr(value, name)) for name in names}))
    if isinstance(value, tuple):
        return cast("T", tuple(detached(item) for item in cast("tuple[object, ...]", value)))
    return cast("T", copy.deepcopy(cast("object", value))) if isinstance(value, _WRITABLE) else value


@cache
def _writable_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """Fields of a model through which something can be reached that can be written to."""
    return tuple(name for name, field in model.model_fields.items() if _is_writable(field.annotation))


def _is_writable(annotation: Any) -> bool:
    if annotation is Any or annotation in _WRITABLE or get_origin(annotation) in _WRITABLE:
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return bool(_writable_fields(annotation))
    return any(_is_writable(argument) for argument in get_args(annotation))
