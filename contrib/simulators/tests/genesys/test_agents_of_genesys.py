from __future__ import annotations

from typing import Any

import pytest

from contrib.simulators.tests.genesys_bench import GenesysBench, genesys_bench
from livechat_sdk_simulators.human import NoSuchChat, NotPossible


async def _chat(genesys: GenesysBench) -> Any:
    return (await genesys.human.chats())[-1]


def _attributes(**attributes: str) -> dict[str, Any]:
    return {"metadata": {"customAttributes": attributes}}


# -------------------------------------------------------------------------------------------- routing
async def test_flow_sends_a_chat_where_its_attributes_say() -> None:
    async with genesys_bench(flow_texts=("You are in the queue",)) as genesys:
        wanted = _attributes(queueId="Billing", priority="7", skills="Greek, VIP", language="English")
        conversation = await genesys.write(**wanted)
        [bot] = await genesys.webhooks()
        assert (bot["originatingEntity"], bot["text"]) == ("Bot", "You are in the queue")
        assert bot["conversationId"] == conversation
        chat = await _chat(genesys)
        assert (chat.details["queue"], chat.details["priority"]) == ("Billing", 7)
        assert (chat.details["skills"], chat.details["language"]) == (["Greek", "VIP"], "English")
        assert chat.details["fields"]["skills"] == "Greek, VIP"
        shown = await genesys.conversation(conversation)
        customer, flow, acd = shown["participants"]
        assert customer["attributes"]["priority"] == "7"
        assert (flow["purpose"], flow["state"], flow["disconnectType"]) == (
            "workflow",
            "disconnected",
            "transfer",
        )
        queues = (await genesys.call("GET", "/routing/queues?name=billing"))["entities"]
        assert (acd["purpose"], acd["state"], acd["queue"]["id"]) == ("acd", "connected", queues[0]["id"])
        routing = acd["conversationRoutingData"]
        assert (routing["priority"], len(routing["skills"])) == (7, 2)


@pytest.mark.parametrize("attributes", [{}, {"queueId": "Nobody"}, {"priority": "high"}])
async def test_flow_falls_back_where_attributes_say_nothing_that_there_is(attributes: dict[str, str]) -> None:
    async with genesys_bench() as genesys:
        await genesys.write(**_attributes(**attributes))
        chat = await _chat(genesys)
        assert chat.details["queue"] == genesys.genesys.floor.usual_queue.id
        assert chat.details["priority"] == 0


# ---------------------------------------------------------------------------------------- what agents do
async def test_agent_is_rung_and_answers() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        socket = await genesys.listen(conversation)
        await genesys.human.accept("u-1", "Eleni")
        assert (await _chat(genesys)).state == "queued"
        assert await genesys.legs(conversation) == [
            ("customer", "connected", None),
            ("workflow", "disconnected", "transfer"),
            ("acd", "connected", None),
            ("agent", "alerting", None),
        ]
        assert await genesys.ends(socket) == ["user.start"]
        genesys.clock.advance(4)
        await genesys.human.join("u-1")
        [end] = await genesys.frames(socket)
        body = end["eventBody"]
        assert (end["topicName"].endswith(".acd.end"), body["acdOutcome"]) == (True, "ANSWERED")
        assert body["conversationId"] == conversation
        shown = (await genesys.conversation(conversation))["participants"]
        acd, agent = shown[-2:]
        assert (acd["state"], acd["disconnectType"]) == ("disconnected", "transfer")
        assert (agent["name"], agent["state"], agent["purpose"]) == ("Eleni", "connected", "agent")
        assert agent["user"]["id"] == body["answeredUserId"]
        assert agent["connectedTime"] > agent["startAlertingTime"]
        assert ((await _chat(genesys)).state, (await _chat(genesys)).agent) == ("active", "Eleni")


async def test_agent_declines_and_the_chat_waits_on() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        socket = await genesys.listen(conversation)
        await genesys.human.accept("u-1", "Eleni")
        with pytest.raises(NotPossible, match="nobody is in the chat"):
            await genesys.human.leave("u-1")
        await genesys.human.decline("u-1")
        assert await genesys.legs(conversation) == [
            ("customer", "connected", None),
            ("workflow", "disconnected", "transfer"),
            ("acd", "connected", None),
            ("agent", "disconnected", "transfer.noanswer"),
        ]
        start, end = await genesys.frames(socket)
        assert "disconnectType" not in start["eventBody"]
        assert end["eventBody"]["disconnectType"] == "NO_ANSWER_TRANSFER"
        with pytest.raises(NotPossible, match="rings at nobody"):
            await genesys.human.decline("u-1")
        await genesys.human.join("u-1", "Nikos")
        assert (await _chat(genesys)).agent == "Nikos"


