"""The Attachment API: files of a row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.bodies import multipart_parts
from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.servicenow.errors import bad_request, no_record, usual
from livechat_sdk_simulators.servicenow.rows import Row
from livechat_sdk_simulators.servicenow.shown import Look

if TYPE_CHECKING:
    from livechat_sdk_simulators.servicenow.simulator import ServiceNowSimulator

__all__ = ["Attachments"]

_BASES: Final = ("/api/now/attachment", "/api/now/v1/attachment")
_ROOM: Final = 100_000
_PLAIN: Final = Look(links=False)


class Attachments:
    """The calls, and the files of one instance."""

    def __init__(self, servicenow: ServiceNowSimulator) -> None:
        self._servicenow = servicenow
        self._rows = servicenow.rows
        self._content: dict[str, bytes] = {}

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        room = self._servicenow.settings.largest_file + _ROOM
        made: list[Operation] = []
        for base in _BASES:
            made += [
                Operation("attach", "POST", f"{base}/file", self.upload, body_limit=room),
                Operation("attach", "POST", f"{base}/upload", self.upload_form, body_limit=room),
                Operation("read", "GET", base, self.many),
                Operation("file", "GET", f"{base}/{{file}}/file", self.download),
                Operation("read", "GET", f"{base}/{{file}}", self.one),
                Operation("attach", "DELETE", f"{base}/{{file}}", self.delete),
            ]
        return made

    def _row(self, call: Call) -> Row:
        row = self._rows.get("sys_attachment", call.part("file"))
        if row is None or row.values["table_sys_id"] in self._servicenow.hidden:
            raise no_record()
        return row

    def shown(self, row: Row) -> dict[str, Any]:
        """A file as the API shows it."""
        base = self._servicenow.settings.base_url
        link = f"{base}/api/now/attachment/{row.id}/file"
        return {**self._servicenow.shown.row(row, _PLAIN), "download_link": link}

    # ---------------------------------------------------------------------------------------- sending
    async def upload(self, call: Call) -> Response:
        """A file that is the whole body."""
        query = call.query
        if not call.media_type:
            raise bad_request("Invalid content-type", "The request has no header Content-Type.")
        if call.media_type == "multipart/form-data":
            raise usual(415)
        return self._made(
            call,
            (query.get("table_name", ""), query.get("table_sys_id", "")),
            query.get("file_name", ""),
            call.media_type,
            call.body,
        )

    async def upload_form(self, call: Call) -> Response:
        """A file in a form, behind the fields that say what it belongs to."""
        try:
            parts = multipart_parts(call.body, call.header("content-type"))
        except ValueError as error:
            raise bad_request("Exception while reading request", str(error)) from error
        files = [one for one in parts if one.filename]
        fields = {one.name: one.content.decode("utf-8", "replace") for one in parts if not one.filename}
        if len(files) != 1 or parts[-1] is not files[0]:
            raise bad_request("Invalid form", "There is one file, and it comes last.")
        place = (fields.get("table_name", ""), fields.get("table_sys_id", ""))
        return self._made(call, place, files[0].filename, files[0].media_type, files[0].content)

    def _made(
        self, call: Call, place: tuple[str, str], name: str, media_type: str, content: bytes
    ) -> Response:
        table, row_id = place
        if missing := [
            one
            for one, value in (("table_name", table), ("table_sys_id", row_id), ("file_name", name))
            if not value
        ]:
            raise bad_request(f"Missing parameter {missing[0]}")
        if len(content) > self._servicenow.settings.largest_file:
            raise usual(413)
        owner = self._rows.get(table, row_id)
        if owner is None or owner.id in self._servicenow.hidden:
            raise no_record()
        self._servicenow.access.check("create", "sys_attachment")
        self._servicenow.access.check("write", table)
        row = self.keep(owner, name, media_type, content, self._servicenow.user)
        row.by_api = True
        if owner.table.of_tickets:
            call.chat = owner.id
        call.applied = f"{name} was attached"
        response = json_answer({"result": self.shown(row)}, 201)
        response.headers["location"] = f"{self._servicenow.settings.base_url}/api/now/attachment/{row.id}"
        return response

    def keep(self, owner: Row, name: str, media_type: str, content: bytes, user: Row) -> Row:
        """Keep a file of a row."""
        size = str(len(content))
        values = {
            "file_name": name[:100],
            "content_type": media_type,
            "size_bytes": size,
            "size_compressed": size,
            "table_name": owner.table.name,
            "table_sys_id": owner.id,
            "hash": hashlib.sha256(content).hexdigest(),
        }
        row = self._rows.add("sys_attachment", values, user.values["user_name"])
        self._content[row.id] = content
        return row

    # --------------------------------------------------------------------------------------- reading
    def of(self, row: Row) -> list[Row]:
        """The files of a row."""
        return [one for one in self._rows.of("sys_attachment") if one.values["table_sys_id"] == row.id]

    def content(self, row_id: str) -> bytes | None:
        """What a file holds."""
        return self._content.get(row_id)

    async def many(self, call: Call) -> Response:
        """The files that fit a query."""
        found = self._servicenow.table_api.found(self._rows.tables["sys_attachment"], call.query)
        shown = [
            self.shown(one) for one in found if one.values["table_sys_id"] not in self._servicenow.hidden
        ]
        response = json_answer({"result": shown})
        response.headers["x-total-count"] = str(len(found))
        return response

    async def one(self, call: Call) -> Response:
        """What is known of a file."""
        return json_answer({"result": self.shown(self._row(call))})

    async def download(self, call: Call) -> Response:
        """A file itself."""
        row = self._row(call)
        return Response(self._content[row.id], media_type=row.values["content_type"])

    async def delete(self, call: Call) -> Response:
        """Forget a file."""
        row = self._row(call)
        self._servicenow.access.check("delete", "sys_attachment")
        self._rows.remove(row)
        call.applied = f"{row.title} was deleted"
        return Response(status_code=204)
