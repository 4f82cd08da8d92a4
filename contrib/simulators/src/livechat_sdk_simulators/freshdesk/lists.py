"""Lists in pages, whose header says where the next one is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, json_answer
from livechat_sdk_simulators.freshdesk.bodies import page_of
from livechat_sdk_simulators.freshdesk.errors import among, one_problem

__all__ = ["included", "number_in", "paged"]

_R = TypeVar("_R")
_LONGEST_ID: Final = 18


def paged(call: Call, records: Sequence[_R], show: Callable[[_R], dict[str, Any]], base_url: str) -> Response:
    """The page that is asked for. Raises ``ValidationFailed``."""
    number, size = page_of(call)
    begin = (number - 1) * size
    response = json_answer([show(one) for one in records[begin : begin + size]])
    if begin + size < len(records):
        query = urlencode({**call.query, "page": number + 1, "per_page": size})
        response.headers["link"] = f'<{base_url}{call.request.url.path}?{query}>; rel="next"'
    return response


def included(call: Call, known: Sequence[str]) -> list[str]:
    """What is asked for beside the records. Raises ``ValidationFailed``."""
    asked = [one for one in call.query.get("include", "").split(",") if one]
    if any(one not in known for one in asked):
        raise one_problem("include", among(known))
    return asked


def number_in(call: Call, part: str) -> int:
    """The id that stands in the path; nought for what is none."""
    text = call.part(part)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID else 0
