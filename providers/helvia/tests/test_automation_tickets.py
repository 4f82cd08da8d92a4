"""Tickets of automations through the real dispatcher: one for each moment, whoever asks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk import Dispatcher, EndUser, HandoffRequest, Registry
from livechat_sdk.config import load_mapping, require
from livechat_sdk.domain.ends import Outcome
from livechat_sdk.http import override_transport
from livechat_sdk.policies import plugin as policies
from livechat_sdk_helvia import plugin
from livechat_sdk_helvia.automations.records import AutomationInput, AutomationRun
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import DeskUser, RequestStatus
from livechat_sdk_helvia.service import Desk
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from providers.helvia.tests.outside import OtherSystem, answering
from providers.helvia.tests.test_automations import draft
from providers.helvia.tests.world import ACCOUNTS, PASSWORD

TICKET = {"name": "Make a ticket", "kind": "ticket", "address": ""}


class Running:
    """A dispatcher with a desk and a table of tickets."""

    def __init__(self, dispatcher: Dispatcher, clock: VirtualClock) -> None:
        self.dispatcher, self.clock = dispatcher, clock

    @property
    def desk(self) -> Desk:
        built = self.dispatcher.integrations["desk"]
        assert isinstance(built, HelviaProvider)
        return built.desk

    async def person(self, name: str) -> DeskUser:
        return await self.desk.accounts.sign_in(f"{name}@example.org", PASSWORD, address="test")

    async def request(self, key: str, bot: str = "shop-bot") -> tuple[str, int]:
        """A handoff that waits in New: its id and its request's."""
        handoff = await self.dispatcher.request(
            HandoffRequest(key=key, conversation_id=f"c-{key}", bot=bot, user=EndUser(id="u-1", name="Maria"))
        )
        await self.dispatcher.wait_idle()
        [request] = await self.desk.inbox.requests(RequestStatus.NEW)
        return handoff.id, request.id

    async def runs(self, request_id: int) -> list[AutomationRun]:
        """The runs of a conversation once they are over."""
        conversation = (await self.desk.conversations.request(request_id)).conversation_id
        found: Sequence[AutomationRun] = ()
        for _ in range(500):
            await self.dispatcher.wait_idle()
            await self.desk.automations.lane.work()
            await self.clock.advance(1)
            found = await self.desk.automations.runs.of(conversation)
            if all(run.is_over for run in found):
                return list(found)
        raise AssertionError(f"still under way: {found}")


@asynccontextmanager
async def running(folder: Path, clock: VirtualClock, **bot: Any) -> AsyncIterator[Running]:
    registry = Registry({"helvia": plugin, "policies": policies})
    livechat = {"integrations": ["desk"], "request_timeout": "2m"}
    document = {
        "version": 1,
        "store": f"sqlite:///{folder / 'ledger.db'}",
        "integrations": {
            "desk": {"type": "HELVIA_LIVECHAT", "accounts": ACCOUNTS},
            "book": {"type": "LOCAL_TICKETING"},
        },
        "bots": {
            "shop-bot": {"livechat": livechat, "ticketing": "book", **bot},
            "bare-bot": {"livechat": livechat},
        },
    }
    settings = require(load_mapping(document, types=registry.types))
    async with Dispatcher(settings, channel=RecordingChannel(), registry=registry, clock=clock) as dispatcher:
        yield Running(dispatcher, clock)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, VirtualClock()) as made:
        yield made


@pytest.mark.feature("TK-01", "TK-03", "AU-03")
async def test_a_missed_request_makes_a_ticket_of_the_whole_conversation(world: Running) -> None:
    ines = await world.person("ines")
    await world.desk.automations.definitions.create(ines, draft(**TICKET, on_button=False, on_missed=True))
    handoff_id, request_id = await world.request("k-1")
    await world.clock.advance(121)
    [run] = await world.runs(request_id)
    assert (await world.dispatcher.handoff(handoff_id)).outcome is Outcome.MISSED
    [ticket] = await world.dispatcher.tickets(handoff_id)
    assert (run.status, run.moment, run.ticket_key) == ("done", "missed", ticket.key)
    assert run.result.ticket == (ticket.number or ticket.id)
    assert run.result.link == ticket.url


