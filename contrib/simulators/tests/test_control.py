from __future__ import annotations

import base64
from typing import Any

import pytest

from contrib.simulators.tests.bench import bench


async def test_somebody_plays_the_agent_over_http() -> None:
    async with bench() as parley:
        chat = await parley.open("h/1.1")
        sim = parley.client
        for act, fields in [
            ("accept", {"agent": "Eleni"}),
            ("join", {}),
            ("typing", {"on": True}),
            ("read", {}),
            ("transfer", {"to": "billing"}),
        ]:
            answer = await sim.post(f"/_sim/chats/h%2F1.1/{act}", json=fields)
            assert (answer.status_code, answer.json()) == (200, {}), act
        said = await sim.post(
            f"/_sim/chats/{chat}/say", json={"text": "Hello", "choices": ["a", {"label": "b", "value": "c"}]}
        )
        shown = (await sim.get(f"/_sim/chats/{chat}")).json()
        assert shown["messages"][0]["id"] == said.json()["message_id"]
        assert shown["messages"][0]["choices"] == ["a", "b"]
        assert (await sim.post(f"/_sim/chats/{chat}/end")).status_code == 200
        assert [one["state"] for one in (await sim.get("/_sim/chats")).json()["chats"]] == ["ended"]


async def test_file_of_an_agent_comes_in_base64() -> None:
    async with bench() as parley:
        chat = await parley.open()
        file = {"name": "a.txt", "type": "text/plain", "data": base64.b64encode(b"\x00\xff").decode()}
        assert (
            await parley.client.post(f"/_sim/chats/{chat}/say", json={"text": "", "file": file})
        ).is_success
        url = (await parley.events())[-1]["data"]["files"][0]["url"]
        assert (await parley.client.get(url)).content == b"\x00\xff"


async def test_files_of_both_sides_are_shown_with_their_names_and_where_an_agent_opens_them() -> None:
    async with bench() as parley:
        chat = await parley.open()
        kept = await parley.client.post(
            "/v1/files?name=b.txt", content=b"\xfe", headers={"content-type": "text/plain"}
        )
        assert (await parley.send(chat, files=[kept.json()["id"]])).status_code == 201
        file = {"name": "a.txt", "type": "text/plain", "data": base64.b64encode(b"\xff").decode()}
        await parley.client.post(f"/_sim/chats/{chat}/say", json={"text": "", "file": file})
        shown = (await parley.client.get(f"/_sim/chats/{chat}")).json()["messages"]
        assert [one["files"] for one in shown] == [["b.txt"], ["a.txt"]]
        assert [(await parley.client.get(link)).content for one in shown for link in one["links"]] == [
            b"\xfe",
            b"\xff",
        ]


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("/chats/h-1.1/dance", {}, 404, "no act 'dance'"),
        ("/chats/h-1.1/can", {}, 404, "no act 'can'"),
        ("/chats/nobody/join", {}, 404, "no chat 'nobody'"),
        ("/chats/h-1.1/transfer", {"to": "x"}, 409, "nobody has the chat"),
        ("/chats/h-1.1/say", {}, 400, "needs the field 'text'"),
        ("/chats/h-1.1/say", {"text": 1}, 400, "text is text"),
        ("/chats/h-1.1/say", {"text": "x", "colour": 1}, 400, "no field 'colour'"),
        ("/chats/h-1.1/say", {"text": "x", "file": {"name": "a"}}, 400, "file is"),
        ("/chats/h-1.1/say", {"text": "x", "choices": "a"}, 400, "choices is a list"),
        ("/chats/h-1.1/typing", {"on": "yes"}, 400, "on is true or false"),
        ("/faults", {"operation": "sing", "fault": "status"}, 400, "no operation 'sing'"),
        ("/faults", {"operation": "send"}, 400, "a fault is"),
        ("/clock/advance", {"seconds": -1}, 400, "a number from 0 on"),
        ("/clock/advance", {"seconds": 1e300}, 400, "to move forward"),
        ("/duty", {"agents": "many"}, 400, "agents is a number"),
        ("/webhooks/99/again", {}, 404, "no delivery 99"),
        ("/chats/h-1.1/join", [], 400, "a JSON object"),
    ],
)
async def test_what_does_not_fit_is_explained(path: str, body: Any, status: int, word: str) -> None:
    async with bench() as parley:
        await parley.open()
        answer = await parley.client.post(f"/_sim{path}", json=body)
        assert answer.status_code == status, answer.text
        assert word in answer.json()["error"]


async def test_vendor_that_forgets_nothing_cannot_be_restarted() -> None:
    async with bench() as parley:
        answer = await parley.client.post("/_sim/restart")
        assert (answer.status_code, answer.json()) == (
            409,
            {"error": "Parley forgets nothing when it restarts"},
        )
        assert "Restart the server" not in (await parley.client.get("/_sim/")).text


