"""Operations: one table from which both the routes and the API document are made."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livechat_sdk.errors import LivechatError
from livechat_sdk.gateway.auth import BearerGuard
from livechat_sdk.gateway.bodies import Limits
from livechat_sdk.gateway.incoming import Incoming
from livechat_sdk.gateway.refusals import SAFE_HEADERS, Refusal, internal, refusal_for

__all__ = ["KEY", "Answered", "Handler", "Operation", "Parameter", "answer", "no_content", "routes_of"]

Handler = Callable[[Incoming], Awaitable[Response]]
"""Answers one request; raises ``Refusal`` or any ``LivechatError`` instead."""

Answered = Callable[[str, int, str | None], None]
"""Told of each answer: the operation's name, the status, and the code of a refusal."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query or a header, for the API document."""

    name: str
    about: str
    where: Literal["query", "header"] = "query"
    kind: Literal["string", "integer"] = "string"
    required: bool = False


KEY = Parameter("Idempotency-Key", "the field `key`, for those who rather send a header", where="header")
"""The parameter of every operation that makes something."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    ``path`` is written as Starlette does (``{id:path}`` may contain slashes). ``answers`` are the
    successes by status: the model of the body (``None`` without one) and what it means. ``refusals``
    are the refusals of its own by status; those that every operation of its kind has are added.
    Unless it is ``public`` it needs a bearer token: one that ``guard`` knows, else one of the platform's.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    about: str
    handle: Handler = field(repr=False)
    answers: Mapping[int, tuple[type[BaseModel] | None, str]]
    body: type[BaseModel] | Literal["raw"] | None = None
    body_optional: bool = False
    parameters: Sequence[Parameter] = ()
    refusals: Mapping[int, str] = field(default_factory=dict[int, str])
    public: bool = False
    guard: BearerGuard | None = None
    stream: bool = False
    media_type: str = "application/json"

    @property
    def plain_path(self) -> str:
        """The path as an API document writes it."""
        return re.sub(r"\{(\w+):\w+\}", r"{\1}", self.path)


def answer(view: BaseModel, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """A view as a JSON answer."""
    return Response(
        view.model_dump_json(), status, {**SAFE_HEADERS, **(headers or {})}, media_type="application/json"
    )


def no_content() -> Response:
    """204: done, and nothing to say."""
    return Response(status_code=204, headers=dict(SAFE_HEADERS))


def routes_of(
    operations: Sequence[Operation], guard: BearerGuard, limits: Limits, answered: Answered
) -> list[Route]:
    """One route for each path, so that a wrong method is told of all the right ones."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [
        Route(path, _endpoint(methods, guard, limits, answered), methods=list(methods))
        for path, methods in by_path.items()
    ]


def _endpoint(
    methods: Mapping[str, Operation], guard: BearerGuard, limits: Limits, answered: Answered
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        operation = methods["GET" if request.method == "HEAD" else request.method]
        incoming = Incoming(request, limits)
        try:
            if not operation.public:
                (operation.guard or guard).check(request)
            response = await operation.handle(incoming)
        except Refusal as refused:
            refusal = refused
        except LivechatError as error:
            refusal = refusal_for(error)
        except Exception as error:  # noqa: BLE001 - a stack trace must not leave; the log gets it
            refusal = internal(error)
        else:
            answered(operation.name, response.status_code, None)
            return response
        answered(operation.name, refusal.status, refusal.code)
        await incoming.body.discard()
        in_the_way = not incoming.body.complete and request.scope.get("http_version", "1.1").startswith("1")
        return refusal.answer(close=in_the_way)

    return endpoint
