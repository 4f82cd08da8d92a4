"""Which failures prove that the request never left, against a server that misbehaves in every way."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from livechat_sdk.errors import ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import Answer, Repeat, VendorClient, bodies
from livechat_sdk_testing.clock import VirtualClock
from tests.http.certificates import Certificates
from tests.http.loopback import Behaviour, Connection, Loopback, loopback, unused_port

PATIENT = 10.0
"""A time-out that no test waits for."""
HASTY = 0.25


def vendor(url: str, **more: Any) -> VendorClient:
    return VendorClient(provider="TOY", base_url=url, clock=VirtualClock(), **{"timeout": PATIENT, **more})


async def failure(url: str, *, method: str = "POST", **more: Any) -> ProviderError:
    """The error of one call, made with one attempt."""
    async with vendor(url, **more) as client:
        with pytest.raises(ProviderError) as caught:
            await client.request("send", method, "/messages", json={"text": "hi"}, repeat=Repeat.NO)
    return caught.value


@asynccontextmanager
async def failing(behaviour: Behaviour, **more: Any) -> AsyncGenerator[tuple[Loopback, ProviderError]]:
    async with loopback(behaviour) as server:
        yield server, await failure(server.url, **more)


# --------------------------------------------------------------------------- it never left
async def test_a_refused_connection_never_left() -> None:
    error = await failure(f"http://127.0.0.1:{unused_port()}")
    assert isinstance(error, RetryableError)
    assert error.sent is False


async def test_an_unknown_name_never_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", no_such_name)
    error = await failure("http://no-such-name.invalid")
    assert isinstance(error, RetryableError)
    assert error.sent is False


@pytest.mark.parametrize("url", ["http://[::1", "http:///x", "https://:443/"])
async def test_an_address_that_cannot_be_used_never_left(url: str) -> None:
    async with vendor("http://127.0.0.1") as client:
        with pytest.raises(RejectedError) as caught:
            await client.request("send", "POST", url, json={})
    assert caught.value.sent is False


async def test_tls_to_a_port_without_tls_never_left() -> None:
    async def behaviour(connection: Connection) -> None:
        await connection.reader.read(10)
        await connection.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

    async with loopback(behaviour) as server:
        error = await failure(server.url.replace("http:", "https:"))
    assert isinstance(error, RetryableError)
    assert error.sent is False
    assert server.requests == []


@pytest.mark.parametrize("rude", [False, True])
async def test_a_connection_lost_while_tls_is_set_up_never_left(rude: bool) -> None:
    async def behaviour(connection: Connection) -> None:
        await connection.reader.read(10)
        if rude:
            connection.reset()

    async with loopback(behaviour) as server:
        error = await failure(server.url.replace("http:", "https:"))
    assert error.sent is False


async def test_tls_that_is_never_set_up_is_given_up_before_the_whole_time_and_never_left() -> None:
    async with loopback(Connection.silence) as server:
        error = await failure(server.url.replace("http:", "https:"), timeout=HASTY)
    assert isinstance(error, RetryableError)
    assert error.sent is False


async def test_a_certificate_that_nobody_vouches_for_never_left(certificates: Certificates) -> None:
    async with loopback(well_behaved, tls=certificates.server()) as server:
        error = await failure(server.url)
    assert isinstance(error, RetryableError)
    assert error.sent is False
    assert "certificate" in str(error)
    assert server.requests == []


async def test_a_certificate_for_another_name_never_left(certificates: Certificates) -> None:
    async with loopback(well_behaved, tls=certificates.server("elsewhere.test")) as server:
        error = await failure(server.url, ca_bundle=certificates.authority)
    assert error.sent is False
    assert server.requests == []


async def test_a_certificate_of_the_given_authority_is_good(certificates: Certificates) -> None:
    async with (
        loopback(well_behaved, tls=certificates.server()) as server,
        vendor(server.url, ca_bundle=certificates.authority) as client,
    ):
        answer = await client.request("send", "POST", "/messages", json={})
    assert answer.status == 200


async def test_the_pinned_certificate_is_good_whoever_signed_it_and_whatever_its_name(
    certificates: Certificates,
) -> None:
    async with loopback(well_behaved, tls=certificates.server("elsewhere.test")) as server:
        for written in (certificates.digest, certificates.digest.upper(), _with_colons(certificates.digest)):
            async with vendor(server.url, certificate_sha256=written) as client:
                answer = await client.request("send", "POST", "/messages", json={})
            assert answer.status == 200


async def test_a_certificate_that_is_not_the_pinned_one_never_left(certificates: Certificates) -> None:
    async with loopback(well_behaved, tls=certificates.server()) as server:
        error = await failure(server.url, certificate_sha256="ab" * 32)
    assert isinstance(error, RetryableError)
    assert error.sent is False
    assert "not the pinned one" in str(error)
    assert server.requests == []


async def test_no_certificate_at_all_is_checked_only_where_that_was_said(certificates: Certificates) -> None:
    async with (
        loopback(well_behaved, tls=certificates.server("elsewhere.test")) as server,
        vendor(server.url, verify=False) as client,
    ):
        answer = await client.request("send", "POST", "/messages", json={})
    assert answer.status == 200


def _with_colons(digest: str) -> str:
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


async def test_waiting_for_a_free_connection_in_vain_never_left() -> None:
    taken = asyncio.Event()

    async def behaviour(connection: Connection) -> None:
        await connection.request()
        taken.set()
        await asyncio.Event().wait()

    async with loopback(behaviour) as server, vendor(server.url, connections=1) as client:
        busy = asyncio.create_task(client.request("send", "POST", "/first", json={}))
        await taken.wait()
        with pytest.raises(RetryableError) as caught:
            await client.request("send", "POST", "/second", json={}, timeout=HASTY, repeat=Repeat.NO)
        busy.cancel()
        await asyncio.wait([busy])
    assert caught.value.sent is False
    assert [one.target for one in server.requests] == ["/first"]


# --------------------------------------------------------------------------- it may have left
async def close_before_reading(connection: Connection) -> None:
    """Return at once: the connection is closed."""


async def reset_before_reading(connection: Connection) -> None:
    connection.reset()


async def close_after_reading(connection: Connection) -> None:
    await connection.request()


async def reset_after_reading(connection: Connection) -> None:
    await connection.request()
    connection.reset()


async def close_after_half_a_status_line(connection: Connection) -> None:
    await connection.request()
    await connection.send(b"HTTP/1.1 2")


async def close_within_the_headers(connection: Connection) -> None:
    await connection.request()
    await connection.send(b"HTTP/1.1 200 OK\r\ncontent-le")


async def answer_something_else(connection: Connection) -> None:
    await connection.request()
    await connection.send(b"220 smtp.example ESMTP ready\r\n\r\n")


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "behaviour",
    [
        close_before_reading,
        reset_before_reading,
        close_after_reading,
        reset_after_reading,
        close_after_half_a_status_line,
        close_within_the_headers,
        answer_something_else,
    ],
)
async def test_a_connection_lost_without_an_answer_proves_nothing_and_is_not_repeated_behind_our_back(
    behaviour: Behaviour, method: str
) -> None:
    async with failing(behaviour, method=method) as (server, error):
        assert isinstance(error, RetryableError)
        assert error.sent is None
        assert server.connections == 1


async def test_silence_after_the_request_proves_nothing() -> None:
    async with failing(Connection.silence, timeout=HASTY) as (_, error):
        assert isinstance(error, RetryableError)
        assert error.sent is None
        assert "no answer within 0.25 s" in str(error)


async def test_headers_that_trickle_end_with_the_time_limit() -> None:
    async def trickle(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await connection.send(b"x-more: and more\r\n")
            await asyncio.sleep(0.02)

    async with failing(trickle, timeout=HASTY) as (_, error):
        assert isinstance(error, RetryableError)
        assert error.sent is None


async def test_a_kept_connection_that_is_closed_in_the_moment_of_a_send_proves_nothing() -> None:
    async def one_each(connection: Connection) -> None:
        await connection.request()
        await connection.answer()
        await connection.request()

    async with loopback(one_each) as server, vendor(server.url) as client:
        await client.request("send", "POST", "/messages", json={"text": "first"})
        with pytest.raises(RetryableError) as caught:
            await client.request("send", "POST", "/messages", json={"text": "second"})
    assert caught.value.sent is None
    assert server.connections == 1
    assert len(server.requests) == 2


async def test_a_flood_of_headers_is_cut_off() -> None:
    written = 0

    async def flood(connection: Connection) -> None:
        nonlocal written
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await connection.send(b"x-more: and more\r\n" * 100)
            written += 1800

    async with failing(flood) as (_, error):
        assert isinstance(error, RetryableError)
        assert error.sent is None
    assert written < 10_000_000


@pytest.mark.parametrize("late", [False, True])
async def test_an_answer_too_many_is_not_taken_for_the_next_one(late: bool) -> None:
    said = asyncio.Event()

    async def chatty(connection: Connection) -> None:
        await connection.request()
        await connection.answer(200, b'{"n": 1}')
        if connection.number == 1:
            if late:
                await said.wait()
            await connection.answer(200, b'{"n": "forged"}')
        said.set()
        await connection.request()
        await connection.answer(200, b'{"n": 2}')

    async with loopback(chatty) as server, vendor(server.url) as client:
        first = await client.request("read", "GET", "/")
        said.set()
        await asyncio.sleep(0.05)  # until what the server says has arrived
        second = await client.request("read", "GET", "/", repeat=Repeat.NO)
    assert first.object() == {"n": 1}
    assert second.object()["n"] != "forged"


# --------------------------------------------------------------------------- it was answered
async def short_body(connection: Connection) -> None:
    await connection.request()
    await connection.answer(201, b'{"id":', {"content-length": "100"})


async def unfinished_chunks(connection: Connection) -> None:
    await connection.request()
    await connection.send(b'HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n6\r\n{"id":\r\n')


async def junk_chunks(connection: Connection) -> None:
    await connection.request()
    await connection.send(b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")


async def reset_in_the_body(connection: Connection) -> None:
    await connection.request()
    await connection.answer(201, b'{"id":', {"content-length": "100"})
    connection.reset()


@pytest.mark.parametrize("behaviour", [short_body, unfinished_chunks, junk_chunks, reset_in_the_body])
async def test_an_answer_that_breaks_off_was_sent(behaviour: Behaviour) -> None:
    async with failing(behaviour) as (server, error):
        assert isinstance(error, RetryableError)
        assert error.sent is not False
        assert server.connections == 1


async def test_a_body_that_trickles_ends_with_the_time_limit() -> None:
    async def trickle(connection: Connection) -> None:
        await connection.request()
        await connection.answer(200, b"", {"content-length": "1000000"})
        while True:
            await connection.send(b" ")
            await asyncio.sleep(0.02)

    async with failing(trickle, timeout=HASTY) as (_, error):
        assert isinstance(error, RetryableError)
        assert error.sent is True


async def test_an_early_refusal_of_a_large_upload_is_heard() -> None:
    async def refuse(connection: Connection) -> None:
        await connection.request(body=False)
        await connection.answer(413, b'{"error": {"code": "too_large"}}', {"connection": "close"})
        await connection.silence()

    async with loopback(refuse) as server, vendor(server.url) as client:
        with pytest.raises(ProviderError) as caught:
            await client.request("file", "POST", "/files", content=b"x" * 8_000_000, repeat=Repeat.NO)
    assert caught.value.status == 413


# --------------------------------------------------------------------------- size
async def test_an_answer_is_read_up_to_the_limit() -> None:
    async def large(connection: Connection) -> None:
        await connection.request()
        await connection.answer(200, b"x" * 20_001)

    async with failing(large, max_bytes=20_000) as (_, error):
        assert isinstance(error, ProtocolError)
        assert error.sent is True
        assert error.status == 200


async def test_an_endless_answer_is_read_up_to_the_limit() -> None:
    written = 0

    async def endless(connection: Connection) -> None:
        nonlocal written
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await connection.send(b"x" * 65_536)
            written += 65_536

    async with failing(endless, max_bytes=1_000_000) as (_, error):
        assert isinstance(error, ProtocolError)
    assert written < 30_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_not_unpacked_beyond_the_limit(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    zeros = b"\0" * 100_000_000
    bomb = gzip.compress(zeros) if encoding == "gzip" else zlib.compress(zeros)
    assert len(bomb) < 500_000

    async def explode(connection: Connection) -> None:
        await connection.request()
        await connection.answer(200, bomb, {"content-encoding": encoding})

    made: list[int] = []
    original = bodies.unpacked

    async def counted(response: Any) -> AsyncGenerator[bytes]:
        async for piece in original(response):
            made.append(len(piece))
            yield piece

    monkeypatch.setattr(bodies, "unpacked", counted)
    async with failing(explode, max_bytes=5_000_000) as (_, error):
        assert isinstance(error, ProtocolError)
    assert max(made) <= 65_536
    assert sum(made) < 5_100_000


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("br", b"anything"), ("gzip", b"not gzip"), ("gzip", gzip.compress(b"{}" * 900, mtime=0)[:-9])],
)
async def test_a_body_that_cannot_be_unpacked_is_a_broken_protocol(encoding: str, body: bytes) -> None:
    async def packed(connection: Connection) -> None:
        await connection.request()
        await connection.answer(200, body, {"content-encoding": encoding})

    async with failing(packed) as (_, error):
        assert isinstance(error, ProtocolError)
        assert error.sent is True


# --------------------------------------------------------------------------- all is well
async def well_behaved(connection: Connection) -> None:
    while True:
        await connection.request()
        await connection.answer(200, b'{"ok": true}')


async def ask(url: str) -> tuple[Answer, Answer]:
    async with vendor(url) as client:
        return (
            await client.request("send", "POST", "/messages", json={"text": "hi"}),
            await client.request("look_up", "GET", "/messages", params={"key": "a b"}),
        )


async def test_a_connection_is_used_again_and_carries_what_was_asked() -> None:
    async with loopback(well_behaved) as server:
        first, second = await ask(server.url)
    assert first.object() == second.object() == {"ok": True}
    assert server.connections == 1
    assert [(one.method, one.target) for one in server.requests] == [
        ("POST", "/messages"),
        ("GET", "/messages?key=a+b"),
    ]
    assert server.requests[0].body == b'{"text":"hi"}'
    assert server.requests[0].headers["content-type"] == "application/json"
    assert server.requests[0].headers["user-agent"].startswith("livechat-sdk/")


async def test_cookies_of_a_vendor_are_not_kept() -> None:
    async def setting(connection: Connection) -> None:
        while True:
            await connection.request()
            await connection.answer(headers={"set-cookie": "session=1; Path=/"})

    async with loopback(setting) as server:
        await ask(
            server.url.replace("127.0.0.1", "localhost")
        )  # cookies of bare addresses are not kept anyway
    assert "cookie" not in server.requests[1].headers


@pytest.mark.parametrize("body", [b'{"text": "packed"}', b"{}" * 200_000])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw"])
async def test_packed_answers_are_unpacked(encoding: str, body: bytes) -> None:
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw": raw.compress(body) + raw.flush(),
    }[encoding]

    async def behaviour(connection: Connection) -> None:
        await connection.request()
        await connection.answer(200, packed, {"content-encoding": encoding.replace("raw", "deflate")})

    async with loopback(behaviour) as server, vendor(server.url) as client:
        answer = await client.request("read", "GET", "/")
    assert answer.content == body