async def test_faults_are_scripted_listed_and_cleared() -> None:
    async with bench() as parley:
        chat = await parley.open()
        fault = {"operation": "send", "fault": "status", "times": 2, "status": 503, "retry_after": 4}
        answer = await parley.client.post("/_sim/faults", json=fault)
        assert answer.json()["waiting"] == [
            {"operation": "send", "fault": "status status=503 retry_after=4 applied=False", "times": 2}
        ]
        assert (await parley.send(chat)).headers["retry-after"] == "4"
        assert (await parley.client.delete("/_sim/faults")).json()["waiting"] == []
        assert (await parley.send(chat)).status_code == 201


async def test_clock_moves_and_webhooks_follow() -> None:
    async with bench() as parley:
        parley.answer = 500
        await parley.open()
        assert (await parley.client.post("/_sim/pump")).json() == {"attempts": 1}
        moved = await parley.client.post("/_sim/clock/advance", json={"seconds": 5})
        assert moved.json() == {"now": "2026-11-24T09:00:05.000Z", "virtual": True}
        parley.answer = 200
        assert (await parley.client.post("/_sim/pump")).json() == {"attempts": 1}
        [delivery] = (await parley.client.get("/_sim/webhooks")).json()["deliveries"]
        assert (delivery["state"], [one["status"] for one in delivery["attempts"]]) == (
            "delivered",
            [500, 200],
        )
        again = await parley.client.post(f"/_sim/webhooks/{delivery['number']}/again", json={})
        assert again.json() == {"attempts": 1}
        assert len(parley.calls) == 3


async def test_who_is_on_duty_is_set() -> None:
    async with bench() as parley:
        await parley.client.post("/_sim/duty", json={"agents": 0})
        assert (await parley.client.get("/v1/availability")).json()["agents"] == 0
        await parley.client.post("/_sim/duty", json={"agents": None, "waiting": 4})
        assert (await parley.client.get("/v1/availability")).json()["waiting"] == 4


async def test_requests_are_listed_without_secrets() -> None:
    async with bench() as parley:
        await parley.open()
        listed = (await parley.client.get("/_sim/requests")).json()["requests"]
        assert [one["operation"] for one in listed] == ["open", "token"]
        assert listed[0]["headers"]["authorization"] == "•••"
        text = (await parley.client.get("/_sim/state?chat=h-1.1")).text
        assert parley.client.headers["authorization"].removeprefix("Bearer ") not in text
        assert parley.parley.settings.client_secret not in text


async def test_control_asks_for_no_token_and_is_in_no_log() -> None:
    async with bench() as parley:
        del parley.client.headers["authorization"]
        assert (await parley.client.get("/_sim/state?chat=unknown")).json()["chat"] is None
        assert [one.operation for one in parley.parley.requests] == ["token"]


async def test_pages_of_others_in_the_same_browser_are_refused() -> None:
    async with bench() as parley:
        await parley.open()
        sim = parley.client
        away = await sim.post("/_sim/chats/h-1.1/join", json={}, headers={"origin": "https://evil.example"})
        assert away.status_code == 403
        form = await sim.post("/_sim/chats/h-1.1/join", data={"a": "b"})
        assert form.status_code == 415
        own = {"origin": parley.parley.settings.base_url}
        assert (await sim.post("/_sim/chats/h-1.1/join", json={}, headers=own)).status_code == 200


async def test_body_of_control_has_a_limit() -> None:
    async with bench() as parley:
        await parley.open()
        answer = await parley.client.post("/_sim/chats/h-1.1/say", json={"text": "x" * 20_000_001})
        assert answer.status_code == 413


async def test_page_allows_only_what_is_its_own() -> None:
    async with bench() as parley:
        assert (await parley.client.get("/_sim")).headers["location"] == "/_sim/"
        page = await parley.client.get("/_sim/")
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert "<h1>Parley" in page.text
        for name in ("page.js", "page.css"):
            assert (await parley.client.get(f"/_sim/static/{name}")).status_code == 200
        assert (await parley.client.get("/_sim/static/..%2Fpage.py")).status_code == 404


async def test_who_is_told_the_address_alone_learns_how_to_reach_the_vendor_and_what_agents_can_do() -> None:
    async with bench() as parley:
        told = (await parley.client.get("/_sim/integration")).json()
        assert told == dict(parley.parley.integration())
        acts = (await parley.client.get("/_sim/acts")).json()
        assert acts["duty"] is True
        assert {"join", "say", "transfer", "end"} <= set(acts["acts"])
