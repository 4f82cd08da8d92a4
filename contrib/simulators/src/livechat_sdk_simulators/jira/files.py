"""Files: those that wait for a request of the desk, and attachments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.bodies import Part, multipart_parts
from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.jira.errors import NativeError, PlatformError, bad_payload, usual
from livechat_sdk_simulators.jira.paging import both, json_body, platform
from livechat_sdk_simulators.jira.state import File, Upload

if TYPE_CHECKING:
    from livechat_sdk_simulators.jira.simulator import JiraSimulator

__all__ = ["Files"]

_DESK: Final = "/rest/servicedeskapi"
_ROOM: Final = 100_000


class Files:
    """The calls, on one site."""

    def __init__(self, jira: JiraSimulator) -> None:
        self._jira = jira

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        room = self._jira.settings.largest_file + _ROOM
        waiting = f"{_DESK}/servicedesk/{{desk}}/attachTemporaryFile"
        one = f"{_DESK}/request/{{issue}}/attachment"
        return [
            *both("attach", "POST", waiting, self.upload, body_limit=room),
            *both("attach", "POST", one, self.attach),
            *both("read", "GET", one, self.of_request),
            *platform("attach", "POST", "/issue/{issue}/attachments", self.attach_here, body_limit=room),
            *platform("file", "GET", "/attachment/content/{file}", self.content),
            *platform("read", "GET", "/attachment/{file}", self.one),
        ]

    def _parts(self, call: Call) -> list[Part]:
        try:
            parts = multipart_parts(call.body, call.header("content-type"))
        except ValueError as error:
            raise usual(415) from error
        files = [one for one in parts if one.name == "file" and one.filename]
        if not files:
            raise NativeError(400, "There is no file in the request.", "sd.attachment.error.none")
        if any(len(one.content) > self._jira.settings.largest_file for one in files):
            raise usual(413)
        return files

    def _file(self, part: Part) -> File:
        return self._jira.site.file(part.filename, part.media_type, part.content, self._jira.user)

    async def upload(self, call: Call) -> Response:
        """Take files that will belong to a request."""
        self._jira.desk.check_desk(call.part("desk"))
        self._jira.access.check("attach", "attach files")
        shown: list[dict[str, str]] = []
        for part in self._parts(call):
            upload = Upload(f"temp{self._jira.site.new_id()}", call.part("desk"), self._file(part))
            self._jira.site.uploads[upload.id] = upload
            shown.append({"temporaryAttachmentId": upload.id, "fileName": part.filename})
        call.applied = f"{len(shown)} files were uploaded"
        return json_answer({"temporaryAttachments": shown}, 201)

    async def attach(self, call: Call) -> Response:
        """Let files belong to a request, with a comment that shows them."""
        self._jira.access.check("attach", "attach files")
        issue = self._jira.customer_requests.request_of(call)
        body = json_body(call, ("temporaryAttachmentIds", "public", "additionalComment"))
        ids, public = body.get("temporaryAttachmentIds"), body.get("public", True)
        if not isinstance(ids, list) or not ids or not isinstance(public, bool):
            raise bad_payload()
        uploads = [self._jira.site.uploads.get(str(one)) for one in cast("list[object]", ids)]
        good = [one for one in uploads if one is not None and not one.used]
        if len(good) != len(uploads):
            raise NativeError(400, "The temporary attachment does not exist.", "sd.attachment.error.unknown")
        more: object = body.get("additionalComment")
        said = cast("dict[str, object]", more).get("body") if isinstance(more, dict) else None
        text = "" if more is None else self._jira.customer_requests.comment_text(said)
        self._jira.access.count_write(issue)
        files = [one.file for one in good]
        for one in good:
            one.used = True
        names = " ".join(f"[^{one.name}]" for one in files)
        seen = public or self._jira.settings.role == "customer"
        comment = self._jira.site.comment(issue, self._jira.user, f"{text}\n\n{names}".strip(), public=seen)
        comment.by_api, comment.files = True, files
        issue.files += files
        self._jira.site.touch(issue)
        call.applied = f"{len(files)} files were attached to {issue.key}"
        shown = self._jira.shown
        page = self._jira.page(call, files, shown.desk_file)
        return json_answer({"comment": shown.desk_comment(issue, comment), "attachments": page}, 201)

    async def of_request(self, call: Call) -> Response:
        """The files of a request."""
        files = self._jira.customer_requests.request_of(call).files
        return json_answer(self._jira.page(call, files, self._jira.shown.desk_file))

    async def attach_here(self, call: Call) -> Response:
        """Attach files without a comment: customers see them all the same."""
        self._jira.access.check("attach", "attach files")
        issue = self._jira.issues.issue_of(call)
        parts = self._parts(call)
        self._jira.access.count_write(issue)
        files = [self._file(one) for one in parts]
        issue.files += files
        self._jira.site.touch(issue)
        call.applied = f"{len(files)} files were attached to {issue.key}"
        version = self._jira.version_of(call)
        return json_answer([self._jira.shown.file(one, version) for one in files])

    def _found(self, call: Call) -> File:
        for issue in self._jira.site.issues.values():
            for file in issue.files:
                if file.id == call.part("file") and issue.key not in self._jira.hidden:
                    return file
        raise PlatformError(404, f"The attachment with id '{call.part('file')}' does not exist")

    async def one(self, call: Call) -> Response:
        """What is known of a file."""
        return json_answer(self._jira.shown.file(self._found(call), self._jira.version_of(call)))

    async def content(self, call: Call) -> Response:
        """A file itself."""
        file = self._found(call)
        return Response(file.content, media_type=file.media_type)
