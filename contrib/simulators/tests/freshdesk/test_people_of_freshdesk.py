"""Support people over the control API, contacts and companies, and what an integration is told."""

from __future__ import annotations

import pytest

from contrib.simulators.tests.freshdesk_bench import freshdesk_bench, problems
from livechat_sdk_simulators.discovery import find
from livechat_sdk_simulators.human import NoSuchChat, NotPossible


async def test_support_people_are_played_over_the_control_api() -> None:
    async with freshdesk_bench() as freshdesk:
        account = (await freshdesk.control.post("/accounts", json={"name": "Acme"})).json()["id"]
        who = {"name": "Ann", "email": "ann@acme.example", "company_id": int(account)}
        contact = (await freshdesk.control.post("/contacts", json=who)).json()["id"]
        made = await freshdesk.create(custom_fields={"cf_handoff": "h-1.ticket"})
        assert (str(made["requester_id"]), made["company_id"]) == (contact, int(account))
        [listed] = (await freshdesk.control.get("/tickets")).json()["tickets"]
        assert (listed["id"], listed["key"], listed["requester"], listed["state"]) == (
            str(made["id"]),
            "h-1.ticket",
            "ann@acme.example",
            "Open",
        )
        assert listed["details"]["description"] == "Where is it?"
        said = {"text": "A < B\nHello", "public": True}
        reply = (await freshdesk.control.post("/tickets/h-1.ticket/comment", json=said)).json()
        await freshdesk.control.post("/tickets/h-1.ticket/comment", json={"text": "psst", "agent": "Nikos"})
        await freshdesk.control.post("/tickets/h-1.ticket/state", json={"state": "Resolved"})
        shown = (await freshdesk.control.get(f"/tickets/{made['id']}")).json()
        assert (shown["state"], shown["open"]) == ("Resolved", False)
        assert [(one["text"], one["public"], one["name"]) for one in shown["comments"]] == [
            ("A < B\nHello", True, "Eleni Markou"),
            ("psst", False, "Nikos"),
        ]
        assert shown["comments"][0]["id"] == reply["comment_id"]
        seen = (await freshdesk.client.get(f"/tickets/{made['id']}/conversations")).json()
        assert seen[0]["body"] == "<div>A &lt; B<br>Hello</div>"
        assert [one["id"] for one in (await freshdesk.control.get("/accounts")).json()["accounts"]] == [
            account
        ]
        assert [one["id"] for one in (await freshdesk.control.get("/contacts")).json()["contacts"]] == [
            contact
        ]


async def test_control_api_says_what_cannot_be() -> None:
    async with freshdesk_bench() as freshdesk:
        made = await freshdesk.create()
        ticket = f"/tickets/{made['id']}"
        assert (await freshdesk.control.post("/tickets/7/state", json={"state": "Open"})).status_code == 404
        assert (await freshdesk.control.post(f"{ticket}/state", json={"state": "gone"})).status_code == 409
        assert (await freshdesk.control.post("/contacts", json={"colour": "red"})).status_code == 400
        assert (await freshdesk.control.post("/contacts", json={"name": "Nobody"})).status_code == 400
        assert (await freshdesk.control.post("/accounts", json={"name": ""})).status_code == 400
        with pytest.raises(NoSuchChat):
            await freshdesk.human.comment("", "nobody")
        with pytest.raises(NotPossible, match="no file"):
            freshdesk.human.file("a.txt")


