"""The end user's page and its API: one's own conversation and no other, live, escaped, with limits."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk.domain.messages import Attachment, Message
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import SystemMessage, Typing, UserMessage
from livechat_sdk_helvia.web.headers import CONTENT_SECURITY_POLICY
from livechat_sdk_helvia.webchat import WebChat
from providers.helvia.tests.browsing import client, csrf_of, mounted, stream, tags
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import Clock

EVIL = "\"'><script>alert('x')</script><img src=x onerror=alert(1)>"

Heard = list[tuple[str, str]]


@pytest.fixture
def heard() -> Heard:
    return []


@pytest.fixture
async def chat(memory: MemoryDatabase, clock: Clock, heard: Heard) -> AsyncIterator[WebChat]:
    made = WebChat(memory, bots=("shop", "night"), now=clock.now, title="Chat with the shop")

    async def said(conversation_id: str, message: Message) -> None:
        heard.append((conversation_id, message.body))

    async def typing(conversation_id: str, *, on: bool) -> None:
        heard.append((conversation_id, f"typing {on}"))

    async def end(conversation_id: str) -> None:
        heard.append((conversation_id, "end"))

    async def read(handoff_id: str, key: str) -> None:
        heard.append((handoff_id, f"read {key}"))

    await made.start(said, on_user_typing=typing, on_user_end=end, on_user_read=read)
    yield made
    await made.stop()


@pytest.fixture
def site(chat: WebChat) -> ASGIApp:
    return mounted(chat.app(), "/chat")


@pytest.fixture
async def visitor(site: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client(site) as made:
        yield made


def conversation_of(page: httpx.Response) -> str:
    found = re.search(r'data-conversation="([^"]+)"', page.text)
    assert found
    return found[1]


def agent_says(conversation_id: str, key: str, text: str, *files: Attachment) -> UserMessage:
    return UserMessage(
        key=key,
        handoff_id="h-1",
        conversation_id=conversation_id,
        owner_number=1,
        message=Message(key=f"m-{key}", body=text, attachments=files),
        agent_name="Ada",
    )


# ------------------------------------------------------------------------------------------------ the page
async def test_a_browser_keeps_its_conversation_by_a_cookie(visitor: httpx.AsyncClient) -> None:
    first = await visitor.get("/chat/")
    cookie = SimpleCookie(first.headers["set-cookie"])["webchat"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/chat"
    assert len(cookie.value) >= 43
    again = await visitor.get("/chat/")
    assert "set-cookie" not in again.headers
    assert conversation_of(again) == conversation_of(first)
    assert cookie.value not in first.text


async def test_over_https_the_cookie_is_secure(site: ASGIApp) -> None:
    async with client(site, base_url="https://host") as browser:
        page = await browser.get("/chat/")
        assert SimpleCookie(page.headers["set-cookie"])["__Secure-webchat"]["secure"]


@pytest.mark.parametrize("cookie", ["", "guess", "x" * 5000])
async def test_a_cookie_that_is_not_ours_gets_a_conversation_of_its_own(
    visitor: httpx.AsyncClient, chat: WebChat, cookie: str
) -> None:
    known, _ = await chat.new_conversation()
    page = await visitor.get("/chat/", headers={"cookie": f"webchat={cookie}"})
    assert page.status_code == 200
    assert conversation_of(page) != known.id
    assert SimpleCookie(page.headers["set-cookie"])["webchat"].value != cookie


async def test_a_reload_shows_the_history(visitor: httpx.AsyncClient, chat: WebChat) -> None:
    page = await visitor.get("/chat/")
    conversation = conversation_of(page)
    await visitor.post("/chat/messages", data={"csrf_token": csrf_of(page), "text": "my question"})
    await chat.deliver(agent_says(conversation, "a1", "my answer"))
    again = await visitor.get("/chat/")
    for text in ("my question", "my answer", "Ada", "You are talking with Ada"):
        assert text in again.text


async def test_another_bot_is_another_conversation(visitor: httpx.AsyncClient) -> None:
    first = await visitor.get("/chat/")
    second = await visitor.get("/chat/?bot=night")
    assert conversation_of(first).startswith("shop:")
    assert conversation_of(second).startswith("night:")
    assert conversation_of(await visitor.get("/chat/?bot=night")) == conversation_of(second)
    assert conversation_of(await visitor.get("/chat/")) == conversation_of(second)
    assert (await visitor.get("/chat/?bot=other")).status_code == 422


async def test_a_new_chat_can_be_begun(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/chat/")
    answer = await visitor.post("/chat/new", data={"csrf_token": csrf_of(page)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/chat/")
    assert conversation_of(await visitor.get("/chat/")) != conversation_of(page)


async def test_the_page_works_with_forms_only(
    visitor: httpx.AsyncClient, chat: WebChat, heard: Heard
) -> None:
    page = await visitor.get("/chat/")
    conversation, token = conversation_of(page), csrf_of(page)
    key = re.search(r'name="key" value="([0-9a-f]{32})"', page.text)
    assert key
    for _ in range(2):
        sent = await visitor.post(
            "/chat/messages", data={"csrf_token": token, "text": "hello", "key": key[1]}
        )
        assert (sent.status_code, sent.headers["location"]) == (303, "/chat/")
    await chat.idle()
    assert heard == [(conversation, "hello")]
    await chat.bot_says(conversation, key="b1", text="How can I help?", choices=("Talk to a human",))
    page = await visitor.get("/chat/")
    assert 'data-choice="Talk to a human"' in page.text
    assert '<input type="hidden" name="text" value="Talk to a human">' in page.text
    await visitor.post("/chat/end", data={"csrf_token": token})
    assert heard[-1] == (conversation, "end")


async def test_typing_and_reading_are_passed_on(
    visitor: httpx.AsyncClient, chat: WebChat, heard: Heard
) -> None:
    page = await visitor.get("/chat/")
    conversation, token = conversation_of(page), csrf_of(page)
    await chat.deliver(agent_says(conversation, "a1", "hello"))
    for path, more in (("typing", {"on": "1"}), ("typing", {"on": "0"}), ("read", {"seq": "1"})):
        answer = await visitor.post(f"/chat/{path}", data={"csrf_token": token} | more)
        assert answer.status_code == 204
    assert heard == [(conversation, "typing True"), (conversation, "typing False"), ("h-1", "read m-a1")]


@pytest.mark.parametrize("path", ["messages", "typing", "read", "end", "new"])
async def test_forms_of_other_sites_are_refused(
    visitor: httpx.AsyncClient, site: ASGIApp, heard: Heard, path: str
) -> None:
    async with client(site) as attacker:
        foreign = csrf_of(await attacker.get("/chat/"))
    await visitor.get("/chat/")
    for token in ("", "guess", foreign):
        fields = {"csrf_token": token, "text": "forged", "on": "1", "seq": "1"}
        assert (await visitor.post(f"/chat/{path}", data=fields)).status_code == 403
    assert heard == []


@pytest.mark.parametrize("path", ["messages", "typing", "read", "end", "new", "live"])
async def test_without_a_cookie_there_is_no_conversation(site: ASGIApp, path: str) -> None:
    async with client(site) as stranger:
        method = "GET" if path == "live" else "POST"
        answer = await stranger.request(method, f"/chat/{path}", data={"text": "x"})
        assert answer.status_code == 401


async def test_everything_is_shown_as_text(visitor: httpx.AsyncClient, chat: WebChat) -> None:
    page = await visitor.get("/chat/")
    conversation = conversation_of(page)
    await visitor.post("/chat/messages", data={"csrf_token": csrf_of(page), "text": EVIL})
    file = Attachment(url="javascript:alert(1)", name=EVIL)
    await chat.deliver(agent_says(conversation, "a1", EVIL, file))
    await chat.deliver(
        SystemMessage(
            key="s1",
            handoff_id="h-1",
            conversation_id=conversation,
            owner_number=1,
            moment=Moment.WAITING,
            text=EVIL,
            choices=(EVIL,),
        )
    )
    page = await visitor.get("/chat/")
    assert page.text.count("&lt;script&gt;") >= 4
    for tag, attributes in tags(page.text):
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert not any((value or "").startswith("javascript:") for value in attributes.values())
        if tag in {"script", "img"}:
            assert (attributes["src"] or "").startswith("/chat/static/")


@pytest.mark.parametrize("path", ["", "nothing", "static/chat.js", "api/conversations/x", "live"])
async def test_every_answer_has_the_strict_policy(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(f"/chat/{path}")
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_files_of_the_page_are_there(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/chat/")
    wanted = set(re.findall(r"/chat/static/[\w.]+", page.text)) | {"/chat/static/dom.js"}
    assert len(wanted) >= 5
    for path in wanted:
        assert (await visitor.get(path)).status_code == 200, path


async def test_nobody_floods_a_conversation(visitor: httpx.AsyncClient, clock: Clock) -> None:
    token = csrf_of(await visitor.get("/chat/"))
    fields = {"csrf_token": token, "text": "again"}
    statuses = [(await visitor.post("/chat/messages", data=fields)).status_code for _ in range(61)]
    assert statuses == [303] * 60 + [429]
    clock.advance(seconds=61)
    assert (await visitor.post("/chat/messages", data=fields)).status_code == 303


async def test_nobody_opens_conversations_without_end(site: ASGIApp, clock: Clock) -> None:
    async with client(site) as robot:
        for number in range(61):
            robot.cookies.clear()
            answer = await robot.get("/chat/")
            assert answer.status_code == (200 if number < 60 else 429)
    async with client(site, address="198.51.100.9") as somebody_else:
        assert (await somebody_else.get("/chat/")).status_code == 200


async def test_a_body_that_is_too_large_is_refused(visitor: httpx.AsyncClient) -> None:
    token = csrf_of(await visitor.get("/chat/"))
    answer = await visitor.post("/chat/messages", data={"csrf_token": token, "text": "x" * 200_000})
    assert answer.status_code == 413
    answer = await visitor.post("/chat/messages", data={"csrf_token": token, "text": "x" * 4001})
    assert answer.status_code == 422


async def test_before_the_start_the_page_says_so(memory: MemoryDatabase, clock: Clock) -> None:
    early = WebChat(memory, now=clock.now)
    async with client(mounted(early.app(), "/chat")) as browser:
        answer = await browser.get("/chat/")
    assert answer.status_code == 503
    assert "starting or stopping" in answer.text


async def test_a_database_that_is_gone_is_503(visitor: httpx.AsyncClient, memory: MemoryDatabase) -> None:
    memory.out_of_order = True
    answer = await visitor.get("/chat/")
    assert answer.status_code == 503
    assert "disk" not in answer.text


# -------------------------------------------------------------------------------------------------- the API
async def begin(program: httpx.AsyncClient, **fields: str) -> tuple[str, dict[str, str]]:
    answer = await program.post("/chat/api/conversations", json=fields)
    assert answer.status_code == 201
    return answer.json()["conversation"], {"authorization": f"Bearer {answer.json()['token']}"}


async def test_a_program_talks_through_the_api(
    visitor: httpx.AsyncClient, chat: WebChat, heard: Heard
) -> None:
    conversation, headers = await begin(visitor, bot="night")
    base = f"/chat/api/conversations/{conversation}"
    sent = await visitor.post(f"{base}/messages", json={"text": "hello", "key": "k1"}, headers=headers)
    assert sent.status_code == 201
    again = await visitor.post(f"{base}/messages", json={"text": "hello", "key": "k1"}, headers=headers)
    assert again.status_code == 200
    await chat.idle()
    assert heard == [(conversation, "hello")]
    await chat.deliver(agent_says(conversation, "a1", "Good morning"))
    items = (await visitor.get(f"{base}/messages?after=1", headers=headers)).json()["items"]
    assert [(item["author"], item["name"], item["text"]) for item in items] == [
        ("agent", "Ada", "Good morning")
    ]
    now = (await visitor.get(base, headers=headers)).json()
    assert now == {"conversation": conversation, "bot": "night", "side": "agent", "agent": "Ada"}
    for path, body in (("typing", {"on": True}), ("read", {"seq": 2}), ("end", {})):
        assert (await visitor.post(f"{base}/{path}", json=body, headers=headers)).status_code == 204
    assert [what for _, what in heard] == ["hello", "typing True", "read m-a1", "end"]


async def test_a_token_opens_its_own_conversation_only(visitor: httpx.AsyncClient) -> None:
    first, headers = await begin(visitor)
    second, _ = await begin(visitor)
    for wrong in ({}, {"authorization": "Bearer guess"}):
        assert (await visitor.get(f"/chat/api/conversations/{first}", headers=wrong)).status_code == 401
    for method, path in (("GET", "messages"), ("POST", "messages"), ("GET", "events"), ("POST", "end")):
        answer = await visitor.request(
            method, f"/chat/api/conversations/{second}/{path}", headers=headers, json={"text": "x"}
        )
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"


async def test_an_unknown_bot_and_a_broken_body_are_refused(visitor: httpx.AsyncClient) -> None:
    unknown = await visitor.post("/chat/api/conversations", json={"bot": "other"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (422, "invalid")
    broken = await visitor.post(
        "/chat/api/conversations", content=b"{", headers={"content-type": "application/json"}
    )
    assert broken.status_code == 400


# ----------------------------------------------------------------------------------------------------- live
async def test_programs_get_documents_and_resume_where_they_were(
    visitor: httpx.AsyncClient, chat: WebChat, site: ASGIApp
) -> None:
    conversation, headers = await begin(visitor)
    path = f"/chat/api/conversations/{conversation}/events"
    async with stream(site, path, headers=headers) as live:
        assert (await live.next("side")).data == {"side": "bot", "agent": None}
        await chat.deliver(agent_says(conversation, "a1", "one"))
        first = await live.next("message")
        assert (first.id, first.data["text"]) == ("1", "one")
        assert (await live.next("side")).data == {"side": "agent", "agent": "Ada"}
    await chat.deliver(agent_says(conversation, "a2", "two"))
    async with stream(site, path, headers=headers | {"last-event-id": "1"}) as live:
        assert (await live.next("message")).data["text"] == "two"
        assert [event for event in await live.settled() if event.name == "message"] == []


async def test_the_page_gets_markup_that_is_escaped(
    visitor: httpx.AsyncClient, chat: WebChat, site: ASGIApp
) -> None:
    conversation = conversation_of(await visitor.get("/chat/"))
    cookie = f"webchat={visitor.cookies['webchat']}"
    async with stream(site, "/chat/live", cookies=cookie) as live:
        await chat.deliver(agent_says(conversation, "a1", EVIL))
        html = (await live.next("message")).data["html"]
        assert "&lt;script&gt;" in html
        assert {tag for tag, _ in tags(html)} <= {"li", "p", "span", "time"}
        await chat.deliver(
            Typing(key="t", handoff_id="h-1", conversation_id=conversation, owner_number=1, on=True)
        )
        while not (await live.next("typing")).data["on"]:
            pass


async def test_what_happens_in_other_conversations_is_not_told(
    visitor: httpx.AsyncClient, chat: WebChat, site: ASGIApp
) -> None:
    conversation, headers = await begin(visitor)
    other, _ = await begin(visitor)
    async with stream(site, f"/chat/api/conversations/{conversation}/events", headers=headers) as live:
        await live.settled()
        await chat.deliver(agent_says(other, "a1", "private"))
        assert await live.settled() == []


async def test_stopping_ends_the_streams(visitor: httpx.AsyncClient, chat: WebChat, site: ASGIApp) -> None:
    conversation, headers = await begin(visitor)
    async with stream(site, f"/chat/api/conversations/{conversation}/events", headers=headers) as live:
        await live.settled()
        await chat.stop()
        await live.settled()
        assert live.ended.is_set()
