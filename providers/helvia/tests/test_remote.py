"""The remote form of the provider, against the published paths of a desk and against managers that differ."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from livechat_sdk import Registry
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.errors import (
    AuthError,
    ProtocolError,
    RejectedError,
    RetryableError,
    UnavailableError,
)
from livechat_sdk.http import override_transport
from livechat_sdk.provider.interface import PlannedMessage
from livechat_sdk_helvia import plugin
from livechat_sdk_helvia.remote.provider import RemoteHelviaProvider
from providers.helvia.tests.browsing import mounted
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import START, Clock, World, make_world, opening, settings

TOKEN = "a service token of the tests, 32 characters or more"
REMOTE: dict[str, Any] = {
    "type": "HELVIA_LIVECHAT",
    "name": "manager",
    "baseUrl": "https://manager.example/desk/manager",
    "serviceToken": TOKEN,
    "webhookKey": ["the-new-key-of-callbacks", "the-old-key-of-callbacks"],
    "organizationId": "default",
}
GONE = EndReason(by="user", why="abandoned")

Answers = Callable[[httpx.Request], httpx.Response]


def a_remote(**values: Any) -> RemoteHelviaProvider:
    built = Registry({"helvia": plugin}).build({**REMOTE, **values})
    assert isinstance(built, RemoteHelviaProvider)
    return built


@asynccontextmanager
async def answered(answers: Answers, **values: Any) -> AsyncIterator[RemoteHelviaProvider]:
    """The provider, with a manager that answers so."""
    provider = a_remote(**values)
    with override_transport(httpx.MockTransport(answers)):
        yield provider
        await provider.stop()


@pytest.fixture
async def desk_world(memory: MemoryDatabase, clock: Clock) -> World:
    return await make_world(clock, memory, serviceTokens=[TOKEN])


@pytest.fixture
async def remote(desk_world: World) -> AsyncIterator[RemoteHelviaProvider]:
    """The provider, with the published paths of a desk behind it."""
    provider = a_remote()
    with override_transport(httpx.ASGITransport(mounted(desk_world.provider.pages()))):
        yield provider
        await provider.stop()


def said(text: str, key: str) -> PlannedMessage:
    return PlannedMessage(key=key, body=text, sent_at=START)


@pytest.mark.feature("API-01", "API-04")
async def test_a_chat_is_opened_led_and_ended_at_a_desk_elsewhere(
    desk_world: World, remote: RemoteHelviaProvider, clock: Clock
) -> None:
    survey = (SurveyAnswer(id="1", question="What is it about?", answer="My order"),)
    asked = opening(clock, survey=survey, route=Route(integration="manager", bot="shop-bot", group="billing"))
    chat = await remote.open(asked)
    assert chat.ref == "ref-1"
    assert (await remote.status(chat)).state == "queued"
    again = await remote.open(asked)
    assert (again.vendor_ref, again.state) == (chat.vendor_ref, chat.state)
    accepted = await desk_world.desk.accept(desk_world.ada, int(chat.state["request"]))
    assert str(accepted.id) == chat.vendor_ref
    assert (accepted.survey[0].answer, accepted.bot) == ("My order", "shop-bot")
    assert (await remote.status(chat)).state == "active"
    await remote.send(chat, said("Where is it?", "k-1"))
    lost = chat.model_copy(update={"vendor_ref": None, "state": {}})
    await remote.send(lost, said("Hello?", "k-2"))
    lines = await desk_world.desk.messages.page(accepted.id, take=50)
    assert [one.text for one in lines if one.author == "end-user"] == ["Where is it?", "Hello?"]
    await remote.close(chat, GONE)
    await remote.close(chat, GONE)
    assert (await remote.status(chat)).state == "ended"
    with pytest.raises(RejectedError):
        await remote.send(chat, said("Too late", "k-3"))


async def test_a_manager_that_gives_fewer_rows_than_were_asked_for_is_read_to_the_end(clock: Clock) -> None:
    rows = [{"id": number, "status": "new", "livechatConversation": number} for number in range(170, 0, -1)]
    rows[150]["extras"] = {"livechatRef": "ref-1"}

    def answers(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET", "it is there, and not opened again"
        skip = int(request.url.params["skip"])
        return httpx.Response(200, json=rows[skip : skip + 50])

    async with answered(answers) as remote:
        assert (await remote.open(opening(clock))).vendor_ref == "20"


async def test_a_list_that_never_ends_is_left_alone(clock: Clock) -> None:
    calls: list[str] = []

    def answers(request: httpx.Request) -> httpx.Response:
        calls.append(request.method)
        return httpx.Response(200, json=[{"id": 1, "status": "new"}] * 200)

    async with answered(answers) as remote:
        with pytest.raises(RetryableError, match="does not list"):
            await remote.open(opening(clock))
    assert calls == [*["GET"] * 5, "POST", *["GET"] * 5]


async def test_a_waiting_request_is_withdrawn_even_if_the_answer_to_its_opening_was_lost(
    desk_world: World, remote: RemoteHelviaProvider, clock: Clock
) -> None:
    chat = await remote.open(opening(clock))
    lost = chat.model_copy(update={"vendor_ref": None, "state": {}})
    assert (await remote.status(lost)).vendor_ref == chat.vendor_ref
    await remote.close(lost, GONE)
    ended = await remote.status(chat)
    assert (ended.state, ended.ended) == ("ended", EndReason(by="clock", why="timeout"))
    await remote.close(lost.model_copy(update={"ref": "never-opened"}), GONE)


async def test_one_session_has_one_request_and_whoever_comes_second_is_told_to_wait(
    desk_world: World, remote: RemoteHelviaProvider, clock: Clock
) -> None:
    first = await remote.open(opening(clock, conversation_id="session"))
    with pytest.raises(RetryableError, match="another one of this session"):
        await remote.open(opening(clock, "ref-2", conversation_id="session"))
    await remote.close(first, GONE)
    second = await remote.open(opening(clock, "ref-2", conversation_id="session"))
    assert second.vendor_ref != first.vendor_ref


@pytest.mark.feature("API-01")
async def test_doctor_tells_a_good_token_from_a_bad_one(
    desk_world: World, remote: RemoteHelviaProvider
) -> None:
    assert [(one.check, one.status) for one in await remote.check()] == [("manager", "ok")]
    wrong = a_remote(serviceToken="a token that nobody has given out to anybody")
    [found] = await wrong.check()
    assert isinstance(found.cause, AuthError)
    assert found.next_step == "look at serviceToken"
    await wrong.stop()


@pytest.mark.feature("API-03")
async def test_every_host_is_where_the_settings_say() -> None:
    asked: list[tuple[str, bool]] = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url.copy_with(query=None)), "authorization" in request.headers))
        if "core" in request.url.host:
            return httpx.Response(401, json={})
        return httpx.Response(200, json=[])

    hosts = {
        "baseUrl": "https://lcm.example/live/",
        "coreUrl": "https://core.example",
        "botUrl": "https://bots.example/eu",
        "organizationId": "org-9",
    }
    async with answered(answers, **hosts) as provider:
        found = await provider.check()
    assert [(one.check, one.status) for one in found] == [("manager", "ok"), ("core", "ok"), ("bot", "ok")]
    assert asked == [
        ("https://lcm.example/live/organizations/org-9/livechat-requests", True),
        ("https://core.example/users/me", False),
        ("https://bots.example/eu/api/events", False),
    ]


@pytest.mark.feature("API-03")
async def test_doctor_says_which_host_does_not_answer() -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404 if request.url.host != "bots.example" else 400, json={})

    async with answered(answers, coreUrl="https://core.example", botUrl="https://bots.example") as provider:
        found = await provider.check()
    assert [one.next_step for one in found] == [
        "look at baseUrl and organizationId",
        "look at coreUrl",
        "look at botUrl",
    ]


async def test_requests_are_opened_for_the_tenant_of_the_settings_with_all_that_is_known(
    clock: Clock,
) -> None:
    posted: list[dict[str, Any]] = []

    def answers(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            posted.append(json.loads(request.content))
            return httpx.Response(204)
        rows = [{**one, "id": 7, "status": "new", "livechatConversation": {"id": 70}} for one in posted]
        return httpx.Response(200, json=[{"status": "new"}, "nonsense", *rows])

    asked = opening(clock, reason="lost parcel", attributes={"order": 9}, tags=("vip",))
    async with answered(answers, tenantId="tenant-3") as provider:
        chat = await provider.open(asked)
    assert (chat.vendor_ref, chat.state["request"]) == ("70", "7")
    [body] = posted
    assert (body["tenantId"], body["type"], body["organizationId"]) == ("tenant-3", "external", "default")
    assert body["extras"]["livechatRef"] == "ref-1"
    assert (body["extras"]["order"], body["extras"]["reason"]) == (9, "lost parcel")


async def test_of_a_long_dialogue_the_newest_lines_go_along_as_many_as_a_desk_takes(
    desk_world: World, remote: RemoteHelviaProvider, clock: Clock
) -> None:
    long = tuple(
        TranscriptEntry(author="bot", body=f"{number} " + "λέξη " * 600, at=clock.now())
        for number in range(1200)
    )
    chat = await remote.open(opening(clock, transcript=long))
    assert chat.vendor_ref is not None
    kept = await desk_world.desk.conversations.history(int(chat.vendor_ref))
    assert 50 < len(kept) < 1000
    assert [line.body.split()[0] for line in kept] == [
        str(number) for number in range(1200 - len(kept), 1200)
    ]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(409, json={"error": {"code": "unavailable"}}), UnavailableError),
        (httpx.Response(409, json={"error": {"code": "something else"}}), RejectedError),
        (httpx.Response(501), RejectedError),
        (httpx.Response(401), AuthError),
    ],
)
async def test_what_the_manager_answers_to_an_opening_decides_what_comes_next(
    clock: Clock, answer: httpx.Response, error: type[Exception]
) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        return answer if request.method == "POST" else httpx.Response(200, json=[])

    async with answered(answers) as provider:
        with pytest.raises(error):
            await provider.open(opening(clock))


async def test_a_list_that_is_none_is_said_to_be_none(clock: Clock) -> None:
    async with answered(lambda _: httpx.Response(200, json={"items": []})) as provider:
        with pytest.raises(ProtocolError):
            await provider.open(opening(clock))


@pytest.mark.feature("API-08")
async def test_a_status_that_nobody_knows_ends_no_chat(clock: Clock) -> None:
    row = {"id": 7, "status": "hibernating", "livechatConversation": 70, "extras": {"livechatRef": "ref-1"}}
    async with answered(lambda _: httpx.Response(200, json=[row])) as provider:
        chat = await provider.open(opening(clock))
        assert (await provider.status(chat)).state == "unknown"
    async with answered(lambda _: httpx.Response(200, json=[])) as provider:
        with pytest.raises(RejectedError) as refused:
            await provider.status(chat)
    assert refused.value.status == 404


@pytest.mark.feature("API-03")
def test_settings_are_for_a_desk_here_or_for_a_manager_elsewhere() -> None:
    def without(*names: str) -> dict[str, Any]:
        return {name: value for name, value in REMOTE.items() if name not in {"type", "name", *names}}

    for needed in ("serviceToken", "webhookKey", "organizationId"):
        with pytest.raises(ValidationError, match=f"baseUrl needs {needed}"):
            settings(**without(needed))
    with pytest.raises(ValidationError, match="only with baseUrl"):
        settings(**without("baseUrl"))
    with pytest.raises(ValidationError, match="demoAccounts: for the desk in this process"):
        settings(**without(), demoAccounts=True)
    with pytest.raises(ValidationError):
        settings(**without("baseUrl"), baseUrl="https://user:password@manager.example")
    here, there = settings(), settings(**without())
    assert here.remote is None
    assert there.account() != settings(**without("organizationId"), organizationId="other").account()
    assert TOKEN not in repr(there) + repr(there.remote)
    assert "key-of-callbacks" not in repr(there) + repr(there.remote)
