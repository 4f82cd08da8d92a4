"""Salesforce on the bench: a simulator by a virtual clock, and a client with a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.salesforce.settings import SalesforceSettings
from livechat_sdk_simulators.salesforce.simulator import SalesforceSimulator

MAIN = "/services/data/v66.0"


class SalesforceBench:
    """Calls Salesforce in process."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.salesforce = SalesforceSimulator(SalesforceSettings.read(settings), self.clock)
        self.human = self.salesforce.human
        self.client = httpx.AsyncClient(
            transport=self.salesforce.transport(),
            base_url=f"{self.salesforce.settings.base_url}{MAIN}",
            timeout=10,
        )
        self.control = httpx.AsyncClient(
            transport=self.salesforce.transport(),
            base_url=f"{self.salesforce.settings.base_url}/_sim",
            timeout=10,
        )

    async def token(self, **changes: str) -> httpx.Response:
        """Ask for a token."""
        mine = self.salesforce.settings
        form = {
            "grant_type": "client_credentials",
            "client_id": mine.client_id,
            "client_secret": mine.client_secret,
            **changes,
        }
        url = f"{mine.base_url}/services/oauth2/token"
        return await self.client.post(url, data=form)

    async def log_in(self) -> None:
        """Use a new token from now on."""
        token = (await self.token()).json()["access_token"]
        self.client.headers["authorization"] = f"Bearer {token}"

    async def make(self, kind: str, **fields: Any) -> str:
        """Make a record; returns its id."""
        answer = await self.client.post(f"/sobjects/{kind}", json=fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def read(self, kind: str, record: str) -> dict[str, Any]:
        """A record."""
        answer = await self.client.get(f"/sobjects/{kind}/{record}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def upsert(self, value: str, *, version: int = 66, **fields: Any) -> httpx.Response:
        """Make or change the case with an external id."""
        base = f"{self.salesforce.settings.base_url}/services/data/v{version}.0"
        return await self.client.patch(f"{base}/sobjects/Case/Handoff_Id__c/{value}", json=fields)

    async def query(self, text: str) -> list[dict[str, Any]]:
        """The records that a query finds, without their attributes."""
        answer = await self.client.get("/query", params={"q": text})
        assert answer.status_code == 200, answer.text
        assert answer.json()["totalSize"] == len(answer.json()["records"])
        return [
            {name: value for name, value in one.items() if name != "attributes"}
            for one in answer.json()["records"]
        ]


@asynccontextmanager
async def salesforce_bench(**settings: Any) -> AsyncIterator[SalesforceBench]:
    """A bench whose client has a token, closed in the end."""
    made = SalesforceBench(**settings)
    async with made.client, made.control:
        await made.log_in()
        yield made


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an answer that says what is wrong."""
    [one] = answer.json()
    assert one["message"]
    return answer.status_code, str(one["errorCode"])
