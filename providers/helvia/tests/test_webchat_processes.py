"""The chat page in several processes on one database: every open page hears of everything, soon."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.outgoing import Typing
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk_helvia.webchat import WebChat
from livechat_sdk_testing.postgres import PostgresServer
from providers.helvia.tests.browsing import following
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.test_two_processes import (
    SETTINGS,
    TOKEN,
    Served,
    request_in_new,
    signed_in,
    started,
    until,
)
from providers.helvia.tests.test_webchat import agent_says, envelope
from providers.helvia.tests.world import PASSWORD, Clock

PROGRAM = '''
"""A desk and a chat page of one bot, which asks for a human at the first word."""

import asyncio

from livechat_sdk import Dispatcher, EndUser, HandoffRequest
from livechat_sdk.gateway import create_app
from livechat_sdk.gateway.server import GatewayServer
from livechat_sdk_helvia.webchat import WebChat


class Channel:
    def __init__(self):
        self.page = asyncio.Future()

    async def deliver(self, outgoing):
        await (await asyncio.shield(self.page)).deliver(outgoing)


async def main():
    channel = Channel()
    async with Dispatcher.from_file("livechat.yaml", channel=channel) as dispatcher:
        page = WebChat(dispatcher.database, bots=("shop-bot",))

        async def said(conversation_id, message):
            request = HandoffRequest(
                key=conversation_id,
                conversation_id=conversation_id,
                bot="shop-bot",
                user=EndUser(id="u-1", name="Maria"),
            )
            handoff = await dispatcher.request(request)
            if message.body != "a human, please":
                await dispatcher.user_message(handoff.id, message)

        await page.start(said)
        channel.page.set_result(page)
        tokens = dispatcher.settings.gateway.tokens
        app = create_app(dispatcher, tokens=tokens, mounts={"chat": page.app()})
        server = GatewayServer(app, port=0)
        await server.run(on_started=lambda url: print(f"listening on {url}", flush=True))
        await page.stop()


asyncio.run(main())
'''


async def nobody(_conversation: str, _message: Message) -> None:
    pass


async def two_pages(database: EmbeddedDatabase, clock: Clock) -> tuple[WebChat, WebChat]:
    """The same chat page as two processes have it. Telling and looking are the test's."""
    pages = WebChat(database, now=clock.now), WebChat(database, now=clock.now)
    for page in pages:
        await page.start(nobody, background=False)
        page.news.listen()
    return pages


async def test_what_one_page_is_told_wakes_the_streams_of_the_other(
    memory: MemoryDatabase, clock: Clock
) -> None:
    here, there = await two_pages(memory, clock)
    found, _ = await here.new_conversation()
    with there.hub.subscribe(found.id) as watched:
        await here.deliver(agent_says(found.id, "k-1", "Good morning"))
        assert await here.news.tell()
        assert await there.news.look() == 1
        assert {"messages", "side"} <= await watched.wait(0)
        assert await there.news.look() == 0
        assert await here.news.look() == 0, "nobody hears what they told themselves"
    await here.stop()
    await there.stop()


async def test_who_types_is_known_on_both_pages_and_the_last_word_counts(
    memory: MemoryDatabase, clock: Clock
) -> None:
    here, there = await two_pages(memory, clock)
    found, _ = await here.new_conversation()
    for on in (True, False, True):
        await here.deliver(Typing(**envelope(found.id, f"k-{on}"), on=on))
    await here.news.tell()
    await there.news.look()
    assert there.is_agent_typing(found.id)
    await there.deliver(agent_says(found.id, "k-2", "There it is"))
    await there.news.tell()
    await here.news.look()
    assert not here.is_agent_typing(found.id)
    await here.stop()
    await there.stop()


async def test_a_page_without_readers_does_not_look(memory: MemoryDatabase, clock: Clock) -> None:
    here, there = await two_pages(memory, clock)
    seen = [there.hub.is_watched]
    with there.hub.subscribe("shop:1"):
        seen.append(there.hub.is_watched)
    assert [*seen, there.hub.is_watched] == [False, True, False]
    await here.stop()
    await there.stop()


# ------------------------------------------------------------------------------------------- real processes
@pytest.mark.timeout(180)  # two programs and a database start on whatever else the machine has to do
async def test_the_end_users_page_follows_in_either_process(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    store = await postgres_server.new_database()
    settings = SETTINGS.format(store=store, token=TOKEN, password=PASSWORD)
    (tmp_path / "livechat.yaml").write_text(settings, "utf-8")
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    async with AsyncExitStack() as running:
        command = (sys.executable, "program.py")
        processes = [
            await running.enter_async_context(started(tmp_path, name, *command)) for name in ("ada", "ben")
        ]
        one, two = [
            await running.enter_async_context(signed_in(process, name))
            for process, name in zip(processes, ("ada", "ben"), strict=True)
        ]
        opened = (await one.client.post("/chat/api/conversations", json={})).json()
        conversation = opened["conversation"]
        bearer = {"authorization": f"Bearer {opened['token']}"}
        events = f"/chat/api/conversations/{conversation}/events"
        pages = [await running.enter_async_context(following(at.client, events, bearer)) for at in (one, two)]

        async def says(at: Served, text: str) -> None:
            path = f"/chat/api/conversations/{conversation}/messages"
            sent = await at.client.post(path, json={"text": text}, headers=bearer)
            assert sent.status_code == 201, sent.text
            for page in pages:
                await until(page, "message", author="user", text=text)

        await says(one, "a human, please")
        async with two.watching() as desk:
            accepted = await two.asks(f"/requests/{await request_in_new(desk, two)}/accept")
        assert accepted.status_code == 200, accepted.text
        for page in pages:
            await until(page, "side", side="agent")
        place = f"/conversations/{accepted.json()['id']}"
        await two.asks(f"{place}/typing", on=True)
        for page in pages:
            await until(page, "typing", on=True)
        await two.asks(f"{place}/messages", text="Hello from Ben")
        for page in pages:
            await until(page, "message", author="agent", text="Hello from Ben")
        for at in (one, two):
            await says(at, f"through {at.client.base_url.port}")
        await two.asks(f"{place}/end")
        for page in pages:
            await until(page, "side", side="bot")
