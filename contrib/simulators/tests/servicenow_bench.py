"""ServiceNow on the bench: a simulator by a virtual clock, and a client with user name and password."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.servicenow.settings import ServiceNowSettings
from livechat_sdk_simulators.servicenow.simulator import ServiceNowSimulator


class ServiceNowBench:
    """Calls ServiceNow in process."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.servicenow = ServiceNowSimulator(ServiceNowSettings.read(settings), self.clock)
        self.human = self.servicenow.human
        mine = self.servicenow.settings
        self.client = httpx.AsyncClient(
            transport=self.servicenow.transport(),
            base_url=f"{mine.base_url}/api/now",
            auth=(mine.user_name, mine.password),
            headers={"accept": "application/json"},
            timeout=10,
        )
        self.stranger = httpx.AsyncClient(
            transport=self.servicenow.transport(), base_url=mine.base_url, timeout=10
        )

    async def create(self, table: str = "incident", **values: Any) -> dict[str, Any]:
        """Make a row; returns it."""
        body = {"short_description": "Order 7", **values} if table == "incident" else values
        answer = await self.client.post(f"/table/{table}", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["result"])

    async def change(self, row: str, table: str = "incident", **values: Any) -> httpx.Response:
        """Change a row."""
        return await self.client.patch(f"/table/{table}/{row}", json=values)

    async def read(self, row: str, **query: str) -> dict[str, Any]:
        """An incident as it is shown."""
        answer = await self.client.get(f"/table/incident/{row}", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["result"])

    async def found(self, query: str, table: str = "incident", column: str = "number") -> list[str]:
        """What a query finds, in order."""
        answer = await self.client.get(f"/table/{table}", params={"sysparm_query": query})
        assert answer.status_code == 200, answer.text
        return [one[column] for one in answer.json()["result"]]


@asynccontextmanager
async def servicenow_bench(**settings: Any) -> AsyncIterator[ServiceNowBench]:
    """A bench, closed in the end."""
    made = ServiceNowBench(**settings)
    async with made.client, made.stranger:
        yield made


def told(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Status, message and detail of an error."""
    body = answer.json()
    assert body["status"] == "failure"
    return answer.status_code, body["error"]["message"], body["error"]["detail"]
