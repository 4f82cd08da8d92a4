"""Live updates: what is new, once, and after a lost connection from where it was cut."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.provider.interface import ChatDetails
from livechat_sdk_helvia.web.live import sse
from providers.helvia.tests.browsing import sign_in, stream
from providers.helvia.tests.world import World, planned, request_id


@pytest.fixture
async def cookie(browser: httpx.AsyncClient) -> str:
    """Ada's cookie."""
    await sign_in(browser, "ada")
    return f"desk_session={browser.cookies['desk_session']}"


@pytest.mark.feature("HO-03")
async def test_a_new_request_shows_in_the_counts_of_an_open_inbox(
    quick_world: World, app: ASGIApp, cookie: str
) -> None:
    async with stream(app, "/desk/live", cookies=cookie) as live:
        assert live.status == 200
        assert live.headers["content-type"].startswith("text/event-stream")
        assert live.headers["cache-control"] == "no-store"
        assert (await live.next("inbox")).data == {"new": 0, "open": 0, "closed": 0}
        chat = await quick_world.chat()
        assert (await live.next("inbox")).data["new"] == 1
        await quick_world.desk.conversations.accept(quick_world.ben, request_id(chat))
        assert (await live.next("inbox")).data == {"new": 0, "open": 1, "closed": 0}


@pytest.mark.feature("IN-09")
async def test_a_missed_request_leaves_the_counts(quick_world: World, app: ASGIApp, cookie: str) -> None:
    chat = await quick_world.chat()
    async with stream(app, "/desk/live", cookies=cookie) as live:
        assert (await live.next("inbox")).data["new"] == 1
        await quick_world.provider.close(chat, EndReason(by="clock", why="timeout"))
        assert (await live.next("inbox")).data == {"new": 0, "open": 0, "closed": 0}


async def test_messages_come_with_their_number_and_escaped(
    quick_world: World, app: ASGIApp, cookie: str
) -> None:
    chat = await quick_world.chat()
    conversation = await quick_world.desk.conversations.accept(quick_world.ada, request_id(chat))
    async with stream(app, f"/desk/live?conversation={conversation.id}&after=1", cookies=cookie) as live:
        await live.next("typing")
        await quick_world.provider.send(chat, planned(quick_world.clock, "k1", "<script>\n\nevent: x"))
        event = await live.next("message")
        assert (event.id, event.data["seq"], event.data["author"]) == ("2", 2, "end-user")
        assert "&lt;script&gt;" in event.data["html"]
        assert "<script" not in event.data["html"]


async def test_the_stream_resumes_where_it_was_cut(quick_world: World, app: ASGIApp, cookie: str) -> None:
    conversation = await quick_world.accepted()
    for number in range(5):
        await quick_world.desk.messages.send(quick_world.ada, conversation, f"m{number}")
    path = f"/desk/live?conversation={conversation.id}&after=1"
    async with stream(app, path, cookies=cookie) as live:
        seen = [(await live.next("message")).data["seq"] for _ in range(5)]
    assert seen == [2, 3, 4, 5, 6]
    async with stream(app, path, cookies=cookie, headers={"last-event-id": "4"}) as live:
        assert [(await live.next("message")).data["seq"] for _ in range(2)] == [5, 6]
        assert [event for event in await live.settled() if event.name == "message"] == []


async def test_every_message_comes_once_while_many_are_sent(
    quick_world: World, app: ASGIApp, cookie: str
) -> None:
    conversation = await quick_world.accepted()
    path = f"/desk/live?conversation={conversation.id}"
    async with stream(app, path, cookies=cookie) as live:
        sends = (
            quick_world.desk.messages.send(quick_world.ada, conversation, f"m{number}")
            for number in range(250)
        )
        await asyncio.gather(*sends)
        seen = [(await live.next("message")).data["seq"] for _ in range(251)]
        assert seen == list(range(1, 252))


@pytest.mark.feature("CV-20")
async def test_typing_and_receipts_of_the_end_user_are_shown(
    quick_world: World, app: ASGIApp, cookie: str
) -> None:
    chat = await quick_world.chat()
    conversation = await quick_world.desk.conversations.accept(quick_world.ada, request_id(chat))
    message, _ = await quick_world.desk.messages.send(quick_world.ada, conversation, "hello")
    async with stream(app, f"/desk/live?conversation={conversation.id}", cookies=cookie) as live:
        assert not (await live.next("typing")).data["on"]
        await quick_world.provider.typing(chat, on=True)
        assert (await live.next("typing")).data["on"]
        await quick_world.provider.receipt(chat, UserReceipt(message_key=message.key, status="read"))
        assert (await live.next("receipts")).data == {"delivered": message.seq, "read": message.seq}


