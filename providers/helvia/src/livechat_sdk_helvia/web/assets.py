"""Our own style sheets, scripts and icons: a fixed set, read once, revalidated by the browser."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Assets"]

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class _Asset:
    content: bytes
    media_type: str
    tag: str


class Assets:
    """The files of some folders by name. Nothing else can be asked for, whatever the path says."""

    def __init__(self, *folders: Path) -> None:
        self._assets = {
            path.name: _read(path)
            for folder in folders
            for path in sorted(folder.iterdir())
            if path.suffix in _TYPES
        }

    async def answer(self, request: Request) -> Response:
        """Answer ``…/{name}``."""
        asset = self._assets.get(str(request.path_params["name"]))
        if asset is None:
            raise HTTPException(404, "There is no such file.")
        headers = {"etag": asset.tag, "cache-control": "no-cache"}
        if asset.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)


def _read(path: Path) -> _Asset:
    content = path.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    return _Asset(content, _TYPES[path.suffix], tag)
