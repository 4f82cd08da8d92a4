from __future__ import annotations

from typing import Any

import httpx
import pytest

from contrib.simulators.tests.genesys_bench import TIME, GenesysBench, error, genesys_bench, message

OPTIONAL = {"text": None, "content": None}


async def _post(genesys: GenesysBench, body: object, kind: str = "message", **more: Any) -> httpx.Response:
    return await genesys.client.post(f"{genesys.inbound}/{kind}", json=body, **more)


# --------------------------------------------------------------------------------------- what is taken
async def test_first_message_begins_a_conversation_and_later_ones_join_it() -> None:
    async with genesys_bench() as genesys:
        path = f"{genesys.inbound}/message?prefetchConversationId=true"
        answer = await genesys.call("POST", path, message(messageId="m-1"))
        assert answer["channel"]["id"] == genesys.genesys.settings.integration_id
        assert (answer["type"], answer["text"]) == ("Text", "I need a human")
        assert answer["channel"]["messageId"] == "m-1"
        assert await genesys.write(text="again") == answer["conversationId"]
        assert await genesys.write(user="u-2") != answer["conversationId"]
        [mine, other] = await genesys.human.chats()
        assert (mine.id, mine.ref, mine.state, other.ref) == (
            answer["conversationId"],
            "u-1",
            "queued",
            "u-2",
        )
        assert await genesys.human.texts("u-1") == ["I need a human", "again"]
        assert [one.operation for one in genesys.genesys.requests] == ["token", "open", "send", "open"]


async def test_conversation_id_is_told_only_to_who_asks_for_it() -> None:
    async with genesys_bench() as genesys:
        assert "conversationId" not in (await _post(genesys, message())).json()
        assert "conversationId" not in (await _post(genesys, message())).json()
        refused = await genesys.client.post(
            f"{genesys.inbound}/message?prefetchConversationId=yes", json=message()
        )
        assert error(refused) == (400, "invalid.query.param.value")


async def test_message_of_the_old_shape_and_attachments_are_taken() -> None:
    async with genesys_bench(inbound_status=202) as genesys:
        body = message(platform="Open", type="Private", to={"id": "x"})
        attachment = {"mediaType": "Image", "url": "https://bot.example/f/1", "mime": "image/png"}
        body |= {"type": "Text", "direction": "Inbound", "metadata": {"trace": "t-1"}, "text": None}
        body["content"] = [{"contentType": "Attachment", "attachment": {**attachment, "filename": "a.png"}}]
        answer = await _post(genesys, body)
        assert answer.status_code == 202, answer.text
        [kept] = await genesys.human.messages("u-1")
        assert (kept.text, kept.files, kept.links) == ("", ["a.png"], ["https://bot.example/f/1"])


# ------------------------------------------------------------------------------------ what is refused
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": ""}, "constraint.validation"),
        ({"text": "x" * 4001}, "constraint.validation"),
        ({"channel": None}, "constraint.validation"),
        ({"metadata": {"customAttributes": {"rating": "5"}}}, "bad.request"),
        ({"priority": "1"}, "invalid.property"),
        (
            {"content": [{"attachment": {"mediaType": "image", "url": "https://a", "mime": "x"}}]},
            "invalid.value",
        ),
        (
            {"content": [{"attachment": {"mediaType": "Image", "url": "/f/1", "mime": "x"}}]},
            "constraint.validation",
        ),
        (
            {"content": [{"attachment": {"mediaType": "Image", "url": "https://[", "mime": "x"}}]},
            "constraint.validation",
        ),
        (
            {"content": [{"attachment": {"mediaType": "File", "url": "https://a/b", "mime": "x"}}] * 2},
            "constraint.validation",
        ),
    ],
)
async def test_message_that_does_not_fit_is_refused(change: dict[str, Any], code: str) -> None:
    async with genesys_bench() as genesys:
        assert error(await _post(genesys, {**message(), **change})) == (400, code)
        assert await genesys.human.chats() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"time": None}, "missing.open.channel.date"),
        ({"time": "yesterday"}, "invalid.date"),
        ({"time": "2026-11-24T09:00:00.000"}, "invalid.date"),
        ({"from": {"id": "u-1", "idType": "opaque"}}, "invalid.value"),
        ({"from": {"id": "u-1"}}, "constraint.validation"),
        ({"from": {"id": "u-1", "idType": "Opaque", "phone": "1"}}, "invalid.property"),
        ({"metadata": {"customAttributes": {"priority": 5}}}, "bad.request"),
        ({"metadata": {"customAttributes": {"a": {"b": "c"}}}}, "bad.request"),
        ({"metadata": {"priority": "5"}}, "invalid.property"),
        ({"metadata": {"customAttributes": {"a": "x" * 2048}}}, "constraint.validation"),
    ],
)
async def test_channel_that_does_not_fit_is_refused(change: dict[str, Any], code: str) -> None:
    async with genesys_bench() as genesys:
        body = message()
        body["channel"] |= change
        assert error(await _post(genesys, body)) == (400, code)
        assert await genesys.human.chats() == []


