"""A Jira ticket system with the credentials of the recordings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from livechat_sdk.registry import Registry
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.jira.system import JiraTicketing
from providers.tickets.tests.bench import NOW, Host

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")
KEY = "ITH-42"
SETTINGS: dict[str, Any] = {
    "type": "JIRA_SERVICE_MANAGEMENT_TICKETING",
    "name": "jira",
    "baseUrl": "https://acme.atlassian.net",
    "userName": "bot@acme.example",
    "token": "jira-token-of-tests",
    "serviceDeskId": 10,
    "requestTypeId": "25",
}
SCOPED: dict[str, Any] = {
    "baseUrl": "https://api.atlassian.com/ex/jira/5f1c9a2b-e0d3",
    "siteUrl": "https://acme.atlassian.net",
}
EVERYTHING: dict[str, Any] = {
    "kinds": {"incident": 26},
    "emailField": "customfield_10052",
    "fields": {
        "Product": {"field": "customfield_10051", "kind": "choice", "values": ["Web shop", "Bank"]},
        "Orders": {"field": "customfield_10053", "kind": "number"},
        "Colours": {"field": "customfield_10054", "kind": "choices", "values": {"red": 1, "blue": 2}},
        "Story": {"field": "customfield_10055"},
        "Line": {"field": "customfield_10056"},
    },
}
CONTENT: dict[str, Any] = {
    "serviceDeskId": "10",
    "requestTypeId": "25",
    "requestFieldValues": {
        "summary": "Missed: invoice",
        "labels": ["h-1.ticket", "livechat"],
        "description": (
            "Requester: Eleni, eleni\\@shop.example\n\nThe conversation is in an internal comment."
        ),
    },
    "raiseOnBehalfOf": "qm:a713c8ea-1075-4e30-9d96-891a7d181739:5ad6d3581db05e2a66fa80b",
}
"""The request of the recording ``create/made``."""


def build(**settings: Any) -> JiraTicketing:
    """As a platform builds it: from settings, by the registry."""
    document = {name: value for name, value in {**SETTINGS, **settings}.items() if value is not None}
    built = Registry({"tickets": plugin}).build(document, now=lambda: NOW)
    assert isinstance(built, JiraTicketing)
    return built


@asynccontextmanager
async def a_system(**settings: Any) -> AsyncIterator[JiraTicketing]:
    """A started one, stopped at the end."""
    system = build(**settings)
    await system.start(Host())
    try:
        yield system
    finally:
        await system.stop()
