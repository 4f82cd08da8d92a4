"""The API for programs: documents under the published names, and refusals that say what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from providers.helvia.tests.browsing import client, mounted, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import PASSWORD, Clock, World, make_provider, planned, request_id


@pytest.fixture
async def ada(quick_world: World, browser: httpx.AsyncClient) -> httpx.AsyncClient:
    """A program of Ada's."""
    browser.headers.update(await token_of(browser, "ada"))
    return browser


def error(answer: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert set(body) == {"error"}
    return body["error"]  # type: ignore[no-any-return]  # JSON


@pytest.mark.feature("HO-07", "SM-17", "IN-06", "IN-08", "IN-14", "CV-01", "CV-02", "CV-04")
async def test_a_whole_conversation_through_the_api(quick_world: World, ada: httpx.AsyncClient) -> None:
    chat = await quick_world.chat()
    await quick_world.provider.send(chat, planned(quick_world.clock, "k1", "hello?"))
    [request] = (await ada.get("/desk/api/requests?status=new")).json()["items"]
    assert request["type"] == "external"
    assert request["platformUserName"] == "Maria Pappa"
    assert request["tenantId"] == "shop-bot"
    assert request["metadata"]["preLiveChatSurvey"] == [
        {"question": "What is it about?", "answer": "My order"}
    ]
    talk = (await ada.post(f"/desk/api/requests/{request['id']}/accept")).json()
    assert talk["status"] == "started"
    assert talk["owner"]["fullName"] == "Ada Marsh"
    base = f"/desk/api/conversations/{talk['id']}"
    sent = await ada.post(f"{base}/messages", json={"text": "Good morning", "key": "a1"})
    assert sent.status_code == 201
    again = await ada.post(f"{base}/messages", json={"text": "Good morning", "key": "a1"})
    assert again.status_code == 200
    assert again.json() == sent.json()
    messages = (await ada.get(f"{base}/messages")).json()["items"]
    assert [(m["type"], m["text"]) for m in messages] == [
        ("text", "hello?"),
        ("system_message", "Ada Marsh accepted the request."),
        ("text", "Good morning"),
    ]
    assert [m["seq"] for m in (await ada.get(f"{base}/messages?after=2")).json()["items"]] == [3]
    history = (await ada.get(f"{base}/history")).json()["items"]
    assert [line["text"] for line in history] == ["Where is my order?", "I do not know."]
    note = await ada.post(f"{base}/notes", json={"text": "call back"})
    assert note.status_code == 201
    changed = await ada.patch(f"{base}/notes/{note.json()['id']}", json={"text": "no call"})
    assert changed.json()["text"] == "no call"
    assert [n["text"] for n in (await ada.get(f"{base}/notes")).json()["items"]] == ["no call"]
    assert (await ada.delete(f"{base}/notes/{note.json()['id']}")).status_code == 204
    assert (await ada.post(f"{base}/read", json={"seq": 9})).status_code == 204
    assert (await ada.post(f"{base}/typing", json={"on": True})).status_code == 204
    assert (await ada.get("/desk/api/counts")).json() == {"new": 0, "open": 1, "closed": 0}
    ended = (await ada.post(f"{base}/end")).json()
    assert (ended["status"], ended["endedBy"], ended["endedWhy"]) == ("finished", "agent", "resolved")
    assert [p["status"] for p in (await ada.get(base)).json()["livechatParticipants"]] == ["inactive"]
    closed = (await ada.get("/desk/api/conversations?status=finished")).json()["items"]
    assert [item["id"] for item in closed] == [talk["id"]]
    assert await quick_world.kinds() == [
        "chat_accepted",
        "agent_joined",
        "message_received",
        "message_read",
        "typing_changed",
        "chat_ended",
    ]


async def test_who_am_i(ada: httpx.AsyncClient) -> None:
    me = (await ada.get("/desk/api/me")).json()
    assert (me["fullName"], me["roles"]) == ("Ada Marsh", ["HBF_ORG_LIVE_AGENT"])


@pytest.mark.feature("HI-05", "HI-06")
async def test_missed_requests_can_be_listed(quick_world: World, ada: httpx.AsyncClient) -> None:
    from livechat_sdk.domain.ends import EndReason

    chat = await quick_world.chat()
    await quick_world.provider.close(chat, EndReason(by="clock", why="timeout"))
    [missed] = (await ada.get("/desk/api/requests?status=missed")).json()["items"]
    assert (missed["id"], missed["status"], missed["acceptedBy"]) == (request_id(chat), "missed", None)


@pytest.mark.feature("IN-07")
async def test_the_second_accept_is_refused_with_the_name_of_the_first(
    quick_world: World, ada: httpx.AsyncClient
) -> None:
    chat = await quick_world.chat()
    await quick_world.desk.conversations.accept(quick_world.ben, request_id(chat))
    answer = await ada.post(f"/desk/api/requests/{request_id(chat)}/accept")
    assert answer.status_code == 409
    assert error(answer)["code"] == "already_taken"
    assert "Ben Okoro" in error(answer)["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "api/nothing", None, 404, "not_found"),
        ("GET", "api/requests/1", None, 404, "not_found"),
        ("GET", "api/conversations/1", None, 404, "not_found"),
        ("GET", "api/conversations/one", None, 422, "invalid"),
        ("GET", "api/conversations/99999999999999999999", None, 422, "invalid"),
        ("GET", "api/conversations/-1", None, 422, "invalid"),
        ("GET", "api/conversations/²", None, 422, "invalid"),
        ("GET", "api/requests?status=all", None, 422, "invalid"),
        ("GET", "api/requests?take=1000", None, 422, "invalid"),
        ("GET", "api/requests?skip=x", None, 422, "invalid"),
        ("DELETE", "api/requests", None, 405, "refused"),
        ("POST", "api/login", "{", 400, "bad_body"),
        ("POST", "api/login", "[1, 2]", 400, "bad_body"),
        ("POST", "api/login", "[" * 100_000, 400, "bad_body"),
        ("POST", "api/login", '{"email": 7, "password": "x"}', 422, "invalid"),
        ("POST", "api/login", '{"email": "a@b"}', 422, "invalid"),
        ("POST", "api/login", '{"email": "\\ud800", "password": "x"}', 422, "invalid"),
        ("POST", "api/login", '"' + "x" * 200_000 + '"', 413, "bad_body"),
    ],
)
async def test_bad_input_is_refused_with_a_code_and_a_sentence(
    ada: httpx.AsyncClient, method: str, path: str, body: str | None, status: int, code: str
) -> None:
    headers = {} if body is None else {"content-type": "application/json"}
    answer = await ada.request(method, f"/desk/{path}", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert error(answer)["code"] == code
    assert "Traceback" not in answer.text


async def test_another_kind_of_body_is_refused(ada: httpx.AsyncClient) -> None:
    answer = await ada.post("/desk/api/login", data={"email": "ada@example.org", "password": PASSWORD})
    assert answer.status_code == 415


@pytest.mark.parametrize("length", ["999999999", "nonsense", "-1"])
async def test_a_body_that_announces_too_much_is_refused_before_it_is_read(
    ada: httpx.AsyncClient, length: str
) -> None:
    headers = {"content-type": "application/json", "content-length": length}
    answer = await ada.post("/desk/api/login", content=b"{}", headers=headers)
    assert answer.status_code == 413


async def test_a_body_without_a_length_is_read_up_to_the_limit_only(ada: httpx.AsyncClient) -> None:
    chunks = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal chunks
        while True:
            chunks += 1
            yield b" " * 16_384

    headers = {"content-type": "application/json"}
    answer = await ada.post("/desk/api/login", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert chunks < 20


@pytest.mark.parametrize("body", [{}, {"on": "maybe"}, {"on": 2}, {"on": None}])
async def test_a_flag_is_true_or_false(
    quick_world: World, ada: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    conversation = await quick_world.accepted()
    answer = await ada.post(f"/desk/api/conversations/{conversation.id}/typing", json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize("seq", [None, True, 1.5, "x", "-1", [1]])
async def test_a_number_is_a_whole_number(quick_world: World, ada: httpx.AsyncClient, seq: Any) -> None:
    conversation = await quick_world.accepted()
    answer = await ada.post(f"/desk/api/conversations/{conversation.id}/read", json={"seq": seq})
    assert answer.status_code == 422


async def test_a_failed_login_says_so_and_the_sixth_has_to_wait(browser: httpx.AsyncClient) -> None:
    wrong = {"email": "ada@example.org", "password": "wrong"}
    for _ in range(5):
        answer = await browser.post("/desk/api/login", json=wrong)
        assert answer.status_code == 401
        assert error(answer)["code"] == "not_signed_in"
    answer = await browser.post("/desk/api/login", json=wrong)
    assert answer.status_code == 429
    assert error(answer)["code"] == "too_many_attempts"
    assert answer.headers["retry-after"] == "300"


async def test_after_logging_out_the_token_is_worthless(ada: httpx.AsyncClient) -> None:
    assert (await ada.post("/desk/api/logout")).status_code == 204
    assert (await ada.get("/desk/api/me")).status_code == 401
    assert (await ada.post("/desk/api/logout")).status_code == 401


async def test_before_the_start_the_answer_is_503(clock: Clock) -> None:
    async with client(mounted(make_provider(clock).pages())) as early:
        answer = await early.post("/desk/api/login", json={"email": "a", "password": "b"})
        assert answer.status_code == 503
        assert error(answer)["code"] == "starting"
        page = await early.get("/desk/login")
        assert page.status_code == 503
        assert "starting or stopping" in page.text


async def test_a_database_that_is_gone_is_503_without_internals(
    quick_world: World, memory: MemoryDatabase, ada: httpx.AsyncClient
) -> None:
    memory.out_of_order = True
    answer = await ada.get("/desk/api/requests")
    assert answer.status_code == 503
    assert error(answer)["code"] == "unavailable"
    assert "disk" not in answer.text
    page = await ada.get("/desk/inbox/new")
    assert page.status_code in {303, 503}
    assert "disk" not in page.text
