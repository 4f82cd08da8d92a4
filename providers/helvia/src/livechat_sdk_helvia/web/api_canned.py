"""Canned responses for programs, under the names of the published API (``PredefinedResponse``)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk.domain.base import utc_text
from livechat_sdk_helvia.canned import CannedDraft, CannedResponse
from livechat_sdk_helvia.web.access import bearer, desk_of
from livechat_sdk_helvia.web.bodies import Fields, read_json, whole_number

__all__ = ["canned_api_routes", "canned_document", "canned_draft"]


def canned_api_routes() -> list[BaseRoute]:
    """The routes, to be mounted under ``/api``."""
    return [
        Route("/canned", _list, methods=["GET"]),
        Route("/canned", _create, methods=["POST"]),
        Route("/canned/{id}", _get, methods=["GET"]),
        Route("/canned/{id}", _change, methods=["PATCH"]),
        Route("/canned/{id}", _delete, methods=["DELETE"]),
        Route("/conversations/{id}/canned/{response}", _filled, methods=["GET"]),
    ]


async def _list(request: Request) -> Response:
    desk, user, query = desk_of(request), (await bearer(request)).user, request.query_params
    found = await desk.canned.listed(
        user,
        bot=query.get("tenantScope"),
        search=query.get("search", ""),
        category=query.get("category", ""),
    )
    return JSONResponse({"items": [canned_document(response) for response in found]})


async def _get(request: Request) -> Response:
    user = (await bearer(request)).user
    return JSONResponse(canned_document(await desk_of(request).canned.get(user, _id(request))))


async def _create(request: Request) -> Response:
    user = (await bearer(request)).user
    made = await desk_of(request).canned.create(user, canned_draft(await read_json(request)))
    return JSONResponse(canned_document(made), status_code=201)


async def _change(request: Request) -> Response:
    """What is not sent stays as it is."""
    desk, user = desk_of(request), (await bearer(request)).user
    known = await desk.canned.get(user, _id(request))
    changed = await desk.canned.change(user, known.id, canned_draft(await read_json(request), known))
    return JSONResponse(canned_document(changed))


async def _delete(request: Request) -> Response:
    await desk_of(request).canned.delete((await bearer(request)).user, _id(request))
    return Response(status_code=204)


async def _filled(request: Request) -> Response:
    desk, user = desk_of(request), (await bearer(request)).user
    response = await desk.canned.get(user, _id(request, "response"))
    conversation = await desk.conversations.seen(user, _id(request))
    [text] = await desk.canned.filled(user, conversation, response)
    return JSONResponse({"id": response.id, "name": response.name, "text": text})


def canned_draft(fields: Fields, known: CannedResponse | None = None) -> CannedDraft:
    """What a program wrote; what it left out is as in ``known``. Raises ``InvalidField``."""
    return CannedDraft(
        name=fields.text("name", known.name if known else None),
        text=fields.text("text", known.text if known else None),
        categories=known.categories if known and not fields.has("categories") else fields.texts("categories"),
        workspace_wide=_workspace_wide(fields, known),
        bots=known.bots if known and not fields.has("tenantIds") else fields.texts("tenantIds"),
    )


def _workspace_wide(fields: Fields, known: CannedResponse | None) -> bool:
    """As it is said; whoever only names bots means those."""
    if fields.has("organizationWide"):
        return fields.flag("organizationWide")
    return not fields.has("tenantIds") and (known is None or known.workspace_wide)


def canned_document(response: CannedResponse) -> dict[str, Any]:
    """A canned response (API: ``PredefinedResponse``)."""
    return {
        "id": response.id,
        "name": response.name,
        "text": response.text,
        "categories": list(response.categories),
        "organizationWide": response.workspace_wide,
        "tenantIds": list(response.bots),
        "platformUserId": str(response.owner_id),
        "owner": {"id": response.owner_id, "fullName": response.owner_name},
        "createDate": utc_text(response.created_at),
        "updateDate": utc_text(response.updated_at),
    }


def _id(request: Request, name: str = "id") -> int:
    return whole_number(str(request.path_params[name]), name)
