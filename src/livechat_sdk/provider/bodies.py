"""Reading the body of a webhook as JSON: for adapters, after the proof was found right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from pydantic_core import from_json

from livechat_sdk.errors import WebhookRejected

__all__ = ["read_json_object"]

_DEEPEST: Final = 64
"""Objects and lists in one another; what is deeper cannot be stored."""


def read_json_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object that can be stored: UTF-8, whole characters, finite numbers, not too deep.

    Raises ``WebhookRejected`` with status 400 for everything else, whatever its form.
    """
    try:
        document = from_json(body, allow_inf_nan=False)
    except ValueError:
        # Its own words quote the body.
        raise WebhookRejected("the body is not JSON", status=400) from None
    if not isinstance(document, dict):
        raise WebhookRejected("the body is not a JSON object", status=400)
    found = cast("dict[str, Any]", document)
    _check(found)
    return found


def _check(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        level = [part for one in level for part in _parts(one)]
        if not level:
            return
    raise WebhookRejected(f"the body has more than {_DEEPEST} levels", status=400)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, float) and not math.isfinite(value):  # 1e999
        raise WebhookRejected("the body has a number that is too large to keep", status=400)
    match value:
        case dict():
            return cast("dict[str, Any]", value).values()
        case list():
            return cast("Sequence[Any]", value)
        case _:
            return ()
