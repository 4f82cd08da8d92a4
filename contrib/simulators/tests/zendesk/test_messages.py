from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from contrib.simulators.tests.zendesk_bench import ZendeskBench, error, zendesk_bench

USER = {"type": "user", "userExternalId": "u-1"}
BUSINESS = {"type": "business"}
LINK = {"type": "link", "text": "More", "uri": "https://acme.example/more"}
CONTENTS: list[dict[str, Any]] = [
    {"type": "text", "text": "x" * 4096},
    {"type": "text", "actions": [{"type": "reply", "text": "Yes", "payload": "YES"}]},
    {"type": "image", "mediaUrl": "https://acme.example/a.png", "altText": "a"},
    {"type": "file", "mediaUrl": "https://acme.example/a.pdf", "text": "Here"},
    {"type": "carousel", "items": [{"title": "Tea", "size": "compact", "actions": [LINK]}]},
    {"type": "list", "items": [{"title": "Tea", "actions": [LINK]}]},
    {"type": "location", "coordinates": {"lat": 37.98, "long": 23.73}},
    {
        "type": "form",
        "blockChatInput": True,
        "fields": [
            {"type": "text", "name": "name", "label": "Name?", "minSize": 1, "maxSize": 30},
            {"type": "select", "name": "kind", "label": "Kind?", "options": [{"name": "a", "label": "A"}]},
        ],
    },
]
MISFITS: list[dict[str, Any]] = [
    {"type": "text"},
    {"type": "text", "text": "x" * 4097},
    {"type": "text", "text": "a", "htmlText": "b", "markdownText": "c"},
    {"type": "text", "text": "a", "actions": [{"type": "reply", "text": "Yes"}]},
    {"type": "text", "text": "a", "colour": "red"},
    {"type": "image", "mediaUrl": "a.png"},
    {"type": "image", "mediaUrl": "https://acme.example/a.png", "mediaSize": 3},
    {"type": "file", "mediaUrl": "https://acme.example/a.png", "altText": "x" * 129},
    {"type": "carousel", "items": []},
    {"type": "carousel", "items": [{"title": "Tea", "actions": [LINK] * 4}]},
    {"type": "carousel", "items": [{"title": "Tea", "actions": [LINK]}] * 11},
    {
        "type": "carousel",
        "items": [{"title": "Tea", "actions": [{"type": "reply", "text": "a", "payload": "b"}]}],
    },
    {"type": "form", "fields": [{"type": "text", "name": "a", "label": "A"}] * 2},
    {"type": "formResponse", "fields": []},
    {"type": "location", "coordinates": {"lat": 37.98}},
]


async def _post(zendesk: ZendeskBench, conversation: str, content: object, **more: Any) -> Any:
    body = {"author": BUSINESS, "content": content, **more}
    return await zendesk.client.post(f"/conversations/{conversation}/messages", json=body)


@pytest.mark.parametrize("content", CONTENTS, ids=lambda one: one["type"])
async def test_content_is_kept_as_it_came(content: dict[str, Any]) -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        answer = await _post(zendesk, conversation, content)
        assert answer.status_code == 201, answer.text
        [message] = answer.json()["messages"]
        assert content.items() <= message["content"].items()
        assert (message["author"], message["source"]) == (BUSINESS, {"type": "api:conversations"})
        listed = (await zendesk.client.get(f"/conversations/{conversation}/messages")).json()
        assert listed["messages"] == [message]


@pytest.mark.parametrize("content", MISFITS)
async def test_content_that_does_not_fit_is_refused(content: dict[str, Any]) -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        assert error(await _post(zendesk, conversation, content))[:2] == (400, "bad_request")


async def test_agent_reads_whatever_text_there_is() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        for content in ({"type": "text", "markdownText": "*hi*"}, CONTENTS[-1], CONTENTS[5]):
            await _post(zendesk, conversation, content)
        said = [one.text for one in await zendesk.human.messages("h-1.1")]
        assert said == ["*hi*", "Name?\nKind?", "1. Tea\nMore: https://acme.example/more"]


async def test_author_is_a_user_of_the_conversation_or_the_business() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        await zendesk.conversation("u-2")
        text = {"type": "text", "text": "hello"}
        for author, status in (
            ({"type": "user", "userExternalId": "u-1", "displayName": "Maria"}, 201),
            ({"type": "business", "subtypes": ["AI"]}, 201),
            ({"type": "business", "subtypes": ["agent"]}, 400),
            ({"type": "business", "userExternalId": "u-1"}, 400),
            ({"type": "user"}, 400),
            ({"type": "user", "userExternalId": "u-2"}, 403),
            ({"type": "user", "userExternalId": "u-3"}, 404),
        ):
            assert (await _post(zendesk, conversation, text, author=author)).status_code == status


