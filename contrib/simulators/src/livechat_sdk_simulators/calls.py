"""One call of a vendor's API as a handler sees it, and the error that a handler answers with."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Never

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

__all__ = ["Call", "Handler", "Operation", "VendorError", "json_answer", "strict_json"]


class VendorError(Exception):
    """The vendor refuses a call. The simulator turns it into the vendor's own kind of error body."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


class Call:
    """A call under way: what was asked, and for the log what it did.

    A handler sets ``chat`` (the vendor's id of the chat) and, when it changed something, ``applied``.
    """

    def __init__(self, operation: str, request: Request, request_id: str) -> None:
        self.operation = operation
        self.request = request
        self.request_id = request_id
        self.body = b""
        self.chat = ""
        self.applied = ""

    @property
    def query(self) -> Mapping[str, str]:
        """The query; of a name that stands there twice the last one."""
        return self.request.query_params

    @property
    def media_type(self) -> str:
        """The content type in lower case, without its parameters."""
        return self.header("content-type").partition(";")[0].strip().lower()

    def header(self, name: str) -> str:
        """A header; empty when it is missing."""
        return self.request.headers.get(name, "")

    def part(self, name: str) -> str:
        """A part of the path that the operation named in braces."""
        return str(self.request.path_params[name])

    def json(self) -> Any:
        """The body as JSON. Raises ``ValueError`` when it is none."""
        return strict_json(self.body)


Handler = Callable[[Call], Awaitable[Response]]
"""Carries out a call, or raises ``VendorError``."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call that the vendor offers.

    ``name`` is what faults and the log call it: one of ``open send close update typing receipt availability
    status history look_up poll token file`` where it is one of these, so that the conformance kit finds it.
    Where one address does two things, ``when`` says for which requests this operation is meant, and
    ``when_body`` for which bodies; the first that fits is taken, and the last where none does.
    """

    name: str
    method: str
    path: str
    handler: Handler
    when: Callable[[Request], bool] | None = None
    when_body: Callable[[bytes], bool] | None = None
    public: bool = False
    """Anybody may call it."""
    body_limit: int | None = None
    """Bytes; else the simulator's own limit."""


def json_answer(content: object, status: int = 200) -> Response:
    """An answer in JSON."""
    return JSONResponse(content, status_code=status)


def strict_json(body: bytes) -> Any:
    """JSON in UTF-8 by the letter: no ``NaN``, no name twice, no half characters, no deep nesting.

    Raises ``ValueError``.
    """
    try:
        text = body.decode("utf-8")
        content = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_name_twice)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if "\\u" in text:
        json.dumps(content, ensure_ascii=False).encode()  # half of a surrogate pair cannot be encoded
    return content


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return result
