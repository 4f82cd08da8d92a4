from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import httpx
import pytest

from contrib.simulators.tests.genesys_bench import error, genesys_bench, message
from livechat_sdk_simulators.discovery import find
from livechat_sdk_simulators.genesys import GenesysSimulator

DISCONNECTED = {"state": "disconnected"}


# ------------------------------------------------------------------------------------------- every call
async def test_every_answer_has_a_correlation_id_and_counts_the_calls() -> None:
    async with genesys_bench(calls_per_minute=5) as genesys:
        path = f"{genesys.inbound}/message"
        answers = [await genesys.client.post(path, json=message()) for _ in range(6)]
        ids = {one.headers["ININ-Correlation-Id"] for one in answers}
        assert len(ids) == 6
        assert [one.headers.get("inin-ratelimit-count") for one in answers[:5]] == ["1", "2", "3", "4", "5"]
        assert answers[0].headers["inin-ratelimit-allowed"] == "5"
        assert error(answers[5]) == (429, "too.many.requests.retry.after")
        assert answers[5].headers["retry-after"] == "60"
        assert answers[5].json()["limit"]["value"] == 5
        genesys.clock.advance(60)
        assert (await genesys.client.post(path, json=message())).status_code == 200
        await genesys.log_in()  # another token is counted by itself
        assert (await genesys.client.post(path, json=message())).headers["inin-ratelimit-count"] == "1"


@pytest.mark.parametrize(
    ("status", "edge", "page"),
    [(502, False, True), (503, False, False), (504, True, True), (500, True, False), (429, True, False)],
)
async def test_edge_answers_in_html(status: int, edge: bool, page: bool) -> None:
    async with genesys_bench(edge_pages=edge) as genesys:
        genesys.genesys.faults.script("open", "status", status=status, retry_after=3)
        answer = await genesys.client.post(f"{genesys.inbound}/message", json=message())
        assert (answer.status_code, answer.headers["retry-after"]) == (status, "3")
        assert answer.headers["content-type"].startswith("text/html" if page else "application/json")
        assert answer.headers["ININ-Correlation-Id"]


async def test_token_is_given_for_the_right_secret_and_expires() -> None:
    async with genesys_bench(token_lifetime=100) as genesys:
        assert genesys.genesys.settings.login == "https://login.genesys.example"
        url = f"{genesys.genesys.settings.login}/oauth/token"
        form = {"grant_type": "client_credentials"}
        wrong = await genesys.client.post(url, data=form, auth=("x", "y"))
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        await genesys.write()
        genesys.clock.advance(100)
        late = await genesys.client.post(f"{genesys.inbound}/message", json=message())
        assert error(late) == (401, "bad.credentials")


async def test_what_the_vendor_does_not_have_is_refused_in_its_own_way() -> None:
    async with genesys_bench() as genesys:
        assert error(await genesys.client.get("/webhooks")) == (404, "not.found")
        assert error(await genesys.client.put(f"{genesys.inbound}/message")) == (405, "method.not.allowed")
        big = {**message(), "text": "x" * 3_000_001}
        answer = await genesys.client.post(f"{genesys.inbound}/message", json=big)
        assert error(answer) == (413, "request.entity.too.large")


def test_integration_says_how_it_is_reached() -> None:
    usual = find("genesys").make({})
    document = dict(usual.integration())
    assert (document["type"], document["name"], document["region"]) == (
        "GENESYS_LIVECHAT",
        "genesys",
        "genesys.example",
    )
    assert isinstance(usual, GenesysSimulator)
    assert document["queueIds"] == list(usual.floor.queues)
    assert "apiUrl" not in document
    served = dict(find("genesys").make({"base_url": "http://127.0.0.1:8090"}).integration())
    assert (served["apiUrl"], served["loginUrl"]) == ("http://127.0.0.1:8090", "http://127.0.0.1:8090")


