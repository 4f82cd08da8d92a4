"""Cisco's chat server for benchmarks, in a process of its own: as little of it as polling needs.

Every chat has an agent from the beginning, who says something once in ``SAYS_EVERY`` seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

__all__ = ["SAYS_EVERY", "a_ccp"]

SAYS_EVERY: Final = 60.0
"""Seconds."""

_HEAD: Final = b"HTTP/1.1 %d OK\r\nContent-Type: application/xml\r\n%sContent-Length: %d\r\n\r\n%s"
_JOINED: Final = b"<PresenceEvent><id>1</id><from>Priya</from><status>joined</status></PresenceEvent>"
_SAID: Final = b"<MessageEvent><id>%d</id><from>Priya</from><body>Still+looking%%2C+%d</body></MessageEvent>"


class _Server(asyncio.Protocol):
    """Chats by their cookie; when each one's agent speaks is spread over time."""

    began: Final = time.monotonic()
    numbers: Final = itertools.count(1)

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
                self._transport.write(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        if head.startswith(b"POST"):
            number = next(self.numbers)
            body = b"<SocialContact><id>%032X</id></SocialContact>" % number
            cookie = b"Set-Cookie: JSESSIONID=S%d; Path=/\r\n" % number
            return _HEAD % (201, cookie, len(body), body)
        body = b""
        if head.startswith(b"GET"):
            number = int(head.partition(b"JSESSIONID=S")[2].split(b"\r\n")[0])
            after = int(head.partition(b"eventid=")[2].split(b"&")[0].split(b" ")[0])
            body = b"<chatEvents>%s</chatEvents>" % b"".join(self._events(number, after))
        return _HEAD % (200, b"", len(body), body)

    def _events(self, number: int, after: int) -> Generator[bytes]:
        if after < 1:
            yield _JOINED
        phase = (number * 0.618) % 1.0
        said = int((time.monotonic() - self.began) / SAYS_EVERY + phase) + 1
        for event in range(max(after, 1) + 1, said + 1):
            yield _SAID % (event, event)


async def _serve(ports: multiprocessing.SimpleQueue[int]) -> None:
    server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0)
    ports.put(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(ports: multiprocessing.SimpleQueue[int]) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(ports))


@contextmanager
def a_ccp() -> Generator[str]:
    """The endpoint of a server that runs while the context is open."""
    context = multiprocessing.get_context("spawn")
    ports: multiprocessing.SimpleQueue[int] = context.SimpleQueue()
    process = context.Process(target=_run, args=(ports,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ports.get()}/ccp/chat"
    finally:
        process.terminate()
        process.join()
