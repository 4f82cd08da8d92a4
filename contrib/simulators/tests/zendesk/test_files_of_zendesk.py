from __future__ import annotations

from typing import Any

import httpx
import pytest

from contrib.simulators.tests.zendesk_bench import ZendeskBench, error, zendesk_bench

PDF = ("offer 1.pdf", b"%PDF-1.7", "application/pdf")


async def _upload(zendesk: ZendeskBench, file: Any = PDF, **query: str) -> httpx.Response:
    asked = {"access": "public", "for": "message", **query}
    return await zendesk.client.post("/attachments", params=asked, files={"source": file})


async def _post(zendesk: ZendeskBench, conversation: str, url: str) -> httpx.Response:
    author = {"type": "user", "userExternalId": "u-1"}
    body = {"author": author, "content": {"type": "file", "mediaUrl": url}}
    return await zendesk.client.post(f"/conversations/{conversation}/messages", json=body)


async def test_file_is_uploaded_posted_and_read_without_a_key() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        uploaded = await _upload(zendesk, conversationId=conversation)
        assert uploaded.status_code == 201, uploaded.text
        url = uploaded.json()["attachment"]["mediaUrl"]
        content = (await _post(zendesk, conversation, url)).json()["messages"][0]["content"]
        assert (content["mediaType"], content["mediaSize"]) == ("application/pdf", 8)
        [shown] = await zendesk.human.messages("h-1.1")
        assert (shown.files, shown.links) == (["offer 1.pdf"], [url])
        read = await zendesk.client.get(url, auth=httpx.BasicAuth("", ""))
        assert (read.content, read.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")


async def test_file_of_an_agent_comes_by_its_address_which_may_need_a_key() -> None:
    for private in (False, True):
        async with zendesk_bench(private_attachments=private) as zendesk:
            await zendesk.handed_over()
            await zendesk.human.say("h-1.1", "See", file=("a.png", "image/png", b"png"))
            [(_, payload)] = await zendesk.events()
            content = payload["message"]["content"]
            assert (content["type"], content["text"], content["mediaSize"]) == ("image", "See", 3)
            async with httpx.AsyncClient(transport=zendesk.zendesk.transport()) as stranger:
                assert (await stranger.get(content["mediaUrl"])).status_code == (401 if private else 200)
            assert (await zendesk.client.get(content["mediaUrl"])).content == b"png"


async def test_file_of_another_conversation_is_refused() -> None:
    async with zendesk_bench() as zendesk:
        one, other = await zendesk.conversation(), await zendesk.conversation()
        url = (await _upload(zendesk, conversationId=one)).json()["attachment"]["mediaUrl"]
        answer = await _post(zendesk, other, url)
        assert error(answer)[0] == 400
        assert "another conversation" in error(answer)[2]
        loose = (await _upload(zendesk)).json()["attachment"]["mediaUrl"]
        assert (await _post(zendesk, other, loose)).status_code == 201


async def test_removed_file_is_gone_and_cannot_be_posted() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        url = (await _upload(zendesk)).json()["attachment"]["mediaUrl"]
        await zendesk.post("/attachments/remove", {"mediaUrl": url})
        assert (await zendesk.client.get(url)).status_code == 404
        assert error(await _post(zendesk, conversation, url))[0] == 400
        again = await zendesk.client.post("/attachments/remove", json={"mediaUrl": url})
        assert error(again) == (404, "not_found", "Attachment not found")
        foreign = await zendesk.client.post("/attachments/remove", json={"mediaUrl": "https://a.example/b"})
        assert "Unsupported media URL" in error(foreign)[2]


@pytest.mark.parametrize("query", [{"access": "private"}, {"for": "fun"}, {"size": "3"}])
async def test_upload_that_asks_for_what_there_is_not_is_refused(query: dict[str, str]) -> None:
    async with zendesk_bench() as zendesk:
        assert error(await _upload(zendesk, **query))[:2] == (400, "bad_request")


async def test_upload_needs_one_file_that_is_not_empty() -> None:
    async with zendesk_bench() as zendesk:
        assert error(await _upload(zendesk, ("a.txt", b"", "text/plain")))[0] == 400
        asked = {"access": "public"}
        wrong = await zendesk.client.post("/attachments", params=asked, files={"file": PDF})
        assert error(wrong)[0] == 400
        plain = await zendesk.client.post("/attachments", params=asked, content=b"abc")
        assert error(plain)[0] == 400
        nowhere = await _upload(zendesk, conversationId="5e")
        assert error(nowhere)[:2] == (404, "conversation_not_found")
