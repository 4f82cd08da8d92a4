"""A Zendesk ticket system with the credentials of the recordings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from livechat_sdk.registry import Registry
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.zendesk.system import ZendeskTicketing
from providers.tickets.tests.bench import NOW, Host

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")
SETTINGS: dict[str, Any] = {
    "type": "ZENDESK_TICKETING",
    "name": "zd",
    "baseUrl": "https://acme.zendesk.com",
    "userName": "bot@acme.example",
    "token": "zendesk-token-of-tests",
}
OAUTH: dict[str, Any] = {
    "userName": None,
    "token": None,
    "clientId": "livechat",
    "clientSecret": "zendesk-client-secret-of-tests",
}
EVERYTHING: dict[str, Any] = {
    "public": True,
    "group": 98738,
    "brand": "123",
    "form": "47",
    "priorities": {"high": "urgent"},
    "fields": {
        "Product": {"field": 360001, "kind": "choice", "values": {"Web shop": "shop", "Bank": "bank"}},
        "VIP": {"field": "360002", "kind": "flag"},
        "Orders": {"field": "360003", "kind": "integer"},
        "Colours": {"field": "360004", "kind": "choices", "values": ["red", "blue"]},
    },
}


def build(**settings: Any) -> ZendeskTicketing:
    """As a platform builds it: from settings, by the registry."""
    document = {name: value for name, value in {**SETTINGS, **settings}.items() if value is not None}
    built = Registry({"tickets": plugin}).build(document, now=lambda: NOW)
    assert isinstance(built, ZendeskTicketing)
    return built


@asynccontextmanager
async def a_system(**settings: Any) -> AsyncIterator[ZendeskTicketing]:
    """A started one, stopped at the end."""
    system = build(**settings)
    await system.start(Host())
    try:
        yield system
    finally:
        await system.stop()
