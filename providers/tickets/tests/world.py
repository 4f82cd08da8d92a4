"""A whole handoff that nobody takes, with a dispatcher on a virtual clock and a vendor of tickets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from livechat_sdk import Dispatcher, EndUser, Handoff, HandoffRequest, Message, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.http import override_transport
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin
from livechat_sdk_tickets import plugin


class World:
    """A dispatcher on a virtual clock, and a handoff that nobody takes."""

    def __init__(self, folder: Path, vendor: httpx.AsyncBaseTransport, settings: Mapping[str, Any]) -> None:
        self.vendor = vendor
        self.clock = VirtualClock()
        self.toy = ToyPlugin()
        self.settings = LivechatFile.model_validate(
            {
                "store": f"sqlite:///{folder / 'ledger.db'}",
                "integrations": {
                    "toy": {"type": self.toy.provider_class.type, "name": "toy", "webhookKey": self.toy.key},
                    settings["name"]: dict(settings),
                },
                "bots": {
                    "shop-bot": {
                        "livechat": {"integrations": ["toy"], "request_timeout": "1m"},
                        "ticketing": settings["name"],
                        "tickets": {"missed": {}},
                    }
                },
            }
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Dispatcher]:
        registry = Registry({"toy": self.toy, "tickets": plugin})
        channel = RecordingChannel()
        with override_transport(self.vendor, clock=self.clock):
            async with Dispatcher(
                self.settings, channel=channel, registry=registry, clock=self.clock
            ) as dispatcher:
                yield dispatcher

    async def pass_time(self, dispatcher: Dispatcher, seconds: float) -> None:
        target = self.clock.now() + timedelta(seconds=seconds)
        await self._settle(dispatcher)
        while (due := self.clock.next_due) is not None and due <= target:
            await self.clock.advance((due - self.clock.now()).total_seconds())
            await self._settle(dispatcher)
        await self.clock.advance((target - self.clock.now()).total_seconds())
        await self._settle(dispatcher)

    async def _settle(self, dispatcher: Dispatcher) -> None:
        for _ in range(3):
            await dispatcher.wait_idle()
            for _ in range(20):
                await asyncio.sleep(0)

    async def missed(self, dispatcher: Dispatcher) -> Handoff:
        """A handoff with something to say that nobody takes."""
        handoff = await dispatcher.request(
            HandoffRequest(key="k", conversation_id="c", bot="shop-bot", user=EndUser(id="u", name="Eleni"))
        )
        for number in range(10):
            await dispatcher.user_message(handoff.id, Message.text(f"line {number}"))
        await self.pass_time(dispatcher, 61)
        return handoff
