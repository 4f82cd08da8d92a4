"""The API of the History."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.past import PastRequest
from livechat_sdk_helvia.web.access import bearer, desk_of
from livechat_sdk_helvia.web.bodies import whole_number
from livechat_sdk_helvia.web.documents import conversation_document
from livechat_sdk_helvia.web.filters import given_place, read_filter

__all__ = ["history_api_routes"]


def history_api_routes() -> list[BaseRoute]:
    """The routes, to be mounted under ``/api``."""
    return [
        Route("/history", _list, methods=["GET"]),
        Route("/history/{id}", _one, methods=["GET"]),
    ]


async def _list(request: Request) -> Response:
    desk, user = desk_of(request), (await bearer(request)).user
    query = request.query_params
    found = await desk.history.page(
        user,
        read_filter(query),
        take=whole_number(query.get("take", "50"), "take"),
        before=given_place(query, "before"),
        after=given_place(query, "after"),
    )
    return JSONResponse(
        {
            "items": [_document(item) for item in found.items],
            "newer": str(found.newer) if found.newer else None,
            "older": str(found.older) if found.older else None,
        }
    )


async def _one(request: Request) -> Response:
    desk, user = desk_of(request), (await bearer(request)).user
    number = whole_number(str(request.path_params["id"]), "id")
    return JSONResponse(_document(await desk.history.get(user, number)))


def _document(past: PastRequest) -> dict[str, Any]:
    return {
        **conversation_document(past.conversation),
        "requestId": past.request_id,
        "outcome": past.outcome.value,
        "handlers": list(past.handlers),
    }
