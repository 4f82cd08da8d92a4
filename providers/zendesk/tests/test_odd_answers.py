"""Answers that have a hole, go round in a circle, or refuse one question of several."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.errors import AuthError, ProtocolError
from livechat_sdk.http import override_transport
from providers.zendesk.tests.bench import CHAT, MESSAGE, NOW, USER, a_conversation, a_provider, an_opening

SAID: dict[str, Any] = {
    "id": "a-1",
    "received": "2026-11-26T09:29:00.000Z",
    "author": {"type": "business", "displayName": "Maria"},
    "content": {"type": "text", "text": "Good morning"},
    "source": {"type": "zd:agentWorkspace"},
    "metadata": {"__zendesk_msg.agent.id": "8447"},
}
SUPPORT = {"supportUser": "ann@shop.example", "supportToken": "support-token-of-tests"}

Answering = Callable[[httpx.Request], httpx.Response]


def a_page(*messages: dict[str, Any]) -> httpx.Response:
    # A number that is too large for a float is JSON all the same.
    text = json.dumps({"messages": messages, "meta": {"hasMore": False}}).replace('"HUGE"', "1e999")
    return httpx.Response(200, content=text)


async def history_of(*messages: dict[str, Any]) -> list[str]:
    with override_transport(httpx.MockTransport(lambda _: a_page(*messages))):
        async with a_provider() as provider:
            return [one.message.key for one in await provider.history(CHAT, NOW - timedelta(hours=1))]


@pytest.mark.parametrize("left", [{}, {"content": None}, {"content": {}}])
async def test_what_is_left_of_a_deleted_message_hides_no_other_one(left: dict[str, Any]) -> None:
    gone = {name: value for name, value in SAID.items() if name != "content"}
    assert await history_of(SAID, {**gone, "id": "a-2", "deleted": True, **left}) == ["a-1"]


async def test_file_of_an_impossible_size_is_shown_without_one() -> None:
    file = {"type": "file", "mediaUrl": "https://cdn.example/a.pdf", "mediaSize": "HUGE"}
    assert await history_of({**SAID, "content": file}) == ["a-1"]


async def test_list_of_conversations_that_goes_round_in_a_circle_is_given_up_at_once() -> None:
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        if "/users/" in request.url.path:
            return httpx.Response(200, json={"user": {"id": USER}})
        meta = {"hasMore": True, "afterCursor": "c-0"}
        return httpx.Response(200, json={"conversations": [{"id": "c-0"}], "meta": meta})

    with override_transport(httpx.MockTransport(answer)):
        async with a_provider() as provider:
            with pytest.raises(ProtocolError, match="cursor"):
                await provider.open(an_opening())
    assert len(calls) == 3


def an_account(support: int, *messages: dict[str, Any]) -> Answering:
    """The agents have the conversation, and Support answers with this status."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "/api/v2/" in request.url.path:
            return httpx.Response(support, json={"error": "Forbidden"})
        if request.url.path.endswith("/messages"):
            return a_page(*messages)
        return httpx.Response(200, json={"conversation": a_conversation()})

    return answer


async def test_without_the_right_to_see_tickets_the_messages_tell_as_much_as_they_can() -> None:
    for messages, state in (([SAID], "active"), ([], "unknown")):
        with override_transport(httpx.MockTransport(an_account(403, *messages))):
            async with a_provider(**SUPPORT) as provider:
                assert (await provider.status(CHAT)).state == state


async def test_wrong_credentials_of_support_are_no_missing_right() -> None:
    with override_transport(httpx.MockTransport(an_account(401, SAID))):
        async with a_provider(**SUPPORT) as provider:
            with pytest.raises(AuthError):
                await provider.status(CHAT)


async def test_link_that_names_the_usual_port_is_one_of_the_account() -> None:
    with override_transport(httpx.MockTransport(lambda _: httpx.Response(200, content=b"%PDF"))):
        async with a_provider() as provider:
            file = Attachment(url="https://acme.zendesk.com:443/sc/attachments/7", name="a.pdf")
            found = await provider.fetch(CHAT, file)
    assert found is not None
    assert found.content == b"%PDF"


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ("image/png\r\nX-Evil: 1", "application/octet-stream"),
        ("image/\u03c0", "application/octet-stream"),
        ("image", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
async def test_media_type_that_is_none_stays_out_of_the_call(said: str, sent: str) -> None:
    uploads: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "files.example":
            return httpx.Response(200, content=b"PNG")
        if request.url.path.endswith("/attachments"):
            uploads.append(request.content)
            return httpx.Response(201, json={"attachment": {"mediaUrl": "https://acme.zendesk.com/7"}})
        if request.url.path.endswith("/messages"):
            return httpx.Response(201, json={"messages": [SAID]})
        return httpx.Response(200, json={"conversation": a_conversation()})

    file = Attachment(url="https://files.example/a", name="a.png", media_type=said)
    with override_transport(httpx.MockTransport(answer)):
        async with a_provider() as provider:
            await provider.send(CHAT, MESSAGE.model_copy(update={"attachments": (file,)}))
    (upload,) = uploads
    assert f"Content-Type: {sent}\r\n\r\nPNG".encode() in upload