async def test_body_is_json_and_says_so() -> None:
    async with genesys_bench() as genesys:
        path = f"{genesys.inbound}/message"
        plain = await genesys.client.post(path, content=b"{}", headers={"content-type": "text/plain"})
        assert error(plain) == (415, "unsupported.media.type")
        broken = await genesys.client.post(path, content=b"{", headers={"content-type": "application/json"})
        assert error(broken) == (400, "bad.request")


async def test_who_may_not_is_told_why() -> None:
    async with genesys_bench() as genesys:
        headers = {"authorization": "Bearer nonsense"}
        assert error(await _post(genesys, message(), headers=headers)) == (401, "bad.credentials")
        headers = {"authorization": ""}
        assert error(await _post(genesys, message(), headers=headers)) == (401, "authentication.required")
        genesys.genesys.missing_rights.add("conversation:message:receive")
        assert error(await _post(genesys, message())) == (403, "missing.permissions")
        genesys.genesys.missing_rights.clear()
        wrong = genesys.inbound.replace("e6b352de", "00000000")
        assert error(await genesys.client.post(f"{wrong}/message", json=message())) == (404, "not.found")
    async with genesys_bench(user_token=True) as genesys:
        assert error(await _post(genesys, message())) == (400, "not.a.client")


@pytest.mark.parametrize(
    ("settings", "change", "code"),
    [
        ({"failing_text": "fail"}, {"text": "please fail"}, "GeneralError"),
        (
            {"refused_media": ("image/",)},
            {"content": [{"attachment": {"mediaType": "Image", "url": "https://a/b", "mime": "image/png"}}]},
            "MediaTypeNotAllowed",
        ),
    ],
)
async def test_answer_2xx_may_say_that_the_message_failed(
    settings: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    async with genesys_bench(**settings) as genesys:
        answer = await _post(genesys, {**message(), **change})
        assert answer.status_code == 200
        assert (answer.json()["status"], answer.json()["reasons"][0]["code"]) == ("Failed", code)
        assert await genesys.human.chats() == []


@pytest.mark.parametrize(("dropped", "texts"), [(False, ["one", "one"]), (True, ["one"])])
async def test_message_id_that_comes_twice_is_dropped_where_it_is_set_so(
    dropped: bool, texts: list[str]
) -> None:
    async with genesys_bench(drops_repeated_messages=dropped) as genesys:
        first = await genesys.write(text="one", messageId="m-1")
        assert await genesys.write(text="one", messageId="m-1") == first
        assert await genesys.human.texts("u-1") == texts


# --------------------------------------------------------------------------- typing, buttons, receipts
async def test_typing_shows_until_the_message_comes() -> None:
    async with genesys_bench() as genesys:
        body = {"channel": message()["channel"], "events": [{"eventType": "Typing"}]}
        assert (await _post(genesys, body, "event")).status_code == 200
        assert await genesys.human.chats() == []  # nothing begins by typing
        await genesys.write()
        for shown in (True, False):
            if shown:
                answer = await _post(genesys, body, "event")
                assert answer.json()["events"][0]["typing"]["type"] == "On"
            else:
                await genesys.write(text="done")
            [chat] = await genesys.human.chats()
            assert chat.details["visitor_types"] is shown
        longer = {**body, "events": [{"eventType": "Typing", "typing": {"type": "On", "duration": 1}}]}
        assert error(await _post(genesys, longer, "event")) == (400, "invalid.property")
        stopped = {**body, "events": [{"eventType": "TypingOff"}]}
        assert error(await _post(genesys, stopped, "event")) == (400, "invalid.value")


async def test_typing_does_nothing_until_the_messaging_setting_lets_it() -> None:
    async with genesys_bench(typing_enabled=False) as genesys:
        await genesys.write()
        body = {"channel": message()["channel"], "events": [{"eventType": "Typing"}]}
        assert (await _post(genesys, body, "event")).status_code == 200
        await genesys.human.typing("u-1", on=True)
        [chat] = await genesys.human.chats()
        assert chat.details["visitor_types"] is False
        assert await genesys.webhooks() == []


async def test_receipt_reaches_the_message_that_it_names() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        said = await genesys.human.say("u-1", "Hello")
        body = {"id": said, "channel": {"to": {"id": "u-1"}, "time": TIME}, "status": "Delivered"}
        answer = (await _post(genesys, body, "receipt")).json()
        assert (answer["type"], answer["status"], answer["direction"]) == ("Receipt", "Delivered", "Outbound")
        reasons = [{"code": "MessageExpired", "message": "too late"}]
        await _post(
            genesys, {**body, "status": "Failed", "reasons": reasons, "direction": "Outbound"}, "receipt"
        )
        data = await genesys.call("GET", f"/conversations/messages/{conversation}/messages/{said}")
        assert [one["status"] for one in data["normalizedReceipts"]] == ["Delivered", "Failed"]
        [chat] = await genesys.human.chats()
        assert chat.details["receipts"] == [f"delivered {said}", f"failed {said}"]
        assert (await genesys.human.messages("u-1"))[-1].status == "failed: too late"
        assert error(await _post(genesys, {**body, "status": "Read"}, "receipt")) == (400, "invalid.value")
        assert error(await _post(genesys, {**body, "id": "x"}, "receipt")) == (404, "not.found")


async def test_button_is_pressed_of_a_message_that_offered_it() -> None:
    async with genesys_bench() as genesys:
        await genesys.write()
        said = await genesys.human.say("u-1", "Shall we?", choices=["Yes", ("No", "no")])
        button = {"type": "QuickReply", "text": "No", "payload": "no"}
        body = {"channel": message()["channel"], "buttonResponse": button, "originatingMessageId": said}
        answer = await _post(genesys, body, "structured/response")
        assert answer.json()["content"][0]["buttonResponse"] == button
        assert (await genesys.human.texts("u-1"))[-1] == "No"
        missing = {name: one for name, one in body.items() if name != "originatingMessageId"}
        refused = await _post(genesys, missing, "structured/response")
        assert error(refused) == (400, "constraint.validation")
        other = await _post(genesys, {**body, "originatingMessageId": "x"}, "structured/response")
        assert error(other) == (404, "not.found")
        await genesys.human.end("u-1")
        late = await _post(genesys, body, "structured/response")
        assert error(late) == (404, "conversation.error.conversation.not.found")


# ------------------------------------------------------------------------------------------ threading
async def test_conversation_goes_on_for_72_hours_with_its_last_agent() -> None:
    async with genesys_bench() as genesys:
        first = await genesys.write()
        await genesys.human.join("u-1", "Eleni")
        await genesys.human.end("u-1")
        genesys.clock.advance(72 * 3600 - 1)
        await genesys.log_in()
        assert await genesys.write(text="me again") == first
        before, now = await genesys.human.chats()
        assert (before.state, now.state, now.details["ringing"]) == ("ended", "queued", ["Eleni"])
        assert await genesys.human.texts("u-1") == ["me again"]
        await genesys.human.end("u-1")
        genesys.clock.advance(72 * 3600)
        await genesys.log_in()
        assert await genesys.write() != first


async def test_threading_can_be_switched_off() -> None:
    async with genesys_bench() as genesys:
        first = await genesys.write()
        await genesys.human.end("u-1")
        window = {"settings": [{"messengerType": "open", "timeoutInMinutes": 0}]}
        path = "/conversations/messaging/threadingtimeline"
        await genesys.call("PUT", path, window)
        assert (await genesys.call("GET", path))["settings"] == window["settings"]
        assert await genesys.write() != first
