"""A whole handoff with Zendesk: accepted and no answer, and still one ticket or a doubt, never two."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from livechat_sdk import Dispatcher, EndUser, Handoff, HandoffRequest, Message, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.http import override_transport
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin
from livechat_sdk_tickets import plugin
from providers.tickets.tests.zendesk.bench import SETTINGS


class Zendesk(httpx.AsyncBaseTransport):
    """Makes tickets; what is scripted happens to its answers."""

    def __init__(self, *, knows_keys: bool = True) -> None:
        self.knows_keys = knows_keys
        self.tickets: list[dict[str, Any]] = []
        self.keys: dict[str, int] = {}
        self.script: list[str] = []
        """For the next creates: ``answer``, ``lost`` (made, no answer), ``refused`` (503, not made)."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            wanted = request.url.params.get("external_id")
            found = [one for one in self.tickets if one["external_id"] == wanted]
            return httpx.Response(200, json={"tickets": found})
        what = self.script.pop(0) if self.script else "answer"
        if what == "refused":
            return httpx.Response(503, text="maintenance")
        key = request.headers["idempotency-key"]
        known = self.knows_keys and key in self.keys
        if not known:
            self.tickets.append({**json.loads(request.content)["ticket"], "id": len(self.tickets) + 1})
            self.keys[key] = len(self.tickets)
        if what == "lost":
            raise httpx.ReadTimeout("no answer", request=request)
        ticket = self.tickets[self.keys[key] - 1]
        lookup = {"x-idempotency-lookup": "hit" if known else "miss"} if self.knows_keys else {}
        return httpx.Response(201, headers=lookup, json={"ticket": ticket})


class World:
    """A dispatcher on a virtual clock, and a handoff that nobody takes."""

    def __init__(self, folder: Path, zendesk: Zendesk) -> None:
        self.zendesk = zendesk
        self.clock = VirtualClock()
        self.toy = ToyPlugin()
        self.settings = LivechatFile.model_validate(
            {
                "store": f"sqlite:///{folder / 'ledger.db'}",
                "integrations": {
                    "toy": {"type": self.toy.provider_class.type, "name": "toy", "webhookKey": self.toy.key},
                    "zd": SETTINGS,
                },
                "bots": {
                    "shop-bot": {
                        "livechat": {"integrations": ["toy"], "request_timeout": "1m"},
                        "ticketing": "zd",
                        "tickets": {"missed": {}},
                    }
                },
            }
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Dispatcher]:
        registry = Registry({"toy": self.toy, "tickets": plugin})
        channel = RecordingChannel()
        with override_transport(self.zendesk, clock=self.clock):
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


@pytest.mark.parametrize("script", [[], ["lost"], ["lost", "lost"], ["refused", "lost", "refused", "lost"]])
@pytest.mark.parametrize("knows_keys", [True, False])
async def test_a_missed_handoff_makes_one_ticket_with_the_whole_conversation(
    script: list[str], knows_keys: bool, tmp_path: Path
) -> None:
    world = World(tmp_path, Zendesk(knows_keys=knows_keys))
    world.zendesk.script = list(script)
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
        await world.pass_time(dispatcher, 1800)
        (ticket,) = await dispatcher.tickets(handoff.id)
        assert await dispatcher.parked() == []
    (made,) = world.zendesk.tickets
    assert ticket.id == str(made["id"])
    assert all(f"line {number}" in made["comment"]["html_body"] for number in range(10))


async def test_a_ticket_whose_answer_was_lost_with_the_process_is_found_by_the_next_one(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, Zendesk())
    world.zendesk.script = ["lost"]
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
    async with world.serving() as dispatcher:
        await world.pass_time(dispatcher, 120)
        assert len(await dispatcher.tickets(handoff.id)) == 1
    assert len(world.zendesk.tickets) == 1


async def test_after_hours_of_silence_it_is_doubtful_and_a_person_may_look(tmp_path: Path) -> None:
    world = World(tmp_path, Zendesk())
    world.zendesk.script = ["refused"] * 1000
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
        await world.pass_time(dispatcher, 4000)
        (parked,) = await dispatcher.parked()
        assert (parked.kind, parked.doubtful) == ("create_ticket", True)
        world.zendesk.script = []
        await world.pass_time(dispatcher, 7200)
        await dispatcher.retry(handoff.id)
        await world.pass_time(dispatcher, 60)
        assert len(await dispatcher.tickets(handoff.id)) == 1
    assert len(world.zendesk.tickets) == 1
