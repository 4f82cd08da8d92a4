"""A vendor for benchmarks, in a process of its own: answers each request with a small JSON document."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

_ANSWER: Final = b'{"id": "m-1", "from": "visitor", "text": "Where is my order?"}'
_WHOLE: Final = (
    b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: "
    + str(len(_ANSWER)).encode()
    + b"\r\n\r\n"
    + _ANSWER
)


class _Vendor(asyncio.Protocol):
    """As little HTTP as the clients under test need, so that the server is not what is measured."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            if self._transport is not None:
                self._transport.write(_WHOLE)


async def _serve(ports: multiprocessing.SimpleQueue[int]) -> None:
    server = await asyncio.get_running_loop().create_server(_Vendor, "127.0.0.1", 0)
    ports.put(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(ports: multiprocessing.SimpleQueue[int]) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(ports))


@contextmanager
def a_vendor() -> Generator[str]:
    """The base URL of a vendor that runs while the context is open."""
    context = multiprocessing.get_context("spawn")
    ports: multiprocessing.SimpleQueue[int] = context.SimpleQueue()
    process = context.Process(target=_run, args=(ports,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ports.get()}"
    finally:
        process.terminate()
        process.join()
