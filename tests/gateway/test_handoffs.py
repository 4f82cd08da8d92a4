"""Asking for a human, following the handoff, ending it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from livechat_sdk import HandoffRequest
from tests.gateway.world import JSON, World, a_body, error_of

VIEW = {
    "id",
    "key",
    "conversation_id",
    "bot",
    "state",
    "outcome",
    "owner_number",
    "integration",
    "agent",
    "queue",
    "survey",
    "end",
    "created_at",
    "version",
}


# ------------------------------------------------------------------------------------------------ requesting
async def test_new_handoff_is_a_201_with_its_address(world: World) -> None:
    answer = await world.client.post("/v1/handoffs", json=a_body())
    assert answer.status_code == 201
    view = answer.json()
    assert set(view) == VIEW
    assert view["key"] == "run-1/node-1"
    assert view["conversation_id"] == "c-1"
    assert view["bot"] == "shop-bot"
    assert view["owner_number"] == 1
    assert view["integration"] == "toy"
    assert answer.headers["location"] == f"/v1/handoffs/{view['id']}"
    shown = await world.client.get(answer.headers["location"])
    assert shown.status_code == 200
    assert shown.json()["id"] == view["id"]


async def test_same_key_again_is_a_200_with_the_same_handoff(world: World) -> None:
    answers = [await world.client.post("/v1/handoffs", json=a_body()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_same_key_is_a_200_later_too(world: World) -> None:
    identity = await world.an_active_handoff()
    await world.clock.advance(90)
    answer = await world.client.post("/v1/handoffs", json=a_body())
    assert (answer.status_code, answer.json()["id"]) == (200, identity)
    assert answer.json()["state"] == "active"


async def test_key_that_another_worker_has_seen_is_a_200(world: World) -> None:
    made = await world.dispatcher.request(HandoffRequest.model_validate(a_body()))
    await world.clock.advance(1)
    answer = await world.client.post("/v1/handoffs", json=a_body())
    assert (answer.status_code, answer.json()["id"]) == (200, made.id)


async def test_raced_requests_with_one_key_make_one_handoff_and_one_201(world: World) -> None:
    answers = await asyncio.gather(*(world.client.post("/v1/handoffs", json=a_body()) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await world.dispatcher.store.handoffs()) == 1


async def test_another_key_in_a_live_conversation_is_told_of_the_handoff_in_the_way(world: World) -> None:
    identity = await world.a_handoff()
    answer = await world.client.post("/v1/handoffs", json=a_body(key="run-1/node-2"))
    assert answer.status_code == 200
    view = answer.json()
    assert view["outcome"] == "already_open"
    assert view["end"]["existing"] == identity
    assert view["id"] != identity


@pytest.mark.feature("PL-08")
async def test_bot_without_live_chat_gets_the_outcome_unavailable(world: World) -> None:
    answer = await world.client.post("/v1/handoffs", json=a_body(bot="night-bot"))
    assert answer.status_code == 201
    assert answer.json()["outcome"] == "unavailable"


async def test_unknown_bot_is_named_with_those_that_there_are(world: World) -> None:
    answer = await world.client.post("/v1/handoffs", json=a_body(bot="shop"))
    assert answer.status_code == 422
    error = error_of(answer)
    assert error["code"] == "unknown_bot"
    assert "'shop'" in error["message"]
    assert "shop-bot" in error["message"]
    assert await world.dispatcher.store.handoffs() == []


# ------------------------------------------------------------------------------------------- idempotency key
async def test_header_is_the_key_when_the_body_has_none(world: World) -> None:
    headers = {"idempotency-key": "run-9/node-1"}
    first = await world.client.post("/v1/handoffs", json=a_body(key=None), headers=headers)
    again = await world.client.post("/v1/handoffs", json=a_body(key=None), headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["key"] == "run-9/node-1"
    assert first.json()["id"] == again.json()["id"]


async def test_header_and_body_may_agree(world: World) -> None:
    answer = await world.client.post(
        "/v1/handoffs", json=a_body(key="k-1"), headers={"idempotency-key": "k-1"}
    )
    assert (answer.status_code, answer.json()["key"]) == (201, "k-1")


async def test_header_and_body_that_differ_are_refused(world: World) -> None:
    answer = await world.client.post(
        "/v1/handoffs", json=a_body(key="k-1"), headers={"idempotency-key": "k-2"}
    )
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "key_mismatch"
    assert await world.dispatcher.store.handoffs() == []


async def test_request_without_any_key_says_where_to_put_one(world: World) -> None:
    answer = await world.client.post("/v1/handoffs", json=a_body(key=None))
    assert answer.status_code == 400
    error = error_of(answer)
    assert error["fields"] == [{"path": "key", "problem": "Field required"}]
    assert "Idempotency-Key" in error["hint"]


@pytest.mark.parametrize("key", ["", "   ", "k\xe9y"])
async def test_key_of_the_header_must_be_visible_ascii(world: World, key: str) -> None:
    headers = [(b"idempotency-key", key.encode("latin-1"))]
    answer = await world.client.post("/v1/handoffs", json=a_body(key=None), headers=headers)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_key")


async def test_two_keys_in_the_header_are_refused(world: World) -> None:
    headers = [("idempotency-key", "k-1"), ("idempotency-key", "k-2")]
    answer = await world.client.post("/v1/handoffs", json=a_body(key=None), headers=headers)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_key")


async def test_key_that_is_too_long_is_refused(world: World) -> None:
    headers = {"idempotency-key": "k" * 201}
    answer = await world.client.post("/v1/handoffs", json=a_body(key=None), headers=headers)
    assert answer.status_code == 400
    assert error_of(answer)["fields"][0]["path"] == "key"


# ---------------------------------------------------------------------------------------------------- showing
async def test_view_shows_the_agent_and_nothing_of_the_stored_document(world: World) -> None:
    identity = await world.an_active_handoff()
    view = (await world.client.get(f"/v1/handoffs/{identity}")).json()
    assert view["state"] == "active"
    assert view["agent"]["name"] == "Toy Agent"
    assert set(view) == VIEW


@pytest.mark.parametrize("identity", ["h-nobody", "h%00", "x" * 201, "%F0%9F%98%80", "h%0Ax"])
@pytest.mark.parametrize("below", ["", "/messages", "/events"])
async def test_unknown_handoff_is_a_404(world: World, identity: str, below: str) -> None:
    answer = await world.client.get(f"/v1/handoffs/{identity}{below}")
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "handoff_not_found"


@pytest.mark.parametrize(
    ("below", "body"),
    [
        ("messages", {"body": "hello"}),
        ("details", {"survey": [{"id": "q", "question": "?", "answer": "!"}]}),
        ("typing", {"on": True}),
        ("receipts", {"message_key": "m", "status": "read"}),
        ("end", {}),
    ],
)
async def test_nothing_can_be_done_to_an_unknown_handoff(
    world: World, below: str, body: dict[str, Any]
) -> None:
    answer = await world.client.post(f"/v1/handoffs/h-nobody/{below}", json=body)
    assert (answer.status_code, error_of(answer)["code"]) == (404, "handoff_not_found")


# ----------------------------------------------------------------------------------------------------- ending
async def test_end_by_the_user_while_waiting_is_cancelled(world: World) -> None:
    identity = await world.a_handoff()
    answer = await world.client.post(f"/v1/handoffs/{identity}/end", json={"by": "user"})
    assert answer.status_code == 200
    await world.dispatcher.wait_idle()
    view = (await world.client.get(f"/v1/handoffs/{identity}")).json()
    assert (view["state"], view["outcome"]) == ("ended", "cancelled")
    assert view["end"]["reason"] == {"by": "user", "why": "abandoned", "raw": None}


async def test_end_says_who_and_why(world: World) -> None:
    identity = await world.an_active_handoff()
    body = {"by": "operator", "why": "other", "raw": "maintenance"}
    assert (await world.client.post(f"/v1/handoffs/{identity}/end", json=body)).status_code == 200
    await world.dispatcher.wait_idle()
    view = (await world.client.get(f"/v1/handoffs/{identity}")).json()
    assert view["outcome"] == "completed"
    assert view["end"]["reason"] == body


@pytest.mark.parametrize("content", [b"", b"{}", b"  "])
async def test_end_needs_no_body(world: World, content: bytes) -> None:
    identity = await world.an_active_handoff()
    headers = JSON if content else {}
    answer = await world.client.post(f"/v1/handoffs/{identity}/end", content=content, headers=headers)
    assert answer.status_code == 200
    await world.dispatcher.wait_idle()
    view = (await world.client.get(f"/v1/handoffs/{identity}")).json()
    assert view["end"]["reason"]["by"] == "user"


async def test_ending_twice_changes_nothing(world: World) -> None:
    identity = await world.an_active_handoff()
    for body in ({"by": "user"}, {"by": "operator"}):
        assert (await world.client.post(f"/v1/handoffs/{identity}/end", json=body)).status_code == 200
        await world.dispatcher.wait_idle()
    view = (await world.client.get(f"/v1/handoffs/{identity}")).json()
    assert view["end"]["reason"]["by"] == "user"


@pytest.mark.parametrize(
    "body", [{"by": "nobody"}, {"why": "fun"}, {"raw": "x" * 1001}, {"reason": "unknown field"}]
)
async def test_end_with_other_words_is_refused(world: World, body: dict[str, Any]) -> None:
    identity = await world.an_active_handoff()
    answer = await world.client.post(f"/v1/handoffs/{identity}/end", json=body)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_fields")
    assert (await world.client.get(f"/v1/handoffs/{identity}")).json()["state"] == "active"
