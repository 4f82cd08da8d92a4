"""Files over HTTP: uploads with a size limit and a deadline, downloads that no browser runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.messages import Attachment
from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.faults import InvalidField, NotFound
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.uploads import DeskFile
from livechat_sdk_helvia.web.access import bearer, check_csrf, desk_of, page_session
from livechat_sdk_helvia.web.bodies import BodyRefused, Fields, whole_number
from livechat_sdk_helvia.web.frame import enter

__all__ = ["SHOWN", "FileRoutes", "file_api_routes", "file_ids", "take_upload"]

SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Kinds that a page shows in place: pictures that hold no script. Everything else is only saved."""

_DEADLINE: Final = 300.0
_LONGEST_NAME: Final = 1000
_SAFE: Final = {
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "cache-control": "private, no-store",
    "x-robots-tag": "noindex",
}


class FileRoutes:
    """What the pages use. An upload is the bytes alone; its name is in the address."""

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        return [
            Route("/conversations/{id}/files", self._upload, methods=["POST"]),
            Route("/conversations/{id}/files/{seq}/{index}", self._read, methods=["GET"]),
        ]

    async def _upload(self, request: Request) -> Response:
        desk, signed_in = desk_of(request), await page_session(request)
        check_csrf(request, signed_in, Fields({}))
        return await take_upload(request, desk, signed_in.user, _number(request))

    async def _read(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        return await _read(request, desk, signed_in.user)


def file_api_routes() -> list[BaseRoute]:
    """The routes for programs, to be mounted under ``/api``."""
    return [
        Route("/conversations/{id}/files", _api_list, methods=["GET"]),
        Route("/conversations/{id}/files", _api_upload, methods=["POST"]),
        Route("/conversations/{id}/files/{seq}/{index}", _api_read, methods=["GET"]),
    ]


def file_ids(fields: Fields) -> list[int]:
    """The ids in the field ``files``: whole numbers with commas between them. Raises ``InvalidField``."""
    given = fields.text("files", "")
    return [whole_number(one.strip(), "files") for one in given.split(",")] if given.strip() else []


async def _api_list(request: Request) -> Response:
    desk, user = desk_of(request), (await bearer(request)).user
    return JSONResponse({"items": [_document(file) for file in await desk.files.of(user, _number(request))]})


async def _api_upload(request: Request) -> Response:
    desk, user = desk_of(request), (await bearer(request)).user
    return await take_upload(request, desk, user, _number(request))


async def _api_read(request: Request) -> Response:
    return await _read(request, desk_of(request), (await bearer(request)).user)


async def take_upload(request: Request, desk: Desk, user: DeskUser, conversation_id: int) -> Response:
    """Keep the bytes of the body for a message in a conversation; the name is in the address."""
    require(user, Right.HANDLE)
    name = request.query_params.get("name", "")
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise InvalidField("The name of the file is missing.", hint="Send it as ?name=photo.png.")
    conversation = await desk.conversations.seen(user, conversation_id)
    kind = request.headers.get("content-type")
    try:
        async with asyncio.timeout(_DEADLINE):
            file = await desk.files.upload(user, conversation, _content(request), name=name, media_type=kind)
    except TimeoutError as error:
        raise BodyRefused("The file came too slowly.", 408) from error
    return JSONResponse(_document(file), status_code=201)


async def _content(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes: whoever reads it stops at the limit of size."""
    try:
        async for piece in request.stream():
            if piece:
                yield piece
    except ClientDisconnect as error:
        raise BodyRefused("The connection was closed.", 400) from error


async def _read(request: Request, desk: Desk, user: DeskUser) -> Response:
    require(user, Right.HANDLE)
    conversation = await desk.conversations.seen(user, _number(request))
    seq, index = _number(request, "seq"), _number(request, "index")
    messages = await desk.messages.page(conversation.id, after=max(0, seq - 1), take=1)
    if not messages or messages[0].seq != seq or index >= len(messages[0].attachments):
        raise NotFound("There is no such file in this conversation.")
    return await _served(desk, messages[0].attachments[index], show="show" in request.query_params)


async def _served(desk: Desk, attachment: Attachment, *, show: bool) -> Response:
    if attachment.file_id is None:
        raise NotFound("This file is not kept here: it has a link of its own.")
    file = await desk.files.open(attachment)
    shown = show and file.media_type in SHOWN
    how = "inline" if shown else "attachment"
    headers = _SAFE | {
        "content-length": str(file.size),
        "content-disposition": f"{how}; filename*=UTF-8''{quote(file.name, safe='')}",
    }
    kind = file.media_type if shown else "application/octet-stream"
    return StreamingResponse(file.pieces, media_type=kind, headers=headers)


def _document(file: DeskFile) -> dict[str, Any]:
    """A ``LivechatAttachment``."""
    return {
        "id": file.id,
        "name": file.name,
        "mimetype": file.media_type,
        "size": file.size,
        "createdAt": utc_text(file.uploaded_at),
        "uploader": {"id": file.uploader_id, "fullName": file.uploader_name},
        "sent": file.message_key is not None,
    }


def _number(request: Request, name: str = "id") -> int:
    return whole_number(str(request.path_params[name]), name)
