"""Reading bodies: bounded bytes, bounded time, whatever comes."""

from __future__ import annotations

import asyncio
import json
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.gateway.bodies import Body, Limits
from livechat_sdk.gateway.refusals import Refusal
from tests.gateway.wire import GONE, Message, a_scope, call, piece
from tests.gateway.world import BEARER, JSON, World, a_body

MIB = 1024 * 1024
POST = {**BEARER, **JSON}


async def _trickle() -> AsyncIterator[Message]:
    while True:
        yield piece(b"x")
        await asyncio.sleep(0.001)


def _big(size: int) -> Iterator[Message]:
    for _ in range(size // 65536):
        yield piece(bytes(65536))
    yield piece(b"", more=False)


# --------------------------------------------------------------------------------------- through the gateway
async def test_body_that_announces_200_mb_is_refused_with_the_limit_and_mostly_left_unread(
    world: World,
) -> None:
    scope = a_scope("POST", "/v1/handoffs", {**POST, "content-length": str(200 * MIB)})
    heard = await call(world.app, scope, _big(200 * MIB))
    assert (heard.status, heard.code) == (413, "body_too_large")
    assert json.loads(heard.body)["error"]["limit"] == MIB
    assert heard.headers["connection"] == "close"
    assert heard.taken < 5 * MIB


async def test_body_of_200_mb_that_announces_nothing_costs_bounded_memory(world: World) -> None:
    tracemalloc.start()
    try:
        heard = await call(world.app, a_scope("POST", "/v1/handoffs", POST), _big(200 * MIB))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (heard.status, heard.code) == (413, "body_too_large")
    assert heard.taken < 6 * MIB
    assert peak < 4 * MIB


async def test_body_longer_than_it_announced_is_counted_all_the_same(world: World) -> None:
    scope = a_scope("POST", "/webhooks/toy", {"content-length": "10"})
    heard = await call(world.app, scope, _big(3 * MIB))
    assert (heard.status, heard.code) == (413, "body_too_large")


async def test_message_just_over_the_limit_is_drained_so_that_the_answer_arrives(world: World) -> None:
    body = json.dumps(a_body(summary="x" * MIB)).encode()
    scope = a_scope("POST", "/v1/handoffs", {**POST, "content-length": str(len(body))})
    heard = await call(world.app, scope, [piece(body[:70000]), piece(body[70000:], more=False)])
    assert (heard.status, heard.code) == (413, "body_too_large")
    assert heard.taken == len(body)
    assert "connection" not in heard.headers


@pytest.mark.parametrize("path", ["/v1/handoffs", "/webhooks/toy"])
@pytest.mark.parametrize(
    "pieces", [_trickle, lambda: iter(()), lambda: repeat(piece(b""))], ids=["trickling", "silent", "hollow"]
)
async def test_slow_body_costs_bounded_time(world: World, path: str, pieces: Any) -> None:
    app = _impatient(world)
    began = time.monotonic()
    heard = await call(app, a_scope("POST", path, POST), pieces())
    assert (heard.status, heard.code) == (408, "too_slow")
    assert heard.headers["connection"] == "close"
    assert time.monotonic() - began < 30
    assert heard.taken < MIB


async def test_stranger_with_an_endless_body_is_refused_without_it(world: World) -> None:
    heard = await call(world.app, a_scope("POST", "/v1/handoffs", JSON), repeat(piece(bytes(65536))))
    assert (heard.status, heard.code) == (401, "unauthorised")
    assert heard.headers["connection"] == "close"
    assert heard.taken < 5 * MIB


async def test_body_that_breaks_off_is_not_acted_upon(world: World) -> None:
    whole = json.dumps(a_body()).encode()
    heard = await call(world.app, a_scope("POST", "/v1/handoffs", POST), [piece(whole), GONE])
    assert (heard.status, heard.code) == (400, "cut_short")
    assert await world.dispatcher.store.handoffs() == []


async def test_connection_header_is_not_sent_where_the_protocol_forbids_it(world: World) -> None:
    scope = a_scope("POST", "/v1/handoffs", JSON, version="2")
    heard = await call(world.app, scope, repeat(piece(bytes(65536))))
    assert heard.status == 401
    assert "connection" not in heard.headers


def _impatient(world: World) -> Any:
    from pydantic import SecretStr

    from livechat_sdk.gateway import create_app
    from tests.gateway.world import TOKEN

    return create_app(world.dispatcher, tokens=[SecretStr(TOKEN)], read_timeout=0.05)


# ------------------------------------------------------------------------------------------------- by itself
def _body(pieces: Sequence[Message], *, limit: int, headers: dict[str, str] | None = None) -> Body:
    source = iter(pieces)

    async def receive() -> Any:
        return next(source, GONE)

    return Body(a_scope("POST", "/", headers), receive, Limits(max_body=limit, read_timeout=5))


@given(parts=st.lists(st.binary(max_size=40), max_size=12), limit=st.integers(1, 120))
def test_body_comes_back_whole_or_is_refused(parts: list[bytes], limit: int) -> None:
    pieces = [*(piece(part) for part in parts), piece(b"", more=False)]
    whole = b"".join(parts)

    async def read() -> bytes | str:
        try:
            return await _body(pieces, limit=limit).read()
        except Refusal as refusal:
            return refusal.code

    assert asyncio.run(read()) == (whole if len(whole) <= limit else "body_too_large")


@pytest.mark.parametrize("length", ["-1", "ten", "1e9", "9" * 40, "", "٣"])
async def test_announced_length_that_makes_no_sense_is_not_believed(length: str) -> None:
    body = _body([piece(b"abc", more=False)], limit=10, headers={"content-length": length})
    assert await body.read() == b"abc"


async def test_discarding_takes_no_more_than_its_bound() -> None:
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        taken += 65536
        return piece(bytes(65536))

    body = Body(a_scope("POST", "/"), receive, Limits())
    await body.discard()
    assert taken <= 4 * MIB
    assert not body.complete


async def test_nothing_is_awaited_from_a_client_that_has_gone() -> None:
    asked = 0

    async def receive() -> Any:
        nonlocal asked
        asked += 1
        return GONE

    body = Body(a_scope("POST", "/"), receive, Limits())
    with pytest.raises(Refusal, match="cut_short"):
        await body.read()
    await body.discard()
    assert asked == 1
    assert not body.complete
