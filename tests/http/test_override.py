"""How tests, recordings and simulators put their transport in the place of ours."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import httpx
import pytest

from livechat_sdk.errors import ConfigurationError, ProtocolError, RejectedError
from livechat_sdk.http import Repeat, VendorClient, override_transport
from livechat_sdk_testing.clock import VirtualClock


def says(text: str) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(200, text=text))


def a_client() -> VendorClient:
    return VendorClient(provider="TOY", base_url="https://toy.test")


async def read(client: VendorClient) -> str:
    return (await client.request("read", "GET", "/")).text


async def test_clients_made_before_and_after_use_it() -> None:
    before = a_client()
    with override_transport(says("simulated")):
        assert await read(before) == await read(a_client()) == "simulated"


async def test_tasks_and_threads_that_were_there_before_use_it() -> None:
    go, client = asyncio.Event(), a_client()

    async def worker() -> str:
        await go.wait()
        return await read(client)

    task = asyncio.create_task(worker())
    heard: list[str] = []
    with override_transport(says("simulated")):
        go.set()
        assert await task == "simulated"
        thread = threading.Thread(target=lambda: heard.append(asyncio.run(read(a_client()))))
        thread.start()
        await asyncio.to_thread(thread.join)
    assert heard == ["simulated"]


async def test_the_latest_counts_and_the_earlier_one_comes_back() -> None:
    client = a_client()
    with override_transport(says("outer")):
        with override_transport(says("inner")):
            assert await read(client) == "inner"
        assert await read(client) == "outer"


async def test_contexts_may_end_in_any_order() -> None:
    client = a_client()
    first, second = override_transport(says("first")), override_transport(says("second"))
    with first:
        second.__enter__()
    assert await read(client) == "second"
    second.__exit__(None, None, None)


async def test_a_transport_that_counts_as_false_is_a_transport() -> None:
    class Counting(httpx.MockTransport):
        def __len__(self) -> int:
            return 0

    with override_transport(Counting(lambda _: httpx.Response(200, text="mine"))):
        assert await read(a_client()) == "mine"


async def test_a_clock_that_comes_with_it_measures_the_pauses() -> None:
    clock = VirtualClock()
    client = a_client()
    started = clock.now()
    answers = iter([503, 200])
    with override_transport(httpx.MockTransport(lambda _: httpx.Response(next(answers))), clock=clock):
        task = asyncio.create_task(client.request("read", "GET", "/", repeat=Repeat.SAFE))
        await clock.advance(5)
        assert (await task).status == 200
    assert clock.now() == started + timedelta(seconds=5)


async def test_an_answer_made_of_bytes_has_the_same_limit() -> None:
    with override_transport(says("x" * 1001)), pytest.raises(ProtocolError):
        await a_client().request("read", "GET", "/", max_bytes=1000)


async def test_what_is_no_failure_of_http_passes_as_it_is() -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise AssertionError("no recording matches")

    with override_transport(httpx.MockTransport(broken)), pytest.raises(AssertionError, match="no recording"):
        await a_client().request("read", "GET", "/", repeat=Repeat.SAFE)


# --------------------------------------------------------------------------- addresses and bodies
@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://toy.test", "/v1/x", "https://toy.test/v1/x"),
        ("https://toy.test/", "v1/x", "https://toy.test/v1/x"),
        ("https://toy.test/api/v2", "/x", "https://toy.test/api/v2/x"),
        ("https://toy.test/api/v2/", "x?a=1", "https://toy.test/api/v2/x?a=1&b=2"),
        ("https://toy.test", "https://files.test/up", "https://files.test/up"),
        ("https://toy.test", "//evil.test/x", "https://toy.test/evil.test/x"),
    ],
)
async def test_paths_are_below_the_base_url(base: str, path: str, url: str) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(204)

    params = {"b": 2} if "?" in path else None
    with override_transport(httpx.MockTransport(answer)):
        await VendorClient(provider="TOY", base_url=base).request("read", "GET", path, params=params)
    assert seen == [url]


@pytest.mark.parametrize("path", ["https://toy.test:port/", "x\x00y"])
async def test_an_address_that_cannot_be_used_never_left(path: str) -> None:
    with override_transport(says("")), pytest.raises(RejectedError) as caught:
        await a_client().request("read", "GET", path)
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "base",
    [
        "",
        "toy.test",
        "ftp://toy.test",
        "https://",
        "https://toy.test:x",
        "https://u:canary@toy.test",
        "https://t?a=canary",
    ],
)
def test_a_base_url_that_cannot_be_one_is_an_error_of_the_settings(base: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        VendorClient(provider="TOY", base_url=base)
    assert "canary" not in str(caught.value)


async def test_a_form_with_files_can_be_sent_twice() -> None:
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(503 if len(bodies) == 1 else 201)

    clock = VirtualClock()
    with override_transport(httpx.MockTransport(answer), clock=clock):
        files = {"file": ("cat.png", b"png", "image/png")}
        task = asyncio.create_task(
            a_client().request("file", "POST", "/f", files=files, form={"a": "1"}, repeat=Repeat.SAFE)
        )
        await clock.advance(5)
        assert (await task).status == 201
    assert all(b'filename="cat.png"' in body and b'name="a"' in body for body in bodies)


# --------------------------------------------------------------------------- answers
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"a": ', b"\xff\xfe", b"[1, NaN]", b"Infinity", b"[" * 100_000]
)
async def test_what_is_not_json_is_a_broken_protocol(body: bytes) -> None:
    transport = httpx.MockTransport(
        lambda _: httpx.Response(201, content=body, headers={"x-request-id": "r-7"})
    )
    with override_transport(transport):
        answer = await a_client().request("open", "POST", "/")
    with pytest.raises(ProtocolError) as caught:
        answer.json()
    error = caught.value
    assert (error.provider, error.operation, error.status) == ("TOY", "open", 201)
    assert (error.request_id, error.sent) == ("r-7", True)


async def test_a_list_is_json_but_no_object() -> None:
    with override_transport(says("[1]")):
        answer = await a_client().request("read", "GET", "/")
    assert answer.json() == [1]
    with pytest.raises(ProtocolError, match="object"):
        answer.object()
