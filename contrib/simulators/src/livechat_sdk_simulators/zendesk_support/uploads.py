"""Files: uploads that wait for a comment, and attachments."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

from starlette.responses import PlainTextResponse, Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.zendesk_support.bodies import number_of
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid, bad_request, not_found, usual
from livechat_sdk_simulators.zendesk_support.state import Attachment, Upload, seconds

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator

__all__ = ["LARGEST_FILE", "Uploads"]

LARGEST_FILE: Final = 50_000_000
"""Bytes."""


class Uploads:
    """The calls, and the files of one simulator."""

    def __init__(self, zendesk: ZendeskSupportSimulator) -> None:
        self._zendesk = zendesk
        self.files: dict[int, Attachment] = {}

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        public = not self._zendesk.settings.private_attachments
        return [
            *(
                Operation("attach", "POST", path, self.upload, body_limit=LARGEST_FILE)
                for path in ("/api/v2/uploads", "/api/v2/uploads.json")
            ),
            Operation("attach", "DELETE", "/api/v2/uploads/{token}", self.discard),
            Operation("attach", "GET", "/api/v2/attachments/{file}", self.show),
            Operation("file", "GET", "/attachments/token/{key}/", self.content, public=public),
        ]

    async def upload(self, call: Call) -> Response:
        """Take a file. The answer is JSON, and says that it is text."""
        name, media_type = call.query.get("filename", ""), call.media_type
        if not name:
            raise bad_request("Parameter filename is required")
        if not media_type or media_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            raise usual(415)
        now = self._zendesk.clock.now()
        token = call.query.get("token")
        upload = Upload(token=secrets.token_urlsafe(18), made_at=now)
        if token is not None:
            upload = self._waiting(token)
        file = self.keep(name, media_type, call.body)
        upload.files.append(file)
        self._zendesk.account.uploads[upload.token] = upload
        call.applied = f"{name} was uploaded"
        expires = now + timedelta(seconds=self._zendesk.settings.upload_seconds)
        response = json_answer({"upload": self._zendesk.shown.upload(upload, seconds(expires))}, 201)
        response.headers["content-type"] = "text/plain; charset=utf-8"
        response.headers["location"] = self._zendesk.shown.url("attachments", file.id)
        return response

    def keep(self, name: str, media_type: str, content: bytes) -> Attachment:
        """Keep a file."""
        number = self._zendesk.account.new_id()
        key = secrets.token_urlsafe(18)
        file = Attachment(id=number, name=name, media_type=media_type, content=content, key=key)
        self.files[number] = file
        return file

    def _waiting(self, token: str) -> Upload:
        upload = self._zendesk.account.uploads.get(token)
        life = self._zendesk.settings.upload_seconds
        if (
            upload is None
            or upload.used
            or (self._zendesk.clock.now() - upload.made_at).total_seconds() >= life
        ):
            raise RecordInvalid("uploads", "Uploads: token is invalid", "InvalidValue")
        return upload

    def take(self, tokens: object) -> list[Attachment]:
        """The files of tokens, which are spent by it. Raises ``RecordInvalid``, and then none is."""
        if tokens in (None, "", []):
            return []
        names = cast("list[object]", tokens) if isinstance(tokens, list) else [tokens]
        uploads = [self._waiting(str(one)) for one in names]
        for one in uploads:
            one.used = True
        return [file for one in uploads for file in one.files]

    async def discard(self, call: Call) -> Response:
        """Forget an upload that is not used."""
        token = call.part("token").removesuffix(".json")
        upload = self._zendesk.account.uploads.get(token)
        if upload is None or upload.used:
            raise not_found()
        del self._zendesk.account.uploads[token]
        call.applied = "an upload was forgotten"
        return Response(status_code=204)

    async def show(self, call: Call) -> Response:
        """What is known of a file."""
        file = self.files.get(number_of(call.part("file")) or 0)
        if file is None:
            raise not_found()
        return json_answer({"attachment": self._zendesk.shown.attachment(file)})

    async def content(self, call: Call) -> Response:
        """A file itself."""
        file = next((one for one in self.files.values() if one.key == call.part("key")), None)
        if file is None:
            return PlainTextResponse("Not Found", 404)
        return Response(file.content, media_type=file.media_type)
