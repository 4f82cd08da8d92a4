"""Files from outside: streamed, within limits of size, time and kind."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from typing import Any

import pytest

from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import Download, Egress, EgressRefused, FetchLimits, fetch, override_transport
from tests.http.loopback import Behaviour, Connection, loopback

HERE = Egress(["127.0.0.1"])


def serving(body: bytes = b"png", headers: Mapping[str, str] | None = None, status: int = 200) -> Behaviour:
    async def serve(connection: Connection) -> None:
        await connection.request()
        await connection.answer(status, body, headers)

    return serve


async def fetched(
    behaviour: Behaviour, path: str = "/files/cat.png", **limits: Any
) -> tuple[Download, bytes]:
    async with (
        loopback(behaviour) as server,
        fetch(server.url + path, HERE, FetchLimits(**limits)) as file,
    ):
        return file, await file.read()


async def failure(behaviour: Behaviour, **limits: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await fetched(behaviour, **limits)
    assert caught.value.operation == "fetch"
    return caught.value


async def test_a_file_comes_with_what_is_said_about_it() -> None:
    file, content = await fetched(
        serving(
            b"png",
            {"content-type": "Image/PNG; x=y", "content-disposition": 'attachment; filename="a b.png"'},
        )
    )
    assert content == b"png"
    assert (file.media_type, file.name, file.size) == ("image/png", "a b.png", 3)


@pytest.mark.parametrize(
    ("disposition", "path", "name"),
    [
        ("", "/files/cat.png", "cat.png"),
        ("", "/files/%CE%B3%CE%AC%CF%84%CE%B1.png?x=/y", "γάτα.png"),
        ("", "/", None),
        ("inline", "/f/x.pdf", "x.pdf"),
        ("attachment; filename*=UTF-8''%CE%B3%CE%AC.pdf", "/f", "γά.pdf"),
        ('attachment; filename="../../etc/passwd"', "/f", "passwd"),
        ('attachment; filename="C:\\\\temp\\\\x.exe"', "/f", "x.exe"),
        ('attachment; filename=".."', "/f", None),
        ("", "/a/..%2f..%2fetc%2fpasswd", "passwd"),
        ("", "/a/%00%0d%0ax.txt", "x.txt"),
        ("", "/" + "x" * 300 + ".txt", "x" * 251 + ".txt"),
    ],
)
async def test_a_name_is_only_a_name(disposition: str, path: str, name: str | None) -> None:
    file, _ = await fetched(
        serving(headers={"content-disposition": disposition} if disposition else {}), path
    )
    assert file.name == name


async def test_a_file_is_streamed() -> None:
    go_on = asyncio.Event()

    async def serve(connection: Connection) -> None:
        await connection.request()
        await connection.answer(200, b"first", {"content-length": "11"})
        await go_on.wait()
        await connection.send(b"second")

    async with loopback(serve) as server, fetch(server.url, HERE) as file:
        pieces: list[bytes] = []
        async for piece in file.chunks():
            pieces.append(piece)
            go_on.set()
    assert pieces == [b"first", b"second"]


# --------------------------------------------------------------------------- limits
async def test_a_file_that_says_it_is_too_large_is_not_read() -> None:
    error = await failure(serving(b"", {"content-length": "1001"}), max_bytes=1000)
    assert type(error) is RejectedError
    assert "1,000 bytes" in str(error)


async def test_a_file_that_turns_out_to_be_too_large_is_given_up() -> None:
    async def endless(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await connection.send(b"x" * 65_536)

    received = 0

    async def count(file: Download) -> None:
        nonlocal received
        async for piece in file.chunks():
            received += len(piece)

    async with loopback(endless) as server, fetch(server.url, HERE, FetchLimits(max_bytes=1_000_000)) as file:
        with pytest.raises(RejectedError):
            await count(file)
    assert 900_000 < received <= 1_000_000


async def test_a_packed_file_counts_as_it_is_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    error = await failure(serving(bomb, {"content-encoding": "gzip"}), max_bytes=100_000)
    assert type(error) is RejectedError
    packed = gzip.compress(b"text")
    file, content = await fetched(serving(packed, {"content-encoding": "gzip"}))
    assert (content, file.size) == (b"text", None)


@pytest.mark.parametrize("stated", ["-1", "1e3", "٣", "9" * 60])
async def test_a_length_that_makes_no_sense_is_a_failure_and_no_crash(stated: str) -> None:
    async def serve(connection: Connection) -> None:
        await connection.request()
        await connection.send(f"HTTP/1.1 200 OK\r\ncontent-length: {stated}\r\n\r\npng".encode())

    await failure(serve, seconds=1.0)


async def test_kinds_that_are_not_wanted_are_not_read() -> None:
    png = serving(headers={"content-type": "image/png"})
    assert type(await failure(png, kinds=("application/pdf", "text/*"))) is RejectedError
    assert type(await failure(serving(), kinds=("image/*",))) is RejectedError
    await fetched(png, kinds=("application/pdf", "image/png"))
    await fetched(png, kinds=("image/*",))


async def test_time_counts_for_the_whole_download() -> None:
    async def trickle(connection: Connection) -> None:
        await connection.request()
        await connection.answer(200, b"", {"content-length": "100000"})
        while True:
            await connection.send(b"x")
            await asyncio.sleep(0.02)

    error = await failure(trickle, seconds=0.2)
    assert isinstance(error, RetryableError)
    error = await failure(Connection.silence, seconds=0.2)
    assert isinstance(error, RetryableError)


async def test_a_file_that_breaks_off_is_not_taken_for_the_whole() -> None:
    assert isinstance(await failure(serving(b"half", {"content-length": "8"})), RetryableError)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, RejectedError),
        (410, RejectedError),
        (403, AuthError),
        (503, RetryableError),
        (300, ProtocolError),
    ],
)
async def test_what_is_no_file_is_an_error(status: int, kind: type[ProviderError]) -> None:
    error = await failure(serving(b"why", {"retry-after": "7"}, status))
    assert type(error) is kind
    assert error.status == status
    if status == 503:
        assert (error.retry_after, error.body) == (7.0, "why")


# --------------------------------------------------------------------------- redirects and headers
async def test_headers_stay_with_the_first_origin() -> None:
    async with loopback(serving()) as cdn:

        async def redirect(connection: Connection) -> None:
            while True:
                received = await connection.request()
                place = "/second" if received.target == "/" else f"{cdn.url}/file"
                await connection.answer(302, b"", {"location": place})

        async with (
            loopback(redirect) as server,
            fetch(server.url + "/", HERE, headers={"Authorization": "Bearer x"}) as file,
        ):
            assert await file.read() == b"png"
        assert [one.headers.get("authorization") for one in server.requests] == ["Bearer x", "Bearer x"]
        assert "authorization" not in cdn.requests[0].headers


async def test_too_many_redirects_are_given_up() -> None:
    async def circle(connection: Connection) -> None:
        await connection.request()
        await connection.answer(302, b"", {"location": "/again"})

    error = await failure(circle, redirects=3)
    assert type(error) is RejectedError
    assert "redirects" in str(error)


async def test_redirects_whose_bodies_never_end_keep_no_connection() -> None:
    async def hop(connection: Connection) -> None:
        received = await connection.request()
        number = int(received.target.strip("/") or 0)
        if number == 5:
            await connection.answer(200, b"there")
            return
        await connection.answer(302, b"x", {"location": f"/{number + 1}", "content-length": "9"})
        await connection.silence()

    _, content = await fetched(hop, "/", seconds=5.0)
    assert content == b"there"


async def test_a_transport_of_a_test_serves_files_too_but_not_past_the_rule() -> None:
    import httpx

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"from a test"))
    with override_transport(transport):
        async with fetch("https://good.example/x", Egress()) as file:
            assert await file.read() == b"from a test"
        with pytest.raises(EgressRefused):
            async with fetch("http://10.0.0.1/x", Egress()):
                pytest.fail("it was fetched")


async def test_leaving_early_closes_the_connection() -> None:
    gone = asyncio.Event()

    async def serve(connection: Connection) -> None:
        await connection.request()
        await connection.answer(200, b"first", {"content-length": "1000"})
        await connection.silence()
        gone.set()

    async with loopback(serve) as server:
        async with fetch(server.url, HERE):
            pass
        async with asyncio.timeout(5):
            await gone.wait()
