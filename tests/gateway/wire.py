"""Speaks ASGI to an application without a server, message by message: for limits, and for streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from livechat_sdk.provider import AsgiApp

Message = Mapping[str, Any]
"""An ASGI message."""


def piece(content: bytes, *, more: bool = True) -> dict[str, Any]:
    """A part of a request body."""
    return {"type": "http.request", "body": content, "more_body": more}


GONE: dict[str, Any] = {"type": "http.disconnect"}


def a_scope(
    method: str, path: str, headers: Mapping[str, str] | None = None, *, version: str = "1.1"
) -> dict[str, Any]:
    """The scope of an HTTP request."""
    path, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": version,
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
    }


@dataclass
class Heard:
    """The answer, and how many bytes and pieces of the request the application took."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytearray = field(default_factory=bytearray)
    taken: int = 0
    pieces: int = 0

    @property
    def code(self) -> str:
        """The error's code."""
        code: str = json.loads(self.body)["error"]["code"]
        return code

    def note(self, message: Message) -> None:
        """Take a message of the application."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")


async def call(
    app: AsgiApp, scope: dict[str, Any], pieces: Iterable[Message] | AsyncIterator[Message]
) -> Heard:
    """Send one request piece by piece; after the last piece the client is silent."""
    heard = Heard()
    source = pieces if isinstance(pieces, AsyncIterator) else _each(pieces)

    async def receive() -> Message:
        message = await anext(source, None)
        if message is None:
            await asyncio.Event().wait()
            raise AssertionError
        heard.taken += len(message.get("body", b""))
        heard.pieces += 1
        return message

    async def send(message: Message) -> None:
        heard.note(message)

    await app(scope, receive, send)
    return heard


async def _each(pieces: Iterable[Message]) -> AsyncIterator[Message]:
    for one in pieces:
        yield one


class Listening:
    """An answer that goes on: read it block by block while it is made."""

    def __init__(self, app: AsgiApp, scope: dict[str, Any]) -> None:
        self._app = app
        self._scope = scope
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._heard: asyncio.Queue[Message] = asyncio.Queue()
        self.status = 0
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        self._said.put_nowait(piece(b"", more=False))
        self._task = asyncio.ensure_future(self._app(self._scope, self._said.get, self._heard.put))
        start = await self._next()
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()
        async with asyncio.timeout(10):
            await self._task

    async def block(self) -> str:
        """The next block, up to the blank line; empty when the stream is over."""
        message = await self._next()
        text: str = message["body"].decode()
        return text

    async def rest(self) -> list[str]:
        """All blocks until the stream ends by itself."""
        blocks: list[str] = []
        while (one := await self.block()) != "":
            blocks.append(one)
        return blocks

    def leave(self) -> None:
        """The client goes away."""
        self._said.put_nowait(GONE)

    async def _next(self) -> Message:
        async with asyncio.timeout(10):
            return await self._heard.get()
