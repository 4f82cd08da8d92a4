"""Files over HTTP: uploading what the end user sent, and reading a file by its link.

A link is read by whoever has it, so the answer tells browsers to save the file and to run nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from livechat_sdk.errors import FileMissing
from livechat_sdk.files.links import LinkTrouble
from livechat_sdk.gateway.conversations import identifier
from livechat_sdk.gateway.incoming import Incoming
from livechat_sdk.gateway.operations import Operation, Parameter, answer
from livechat_sdk.gateway.refusals import SAFE_HEADERS, Refusal
from livechat_sdk.gateway.views import FileView

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher
    from livechat_sdk.files import ReadLink

__all__ = ["FileRoutes"]

_SLOWEST: Final = 64 * 1024  # bytes in a second, for a file of the largest size
_LONGEST_CACHED: Final = 3600  # seconds
_LONGEST_NAME: Final = 1000


class FileRoutes:
    """``POST /v1/files`` and ``GET /files/{token}``."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def operations(self) -> Sequence[Operation]:
        """The operations of this room, for the table."""
        return (
            Operation(
                "POST",
                "/v1/files",
                "uploadFile",
                "Keep a file for a message of the end user: put the `url` of the answer into an attachment. "
                "The same file for the same handoff is the same file, however often it is sent.",
                self.upload,
                answers={201: (FileView, "it is kept")},
                body="raw",
                parameters=(
                    Parameter("handoff", "the id of the handoff that it is for", required=True),
                    Parameter("name", "its name, for people", required=True),
                ),
                refusals={
                    400: "`invalid_parameter`",
                    404: "`handoff_not_found`",
                    409: "`not_live`: the handoff has ended",
                    413: "`file_too_large`",
                    415: "`file_kind`: of a kind that is not accepted, or not what it claims to be",
                    422: "`file_empty`, `file_infected`, `file_missing`",
                    503: "`files_unavailable`: it cannot be stored or scanned now",
                    507: "`files_full`",
                },
            ),
            Operation(
                "GET",
                "/files/{token}",
                "readFile",
                "Read a file by the link that an attachment holds. The link is the proof; it expires.",
                self.read,
                answers={200: (None, "the bytes of the file, to be saved")},
                refusals={404: "`no_such_file`", 410: "`link_expired`", 503: "`files_unavailable`"},
                public=True,
                media_type="*/*",
            ),
        )

    async def upload(self, incoming: Incoming) -> Response:
        """``POST /v1/files``: the body is the file, its Content-Type the kind."""
        name, wanted = incoming.query("name"), incoming.query("handoff")
        if not name or not wanted or len(name) > _LONGEST_NAME or len(wanted) > _LONGEST_NAME:
            raise Refusal(
                400, "invalid_parameter", "`?handoff` and `?name` are needed, each with 1 to 1,000 characters"
            )
        handoff = await self._dispatcher.handoff(identifier(wanted, "?handoff"))
        if not handoff.is_live:
            raise Refusal(409, "not_live", "the handoff has ended: nobody would get the file")
        files = self._dispatcher.files
        limit = files.limits.max_size
        seconds = max(incoming.limits.read_timeout, limit / _SLOWEST)
        media_type = incoming.request.headers.get("content-type")
        kept = await files.upload(
            handoff.id, incoming.body.pieces(limit, seconds), name=name, media_type=media_type
        )
        link = files.link(kept, "platform")
        return answer(FileView.of(kept, None if link == kept.reference else link), 201)

    async def read(self, incoming: Incoming) -> Response:
        """``GET /files/{token}``, and ``HEAD``."""
        try:
            found = await self._dispatcher.files.read_link(incoming.path("token"))
        except LinkTrouble as trouble:
            if trouble.why == "expired":
                raise Refusal(
                    410, "link_expired", "the time of this link is over", hint="ask for the message again"
                ) from None
            raise _no_such_file() from None
        except FileMissing:
            raise _no_such_file() from None
        headers = self._headers(found)
        if incoming.request.method == "HEAD":
            return Response(status_code=200, headers=headers)
        return StreamingResponse(found.pieces, 200, headers)

    def _headers(self, found: ReadLink) -> dict[str, str]:
        left = int((found.expires_at - self._dispatcher.clock.now()).total_seconds())
        return {
            **SAFE_HEADERS,
            "content-type": found.file.media_type,
            "content-length": str(found.file.size),
            "content-disposition": f"attachment; filename*=UTF-8''{quote(found.file.name, safe='')}",
            "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
            "cache-control": f"private, max-age={max(0, min(left, _LONGEST_CACHED))}",
            "x-robots-tag": "noindex",
        }


def _no_such_file() -> Refusal:
    return Refusal(404, "no_such_file", "there is no file behind this link")