async def test_body_of_more_than_100_kb_is_too_large() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        answer = await _post(zendesk, conversation, {"type": "text", "text": "x" * 100_000})
        assert answer.status_code == 413


async def test_same_message_twice_is_two_messages_and_metadata_tells_them() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        for _ in range(2):
            await zendesk.send(conversation, metadata={"key": "m-1"})
        listed = (await zendesk.client.get(f"/conversations/{conversation}/messages")).json()["messages"]
        assert [one["metadata"] for one in listed] == [{"key": "m-1"}] * 2
        assert listed[0]["received"] < listed[1]["received"]


async def test_list_goes_back_from_the_newest_hundred() -> None:
    async with zendesk_bench(default_responder="") as zendesk:
        conversation = await zendesk.conversation()
        ids = [await zendesk.send(conversation, f"{n}") for n in range(120)]
        path = f"/conversations/{conversation}/messages"
        newest = (await zendesk.client.get(path)).json()
        assert [one["id"] for one in newest["messages"]] == ids[20:]
        assert newest["meta"] == {"hasMore": True, "beforeCursor": ids[20]}
        older = (await zendesk.client.get(newest["links"]["prev"])).json()
        assert [one["id"] for one in older["messages"]] == ids[:20]
        assert older["meta"] == {"hasMore": False, "afterCursor": ids[19]}
        newer = (await zendesk.client.get(path, params={"page[after]": ids[99]})).json()
        assert [one["id"] for one in newer["messages"]] == ids[100:]
        wrong = {"page[after]": ids[0], "page[before]": ids[1]}
        assert error(await zendesk.client.get(path, params=wrong))[0] == 400
        missing = await zendesk.client.get("/conversations/5e/messages")
        assert error(missing) == (404, "not_found", "Resource not found")


async def test_conversation_that_is_full_is_locked() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        zendesk.zendesk.messages.most = 1
        await zendesk.send(conversation)
        answer = await _post(zendesk, conversation, {"type": "text", "text": "more"})
        assert error(answer)[:2] == (423, "locked")


async def test_activities_are_told_and_a_user_can_only_have_read() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        path = f"/conversations/{conversation}/activity"
        for kind in ("typing:start", "typing:stop", "conversation:read"):
            await zendesk.post(path, {"author": BUSINESS, "type": kind})
        assert [(kind, payload["activity"]["type"]) for kind, payload in await zendesk.events()] == [
            ("conversation:typing", "typing:start"),
            ("conversation:typing", "typing:stop"),
            ("conversation:read", "conversation:read"),
        ]
        typing = await zendesk.client.post(path, json={"author": USER, "type": "typing:start"})
        assert error(typing)[:2] == (400, "bad_request")
        said = await zendesk.human.say("h-1.1", "hello")
        await zendesk.post(path, {"author": USER, "type": "conversation:read"})
        [chat] = await zendesk.human.chats()
        assert chat.details["receipts"] == [f"read {said}"]


async def test_body_that_comes_in_pieces_is_looked_at_whole() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        mine = zendesk.zendesk.settings
        request = httpx.Request(
            "POST", "https://x", json={"author": BUSINESS, "content": {"type": "text", "text": "hello"}}
        )
        pieces = [request.content[at : at + 7] for at in range(0, len(request.content), 7)]
        incoming = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
        incoming.append({"type": "http.request", "body": b"", "more_body": False})
        key = base64.b64encode(f"{mine.key_id}:{mine.secret}".encode())
        path = f"/sc/v2/apps/{mine.app_id}/conversations/{conversation}/messages"
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), (b"authorization", b"Basic " + key)],
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return incoming.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await zendesk.zendesk.app(scope, receive, send)
        assert (sent[0]["status"], zendesk.zendesk.requests[-1].operation) == (201, "post")


async def test_faults_tell_what_the_end_user_wrote_from_what_the_business_posts() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        zendesk.zendesk.faults.script("send", "status", status=429, retry_after=3)
        await zendesk.send(conversation, by="business")
        body = {"author": USER, "content": {"type": "text", "text": "hello"}}
        answer = await zendesk.client.post(f"/conversations/{conversation}/messages", json=body)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
        operations = [one.operation for one in zendesk.zendesk.requests if one.path.endswith("/messages")]
        assert operations == ["post", "send"]
