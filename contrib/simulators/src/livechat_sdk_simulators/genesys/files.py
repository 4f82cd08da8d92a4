"""Files of agents, which webhooks link to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation
from livechat_sdk_simulators.genesys.errors import refusal
from livechat_sdk_simulators.genesys.state import message_id, new_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["Files"]

_PATH: Final = "/api/v2/downloads"
_KINDS: Final = {"image": "Image", "video": "Video", "audio": "Audio"}


@dataclass(frozen=True, slots=True)
class _Kept:
    type: str
    content: bytes = field(repr=False)
    kept_at: datetime


class Files:
    """The files of one simulator."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys
        self._files: dict[str, _Kept] = {}

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [Operation("file", "GET", f"{_PATH}/{{file}}", self.download, public=True)]

    def attachment(self, name: str, media_type: str, content: bytes) -> dict[str, Any]:
        """Keep a file; returns what a message says of it."""
        kept = message_id()
        self._files[kept] = _Kept(media_type, content, self._genesys.clock.now())
        return {
            "id": new_id(),
            "mediaType": _KINDS.get(media_type.partition("/")[0], "File"),
            "url": f"{self._genesys.settings.base_url}{_PATH}/{kept}",
            "mime": media_type,
            "filename": name,
            "contentSizeBytes": len(content),
        }

    async def download(self, call: Call) -> Response:
        """The content of a file; for anybody, or for those with a token."""
        if self._genesys.settings.private_downloads:
            self._genesys.authorise(call)
        kept = self._files.get(call.part("file"))
        life = self._genesys.settings.download_seconds
        if kept is None:
            raise refusal("not.found")
        if life is not None and self._genesys.clock.now() - kept.kept_at >= timedelta(seconds=life):
            raise refusal("not.authorized")
        return Response(kept.content, media_type=kept.type, headers={"x-content-type-options": "nosniff"})
