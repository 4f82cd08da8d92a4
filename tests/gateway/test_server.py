"""The server: a real socket, bounded connections, and a graceful end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.gateway.server import GatewayServer, serve
from tests.gateway.world import BEARER, TOKEN, World, a_body, a_world

LIMIT = 20


@dataclass(frozen=True)
class Listen:
    """Where to listen."""

    host: str = "127.0.0.1"
    port: int = 0
    tokens: tuple[SecretStr, ...] | None = (SecretStr(TOKEN),)
    metrics_tokens: tuple[SecretStr, ...] | None = None


@contextlib.asynccontextmanager
async def running(app: Any, **more: Any) -> AsyncIterator[GatewayServer]:
    """A server on a free port, stopped at the end."""
    server = GatewayServer(app, port=0, **more)
    started = asyncio.Event()
    task = asyncio.create_task(server.run(on_started=lambda _: started.set(), signals=False))
    async with asyncio.timeout(LIMIT):
        await started.wait()
        try:
            yield server
        finally:
            server.stop()
            await task


def _address(server: GatewayServer) -> tuple[str, int]:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    return host, int(port)


async def test_handoff_goes_over_a_real_connection(world: World) -> None:
    async with running(world.app) as server, httpx.AsyncClient(base_url=server.url, headers=BEARER) as client:
        made = await client.post("/v1/handoffs", json=a_body())
        assert made.status_code == 201
        shown = await client.get(made.headers["location"])
        assert shown.json()["id"] == made.json()["id"]
        assert "server" not in shown.headers


async def test_message_over_the_limit_gets_its_413_over_a_real_connection(world: World) -> None:
    identity = await world.an_active_handoff()
    async with running(world.app) as server, httpx.AsyncClient(base_url=server.url, headers=BEARER) as client:
        for size in (1024 * 1024, 3 * 1024 * 1024):
            answer = await client.post(f"/v1/handoffs/{identity}/messages", json={"body": "x" * size})
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


async def test_address_of_the_caller_is_not_believed_from_headers(world: World) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            seen.append((scope["client"][0], scope["scheme"]))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
            return
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})

    headers = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
    async with running(app) as server, httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        assert (await client.get("/")).status_code == 204
    assert seen == [("127.0.0.1", "http")]


async def test_requests_are_not_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with running(world.app) as server, httpx.AsyncClient(base_url=server.url) as client:
        await client.get("/v1/handoffs/canary?token=canary")
    assert "canary" not in "".join(one.getMessage() for one in caplog.records if one.name != "httpx")


# -------------------------------------------------------------------------------------------- bad connections
@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ", b"\r\n\r\n\r\n"],
    ids=["silent", "half a line", "half a header", "blank lines"],
)
async def test_connection_without_a_whole_request_is_closed(world: World, sent: bytes) -> None:
    async with running(world.app, header_timeout=0.1) as server:
        reader, writer = await asyncio.open_connection(*_address(server))
        writer.write(sent)
        assert b"200 OK" not in await reader.read()
        writer.close()


async def test_headers_that_trickle_are_cut_off(world: World) -> None:
    async with running(world.app, header_timeout=0.1) as server:
        reader, writer = await asyncio.open_connection(*_address(server))
        closed = asyncio.ensure_future(reader.read())
        for byte in b"GET /healthz HTTP/1.1\r\n" + b"X-Header: value\r\n" * 1000:
            writer.write(bytes([byte]))
            done, _ = await asyncio.wait([closed], timeout=0.005)
            if done:
                break
        assert closed.done()
        with contextlib.suppress(ConnectionError):
            assert closed.result() == b""
        writer.close()


async def test_second_request_that_trickles_is_cut_off_too(world: World) -> None:
    async with running(world.app, header_timeout=0.1) as server:
        reader, writer = await asyncio.open_connection(*_address(server))
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b'"alive"}')
        writer.write(b"GET /heal")
        assert await reader.read() == b""
        writer.close()


async def test_rest_of_a_body_that_nobody_reads_has_a_deadline(world: World) -> None:
    async with running(world.app, header_timeout=0.1) as server:
        reader, writer = await asyncio.open_connection(*_address(server))
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        closed = asyncio.ensure_future(reader.read())
        while not closed.done():
            writer.write(b"x")
            await asyncio.wait([closed], timeout=0.01)
        with contextlib.suppress(ConnectionError):
            assert b"alive" in closed.result()
        writer.close()


async def test_request_that_takes_its_time_is_not_cut_off(tmp_path: Path) -> None:
    async with a_world(tmp_path, heartbeat=0.02) as world:
        path = f"/v1/handoffs/{await world.a_handoff()}/events"
        async with (
            running(world.app, header_timeout=0.05) as server,
            httpx.AsyncClient(headers=BEARER, base_url=server.url) as client,
            client.stream("GET", path) as stream,
        ):
            lines = stream.aiter_lines()
            beats = 0
            while beats < 10:
                beats += (await anext(lines)).startswith(":")
            await world.vendor("joined")
            while "agent_joined" not in await anext(lines):
                pass


# --------------------------------------------------------------------------------------------------- the end
async def test_stopping_ends_event_streams_at_once(world: World) -> None:
    identity = await world.a_handoff()
    path = f"/v1/handoffs/{identity}/events"
    async with (
        running(world.app, drain=10) as server,
        httpx.AsyncClient(headers=BEARER, base_url=server.url) as client,
        client.stream("GET", path) as stream,
    ):
        lines = stream.aiter_lines()
        await anext(lines)
        began = asyncio.get_running_loop().time()
        server.stop()
        rest = [line async for line in lines]
        assert asyncio.get_running_loop().time() - began < 5
    assert any("the server is stopping" in line for line in rest)


async def test_request_under_way_is_finished_before_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()
    load = world.dispatcher.store.load

    async def slow(handoff_id: str) -> Any:
        entered.set()
        await go_on.wait()
        return await load(handoff_id)

    identity = await world.a_handoff()
    monkeypatch.setattr(world.dispatcher.store, "load", slow)
    async with httpx.AsyncClient(headers=BEARER) as client, running(world.app, drain=10) as server:
        asked = asyncio.create_task(client.get(f"{server.url}/v1/handoffs/{identity}"))
        await entered.wait()
        server.stop()
        await world.app.state.stopping.wait()
        go_on.set()
        answer = await asked
    assert (answer.status_code, answer.json()["id"]) == (200, identity)


async def test_request_that_never_ends_does_not_keep_the_server(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = asyncio.Event()

    async def hangs(handoff_id: str) -> Any:
        entered.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(world.dispatcher.store, "load", hangs)
    async with httpx.AsyncClient(headers=BEARER) as client:
        async with running(world.app, drain=0) as server:
            asked = asyncio.create_task(client.get(f"{server.url}/v1/handoffs/h-1"))
            await entered.wait()
        [result] = await asyncio.gather(asked, return_exceptions=True)
    assert isinstance(result, httpx.HTTPError) or (
        isinstance(result, httpx.Response) and result.status_code >= 500
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_ends_serving_and_the_program_goes_on(world: World, number: signal.Signals) -> None:
    addresses: list[str] = []
    before = signal.getsignal(number)

    def started(url: str) -> None:
        addresses.append(url)
        os.kill(os.getpid(), number)

    async with asyncio.timeout(LIMIT):
        await serve(world.dispatcher, Listen(), on_started=started)
    assert addresses[0].startswith("http://127.0.0.1:")
    assert signal.getsignal(number) is before
    assert await world.dispatcher.ready() == {}


async def test_address_that_is_taken_is_a_configuration_error(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"127\.0\.0\.1 port {port}.*gateway\.port"):
            await serve(world.dispatcher, Listen(port=port))


async def test_server_without_a_token_does_not_listen(world: World) -> None:
    with pytest.raises(ConfigurationError, match="no bearer token"):
        await serve(world.dispatcher, Listen(tokens=None))


async def test_more_connections_than_allowed_are_told_so(world: World) -> None:
    async with running(world.app, max_connections=3) as server:
        idle = [await asyncio.open_connection(*_address(server)) for _ in range(5)]
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{server.url}/healthz")).status_code == 503
        for _, writer in idle:
            writer.close()


def test_server_knows_no_address_before_it_listens(tmp_path: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    with pytest.raises(RuntimeError, match="listen"):
        _ = GatewayServer(app, port=0).url


async def test_settings_of_the_file_fit(world: World, tmp_path: Path) -> None:
    from livechat_sdk.config.models import GatewaySettings

    settings = GatewaySettings.model_validate({"tokens": TOKEN, "port": 1 + 65534})
    listening: Any = serve(world.dispatcher, settings)
    listening.close()
    assert json.dumps([settings.host, settings.port]) == '["127.0.0.1", 65535]'
