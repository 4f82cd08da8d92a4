"""Contacts of Dynamics with the credentials of the recordings, or over the simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.http import override_transport
from livechat_sdk.registry import Registry
from livechat_sdk_dynamics import plugin
from livechat_sdk_dynamics.source import DynamicsContacts
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.recordings import HastyClock, Recordings

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
SETTINGS: dict[str, Any] = {
    "type": "MICROSOFT_DYNAMICS_CRM",
    "name": "crm",
    "baseUrl": "https://contoso.crm4.dynamics.com",
    "azureTenantId": "0f9cbb2a-5f0e-4d0a-9c6f-5b9f0c7a2d11",
    "clientId": "3c1b9c1e-7d44-4d1c-8a53-90b3c0f1a7e2",
    "clientSecret": "dynamics~secret+of/tests",
}
PROPERTIES: list[dict[str, Any]] = [
    {"label": "Job title", "path": "jobtitle"},
    {"label": "Tier", "path": "new_tier", "kind": "choice"},
    {"label": "Customer since", "path": "createdon", "kind": "datetime"},
    {"label": "Limit", "path": "creditlimit", "kind": "number"},
    {"label": "Owner", "path": "ownerid", "kind": "lookup"},
    {"label": "Customer number", "path": "parentcustomerid_account/accountnumber"},
]
ANN = "49b0be2e-d01c-ed11-b83e-000d3a572421"


class Time:
    """The clock of an integration, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def build(now: Any = None, **settings: Any) -> DynamicsContacts:
    """As a platform builds it: from settings, by the registry."""
    document = {name: value for name, value in {**SETTINGS, **settings}.items() if value is not None}
    built = Registry({"dynamics": plugin}).build(document, now=now or Time())
    assert isinstance(built, DynamicsContacts)
    return built


@asynccontextmanager
async def a_source(now: Any = None, **settings: Any) -> AsyncIterator[DynamicsContacts]:
    """One without a cache, closed at the end."""
    source = build(now, **settings)
    try:
        yield source
    finally:
        await source.stop()


def simulator(clock: VirtualClock, **settings: Any) -> Any:
    """The simulator of Dynamics, by its entry point."""
    (entry,) = entry_points(group="livechat_sdk_simulators", name="dynamics")
    return entry.load().make(settings, clock)


class Environment:
    """An environment with people in it, and contacts read from it."""

    def __init__(self, account: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        self.clock = VirtualClock()
        self.dynamics = simulator(self.clock, **account)
        self.human = self.dynamics.human
        document = {"name": "crm", **self.dynamics.integration("crm"), **settings}
        self.source = build(self.clock.now, **document)

    async def find(self, **user: Any) -> Contact | None:
        """Ask the hook."""
        return await self.source.livechat_find_contact(EndUser(**{"id": "u-1", **user}), "shop-bot")

    async def deactivate(self, contact: str) -> None:
        """Somebody of support makes a contact inactive, over the Web API."""
        await self.source.client.request(
            "test",
            "PATCH",
            f"contacts({contact})",
            json={"statecode": 1, "statuscode": 2},
            headers={"If-Match": "*"},
        )

    def asked(self, operation: str) -> int:
        """How many calls of a kind were made."""
        return sum(one.operation == operation for one in self.dynamics.requests)


@asynccontextmanager
async def an_environment(
    account: Mapping[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Environment]:
    """Contacts over the simulator."""
    made = Environment(account or {}, settings)
    with override_transport(made.dynamics.transport(), clock=HastyClock()):
        try:
            yield made
        finally:
            await made.source.stop()