# --------------------------------------------------------------------------------------- conversations
async def test_conversation_is_shown_in_both_ways() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write(messageId="m-1")
        await genesys.human.join("u-1", "Eleni")
        shown = await genesys.conversation(conversation)
        other = await genesys.call("GET", f"/conversations/{conversation}")
        assert [one["id"] for one in shown["participants"]] == [one["id"] for one in other["participants"]]
        customer = other["participants"][0]
        assert (customer["participantType"], customer["messages"][0]["state"]) == ("External", "connected")
        agent = other["participants"][-1]
        assert agent["userId"] == shown["participants"][-1]["user"]["id"]
        [sent] = shown["participants"][0]["messages"]
        bulk = f"/conversations/messages/{conversation}/messages/bulk"
        listed = await genesys.call("POST", bulk, [sent["messageId"], "nobody"])
        [data] = listed["entities"]
        assert (data["textBody"], data["providerMessageId"], data["status"]) == (
            "I need a human",
            "m-1",
            "received",
        )
        genesys.genesys.missing_rights |= {"conversation:communication:view", "conversation:message:view"}
        genesys.genesys.missing_rights.add("conversation:webmessaging:view")
        assert error(await genesys.client.get(f"/conversations/{conversation}"))[1] == "missing.permissions"
        assert error(await genesys.client.post(bulk, json=["x"]))[1] == "missing.any.permissions"
        assert (await genesys.client.get(f"/conversations/messages/{conversation}")).status_code == 200
        unknown = await genesys.client.get("/conversations/messages/nobody")
        assert error(unknown) == (404, "conversation.error.conversation.not.found")


async def test_customer_is_disconnected_and_with_it_everybody() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        await genesys.human.join("u-1")
        socket = await genesys.listen(conversation)
        customer = await genesys.participant(conversation, "customer")
        path = f"/conversations/messages/{conversation}/participants/{customer}"
        answer = await genesys.client.patch(path, json=DISCONNECTED)
        assert (answer.status_code, answer.content) == (202, b"")
        legs = await genesys.legs(conversation)
        assert (legs[0], legs[-1]) == (
            ("customer", "disconnected", "client"),
            ("agent", "disconnected", "peer"),
        )
        frames = await genesys.frames(socket)
        assert [one["eventBody"]["disconnectType"] for one in frames] == ["PEER", "CLIENT"]
        again = await genesys.client.patch(path, json=DISCONNECTED)
        assert error(again) == (400, "conversation.error.participant.no.active.conversations")


async def test_disconnecting_again_may_be_accepted() -> None:
    async with genesys_bench(disconnect_again="accepted") as genesys:
        conversation = await genesys.write()
        customer = await genesys.participant(conversation, "customer")
        path = f"/conversations/messages/{conversation}/participants/{customer}"
        for _ in range(2):
            await genesys.call("PATCH", path, DISCONNECTED, 202)
        assert [one.applied for one in genesys.genesys.requests.of("close")] == ["the customer left", ""]


async def test_disconnecting_wants_a_right() -> None:
    rights = (
        "conversation:communication:disconnect",
        "conversation:participant:wrapup",
        "conversation:message:park",
    )
    async with genesys_bench(missing_rights=rights) as genesys:
        conversation = await genesys.write()
        customer = await genesys.participant(conversation, "customer")
        base = f"/conversations/messages/{conversation}"
        for method, path, body in [
            ("PATCH", f"{base}/participants/{customer}", DISCONNECTED),
            ("PATCH", base, DISCONNECTED),
            ("DELETE", f"/conversations/{conversation}", None),
            ("POST", f"/conversations/{conversation}/disconnect", None),
        ]:
            more: dict[str, Any] = {} if body is None else {"json": body}
            answer = await genesys.client.request(method, path, **more)
            assert answer.status_code == 403, path
        [chat] = await genesys.human.chats()
        assert chat.state == "queued"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "/conversations/messages/{}", DISCONNECTED, 200),
        ("DELETE", "/conversations/{}", None, 204),
        ("POST", "/conversations/{}/disconnect", None, 202),
    ],
)
async def test_conversation_is_ended_for_all(method: str, path: str, body: object, status: int) -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        for _ in range(2):
            await genesys.call(method, path.format(conversation), body, status)
        assert {end for *_, end in await genesys.legs(conversation)} == {"transfer", "system"}
        assert (await genesys.human.chats())[0].state == "ended"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"state": "connected"}, "conversation.participant.update.invalid"),
        ({"state": "Disconnected"}, "invalid.value"),
        ({"state": "disconnected", "held": True}, "conversation.participant.update.invalid"),
        ({"state": "disconnected", "reason": "x"}, "invalid.property"),
    ],
)
async def test_no_other_change_of_a_participant_is_played(body: object, code: str) -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        customer = await genesys.participant(conversation, "customer")
        path = f"/conversations/messages/{conversation}/participants/{customer}"
        assert error(await genesys.client.patch(path, json=body)) == (400, code)


async def test_one_leg_is_disconnected_by_its_communication() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        await genesys.human.join("u-1")
        shown = (await genesys.call("GET", f"/conversations/{conversation}"))["participants"]
        agent = shown[-1]
        base = f"/conversations/messages/{conversation}/participants/{agent['id']}/communications"
        assert error(await genesys.client.patch(f"{base}/x", json=DISCONNECTED)) == (404, "not.found")
        await genesys.call("PATCH", f"{base}/{agent['messages'][0]['id']}", DISCONNECTED)
        legs = await genesys.legs(conversation)
        assert (legs[0][1], legs[-1][1:]) == ("connected", ("disconnected", "client"))


