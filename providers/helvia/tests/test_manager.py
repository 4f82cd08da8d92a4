"""The published manager's paths: both kinds of tokens, every operation, the document that tells of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.ends import EndReason
from livechat_sdk_helvia.faults import NotSignedIn
from livechat_sdk_helvia.manager.lists import Page
from livechat_sdk_helvia.web.manager.operations import Operation
from livechat_sdk_helvia.web.manager.routes import OPERATIONS
from providers.helvia.tests.browsing import client, mounted
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.openapi import check_answer, operation_of
from providers.helvia.tests.world import PASSWORD, Clock, World, make_world, request_id

SERVICE_TOKEN = "a service token of the tests, 32 characters or more"
OTHER_TOKEN = "another service token, which replaces the first one"
ORG = "/organizations/default"

REQUEST: dict[str, Any] = {
    "type": "external",
    "platformSessionId": "session-1",
    "platformUserId": "visitor/7",
    "platformUserName": "Maria Pappa",
    "platformUserEmail": "maria@example.org",
    "platformUserLanguage": "el",
    "platformType": "VIBER",
    "platformOrigin": "https://shop.example",
    "organizationId": "default",
    "tenantId": "shop-bot",
    "tenantName": "Shop",
    "targetGroupId": "billing",
    "metadata": {"preLiveChatSurvey": [{"question": "What is it about?", "answer": "My order"}]},
    "extras": {"page": "/orders"},
    "livechatConversation": {
        "livechatMessages": [
            {"_text": "Where is it?", "from": {"participantType": "end-user"}, "type": "text"},
            {"text": "I do not know.", "from": {"participantType": "agent", "fullName": "Shop bot"}},
            {"type": "hologram"},
        ]
    },
    "fieldOfNextYear": {"anything": 1},
}


@dataclass
class Program:
    """A program that speaks to the manager. Every answer of it is checked against the document."""

    http: httpx.AsyncClient
    document: dict[str, Any]
    headers: dict[str, str]

    async def call(self, method: str, path: str, status: int = 200, **values: Any) -> Any:
        answer = await self.answer(method, path, **values)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def answer(self, method: str, path: str, **values: Any) -> httpx.Response:
        headers = self.headers | values.pop("headers", {})
        answer = await self.http.request(method, f"/desk/manager{path}", headers=headers, **values)
        operation = operation_of(self.document, method, path.partition("?")[0])
        is_json = answer.headers.get("content-type", "") == "application/json"
        body = answer.json() if answer.content and is_json else None
        if method != "HEAD" and (body is not None or not answer.content):
            check_answer(self.document, operation, answer.status_code, body)
        return answer

    def with_token(self, token: str) -> Program:
        return Program(self.http, self.document, {"authorization": f"Bearer {token}"})

    async def as_member(self, name: str) -> Program:
        body = {"email": f"{name}@example.org", "password": PASSWORD}
        return self.with_token((await self.call("POST", "/login", json=body))["token"])


@pytest.fixture
async def desk_world(memory: MemoryDatabase, clock: Clock) -> World:
    return await make_world(clock, memory, serviceTokens=[SERVICE_TOKEN, OTHER_TOKEN])


@pytest.fixture
async def nobody(desk_world: World) -> AsyncIterator[Program]:
    async with client(mounted(desk_world.provider.pages())) as http:
        document = (await http.get("/desk/manager/openapi.json")).json()
        yield Program(http, document, {})


@pytest.fixture
def service(nobody: Program) -> Program:
    return nobody.with_token(SERVICE_TOKEN)


@pytest.mark.feature("API-01", "API-04", "API-09")
async def test_a_service_opens_a_request_and_speaks_in_it_and_members_answer(
    desk_world: World, service: Program, nobody: Program
) -> None:
    assert await service.call("POST", "/livechat-requests", 204, json=REQUEST) is None
    [listed] = await service.call("GET", "/users/visitor%2F7/livechat-requests?status=new")
    assert listed["platformUserName"] == "Maria Pappa"
    assert (listed["targetGroupId"], listed["platformType"]) == ("billing", "VIBER")
    assert listed["metadata"]["preLiveChatSurvey"] == REQUEST["metadata"]["preLiveChatSurvey"]
    first = {"_text": "hello?", "id": 71, "livechatConversation": listed["livechatConversation"]}
    assert await service.call("POST", f"{ORG}/livechat-messages", 204, json=first) is None
    assert await service.call("POST", f"{ORG}/livechat-messages", 204, json=first) is None
    ada = await nobody.as_member("ada")
    [waiting] = await ada.call("GET", "/agent/organizations/default/livechat-requests")
    assert waiting["id"] == listed["id"]
    number = (await desk_world.desk.accept(desk_world.ada, waiting["id"])).id
    second = {"text": "still there?", "platformSessionId": "session-1"}
    assert await service.call("POST", f"{ORG}/livechat-messages", 204, json=second) is None
    talk = await desk_world.desk.conversations.get(number)
    await desk_world.desk.messages.send(desk_world.ada, talk, "I am here")
    said = await ada.call("GET", f"{ORG}/livechat-messages?conversation={number}&skip=0&take=9&order=ASC")
    assert [(one["from"]["participantType"], one["text"]) for one in said if one["type"] == "text"] == [
        ("end-user", "hello?"),
        ("end-user", "still there?"),
        ("agent", "I am here"),
    ]
    assert all(one["_text"] == one["originalText"] == one["text"] for one in said)
    session = f"{ORG}/tenants/shop-bot/chat-sessions/session-1/messages"
    lines = await ada.call("GET", session)
    assert [(one["isUserInteraction"], one["message"]) for one in lines] == [
        (True, "Where is it?"),
        (False, "I do not know."),
    ]
    assert await service.call("DELETE", f"/livechat-requests/{listed['id']}", 204) is None
    over = await ada.call("GET", f"{ORG}/livechat-conversations/{number}")
    assert over["status"] == "finished"
    assert [one["status"] for one in over["livechatRequests"]] == ["accepted"]
    assert "hello?" in {one["text"] for one in over["livechatMessages"]}
    late = await service.call("POST", f"{ORG}/livechat-messages", 409, json={**second, "id": 72})
    assert late["error"]["code"] == "conversation_over"


@pytest.mark.feature("API-04")
async def test_a_session_has_one_request_at_a_time_however_often_it_is_asked(
    desk_world: World, service: Program, nobody: Program
) -> None:
    calls = [service.call("POST", "/livechat-requests", 204, json=REQUEST) for _ in range(4)]
    await asyncio.gather(*calls)
    [first] = await service.call("GET", f"{ORG}/livechat-requests")
    await service.call("DELETE", f"/livechat-requests/{first['id']}", 204)
    await service.call("POST", "/livechat-requests", 204, json=REQUEST)
    await service.call("POST", "/livechat-requests", 204, json=REQUEST)
    newest, oldest = await service.call("GET", f"{ORG}/livechat-requests")
    assert (newest["status"], oldest["status"]) == ("new", "missed")
    again = await service.call("GET", f"{ORG}/livechat-requests?order=asc&skip=0&take=1")
    assert [one["id"] for one in again] == [first["id"]]
    await service.call("DELETE", f"/livechat-requests/{newest['id']}", 204)
    await service.call("DELETE", f"{ORG}/data", 200)
    await service.call("POST", "/livechat-requests", 204, json=REQUEST)
    assert len(await service.call("GET", f"{ORG}/livechat-requests")) == 1


@pytest.mark.feature("API-02")
async def test_programs_log_in_and_refresh_once(desk_world: World, clock: Clock, nobody: Program) -> None:
    body = {"email": "ada@example.org", "password": PASSWORD}
    login = await nobody.call("POST", "/login", json=body)
    assert login["token"] == login["accessToken"]
    assert login["user"]["effectiveRoles"] == ["HBF_ORG_LIVE_AGENT"]
    mine = "/agent/organizations/default/livechat-requests"
    await nobody.with_token(login["token"]).call("GET", mine)
    renewal = {"token": login["refreshToken"]}
    fresh = await nobody.call("POST", "/login/refresh", json=renewal)
    await nobody.with_token(fresh["accessToken"]).call("GET", mine)
    await nobody.with_token(login["token"]).call("GET", mine, 401)
    await nobody.call("POST", "/login/refresh", 401, json=renewal)
    await nobody.call("POST", "/login/refresh", 401, json={"token": login["token"]})
    await nobody.with_token(fresh["refreshToken"]).call("GET", mine, 401)
    clock.advance(hours=25)
    await nobody.with_token(fresh["token"]).call("GET", mine, 401)
    later = await nobody.call("POST", "/login/refresh", json={"refreshToken": fresh["refreshToken"]})
    await nobody.with_token(later["token"]).call("GET", mine)
    clock.advance(days=8)
    await nobody.call("POST", "/login/refresh", 401, json={"token": later["refreshToken"]})
    await nobody.call("POST", "/login", 401, json={**body, "password": "wrong"})


@pytest.mark.feature("API-02")
async def test_whoever_signs_out_or_is_switched_off_cannot_refresh(
    desk_world: World, nobody: Program
) -> None:
    body = {"email": "ada@example.org", "password": PASSWORD}
    out = await nobody.call("POST", "/login", json=body)
    await desk_world.desk.sessions.end(out["token"], desk_world.ada)
    await nobody.call("POST", "/login/refresh", 401, json={"token": out["refreshToken"]})
    kept = await nobody.call("POST", "/login", json=body)
    await desk_world.desk.sessions.end_all(desk_world.ada.id)
    await nobody.call("POST", "/login/refresh", 401, json={"token": kept["refreshToken"]})


def where(operation: Operation, ids: dict[str, Any]) -> str:
    path = operation.path.replace(":path", "")
    return path.format(**{"organizationId": "default", "tenantId": "shop-bot", **ids})


async def places(world: World) -> dict[str, Any]:
    """A conversation and its parts, under the names that the paths have for them."""
    talk = await world.accepted("ref-1")
    return {
        "id": 1,
        "conversationId": talk.id,
        "userId": "u-1",
        "userGroupId": "billing",
        "chatSessionId": "conversation-ref-1",
        "contactId": "c",
        "handle": "h",
    }


CASES = [pytest.param(one, id=f"{one.method} {one.path}") for one in OPERATIONS]


@pytest.mark.feature("API-01")
@pytest.mark.parametrize("operation", CASES)
async def test_each_kind_of_token_is_good_for_its_own_calls(
    desk_world: World, nobody: Program, operation: Operation
) -> None:
    path = where(operation, await places(desk_world))
    body: dict[str, Any] = {"json": {}} if operation.method in {"POST", "PUT", "PATCH"} else {}
    if operation.who == "nobody":
        assert (await nobody.answer(operation.method, path, **body)).status_code == 422
        return
    service, guess = nobody.with_token(OTHER_TOKEN), nobody.with_token("x" * 40)
    roleless, ada = await nobody.as_member("olga"), await nobody.as_member("ada")
    refused = {401: [nobody, guess], 403: [roleless]}
    refused[403] += [ada] if operation.who in {"service", "admin"} else []
    refused[403] += [service] if operation.who != "service" else []
    for status, programs in refused.items():
        for program in programs:
            answer = await program.answer(operation.method, path, **body)
            assert answer.status_code == status, answer.text
            if operation.method != "HEAD":
                assert "Maria" not in answer.text


@pytest.mark.parametrize("operation", [one for one in CASES if "organizationId" in str(one.id)])
async def test_another_organization_is_not_there(
    desk_world: World, nobody: Program, operation: Operation
) -> None:
    ids = await places(desk_world) | {"organizationId": "elsewhere"}
    program = (
        nobody.with_token(SERVICE_TOKEN) if operation.who == "service" else await nobody.as_member("ines")
    )
    body: dict[str, Any] = {"json": {}} if operation.method in {"POST", "PUT", "PATCH"} else {}
    assert (await program.answer(operation.method, where(operation, ids), **body)).status_code == 404


async def test_what_is_not_served_says_so(desk_world: World, nobody: Program) -> None:
    ines, ids = await nobody.as_member("ines"), await places(desk_world)
    absent = [one for one in OPERATIONS if one.handler is None]
    assert absent
    for one in absent:
        body: dict[str, Any] = {"json": {}} if one.method in {"POST", "PATCH"} else {}
        answer = await ines.call(one.method, where(one, ids), 501, **body)
        assert answer["error"]["code"] == "not_implemented"


async def test_members_count_and_list_what_they_see(desk_world: World, nobody: Program) -> None:
    first = await desk_world.accepted("ref-1")
    second = await desk_world.accepted("ref-2", by="ben")
    await desk_world.desk.conversations.end(desk_world.ben, second.id)
    await desk_world.chat("ref-3")
    ada, path = await nobody.as_member("ada"), "/agent/organizations/default/livechat-conversations"
    counted = await ada.answer("HEAD", path)
    assert (counted.headers["x-total-count"], counted.content) == ("2", b"")
    assert [one["id"] for one in await ada.call("GET", path)] == [second.id, first.id]
    [finished] = await ada.call("GET", f"{path}?status[]=finished&status[]=paused")
    assert (finished["id"], finished["status"]) == (second.id, "finished")
    assert [one["fullName"] for one in finished["livechatParticipants"]] == ["Maria Pappa", "Ben Okoro"]
    assert await ada.call("GET", f"{path}?status=paused") == []
    assert (await ada.answer("HEAD", f"{path}?status=started")).headers["x-total-count"] == "1"
    private = {
        "livechatMode": "semi-private",
        "agentDefaultLanguage": "en",
        "isTranslationEnabled": False,
        "idleReminderThreshold": None,
    }
    ines = await nobody.as_member("ines")
    await ines.call("PUT", f"{ORG}/livechat-settings", json=private)
    assert [one["id"] for one in await ada.call("GET", path)] == [first.id]
    assert (await ada.answer("HEAD", path)).headers["x-total-count"] == "1"
    await ada.call("GET", f"{ORG}/livechat-conversations/{second.id}", 404)
    await ada.call("GET", f"{ORG}/livechat-messages?conversation={second.id}", 404)
    zipped = await ines.answer("GET", path, headers={"accept": "application/zip"})
    assert zipped.content.startswith(b"PK")
    assert (await ada.answer("GET", path, headers={"accept": "application/zip"})).status_code == 403


async def test_notes_are_written_changed_and_deleted(desk_world: World, nobody: Program) -> None:
    talk = await desk_world.accepted("ref-1")
    ada, ben = await nobody.as_member("ada"), await nobody.as_member("ben")
    path = f"/livechat-conversations/{talk.id}/livechat-notes"
    note = await ada.call("POST", path, 201, json={"text": "call back"})
    assert note["conversation"] == talk.id
    await ben.call("PATCH", f"{path}/{note['id']}", 403, json={"text": "no"})
    await ada.call("PATCH", f"{path}/{note['id']}", json={"text": "no call"})
    assert [one["text"] for one in await ben.call("GET", path)] == ["no call"]
    assert await ada.call("DELETE", f"{path}/{note['id']}") == {"id": note["id"]}
    assert await ada.call("GET", path) == []
    await ada.call("POST", path, 422, json={"text": "x" * 2001})


async def test_admins_set_the_desk_up(desk_world: World, nobody: Program) -> None:
    ines, ada = await nobody.as_member("ines"), await nobody.as_member("ada")
    settings = await ines.call("GET", f"{ORG}/livechat-settings")
    changed = await ines.call(
        "PUT", f"{ORG}/livechat-settings", json=settings | {"agentDefaultLanguage": "el"}
    )
    assert changed["agentDefaultLanguage"] == "el"
    hours = f"{ORG}/user-groups/billing/business-hours"
    row = await ines.call("POST", hours, 201, json={"day": 1, "opensAt": 540, "closesAt": 1020})
    await ines.call("PATCH", f"{hours}/{row['id']}", json={"closesAt": 960})
    assert [one["closesAt"] for one in await ines.call("GET", hours)] == [960]
    await ines.call("DELETE", f"{hours}/{row['id']}")
    responses = f"{ORG}/predefined-responses"
    draft = {"name": "hi", "text": "Hello", "categories": ["greeting"], "tenantIds": ["shop-bot"]}
    made = await ines.call("POST", responses, 201, json=draft)
    assert made["organizationId"] == "default"
    await ines.call("PATCH", f"{responses}/{made['id']}", json={"text": "Hello there"})
    assert (await ada.call("GET", f"{responses}/{made['id']}"))["text"] == "Hello there"
    assert await ada.call("GET", f"{responses}?tenantScope=other-bot") == []
    assert len(await ada.call("GET", f"{responses}?tenantScope=shop-bot")) == 1
    await ines.call("DELETE", f"{responses}/{made['id']}")
    actions = f"{ORG}/predefined-actions"
    action = {
        "name": "call",
        "url": "https://crm.example/",
        "headers": [{"key": "x-key", "value": "secret value", "secret": True}],
        "agentInput": [{"name": "why", "type": "plain_text", "prompt": "Why?"}],
        "runOnEndConversation": True,
    }
    made = await ines.call("POST", actions, 201, json=action)
    changed = await ines.call("PATCH", f"{actions}/{made['id']}", json={"name": "call them"})
    assert (changed["name"], changed["url"]) == ("call them", "https://crm.example/")
    assert changed["runOnEndConversation"] is True
    assert "secret value" not in str(changed)
    assert [one["id"] for one in await ines.call("GET", f"{actions}?tenantScope=shop-bot")] == [made["id"]]
    assert (await ines.call("GET", f"{actions}/{made['id']}"))["name"] == "call them"
    await ines.call("DELETE", f"{actions}/{made['id']}")


async def test_sessions_are_tagged_and_files_are_put_into_conversations(
    desk_world: World, nobody: Program
) -> None:
    talk = await desk_world.accepted("ref-1")
    ada = await nobody.as_member("ada")
    made = await ada.call("POST", f"{ORG}/tags", 201, json={"label": "refund", "scope": "CHAT_SESSIONS"})
    assert await ada.call("GET", f"{ORG}/tags") == [made]
    tags = f"{ORG}/tenants/shop-bot/chat-sessions/conversation-ref-1/tags"
    assert await ada.call("GET", tags) == ["vip"]
    assert await ada.call("PATCH", tags, json=["vip", "refund"]) == ["vip", "refund"]
    assert (await desk_world.reload(talk)).tags == ("vip", "refund")
    await ada.call("PATCH", tags, 422, json={"label": "refund"})
    await ada.call("GET", f"{ORG}/tenants/other-bot/chat-sessions/conversation-ref-1/tags", 404)
    upload = f"/livechat-attachments?conversation={talk.id}&name=note.txt"
    file = await ada.call("POST", upload, 201, content=b"hello", headers={"content-type": "text/plain"})
    await desk_world.desk.messages.send(desk_world.ada, talk, "see this", files=[file["id"]])
    said = await ada.call("GET", f"{ORG}/livechat-messages?conversation={talk.id}&order=DESC&take=1")
    [attached] = said[0]["livechatAttachments"]
    read = await ada.http.get(f"/desk/manager/{attached['path']}", headers=ada.headers)
    assert read.content == b"hello"


async def test_a_service_purges_what_is_over(desk_world: World, service: Program) -> None:
    talk = await desk_world.accepted("ref-1")
    await desk_world.desk.conversations.end(desk_world.ada, talk.id)
    await desk_world.accepted("ref-2")
    path = f"{ORG}/data-retention"
    await service.call("DELETE", path, 422)
    assert await service.call("DELETE", f"{path}?before=2026-03-01") == {"purged": 0}
    assert await service.call("DELETE", f"{path}?before=2026-03-05&tenantId=other-bot") == {"purged": 0}
    assert await service.call("DELETE", f"{path}?before=2026-03-05") == {"purged": 1}
    assert await service.call("DELETE", f"{ORG}/data") == {"purged": 0}
    assert len(await service.call("GET", "/users/u-1/livechat-conversations")) == 1


@pytest.mark.feature("API-08")
@pytest.mark.parametrize(
    "more",
    [{"type": "hologram"}, {"platformType": "SMOKE_SIGNAL"}, {"status": "paused"}, {"priority": {"a": 1}}],
)
async def test_values_that_nobody_knows_break_nothing(
    desk_world: World, service: Program, more: dict[str, Any]
) -> None:
    await service.call("POST", "/livechat-requests", 204, json=REQUEST | more)
    [listed] = await service.call("GET", f"{ORG}/livechat-requests?status=new&status=paused")
    assert listed["type"] == "external"
    assert listed["platformType"] == more.get("platformType", "VIBER")
    message = {"text": "hello", "type": "hologram", "platformSessionId": "session-1", "flags": [1]}
    await service.call("POST", f"{ORG}/livechat-messages", 204, json=message)
    assert await service.call("GET", f"{ORG}/livechat-requests?status=paused") == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        (REQUEST | {"type": "transfer"}, 422),
        (REQUEST | {"tenantId": ""}, 422),
        (REQUEST | {"platformUserName": 7}, 422),
        (REQUEST | {"platformUserId": "x" * 300}, 422),
        (REQUEST | {"platformSessionId": "a\x00b"}, 422),
        (REQUEST | {"organizationId": "elsewhere"}, 422),
        (REQUEST | {"livechatConversation": {"livechatMessages": "all of them"}}, 422),
        (REQUEST | {"extras": {"page": "x" * 1_100_000}}, 413),
    ],
)
async def test_bad_requests_are_refused(service: Program, body: dict[str, Any], status: int) -> None:
    await service.call("POST", "/livechat-requests", status, json=body)
    assert await service.call("GET", f"{ORG}/livechat-requests") == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": "hello"}, 422),
        ({"platformSessionId": "session-1"}, 422),
        ({"platformSessionId": "session-1", "text": ["hello"]}, 422),
        ({"platformSessionId": "elsewhere", "text": "hello"}, 404),
        ({"conversation": 1, "text": "hello"}, 404),
        ({"conversation": "9" * 40, "text": "hello"}, 404),
        ({"platformSessionId": "session-1", "text": "hello", "sentDate": "yesterday"}, 422),
        ({"platformSessionId": "session-1", "livechatAttachments": [{"path": "javascript:x"}]}, 422),
    ],
)
async def test_bad_messages_are_refused(service: Program, body: dict[str, Any], status: int) -> None:
    await service.call("POST", "/livechat-requests", 204, json=REQUEST)
    await service.call("POST", f"{ORG}/livechat-messages", status, json=body)


async def test_a_service_neither_speaks_in_nor_ends_what_a_dispatcher_opened(
    desk_world: World, service: Program
) -> None:
    chat = await desk_world.chat()
    talk = await desk_world.desk.conversations.by_ref(chat.ref)
    assert talk is not None
    body = {"text": "hello", "conversation": talk.id}
    await service.call("POST", f"{ORG}/livechat-messages", 403, json=body)
    await service.call("DELETE", f"/livechat-requests/{request_id(chat)}", 403)
    body = {"text": "hello", "platformSessionId": talk.platform_conversation}
    await service.call("POST", f"{ORG}/livechat-messages", 404, json=body)


async def test_a_bot_that_is_switched_off_gets_no_request(desk_world: World, service: Program) -> None:
    from livechat_sdk_helvia.bots import made_bot_settings

    await desk_world.desk.bots.replace(desk_world.ines, "shop-bot", made_bot_settings({"available": False}))
    answer = await service.call("POST", "/livechat-requests", 409, json=REQUEST)
    assert answer["error"]["code"] == "unavailable"


async def test_without_service_tokens_no_token_is_a_service(quick_world: World) -> None:
    async with client(mounted(quick_world.provider.pages())) as http:
        for token in ("", "x" * 40):
            answer = await http.get(
                f"/desk/manager{ORG}/livechat-requests", headers={"authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 401


async def test_the_document_tells_of_every_operation_and_of_schemas_that_are_there(nobody: Program) -> None:
    told = {
        (method.upper(), path)
        for path, operations in nobody.document["paths"].items()
        for method in operations
    }
    assert told == {(one.method, one.path.replace(":path", "")) for one in OPERATIONS}
    schemas = nobody.document["components"]["schemas"]
    used = {one.strip("[]") for op in OPERATIONS for one in (op.body, op.answer) if one}
    assert used <= set(schemas)
    assert SERVICE_TOKEN not in str(nobody.document)


async def test_the_statements_hold_in_every_database(world: World) -> None:
    lists, tokens = world.desk.manager.lists, world.desk.manager.tokens
    body = REQUEST | {"platformUserId": "u-1"}
    opened = await world.desk.manager.open(body)
    assert (await world.desk.manager.open(body)).id == opened.id
    said = await world.desk.manager.take_in({"text": "hello", "conversation": opened.id, "id": 1})
    await world.provider.close(await world.chat("ref-2"), EndReason(by="user", why="abandoned"))
    found = await lists.requests(Page(statuses=("new", "missed"), order="ASC"), user_id="u-1")
    assert [one.status.value for one in found] == ["new", "cancelled"]
    assert len(await lists.requests(Page(take=1))) == 1
    await world.desk.accept(world.ada, found[0].id)
    [talk] = await lists.conversations(Page(), user_id="u-1", seen_by=world.ada)
    assert await lists.count(Page(), seen_by=world.ada) == 1
    assert [one.id for one in await lists.requests_of([talk.id])] == [found[0].id]
    assert [one.name for one in (await lists.participants([talk.id]))[talk.id]] == ["Ada Marsh"]
    assert (await lists.messages(talk.id, Page(order="ASC")))[0].id == said.id
    assert (await lists.of_session("session-1", world.ada)) == talk
    login = await tokens.log_in("ada@example.org", PASSWORD, address="here")
    assert (await tokens.refresh(login.refresh_token)).user.id == world.ada.id
    with pytest.raises(NotSignedIn):
        await tokens.refresh(login.refresh_token)
