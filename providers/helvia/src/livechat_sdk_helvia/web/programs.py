"""How a program's call reaches a handler: with a valid token of somebody who has the right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import bearer, desk_of

__all__ = ["Handler", "for_programs"]

Handler = Callable[[Request, Desk, DeskUser], Awaitable[Response]]


def for_programs(handler: Handler, right: Right = Right.HANDLE) -> Callable[[Request], Awaitable[Response]]:
    """``handler`` as an endpoint: 401 without a valid token, 403 without ``right``."""

    async def endpoint(request: Request) -> Response:
        desk = desk_of(request)
        user = (await bearer(request)).user
        require(user, right)
        await desk.presence.seen(user)
        return await handler(request, desk, user)

    return endpoint
