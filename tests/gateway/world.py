"""What the tests of the gateway share: a dispatcher, its vendor, and clients with and without a token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from livechat_sdk import Dispatcher, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.gateway import create_app
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin

TOKEN = "token-of-the-platform-0123456789"
BEARER = {"authorization": f"Bearer {TOKEN}"}
JSON = {"content-type": "application/json"}


@dataclass
class World:
    """One gateway and everything behind it."""

    dispatcher: Dispatcher
    app: Starlette
    plugin: ToyPlugin
    channel: RecordingChannel
    clock: VirtualClock
    client: httpx.AsyncClient
    """Carries the token."""
    stranger: httpx.AsyncClient
    """Carries none."""

    async def a_handoff(self, **fields: Any) -> str:
        """The id of a handoff that waits at the toy vendor."""
        made = await self.client.post("/v1/handoffs", json=a_body(**fields))
        assert made.status_code == 201, made.text
        await self.dispatcher.wait_idle()
        identity: str = made.json()["id"]
        return identity

    async def vendor(self, event: str, **fields: str) -> int:
        """Something happens at the vendor, whose webhook comes in; how many events were taken."""
        taken = await self.dispatcher.webhook("toy", self.plugin.delivery(event, **fields))
        await self.dispatcher.wait_idle()
        return taken

    async def an_active_handoff(self) -> str:
        """The id of a handoff that an agent has."""
        identity = await self.a_handoff()
        assert await self.vendor("joined") == 1
        return identity


def a_body(**fields: Any) -> dict[str, Any]:
    """The body of a request for a human; ``None`` leaves a field out."""
    ready: dict[str, Any] = {
        "key": "run-1/node-1",
        "conversation_id": "c-1",
        "bot": "shop-bot",
        "user": {"id": "u-1", "name": "Eleni"},
    }
    return {name: value for name, value in {**ready, **fields}.items() if value is not None}


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The error object of a refusal, which must have the one shape that all refusals have."""
    document: dict[str, Any] = answer.json()
    assert set(document) == {"error"}
    error: dict[str, Any] = document["error"]
    assert isinstance(error["code"], str)
    assert isinstance(error["message"], str)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return error


def some_settings(
    folder: Path, plugin: ToyPlugin, store: str | None = None, more: Mapping[str, Any] | None = None
) -> LivechatFile:
    """Two bots: one has live chat at the toy vendor, the other has it switched off."""
    return LivechatFile.model_validate(
        {
            "store": store or f"sqlite:///{folder}/livechat.db",
            "store_key": "the key of the tests' ledgers, long enough",
            "integrations": {
                "toy": {"type": "TOY_LIVECHAT", "webhookKey": plugin.key},
                "mute": {"type": "TOY_LIVECHAT"},
            },
            "bots": {
                "shop-bot": {"livechat": {"integrations": ["toy"]}},
                "night-bot": {"livechat": {"enabled": False}},
            },
            **(more or {}),
        }
    )


def a_client(
    app: Starlette, *, headers: Mapping[str, str] | None = None, base_url: str = "http://gateway"
) -> httpx.AsyncClient:
    """A client that needs no server. An error in the application is an answer, as a server would give."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers)


@asynccontextmanager
async def a_world(
    folder: Path,
    *,
    tokens: Sequence[str] = (TOKEN,),
    read_timeout: float = 10.0,
    heartbeat: float = 15.0,
    store: str | None = None,
    plugin: ToyPlugin | None = None,
    clock: VirtualClock | None = None,
    settings: Mapping[str, Any] | None = None,
) -> AsyncIterator[World]:
    """A started dispatcher and its gateway. With ``plugin``, its vendor is the one of an earlier world."""
    plugin, channel, clock = plugin or ToyPlugin(), RecordingChannel(), clock or VirtualClock()
    made = some_settings(folder, plugin, store, settings)
    registry = Registry({"toy": plugin})
    async with Dispatcher(made, channel=channel, registry=registry, clock=clock) as dispatcher:
        app = create_app(
            dispatcher,
            tokens=[SecretStr(token) for token in tokens],
            read_timeout=read_timeout,
            heartbeat=heartbeat,
        )
        async with a_client(app, headers=BEARER) as client, a_client(app) as stranger:
            yield World(dispatcher, app, plugin, channel, clock, client, stranger)
