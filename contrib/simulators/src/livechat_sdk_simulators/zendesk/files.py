"""Attachments: uploaded for messages, read through an address that does not expire."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from starlette.responses import Response

from livechat_sdk_simulators.bodies import Part, multipart_parts
from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.reading import Misfit, only
from livechat_sdk_simulators.zendesk.bodies import json_body, missing, refusing
from livechat_sdk_simulators.zendesk.state import hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["Attached", "Files"]

_LARGEST: Final = 50_000_000
_ENVELOPE: Final = 100_000
_UPLOAD: Final = "/sc/v2/apps/{app}/attachments"
_READ: Final = "/sc/attachments/v2/"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of either side."""

    id: str
    name: str
    type: str
    content: bytes = field(repr=False)
    conversation_id: str | None
    """Of an upload for the messages of one conversation."""


class Files:
    """The attachments of one simulator."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self._files: dict[str, Attached] = {}

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        limit = _LARGEST + _ENVELOPE
        return [
            Operation("file", "POST", _UPLOAD, self.upload, body_limit=limit),
            Operation("remove_file", "POST", f"{_UPLOAD}/remove", self.remove),
            Operation("download", "GET", f"{_READ}{{file}}/{{name:path}}", self.download, public=True),
        ]

    def keep(self, name: str, media_type: str, content: bytes, conversation_id: str | None) -> Attached:
        """Keep a file of either side."""
        file = Attached(hex_id(), name, media_type, content, conversation_id)
        self._files[file.id] = file
        return file

    def link(self, file: Attached) -> str:
        """The address of a file."""
        return f"{self._zendesk.settings.base_url}{_READ}{file.id}/{quote(file.name, safe='')}"

    def ours(self, url: str) -> bool:
        """Whether an address would be that of an attachment."""
        return url.startswith(f"{self._zendesk.settings.base_url}{_READ}")

    def at(self, url: str) -> Attached | None:
        """The file with this address."""
        if not self.ours(url):
            return None
        file = self._files.get(urlsplit(url).path.removeprefix(_READ).partition("/")[0])
        return file if file is not None and self.link(file) == url else None

    async def upload(self, call: Call) -> Response:
        """Take a file."""
        with refusing():
            only(call.query, "access", "for", "conversationId")
            if call.query.get("access") != "public":
                raise Misfit("access must be public")
            if call.query.get("for", "message") != "message":
                raise Misfit("for must be message")
            conversation_id = call.query.get("conversationId")
            source = _source(call)
        if conversation_id and self._zendesk.conversations.get_by_id(conversation_id) is None:
            raise missing("conversation")
        guessed = mimetypes.guess_type(source.filename)[0]
        kind = source.media_type if source.media_type not in {"", "text/plain"} else guessed or "text/plain"
        file = self.keep(source.filename, kind, source.content, conversation_id)
        call.chat, call.applied = conversation_id or "", f"attachment {file.id} was taken"
        return json_answer({"attachment": {"mediaUrl": self.link(file), "mediaType": file.type}}, 201)

    async def remove(self, call: Call) -> Response:
        """Forget a file."""
        with refusing():
            only(call.query)
            fields = json_body(call)
            url = fields.text("mediaUrl")
            fields.end()
            if not self.ours(url):
                raise Misfit(f"Unsupported media URL for attachment deletion: {url}")
        file = self.at(url)
        if file is None:
            raise VendorError(404, "not_found", "Attachment not found")
        del self._files[file.id]
        call.applied = f"attachment {file.id} was removed"
        return json_answer({})

    async def download(self, call: Call) -> Response:
        """The content of a file; with private attachments for those with a key."""
        if self._zendesk.settings.private_attachments:
            self._zendesk.keys.read(call.request)
        file = self._files.get(call.part("file"))
        if file is None or file.name != call.part("name"):
            raise VendorError(404, "not_found", "Attachment not found")
        return Response(file.content, media_type=file.type, headers={"x-content-type-options": "nosniff"})


def _source(call: Call) -> Part:
    try:
        parts = multipart_parts(call.body, call.header("content-type"))
    except ValueError as error:
        raise Misfit(str(error)) from error
    found = [one for one in parts if one.name == "source"]
    if len(found) != 1 or len(parts) != 1 or not found[0].filename:
        raise Misfit("the form must have the file source, and nothing else")
    if not found[0].content:
        raise Misfit("the file is empty")
    if len(found[0].content) > _LARGEST:
        raise VendorError(413, "bad_request", f"a file has at most {_LARGEST} bytes")
    return found[0]
