from __future__ import annotations

from typing import Any

import pytest

from contrib.simulators.tests.bench import OPENING, bench, code

FULL: dict[str, Any] = {
    "ref": "h-9.1",
    "visitor": {"id": "u-1", "name": "Ελένη", "email": "e@example.org"},
    "queue": "billing",
    "priority": "high",
    "language": "el",
    "summary": "Wants the invoice.",
    "transcript": [
        {"from": "visitor", "text": "invoice", "at": "2026-11-24T08:59:00.000Z"},
        {"from": "bot", "text": "One moment"},
    ],
    "fields": {"order": "17"},
}


async def test_chat_is_opened_and_the_agent_sees_what_came_with_it() -> None:
    async with bench() as parley:
        answer = await parley.client.post("/v1/chats", json=FULL)
        assert answer.status_code == 201
        chat = answer.json()
        assert chat == {
            "id": chat["id"],
            "ref": "h-9.1",
            "state": "queued",
            "agent": None,
            "ended": None,
            "position": 1,
            "updated_at": "2026-11-24T09:00:00.000Z",
        }
        [shown] = await parley.parley.human.chats()
        assert (shown.ref, shown.state, shown.agent) == ("h-9.1", "queued", None)
        assert shown.details["visitor"] == FULL["visitor"]
        assert shown.details["transcript"] == FULL["transcript"]
        assert {name: shown.details[name] for name in ("queue", "summary", "fields")} == {
            "queue": "billing",
            "summary": "Wants the invoice.",
            "fields": {"order": "17"},
        }
        assert await parley.parley.human.texts("h-9.1") == []


async def test_same_ref_again_is_the_same_chat_and_nothing_changes() -> None:
    async with bench() as parley:
        chat = await parley.open(fields={"a": "1"})
        again = await parley.client.post("/v1/chats", json={**OPENING, "fields": {"a": "2"}})
        assert (again.status_code, again.json()["id"]) == (200, chat)
        [shown] = await parley.parley.human.chats()
        assert shown.details["fields"] == {"a": "1"}
        assert await parley.kinds() == ["chat.queued"]
        await parley.parley.human.duty(0)
        assert (await parley.client.post("/v1/chats", json=OPENING)).status_code == 200


async def test_nobody_on_duty_is_a_conflict_and_opens_nothing() -> None:
    async with bench(agents=0) as parley:
        assert code(await parley.client.post("/v1/chats", json=OPENING)) == (409, "no_agents")
        assert await parley.parley.human.chats() == []
        await parley.parley.human.duty(1)
        await parley.open()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"ref": None}, "ref"),
        ({"ref": ""}, "ref"),
        ({"visitor": {"id": "x" * 65}}, "visitor.id"),
        ({"visitor": {"id": "u", "phone": "1"}}, "visitor.phone"),
        ({"visitor": {"id": "u", "name": None}}, "visitor.name"),
        ({"visitor": "u"}, "visitor"),
        ({"colour": "red"}, "colour"),
        ({"transcript": [{"from": "robot", "text": "x"}]}, "transcript[0].from"),
        ({"transcript": [{"from": "bot", "text": "x", "at": "today"}]}, "transcript[0].at"),
        (
            {"transcript": [{"from": "bot", "text": "x", "at": "2026-13-24T09:00:00.000Z"}]},
            "transcript[0].at",
        ),
        ({"transcript": {}}, "transcript"),
        ({"fields": {"a": 1}}, "fields"),
        ({"priority": 1}, "priority"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(change: dict[str, Any], word: str) -> None:
    async with bench() as parley:
        answer = await parley.client.post("/v1/chats", json={**OPENING, **change})
        assert code(answer) == (400, "invalid")
        assert word in answer.json()["error"]["message"]
        assert await parley.parley.human.chats() == []


@pytest.mark.parametrize("missing", ["ref", "visitor", "transcript", "fields"])
async def test_nothing_that_is_required_may_be_missing(missing: str) -> None:
    async with bench() as parley:
        body = {name: value for name, value in OPENING.items() if name != missing}
        answer = await parley.client.post("/v1/chats", json=body)
        assert code(answer) == (400, "invalid")
        assert f"{missing} is missing" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"ref": NaN}', b'{"ref": "a", "ref": "b"}', b"\xff", b"[" * 9999]
)
async def test_bodies_that_are_no_json_object_are_refused(body: bytes) -> None:
    async with bench() as parley:
        answer = await parley.client.post(
            "/v1/chats", content=body, headers={"content-type": "application/json"}
        )
        assert code(answer) == (400, "invalid")


async def test_json_that_does_not_say_so_and_bodies_without_end_are_refused() -> None:
    async with bench() as parley:
        answer = await parley.client.post("/v1/chats", content=b"{}")
        assert code(answer) == (415, "unsupported_type")
        answer = await parley.client.post("/v1/chats", json={**OPENING, "summary": "x" * 5_000_000})
        assert code(answer) == (413, "too_large")


async def test_text_of_the_transcript_has_the_limit_of_texts() -> None:
    async with bench() as parley:
        await parley.open(transcript=[{"from": "bot", "text": "x" * 4000}])
        too_long = {**OPENING, "ref": "h-2.1", "transcript": [{"from": "bot", "text": "x" * 4001}]}
        assert code(await parley.client.post("/v1/chats", json=too_long)) == (422, "text_too_long")


