"""A Salesforce ticket system with the credentials of the recordings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from livechat_sdk.registry import Registry
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.salesforce.system import SalesforceTicketing
from providers.tickets.tests.bench import NOW, Host

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")
SETTINGS: dict[str, Any] = {
    "type": "SALESFORCE_TICKETING",
    "name": "sf",
    "baseUrl": "https://acme.my.salesforce.com",
    "clientId": "3MVG9.client",
    "clientSecret": "salesforce-secret-of-tests",
    "findContacts": False,
}
FIELDS: dict[str, Any] = {
    "Product": {"field": "Product__c", "kind": "choice", "values": {"Web shop": "shop", "Bank": "bank"}},
    "VIP": {"field": "VIP__c", "kind": "flag"},
    "Orders": {"field": "Orders__c", "kind": "integer"},
    "Colours": {"field": "Colours__c", "kind": "choices", "values": ["Red", "Blue"]},
}
EVERYTHING: dict[str, Any] = {
    "findContacts": True,
    "origin": "Chat",
    "status": "Working",
    "owner": "00G000000000001AAA",
    "recordType": "012000000000001AAA",
    "allowDuplicates": True,
    "priorities": {"high": "Critical"},
    "fields": FIELDS,
}


def build(**settings: Any) -> SalesforceTicketing:
    """As a platform builds it: from settings, by the registry."""
    document = {name: value for name, value in {**SETTINGS, **settings}.items() if value is not None}
    built = Registry({"tickets": plugin}).build(document, now=lambda: NOW)
    assert isinstance(built, SalesforceTicketing)
    return built


@asynccontextmanager
async def a_system(**settings: Any) -> AsyncIterator[SalesforceTicketing]:
    """A started one, stopped at the end."""
    system = build(**settings)
    await system.start(Host())
    try:
        yield system
    finally:
        await system.stop()
