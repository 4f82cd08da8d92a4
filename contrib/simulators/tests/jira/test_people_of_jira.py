from __future__ import annotations

import httpx
import pytest

from contrib.simulators.tests.jira_bench import jira_bench
from livechat_sdk_simulators.human import NoSuchChat, NotPossible


async def test_support_person_takes_a_request_answers_and_resolves_it() -> None:
    async with jira_bench() as bench:
        key = (await bench.create(labels=["h-1"]))["issueKey"]
        await bench.human.accept("h-1", "Nikos Pappas")
        await bench.human.say(key, "Hello", agent="Nikos Pappas")
        await bench.human.note(key, "To be sent again")
        await bench.human.comment(key, "See", file=("a.log", "text/plain", b"log"))
        [ticket] = await bench.human.tickets()
        assert (ticket.assignee, ticket.number, ticket.key) == ("Nikos Pappas", key, "h-1")
        said = [(one.name, one.public, list(one.files)) for one in await bench.human.comments(key)]
        assert said == [
            ("Nikos Pappas", True, []),
            ("Eleni Markou", False, []),
            ("Eleni Markou", False, ["a.log"]),
        ]
        [chat] = await bench.human.chats()
        assert (chat.state, chat.agent) == ("active", "Nikos Pappas")
        await bench.human.end(key)
        [ticket] = await bench.human.tickets()
        assert (ticket.state, ticket.open) == ("Resolved", False)
        await bench.human.set_state(key, "in progress")
        assert (await bench.human.tickets())[0].open


async def test_what_cannot_be_is_said() -> None:
    async with jira_bench() as bench:
        with pytest.raises(NoSuchChat):
            await bench.human.comment("ITH-9", "x")
        key = (await bench.create())["issueKey"]
        with pytest.raises(NotPossible, match="there are: Waiting for support"):
            await bench.human.set_state(key, "Solved")
        with pytest.raises(ValueError, match="a customer has no colour"):
            await bench.human.add_contact(name="Ann", email="a@b.example", colour="red")
        with pytest.raises(ValueError, match="a name and an email"):
            await bench.human.add_contact(name="Ann")
        with pytest.raises(ValueError, match="an organization has a name"):
            await bench.human.add_account(title="Acme")


async def test_control_api_does_what_people_do() -> None:
    async with jira_bench() as bench:
        base = f"{bench.jira.settings.base_url}/_sim"
        async with httpx.AsyncClient(transport=bench.jira.transport(), base_url=base) as control:
            await control.post("/accounts", json={"name": "Acme"})
            who = {"name": "Ann Mavrou", "email": "ann@acme.example"}
            assert (await control.post("/contacts", json=who)).json()["id"].startswith("qm:")
            key = (await bench.create())["issueKey"]
            said = await control.post(f"/tickets/{key}/comment", json={"text": "Hello", "public": True})
            assert said.status_code == 200
            await control.post(f"/tickets/{key}/state", json={"state": "Resolved"})
            shown = (await control.get(f"/tickets/{key}")).json()
            assert (shown["state"], shown["comments"][0]["text"]) == ("Resolved", "Hello")
            assert [one["name"] for one in (await control.get("/accounts")).json()["accounts"]] == ["Acme"]
            people = (await control.get("/contacts")).json()["contacts"]
            assert [one["name"] for one in people] == ["Livechat Bot", "Ann Mavrou", "Eleni Markou"]
            integration = (await control.get("/integration", params={"kind": "ticketing"})).json()
            assert integration == bench.jira.integration()
            assert integration["type"] == "JIRA_SERVICE_MANAGEMENT_TICKETING"
