"""A whole handoff between two applications: a dispatcher with the remote form, and a desk as the manager."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from livechat_sdk import Dispatcher, Handoff, HandoffRequest, Message, Outcome, Registry
from livechat_sdk.config import load_mapping, require
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.messages import Attachment, Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import SystemMessage, Typing, UserMessage
from livechat_sdk.domain.people import EndUser
from livechat_sdk.gateway import create_app
from livechat_sdk.http import override_transport
from livechat_sdk_helvia import plugin
from livechat_sdk_helvia.callbacks.queue import LEASE
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import Conversation, RequestStatus
from livechat_sdk_testing.clock import VirtualClock
from providers.helvia.tests.browsing import mounted
from providers.helvia.tests.callback_world import KEY, SERVICE_TOKEN, TELLING, deliver, telling_world, waiting
from providers.helvia.tests.kept_files import PNG
from providers.helvia.tests.stored_database import open_stored
from providers.helvia.tests.test_with_dispatcher import Recorder
from providers.helvia.tests.world import ACCOUNTS, Clock, Host, World, make_provider, start

MANAGER = {
    "type": "HELVIA_LIVECHAT",
    "baseUrl": "https://manager.example/desk/manager",
    "serviceToken": SERVICE_TOKEN,
    "webhookKey": KEY,
    "organizationId": "default",
}


class OneTime(Clock):
    """The desk's clock: the same time as the dispatcher's."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> Any:
        return self._clock.now()


@dataclass
class Both(httpx.AsyncBaseTransport):
    """The two applications, and what lies between them. ``cut``: callbacks do not get through."""

    desk: World
    clock: VirtualClock
    folder: Path
    channel: Recorder = field(default_factory=Recorder)
    cut: bool = False
    lost: int = 0
    """So many callbacks are taken, and the answer is lost."""
    taken: list[bytes] = field(default_factory=list[bytes])
    running: Dispatcher | None = None

    def __post_init__(self) -> None:
        self.serve_desk()
        self._gateway: httpx.ASGITransport | None = None

    def serve_desk(self) -> None:
        """Put the desk's paths where the manager is."""
        self._manager = httpx.ASGITransport(mounted(self.desk.provider.pages()))

    @property
    def dispatcher(self) -> Dispatcher:
        assert self.running is not None
        return self.running

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "manager.example":
            return await self._manager.handle_async_request(request)
        assert request.url.host == "bots.example"
        if self.cut or self._gateway is None:
            return httpx.Response(502)
        answer = await self._gateway.handle_async_request(request)
        self.taken.append(request.content)
        if self.lost:
            self.lost -= 1
            raise httpx.ReadError("the connection broke", request=request)
        return answer

    async def serve_bots(self) -> None:
        """Start the dispatcher and its gateway."""
        registry = Registry({"helvia": plugin})
        document = {
            "version": 1,
            "store": f"sqlite:///{self.folder / 'ledger.db'}",
            "integrations": {"manager": MANAGER},
            "bots": {"shop-bot": {"livechat": {"integrations": ["manager"], "request_timeout": "10m"}}},
        }
        settings = require(load_mapping(document, types=registry.types))
        dispatcher = Dispatcher(settings, channel=self.channel, registry=registry, clock=self.clock)
        self.running = await dispatcher.__aenter__()
        app = create_app(dispatcher, tokens=[SecretStr("t" * 32)])
        self._gateway = httpx.ASGITransport(app, raise_app_exceptions=False)

    async def stop_bots(self) -> None:
        """Stop them; callbacks find nobody."""
        if self.running is not None:
            await self.running.__aexit__(None, None, None)
        self.running, self._gateway = None, None

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        delivered = 1
        while delivered:
            if self.running is not None:
                await self.running.wait_idle()
            delivered = await deliver(self.desk)

    async def pass_time(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await self.settle()

    async def asked(self, **more: Any) -> Handoff:
        """The end user asked for a human."""
        request = {
            "key": "k-1",
            "conversation_id": "c-1",
            "bot": "shop-bot",
            "user": EndUser(id="u-1", name="Maria"),
            "transcript": [{"author": "user", "body": "a human please"}],
        }
        handoff = await self.dispatcher.request(HandoffRequest.model_validate(request | more))
        await self.settle()
        return handoff

    async def accepted(self, by: str = "ada") -> Conversation:
        [request] = await self.desk.desk.inbox.requests(RequestStatus.NEW)
        conversation = await self.desk.desk.accept(self.desk.people[by], request.id)
        await self.settle()
        return conversation

    async def says(self, conversation: Conversation, *words: str) -> None:
        for text in words:
            await self.desk.desk.messages.send(self.desk.ada, conversation, text)

    async def state(self, handoff: Handoff) -> HandoffState:
        return (await self.dispatcher.handoff(handoff.id)).state


@asynccontextmanager
async def apart(folder: Path) -> AsyncIterator[Both]:
    """Two applications, each with a store of its own."""
    clock = VirtualClock()
    (folder / "desk").mkdir()
    async with open_stored(folder / "desk") as database:
        both = Both(await telling_world(OneTime(clock), database), clock, folder)
        with override_transport(both):
            await both.serve_bots()
            try:
                yield both
            finally:
                await both.stop_bots()
                if both.desk.provider.started:
                    await both.desk.provider.stop()


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Both]:
    async with apart(tmp_path) as made:
        yield made


