"""Zendesk Support on the bench: a simulator by a virtual clock, and a client with an API token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from livechat_sdk_simulators.clock import RealClock, VirtualClock
from livechat_sdk_simulators.serving import SimulatorServer, listen
from livechat_sdk_simulators.simulator import Simulator
from livechat_sdk_simulators.zendesk_support.settings import ZendeskSupportSettings
from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator


class SupportBench:
    """Calls Zendesk Support in process."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.zendesk = ZendeskSupportSimulator(ZendeskSupportSettings.read(settings), self.clock)
        self.human = self.zendesk.human
        mine = self.zendesk.settings
        self.client = httpx.AsyncClient(
            transport=self.zendesk.transport(),
            base_url=f"{mine.base_url}/api/v2",
            auth=(f"{mine.user_name}/token", mine.api_token),
            timeout=10,
        )
        self.control = httpx.AsyncClient(
            transport=self.zendesk.transport(), base_url=f"{mine.base_url}/_sim", timeout=10
        )

    async def create(self, headers: dict[str, str] | None = None, **ticket: Any) -> dict[str, Any]:
        """Make a ticket; returns it."""
        body = {"ticket": {"subject": "Help", "comment": {"body": "It broke."}, **ticket}}
        answer = await self.client.post("/tickets", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["ticket"])

    async def update(self, number: int, **ticket: Any) -> httpx.Response:
        """Change a ticket."""
        return await self.client.put(f"/tickets/{number}", json={"ticket": ticket})

    async def found(self, query: str, path: str = "/search", name: str = "results") -> list[int]:
        """What a search finds, as ids."""
        answer = await self.client.get(path, params={"query": query})
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()[name]]


@asynccontextmanager
async def support_bench(**settings: Any) -> AsyncIterator[SupportBench]:
    """A bench, closed in the end."""
    made = SupportBench(**settings)
    async with made.client, made.control:
        yield made


@asynccontextmanager
async def served(simulator: Simulator, listener: Any) -> AsyncIterator[None]:
    """A simulator on a socket that listens, for clients who know nothing of ASGI."""
    server = SimulatorServer(simulator, listener, drain=1)
    started = asyncio.Event()
    task = asyncio.create_task(server.run(on_started=lambda _: started.set(), signals=False))
    async with asyncio.timeout(20):
        await started.wait()
    try:
        yield
    finally:
        server.stop()
        await task


__all__ = ["RealClock", "SupportBench", "listen", "served", "support_bench"]
