"""New settings while chats are open: all of a change or nothing of it, and nobody is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from livechat_sdk import Dispatcher, Message, Registry, hookimpl
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.errors import ConfigurationError
from livechat_sdk.gateway.reloading import ReloadingGateway
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider, ToySettings
from tests.gateway.world import BEARER, TOKEN


class HouseSettings(ToySettings):
    """The toy, at an address of the customer."""

    base_url: str = "https://one.example.com"
    greeting: str = ""


class HousePlugin(ToyPlugin):
    """The toy as a vendor with accounts."""

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        toys = super().livechat_integration_types()
        return [IntegrationType(one.type, one.kind, HouseSettings, one.build) for one in toys]


@dataclass
class House:
    """A gateway that can be reloaded, and the settings that the next reload finds."""

    plugin: HousePlugin
    channel: RecordingChannel
    clock: VirtualClock
    content: dict[str, Any]
    served: ReloadingGateway = field(init=False)
    client: httpx.AsyncClient = field(init=False)

    def load(self) -> tuple[LivechatFile, Registry]:
        from livechat_sdk.config import load_mapping, require

        registry = Registry({"toy": self.plugin})
        return require(load_mapping(self.content, types=registry.types, env={})), registry

    async def handoff(self, conversation: str = "c-1") -> str:
        body = {"key": conversation, "conversation_id": conversation, "bot": "shop-bot", "user": {"id": "u"}}
        answer = await self.client.post("/v1/handoffs", json=body)
        assert answer.status_code == 201, answer.text
        await self.served.dispatcher.wait_idle()
        return str(answer.json()["id"])

    async def vendor(self, event: str, **fields: str) -> None:
        await self.served.dispatcher.webhook("toy", self.plugin.delivery(event, **fields))
        await self.served.dispatcher.wait_idle()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async for one in a_house(tmp_path):
        yield one


async def a_house(folder: Path, *, drain: bool = False) -> AsyncIterator[House]:
    plugin = HousePlugin()
    content: dict[str, Any] = {
        "store": f"sqlite:///{folder}/livechat.db",
        "store_key": "the key of the tests' ledgers, long enough",
        "gateway": {"tokens": TOKEN},
        "integrations": {
            "toy": {"type": "TOY_LIVECHAT", "webhookKey": plugin.key},
            "other": {"type": "TOY_LIVECHAT", "webhookKey": plugin.key},
        },
        "bots": {"shop-bot": {"livechat": {"integrations": ["toy", "other"], "request_timeout": "5m"}}},
    }
    house = House(plugin, RecordingChannel(), VirtualClock(), content)
    settings, registry = house.load()
    house.served = ReloadingGateway(
        settings,
        registry,
        load=house.load,
        channel=house.channel,
        make=partial(Dispatcher, clock=house.clock),
        drain=drain,
        grace=1,
    )
    transport = httpx.ASGITransport(house.served.app)
    async with (
        house.served,
        httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=BEARER) as client,
    ):
        house.client = client
        yield house


def livechat(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.content["bots"]["shop-bot"]["livechat"]
    return found


# ------------------------------------------------------------ what takes effect
async def test_new_settings_hold_for_new_handoffs_and_old_ones_keep_theirs(house: House) -> None:
    old = await house.handoff("c-1")
    before = house.served.settings.revision
    livechat(house)["request_timeout"] = "30s"
    done = await house.served.reload()
    assert (done.status, done.draining) == ("reloaded", ())
    new = await house.handoff("c-2")
    handoffs = [await house.served.dispatcher.handoff(one) for one in (old, new)]
    assert [one.settings_revision for one in handoffs] == [before, done.revision]
    assert before != done.revision
    assert [one.policy.request_timeout for one in handoffs] == [300, 30]
    await house.clock.advance(60)
    await house.served.dispatcher.wait_idle()
    states = [(await house.served.dispatcher.handoff(one)).outcome for one in (old, new)]
    assert states == [None, "missed"]
    await house.clock.advance(300)
    await house.served.dispatcher.wait_idle()
    assert (await house.served.dispatcher.handoff(old)).outcome == "missed"


async def test_open_chat_goes_on_after_a_reload(house: House) -> None:
    identity = await house.handoff()
    livechat(house)["language"] = "el"
    await house.served.reload()
    await house.vendor("joined")
    assert (await house.served.dispatcher.handoff(identity)).state == "active"


async def test_credentials_are_those_of_the_new_settings(house: House) -> None:
    await house.handoff()
    house.content["integrations"]["toy"]["webhookKey"] = "another-key-of-thirty-two-characters"
    house.content["gateway"]["tokens"] = "another-token-of-the-platform-0123456"
    await house.served.reload()
    assert (await house.client.get("/v1/availability?bot=shop-bot")).status_code == 401
    bearer = {"authorization": "Bearer another-token-of-the-platform-0123456"}
    assert (await house.client.get("/v1/availability?bot=shop-bot", headers=bearer)).status_code == 200


async def test_settings_that_are_the_same_change_nothing(house: House) -> None:
    before = house.served.dispatcher
    assert (await house.served.reload()).status == "unchanged"
    assert house.served.dispatcher is before


# ------------------------------------------------------------ all or nothing
def break_a_value(house: House) -> None:
    livechat(house)["request_timeout"] = "soon"
    livechat(house)["language"] = "el"


def break_a_reference(house: House) -> None:
    livechat(house)["integrations"] = ["nowhere"]


def move_the_store(house: House) -> None:
    house.content["store"] = "sqlite:////tmp/elsewhere.db"


def move_the_port(house: House) -> None:
    house.content["gateway"]["port"] = 8099


def take_the_tokens(house: House) -> None:
    del house.content["gateway"]["tokens"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (break_a_value, "LC210"),
        (break_a_reference, "LC301"),
        (move_the_store, "LC319"),
        (move_the_port, "LC319"),
        (take_the_tokens, "LC100"),
    ],
)
async def test_refused_settings_change_nothing(
    change: Callable[[House], None], code: str, house: House
) -> None:
    before, dispatcher = house.served.settings, house.served.dispatcher
    change(house)
    with pytest.raises(ConfigurationError) as refused:
        await house.served.reload()
    assert code in {one.code for one in refused.value.problems}
    assert house.served.settings is before
    assert house.served.dispatcher is dispatcher
    await house.handoff()


async def test_old_settings_go_on_when_the_new_ones_cannot_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = await house.handoff()
    before = house.served.settings
    livechat(house)["language"] = "el"
    starts: list[str] = []

    async def start(self: ToyProvider, host: object) -> None:
        starts.append(self.name)
        if len(starts) == 1:
            raise OSError("no route to the vendor")

    monkeypatch.setattr(ToyProvider, "start", start, raising=False)
    with pytest.raises(OSError, match="no route"):
        await house.served.reload()
    assert house.served.settings is before
    assert (await house.client.get(f"/v1/handoffs/{identity}")).status_code == 200
    await house.handoff("c-2")


async def test_process_is_told_to_end_when_nothing_can_be_started(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    livechat(house)["language"] = "el"

    async def start(self: ToyProvider, host: object) -> None:
        raise OSError("no route to the vendor")

    monkeypatch.setattr(ToyProvider, "start", start, raising=False)
    with pytest.raises(OSError, match="no route"):
        await house.served.reload()
    assert not house.served.is_running
    assert (await house.client.get("/readyz")).status_code == 503


# ------------------------------------------------------------ open chats
def take_out(house: House) -> None:
    del house.content["integrations"]["toy"]
    livechat(house)["integrations"] = ["other"]


def move(house: House) -> None:
    house.content["integrations"]["toy"]["baseUrl"] = "https://two.example.com"


@pytest.mark.parametrize(("change", "code"), [(take_out, "LC317"), (move, "LC318")])
async def test_integration_with_open_chats_stays(
    change: Callable[[House], None], code: str, house: House
) -> None:
    identity = await house.handoff()
    change(house)
    with pytest.raises(ConfigurationError) as refused:
        await house.served.reload()
    (problem,) = refused.value.problems
    assert problem.code == code
    assert problem.path == "integrations.toy"
    assert identity in problem.message
    assert "toy" in house.served.settings.integrations
    await house.served.dispatcher.end(identity)
    await house.served.dispatcher.wait_idle()
    assert (await house.served.reload()).status == "reloaded"


async def test_what_says_nothing_of_the_account_may_change_while_chats_are_open(house: House) -> None:
    await house.handoff()
    house.content["integrations"]["toy"].update({"greeting": "hello", "enabled": False})
    assert (await house.served.reload()).status == "reloaded"


@pytest.mark.feature("PV-10")
async def test_integration_that_is_switched_off_keeps_its_chats_and_gets_no_new_ones(house: House) -> None:
    old = await house.handoff("c-1")
    ref = house.plugin.vendor.ref
    await house.vendor("joined")
    house.content["integrations"]["toy"]["enabled"] = False
    done = await house.served.reload()
    assert (done.status, done.draining) == ("reloaded", ())
    await house.served.dispatcher.user_message(old, Message.text("still there?"))
    await house.served.dispatcher.wait_idle()
    assert "still there?" in repr(house.plugin.vendor.received)
    running = await house.served.dispatcher.handoff(old)
    assert (running.state, running.integration) == ("active", "toy")
    new = await house.handoff("c-2")
    assert (await house.served.dispatcher.handoff(new)).integration == "other"
    await house.vendor("ended", ref=ref)
    assert (await house.served.dispatcher.handoff(old)).outcome == "completed"


async def test_integration_without_open_chats_may_go(house: House) -> None:
    await house.handoff()
    del house.content["integrations"]["other"]
    livechat(house)["integrations"] = ["toy"]
    await house.served.reload()
    assert list(house.served.settings.integrations) == ["toy"]


@pytest.mark.parametrize("change", [take_out, move])
async def test_drained_integration_keeps_its_chats_and_gets_no_new_ones(
    change: Callable[[House], None], tmp_path: Path
) -> None:
    async for house in a_house(tmp_path, drain=True):
        old = await house.handoff("c-1")
        change(house)
        done = await house.served.reload()
        assert done.draining == ("toy",)
        await house.vendor("joined")
        assert (await house.served.dispatcher.handoff(old)).state == "active"
        new = await house.handoff("c-2")
        assert (await house.served.dispatcher.handoff(new)).integration == "other"
        assert not await house.served.finish_draining()
        await house.served.dispatcher.end(old)
        await house.served.dispatcher.wait_idle()
        assert await house.served.finish_draining()
        settings = house.served.settings
        if change is take_out:
            assert list(settings.integrations) == ["other"]
        else:
            assert settings.integrations["toy"]["baseUrl"] == "https://two.example.com"
            assert settings.integrations["toy"].enabled
        assert not await house.served.finish_draining()


# ------------------------------------------------------------ requests meanwhile
async def test_requests_that_come_in_meanwhile_wait_and_are_answered(house: House) -> None:
    identity = await house.handoff()
    livechat(house)["language"] = "el"
    reload = asyncio.create_task(house.served.reload())
    answers = await asyncio.gather(*(house.client.get(f"/v1/handoffs/{identity}") for _ in range(20)), reload)
    assert {one.status_code for one in answers[:-1] if isinstance(one, httpx.Response)} == {200}


async def test_event_stream_ends_so_that_its_reader_comes_back(house: House) -> None:
    identity = await house.handoff()

    async def read() -> str:
        answer = await house.client.get(f"/v1/handoffs/{identity}/events")
        return answer.text

    reader = asyncio.create_task(read())
    await asyncio.sleep(0.05)
    livechat(house)["language"] = "el"
    await house.served.reload()
    async with asyncio.timeout(10):
        assert "event: change" in await reader
