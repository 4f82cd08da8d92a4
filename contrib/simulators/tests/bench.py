"""Parley on the bench: a simulator by a virtual clock, a client with a token, and the webhooks that came."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.parley.simulator import ParleySettings, ParleySimulator
from livechat_sdk_simulators.webhooks import WebhookCall

OPENING: dict[str, Any] = {"ref": "h-1.1", "visitor": {"id": "u-1"}, "transcript": [], "fields": {}}


class Bench:
    """Calls Parley in process, and takes its webhooks."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.parley = ParleySimulator(ParleySettings.read(settings), self.clock)
        self.parley.deliver = self._take
        self.answer = 200
        """The status that webhooks are answered with."""
        self.calls: list[WebhookCall] = []
        self.client = httpx.AsyncClient(
            transport=self.parley.transport(), base_url=self.parley.settings.base_url, timeout=10
        )

    async def _take(self, call: WebhookCall) -> int:
        self.calls.append(call)
        return self.answer

    async def sign_in(self) -> None:
        """Get a token, and carry it from now on."""
        settings = self.parley.settings
        answer = await self.client.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(settings.client_id, settings.client_secret),
        )
        self.client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    async def open(self, ref: str = "h-1.1", **more: Any) -> str:
        """Open a chat; returns its id."""
        answer = await self.client.post("/v1/chats", json={**OPENING, "ref": ref, **more})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def send(self, chat: str, text: str = "hello", key: str = "k-1", **more: Any) -> httpx.Response:
        """Send a message of the visitor."""
        message = {"client_key": key, "text": text, "files": [], **more}
        return await self.client.post(f"/v1/chats/{chat}/messages", json=message)

    async def events(self) -> list[dict[str, Any]]:
        """Deliver what is due; the bodies of what has come since the last time."""
        await self.parley.pump()
        came, self.calls = self.calls, []
        return [json.loads(call.body) for call in came]

    async def kinds(self) -> list[str]:
        """The same, types only."""
        return [event["type"] for event in await self.events()]


@asynccontextmanager
async def bench(**settings: Any) -> AsyncIterator[Bench]:
    """A bench whose client is signed in."""
    made = Bench(**settings)
    async with made.client:
        await made.sign_in()
        yield made


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and error code of an answer."""
    return answer.status_code, answer.json()["error"]["code"]
