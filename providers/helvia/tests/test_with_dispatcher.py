"""Desk, chat page and dispatcher together: the way of a whole handoff, and of a note that stays inside."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk import (
    Dispatcher,
    Handoff,
    HandoffEnded,
    HandoffRequest,
    Message,
    Outcome,
    Outgoing,
    Registry,
)
from livechat_sdk.config import load_mapping, require
from livechat_sdk.domain.answers import Accepted
from livechat_sdk.domain.messages import Fate, UserReceipt
from livechat_sdk.domain.outgoing import Receipt, Typing, UserMessage
from livechat_sdk.domain.people import EndUser
from livechat_sdk_helvia import plugin
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import ConversationStatus, DeskRequest, DeskUser, RequestStatus
from livechat_sdk_helvia.service import Desk
from livechat_sdk_testing.clock import VirtualClock
from providers.helvia.tests.world import ACCOUNTS, PASSWORD

NOTE = "canary-of-a-note"


@dataclass
class Recorder:
    """The end user's side: everything that reached it."""

    delivered: list[Outgoing] = field(default_factory=list)

    async def deliver(self, outgoing: Outgoing) -> None:
        if outgoing.key not in {one.key for one in self.delivered}:
            self.delivered.append(outgoing)

    def texts(self) -> list[str]:
        return [one.message.body for one in self.delivered if isinstance(one, UserMessage)]

    def ended(self) -> list[HandoffEnded]:
        return [one for one in self.delivered if isinstance(one, HandoffEnded)]


@dataclass
class Running:
    dispatcher: Dispatcher
    channel: Recorder
    clock: VirtualClock

    @property
    def provider(self) -> HelviaProvider:
        built = self.dispatcher.integrations["desk"]
        assert isinstance(built, HelviaProvider)
        return built

    @property
    def desk(self) -> Desk:
        return self.provider.desk

    async def agent(self, name: str = "ada") -> DeskUser:
        return await self.desk.accounts.sign_in(f"{name}@example.org", PASSWORD, address="test")

    async def waiting(self) -> DeskRequest:
        await self.dispatcher.wait_idle()
        [request] = await self.desk.inbox.requests(RequestStatus.NEW)
        return request

    async def request(self, key: str = "k-1", **more: Any) -> Handoff:
        request = {
            "key": key,
            "conversation_id": f"c-{key}",
            "bot": "shop-bot",
            "user": EndUser(id="u-1", name="Maria"),
            "transcript": [{"author": "user", "body": "a human please"}],
        }
        return await self.dispatcher.request(HandoffRequest.model_validate(request | more))


@asynccontextmanager
async def running(
    folder: Path, channel: Recorder, clock: VirtualClock, **livechat: Any
) -> AsyncIterator[Running]:
    """A dispatcher with a desk; ``livechat`` are more settings of the bot."""
    registry = Registry({"helvia": plugin})
    document = {
        "version": 1,
        "store": f"sqlite:///{folder / 'ledger.db'}",
        "integrations": {"desk": {"type": "HELVIA_LIVECHAT", "accounts": ACCOUNTS}},
        "bots": {"shop-bot": {"livechat": {"integrations": ["desk"], "request_timeout": "2m"} | livechat}},
    }
    settings = require(load_mapping(document, types=registry.types))
    async with Dispatcher(settings, channel=channel, registry=registry, clock=clock) as dispatcher:
        yield Running(dispatcher, channel, clock)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, Recorder(), VirtualClock()) as made:
        yield made


@pytest.mark.feature("PV-01", "CV-23")
async def test_a_handoff_goes_to_the_desk_and_comes_back(world: Running) -> None:
    handoff = await world.request()
    assert isinstance(await world.dispatcher.user_message(handoff.id, Message.text("hello?")), Accepted)
    request = await world.waiting()
    ada = await world.agent()
    conversation = await world.desk.conversations.accept(ada, request.id)
    await world.dispatcher.wait_idle()
    assert (await world.dispatcher.handoff(handoff.id)).state == "active"
    for text in ("Good morning", "How can I help?"):
        await world.desk.messages.send(ada, conversation, text)
    await world.dispatcher.user_message(handoff.id, Message.text("thanks", key="u-2"))
    await world.dispatcher.wait_idle()
    await world.desk.reading.read(ada, conversation, 99)
    await world.desk.conversations.end(ada, conversation.id)
    await world.dispatcher.wait_idle()
    assert world.channel.texts() == ["Good morning", "How can I help?"]
    [end] = world.channel.ended()
    assert end.end.outcome is Outcome.COMPLETED
    assert (end.end.reason.by, end.end.reason.why) == ("agent", "resolved")
    lines = [message.text for message in await world.desk.messages.page(conversation.id)]
    assert lines == [
        "hello?",
        "Ada Marsh accepted the request.",
        "Good morning",
        "How can I help?",
        "thanks",
        "Ada Marsh ended the conversation.",
    ]
    fates = {entry.message.body: entry.fate for entry in await world.dispatcher.entries(handoff.id)}
    assert fates["hello?"] is fates["thanks"] is Fate.SEEN
    assert fates["Good morning"] in {Fate.SENT, Fate.ACKNOWLEDGED}
    assert (await world.desk.conversations.get(conversation.id)).status is ConversationStatus.FINISHED


@pytest.mark.feature("IN-09")
async def test_a_request_that_nobody_takes_is_missed_at_the_desk_too(world: Running) -> None:
    handoff = await world.request()
    request = await world.waiting()
    await world.clock.advance(121)
    await world.dispatcher.wait_idle()
    assert (await world.dispatcher.handoff(handoff.id)).outcome is Outcome.MISSED
    assert (await world.desk.conversations.request(request.id)).status is RequestStatus.MISSED


