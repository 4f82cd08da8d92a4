"""Pages of the service desk, bodies that are read strictly, and addresses on the site and at the gateway."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from livechat_sdk_simulators.calls import Call, Handler, Operation
from livechat_sdk_simulators.jira.access import GATEWAY
from livechat_sdk_simulators.jira.errors import PlatformError, bad_payload, usual

__all__ = ["both", "desk_page", "json_body", "number", "platform"]

_T = TypeVar("_T")
_LARGEST: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


def both(
    name: str, method: str, path: str, handler: Handler, *, body_limit: int | None = None, **more: Any
) -> list[Operation]:
    """One operation at both addresses."""
    return [
        Operation(name, method, f"{base}{path}", handler, body_limit=body_limit, **more)
        for base in ("", GATEWAY)
    ]


def platform(
    name: str, method: str, path: str, handler: Handler, *, body_limit: int | None = None, **more: Any
) -> list[Operation]:
    """One operation of the platform, in each of its versions, at both addresses."""
    return both(name, method, f"/rest/api/{{version}}{path}", handler, body_limit=body_limit, **more)


def json_body(call: Call, known: Sequence[str]) -> dict[str, Any]:
    """The body of a call. Raises ``VendorError`` for anything but an object with known names."""
    if call.media_type != "application/json":
        raise usual(415)
    try:
        content = call.json()
    except ValueError as error:
        raise bad_payload() from error
    if not isinstance(content, dict) or not set(known).issuperset(cast("dict[str, Any]", content)):
        raise bad_payload()
    return cast("dict[str, Any]", content)


def number(call: Call, name: str, usually: int) -> int:
    """A whole number of the query. Raises ``VendorError``."""
    text = call.query.get(name, "")
    if not text:
        return usually
    if not _NUMBER.fullmatch(text):
        raise PlatformError(400, f"The value of {name} is not a number.")
    return int(text)


def desk_page(
    call: Call, base: str, entries: Sequence[_T], show: Callable[[_T], Mapping[str, Any]], size: int
) -> dict[str, Any]:
    """A page as the service desk has them."""
    start, limit = number(call, "start", 0), min(number(call, "limit", size), _LARGEST)
    page = entries[start : start + limit]
    last = start + limit >= len(entries)
    address = f"{base}{call.request.url.path}"
    links = {"base": f"{base}/rest/servicedeskapi", "context": "", "self": address}
    if not last:
        links["next"] = f"{address}?start={start + limit}&limit={limit}"
    return {
        "_expands": [],
        "size": len(page),
        "start": start,
        "limit": limit,
        "isLastPage": last,
        "_links": links,
        "values": [show(one) for one in page],
    }
