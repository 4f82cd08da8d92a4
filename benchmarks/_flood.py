"""A load generator for benchmarks of servers: kept connections, each with one POST after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

__all__ = ["a_post", "posts_per_second"]


def a_post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A request as it is on the wire."""
    lines = [
        f"POST {path} HTTP/1.1",
        "host: 127.0.0.1",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def posts_per_second(url: str, requests: Sequence[Sequence[bytes]]) -> float:
    """Send the requests of each connection one after the other; each must be answered 200."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    connections = [await asyncio.open_connection(host, int(port)) for _ in requests]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, own: Sequence[bytes]) -> None:
        for request in own:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            status = head.split(b" ", 2)[1]
            if status != b"200":
                raise RuntimeError(f"answered {status.decode()}")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(
        *(talk(reader, writer, own) for (reader, writer), own in zip(connections, requests, strict=True))
    )
    return sum(len(own) for own in requests) / (time.perf_counter() - started)
