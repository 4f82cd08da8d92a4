"""Servers that send what nobody should: refused in bounded time and memory, over real connections."""

from __future__ import annotations

import asyncio
import os
import socket
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.people import EndUser
from livechat_sdk.errors import ProtocolError, ProviderError, RetryableError
from livechat_sdk_cisco.provider import CiscoProvider
from livechat_sdk_simulators.certificates import SelfSigned
from livechat_sdk_simulators.discovery import find
from livechat_sdk_simulators.serving import SimulatorServer
from providers.cisco.tests.bench import JOINED, MESSAGE, an_opening, build
from tests.http.certificates import Certificates
from tests.http.loopback import Connection, loopback

MEGABYTE = b"x" * 1_000_000
XML = {"content-type": "application/xml"}
EVENTS = b"<chatEvents/>"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"


@asynccontextmanager
async def a_provider(url: str, **settings: Any) -> AsyncIterator[CiscoProvider]:
    provider = build(endpoint=f"{url}/ccp/chat", **settings)
    try:
        yield provider
    finally:
        await provider.stop()


def resident() -> int:
    """Bytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def fifty_megabytes(connection: Connection) -> None:
    await connection.request()
    await connection.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 50000000\r\n\r\n"
    )
    await connection.send(b"<chatEvents>")
    for _ in range(50):
        await connection.send(MEGABYTE)


async def without_end(connection: Connection) -> None:
    await connection.request()
    await connection.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    while True:
        await connection.send(b"f4240\r\n" + MEGABYTE + b"\r\n")


async def zipped_bomb(connection: Connection) -> None:
    await connection.request()
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(b" " * 1_000_000) for _ in range(200)) + packer.flush()
    await connection.answer(body=body, headers={**XML, "content-encoding": "deflate"})


async def entity_bomb(connection: Connection) -> None:
    await connection.request()
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<!DOCTYPE c [<!ENTITY e0 "ha">{lines}]><chatEvents>&e9;</chatEvents>'
    await connection.answer(body=body.encode(), headers=XML)


async def wrong_charset(connection: Connection) -> None:
    await connection.request()
    await connection.answer(
        body="<chatEvents><Odd>λ</Odd></chatEvents>".encode("iso-8859-7"),
        headers={"content-type": "application/xml; charset=UTF-8"},
    )


async def unknown_charset(connection: Connection) -> None:
    await connection.request()
    await connection.answer(body=EVENTS, headers={"content-type": "application/xml; charset=utf-7"})


async def deep(connection: Connection) -> None:
    await connection.request()
    await connection.answer(body=b"<a>" * 300_000, headers=XML)


@pytest.mark.parametrize(
    "behaviour",
    [fifty_megabytes, without_end, zipped_bomb, entity_bomb, wrong_charset, unknown_charset, deep],
)
@pytest.mark.parametrize("call", ["poll", "open", "send"])
async def test_a_hostile_answer_is_refused_soon_and_in_little_memory(behaviour: Any, call: str) -> None:
    async with loopback(behaviour) as server, a_provider(server.url) as provider:
        await asyncio.sleep(0)
        before, began = resident(), time.monotonic()
        with pytest.raises(ProviderError) as caught:
            await called(provider, call)
        assert time.monotonic() - began < 15
        assert resident() - before < 60_000_000
    assert isinstance(caught.value, ProtocolError)
    assert caught.value.sent in {True, False}


async def called(provider: CiscoProvider, call: str) -> object:
    if call == "open":
        return await provider.open(an_opening())
    return await (provider.poll(JOINED) if call == "poll" else provider.send(JOINED, MESSAGE))


async def trickle(connection: Connection) -> None:
    await connection.request()
    await connection.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    while True:
        await connection.send(b"1\r\n \r\n")
        await asyncio.sleep(0.02)


async def test_a_server_that_trickles_is_given_up() -> None:
    async with loopback(trickle) as server, a_provider(server.url) as provider:
        provider._api.client._timeout = 0.5
        with pytest.raises(RetryableError):
            await provider.poll(JOINED)


async def chats(connection: Connection) -> None:
    """A server that sets cookies of its own with each answer."""
    while True:
        request = await connection.request()
        number = len(connection.server.requests)
        body = b"<SocialContact><id>A%d</id></SocialContact>" % number if request.method == "POST" else EVENTS
        cookie = {"set-cookie": f"JSESSIONID=S{number}; Path=/"}
        await connection.answer(201 if request.method == "POST" else 200, body, {**XML, **cookie})


async def test_the_connections_keep_no_cookies_so_chats_are_never_mixed() -> None:
    async with loopback(chats) as server, a_provider(server.url) as provider:
        first = await provider.open(an_opening())
        second = await provider.open(an_opening(ref="h-2.1", handoff_id="h-2"))
        for chat in (first, second, first):
            await provider.poll(chat)
        await provider.open(an_opening(ref="h-3.1", handoff_id="h-3"))
    cookies = [request.headers.get("cookie") for request in server.requests]
    assert cookies == [None, None, "JSESSIONID=S1", "JSESSIONID=S2", "JSESSIONID=S1", None]


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


async def polled(url: str, **settings: Any) -> Chat:
    async with a_provider(url, **settings) as provider:
        return (await provider.poll(JOINED)).chat


async def test_a_certificate_must_be_vouched_for_pinned_or_waved_through(certificates: Certificates) -> None:
    async with loopback(chats, tls=certificates.server()) as server:
        with pytest.raises(RetryableError, match="certificate") as caught:
            await polled(server.url)
        assert caught.value.sent is False
        assert server.requests == []
        with pytest.raises(RetryableError, match="not the pinned one"):
            await polled(server.url, certificateSha256="ab" * 32)
        assert server.requests == []
        for good in (
            {"caBundle": str(certificates.authority)},
            {"certificateSha256": certificates.digest},
            {"verify": False},
        ):
            await polled(server.url, **good)
    assert len(server.requests) == 3


async def test_the_simulator_is_reached_over_tls_as_it_says(tmp_path: Path) -> None:
    simulator = find("cisco").make({}, None)
    certificate = SelfSigned.make()
    trusted = tmp_path / "authority.pem"
    trusted.write_bytes(certificate.certificate)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"https://localhost:{listener.getsockname()[1]}"
        server = SimulatorServer(simulator, listener, certificate=certificate)
        serving = asyncio.create_task(server.run(signals=False))
        try:
            async with a_provider(url, caBundle=str(trusted), ccxQueueTag="Chat_Csq1") as provider:
                chat = await provider.open(an_opening(user=EndUser(id="u-1", name="Maria")))
                await simulator.human.join(chat.ref, "Ann")
                found = await provider.poll(chat)
                await provider.send(found.chat, MESSAGE)
                await provider.close(found.chat, EndReason(by="user", why="resolved"))
            assert [event.kind for event in found.events] == ["agent_joined"]
            assert await simulator.human.texts(chat.ref) == [MESSAGE.body]
            (there,) = await simulator.human.chats()
            assert there.state == "ended"
        finally:
            server.stop()
            await serving