async def test_ticket_is_a_chat_on_the_page() -> None:
    async with freshdesk_bench() as freshdesk:
        ref = str((await freshdesk.create())["id"])
        file = {"name": "a.txt", "type": "text/plain", "data": "eA=="}
        await freshdesk.control.post(f"/chats/{ref}/say", json={"text": "Fixed", "file": file})
        await freshdesk.control.post(f"/chats/{ref}/accept", json={"agent": "Nikos"})
        await freshdesk.control.post(f"/chats/{ref}/note", json={"text": "psst"})
        chat = (await freshdesk.control.get(f"/chats/{ref}")).json()
        assert (chat["state"], chat["agent"]) == ("active", "Nikos")
        assert [(one["text"], one["status"], one["files"]) for one in chat["messages"]] == [
            ("Fixed", "", ["a.txt"]),
            ("psst", "internal", []),
        ]
        assert freshdesk.human.file("a.txt") == b"x"
        await freshdesk.control.post(f"/chats/{ref}/end", json={"why": "7"})
        assert (await freshdesk.human.tickets())[0].state == "Waiting on Third Party"
        await freshdesk.control.post(f"/chats/{ref}/end", json={})
        assert (await freshdesk.control.get("/state")).json()["chats"][0]["state"] == "ended"


async def test_contacts_are_unique_and_need_a_way_to_reach_them() -> None:
    async with freshdesk_bench() as freshdesk:
        ann = {"name": "Ann", "email": "ann@acme.example", "other_emails": ["a@home.example"]}
        made = await freshdesk.client.post("/contacts", json=ann)
        assert made.status_code == 201
        again = await freshdesk.client.post("/contacts", json={"name": "A", "email": "A@home.example"})
        assert (again.status_code, problems(again)) == (409, {"email": "duplicate_value"})
        both = await freshdesk.client.post("/contacts", json={"name": 7, "email": "a@home.example"})
        assert both.status_code == 400
        bare = await freshdesk.client.post("/contacts", json={"name": "Bob"})
        assert set(problems(bare)) == {"email", "mobile", "phone", "twitter_id", "unique_external_id"}
        path = f"/contacts/{made.json()['id']}"
        changed = await freshdesk.client.put(path, json={"phone": "+30210", "unique_external_id": "C-7"})
        assert (changed.json()["phone"], changed.json()["email"]) == ("+30210", "ann@acme.example")
        lost = await freshdesk.client.put(path, json={"company_id": 7})
        assert problems(lost) == {"company_id": "invalid_value"}
        listed = await freshdesk.client.get("/contacts", params={"unique_external_id": "c-7"})
        assert [one["name"] for one in listed.json()] == ["Ann"]
        assert (await freshdesk.client.get("/contacts", params={"state": "deleted"})).json() == []
        assert problems(await freshdesk.client.get("/contacts", params={"state": "new"})) == {
            "state": "invalid_value"
        }


async def test_companies_agents_and_groups_are_read() -> None:
    async with freshdesk_bench() as freshdesk:
        made = (
            await freshdesk.client.post("/companies", json={"name": "Acme", "domains": ["acme.example"]})
        ).json()
        assert (await freshdesk.client.get(f"/companies/{made['id']}")).json() == made
        again = await freshdesk.client.post("/companies", json={"name": "Acme"})
        assert (again.status_code, problems(again)) == (409, {"name": "duplicate_value"})
        assert [one["name"] for one in (await freshdesk.client.get("/companies")).json()] == ["Acme"]
        [agent] = (await freshdesk.client.get("/agents", params={"email": "bot@acme.example"})).json()
        assert (await freshdesk.client.get(f"/agents/{agent['id']}")).json() == agent
        assert [one["name"] for one in (await freshdesk.client.get("/groups")).json()] == [
            "Support",
            "Billing",
        ]


async def test_integration_is_told() -> None:
    async with freshdesk_bench() as freshdesk:
        told = (await freshdesk.control.get("/integration", params={"kind": "ticketing"})).json()
        assert told == {
            "type": "FRESHDESK_TICKETING",
            "baseUrl": "https://acme.freshdesk.example",
            "apiKey": freshdesk.freshdesk.settings.api_key,
        }
        assert freshdesk.freshdesk.integration() == told
        assert (await freshdesk.control.get("/integration?kind=crm")).status_code == 404
    served = find("freshdesk").make({"ca_file": "ca.pem"})
    assert served.integrations()["ticketing"]["caBundle"] == "ca.pem"
    with pytest.raises(ValueError, match="no setting 'colour'"):
        find("freshdesk").make({"colour": "red"})
