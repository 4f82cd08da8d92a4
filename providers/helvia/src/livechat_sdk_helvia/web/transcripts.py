"""Downloads of transcripts: one conversation's by whoever handles it, many in a zip by an admin."""

from __future__ import annotations

import secrets
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.past import PastFilter
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.transcripts import transcript_name
from livechat_sdk_helvia.web.access import bearer, desk_of
from livechat_sdk_helvia.web.bodies import whole_number
from livechat_sdk_helvia.web.filters import address_with, given_filter, read_transcript_filter
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["TranscriptRoutes", "transcript_api_routes", "zip_response"]

_STATUS_WORDS: Final = {
    "": "All that are over",
    "finished": "Finished",
    "unserved": "Missed or withdrawn",
    "started": "Open, as far as they are",
}


class TranscriptRoutes:
    """The page Transcripts of the Admin Panel, and the downloads."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the pages."""
        return [
            Route("/admin/transcripts", self._page, methods=["GET"]),
            Route("/admin/transcripts/download", self._download, methods=["GET"]),
            Route("/admin/transcripts/progress", self._progress, methods=["GET"]),
            Route("/conversations/{id}/transcript", self._one, methods=["GET"]),
        ]

    async def _page(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        user, query = signed_in.user, request.query_params
        fault, count = None, None
        given = given_filter(query)
        try:
            wanted = read_transcript_filter(query)
            count = await desk.transcripts.count(user, wanted) if query else None
        except InvalidField as refused:
            fault = refused
        values = page_values(request, desk, signed_in, "admin", admin_page="transcripts") | {
            "given": given,
            "count": count,
            "download": address_with("admin/transcripts/download", given, job=secrets.token_hex(16)),
            "statuses": _STATUS_WORDS,
            "bots": await desk.history.bots(user),
            "members": await desk.history.members(user),
            "fault": fault,
        }
        return self._templates.page("admin_transcripts.html", status=fault.status if fault else 200, **values)

    async def _download(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        query = request.query_params
        return await zip_response(desk, signed_in.user, read_transcript_filter(query), query.get("job", ""))

    async def _progress(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        found = await desk.transcripts.progress(signed_in.user, request.query_params.get("job", "")[:64])
        return JSONResponse({"done": found.done, "total": found.total, "finished": found.finished})

    async def _one(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        return await _csv(request, desk, signed_in.user)


def transcript_api_routes() -> list[BaseRoute]:
    """The routes for programs, to be mounted under ``/api``."""
    return [
        Route("/transcripts", _api_zip, methods=["GET"]),
        Route("/conversations/{id}/transcript", _api_one, methods=["GET"]),
    ]


async def _api_zip(request: Request) -> Response:
    desk, user = desk_of(request), (await bearer(request)).user
    return await zip_response(desk, user, read_transcript_filter(request.query_params), secrets.token_hex(16))


async def _api_one(request: Request) -> Response:
    return await _csv(request, desk_of(request), (await bearer(request)).user)


async def zip_response(desk: Desk, user: DeskUser, wanted: PastFilter, job: str) -> Response:
    """Transcripts in a zip that is written while it is sent; ``job`` names its progress."""
    export = await desk.transcripts.export(user, wanted, job=job)
    name = f"transcripts-{desk.context.now():%Y-%m-%d}.zip"
    headers = {**_as_file(name), "x-conversations": str(export.total)}
    return StreamingResponse(export.pieces, media_type="application/zip", headers=headers)


async def _csv(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation = await desk.conversations.seen(user, whole_number(str(request.path_params["id"]), "id"))
    pieces = await desk.transcripts.of(user, conversation)
    headers = _as_file(transcript_name(conversation))
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=headers)


def _as_file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
