"""Pages of lists: by cursor (``page[size]``) or by number (``page``, ``per_page``), never both."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlencode

from livechat_sdk_simulators.calls import Call, VendorError
from livechat_sdk_simulators.zendesk_support.errors import bad_request
from livechat_sdk_simulators.zendesk_support.state import Record

__all__ = ["arranged", "page"]

_MOST: Final = 100
_RECORDS: Final = 10_000
_R = TypeVar("_R", bound=Record)
_ORDERS: Final = ("id", "created_at", "updated_at")


def page(
    call: Call,
    base_url: str,
    name: str,
    records: Sequence[_R],
    show: Callable[[_R], dict[str, Any]],
    *,
    most: int = _RECORDS,
    cursors: bool = True,
) -> dict[str, Any]:
    """The page that was asked for. ``most`` is how many records pages by number can reach."""
    by_cursor = any(one.startswith("page[") for one in call.query)
    if by_cursor and not ({"page", "per_page"} & call.query.keys()) and cursors:
        return _by_cursor(call, base_url, name, records, show)
    if by_cursor:
        raise bad_request("Cursor and offset pagination cannot be used together here")
    return _by_number(call, base_url, name, records, show, most)


def arranged(call: Call, records: Sequence[_R]) -> list[_R]:
    """Records in the order that was asked for, by ``sort`` or by ``sort_by`` and ``sort_order``."""
    by, down = call.query.get("sort_by", "id"), call.query.get("sort_order", "asc") == "desc"
    if sort := call.query.get("sort"):
        by, down = sort.lstrip("-"), sort.startswith("-")
    if by not in _ORDERS:
        raise bad_request(f"{by} is not a valid sort order", "InvalidValue")
    return sorted(records, key=lambda one: (getattr(one, by), one.id), reverse=down)


def _by_number(
    call: Call,
    base_url: str,
    name: str,
    records: Sequence[_R],
    show: Callable[[_R], dict[str, Any]],
    most: int,
) -> dict[str, Any]:
    number, size = _natural(call, "page", 1), min(_natural(call, "per_page", _MOST), _MOST)
    if number * size > most:
        if most == _RECORDS:
            raise bad_request("Page is beyond the first 10000 records", "InvalidPaginationDepth")
        raise VendorError(422, "invalid", f"Invalid search: Requested response size was greater than {most}")
    begin = (number - 1) * size
    chosen = records[begin : begin + size]
    return {
        name: [show(one) for one in chosen],
        "count": len(records),
        "next_page": _link(call, base_url, page=number + 1) if begin + size < len(records) else None,
        "previous_page": _link(call, base_url, page=number - 1) if number > 1 else None,
    }


def _by_cursor(
    call: Call, base_url: str, name: str, records: Sequence[_R], show: Callable[[_R], dict[str, Any]]
) -> dict[str, Any]:
    size = _natural(call, "page[size]", _MOST)
    after, before = call.query.get("page[after]"), call.query.get("page[before]")
    if size > _MOST or (after and before):
        raise bad_request(
            "page[size] must be between 1 and 100, with one cursor", "InvalidPaginationParameter"
        )
    ids = [one.id for one in records]
    if before:
        end = _place(before, ids)
        begin = max(0, end - size)
    else:
        begin = _place(after, ids) + 1 if after else 0
        end = min(len(records), begin + size)
    chosen = records[begin:end]
    more = begin > 0 if before else end < len(records)
    first, last = (_cursor(chosen[0].id), _cursor(chosen[-1].id)) if chosen else (None, None)
    return {
        name: [show(one) for one in chosen],
        "meta": {"has_more": more, "after_cursor": last, "before_cursor": first},
        "links": {
            "prev": _link(call, base_url, **{"page[before]": first}) if first else None,
            "next": _link(call, base_url, **{"page[after]": last}) if last else None,
        },
    }


def _natural(call: Call, name: str, usual: int) -> int:
    text = call.query.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) > 0):  # noqa: PLR2004 - a sane one
        raise bad_request(f"{name} is not a valid number", "InvalidPaginationParameter")
    return int(text)


def _cursor(record: int) -> str:
    return base64.b64encode(json.dumps({"o": "id", "v": record}).encode()).decode()


def _place(cursor: str, ids: Sequence[int]) -> int:
    try:
        value: object = json.loads(base64.b64decode(cursor, validate=True))
        return ids.index(cast("dict[str, int]", value)["v"])
    except (binascii.Error, KeyError, TypeError, ValueError) as error:
        raise bad_request("The cursor is invalid", "InvalidPaginationParameter") from error


def _link(call: Call, base_url: str, **changed: object) -> str:
    query = {
        key: value for key, value in call.query.items() if not key.startswith(("page[after", "page[before"))
    }
    query.update({key: str(value) for key, value in changed.items()})
    return f"{base_url}{call.request.url.path}?{urlencode(query)}"