async def test_agent_who_stays_silent_is_rung_for_a_time_only() -> None:
    async with genesys_bench(alerting_seconds=20) as genesys:
        conversation = await genesys.write()
        socket = await genesys.listen(conversation)
        await genesys.human.accept("u-1", "Eleni")
        genesys.clock.advance(19)
        assert (await _chat(genesys)).details["ringing"] == ["Eleni"]
        assert await genesys.ends(socket) == ["user.start"]
        genesys.clock.advance(1)
        [end] = await genesys.frames(socket)
        assert end["eventBody"]["disconnectType"] == "NO_ANSWER_TRANSFER"
        assert (await genesys.legs(conversation))[-2:] == [
            ("acd", "connected", None),
            ("agent", "disconnected", "transfer.noanswer"),
        ]
        await genesys.human.join("u-1", "Nikos")
        genesys.clock.advance(60)
        assert (await _chat(genesys)).agent == "Nikos"


async def test_chat_is_handed_to_a_queue_and_to_an_agent() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        with pytest.raises(NotPossible, match="nobody has the chat"):
            await genesys.human.transfer("u-1", "Billing")
        await genesys.human.join("u-1", "Eleni")
        socket = await genesys.listen(conversation)
        await genesys.human.transfer("u-1", "Billing")
        assert await genesys.ends(socket) == ["user.end", "acd.start"]
        assert (await _chat(genesys)).state == "queued"
        await genesys.human.join("u-1", "Nikos")
        assert await genesys.ends(socket) == ["user.start", "acd.end"]
        await genesys.human.transfer("u-1", "Eleni")
        assert await genesys.ends(socket) == ["user.end", "user.start"]
        assert (await genesys.legs(conversation))[-1] == ("agent", "alerting", None)
        await genesys.human.join("u-1")
        assert ((await _chat(genesys)).state, (await _chat(genesys)).agent) == ("active", "Eleni")
        transfers = (await genesys.conversation(conversation))["recentTransfers"]
        assert [list(one["destination"]) for one in transfers] == [["address"], ["userId"]]


async def test_agent_who_declines_what_was_handed_over_puts_it_back_in_the_queue() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        await genesys.human.join("u-1", "Nikos")
        await genesys.human.leave("u-1")
        await genesys.human.join("u-1", "Eleni")
        await genesys.human.transfer("u-1", "Nikos")
        await genesys.human.decline("u-1")
        assert (await genesys.legs(conversation))[-2:] == [
            ("agent", "disconnected", "transfer.noanswer"),
            ("acd", "connected", None),
        ]


async def test_several_agents_come_and_go() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        await genesys.human.join("u-1", "Eleni")
        await genesys.human.join("u-1", "Nikos")
        with pytest.raises(NotPossible, match="Nikos is in the chat"):
            await genesys.human.join("u-1", "Nikos")
        assert (await _chat(genesys)).details["agents"] == ["Eleni", "Nikos"]
        await genesys.human.leave("u-1", "Eleni")
        assert ((await _chat(genesys)).state, (await _chat(genesys)).agent) == ("active", "Nikos")
        await genesys.human.leave("u-1")
        assert (await genesys.legs(conversation))[0] == ("customer", "connected", None)
        assert (await _chat(genesys)).state == "queued"  # nobody is there, and nobody is looked for


async def test_agent_ends_and_everybody_is_disconnected() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        await genesys.human.join("u-1", "Eleni")
        socket = await genesys.listen(conversation)
        await genesys.human.end("u-1")
        user, customer = await genesys.frames(socket)
        assert user["eventBody"]["disconnectType"] == "CLIENT"
        assert (customer["topicName"].rpartition(".")[0]).endswith("customer")
        assert customer["eventBody"]["disconnectType"] == "PEER"
        assert (await _chat(genesys)).state == "ended"
        for act in (genesys.human.join, genesys.human.end, genesys.human.leave):
            with pytest.raises(NotPossible, match="has ended"):
                await act("u-1")
        with pytest.raises(NotPossible, match="has ended"):
            await genesys.human.say("u-1", "too late")
        with pytest.raises(NoSuchChat):
            await genesys.human.end("u-9")


@pytest.mark.parametrize("why", ["inactivity", "system", "error", "session.expired"])
async def test_chat_ends_for_other_reasons(why: str) -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        await genesys.human.join("u-1")
        socket = await genesys.listen(conversation)
        await genesys.human.end("u-1", why)
        upper = why.upper().replace(".", "_")
        assert {one["eventBody"]["disconnectType"] for one in await genesys.frames(socket)} == {upper}
        assert {end for _, state, end in await genesys.legs(conversation)} == {"transfer", why}


async def test_chat_that_nobody_took_is_ended_by_the_system() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        socket = await genesys.listen(conversation)
        await genesys.human.end("u-1")
        acd, customer = await genesys.frames(socket)
        assert acd["eventBody"]["acdOutcome"] == "ABANDON"
        assert customer["eventBody"]["disconnectType"] == "SYSTEM"


