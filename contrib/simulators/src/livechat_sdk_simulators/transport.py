"""Calls to a simulator in this process, without a socket. Scripted breaks become httpx's errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Scope

from livechat_sdk_simulators.cuts import IN_PROCESS, Cut

__all__ = ["InProcessTransport"]


class InProcessTransport(httpx.AsyncBaseTransport):
    """Hands every request to one ASGI application, whatever host it is for.

    Nothing waits here: a fault that takes longer than the caller's time limit ends in a time-out at once. A
    bug of the simulator comes out as the exception that it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry out one call."""
        content = await request.aread()
        exchange = _Exchange(content)
        try:
            await self._app(_scope(request), exchange.receive, exchange.send)
        except Cut as cut:
            if cut.kind != "truncated":
                raise cut.as_httpx(request) from cut
            exchange.broken = cut.as_httpx(request)
        if exchange.status is None:
            raise RuntimeError("the simulator answered nothing")
        return httpx.Response(
            exchange.status, headers=exchange.headers, stream=_Stream(exchange), request=request
        )


class _Exchange:
    def __init__(self, content: bytes) -> None:
        self._content: bytes | None = content
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: list[bytes] = []
        self.broken: httpx.TransportError | None = None

    async def receive(self) -> Message:
        if self._content is None:
            await asyncio.Event().wait()  # the caller stays until the call is done
        content, self._content = self._content, None
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.chunks.append(message.get("body", b""))


class _Stream(httpx.AsyncByteStream):
    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._exchange.chunks:
            if chunk:
                yield chunk
        if self._exchange.broken is not None:
            raise self._exchange.broken


def _scope(request: httpx.Request) -> Scope:
    timeout: Mapping[str, Any] = request.extensions.get("timeout", {})
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.partition(b"?")[0],
        "query_string": request.url.query,
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 0),
        "root_path": "",
        IN_PROCESS: timeout.get("read"),
    }
