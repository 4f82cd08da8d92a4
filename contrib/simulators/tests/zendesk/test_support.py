from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from contrib.simulators.tests.zendesk_bench import ZendeskBench, zendesk_bench
from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.discovery import find
from livechat_sdk_simulators.webhooks import Attempt
from livechat_sdk_simulators.zendesk.supporthook import support_repeats

NOW = VirtualClock().now()


async def _ticket_id(zendesk: ZendeskBench, conversation: str) -> int:
    answer = await zendesk.support.get(f"/tickets/messaging/conversations/{conversation}/ticket.json")
    return int(answer.json()["ticket"]["id"])


async def test_token_is_given_for_id_and_secret_and_expires() -> None:
    async with zendesk_bench() as zendesk:
        mine = zendesk.zendesk.settings
        ask = {"grant_type": "client_credentials", "client_id": mine.client_id, "scope": "tickets:read"}
        url = f"{mine.base_url}/oauth/tokens"
        wrong = await zendesk.support.post(url, json={**ask, "client_secret": "guess"})
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        given = await zendesk.support.post(url, json={**ask, "client_secret": mine.client_secret})
        assert (given.status_code, given.json()["expires_in"]) == (201, 1800)
        bearer = {"authorization": f"Bearer {given.json()['access_token']}"}
        zendesk.support.auth = httpx.Auth()  # shows nothing by itself
        assert (await zendesk.support.get("/agent_availabilities", headers=bearer)).status_code == 200
        zendesk.clock.advance(1800)
        late = await zendesk.support.get("/agent_availabilities", headers=bearer)
        assert (late.status_code, late.json()) == (401, {"error": "Couldn't authenticate you"})


async def test_ticket_is_solved_and_closed_over_the_api_and_then_changes_no_more() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        path = f"/tickets/{await _ticket_id(zendesk, conversation)}"
        solved = await zendesk.support.put(path, json={"ticket": {"status": "solved", "tags": ["bot"]}})
        assert (solved.json()["ticket"]["status"], solved.json()["ticket"]["tags"]) == ("solved", ["bot"])
        assert await zendesk.kinds() == []
        wrong = await zendesk.support.put(path, json={"ticket": {"status": "gone"}})
        assert (wrong.status_code, wrong.json()["error"]) == (422, "RecordInvalid")
        await zendesk.support.put(path, json={"ticket": {"status": "closed"}})
        assert await zendesk.kinds() == ["conversation:message", "switchboard:releaseControl"]
        late = await zendesk.support.put(path, json={"ticket": {"status": "open"}})
        assert (late.status_code, list(late.json()["details"])) == (422, ["status"])
        assert (await zendesk.support.get(path)).json()["ticket"]["status"] == "closed"


async def test_ticket_that_there_is_not_is_not_found_in_the_words_of_support() -> None:
    async with zendesk_bench() as zendesk:
        for path in ("/tickets/1", "/tickets/x", "/tickets/messaging/conversations/5e/ticket", "/users/1"):
            answer = await zendesk.support.get(path)
            assert answer.status_code == 404
            assert answer.json() == {"error": "RecordNotFound", "description": "Not found"}


async def test_who_is_online_is_told_if_the_account_tells_it() -> None:
    async with zendesk_bench() as zendesk:
        await zendesk.human.duty(2)
        query = {"filter[channel_status]": "messaging:online"}
        answer = await zendesk.support.get("/agent_availabilities", params=query)
        assert len(answer.json()["data"]) == 2
        await zendesk.human.duty(None)
        assert (await zendesk.support.get("/agent_availabilities", params=query)).status_code == 403


async def test_webhook_of_support_tells_assignment_and_status_and_is_signed() -> None:
    async with zendesk_bench(support_webhook_secret="s-1", triggers=("conversation:read",)) as zendesk:
        conversation = await zendesk.handed_over()
        await zendesk.human.join("h-1.1", "Eleni")
        await zendesk.human.end("h-1.1", "solved")
        await zendesk.zendesk.pump()
        bodies: list[dict[str, Any]] = [json.loads(call.body) for call in zendesk.calls]
        assert [one["type"].removeprefix("zen:event-type:ticket.") for one in bodies] == [
            "agent_assignment_changed",
            "status_changed",
            "status_changed",
        ]
        eleni = zendesk.zendesk.agents["Eleni"].id
        assert bodies[0]["event"] == {"previous": None, "current": str(eleni)}
        assert bodies[0]["detail"]["id"] == str(await _ticket_id(zendesk, conversation))
        assert bodies[2]["event"] == {"previous": "OPEN", "current": "SOLVED"}
        call = zendesk.calls[0]
        signed = call.headers["X-Zendesk-Webhook-Signature-Timestamp"].encode() + call.body
        wanted = base64.b64encode(hmac.new(b"s-1", signed, hashlib.sha256).digest()).decode()
        assert call.headers["X-Zendesk-Webhook-Signature"] == wanted
        assert "X-API-Key" not in call.headers


@pytest.mark.parametrize(
    ("status", "retry_after", "attempts"),
    [(409, None, 4), (None, None, 6), (503, None, 1), (503, 30.0, 3), (429, 60.0, 1), (500, 1.0, 1)],
)
def test_support_repeats_by_its_own_rules(
    status: int | None, retry_after: float | None, attempts: int
) -> None:
    one = Attempt(NOW, status, retry_after=retry_after)
    made = 1
    while made < 3 or status not in {429, 503}:
        if support_repeats([one] * made) is None:
            break
        made += 1
    assert made == attempts


def test_simulator_is_found_by_its_name_and_tells_how_it_is_reached() -> None:
    made = find("zendesk").make({"webhook_secret": ("new", "old")}, VirtualClock())
    reached = made.integration()
    assert (reached["type"], reached["webhookKey"]) == ("ZENDESK_LIVECHAT", ["new", "old"])
    with pytest.raises(ValueError, match="no setting"):
        find("zendesk").make({"colour": "red"})
    with pytest.raises(ValueError, match="default_responder"):
        find("zendesk").make({"default_responder": "nobody"})
