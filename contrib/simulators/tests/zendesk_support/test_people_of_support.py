"""Support people over the control API, and what an integration is told."""

from __future__ import annotations

import pytest

from contrib.simulators.tests.support_bench import support_bench
from livechat_sdk_simulators.discovery import find
from livechat_sdk_simulators.human import NoSuchChat, NotPossible


async def test_support_people_are_played_over_the_control_api() -> None:
    async with support_bench() as zendesk:
        account = (await zendesk.control.post("/accounts", json={"name": "Acme"})).json()["id"]
        who = {"name": "Ann", "email": "ann@acme.example", "organization_id": int(account)}
        contact = (await zendesk.control.post("/contacts", json=who)).json()["id"]
        made = await zendesk.create(requester_id=int(contact), external_id="h-1.ticket")
        [listed] = (await zendesk.control.get("/tickets")).json()["tickets"]
        assert (listed["id"], listed["key"], listed["requester"]) == (
            str(made["id"]),
            "h-1.ticket",
            "ann@acme.example",
        )
        said = await zendesk.control.post(
            "/tickets/h-1.ticket/comment", json={"text": "Hello", "public": True}
        )
        await zendesk.control.post("/tickets/h-1.ticket/comment", json={"text": "psst"})
        assert (
            await zendesk.control.post("/tickets/h-1.ticket/state", json={"state": "solved"})
        ).json() == {}
        shown = (await zendesk.control.get(f"/tickets/{made['id']}")).json()
        assert shown["state"] == "solved"
        assert [(one["text"], one["public"]) for one in shown["comments"][1:]] == [
            ("Hello", True),
            ("psst", False),
        ]
        assert shown["comments"][1]["id"] == said.json()["comment_id"]
        names = [one["name"] for one in (await zendesk.control.get("/contacts")).json()["contacts"]]
        assert names[1:3] == ["Ann", "Eleni Markou"]
        assert [one["id"] for one in (await zendesk.control.get("/accounts")).json()["accounts"]] == [account]


async def test_control_api_says_what_cannot_be() -> None:
    async with support_bench() as zendesk:
        made = await zendesk.create()
        assert (await zendesk.control.get("/tickets/7")).status_code == 404
        ticket = f"/tickets/{made['id']}"
        assert (await zendesk.control.post("/tickets/7/state", json={"state": "open"})).status_code == 404
        assert (await zendesk.control.post(f"{ticket}/state", json={"state": "gone"})).status_code == 409
        assert (await zendesk.control.post(f"{ticket}/comment", json={})).status_code == 400
        assert (await zendesk.control.post("/contacts", json={"colour": "red"})).status_code == 400
        assert (await zendesk.control.post("/contacts", json={"name": ""})).status_code == 400
        await zendesk.human.set_state(str(made["id"]), "closed")
        with pytest.raises(NotPossible, match="closed prevents"):
            await zendesk.human.comment(str(made["id"]), "late")
        with pytest.raises(NoSuchChat):
            await zendesk.human.comment("7", "nobody")


async def test_ticket_is_a_chat_on_the_page() -> None:
    async with support_bench() as zendesk:
        made = await zendesk.create(comment={"body": "It broke.", "public": False})
        ref = str(made["id"])
        file = {"name": "a.txt", "type": "text/plain", "data": "eA=="}
        said = await zendesk.control.post(f"/chats/{ref}/say", json={"text": "Fixed", "file": file})
        assert said.json()["message_id"]
        await zendesk.control.post(f"/chats/{ref}/accept", json={"agent": "Nikos"})
        chat = (await zendesk.control.get(f"/chats/{ref}")).json()
        assert (chat["state"], chat["agent"]) == ("active", "Nikos")
        assert [(one["text"], one["status"], one["files"]) for one in chat["messages"]] == [
            ("It broke.", "internal", []),
            ("Fixed", "", ["a.txt"]),
        ]
        await zendesk.control.post(f"/chats/{ref}/note", json={"text": "psst"})
        assert (await zendesk.human.comments(ref))[-1].public is False
        await zendesk.control.post(f"/chats/{ref}/set_state", json={"state": "hold"})
        assert (await zendesk.human.tickets())[0].state == "hold"
        await zendesk.control.post(f"/chats/{ref}/end", json={"why": "pending"})
        assert (await zendesk.human.tickets())[0].state == "pending"
        await zendesk.control.post(f"/chats/{ref}/end", json={})
        assert (await zendesk.control.get("/state")).json()["chats"][0]["state"] == "ended"
        assert "Write a note" in (await zendesk.control.get("/")).text


async def test_integration_is_told_for_each_kind() -> None:
    async with support_bench() as zendesk:
        usual = (await zendesk.control.get("/integration")).json()
        assert (usual["type"], usual["userName"]) == ("ZENDESK_TICKETING", "bot@acme.example")
        crm = (await zendesk.control.get("/integration", params={"kind": "crm"})).json()
        assert crm["type"] == "ZENDESK_CRM"
        assert (await zendesk.control.get("/integration?kind=livechat")).status_code == 404
        assert zendesk.zendesk.integration() == usual
    assert find("zendesk-support").make({"search_lag": 0}).name == "zendesk-support"
    with pytest.raises(ValueError, match="no setting 'colour'"):
        find("zendesk-support").make({"colour": "red"})


async def test_secrets_are_not_in_the_log() -> None:
    async with support_bench() as zendesk:
        await zendesk.create()
        assert zendesk.zendesk.settings.api_token not in str(zendesk.zendesk.requests)