async def test_notes_details_and_the_end_are_told(quick_world: World, app: ASGIApp, cookie: str) -> None:
    chat = await quick_world.chat()
    conversation = await quick_world.desk.conversations.accept(quick_world.ada, request_id(chat))
    async with stream(app, f"/desk/live?conversation={conversation.id}", cookies=cookie) as live:
        assert (await live.next("status")).data["status"] == "started"
        await live.next("details")
        await quick_world.desk.notes.add(quick_world.ben, conversation.id, "secret words")
        assert (await live.next("notes")).data == {}
        await quick_world.provider.update(chat, ChatDetails())
        await live.next("details")
        await quick_world.provider.close(chat, EndReason(by="user", why="resolved"))
        assert "The end user left" in (await live.next("message")).data["html"]
        assert (await live.next("status")).data["status"] == "finished"


async def test_what_happens_elsewhere_is_not_told(quick_world: World, app: ASGIApp, cookie: str) -> None:
    mine, other = await quick_world.accepted("ref-1"), await quick_world.accepted("ref-2")
    async with stream(app, f"/desk/live?conversation={mine.id}", cookies=cookie) as live:
        await live.settled()
        await quick_world.desk.messages.send(quick_world.ada, other, "elsewhere")
        names = {event.name for event in await live.settled()}
    assert names == {"inbox", "unread"}


async def test_signing_out_ends_the_stream(
    quick_world: World, app: ASGIApp, browser: httpx.AsyncClient, cookie: str
) -> None:
    async with stream(app, "/desk/live", cookies=cookie) as live:
        await live.next("inbox")
        await quick_world.desk.sessions.end(browser.cookies["desk_session"])
        await live.next("signed-out")
        async with asyncio.timeout(5):
            await live.ended.wait()


async def test_an_expired_session_ends_the_stream_although_there_is_always_news(
    quick_world: World, cookie: str
) -> None:
    from livechat_sdk_helvia.web import live as live_module
    from livechat_sdk_helvia.web.app import create_app
    from providers.helvia.tests.browsing import mounted

    app = mounted(create_app(quick_world.provider, heartbeat=0.01))
    assert live_module.EVENT_STREAM
    async with stream(app, "/desk/live", cookies=cookie) as live:
        await live.next("inbox")
        quick_world.clock.advance(days=2)
        async with asyncio.timeout(5):
            while not live.ended.is_set():
                quick_world.desk.hub.publish("inbox", "lines")
                await asyncio.sleep(0.001)
    assert "signed-out" in {event.name for event in await live.settled()}


async def test_stopping_the_desk_ends_its_streams(quick_world: World, app: ASGIApp, cookie: str) -> None:
    async with stream(app, "/desk/live", cookies=cookie) as live:
        await live.next("inbox")
        await quick_world.provider.stop()
        async with asyncio.timeout(5):
            await live.ended.wait()


async def test_a_silent_stream_looks_by_itself(quick_world: World, cookie: str) -> None:
    """Another process may have changed the tables without telling this one."""
    from livechat_sdk_helvia.web.app import create_app
    from providers.helvia.tests.browsing import mounted
    from providers.helvia.tests.world import make_provider, opening, start

    app = mounted(create_app(quick_world.provider, heartbeat=0.01))
    elsewhere = await start(
        make_provider(quick_world.clock, accounts=quick_world.provider.settings.accounts),
        quick_world.database,
    )
    async with stream(app, "/desk/live", cookies=cookie) as live:
        assert (await live.next("inbox")).data["new"] == 0
        await elsewhere.open(opening(quick_world.clock))
        while (await live.next("inbox")).data["new"] != 1:
            pass


@pytest.mark.parametrize("query", ["conversation=x", "after=-1", "conversation=1"])
async def test_a_stream_of_nothing_is_refused(
    quick_world: World, browser: httpx.AsyncClient, cookie: str, query: str
) -> None:
    answer = await browser.get(f"/desk/live?{query}", headers={"accept": "application/json"})
    assert answer.status_code in {404, 422}


async def test_the_stream_needs_a_session(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/desk/live", headers={"accept": "application/json"})
    assert answer.status_code == 401


def test_data_has_no_line_break_of_its_own() -> None:
    text = sse("message", {"text": "a\n\nb\r\ndata: x "}, event_id=7)
    assert text.startswith("id: 7\nevent: message\ndata: ")
    assert text.endswith("\n\n")
    assert text.count("\n") == 4
    assert "\r" not in text
