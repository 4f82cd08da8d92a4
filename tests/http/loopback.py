"""A server on this machine that does with each connection what a test says, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Connection:
    """One connection, from the server's side."""

    server: Loopback
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def request(self, *, body: bool = True) -> Received:
        """Read one request and note it. Raises ``IncompleteReadError`` when the client goes."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0")) if body else 0
        received = Received(method, target, headers, await self.reader.readexactly(length))
        self.server.requests.append(received)
        return received

    async def send(self, data: bytes) -> None:
        """Write bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(
        self, status: int = 200, body: bytes = b"{}", headers: Mapping[str, str] | None = None
    ) -> None:
        """Write a whole answer."""
        fields = {"content-length": str(len(body)), **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await self.send(f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + body)

    def reset(self) -> None:
        """End the connection the rude way."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def silence(self) -> None:
        """Say nothing until the client goes."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65_536):
                pass


_TURNS = 5
"""Of the loop, in which a connection that is being taken comes to ``accept``, and is closed."""

Behaviour = Callable[[Connection], Awaitable[None]]


@dataclass
class Loopback:
    """What came. The server closes a connection when its behaviour returns."""

    port: int = 0
    connections: int = 0
    requests: list[Received] = field(default_factory=list[Received])
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


@asynccontextmanager
async def loopback(
    behaviour: Behaviour, *, tls: ssl.SSLContext | None = None, port: int = 0
) -> AsyncGenerator[Loopback]:
    """Serve while the context is open."""
    known = Loopback(scheme="https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()
    over = False

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if over:
            writer.transport.abort()
            return
        task = asyncio.create_task(serve(reader, writer))
        tasks.add(task)
        # One that is cancelled before its first step never comes to the end of ``serve``.
        task.add_done_callback(lambda _: writer.close())
        task.add_done_callback(tasks.discard)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        known.connections += 1
        connection = Connection(known, known.connections, reader, writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await behaviour(connection)
        writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()

    server = await asyncio.start_server(accept, "127.0.0.1", port, ssl=tls)
    known.port = server.sockets[0].getsockname()[1]
    try:
        yield known
    finally:
        over = True
        for _ in range(_TURNS):  # asyncio forgets a connection that it is taking when the server closes
            await asyncio.sleep(0)
        server.close()
        for task in list(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(list(tasks))
        await server.wait_closed()


def unused_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
