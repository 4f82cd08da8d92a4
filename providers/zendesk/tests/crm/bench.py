"""Contacts of Zendesk Support with the credentials of the recordings, or over the simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.http import override_transport
from livechat_sdk.registry import Registry
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.recordings import HastyClock, Recordings
from livechat_sdk_zendesk import plugin
from livechat_sdk_zendesk.crm.source import ZendeskContacts

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
SETTINGS: dict[str, Any] = {
    "type": "ZENDESK_CRM",
    "name": "zd",
    "baseUrl": "https://acme.zendesk.com",
    "clientId": "livechat",
    "clientSecret": "zendesk-client-secret-of-tests",
}
FIELDS: list[dict[str, Any]] = [
    {"label": "Tier", "path": "user_fields/tier", "kind": "choice"},
    {"label": "Tags", "path": "tags"},
    {"label": "Notes", "path": "notes"},
    {"label": "Plan", "path": "organization/organization_fields/plan"},
    {"label": "About the company", "path": "organization/details"},
    {"label": "Nothing", "path": "user_fields/none"},
]


def build(now: Any = None, **settings: Any) -> ZendeskContacts:
    """As a platform builds it: from settings, by the registry."""
    document = {name: value for name, value in {**SETTINGS, **settings}.items() if value is not None}
    built = Registry({"zendesk": plugin}).build(document, now=now or (lambda: NOW))
    assert isinstance(built, ZendeskContacts)
    return built


@asynccontextmanager
async def a_source(**settings: Any) -> AsyncIterator[ZendeskContacts]:
    """One without a cache, closed at the end."""
    source = build(**settings)
    try:
        yield source
    finally:
        await source.stop()


class Account:
    """An account with people in it, and contacts read from it."""

    def __init__(self, account: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        (entry,) = entry_points(group="livechat_sdk_simulators", name="zendesk-support")
        self.clock = VirtualClock()
        self.zendesk = entry.load().make(dict(account), self.clock)
        self.human = self.zendesk.human
        reach = {"clientId": None, "clientSecret": None, **self.zendesk.integration("crm")}
        self.source = build(self.clock.now, **{"name": "zd", **reach, **settings})

    async def find(self, **user: Any) -> Contact | None:
        """Ask the hook."""
        return await self.source.livechat_find_contact(EndUser(**{"id": "u-1", **user}), "shop-bot")

    async def found(self, **user: Any) -> Contact:
        """The same for somebody who is there."""
        contact = await self.find(**user)
        assert contact is not None
        return contact

    def asked(self, operation: str) -> int:
        """How many calls of a kind were made."""
        return sum(one.operation == operation for one in self.zendesk.requests)

    async def ticket(self, requester: str, subject: str) -> str:
        """Somebody makes a ticket, over the API."""
        answer = await self.source.client.request(
            "test",
            "POST",
            "tickets",
            json={"ticket": {"subject": subject, "comment": {"body": "?"}, "requester_id": int(requester)}},
        )
        return str(answer.object()["ticket"]["id"])


@asynccontextmanager
async def an_account(account: Mapping[str, Any] | None = None, **settings: Any) -> AsyncIterator[Account]:
    """Contacts over the simulator."""
    made = Account(account or {}, settings)
    with override_transport(made.zendesk.transport(), clock=HastyClock()):
        try:
            yield made
        finally:
            await made.source.stop()
