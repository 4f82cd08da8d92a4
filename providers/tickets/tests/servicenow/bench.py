"""A ServiceNow ticket system with the credentials of the recordings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from livechat_sdk.registry import Registry
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.servicenow.system import ServiceNowTicketing
from providers.tickets.tests.bench import NOW, Host

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")
RECORD = "a83820b58f723300e7e16c7827bdeed2"
SETTINGS: dict[str, Any] = {
    "type": "SERVICENOW_TICKETING",
    "name": "sn",
    "baseUrl": "https://acme.service-now.com",
    "userName": "livechat",
    "password": "servicenow-password-of-tests",
}
OAUTH: dict[str, Any] = {
    "userName": None,
    "password": None,
    "clientId": "livechat",
    "clientSecret": "servicenow-client-secret-of-tests",
}
KEY: dict[str, Any] = {"userName": None, "password": None, "apiKey": "servicenow-api-key-of-tests"}
EVERYTHING: dict[str, Any] = {
    "columns": {"assignment_group": "287ebd7da9fe198100f92cc8d1d2154e"},
    "priorities": {"high": {"impact": 1, "urgency": 2}},
    "kinds": {"question": {"category": "inquiry"}},
    "fields": {
        "Product": {"field": "u_product", "kind": "choice", "values": {"Web shop": "shop", "Bank": "bank"}},
        "VIP": {"field": "u_vip", "kind": "flag"},
        "Orders": {"field": "u_orders", "kind": "number"},
        "Colours": {"field": "u_colours", "kind": "choices", "values": ["red", "blue"]},
    },
}


def build(**settings: Any) -> ServiceNowTicketing:
    """As a platform builds it: from settings, by the registry."""
    document = {name: value for name, value in {**SETTINGS, **settings}.items() if value is not None}
    built = Registry({"tickets": plugin}).build(document, now=lambda: NOW)
    assert isinstance(built, ServiceNowTicketing)
    return built


@asynccontextmanager
async def a_system(**settings: Any) -> AsyncIterator[ServiceNowTicketing]:
    """A started one, stopped at the end."""
    system = build(**settings)
    await system.start(Host())
    try:
        yield system
    finally:
        await system.stop()
