"""A whole handoff with contacts of Dynamics: what reaches the provider, and what a bad CRM costs: nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from livechat_sdk import Dispatcher, EndUser, Handoff, HandoffRequest, HandoffState, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.http import override_transport
from livechat_sdk.policies import contact_source
from livechat_sdk_dynamics import plugin
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.recordings import HastyClock
from livechat_sdk_testing.toy import ToyPlugin
from providers.dynamics.tests.bench import simulator
from providers.dynamics.tests.test_over_the_simulator import ELENI
from providers.dynamics.tests.test_slow_and_dead_dynamics import Silence

CSV = "id,name,email\nu-1,Eleni of the file,o'hara+web@example.com\n"


class World:
    """A dispatcher with a toy vendor, a file of contacts and Dynamics."""

    def __init__(self, folder: Path, wait: str | None = None) -> None:
        (folder / "people.csv").write_text(CSV)
        self.clock = VirtualClock()
        self.dynamics = simulator(self.clock)
        self.toy = ToyPlugin()
        livechat: dict[str, Any] = {"integrations": ["toy"]}
        if wait is not None:
            livechat["wait_for_contact"] = wait
        self.dispatcher = Dispatcher(
            LivechatFile.model_validate(
                {
                    "store": f"sqlite:///{folder}/ledger.db",
                    "integrations": {
                        "toy": {
                            "type": self.toy.provider_class.type,
                            "name": "toy",
                            "webhookKey": self.toy.key,
                        },
                        "people": {
                            "type": "CSV_CONTACTS",
                            "name": "people",
                            "path": str(folder / "people.csv"),
                        },
                        "crm": {"name": "crm", **self.dynamics.integration("crm")},
                    },
                    "bots": {"shop-bot": {"livechat": livechat, "crm": ["people", "crm"]}},
                }
            ),
            channel=RecordingChannel(),
            registry=Registry({"toy": self.toy, "dynamics": plugin}),
            clock=self.clock,
        )

    async def request(self, key: str = "k-1") -> Handoff:
        """Ask for a human."""
        user = EndUser(id="u-1", name="Eleni", email="o'hara+web@example.com")
        return await self.dispatcher.request(
            HandoffRequest(key=key, conversation_id=f"c-{key}", bot="shop-bot", user=user)
        )

    async def contacts(self, handoff: Handoff) -> Mapping[str, str | None]:
        """Names by source, as the handoff has them."""
        found = await self.dispatcher.handoff(handoff.id)
        return {one.source: one.name for one in found.contacts}


@asynccontextmanager
async def a_world(
    folder: Path, transport: httpx.AsyncBaseTransport | None = None, **options: Any
) -> AsyncIterator[World]:
    world = World(folder, **options)
    with override_transport(transport or world.dynamics.transport(), clock=HastyClock()):
        async with world.dispatcher:
            yield world


async def settled(world: World, handoff: Handoff) -> Mapping[str, str | None]:
    """The contacts when nothing is to be done any more."""
    await world.dispatcher.wait_idle()
    return await world.contacts(handoff)


async def test_contacts_of_all_sources_reach_the_handoff_with_their_origin(tmp_path: Path) -> None:
    async with a_world(tmp_path, wait="2s") as world:
        await world.dynamics.human.add_contact(**ELENI)
        handoff = await world.request()
        known = await settled(world, handoff)
        opened = world.toy.vendor.opened[world.toy.vendor.ref].contacts
    assert known == {"people": "Eleni of the file", "crm": "Eleni O'Hara"}
    assert {one.source for one in opened} == {"people", "crm"}


@pytest.mark.parametrize("wait", [None, "100ms"])
async def test_a_crm_that_says_nothing_delays_no_handoff(
    tmp_path: Path, wait: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_source, "SECONDS", 4.0)
    async with a_world(tmp_path, Silence(), wait=wait) as world:
        began = time.monotonic()
        handoff = await world.request()
        if wait is not None:
            await world.clock.advance(0.1)
        for _ in range(1000):
            if (await world.dispatcher.handoff(handoff.id)).state is HandoffState.QUEUED:
                break
            await asyncio.sleep(0.002)
        assert time.monotonic() - began < 4.0, "the chat is open before the CRM is given up"
        assert await world.contacts(handoff) == {}
        assert await settled(world, handoff) == {"people": "Eleni of the file"}


@pytest.mark.parametrize(
    ("fault", "details"),
    [("status", {"status": 503}), ("status", {"status": 403}), ("malformed", {}), ("drop_before", {})],
    ids=str,
)
async def test_a_crm_that_fails_fails_no_handoff(tmp_path: Path, fault: str, details: dict[str, Any]) -> None:
    async with a_world(tmp_path) as world:
        await world.dynamics.human.add_contact(**ELENI)
        world.dynamics.faults.script("contact", fault, times=50, **details)
        handoff = await world.request()
        assert await settled(world, handoff) == {"people": "Eleni of the file"}
        found = await world.dispatcher.handoff(handoff.id)
    assert found.state is HandoffState.QUEUED
    assert found.failures == ()


async def test_the_second_handoff_asks_no_crm_and_erasing_forgets(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.dynamics.human.add_contact(**ELENI)
        first = await world.request("k-1")
        await settled(world, first)
        await world.dispatcher.end(first.id, by="user")
        await world.dispatcher.wait_idle()
        asked = len(world.dynamics.requests)
        second = await world.request("k-2")
        assert (await settled(world, second))["crm"] == "Eleni O'Hara"
        assert len(world.dynamics.requests) == asked
        await world.dispatcher.end(second.id, by="user")
        await world.dispatcher.wait_idle()
        rows = "SELECT user_id FROM contact_cache"
        assert len(await world.dispatcher.store.fetch(rows)) == 1
        await world.dispatcher.erase(user_id="u-1")
        assert await world.dispatcher.store.fetch(rows) == []