# ------------------------------------------------------------------------------------------ messages
async def test_agent_writes_to_the_webhook() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        said = await genesys.human.say("u-1", "Hello", agent="Eleni")
        [body] = await genesys.webhooks()
        integration = genesys.genesys.settings.integration_id
        assert body == {
            "id": said,
            "channel": {
                "id": integration,
                "platform": "Open",
                "type": "Private",
                "messageId": said,
                "to": {"id": "u-1", "idType": "Opaque"},
                "from": {"nickname": "Bot handoff", "id": integration, "idType": "Opaque"},
                "time": "2026-11-24T09:00:00.000Z",
            },
            "type": "Text",
            "text": "Hello",
            "originatingEntity": "Human",
            "direction": "Outbound",
            "conversationId": conversation,
        }
        assert (await _chat(genesys)).agent == "Eleni"  # who writes is there
        data = await genesys.call("GET", f"/conversations/messages/{said}/details")
        assert (data["textBody"], data["createdBy"]["name"], data["direction"]) == (
            "Hello",
            "Eleni",
            "outbound",
        )


async def test_agent_sends_a_file_and_choices() -> None:
    async with genesys_bench() as genesys:
        await genesys.write()
        await genesys.human.say("u-1", "", file=("a.png", "image/png", b"png!"))
        await genesys.human.say("u-1", "Shall we?", choices=["Yes", ("No", "no")])
        file, choices = await genesys.webhooks()
        attachment = file["content"][0]["attachment"]
        assert (attachment["mediaType"], attachment["filename"], attachment["contentSizeBytes"]) == (
            "Image",
            "a.png",
            4,
        )
        assert "text" not in file
        assert (await genesys.client.get(attachment["url"])).content == b"png!"
        assert (choices["type"], [one["quickReply"]["payload"] for one in choices["content"]]) == (
            "Structured",
            ["Yes", "no"],
        )
        with pytest.raises(NotPossible, match="needs a text"):
            await genesys.human.say("u-1", "")


async def test_files_want_a_token_and_expire_where_it_is_set_so() -> None:
    async with genesys_bench(private_downloads=True, download_seconds=60) as genesys:
        await genesys.write()
        await genesys.human.say("u-1", "", file=("a.png", "image/png", b"png!"))
        [file] = await genesys.webhooks()
        url = file["content"][0]["attachment"]["url"]
        assert (await genesys.client.get(url, headers={"authorization": ""})).status_code == 401
        assert (await genesys.client.get(url)).status_code == 200
        genesys.clock.advance(60)
        assert (await genesys.client.get(url)).status_code == 403


async def test_agent_types_and_nobody_is_told_that_it_stopped() -> None:
    async with genesys_bench() as genesys:
        await genesys.write()
        await genesys.human.join("u-1")
        await genesys.human.typing("u-1", on=True)
        await genesys.human.typing("u-1", on=False)
        [body] = await genesys.webhooks()
        assert body["events"] == [{"eventType": "Typing", "typing": {"type": "On", "duration": 5000}}]
        assert "originatingEntity" not in body


@pytest.mark.parametrize("told", [True, False])
async def test_reading_and_failing_are_told_where_it_is_set_so(told: bool) -> None:
    async with genesys_bench(receipt_webhooks=told) as genesys:
        await genesys.write(messageId="m-1")
        await genesys.human.read("u-1")
        assert (await genesys.human.messages("u-1"))[0].status == "read"
        await genesys.human.fail_message("u-1", "m-1", "blocked")
        bodies = await genesys.webhooks()
        assert [one["status"] for one in bodies] == (["Read", "Failed"] if told else [])
        assert [one["channel"]["messageId"] for one in bodies] == (["m-1", "m-1"] if told else [])
        assert await genesys.human.texts("u-1") == []
        with pytest.raises(NotPossible, match="no message 'm-9'"):
            await genesys.human.fail_message("u-1", "m-9", "blocked")


async def test_what_nobody_knows_comes_on_both_ways() -> None:
    async with genesys_bench() as genesys:
        await genesys.write()
        socket = await genesys.socket()
        await genesys.human.unknown_event("u-1")
        [body] = await genesys.webhooks()
        assert body["type"] == "Reaction"
        assert [one["topicName"] for one in await genesys.frames(socket)] == ["v2.conversations.moods"]


async def test_reference_may_be_a_custom_attribute() -> None:
    async with genesys_bench(ref_attribute="handoff") as genesys:
        await genesys.write(**_attributes(handoff="h-1.1"))
        assert (await _chat(genesys)).ref == "h-1.1"
        await genesys.human.join("h-1.1")
        assert (await _chat(genesys)).state == "active"


@pytest.mark.parametrize("kind", ["Card", "Carousel", "DatePicker", "Notification", "QuickReply", "Unheard"])
async def test_bot_of_the_flow_offers_every_kind_of_content(kind: str) -> None:
    async with genesys_bench() as genesys:
        await genesys.write()
        url = "https://api.genesys.example/_sim/chats/u-1/offer"
        said = (await genesys.client.post(url, json={"kind": kind})).json()["message_id"]
        [body] = await genesys.webhooks()
        assert (body["id"], body["type"], body["originatingEntity"]) == (said, "Structured", "Bot")
        known = kind if kind != "Unheard" else "Hologram"
        assert {one["contentType"] for one in body["content"]} == {known}
        assert (await _chat(genesys)).state == "queued"  # a bot is no agent
        with pytest.raises(NotPossible, match="no sample of 'card'"):
            await genesys.human.offer("u-1", "card")
