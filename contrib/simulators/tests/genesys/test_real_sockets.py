"""Genesys over real sockets: any client can listen to the notifications."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets

from contrib.simulators.tests.genesys_bench import DETAILS, message
from livechat_sdk_simulators.clock import RealClock
from livechat_sdk_simulators.genesys.settings import GenesysSettings
from livechat_sdk_simulators.genesys.simulator import GenesysSimulator
from livechat_sdk_simulators.serving import SimulatorServer, address_of, listen


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[tuple[GenesysSimulator, httpx.AsyncClient]]:
    """A server on a free port, and a client with a token."""
    listener = listen()
    genesys = GenesysSimulator(GenesysSettings(base_url=address_of(listener), **settings), RealClock())
    server = SimulatorServer(genesys, listener, drain=1)
    started = asyncio.Event()
    task = asyncio.create_task(server.run(on_started=lambda _: started.set(), signals=False))
    async with asyncio.timeout(20):
        await started.wait()
    mine = genesys.settings
    try:
        async with httpx.AsyncClient(base_url=mine.base_url, timeout=10, trust_env=False) as client:
            answer = await client.post(
                "/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(mine.client_id, mine.client_secret),
            )
            client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
            yield genesys, client
    finally:
        server.stop()
        await task


async def _began(genesys: GenesysSimulator, client: httpx.AsyncClient) -> str:
    path = f"/api/v2/conversations/messages/{genesys.settings.integration_id}/inbound/open/message"
    answer = await client.post(path, params={"prefetchConversationId": "true"}, json=message())
    return str(answer.json()["conversationId"])


async def _channel(client: httpx.AsyncClient, *topics: str) -> str:
    channel = (await client.post("/api/v2/notifications/channels")).json()
    path = f"/api/v2/notifications/channels/{channel['id']}/subscriptions"
    answer = await client.post(path, json=[{"id": topic} for topic in topics])
    assert answer.status_code == 200, answer.text
    return str(channel["connectUri"])


async def _read_on(socket: websockets.ClientConnection) -> None:
    while True:
        await socket.recv()


async def test_listener_hears_pings_events_and_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat_sdk_simulators.serving.HEADER_SECONDS", 0.2)
    async with serving(heartbeat_seconds=0.5) as (genesys, client):
        conversation = await _began(genesys, client)
        uri = await _channel(client, f"{DETAILS}{conversation}.customer.end")
        async with asyncio.timeout(20), websockets.connect(uri, proxy=None) as socket:
            beat = json.loads(await socket.recv())  # long after the time for headers is over
            assert beat["eventBody"] == {"message": "WebSocket Heartbeat"}
            await socket.send('{"message":"ping"}')
            assert json.loads(await socket.recv())["eventBody"] == {"message": "pong"}
            await genesys.human.end("u-1")
            frame = json.loads(await socket.recv())
            while frame["topicName"] == "channel.metadata":
                frame = json.loads(await socket.recv())
            assert frame["eventBody"]["disconnectType"] == "SYSTEM"
            genesys.channels.cut()
            with pytest.raises(websockets.ConnectionClosedError):
                await _read_on(socket)
            assert socket.close_code == 1012


async def test_listener_who_goes_leaves_the_channel_without_a_socket() -> None:
    async with serving() as (genesys, client):
        uri = await _channel(client)
        async with websockets.connect(uri, proxy=None):
            [channel] = genesys.channels._channels.values()
            socket = channel.socket
            assert socket is not None
        async with asyncio.timeout(20):
            assert await socket.receive() is None
        assert channel.socket is None


async def test_nobody_connects_where_there_is_no_channel_or_it_is_scripted_so() -> None:
    async with serving() as (genesys, client):
        uri = await _channel(client)
        for refused in (f"{uri}x", uri):
            with pytest.raises(websockets.InvalidStatus) as caught:
                async with websockets.connect(refused, proxy=None):
                    pass
            assert caught.value.response.status_code == 403
            genesys.faults.script("socket", "drop_before")
        genesys.faults.clear()
        async with websockets.connect(uri, proxy=None):
            assert genesys.channels.warn() == 1


async def test_listeners_are_let_go_when_the_server_ends() -> None:
    async with asyncio.timeout(30):
        async with serving() as (_, client):
            socket = await websockets.connect(await _channel(client), proxy=None)
        with pytest.raises(websockets.ConnectionClosedError):
            await _read_on(socket)
    assert socket.close_code == 1012
