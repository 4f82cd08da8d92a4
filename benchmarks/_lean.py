"""A vendor for benchmarks, in a process of its own: as little HTTP as the clients under test need, and quick.

What it knows of the vendor's API is one method, ``answer``; what it costs is not in the figures of whoever
measures his own process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

__all__ = ["State", "a_vendor"]

_REASONS: Final = {200: "OK", 201: "Created", 202: "Accepted", 404: "Not Found"}


class State(Protocol):
    """What a vendor knows."""

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """What a request is answered with, status and JSON; what it does is done."""
        ...


class _Connection(asyncio.Protocol):
    def __init__(self, state: State, delay: float, headers: str) -> None:
        self._state = state
        self._delay = delay
        self._headers = headers
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
            method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
            self._answer(*self._state.answer(method, path, rest[:length]))

    def _answer(self, status: int, document: Any) -> None:
        content = json.dumps(document).encode()
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\ncontent-type: application/json; charset=utf-8\r\n"
            f"{self._headers}content-length: {len(content)}\r\n\r\n"
        )
        if self._transport is None:
            return
        whole = head.encode() + content
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, whole)
        else:
            self._transport.write(whole)


async def _serve(
    make: Callable[[], State], ports: multiprocessing.SimpleQueue[int], delay: float, headers: str
) -> None:
    state = make()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(state, delay, headers), "127.0.0.1", 0)
    ports.put(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(
    make: Callable[[], State], ports: multiprocessing.SimpleQueue[int], delay: float, headers: str
) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(make, ports, delay, headers))


@contextmanager
def a_vendor(
    make: Callable[[], State], delay: float = 0.0, headers: Mapping[str, str] | None = None
) -> Generator[str]:
    """A vendor while the context is open, which answers after ``delay`` seconds. Gives its address.

    ``headers`` go with every answer.
    """
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    context = multiprocessing.get_context("spawn")
    ports: multiprocessing.SimpleQueue[int] = context.SimpleQueue()
    process = context.Process(target=_run, args=(make, ports, delay, lines), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ports.get()}"
    finally:
        process.terminate()
        process.join()
