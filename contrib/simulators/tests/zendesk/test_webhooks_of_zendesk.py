from __future__ import annotations

import json

import pytest

from contrib.simulators.tests.zendesk_bench import error, zendesk_bench


async def test_envelope_names_app_and_webhook_and_shows_the_key() -> None:
    async with zendesk_bench(webhook_secret="s-1") as zendesk:
        conversation = await zendesk.conversation(metadata={"ref": "h-1.1"})
        await zendesk.zendesk.pump()
        [call] = zendesk.calls
        assert (call.path, call.headers["X-API-Key"]) == ("/webhooks/zendesk", "s-1")
        body = json.loads(call.body)
        assert body["app"] == {"id": zendesk.zendesk.settings.app_id}
        assert body["webhook"]["version"] == "v2"
        [event] = body["events"]
        assert (event["type"], event["createdAt"]) == ("conversation:create", "2026-11-24T09:00:00.000Z")
        named = event["payload"]["conversation"]
        assert (named["id"], named["metadata"]) == (conversation, {"ref": "h-1.1"})


async def test_every_message_is_told_also_to_whom_wrote_it() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        sent = [await zendesk.send(conversation, by=one) for one in ("user", "business")]
        events = await zendesk.events()
        assert [payload["message"]["id"] for _, payload in events] == sent
        author = events[0][1]["message"]["author"]
        assert (author["type"], author["user"]["externalId"]) == ("user", "u-1")
        assert "profile" not in author["user"]


@pytest.mark.parametrize(("status", "attempts"), [(200, 1), (503, 5), (302, 5), (401, 1), (404, 1), (410, 5)])
async def test_five_attempts_in_fifteen_minutes_but_none_after_a_final_answer(
    status: int, attempts: int
) -> None:
    async with zendesk_bench() as zendesk:
        zendesk.answer = status
        await zendesk.conversation()
        for _ in range(90):
            await zendesk.zendesk.pump()
            zendesk.clock.advance(10)
        assert len(zendesk.calls) == attempts
        assert len({call.body for call in zendesk.calls}) == 1


async def test_webhooks_of_ones_own_have_their_target_their_triggers_and_their_secret() -> None:
    async with zendesk_bench() as zendesk:
        hook = {
            "target": "https://bot.example/hooks/two",
            "triggers": ["conversation:message"],
            "includeFullUser": True,
        }
        body = {"type": "custom", "displayName": "two", "webhooks": [hook]}
        made = (await zendesk.post("/integrations", body, 201))["integration"]
        [shown] = made["webhooks"]
        path = f"/integrations/{made['id']}/webhooks"
        assert (await zendesk.client.get(path)).json() == {"webhooks": [shown]}
        conversation = await zendesk.conversation()
        await zendesk.send(conversation)
        await zendesk.zendesk.pump()
        [call] = [one for one in zendesk.calls if one.path == "/hooks/two"]
        assert call.headers["X-API-Key"] == shown["secret"]
        assert "profile" in json.loads(call.body)["events"][0]["payload"]["message"]["author"]["user"]
        one = f"{path}/{shown['id']}"
        changed = (await zendesk.client.patch(one, json={"triggers": ["conversation:read"]})).json()
        assert changed["webhook"]["triggers"] == ["conversation:read"]
        assert (await zendesk.client.get(one)).json() == changed
        assert (await zendesk.client.delete(one)).json() == {}
        assert error(await zendesk.client.get(one)) == (404, "not_found", "Resource not found")


@pytest.mark.parametrize("hook", [{}, {"target": "https://a.example", "triggers": ["Conversation:Message"]}])
async def test_webhook_without_target_or_with_a_trigger_that_there_is_not_is_refused(hook: object) -> None:
    async with zendesk_bench() as zendesk:
        answer = await zendesk.client.post("/integrations", json={"type": "custom", "webhooks": [hook]})
        assert error(answer)[:2] == (400, "bad_request")


async def test_app_has_ten_webhooks_at_most() -> None:
    async with zendesk_bench() as zendesk:
        bot = zendesk.zendesk.switchboard.bot.integration_id
        hook = {"target": "https://a.example", "triggers": ["conversation:message"]}
        for _ in range(9):
            await zendesk.post(f"/integrations/{bot}/webhooks", hook, 201)
        assert error(await zendesk.client.post(f"/integrations/{bot}/webhooks", json=hook))[0] == 400


async def test_faults_of_webhooks_may_be_meant_for_one_event() -> None:
    async with zendesk_bench() as zendesk:
        await zendesk.handed_over()
        zendesk.zendesk.faults.script("webhook", "repeat", event="switchboard:releaseControl")
        await zendesk.human.say("h-1.1", "bye")
        await zendesk.human.end("h-1.1")
        bodies = await zendesk.envelopes()
        kinds = [one["type"] for body in bodies for one in body["events"]]
        assert kinds == ["conversation:message", *["switchboard:releaseControl"] * 2]
        assert bodies[1] == bodies[2]


async def test_event_that_no_document_names_comes_whatever_the_triggers_are() -> None:
    async with zendesk_bench(triggers=("conversation:message",)) as zendesk:
        await zendesk.handed_over()
        await zendesk.human.unknown_event("h-1.1")
        assert await zendesk.kinds() == ["conversation:rating"]


async def test_deliveries_to_a_channel_that_confirms_them_are_told_of_what_the_end_user_gets() -> None:
    async with zendesk_bench(deliveries=True) as zendesk:
        conversation = await zendesk.handed_over()
        await zendesk.send(conversation)
        assert await zendesk.kinds() == ["conversation:message"]
        said = await zendesk.human.say("h-1.1", "Hello")
        events = await zendesk.events()
        assert [(kind, payload["message"]["id"]) for kind, payload in events] == [
            ("conversation:message", said),
            ("conversation:message:delivery:channel", said),
            ("conversation:message:delivery:user", said),
        ]
        assert [payload["isFinalEvent"] for _, payload in events[1:]] == [False, True]