@pytest.mark.feature("API-03", "API-05")
async def test_a_handoff_goes_to_a_desk_elsewhere_and_comes_back(both: Both) -> None:
    handoff = await both.asked()
    assert await both.state(handoff) is HandoffState.QUEUED
    await both.dispatcher.user_message(handoff.id, Message(key="u-1", body="hello?"))
    conversation = await both.accepted()
    now = await both.dispatcher.handoff(handoff.id)
    assert now.state is HandoffState.ACTIVE
    assert now.agent is not None
    assert now.agent.name == "Ada"
    await both.desk.desk.typing.agent_types(both.desk.ada, conversation, on=True)
    await both.says(conversation, "Good morning", "How can I help?")
    bill = Attachment(url="https://files.example/bill.pdf", name="bill.pdf", media_type="application/pdf")
    await both.dispatcher.user_message(
        handoff.id, Message(key="u-2", body="This is wrong", attachments=(bill,))
    )
    await both.settle()
    assert both.channel.texts() == ["Good morning", "How can I help?"]
    assert [one.on for one in both.channel.delivered if isinstance(one, Typing)][:1] == [True]
    lines = await both.desk.desk.messages.page(conversation.id)
    first, second = [line.text for line in lines if line.author == "end-user"]
    assert first == "hello?"
    assert second.startswith("This is wrong")
    assert "https://files.example/bill.pdf" in second
    await both.desk.desk.conversations.end(both.desk.ada, conversation.id)
    await both.settle()
    [end] = both.channel.ended()
    assert end.end.outcome is Outcome.COMPLETED
    assert (end.end.reason.by, end.end.reason.why) == ("agent", "resolved")
    entries = await both.dispatcher.entries(handoff.id)
    assert Fate.DOUBTFUL not in {one.fate for one in entries}
    assert (await waiting(both.desk))["waiting"] == 0


@pytest.mark.feature("API-05")
async def test_a_file_of_a_member_reaches_the_end_user_as_a_link_of_the_desk(both: Both) -> None:
    async def picture() -> AsyncIterator[bytes]:
        yield PNG

    both.desk.host.files.links = "https://desk.example/files"
    await both.asked()
    conversation = await both.accepted()
    desk = both.desk.desk
    photo = await desk.files.upload(both.desk.ada, conversation, picture(), name="photo.png")
    await desk.messages.send(both.desk.ada, conversation, "Here it is", files=[photo.id])
    await both.settle()
    [shown] = [one.message for one in both.channel.delivered if isinstance(one, UserMessage)]
    [file] = shown.attachments
    assert (shown.body, file.name, file.media_type) == ("Here it is", "photo.png", "image/png")
    assert file.url.startswith("https://desk.example/files/")


@pytest.mark.feature("API-05")
async def test_the_end_user_ends_it_and_the_desk_hears_of_it_once(both: Both) -> None:
    handoff = await both.asked()
    conversation = await both.accepted()
    await both.dispatcher.end(handoff.id, by="user")
    await both.settle()
    over = await both.desk.reload(conversation)
    assert (over.status, over.ended_by) == ("finished", "user")
    assert len(both.channel.ended()) == 1
    assert (await waiting(both.desk))["waiting"] == 0


@pytest.mark.feature("API-05")
async def test_an_end_user_who_leaves_while_waiting_leaves_new(both: Both) -> None:
    handoff = await both.asked()
    await both.dispatcher.end(handoff.id, by="user")
    await both.settle()
    assert await both.desk.desk.inbox.requests(RequestStatus.NEW) == []


@pytest.mark.feature("API-05", "PL-05")
async def test_a_request_that_the_desk_misses_is_missed_at_the_bots_as_well(both: Both) -> None:
    handoff = await both.asked()
    await both.pass_time(119)
    assert await both.desk.desk.missing.work() == 0
    await both.pass_time(1)
    assert await both.desk.desk.missing.work() == 1
    await both.settle()
    [end] = both.channel.ended()
    assert (end.end.outcome, end.end.reason.by) == (Outcome.MISSED, "clock")
    assert await both.state(handoff) is HandoffState.ENDED
    await both.pass_time(3600)
    assert len(both.channel.ended()) == 1


