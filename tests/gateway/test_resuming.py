"""Following a handoff over bad connections: proxies that cut, and a gateway that is started anew."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin
from tests.gateway.test_server import running
from tests.gateway.world import BEARER, World, a_world

LIMIT = 20
CUTS = (300, 1500, 2500, 4000)
"""Bytes after which one connection after the other is cut: in the head, in an event, after some."""


class Proxy:
    """Passes bytes on, and cuts each connection after so many bytes of the answer, wherever that is."""

    def __init__(self, target: str, cuts: Sequence[int]) -> None:
        host, _, port = target.removeprefix("http://").rpartition(":")
        self._target = (host, int(port))
        self._cuts = cycle(cuts)
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self.cuts = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def listen(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def close(self) -> None:
        """Stop, and let go of every connection."""
        assert self._server is not None
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass_on(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        upwards = asyncio.create_task(_copy(reader, there_writer))
        left = next(self._cuts)
        try:
            with contextlib.suppress(ConnectionError):
                while left > 0 and (some := await there_reader.read(min(left, 4096))):
                    left -= len(some)
                    writer.write(some)
                    await writer.drain()
            self.cuts += left <= 0
        finally:
            upwards.cancel()
            for one in (writer, there_writer):
                one.transport.abort()
            await asyncio.gather(upwards, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while some := await reader.read(4096):
            writer.write(some)
            await writer.drain()


@asynccontextmanager
async def behind_a_proxy(world: World, cuts: Sequence[int]) -> AsyncIterator[Proxy]:
    """A real server for the world, and the proxy before it."""
    async with running(world.app) as server:
        proxy = Proxy(server.url, cuts)
        await proxy.listen()
        try:
            yield proxy
        finally:
            await proxy.close()


class Follower:
    """A client that keeps the last id, as an ``EventSource`` does; only whole events count."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.ended: dict[str, Any] | None = None

    async def follow(self, url: str, identity: str, *, enough: int | None = None) -> None:
        """Read until the connection ends, or that many events are there."""
        headers = {**BEARER, "Last-Event-ID": str(self.seen[-1])} if self.seen else BEARER
        text = ""
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=LIMIT) as client:
            with contextlib.suppress(httpx.TransportError):
                async with client.stream("GET", f"/v1/handoffs/{identity}/events") as answer:
                    async for some in answer.aiter_text():
                        text += some
                        *blocks, text = text.split("\n\n")
                        for block in blocks:
                            self._take(block)
                        if enough is not None and len(self.seen) >= enough:
                            return

    def _take(self, block: str) -> None:
        lines = (line.partition(": ") for line in block.splitlines())
        fields = {name: value for name, _, value in lines}
        if fields.get("event") == "change":
            self.seen.append(int(fields["id"]))
            assert json.loads(fields["data"])["seq"] == self.seen[-1]
        elif fields.get("event") == "ended":
            self.ended = json.loads(fields["data"])


async def _journal(world: World, identity: str) -> list[int]:
    return [entry.seq for entry in await world.dispatcher.journal(identity)]


async def test_stream_over_a_proxy_that_cuts_and_a_restart_tells_everything_once(tmp_path: Path) -> None:
    plugin, clock, follower = ToyPlugin(), VirtualClock(), Follower()
    async with asyncio.timeout(2 * LIMIT):
        async with (
            a_world(tmp_path, plugin=plugin, clock=clock) as world,
            behind_a_proxy(world, CUTS) as proxy,
        ):
            identity = await world.an_active_handoff()
            for number in range(10):
                await world.vendor("message", text=f"one {number}")
            told = len(await _journal(world, identity))
            while len(follower.seen) < told:
                await follower.follow(proxy.url, identity, enough=told)
            assert proxy.cuts > 1
            # The next connection is open while the gateway ends.
            following = asyncio.create_task(follower.follow(proxy.url, identity))
            await world.vendor("message", text="while it is followed")
        await following
        async with (
            a_world(tmp_path, plugin=plugin, clock=clock) as world,
            behind_a_proxy(world, CUTS) as proxy,
        ):
            for number in range(10):
                await world.vendor("message", text=f"two {number}")
            await world.vendor("ended")
            while follower.ended is None:
                await follower.follow(proxy.url, identity)
            assert follower.seen == await _journal(world, identity)
            assert follower.ended["state"] == "ended"
            # Nothing is left to tell: a client that reconnects by itself is told to stop.
            headers = {"Last-Event-ID": str(follower.seen[-1])}
            done = await world.client.get(f"/v1/handoffs/{identity}/events", headers=headers)
            assert done.status_code == 204
