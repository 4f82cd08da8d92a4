"""Parley over real sockets: faults do to the connection what they say, webhooks go out by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from contrib.simulators.tests.bench import OPENING
from contrib.simulators.tests.test_webhooks import receiver
from livechat_sdk_simulators.clock import Clock, RealClock, VirtualClock
from livechat_sdk_simulators.parley.simulator import ParleySettings, ParleySimulator
from livechat_sdk_simulators.serving import SimulatorServer, address_of, listen


@asynccontextmanager
async def serving(
    target: str | None = None, clock: Clock | None = None
) -> AsyncIterator[tuple[ParleySimulator, httpx.AsyncClient]]:
    """A server on a free port, and a client with a token."""
    listener = listen()
    settings = ParleySettings(base_url=address_of(listener), webhook_target=target)
    parley = ParleySimulator(settings, clock or RealClock())
    server = SimulatorServer(parley, listener, drain=1)
    started = asyncio.Event()
    task = asyncio.create_task(server.run(on_started=lambda _: started.set(), signals=False))
    async with asyncio.timeout(20):
        await started.wait()
    try:
        async with httpx.AsyncClient(base_url=settings.base_url, timeout=10, trust_env=False) as client:
            answer = await client.post(
                "/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(settings.client_id, settings.client_secret),
            )
            client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
            yield parley, client
    finally:
        server.stop()
        await task


async def test_slow_answer_takes_its_time() -> None:
    async with serving() as (parley, client):
        parley.faults.script("open", "slow", times=2, seconds=0.3)
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/v1/chats", json=OPENING, timeout=0.05)
        assert (await client.post("/v1/chats", json=OPENING, timeout=20)).status_code == 200


async def test_caller_who_never_finishes_the_headers_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat_sdk_simulators.serving.HEADER_SECONDS", 0.05)
    async with serving() as (parley, _):
        port = int(parley.settings.base_url.rpartition(":")[2])
        for begun in (b"", b"GET / HTTP/1.1\r\nX: "):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(begun)
            async with asyncio.timeout(20):
                assert await reader.read() == b""
            writer.close()


@pytest.mark.parametrize(
    ("fault", "errors", "applied"),
    [
        ("drop_before", (httpx.RemoteProtocolError, httpx.ReadError), 0),
        ("drop_after", (httpx.RemoteProtocolError, httpx.ReadError), 1),
        ("truncated", (httpx.RemoteProtocolError,), 1),
        ("time_out_before", (httpx.ReadTimeout,), 0),
        ("time_out_after", (httpx.ReadTimeout,), 1),
    ],
)
async def test_real_connection_breaks_or_says_nothing(
    fault: str, errors: tuple[type[Exception], ...], applied: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as (parley, client):
        parley.faults.script("open", fault)
        with pytest.raises(errors):
            await client.post("/v1/chats", json=OPENING, timeout=0.3)
        assert len(await parley.human.chats()) == applied
        assert (await client.post("/v1/chats", json=OPENING)).status_code == (200 if applied else 201)
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]


async def test_webhooks_go_out_by_themselves_to_the_target() -> None:
    async with receiver(200) as (url, bodies), serving(url) as (parley, client):
        await client.post("/v1/chats", json=OPENING)
        await parley.human.join("h-1.1")
        async with asyncio.timeout(20):
            assert b'"chat.queued"' in await bodies.get()
            assert b'"agent.joined"' in await bodies.get()


async def test_repeats_by_a_virtual_clock_wait_for_it_to_be_moved() -> None:
    async with receiver(503) as (url, bodies), serving(url, VirtualClock()) as (_, client):
        await client.post("/v1/chats", json=OPENING)
        async with asyncio.timeout(20):
            first = await bodies.get()
            await client.post("/_sim/clock/advance", json={"seconds": 5})
            assert await bodies.get() == first


async def test_control_answers_to_names_of_this_machine_only() -> None:
    async with serving() as (_, client):
        assert (await client.get("/_sim/chats")).status_code == 200
        rebound = await client.get("/_sim/chats", headers={"host": "evil.example"})
        assert rebound.status_code == 403
        assert (await client.get("/v1/availability", headers={"host": "parley.example"})).status_code == 200


async def test_what_is_due_when_the_server_ends_gets_its_attempt() -> None:
    async with receiver(200) as (url, bodies):
        async with serving(url) as (parley, _):
            parley.webhooks.emit("evt_1", "said", b'"last"')
        assert bodies.get_nowait() == b'"last"'
