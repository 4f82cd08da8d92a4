"""Dynamics on the bench: a simulator by a virtual clock, and a client with a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.dynamics.settings import DynamicsSettings
from livechat_sdk_simulators.dynamics.simulator import DynamicsSimulator

FORMATTED = "OData.Community.Display.V1.FormattedValue"
MADE = {"prefer": "return=representation"}


class DynamicsBench:
    """Calls Dynamics in process."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.dynamics = DynamicsSimulator(DynamicsSettings.read(settings), self.clock)
        self.human = self.dynamics.human
        self.client = httpx.AsyncClient(
            transport=self.dynamics.transport(),
            base_url=f"{self.dynamics.address}/",
            headers={"odata-version": "4.0", "odata-maxversion": "4.0"},
            timeout=10,
        )
        self.control = httpx.AsyncClient(
            transport=self.dynamics.transport(),
            base_url=f"{self.dynamics.settings.base_url}/_sim",
            timeout=10,
        )

    def form(self, **changed: str) -> dict[str, str]:
        """What asks for a token."""
        mine = self.dynamics.settings
        form = {
            "grant_type": "client_credentials",
            "client_id": mine.client_id,
            "client_secret": mine.client_secret,
            "scope": f"{mine.base_url}/.default",
            **changed,
        }
        return {name: value for name, value in form.items() if value}

    async def token(self, tenant: str | None = None, **changed: str) -> httpx.Response:
        """Ask for a token at the address of the real ones."""
        tenant = tenant or self.dynamics.settings.tenant_id
        url = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
        return await self.client.post(url, data=self.form(**changed), headers={"authorization": ""})

    async def sign_in(self) -> None:
        """Get a token, and carry it from now on."""
        answer = await self.token()
        self.client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    async def found(self, condition: str, table: str = "contacts", **more: str) -> list[dict[str, Any]]:
        """The rows that fit a filter."""
        query = {"$filter": condition, **{f"${name}": value for name, value in more.items()}}
        answer = await self.client.get(table, params=query)
        assert answer.status_code == 200, answer.text
        return [dict(one) for one in answer.json()["value"]]

    async def case(self, **values: Any) -> dict[str, Any]:
        """Make a case of a contact who is there, or of a new one; returns the row."""
        if not any(one.startswith("customerid") for one in values):
            contact = await self.human.add_contact(firstname="Ann", lastname="Mavrou")
            values["customerid_contact@odata.bind"] = f"/contacts({contact})"
        answer = await self.client.post("incidents", json={"title": "Order 7", **values}, headers=MADE)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


@asynccontextmanager
async def dynamics_bench(**settings: Any) -> AsyncIterator[DynamicsBench]:
    """A bench whose client is signed in, closed in the end."""
    made = DynamicsBench(**settings)
    async with made.client, made.control:
        await made.sign_in()
        yield made


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error."""
    return answer.status_code, answer.json()["error"]["code"]
