"""WebSockets to vendors, over a loopback server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from livechat_sdk.domain.clock import SystemClock
from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http.sockets import AnySocket, open_socket, override_sockets, socket_clock
from livechat_sdk_testing.clock import VirtualClock

Handler = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def a_server(
    handler: Handler, status: HTTPStatus | None = None, location: str = ""
) -> AsyncIterator[str]:
    def answer(connection: ServerConnection, _: Request) -> Response | None:
        if status is None:
            return None
        found = connection.respond(status, "no")
        if location:
            found.headers["Location"] = location
        return found

    async with serve(handler, "127.0.0.1", 0, process_request=answer) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/channel"


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def test_text_goes_both_ways_and_headers_go_along() -> None:
    heard: list[str | None] = []

    async def handler(connection: ServerConnection) -> None:
        assert connection.request is not None
        heard.append(connection.request.headers.get("Authorization"))
        await echo(connection)

    async with a_server(handler) as url:
        socket = await open_socket(url, headers={"Authorization": "Bearer secret"}, provider="ACME")
        await socket.send("γειά")
        assert await socket.receive() == "γειά"
        await socket.close()
        await socket.close()
    assert heard == ["Bearer secret"]


async def test_bytes_are_read_as_text() -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.send("é".encode() + b"\xff")

    async with a_server(handler) as url:
        socket = await open_socket(url)
        assert await socket.receive() == "é\ufffd"
        await socket.close()


async def test_socket_that_the_other_side_closes_is_lost_and_says_how() -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.close(4000, "go away")

    async with a_server(handler) as url:
        socket = await open_socket(url, provider="ACME")
        with pytest.raises(RetryableError, match=r"ACME stream: the socket was closed \(code 4000\)"):
            await socket.receive()
        with pytest.raises(RetryableError):
            await socket.send("anybody?")
        await socket.close()


async def test_message_that_is_too_long_ends_the_socket() -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.send("x" * 2000)
        await connection.wait_closed()

    async with a_server(handler) as url:
        socket = await open_socket(url, max_bytes=1000)
        with pytest.raises(RetryableError):
            await socket.receive()
        await socket.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (HTTPStatus.UNAUTHORIZED, AuthError),
        (HTTPStatus.FORBIDDEN, AuthError),
        (HTTPStatus.NOT_FOUND, RejectedError),
        (HTTPStatus.TOO_MANY_REQUESTS, RetryableError),
        (HTTPStatus.SERVICE_UNAVAILABLE, RetryableError),
        (HTTPStatus.OK, ProtocolError),
    ],
)
async def test_refused_socket_is_an_error_by_its_status(
    status: HTTPStatus, kind: type[ProviderError]
) -> None:
    async with a_server(echo, status) as url:
        with pytest.raises(kind) as caught:
            await open_socket(url, provider="ACME", operation="stream")
    assert isinstance(caught.value, ProviderError)
    assert (caught.value.status, caught.value.provider) == (status, "ACME")


async def test_redirect_is_not_followed() -> None:
    async with a_server(echo) as other, a_server(echo, HTTPStatus.FOUND, other) as url:
        with pytest.raises(ProviderError) as caught:
            await open_socket(url)
    assert caught.value.status == HTTPStatus.FOUND


async def test_nobody_there_is_no_connection_and_no_websocket_there_is_told() -> None:
    with pytest.raises(RetryableError, match="no connection"):
        await open_socket("ws://127.0.0.1:1/")
    for url in ("https://shop.example/", "socket", ""):
        with pytest.raises(RejectedError, match="none of a WebSocket"):
            await open_socket(url)

    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await _farewell(writer)
        done.set()

    done = asyncio.Event()
    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProviderError, match=r"WebSocket|no connection"):
            await open_socket(f"ws://127.0.0.1:{port}/")
        await done.wait()


async def _farewell(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def test_socket_that_does_not_open_in_time_is_given_up() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await _farewell(writer)
        done.set()

    done = asyncio.Event()
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(RetryableError, match=r"no socket within 0\.05 s"):
            await open_socket(f"ws://127.0.0.1:{port}/", timeout=0.05)
        await done.wait()


class Scripted:
    """A socket in this process."""

    def __init__(self, *texts: str | None) -> None:
        self.texts = list(texts)
        self.sent: list[str] = []

    async def receive(self) -> str | None:
        return self.texts.pop(0)

    async def send(self, text: str) -> None:
        self.sent.append(text)

    async def close(self) -> None:
        raise RetryableError("gone already")


async def test_sockets_of_this_process_stand_in_with_their_clock_until_the_block_ends() -> None:
    clock, made = VirtualClock(), Scripted("one", None)

    async def connect(url: str) -> AnySocket:
        assert url == "wss://acme.example/7"
        return made

    with override_sockets(connect, clock=clock):
        assert socket_clock() is clock
        socket = await open_socket("wss://acme.example/7")
        await socket.send("ping")
        assert (await socket.receive(), made.sent) == ("one", ["ping"])
        with pytest.raises(RetryableError, match="closed by the other side"):
            await socket.receive()
        await socket.close()
    assert isinstance(socket_clock(), SystemClock)
    with pytest.raises(RetryableError):
        await open_socket("ws://127.0.0.1:1/")


async def test_library_is_loaded_with_the_first_socket() -> None:
    program = "import sys, livechat_sdk.http.sockets; print('websockets' in sys.modules)"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert out.strip() == b"False"
