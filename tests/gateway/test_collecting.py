"""The garbage collector of a process that serves: it is called less often, and given back as it was."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from livechat_sdk.gateway.collecting import collecting_seldom
from livechat_sdk.gateway.server import GatewayServer

USUAL = (700, 10, 10)


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """A collector as Python 3.11 comes with it; as it was when the test is over."""
    before, on = gc.get_threshold(), gc.isenabled()
    gc.set_threshold(*USUAL)
    gc.enable()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
        if not on:
            gc.disable()


class _Node:
    def __init__(self) -> None:
        self.itself = self


def test_what_is_alive_is_left_alone_and_what_is_new_is_looked_at_less_often() -> None:
    with collecting_seldom():
        assert gc.get_threshold()[0] > USUAL[0]
        assert gc.get_threshold()[1:] == USUAL[1:]
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == USUAL
    assert gc.get_freeze_count() == 0


def test_collector_is_given_back_after_an_error() -> None:
    with pytest.raises(ValueError, match="the server fell"), collecting_seldom():
        raise ValueError("the server fell")
    assert (gc.get_threshold(), gc.get_freeze_count()) == (USUAL, 0)


def test_cycles_that_are_made_meanwhile_are_still_collected() -> None:
    with collecting_seldom():
        gone = weakref.ref(_Node())
        kept = [_Node() for _ in range(2 * gc.get_threshold()[0])]
        assert gone() is None
    assert kept


@pytest.mark.parametrize("chosen", [(50_000, 10, 10), (0, 10, 10)])
def test_numbers_that_somebody_chose_are_left_alone(chosen: tuple[int, int, int]) -> None:
    gc.set_threshold(*chosen)
    with collecting_seldom():
        assert (gc.get_threshold(), gc.get_freeze_count()) == (chosen, 0)
    assert gc.get_threshold() == chosen


def test_collector_that_is_off_stays_off() -> None:
    gc.disable()
    with collecting_seldom():
        assert not gc.isenabled()
        assert (gc.get_threshold(), gc.get_freeze_count()) == (USUAL, 0)
    assert not gc.isenabled()


def test_what_somebody_froze_stays_frozen() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()
    with collecting_seldom():
        assert gc.get_threshold() == USUAL
    assert gc.get_freeze_count() >= frozen > 0


def test_numbers_that_are_chosen_meanwhile_stand() -> None:
    with collecting_seldom():
        gc.set_threshold(9_000, 5, 5)
    assert gc.get_threshold() == (9_000, 5, 5)


async def test_it_holds_while_a_server_serves() -> None:
    seen: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            seen.append(gc.get_threshold()[0])
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    server = GatewayServer(app, port=0)
    started = asyncio.Event()
    task = asyncio.create_task(server.run(on_started=lambda _: started.set(), signals=False))
    async with asyncio.timeout(20):
        await started.wait()
        async with httpx.AsyncClient() as client:
            assert (await client.get(server.url)).status_code == 204
        server.stop()
        await task
    assert seen
    assert seen[0] > USUAL[0]
    assert gc.get_threshold() == USUAL