async def test_routing_is_changed_while_the_chat_waits() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        path = f"/routing/conversations/{conversation}"
        greek = next(one for one, name in genesys.genesys.floor.skills.items() if name == "Greek")
        await genesys.call("PATCH", path, {"priority": 12, "skillIds": [greek]})
        [chat] = await genesys.human.chats()
        assert (chat.details["priority"], chat.details["skills"]) == (12, ["Greek"])
        named = await genesys.client.patch(path, json={"skillIds": ["Greek"]})
        assert error(named) == (400, "resource.not.found")
        await genesys.human.join("u-1")
        assert error(await genesys.client.patch(path, json={"priority": 1})) == (409, "request.conflict")


# ------------------------------------------------------------------------------------------- webhooks
def _proof(secret: str, body: bytes) -> str:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return f"sha256={base64.b64encode(digest).decode()}"


async def test_webhook_is_signed_in_base64_with_the_newest_secret() -> None:
    secrets = ("the-new-secret-of-the-hook", "the-old-secret-of-the-hook")
    async with genesys_bench(webhook_secret=secrets, webhook_headers={"x-own": "a-second-secret"}) as genesys:
        await genesys.write()
        await genesys.human.say("u-1", "Γειά σου")
        await genesys.genesys.pump()
        [call] = genesys.calls
        assert call.headers["X-Hub-Signature-256"] == _proof(secrets[0], call.body)
        assert call.headers["x-own"] == "a-second-secret"
        assert (call.method, call.path) == ("POST", "/webhooks/genesys")
        assert dict(genesys.genesys.integration())["webhookKey"] == list(secrets)


@pytest.mark.parametrize(("answer", "attempts"), [(503, 6), (429, 6), (500, 6), (404, 1), (401, 1), (200, 1)])
async def test_webhook_is_repeated_five_times_unless_the_answer_is_final(answer: int, attempts: int) -> None:
    async with genesys_bench() as genesys:
        await genesys.write()
        said = await genesys.human.say("u-1", "Hello")
        genesys.answer = answer
        bodies = []
        for _ in range(10):
            bodies += await genesys.webhooks()
            genesys.clock.advance(5)
        assert [one["id"] for one in bodies] == [said] * attempts
        status = "delivery-failed" if answer != 200 else "sent"
        assert (await genesys.call("GET", f"/conversations/messages/{said}/details"))["status"] == status


async def test_refused_webhook_may_end_the_chat() -> None:
    async with genesys_bench(refusal_ends_chat=True) as genesys:
        conversation = await genesys.write()
        await genesys.human.say("u-1", "Hello")
        genesys.answer = 400
        await genesys.webhooks()
        assert (await genesys.legs(conversation))[0] == ("customer", "disconnected", "error")


async def test_older_webhooks_name_no_conversation() -> None:
    async with genesys_bench(webhook_conversation_id=False, nickname_field="nickName") as genesys:
        await genesys.write()
        await genesys.human.announce("u-1", "Please wait")
        [body] = await genesys.webhooks()
        assert "conversationId" not in body
        assert body["channel"]["from"]["nickName"] == "Bot handoff"
        assert body["originatingEntity"] == "Bot"


async def test_webhooks_come_twice_and_in_another_order() -> None:
    async with genesys_bench() as genesys:
        await genesys.write()
        await genesys.human.join("u-1")
        genesys.genesys.faults.script("webhook", "reorder", event="Text")
        genesys.genesys.faults.script("webhook", "repeat", event="Event")
        first = await genesys.human.say("u-1", "one")
        await genesys.human.typing("u-1", on=True)
        typing, text, again = await genesys.webhooks()
        assert (text["id"], typing["type"], again["id"]) == (first, "Event", typing["id"])


