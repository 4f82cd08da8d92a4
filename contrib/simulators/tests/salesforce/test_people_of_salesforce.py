"""Support people over the control API, and what an integration is told."""

from __future__ import annotations

import pytest

from contrib.simulators.tests.salesforce_bench import salesforce_bench
from livechat_sdk_simulators.discovery import find
from livechat_sdk_simulators.human import NoSuchChat, NotPossible


async def test_support_people_are_played_over_the_control_api() -> None:
    async with salesforce_bench() as salesforce:
        account = (await salesforce.control.post("/accounts", json={"Name": "Acme"})).json()["id"]
        who = {"LastName": "Mavrou", "Email": "ann@acme.example", "AccountId": account}
        contact = (await salesforce.control.post("/contacts", json=who)).json()["id"]
        made = (await salesforce.upsert("7f3c", Subject="Order 7", ContactId=contact)).json()["id"]
        [listed] = (await salesforce.control.get("/tickets")).json()["tickets"]
        assert (listed["id"], listed["number"], listed["key"], listed["requester"], listed["state"]) == (
            made,
            "00001026",
            "7f3c",
            "ann@acme.example",
            "New",
        )
        assert (listed["assignee"], listed["details"]["Owner"]) == (None, "Support")
        file = {"name": "a.txt", "type": "text/plain", "data": "eA=="}
        said = {"text": "Hello", "public": True, "file": file}
        comment = (await salesforce.control.post("/tickets/7f3c/comment", json=said)).json()["comment_id"]
        await salesforce.control.post("/tickets/00001026/comment", json={"text": "psst", "agent": "Nikos"})
        await salesforce.control.post("/tickets/7f3c/state", json={"state": "solved"})
        shown = (await salesforce.control.get(f"/tickets/{made}")).json()
        assert (shown["state"], shown["open"], shown["details"]["files"]) == ("Closed", False, ["a.txt"])
        assert [(one["text"], one["public"], one["name"], one["author"]) for one in shown["comments"]] == [
            ("Hello", True, "Eleni Markou", "agent"),
            ("psst", False, "Nikos", "agent"),
        ]
        assert (await salesforce.read("CaseComment", comment))["IsPublished"] is True
        assert [one["id"] for one in (await salesforce.control.get("/accounts")).json()["accounts"]] == [
            account
        ]
        assert [one["name"] for one in (await salesforce.control.get("/contacts")).json()["contacts"]] == [
            "Mavrou"
        ]


async def test_control_api_says_what_cannot_be() -> None:
    async with salesforce_bench() as salesforce:
        made = await salesforce.make("Case", Subject="x")
        ticket = f"/tickets/{made}"
        assert (await salesforce.control.post("/tickets/7/state", json={"state": "open"})).status_code == 404
        assert (await salesforce.control.post(f"{ticket}/state", json={"state": "gone"})).status_code == 409
        assert (await salesforce.control.post(f"{ticket}/comment", json={"text": ""})).status_code == 409
        assert (await salesforce.control.post("/contacts", json={"Colour": "red"})).status_code == 400
        assert (await salesforce.control.post("/contacts", json={})).status_code == 400
        assert (await salesforce.control.post("/accounts", json={"Name": ""})).status_code == 400
        with pytest.raises(NoSuchChat):
            await salesforce.human.comment("", "nobody")
        with pytest.raises(NotPossible, match="no file"):
            salesforce.human.file("a.txt")


async def test_case_is_a_chat_on_the_page() -> None:
    async with salesforce_bench() as salesforce:
        ref = await salesforce.make("Case", Subject="x")
        await salesforce.control.post(f"/chats/{ref}/say", json={"text": "Fixed"})
        await salesforce.control.post(f"/chats/{ref}/accept", json={"agent": "Nikos"})
        await salesforce.control.post(f"/chats/{ref}/note", json={"text": "psst"})
        chat = (await salesforce.control.get(f"/chats/{ref}")).json()
        assert (chat["state"], chat["agent"]) == ("active", "Nikos")
        assert [(one["text"], one["status"]) for one in chat["messages"]] == [
            ("Fixed", ""),
            ("psst", "internal"),
        ]
        await salesforce.control.post(f"/chats/{ref}/end", json={"why": "Escalated"})
        assert (await salesforce.human.tickets())[0].state == "Escalated"
        await salesforce.control.post(f"/chats/{ref}/end", json={})
        assert (await salesforce.control.get("/state")).json()["chats"][0]["state"] == "ended"


async def test_integration_is_told() -> None:
    async with salesforce_bench() as salesforce:
        told = (await salesforce.control.get("/integration", params={"kind": "ticketing"})).json()
        settings = salesforce.salesforce.settings
        assert told == {
            "type": "SALESFORCE_TICKETING",
            "baseUrl": settings.base_url,
            "clientId": settings.client_id,
            "clientSecret": settings.client_secret,
        }
        assert salesforce.salesforce.integration() == told
        assert (await salesforce.control.get("/integration?kind=crm")).status_code == 404
    served = find("salesforce").make({"ca_file": "ca.pem"})
    assert served.integrations()["ticketing"]["caBundle"] == "ca.pem"
    with pytest.raises(ValueError, match="no setting 'colour'"):
        find("salesforce").make({"colour": "red"})