async def test_the_end_user_is_told_of_a_transfer_at_a_desk_elsewhere(both: Both) -> None:
    handoff = await both.asked()
    conversation = await both.accepted()
    desk, ben = both.desk.desk, both.desk.ben
    await desk.presence.seen(ben)
    asked = await desk.transfers.transfer(both.desk.ada, conversation.id, agent=ben.id)
    await desk.accept(ben, asked.request_id)
    await both.settle()
    told = [(one.moment, one.text) for one in both.channel.delivered if isinstance(one, SystemMessage)]
    assert told[-2:] == [
        (Moment.TRANSFERRED, "You are being transferred to Ben. Please stay in the chat."),
        (Moment.JOINED, "You are now chatting with Ben."),
    ]
    now = await both.dispatcher.handoff(handoff.id)
    assert now.agent is not None
    assert (now.state, now.agent.name) == (HandoffState.ACTIVE, "Ben")


@pytest.mark.feature("API-05")
async def test_what_was_taken_when_the_deliverer_died_is_shown_once_and_the_rest_in_order(both: Both) -> None:
    await both.asked()
    conversation = await both.accepted()
    await both.says(conversation, "one", "two", "three")
    both.lost = 1  # it has arrived, and nobody knows
    await deliver(both.desk)
    dead = await both.desk.desk.queue.claim(conversation.id)
    assert dead is None, "the first waits for its next try"
    await both.pass_time(2)
    assert both.channel.texts() == ["one", "two", "three"]
    await both.says(conversation, "four", "five")
    dead = await both.desk.desk.queue.claim(conversation.id)
    assert dead is not None
    # The process dies here. Another one, on the same tables, goes on when the lease is over.
    clock = OneTime(both.clock)
    provider = await start(
        make_provider(clock, **TELLING, accounts=ACCOUNTS), both.desk.database, Host(both.desk.database)
    )
    both.desk.provider = provider
    assert await deliver(both.desk) == 0
    await both.pass_time(LEASE)
    assert both.channel.texts() == ["one", "two", "three", "four", "five"]
    await both.desk.desk.conversations.end(both.desk.ada, conversation.id)
    await both.settle()
    assert len(both.channel.ended()) == 1


@pytest.mark.feature("API-05")
async def test_what_happens_while_the_dispatcher_is_down_comes_when_it_is_back(both: Both) -> None:
    handoff = await both.asked()
    conversation = await both.accepted()
    await both.stop_bots()
    await both.says(conversation, "are", "you")
    await both.settle()
    await both.pass_time(30)
    await both.says(conversation, "there?")
    await both.settle()
    await both.serve_bots()
    await both.pass_time(300)
    assert both.channel.texts() == ["are", "you", "there?"]
    both.cut = True
    await both.desk.desk.conversations.end(both.desk.ada, conversation.id)
    await both.settle()
    assert both.channel.ended() == []
    both.cut = False
    await both.pass_time(5)
    assert await both.state(handoff) is HandoffState.ENDED


async def test_every_callback_may_come_again(both: Both) -> None:
    await both.asked()
    conversation = await both.accepted()
    await both.says(conversation, "one", "two")
    await both.settle()
    await both.desk.desk.conversations.end(both.desk.ada, conversation.id)
    await both.settle()
    shown = len(both.channel.delivered)
    for body in list(both.taken):
        answer = await both.handle_async_request(
            httpx.Request(
                "POST",
                "https://bots.example/webhooks/manager",
                content=body,
                headers={"x-livechat-key": KEY, "content-type": "application/json"},
            )
        )
        assert answer.status_code == 200
    await both.settle()
    assert len(both.channel.delivered) == shown


async def test_a_wrong_key_opens_nothing(both: Both) -> None:
    other = {**TELLING, "callbacks": {**TELLING["callbacks"], "key": "a key that somebody has made up"}}
    await both.desk.provider.stop()
    clock = OneTime(both.clock)
    wrong: HelviaProvider = await start(
        make_provider(clock, **other, accounts=ACCOUNTS), both.desk.database, Host(both.desk.database)
    )
    both.desk.provider = wrong
    both.serve_desk()
    handoff = await both.asked()
    conversation = await both.accepted()
    await both.says(conversation, "hello")
    await both.settle()
    assert await both.state(handoff) is not HandoffState.ACTIVE
    assert both.channel.texts() == []
    assert (await waiting(both.desk))["error"] == "the other side answered 401"
