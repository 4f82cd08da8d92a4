"""Tags on the pages and for programs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.records import DeskUser
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf, wants_json
from livechat_sdk_helvia.web.bodies import Fields, read_form, read_json, whole_number
from livechat_sdk_helvia.web.frame import enter
from livechat_sdk_helvia.web.programs import for_programs

__all__ = ["TagRoutes", "tag_api_routes"]


class TagRoutes:
    """Putting a tag on a conversation, and taking one off."""

    def routes(self) -> list[BaseRoute]:
        """The routes of the forms."""
        return [
            Route("/conversations/{id}/tags", self._add, methods=["POST"]),
            Route("/conversations/{id}/tags/remove", self._remove, methods=["POST"]),
        ]

    async def _add(self, request: Request) -> Response:
        desk, signed_in, fields = await _enter(request)
        await desk.tags.add(signed_in.user, _id(request), fields.text("label"))
        return _done(request)

    async def _remove(self, request: Request) -> Response:
        desk, signed_in, fields = await _enter(request)
        await desk.tags.remove(signed_in.user, _id(request), fields.text("label"))
        return _done(request)


def tag_api_routes() -> list[BaseRoute]:
    """The routes for programs, to be mounted under ``/api``."""
    return [
        Route("/tags", for_programs(_known), methods=["GET"]),
        Route("/tags", for_programs(_create), methods=["POST"]),
        Route("/conversations/{id}/tags", for_programs(_replace), methods=["PATCH"]),
    ]


async def _known(_: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse({"items": [{"label": label} for label in await desk.tags.known(user)]})


async def _create(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields = await read_json(request)
    return JSONResponse({"label": await desk.tags.create(user, fields.text("label"))}, status_code=201)


async def _replace(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields = await read_json(request)
    tags = await desk.tags.replace(user, _id(request), fields.texts("tags"))
    return JSONResponse({"tags": list(tags)})


async def _enter(request: Request) -> tuple[Desk, SignedIn, Fields]:
    desk, signed_in = await enter(request)
    fields = await read_form(request)
    check_csrf(request, signed_in, fields)
    return desk, signed_in, fields


def _done(request: Request) -> Response:
    if wants_json(request):
        return Response(status_code=204)
    return RedirectResponse(f"{base_of(request)}/conversations/{_id(request)}", status_code=303)


def _id(request: Request) -> int:
    return whole_number(str(request.path_params["id"]), "id")
