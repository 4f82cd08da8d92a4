"""A Dynamics ticket system with the credentials of the recordings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from livechat_sdk.registry import Registry
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.dynamics.system import DynamicsTicketing
from providers.tickets.tests.bench import NOW, Host

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")
ACCOUNT = "accounts(33333333-3333-3333-3333-333333333333)"
SETTINGS: dict[str, Any] = {
    "type": "DYNAMICS_TICKETING",
    "name": "crm",
    "baseUrl": "https://acme.crm4.dynamics.com",
    "azureTenantId": "contoso.onmicrosoft.com",
    "clientId": "00001111-aaaa-2222-bbbb-3333cccc4444",
    "clientSecret": "dynamics~secret/of+tests",
    "customer": ACCOUNT,
}
EVERYTHING: dict[str, Any] = {
    "origin": 100000001,
    "subject": "11111111-1111-1111-1111-111111111111",
    "owner": "teams(22222222-2222-2222-2222-222222222222)",
    "fields": {
        "Product": {
            "field": "new_product",
            "kind": "choice",
            "values": {"Web shop": 100000000, "Bank": 100000001},
        },
        "VIP": {"field": "new_vip", "kind": "flag"},
        "Orders": {"field": "new_orders", "kind": "integer"},
        "Colours": {"field": "new_colours", "kind": "choices", "values": {"Red": 1, "Blue": 2}},
    },
}


def build(**settings: Any) -> DynamicsTicketing:
    """As a platform builds it: from settings, by the registry."""
    document = {name: value for name, value in {**SETTINGS, **settings}.items() if value is not None}
    built = Registry({"tickets": plugin}).build(document, now=lambda: NOW)
    assert isinstance(built, DynamicsTicketing)
    return built


@asynccontextmanager
async def a_system(**settings: Any) -> AsyncIterator[DynamicsTicketing]:
    """A started one, stopped at the end."""
    system = build(**settings)
    await system.start(Host())
    try:
        yield system
    finally:
        await system.stop()
