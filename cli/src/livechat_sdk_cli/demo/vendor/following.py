"""Follows the events of a handoff, as a platform does: from the request to the end, over lost connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import httpx

__all__ = ["Followed", "following"]

_NOTHING_LEFT: Final = 204
_PAUSE: Final = 0.2
_SILENCE: Final = 30.0
"""Seconds without a byte; the gateway sends a comment every 15."""


@dataclass(slots=True)
class Followed:
    """What the stream told until now."""

    kinds: list[str] = field(default_factory=list[str])
    last: int = 0
    """The id of the newest event."""
    connections: int = 0
    ended: bool = False
    problems: list[str] = field(default_factory=list[str])

    def take(self, event: str, identity: str, data: str) -> None:
        """Take one event of the stream."""
        if event == "ended":
            self.ended = True
        elif event == "change":
            if int(identity) <= self.last:
                self.problems.append(f"event {identity} of the stream came after event {self.last}")
            self.last = max(self.last, int(identity))
            self.kinds.append(str(json.loads(data)["kind"]))


@asynccontextmanager
async def following(client: httpx.AsyncClient, url: str, headers: dict[str, str]) -> AsyncGenerator[Followed]:
    """Follow the stream at ``url`` in the background."""
    followed = Followed()
    task = asyncio.create_task(_follow(client, url, headers, followed), name="events")
    try:
        yield followed
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _follow(client: httpx.AsyncClient, url: str, headers: dict[str, str], followed: Followed) -> None:
    """Read until the end; whenever the connection is lost, go on after the newest event."""
    while not followed.ended:
        resume = {**headers, "Last-Event-ID": str(followed.last)}
        with suppress(httpx.TransportError):
            async with client.stream("GET", url, headers=resume, timeout=_SILENCE) as stream:
                followed.connections += 1
                if stream.status_code == _NOTHING_LEFT:
                    return
                await _read(stream, followed)
        await asyncio.sleep(_PAUSE)


async def _read(stream: httpx.Response, followed: Followed) -> None:
    fields: dict[str, str] = {}
    async for line in stream.aiter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif not line and "data" in fields:
            followed.take(fields.get("event", ""), fields.get("id", ""), fields["data"])
            fields = {}
