"""A Freshdesk ticket system with the credentials of the recordings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx

from livechat_sdk.registry import Registry
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.freshdesk.system import FreshdeskTicketing
from providers.tickets.tests.bench import NOW, Host

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")
SETTINGS: dict[str, Any] = {
    "type": "FRESHDESK_TICKETING",
    "name": "fd",
    "baseUrl": "https://acme.freshdesk.com",
    "apiKey": "freshdesk-key-of-tests",
    "public": True,
}
FIELDS: dict[str, Any] = {
    "Product": {"field": "cf_product", "kind": "choice", "values": {"Web shop": "Shop", "Bank": "Bank"}},
    "VIP": {"field": "cf_vip", "kind": "flag"},
    "Orders": {"field": "cf_orders", "kind": "integer"},
}
EVERYTHING: dict[str, Any] = {
    "group": 98738,
    "product": 5,
    "source": 2,
    "status": 3,
    "priorities": {"high": 4},
    "fields": FIELDS,
}


def build(**settings: Any) -> FreshdeskTicketing:
    """As a platform builds it: from settings, by the registry."""
    document = {name: value for name, value in {**SETTINGS, **settings}.items() if value is not None}
    built = Registry({"tickets": plugin}).build(document, now=lambda: NOW)
    assert isinstance(built, FreshdeskTicketing)
    return built


@asynccontextmanager
async def a_system(**settings: Any) -> AsyncIterator[FreshdeskTicketing]:
    """A started one, stopped at the end."""
    system = build(**settings)
    await system.start(Host())
    try:
        yield system
    finally:
        await system.stop()


def form_of(request: httpx.Request) -> list[tuple[str, str | None, bytes]]:
    """The parts of a form: name, file name, content."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + request.content)
    assert parts.is_multipart()
    found: list[tuple[str, str | None, bytes]] = []
    for part in parts.get_payload():
        assert not isinstance(part, str)
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(name, str)
        assert isinstance(content, bytes)
        found.append((name, part.get_filename(), content))
    return found