async def test_an_end_user_who_gives_up_takes_the_request_back(world: Running) -> None:
    handoff = await world.request()
    request = await world.waiting()
    await world.dispatcher.end(handoff.id, by="user")
    await world.dispatcher.wait_idle()
    assert (await world.desk.conversations.request(request.id)).status is RequestStatus.CANCELLED


async def test_an_end_user_who_leaves_finishes_the_conversation(world: Running) -> None:
    handoff = await world.request()
    ada = await world.agent()
    conversation = await world.desk.conversations.accept(ada, (await world.waiting()).id)
    await world.dispatcher.wait_idle()
    await world.dispatcher.end(handoff.id, by="user")
    await world.dispatcher.wait_idle()
    after = await world.desk.conversations.get(conversation.id)
    assert (after.status, after.ended_by) == (ConversationStatus.FINISHED, "user")


@pytest.mark.feature("HO-17", "CV-19")
async def test_typing_and_receipts_go_both_ways(world: Running) -> None:
    handoff = await world.request()
    ada = await world.agent()
    conversation = await world.desk.conversations.accept(ada, (await world.waiting()).id)
    await world.dispatcher.wait_idle()
    await world.dispatcher.user_typing(handoff.id, on=True)
    await world.dispatcher.wait_idle()
    assert world.desk.typing.is_user_typing(conversation.id)
    await world.desk.typing.agent_types(ada, conversation, on=True)
    await world.dispatcher.user_message(handoff.id, Message.text("hello", key="u-1"))
    message, _ = await world.desk.messages.send(ada, conversation, "hi")
    await world.dispatcher.wait_idle()
    await world.dispatcher.user_receipt(handoff.id, UserReceipt(message_key=message.key, status="read"))
    await world.desk.reading.read(ada, conversation, 99)
    await world.dispatcher.wait_idle()
    assert await world.desk.reading.receipts(conversation.id) == {
        "delivered": message.seq,
        "read": message.seq,
    }
    assert any(isinstance(one, Typing) and one.on for one in world.channel.delivered)
    assert any(isinstance(one, Receipt) and one.message_key == "u-1" for one in world.channel.delivered)


async def test_after_a_restart_both_sides_go_on(tmp_path: Path) -> None:
    channel, clock = Recorder(), VirtualClock()
    async with running(tmp_path, channel, clock) as first:
        handoff = await first.request()
        ada = await first.agent()
        conversation = await first.desk.conversations.accept(ada, (await first.waiting()).id)
        await first.dispatcher.user_message(handoff.id, Message.text("before", key="u-1"))
        await first.desk.messages.send(ada, conversation, "before too", key="a-1")
    async with running(tmp_path, channel, clock) as second:
        await second.dispatcher.user_message(handoff.id, Message.text("before", key="u-1"))
        await second.dispatcher.user_message(handoff.id, Message.text("after", key="u-2"))
        await second.desk.messages.send(ada, conversation, "before too", key="a-1")
        await second.desk.messages.send(ada, conversation, "after too", key="a-2")
        await second.dispatcher.wait_idle()
        await clock.advance(60)  # a call that was cut off by the stop is tried again after a pause
        await second.dispatcher.wait_idle()
        said = [m.text for m in await second.desk.messages.page(conversation.id) if m.author != "system"]
        fates = [f"{one.message.key} {one.fate}" for one in await second.dispatcher.entries(handoff.id)]
        assert sorted(said) == ["after", "after too", "before", "before too"], fates
        assert channel.texts() == ["before too", "after too"]
        await second.desk.conversations.end(ada, conversation.id)
        await second.dispatcher.wait_idle()
    assert [end.end.outcome for end in channel.ended()] == [Outcome.COMPLETED]


@pytest.mark.feature("CV-05", "TR-06")
async def test_a_note_is_nowhere_but_in_its_own_table(tmp_path: Path) -> None:
    channel = Recorder()
    async with running(tmp_path, channel, VirtualClock()) as world:
        handoff = await world.request()
        ada = await world.agent()
        request = await world.waiting()
        await world.desk.notes.add(ada, request.conversation_id, f"{NOTE} before")
        conversation = await world.desk.conversations.accept(ada, request.id)
        await world.dispatcher.wait_idle()
        note = await world.desk.notes.add(ada, conversation.id, f"{NOTE} during")
        await world.desk.notes.change(ada, conversation.id, note.id, f"{NOTE} changed")
        await world.desk.messages.send(ada, conversation, "Good morning")
        await world.dispatcher.user_message(handoff.id, Message.text("hello"))
        await world.dispatcher.wait_idle()
        await world.desk.conversations.end(ada, conversation.id)
        await world.desk.notes.add(ada, conversation.id, f"{NOTE} after")
        await world.dispatcher.wait_idle()
        dispatcher = world.dispatcher
        seen = [
            repr(await dispatcher.handoff(handoff.id)),
            repr(await dispatcher.entries(handoff.id)),
            repr(await dispatcher.journal(handoff.id)),
            repr(await dispatcher.actions(handoff.id)),
            repr(channel.delivered),
        ]
        assert channel.texts() == ["Good morning"]
    assert not any(NOTE in text for text in seen)
    with sqlite3.connect(tmp_path / "ledger.db") as database:
        holding = {line.split('"')[1] for line in database.iterdump() if NOTE in line}
    database.close()
    assert holding == {"desk_notes"}
