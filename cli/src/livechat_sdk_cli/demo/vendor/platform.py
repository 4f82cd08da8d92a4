"""The platform: takes the signed webhooks of the gateway, and hosts what its end user sends along.

It does what the reference asks of platforms: it verifies each delivery, and remembers ids, so that a delivery
which comes again because an answer was lost is shown once.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livechat_sdk.gateway.server import GatewayServer
from livechat_sdk_cli.demo.vendor.lines import File

__all__ = ["Platform", "Taken", "serve_platform"]

_TOLERANCE: Final = 300
_PREFIX: Final = "whsec_"


@dataclass(slots=True)
class Taken:
    """A delivery of the gateway that was shown to the end user's side."""

    id: str
    type: str
    at: datetime
    data: Mapping[str, Any] = field(repr=False)
    deliveries: int = 1
    """How often it came."""


class Platform:
    """What the platform knows: what came, in order, and the files of its end user."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self.secret = _PREFIX + base64.b64encode(self._key).decode()
        self.url = ""
        """Where it is served."""
        self.taken: list[Taken] = []
        self.refused = 0
        """Deliveries that did not prove that they come from the gateway."""
        self._files: dict[str, File] = {}
        self.fetched: dict[str, int] = {}
        """How often each file was fetched, by name."""

    @property
    def target(self) -> str:
        """Where the gateway posts to."""
        return f"{self.url}/livechat"

    def host(self, file: File) -> str:
        """Host a file; returns its link, which nobody can guess."""
        name = secrets.token_urlsafe(16)
        self._files[name] = file
        return f"{self.url}/files/{name}/{file.name}"

    def of(self, kind: str) -> list[Taken]:
        """What came of one type, in order."""
        return [one for one in self.taken if one.type == kind]

    def app(self) -> Starlette:
        """The platform as an application."""
        return Starlette(
            routes=[
                Route("/livechat", self._take, methods=["POST"]),
                Route("/files/{secret}/{name}", self._read, methods=["GET"]),
            ]
        )

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        if not self._proved(request.headers, body):
            self.refused += 1
            return Response(status_code=401)
        identity = request.headers["webhook-id"]
        known = next((one for one in self.taken if one.id == identity), None)
        if known is not None:
            known.deliveries += 1
            return Response(status_code=204)
        document: Mapping[str, Any] = json.loads(body)
        self.taken.append(Taken(identity, str(document["type"]), datetime.now(UTC), document["data"]))
        return Response(status_code=204)

    def _proved(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether Standard Webhooks' proof is there and right."""
        identity, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not (identity and at.isascii() and at.isdigit() and abs(time.time() - int(at)) <= _TOLERANCE):
            return False
        right = hmac.digest(self._key, f"{identity}.{at}.".encode() + body, hashlib.sha256)
        return any(
            hmac.compare_digest(right, given) for given in _signatures(headers.get("webhook-signature", ""))
        )

    async def _read(self, request: Request) -> Response:
        file = self._files.get(str(request.path_params["secret"]))
        if file is None:
            return Response(status_code=404)
        self.fetched[file.name] = self.fetched.get(file.name, 0) + 1
        return Response(file.content, media_type=file.type)


def _signatures(header: str) -> list[bytes]:
    found: list[bytes] = []
    for one in header.split(" "):
        version, _, value = one.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(value, validate=True))
            except binascii.Error:
                return []
    return found


@asynccontextmanager
async def serve_platform() -> AsyncGenerator[Platform]:
    """A platform on a free port of this machine."""
    platform = Platform()
    server = GatewayServer(platform.app(), port=0, drain=1.0)
    server.listen()
    platform.url = server.url
    started = asyncio.Event()
    serving = asyncio.create_task(
        server.run(on_started=lambda _: started.set(), signals=False), name="platform"
    )
    waiting = asyncio.create_task(started.wait())
    try:
        await asyncio.wait([waiting, serving], return_when=asyncio.FIRST_COMPLETED)
        yield platform
    finally:
        waiting.cancel()
        server.stop()
        await serving
