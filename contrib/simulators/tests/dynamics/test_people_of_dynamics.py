"""Support people over the control API, and what an integration is told."""

from __future__ import annotations

import pytest

from contrib.simulators.tests.dynamics_bench import dynamics_bench
from livechat_sdk_simulators.discovery import find
from livechat_sdk_simulators.dynamics.tables import Choice, Column
from livechat_sdk_simulators.human import NoSuchChat, NotPossible


async def test_support_people_are_played_over_the_control_api() -> None:
    async with dynamics_bench() as dynamics:
        account = (await dynamics.control.post("/accounts", json={"name": "Acme"})).json()["id"]
        who = {"firstname": "Ann", "lastname": "Mavrou", "account": account}
        contact = (await dynamics.control.post("/contacts", json=who)).json()["id"]
        row = await dynamics.case(
            **{"customerid_contact@odata.bind": f"/contacts({contact})"}, new_handoffid="h-1"
        )
        [listed] = (await dynamics.control.get("/tickets")).json()["tickets"]
        assert (listed["number"], listed["key"], listed["requester"]) == (
            row["ticketnumber"],
            "h-1",
            "Ann Mavrou",
        )
        assert listed["details"]["prioritycode@OData.Community.Display.V1.FormattedValue"] == "Normal"
        said = await dynamics.control.post("/tickets/h-1/comment", json={"text": "On it.", "agent": "Nikos"})
        await dynamics.control.post("/tickets/h-1/state", json={"state": "On Hold"})
        shown = (await dynamics.control.get(f"/tickets/{row['incidentid']}")).json()
        assert (shown["state"], shown["comments"][0]["id"]) == ("On Hold", said.json()["comment_id"])
        public = await dynamics.control.post("/tickets/h-1/comment", json={"text": "x", "public": True})
        assert public.status_code == 409
        for word, state in (("5", "Problem Solved"), ("open", "In Progress"), ("closed", "Cancelled")):
            await dynamics.human.set_state("h-1", word)
            assert (await dynamics.human.tickets())[0].state == state
        assert (await dynamics.control.get("/accounts")).json()["accounts"][0]["name"] == "Acme"
        assert (await dynamics.control.post("/contacts", json={"colour": "red"})).status_code == 400


async def test_case_is_a_chat_on_the_page() -> None:
    async with dynamics_bench() as dynamics:
        row = await dynamics.case()
        ref = row["ticketnumber"]
        await dynamics.control.post(f"/chats/{ref}/accept", json={"agent": "Nikos"})
        file = {"name": "a.txt", "type": "text/plain", "data": "eA=="}
        said = (await dynamics.control.post(f"/chats/{ref}/say", json={"text": "Hello", "file": file})).json()
        assert dynamics.human.file(said["message_id"]) == b"x"
        chat = (await dynamics.control.get(f"/chats/{ref}")).json()
        assert (chat["state"], chat["agent"]) == ("active", "Nikos")
        assert [(one["text"], one["status"], one["files"]) for one in chat["messages"]] == [
            ("Hello", "internal", ["a.txt"])
        ]
        await dynamics.control.post(f"/chats/{ref}/end", json={})
        assert (await dynamics.human.chats())[0].state == "ended"
        with pytest.raises(NotPossible):
            await dynamics.human.say(ref, "x", choices=["a"])
        with pytest.raises(NotPossible):
            dynamics.human.file("nothing")
        with pytest.raises(NotPossible):
            await dynamics.human.set_state(ref, "gone")
        with pytest.raises(NoSuchChat):
            await dynamics.human.comments("nothing")


async def test_environment_is_customised_and_filled_by_tests() -> None:
    async with dynamics_bench() as dynamics:
        column = Column("new_size", "choice", choices=(Choice(1, "Small"), Choice(2, "Large")))
        dynamics.dynamics.tables["account"].add(column)
        account = await dynamics.human.add_account(name="Acme", new_size=2)
        assert [one["accountid"] for one in await dynamics.found("new_size eq 2", "accounts")] == [account]
        contact = await dynamics.human.add_contact(lastname="Mavrou")
        bind = {"parentcontactid@odata.bind": f"/contacts({contact})"}
        await dynamics.human.add_row("opportunity", name="Phones", estimatedvalue=9000, **bind)
        condition = f"_parentcontactid_value eq {contact} and statecode eq 0"
        [deal] = await dynamics.found(condition, "opportunities", select="name,estimatedvalue")
        assert (deal["name"], deal["estimatedvalue"]) == ("Phones", 9000)
        bind = {"regardingobjectid_contact_task@odata.bind": f"/contacts({contact})"}
        await dynamics.human.add_row("task", subject="Call", **bind)
        tasks = (await dynamics.client.get(f"contacts({contact})/Contact_Tasks")).json()["value"]
        assert [one["subject"] for one in tasks] == ["Call"]
        with pytest.raises(ValueError, match="there is no table"):
            await dynamics.human.add_row("nothing")


async def test_integration_is_told_for_each_kind() -> None:
    async with dynamics_bench() as dynamics:
        usual = (await dynamics.control.get("/integration")).json()
        assert (usual["type"], usual["azureTenantId"]) == (
            "DYNAMICS_TICKETING",
            dynamics.dynamics.settings.tenant_id,
        )
        crm = (await dynamics.control.get("/integration?kind=crm")).json()
        assert crm["type"] == "MICROSOFT_DYNAMICS_CRM"
        assert dynamics.dynamics.integration("crm") == crm
        answer = await dynamics.client.post(
            f"{usual['loginUrl']}/{usual['azureTenantId']}/oauth2/v2.0/token", data=dynamics.form()
        )
        assert answer.status_code == 200
        log = str(dynamics.dynamics.requests)
        assert dynamics.dynamics.settings.client_secret not in log
        assert answer.json()["access_token"] not in log
    assert find("dynamics").make({"sales": False}).name == "dynamics"