async def test_chat_is_found_by_id_and_by_ref() -> None:
    async with bench() as parley:
        chat = await parley.open()
        one = (await parley.client.get(f"/v1/chats/{chat}")).json()
        assert (await parley.client.get("/v1/chats", params={"ref": "h-1.1"})).json() == {"chats": [one]}
        assert (await parley.client.get("/v1/chats", params={"ref": "h-2.1"})).json() == {"chats": []}
        assert code(await parley.client.get("/v1/chats/chat_x")) == (404, "not_found")
        assert code(await parley.client.get("/v1/chats")) == (400, "invalid")
        assert code(await parley.client.get("/v1/chats?ref=a&state=b")) == (400, "invalid")


async def test_chat_tells_its_state_all_through_its_life() -> None:
    async with bench() as parley:
        chat = await parley.open()
        human = parley.parley.human

        async def now() -> tuple[str, str | None, int | None]:
            one = (await parley.client.get(f"/v1/chats/{chat}")).json()
            return one["state"], one["agent"] and one["agent"]["name"], one["position"]

        assert await now() == ("queued", None, 1)
        await human.accept(chat, "Eleni")
        assert await now() == ("queued", "Eleni", None)
        await human.join(chat)
        assert await now() == ("active", "Eleni", None)
        await human.transfer(chat, "billing")
        assert await now() == ("queued", None, None)
        await human.join(chat, "Petros")
        await human.leave(chat)
        assert await now() == ("active", None, None)
        parley.clock.advance(5)
        await human.end(chat)
        ended = (await parley.client.get(f"/v1/chats/{chat}")).json()
        assert ended["state"] == "ended"
        assert ended["ended"] == {"by": "agent", "why": "resolved", "at": "2026-11-24T09:00:05.000Z"}
        assert ended["updated_at"] == "2026-11-24T09:00:05.000Z"


async def test_fields_are_added_and_replaced() -> None:
    async with bench() as parley:
        chat = await parley.open(fields={"a": "1", "b": "2"})
        answer = await parley.client.patch(f"/v1/chats/{chat}", json={"fields": {"b": "3", "c": "4"}})
        assert (answer.status_code, answer.json()["id"]) == (200, chat)
        [shown] = await parley.parley.human.chats()
        assert shown.details["fields"] == {"a": "1", "b": "3", "c": "4"}
        assert code(await parley.client.patch(f"/v1/chats/{chat}", json={"summary": "x"})) == (400, "invalid")


async def test_visitor_ends_once() -> None:
    async with bench() as parley:
        chat = await parley.open()
        ended = await parley.client.post(f"/v1/chats/{chat}/end", json={"why": "left"})
        assert ended.json()["ended"]["by"] == "visitor"
        again = await parley.client.post(f"/v1/chats/{chat}/end", json={"why": "left"})
        assert code(again) == (409, "chat_ended")
        events = await parley.events()
        assert [event["data"] for event in events if event["type"] == "chat.ended"] == [
            {"by": "visitor", "why": "left"}
        ]
        assert code(await parley.send(chat)) == (409, "chat_ended")
        assert code(await parley.client.patch(f"/v1/chats/{chat}", json={"fields": {}})) == (
            409,
            "chat_ended",
        )


async def test_why_is_one_of_three() -> None:
    async with bench() as parley:
        chat = await parley.open()
        assert code(await parley.client.post(f"/v1/chats/{chat}/end", json={"why": "bored"})) == (
            400,
            "invalid",
        )
        assert code(await parley.client.post(f"/v1/chats/{chat}/end", json={})) == (400, "invalid")


async def test_availability_says_yes_no_and_not_known() -> None:
    async with bench() as parley:
        ask = parley.client.get
        await parley.open()
        assert (await ask("/v1/availability", params={"queue": "billing"})).json() == {
            "agents": 3,
            "waiting": 1,
            "estimate_seconds": 40,
        }
        await parley.parley.human.duty(0)
        assert (await ask("/v1/availability")).json()["agents"] == 0
        await parley.parley.human.duty(None, waiting=7)
        assert (await ask("/v1/availability")).json() == {
            "agents": None,
            "waiting": 7,
            "estimate_seconds": None,
        }
        await parley.parley.human.duty(2, estimate=90)
        assert (await ask("/v1/availability")).json()["estimate_seconds"] == 90


async def test_places_in_the_line_move_up_and_are_told() -> None:
    async with bench() as parley:
        first, second, third = [await parley.open(f"h-{number}.1") for number in (1, 2, 3)]
        assert [event["data"]["position"] for event in await parley.events()] == [1, 2, 3]
        await parley.parley.human.accept(first)
        moved = [(e["chat"]["id"], e["data"]) for e in await parley.events() if e["type"] == "chat.queued"]
        assert moved == [
            (second, {"position": 1, "estimate_seconds": 20}),
            (third, {"position": 2, "estimate_seconds": 40}),
        ]
        await parley.client.post(f"/v1/chats/{second}/end", json={"why": "left"})
        told = await parley.events()
        assert [event["type"] for event in told] == ["chat.ended", "chat.queued"]
        assert (told[1]["chat"]["id"], told[1]["data"]["position"]) == (third, 1)


async def test_calls_for_one_chat_are_limited_and_others_are_not() -> None:
    async with bench(calls_per_second=10) as parley:
        chat, other = await parley.open("h-1.1"), await parley.open("h-2.1")
        statuses = [(await parley.send(chat, key=f"k-{number}")).status_code for number in range(11)]
        assert statuses == [201] * 10 + [429]
        refused = await parley.send(chat)
        assert code(refused) == (429, "slow_down")
        assert refused.headers["retry-after"] == "1"
        assert (await parley.send(other)).status_code == 201
        parley.clock.advance(1)
        assert (await parley.send(chat)).status_code == 201
        assert len(await parley.parley.human.texts(chat)) == 11
