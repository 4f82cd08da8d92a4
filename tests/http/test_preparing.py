"""What a first connection needs is loaded beside the event loop."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from livechat_sdk.errors import RetryableError
from livechat_sdk.http import VendorClient, transport
from livechat_sdk.http.sockets import open_socket
from tests.http.certificates import Certificates
from tests.http.loopback import Connection, loopback

PATIENCE = 10.0


def vendor(url: str, authority: Path) -> VendorClient:
    return VendorClient(provider="TOY", base_url=url, ca_bundle=authority, timeout=PATIENCE)


async def obliging(connection: Connection) -> None:
    while True:
        await connection.request()
        await connection.answer()


async def greet(connection: ServerConnection) -> None:
    await connection.send("hello")


async def test_authorities_are_read_while_the_event_loop_goes_on_and_the_pool_is_one(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = tmp_path / "never-read-before.pem"
    shutil.copy(certificates.authority, authority)
    read, go_on, real = threading.Event(), threading.Event(), ssl.create_default_context

    def slow(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        read.set()
        assert go_on.wait(PATIENCE), "the event loop stood still"
        return real(*args, **kwargs)

    monkeypatch.setattr(ssl, "create_default_context", slow)
    async with (
        loopback(obliging, tls=certificates.server()) as server,
        vendor(server.url, authority) as client,
    ):
        first = asyncio.create_task(client.request("send", "POST", "/messages", json={}))
        second = asyncio.create_task(client.request("send", "POST", "/messages", json={}))
        await asyncio.to_thread(read.wait, PATIENCE)
        go_on.set()
        assert [(await one).status for one in (first, second)] == [200, 200]
        assert (await client.request("send", "POST", "/messages", json={})).status == 200
    assert len(server.requests) == 3


async def test_client_that_is_closed_meanwhile_makes_no_pool(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = tmp_path / "never-read-before.pem"
    shutil.copy(certificates.authority, authority)
    made: list[object] = []
    monkeypatch.setattr("livechat_sdk.http.client.make_transport", lambda **how: made.append(how))
    async with vendor("https://vendor.example", authority) as client:
        call = asyncio.create_task(client.request("send", "POST", "/messages", json={}))
        await asyncio.sleep(0)
        await client.close()
        with pytest.raises(RetryableError, match="closed"):
            await call
    assert made == []


async def test_socket_over_tls_trusts_whom_calls_trust(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve(greet, "127.0.0.1", 0, ssl=certificates.server()) as server:
        url = f"wss://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/channel"
        with pytest.raises(RetryableError):
            await open_socket(url)
        trusted = ssl.create_default_context(cafile=certificates.authority)
        monkeypatch.setattr(transport, "_verification", lambda _: trusted)
        socket = await open_socket(url)
        assert await socket.receive() == "hello"
        await socket.close()
