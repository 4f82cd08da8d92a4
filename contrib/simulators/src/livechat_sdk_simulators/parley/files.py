"""Parley's files: taken with a token, read without one through an address that expires after an hour."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.ids import new_id, same
from livechat_sdk_simulators.parley.bodies import refusing
from livechat_sdk_simulators.parley.state import StoredFile, file_json
from livechat_sdk_simulators.reading import Misfit, only
from livechat_sdk_simulators.signing import hmac_hex

if TYPE_CHECKING:
    from livechat_sdk_simulators.parley.simulator import ParleySimulator

__all__ = ["LARGEST", "TYPES", "FileCalls"]

LARGEST: Final = 10_000_000
"""Bytes of a file."""
TYPES: Final = ("image/png", "image/jpeg", "application/pdf", "text/plain")
"""Content types that Parley takes."""
_LINK_LIVES: Final = 3600
_NAME: Final = 255


class FileCalls:
    """The calls, and the files of one simulator."""

    def __init__(self, parley: ParleySimulator) -> None:
        self._parley = parley
        self._files: dict[str, StoredFile] = {}
        self._key = secrets.token_hex(16)

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("file", "POST", "/v1/files", self.upload, body_limit=LARGEST),
            Operation("download", "GET", "/files/{file}/{name:path}", self.download, public=True),
        ]

    def get(self, file_id: str) -> StoredFile | None:
        """A file that was taken."""
        return self._files.get(file_id)

    def keep(self, name: str, media_type: str, content: bytes) -> StoredFile:
        """Keep a file of either side."""
        file = StoredFile(new_id("file"), name, media_type, content)
        self._files[file.id] = file
        return file

    async def upload(self, call: Call) -> Response:
        """Take a file of the visitor."""
        with refusing():
            only(call.query, "name")
            name = call.query.get("name", "")
            if not 1 <= len(name) <= _NAME:
                raise Misfit(f"the parameter name must have 1 to {_NAME} characters")
            if call.media_type not in TYPES:
                raise VendorError(415, "unsupported_type", f"Parley takes {', '.join(TYPES)}.")
            if not call.body:
                raise Misfit("the file is empty")
        file = self.keep(name, call.media_type, call.body)
        call.applied = f"file {file.id} was taken"
        return json_answer(file_json(file, self.link), 201)

    def link(self, file: StoredFile) -> str:
        """An address of a file that is good for an hour from now."""
        until = str(int(self._parley.clock.now().timestamp()) + _LINK_LIVES)
        query = urlencode({"until": until, "mark": self._mark(file.id, until)})
        return f"{self._parley.settings.base_url}/files/{file.id}/{quote(file.name, safe='')}?{query}"

    def _mark(self, file_id: str, until: str) -> str:
        return hmac_hex(self._key, file_id, ".", until)[:32]

    async def download(self, call: Call) -> Response:
        """The content of a file."""
        file = self._files.get(call.part("file"))
        until = call.query.get("until", "")
        fits = same(self._mark(call.part("file"), until), call.query.get("mark", ""))
        if file is None or not fits or self._parley.clock.now().timestamp() >= int(until):
            raise VendorError(404, "not_found", "There is no such file, or its address has expired.")
        return Response(file.content, media_type=file.type, headers={"x-content-type-options": "nosniff"})
