"""Freshdesk on the bench: a simulator by a virtual clock, and a client with an API key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.freshdesk.settings import FreshdeskSettings
from livechat_sdk_simulators.freshdesk.simulator import FreshdeskSimulator

TICKET = {
    "subject": "Order 7",
    "description": "<p>Where is it?</p>",
    "email": "ann@acme.example",
    "status": 2,
    "priority": 1,
}


class FreshdeskBench:
    """Calls Freshdesk in process."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.freshdesk = FreshdeskSimulator(FreshdeskSettings.read(settings), self.clock)
        self.human = self.freshdesk.human
        mine = self.freshdesk.settings
        self.client = httpx.AsyncClient(
            transport=self.freshdesk.transport(),
            base_url=f"{mine.base_url}/api/v2",
            auth=(mine.api_key, "X"),
            timeout=10,
        )
        self.control = httpx.AsyncClient(
            transport=self.freshdesk.transport(), base_url=f"{mine.base_url}/_sim", timeout=10
        )

    async def create(self, **ticket: Any) -> dict[str, Any]:
        """Make a ticket; returns it."""
        answer = await self.client.post("/tickets", json={**TICKET, **ticket})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def found(self, query: str) -> list[int]:
        """What a search finds, as ids. The double quotes are added."""
        answer = await self.client.get("/search/tickets", params={"query": f'"{query}"'})
        assert answer.status_code == 200, answer.text
        assert answer.json()["total"] == len(answer.json()["results"])
        return [one["id"] for one in answer.json()["results"]]


@asynccontextmanager
async def freshdesk_bench(**settings: Any) -> AsyncIterator[FreshdeskBench]:
    """A bench, closed in the end."""
    made = FreshdeskBench(**settings)
    async with made.client, made.control:
        yield made


def problems(answer: httpx.Response) -> dict[str, str]:
    """The codes of an answer that says what is wrong, by field."""
    body = answer.json()
    assert body["description"] == "Validation failed"
    assert all(one["message"] for one in body["errors"])
    return {one["field"]: one["code"] for one in body["errors"]}
