"""A whole conversation over real connections: HTTP, and the WebSocket of notifications."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import Any

import uvicorn

from livechat_sdk.domain.chats import Chat, ChatEnded, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk.registry import Registry
from livechat_sdk_genesys import plugin
from livechat_sdk_genesys.provider import GenesysProvider
from providers.genesys.tests.bench import MESSAGE, an_opening
from providers.genesys.tests.test_listening import Host

LONG = 20.0
"""Seconds, for a machine that has much to do."""


@asynccontextmanager
async def a_simulator() -> AsyncIterator[Any]:
    (entry,) = entry_points(group="livechat_sdk_simulators", name="genesys")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        simulator = entry.load().make({"base_url": f"http://127.0.0.1:{taken.getsockname()[1]}"}, None)
        server = uvicorn.Server(uvicorn.Config(simulator.app, log_level="critical", lifespan="off"))
        serving = asyncio.create_task(server.serve([taken]))
        try:
            yield simulator
        finally:
            server.should_exit = True
            await serving


class Heard:
    """What a provider has told, by webhooks and by its stream."""

    def __init__(self, provider: GenesysProvider) -> None:
        self.provider = provider
        self.events: list[ProviderEvent] = []
        self._more = asyncio.Event()

    def add(self, event: ProviderEvent) -> None:
        self.events.append(event)
        self._more.set()

    async def listen(self) -> None:
        async for event in self.provider.listen():
            self.add(event)

    async def take(self, call: Any) -> int:
        delivery = WebhookDelivery(call.method, call.path, call.headers, call.body, datetime.now(UTC))
        for event in self.provider.read_webhook(delivery):
            self.add(event)
        return 200

    async def until(self, kinds: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(LONG):
            while not kinds([event.kind for event in self.events]):
                self._more.clear()
                await self._more.wait()


async def test_conversation_over_real_connections_survives_a_broken_socket() -> None:
    async with a_simulator() as simulator:
        provider = Registry({"genesys": plugin}).build(dict(simulator.integration()))
        assert isinstance(provider, GenesysProvider)
        heard, host = Heard(provider), Host(chats=list[Chat]())
        simulator.deliver = heard.take
        await provider.start(host)
        listening = asyncio.create_task(heard.listen())
        try:
            chat = await provider.open(an_opening(summary="An invoice."))
            host.chats.append(chat)
            await simulator.human.join(chat.ref)
            await heard.until(lambda kinds: "agent_joined" in kinds)
            await simulator.human.say(chat.ref, "hello")
            await simulator.pump()
            await heard.until(lambda kinds: "message_received" in kinds)
            await provider.send(chat, MESSAGE)
            assert (await simulator.human.texts(chat.ref))[-1] == MESSAGE.body
            simulator.restart()
            await heard.until(lambda kinds: "stream_gap" in kinds)
            await simulator.human.end(chat.ref)
            await heard.until(lambda kinds: "chat_ended" in kinds)
            assert (await provider.status(chat)).state == "ended"
            await provider.close(chat, EndReason(by="user", why="resolved"))
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await provider.stop()
    (end,) = [event for event in heard.events if isinstance(event, ChatEnded)]
    assert (end.by, end.why) == ("agent", "resolved")
    kinds = [event.kind for event in heard.events]
    assert [kinds.count(kind) for kind in ("agent_joined", "message_received", "chat_ended")] == [1, 1, 1]
