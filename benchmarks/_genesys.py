"""Genesys Cloud for benchmarks, in a process of its own: tokens, messages of an end user, a conversation."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks._lean import a_vendor

__all__ = ["CONVERSATION", "INTEGRATION", "SETTINGS", "a_genesys"]

INTEGRATION: Final = "73cb7fb7-c2db-4996-88f3-0a83a4fea1da"
CONVERSATION: Final = "d06cb41e-f938-4dcf-b823-c8af1a39d7e5"
SETTINGS: Final[dict[str, Any]] = {
    "type": "GENESYS_LIVECHAT",
    "name": "genesys",
    "region": "mypurecloud.ie",
    "clientId": "client-of-benchmarks",
    "clientSecret": "a-secret-that-opens-nothing",
    "openIntegrationId": INTEGRATION,
    "webhookKey": "a-webhook-secret-of-benchmarks",
    "callsPerMinute": 100_000,  # the vendor's limit is not what is measured
}
_AT: Final = "2026-11-26T09:30:00.000Z"
_CUSTOMER: Final[dict[str, Any]] = {
    "id": "c1b0a3d1-0000-4000-8000-000000000001",
    "purpose": "customer",
    "state": "connected",
    "startTime": _AT,
    "connectedTime": _AT,
}
_AGENT: Final[dict[str, Any]] = {
    **_CUSTOMER,
    "id": "8b9c7a44-0000-4000-8000-00000000000a",
    "purpose": "agent",
    "name": "Alice Doe",
    "user": {"id": "8b9c7a44-0000-4000-8000-00000000000b"},
}


class _State:
    def __init__(self) -> None:
        self.made = 0

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """What a request is answered with."""
        what = path.partition("?")[0]
        if what == "/oauth/token":
            return 200, {"access_token": "a-token", "token_type": "bearer", "expires_in": 86_399}
        if method == "GET" and what.endswith(CONVERSATION):
            return 200, {"id": CONVERSATION, "participants": [_CUSTOMER, _AGENT]}
        if method == "POST" and what.endswith("/inbound/open/message"):
            return 200, self._message(json.loads(body))
        return 404, {"status": 404, "code": "not.found", "message": "not found"}

    def _message(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.made += 1
        channel = asked["channel"]
        return {
            "id": f"{self.made:032x}",
            "channel": {
                "id": INTEGRATION,
                "platform": "Open",
                "type": "Private",
                "messageId": channel["messageId"],
                "to": {"id": INTEGRATION},
                "from": channel["from"],
                "time": _AT,
            },
            "type": "Text",
            "text": asked["text"],
            "direction": "Inbound",
            "conversationId": CONVERSATION,
        }


@contextmanager
def a_genesys() -> Generator[str]:
    """An organisation that runs while the context is open. Gives the address of API and login."""
    with a_vendor(_State) as url:
        yield url
