from __future__ import annotations

import httpx
import pytest

from contrib.simulators.tests.servicenow_bench import servicenow_bench
from livechat_sdk_simulators.human import NoSuchChat, NotPossible


async def test_support_person_takes_a_ticket_answers_and_resolves_it() -> None:
    async with servicenow_bench() as bench:
        ann = await bench.human.add_contact(name="Ann Mavrou", email="ann@acme.example", user_name="ann")
        row = (await bench.create(correlation_id="h-1", caller_id=ann))["sys_id"]
        await bench.human.accept("h-1", "Nikos Pappas")
        await bench.human.say("INC0010001", "Hello", agent="Ann Mavrou")
        await bench.human.note(row, "To be sent again", agent="Nikos Pappas")
        await bench.human.comment(row, "See", file=("a.log", "text/plain", b"log"))
        [ticket] = await bench.human.tickets()
        assert (ticket.assignee, ticket.details["caller_id"]) == ("Nikos Pappas", "Ann Mavrou")
        said = await bench.human.comments("h-1")
        assert [(one.author, one.public, one.name) for one in said] == [
            ("requester", True, "Ann Mavrou"),
            ("agent", False, "Nikos Pappas"),
            ("agent", False, "Eleni Markou"),
            ("agent", True, "Eleni Markou"),
        ]
        assert [one.status for one in await bench.human.messages("h-1")] == ["", "internal", "internal", ""]
        await bench.human.end("h-1")
        shown = await bench.read(row)
        assert (shown["state"], shown["close_code"], shown["close_notes"]) == ("6", "Duplicate", "Done.")
        [chat] = await bench.human.chats()
        assert chat.state == "ended"
        await bench.human.set_state("h-1", "In Progress")
        await bench.human.set_state("h-1", "On Hold")
        assert (await bench.read(row))["hold_reason"] == "1"


async def test_what_a_form_shows_as_html_is_told() -> None:
    async with servicenow_bench() as bench:
        row = (await bench.create())["sys_id"]
        await bench.change(row, work_notes="<b>plain</b> [code] and nothing more")
        assert bench.human.effects(row) == []
        await bench.change(row, work_notes="[code]<b>bold</b>[/code]")
        assert bench.human.effects(row) == ["html"]


async def test_what_cannot_be_is_said() -> None:
    async with servicenow_bench() as bench:
        with pytest.raises(NoSuchChat):
            await bench.human.comment("INC7", "x")
        await bench.create()
        with pytest.raises(NotPossible, match="there are: New, In Progress"):
            await bench.human.set_state("INC0010001", "Solved")
        await bench.human.set_state("INC0010001", "Closed")
        with pytest.raises(NotPossible, match="Business Rule"):
            await bench.human.comment("INC0010001", "late")
        with pytest.raises(NotPossible):
            bench.human.file("none")
        with pytest.raises(ValueError, match=r"no column sys_user\.colour"):
            await bench.human.add_contact(name="Ann", colour="red")
        with pytest.raises(ValueError, match="no table"):
            await bench.human.add_row("nothing")


async def test_control_api_does_what_people_do() -> None:
    async with servicenow_bench() as bench:
        base = f"{bench.servicenow.settings.base_url}/_sim"
        async with httpx.AsyncClient(transport=bench.servicenow.transport(), base_url=base) as control:
            company = (await control.post("/accounts", json={"name": "Acme"})).json()["id"]
            ann = {"name": "Ann Mavrou", "email": "ann@acme.example", "company": company}
            caller = (await control.post("/contacts", json=ann)).json()["id"]
            row = (await bench.create(caller_id=caller, correlation_id="h-1"))["sys_id"]
            said = await control.post("/tickets/INC0010001/comment", json={"text": "Hello", "public": True})
            assert said.status_code == 200
            await control.post("/tickets/h-1/state", json={"state": "Resolved"})
            shown = (await control.get(f"/tickets/{row}")).json()
            assert (shown["state"], shown["comments"][0]["text"]) == ("Resolved", "Hello")
            listed = (await control.get("/contacts")).json()["contacts"]
            assert [one["name"] for one in listed] == ["Livechat Bot", "Eleni Markou", "Ann Mavrou"]
            assert [one["name"] for one in (await control.get("/accounts")).json()["accounts"]] == ["Acme"]
            integration = (await control.get("/integration", params={"kind": "ticketing"})).json()
            assert integration["type"] == "SERVICENOW_TICKETING"
            assert integration["userName"] == "livechat.bot"
