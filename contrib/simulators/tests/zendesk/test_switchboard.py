from __future__ import annotations

import pytest

from contrib.simulators.tests.zendesk_bench import WORKSPACE, ZendeskBench, error, zendesk_bench


async def _active(zendesk: ZendeskBench, conversation: str) -> str | None:
    shown = (await zendesk.client.get(f"/conversations/{conversation}")).json()["conversation"]
    active = shown.get("activeSwitchboardIntegration")
    return None if active is None else str(active["name"])


@pytest.mark.parametrize("name", ["zd-agentWorkspace", "zd:agentWorkspace", "next"])
async def test_control_is_passed_by_name_type_or_order_and_told_with_its_metadata(name: str) -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        await zendesk.control(conversation, "bot")
        await zendesk.kinds()
        await zendesk.control(conversation, name, ref="h-1.1")
        [(kind, payload)] = await zendesk.events()
        assert (kind, payload["metadata"]) == ("switchboard:passControl", {"ref": "h-1.1"})
        active = payload["conversation"]["activeSwitchboardIntegration"]
        assert (active["name"], active["integrationType"]) == (WORKSPACE, "zd:agentWorkspace")


async def test_passing_control_to_whom_has_it_changes_and_tells_nothing() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over(ref="first")
        await zendesk.control(conversation, WORKSPACE, ref="second")
        assert await zendesk.kinds() == []
        assert len(await zendesk.human.chats()) == 1


async def test_target_that_there_is_not_is_told_by_an_event_or_refused() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        await zendesk.kinds()
        await zendesk.control(conversation, "zd-nobody")
        [(kind, payload)] = await zendesk.events()
        assert kind == "switchboard:passControl:failure"
        assert payload["error"]["code"] == "switchboard_invalid_target"
    async with zendesk_bench(invalid_target="error") as zendesk:
        path = f"/conversations/{await zendesk.conversation()}/passControl"
        answer = await zendesk.client.post(path, json={"switchboardIntegration": "zd-nobody"})
        assert error(answer)[:2] == (400, "bad_request")


async def test_offer_is_accepted_and_a_later_one_counts() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        path = f"/conversations/{conversation}"
        await zendesk.post(f"{path}/acceptControl")
        await zendesk.post(f"{path}/offerControl", {"switchboardIntegration": "zd-answerBot"})
        await zendesk.post(f"{path}/offerControl", {"switchboardIntegration": "bot"})
        await zendesk.post(f"{path}/offerControl", {"switchboardIntegration": WORKSPACE})
        await zendesk.post(f"{path}/acceptControl", {"metadata": {"why": "mine"}})
        events = await zendesk.events()
        assert [kind for kind, _ in events] == [
            "switchboard:acceptControl:failure",
            "switchboard:offerControl",
            "switchboard:offerControl",
            "switchboard:offerControl:failure",
            "switchboard:acceptControl",
        ]
        pending = events[2][1]["conversation"]["pendingSwitchboardIntegration"]["name"]
        assert (pending, await _active(zendesk, conversation)) == ("bot", "bot")
        assert [chat.state for chat in await zendesk.human.chats()] == ["ended"]


async def test_released_conversation_is_nobodys_until_the_end_user_writes() -> None:
    async with zendesk_bench(default_responder="zd-answerBot") as zendesk:
        conversation = await zendesk.handed_over()
        await zendesk.post(f"/conversations/{conversation}/releaseControl")
        assert await zendesk.kinds() == ["switchboard:releaseControl"]
        await zendesk.post(f"/conversations/{conversation}/releaseControl")
        assert (await zendesk.kinds(), await _active(zendesk, conversation)) == ([], None)
        await zendesk.send(conversation, by="business")
        assert await _active(zendesk, conversation) is None
        await zendesk.send(conversation)
        assert await _active(zendesk, conversation) == "zd-answerBot"


async def test_standby_bot_hears_nothing_until_control_is_offered_to_it() -> None:
    async with zendesk_bench(standby_events=False) as zendesk:
        conversation = await zendesk.handed_over()
        await zendesk.human.say("h-1.1", "unheard")
        assert await zendesk.kinds() == []
        path = f"/conversations/{conversation}/offerControl"
        await zendesk.post(path, {"switchboardIntegration": "bot"})
        await zendesk.human.say("h-1.1", "heard")
        await zendesk.human.end("h-1.1")
        assert await zendesk.kinds() == [
            "switchboard:offerControl",
            "conversation:message",
            "switchboard:releaseControl",
        ]


async def test_without_a_switchboard_everybody_hears_everything_and_nobody_has_control() -> None:
    async with zendesk_bench(switchboard_enabled=False, standby_events=False) as zendesk:
        conversation = await zendesk.conversation()
        await zendesk.control(conversation, WORKSPACE)
        assert await zendesk.kinds() == ["conversation:create", "switchboard:passControl:failure"]
        assert await zendesk.human.chats() == []


async def test_switchboard_tells_its_integrations_and_takes_more() -> None:
    async with zendesk_bench() as zendesk:
        [board] = (await zendesk.client.get("/switchboards")).json()["switchboards"]
        path = f"/switchboards/{board['id']}/switchboardIntegrations"
        listed = (await zendesk.client.get(path)).json()["switchboardIntegrations"]
        assert [one["name"] for one in listed] == ["bot", "zd-answerBot", WORKSPACE]
        hook = {"target": "https://bot.example/hook", "triggers": ["conversation:message"]}
        made = await zendesk.post("/integrations", {"type": "custom", "webhooks": [hook]}, 201)
        body = {"name": "second", "integrationId": made["integration"]["id"]}
        second = (await zendesk.post(path, body, 201))["switchboardIntegration"]
        assert (second["integrationType"], second["deliverStandbyEvents"]) == ("custom", True)
        answer = await zendesk.client.patch(f"{path}/{second['id']}", json={"deliverStandbyEvents": False})
        assert answer.json()["switchboardIntegration"]["deliverStandbyEvents"] is False
        assert error(await zendesk.client.post(path, json=body))[0] == 400
        assert error(await zendesk.client.get("/switchboards/5e/switchboardIntegrations"))[0] == 404


async def test_key_of_an_integration_accepts_and_releases_only_for_itself() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        bot = zendesk.zendesk.switchboard.bot.integration_id
        key = (await zendesk.post(f"/integrations/{bot}/keys", {"displayName": "k"}, 201))["key"]
        auth = (key["id"], key["secret"])
        path = f"/conversations/{conversation}"
        refused = await zendesk.client.post(f"{path}/releaseControl", json={}, auth=auth)
        assert error(refused) == (403, "forbidden", "Forbidden")
        assert error(await zendesk.client.get("/switchboards", auth=auth))[0] == 403
        await zendesk.post(f"{path}/offerControl", {"switchboardIntegration": "bot"})
        assert (await zendesk.client.post(f"{path}/acceptControl", json={}, auth=auth)).status_code == 200
        assert (await zendesk.client.post(f"{path}/releaseControl", json={}, auth=auth)).status_code == 200
        mine = await zendesk.client.get("/integrations/me/webhooks", auth=auth)
        assert len(mine.json()["webhooks"]) == 1


async def test_faults_of_open_are_for_the_call_that_hands_over() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        zendesk.zendesk.faults.script("open", "status", status=503)
        await zendesk.control(conversation, "bot")
        path = f"/conversations/{conversation}/passControl"
        answer = await zendesk.client.post(path, json={"switchboardIntegration": WORKSPACE})
        assert (answer.status_code, await _active(zendesk, conversation)) == (503, "bot")