@pytest.mark.feature("TK-02", "TK-05", "TK-06")
async def test_a_ticket_by_button_and_one_after_the_end_belong_to_one_handoff(world: Running) -> None:
    ines, ada = await world.person("ines"), await world.person("ada")
    made = await world.desk.automations.definitions.create(ines, draft(**TICKET, on_end=True))
    handoff_id, request_id = await world.request("k-1")
    conversation = await world.desk.conversations.accept(ada, request_id)
    await world.dispatcher.wait_idle()
    for _ in range(2):
        await world.desk.automations.start(ada, conversation, made.id, {})
    during = await world.runs(request_id)
    assert {run.status for run in during} == {"done"}
    assert len({run.result.ticket for run in during}) == 1, "there is one ticket while it goes on"
    await world.desk.conversations.end(ada, conversation.id)
    runs = await world.runs(request_id)
    assert [(run.moment, run.status) for run in runs] == [
        ("ended", "done"),
        ("button", "done"),
        ("button", "done"),
    ]
    assert len(await world.dispatcher.tickets(handoff_id)) == 2


async def test_the_settings_and_an_automation_make_one_ticket_together(tmp_path: Path) -> None:
    async with running(tmp_path, VirtualClock(), tickets={"missed": {}}) as world:
        ines = await world.person("ines")
        await world.desk.automations.definitions.create(ines, draft(**TICKET, on_missed=True))
        handoff_id, request_id = await world.request("k-1")
        await world.clock.advance(121)
        [run] = await world.runs(request_id)
        [ticket] = await world.dispatcher.tickets(handoff_id)
        assert run.ticket_key == ticket.key


@pytest.mark.feature("TK-07")
async def test_a_bot_without_a_ticket_system_gets_a_failure_to_read(world: Running) -> None:
    ines, ada = await world.person("ines"), await world.person("ada")
    made = await world.desk.automations.definitions.create(ines, draft(**TICKET))
    handoff_id, request_id = await world.request("k-1", "bare-bot")
    conversation = await world.desk.conversations.accept(ada, request_id)
    await world.desk.automations.start(ada, conversation, made.id, {})
    [run] = await world.runs(request_id)
    assert (run.status, run.error) == ("failed", "The bot 'bare-bot' has no ticket system.")
    await world.desk.messages.send(ada, conversation, "we go on")
    await world.dispatcher.wait_idle()
    assert (await world.dispatcher.handoff(handoff_id)).state == "active"


@pytest.mark.feature("AU-04")
async def test_a_restart_in_the_middle_makes_one_ticket(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with running(tmp_path, clock) as first:
        ines = await first.person("ines")
        await first.desk.automations.definitions.create(
            ines, draft(**TICKET, on_button=False, on_missed=True)
        )
        handoff_id, request_id = await first.request("k-1")
        await first.desk.automations.lane.stop()
        await clock.advance(121)
        await first.dispatcher.wait_idle()
        assert await first.desk.automations.runs.unfinished() == 1
    async with running(tmp_path, clock) as second:
        [run] = await second.runs(request_id)
        assert run.status == "done"
        assert len(await second.dispatcher.tickets(handoff_id)) == 1


async def test_erasing_a_person_erases_what_members_typed_about_them(tmp_path: Path) -> None:
    system = OtherSystem(answering(json={"seen": "canary-4711"}))
    with override_transport(system.transport):  # for the tasks that begin here, too
        async with running(tmp_path, VirtualClock()) as world:
            await _typed_and_erased(world)
    with sqlite3.connect(tmp_path / "ledger.db") as database:
        assert not [line for line in database.iterdump() if "canary-4711" in line]
    database.close()


async def _typed_and_erased(world: Running) -> None:
    ines, ada = await world.person("ines"), await world.person("ada")
    asked = AutomationInput(name="order", prompt="Order number")
    made = await world.desk.automations.definitions.create(ines, draft(inputs=(asked,)))
    _, request_id = await world.request("k-1")
    conversation = await world.desk.conversations.accept(ada, request_id)
    await world.desk.automations.start(ada, conversation, made.id, {"order": "canary-4711"})
    await world.desk.conversations.end(ada, conversation.id)
    [run] = await world.runs(request_id)
    assert (run.status, run.inputs) == ("done", {"order": "canary-4711"})
    exported = "".join([piece async for piece in world.dispatcher.export(user_id="u-1")])
    [row] = json.loads(exported)["handoffs"][0]["tables"]["desk_automation_runs"]
    assert "canary-4711" in row["inputs"]
    await world.dispatcher.erase(user_id="u-1")
