"""What an operation of the published manager is: the one table from which routes and OpenAPI are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.faults import DeskFault, Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.manager.lists import Page
from livechat_sdk_helvia.manager.tokens import SERVICE
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import bearer, bearer_token, desk_of
from livechat_sdk_helvia.web.bodies import whole_number

__all__ = ["Operation", "Who", "endpoint", "number", "organization", "page_of"]

Who = Literal["nobody", "service", "agent", "admin"]
"""Whose token is needed: none, a service's, that of a member with a role, or of a LiveChat Admin."""

Handler = Callable[[Request, Desk, DeskUser], Awaitable[Response]]

_RIGHTS: Final = {"agent": Right.HANDLE, "admin": Right.ADMINISTER}
_MOST_STATUSES: Final = 20


class NotServed(DeskFault):
    """A path of the published manager that this desk does not serve."""

    code = "not_implemented"
    status = 501


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. ``answer`` and ``body`` name schemas; a trailing ``[]`` makes a list."""

    method: str
    path: str
    who: Who
    summary: str
    handler: Handler | None
    """``None`` for what is answered with 501."""
    status: int = 200
    answer: str | None = None
    body: str | None = None
    query: tuple[str, ...] = ()


def endpoint(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    """The operation for whoever has the right kind of token, and only in this desk's workspace."""

    async def answer(request: Request) -> Response:
        desk = desk_of(request)
        caller = await _caller(request, desk, operation.who)
        if request.path_params.get("organizationId", organization(desk)) != organization(desk):
            raise NotFound("There is no such organization at this desk.")
        if operation.handler is None:
            raise NotServed(
                f"This desk does not serve {operation.method} {operation.path}.",
                hint="The pages of the desk and its own API may have it.",
            )
        return await operation.handler(request, desk, caller)

    return answer


async def _caller(request: Request, desk: Desk, who: Who) -> DeskUser:
    if who == "nobody":
        return SERVICE
    is_service = desk.manager.tokens.is_service(bearer_token(request))
    if who == "service":
        if is_service:
            return SERVICE
        await bearer(request)
        raise Forbidden("This call is for services.", hint="Send one of the serviceTokens of the settings.")
    if is_service:
        raise Forbidden("This call is for members of the team.", hint="Send the token of POST …/login.")
    user = (await bearer(request)).user
    require(user, _RIGHTS[who])
    await desk.presence.seen(user)
    return user


def organization(desk: Desk) -> str:
    """The desk's workspace: the platform calls it an organization."""
    return desk.context.workspace


def number(request: Request, name: str = "id") -> int:
    """A number of the path. Raises ``InvalidField``."""
    return whole_number(str(request.path_params[name]), name)


def page_of(request: Request, *, order: Literal["ASC", "DESC"] = "DESC") -> Page:
    """``status`` (repeated, with ``[]``, or with commas), ``order``, ``skip`` and ``take`` of a list."""
    query = request.query_params
    given = [*query.getlist("status"), *query.getlist("status[]")]
    statuses = tuple(word for text in given for one in text.split(",") if (word := one.strip().lower()))
    if len(statuses) > _MOST_STATUSES:
        raise InvalidField(f"At most {_MOST_STATUSES} statuses can be asked for.")
    wanted = query.get("order", order).upper()
    if wanted not in {"ASC", "DESC"}:
        raise InvalidField("The order is ASC or DESC.")
    return Page(
        statuses=statuses,
        order="ASC" if wanted == "ASC" else "DESC",
        skip=whole_number(query.get("skip", "0"), "skip"),
        take=whole_number(query.get("take", "50"), "take"),
    )
