"""The send gate, and availability."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk.provider import Availability
from tests.gateway.world import World, error_of


async def test_bot_may_speak_in_a_conversation_that_was_never_handed_over(world: World) -> None:
    answer = await world.client.post("/v1/conversations/c-1/bot-messages", json={"owner_number": 0})
    assert answer.status_code == 200
    assert answer.json() == {"allowed": True, "owner": "bot", "owner_number": 0, "handoff_id": None}


async def test_bot_is_refused_while_a_human_side_owns_the_conversation(world: World) -> None:
    identity = await world.an_active_handoff()
    for known in (0, 1):
        answer = await world.client.post("/v1/conversations/c-1/bot-messages", json={"owner_number": known})
        assert answer.status_code == 409
        error = error_of(answer)
        assert error["code"] == "not_owner"
        assert error["allowed"] is False
        assert (error["owner"], error["owner_number"], error["handoff_id"]) == ("human", 1, identity)


async def test_after_the_end_the_bot_speaks_under_the_new_number_only(world: World) -> None:
    await world.an_active_handoff()
    await world.vendor("ended")
    number = world.channel.ended[0].owner_number
    path = "/v1/conversations/c-1/bot-messages"
    assert (await world.client.post(path, json={"owner_number": number})).status_code == 200
    stale = await world.client.post(path, json={"owner_number": number - 1})
    assert (stale.status_code, error_of(stale)["owner"], error_of(stale)["owner_number"]) == (
        409,
        "bot",
        number,
    )


@pytest.mark.parametrize("written", ["a%2Fb", "a/b", "viber:%2B30", "%CE%B1"])
async def test_conversation_ids_may_hold_any_visible_character(world: World, written: str) -> None:
    answer = await world.client.post(f"/v1/conversations/{written}/bot-messages", json={"owner_number": 0})
    assert answer.status_code == 200


@pytest.mark.parametrize("written", ["a%00b", "a%7Fb", "c" * 201])
async def test_conversation_id_that_cannot_be_one_is_refused(world: World, written: str) -> None:
    answer = await world.client.post(f"/v1/conversations/{written}/bot-messages", json={"owner_number": 0})
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("body", [{}, {"owner_number": -1}, {"owner_number": "x"}, {"owner_number": 2**63}])
async def test_gate_needs_the_owner_number(world: World, body: dict[str, Any]) -> None:
    answer = await world.client.post("/v1/conversations/c-1/bot-messages", json=body)
    assert (answer.status_code, error_of(answer)["fields"][0]["path"]) == (400, "owner_number")


@pytest.mark.feature("HO-18", "HO-19")
async def test_availability_tells_what_is_known(world: World) -> None:
    world.plugin.vendor.availability = Availability(agents="yes", waiting=3, estimate=42.5)
    answer = await world.client.get("/v1/availability", params={"bot": "shop-bot"})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["open"], found["agents"], found["waiting"], found["estimate"]) == (True, "yes", 3, 42.5)
    assert set(found) == {"open", "agents", "why", "next_opening", "next_closing", "waiting", "estimate"}


async def test_availability_of_a_bot_without_live_chat_is_no(world: World) -> None:
    found = (await world.client.get("/v1/availability", params={"bot": "night-bot"})).json()
    assert (found["open"], found["agents"]) == (False, "no")
    assert found["why"]


async def test_availability_of_an_unknown_bot_is_refused(world: World) -> None:
    answer = await world.client.get("/v1/availability", params={"bot": "shop"})
    assert (answer.status_code, error_of(answer)["code"]) == (422, "unknown_bot")


@pytest.mark.parametrize("params", [{}, {"bot": ""}, {"bot": "x" * 201}])
async def test_availability_needs_a_bot(world: World, params: dict[str, str]) -> None:
    answer = await world.client.get("/v1/availability", params=params)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_parameter")