# ---------------------------------------------------------------------------------- queues and set-up
async def test_queues_tell_how_long_one_waits_and_who_is_there() -> None:
    async with genesys_bench() as genesys:
        queues = await genesys.call("GET", "/routing/queues?pageSize=1")
        assert (queues["total"], queues["pageCount"], [one["name"] for one in queues["entities"]]) == (
            2,
            2,
            ["Billing"],
        )
        queue = genesys.genesys.floor.usual_queue.id
        wait = f"/routing/queues/{queue}/mediatypes/message/estimatedwaittime"
        await genesys.write()
        [result] = (await genesys.call("GET", wait))["results"]
        assert (result["intent"], result["estimatedWaitTimeSeconds"]) == ("MESSAGE", 40)
        query = {
            "filter": {
                "type": "and",
                "predicates": [
                    {"dimension": "queueId", "value": queue},
                    {"dimension": "mediaType", "value": "message"},
                ],
            },
            "metrics": ["oWaiting", "oInteracting", "oOnQueueUsers"],
        }
        observations = "/analytics/queues/observations/query"

        async def counts() -> dict[str, int]:
            results = (await genesys.call("POST", observations, query))["results"]
            return {one["metric"]: one["stats"]["count"] for each in results for one in each["data"]}

        assert await counts() == {"oOnQueueUsers": 3, "oWaiting": 1, "oInteracting": 0}
        await genesys.human.join("u-1")
        assert await counts() == {"oOnQueueUsers": 3, "oWaiting": 0, "oInteracting": 1}
        await genesys.human.duty(0, waiting=4, estimate=600)
        assert (await genesys.call("GET", wait))["results"][0]["estimatedWaitTimeSeconds"] == 600
        assert await counts() == {"oOnQueueUsers": 0, "oWaiting": 4, "oInteracting": 1}
        await genesys.human.duty(None)
        assert (await genesys.call("GET", wait))["results"] == []
        assert "oOnQueueUsers" not in await counts()
        genesys.genesys.missing_rights.add("analytics:queueObservation:view")
        refused = await genesys.client.post(observations, json=query)
        assert error(refused) == (403, "missing.permissions")
        other = await genesys.client.get(wait.replace("message", "sms"))
        assert error(other) == (400, "invalid.value")


async def test_integration_and_its_recipient_can_be_looked_at() -> None:
    async with genesys_bench(webhook_target="https://bot.example/hook") as genesys:
        settings = genesys.genesys.settings
        base = "/conversations/messaging/integrations/open"
        [listed] = (await genesys.call("GET", base))["entities"]
        shown = await genesys.call("GET", f"{base}/{settings.integration_id}")
        assert shown == listed
        assert (shown["createStatus"], shown["outboundNotificationWebhookUrl"]) == (
            "Completed",
            "https://bot.example/hook",
        )
        assert settings.webhook_secrets[0] not in str(shown)
        recipient = await genesys.call("GET", f"/routing/message/recipients/{shown['recipient']['id']}")
        assert (recipient["messengerType"], recipient["flow"]["active"]) == ("open", True)
        assert error(await genesys.client.get(f"{base}/nobody")) == (404, "not.found")


async def test_faults_of_calls_happen_before_and_after() -> None:
    async with genesys_bench() as genesys:
        path = f"{genesys.inbound}/message"
        genesys.genesys.faults.script("open", "time_out_after")
        with pytest.raises(httpx.ReadTimeout):
            await genesys.client.post(path, json=message())
        assert len(await genesys.human.chats()) == 1
        genesys.genesys.faults.script("send", "drop_before")
        with pytest.raises(httpx.ConnectError):
            await genesys.client.post(path, json=message())
        genesys.genesys.faults.script("send", "expire_token")
        assert error(await genesys.client.post(path, json=message())) == (401, "bad.credentials")
        assert await genesys.human.texts("u-1") == ["I need a human"]


async def test_whole_handoff_is_played_over_the_control_api() -> None:
    async with genesys_bench() as genesys:
        base = "https://api.genesys.example/_sim"
        document = (await genesys.client.get(f"{base}/integration")).json()
        assert document == dict(genesys.genesys.integration())
        acts = (await genesys.client.get(f"{base}/acts")).json()["acts"]
        assert {"accept", "decline", "join", "transfer", "offer", "end"} <= set(acts)
        await genesys.write()
        for act, body in [
            ("accept", {"agent": "Eleni"}),
            ("decline", {}),
            ("join", {"agent": "Nikos"}),
            ("say", {"text": "Hello"}),
            ("end", {"why": "inactivity"}),
        ]:
            answer = await genesys.client.post(f"{base}/chats/u-1/{act}", json=body)
            assert answer.status_code == 200, answer.text
        state = (await genesys.client.get(f"{base}/state?chat=u-1")).json()
        assert (state["chat"]["state"], state["chat"]["details"]["ended"]) == ("ended", "inactivity")
        assert [one["text"] for one in state["chat"]["messages"]] == ["I need a human", "Hello"]
        assert genesys.genesys.tokens is not None
        secrets = (genesys.genesys.settings.client_secret, *genesys.genesys.tokens.issued)
        assert not any(secret in str(state) for secret in secrets)
        assert (await genesys.client.get(f"{base}/")).status_code == 200
