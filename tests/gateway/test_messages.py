"""Messages, details, typing and receipts of the end user, and the ledger as the platform sees it."""

from __future__ import annotations

import pytest

from livechat_sdk.domain.messages import MAX_MESSAGE_BYTES, Direction, Fate, Message
from livechat_sdk.ledger.store import Change
from livechat_sdk.lifecycle.effects import RecordMessage
from tests.gateway.world import World, a_body, error_of


async def test_message_is_taken_sent_and_listed_with_its_fate(world: World) -> None:
    identity = await world.an_active_handoff()
    answer = await world.client.post(
        f"/v1/handoffs/{identity}/messages", json={"key": "m-1", "body": "Γειά σου"}
    )
    assert answer.status_code == 201
    assert answer.json() == {"key": "m-1", "duplicate": False}
    await world.dispatcher.wait_idle()
    assert world.plugin.vendor.texts() == ["Γειά σου"]
    [listed] = (await world.client.get(f"/v1/handoffs/{identity}/messages")).json()["messages"][-1:]
    assert listed["message"]["body"] == "Γειά σου"
    assert (listed["direction"], listed["author"], listed["fate"]) == ("to_provider", "user", "sent")
    assert set(listed) == {
        "seq",
        "direction",
        "author",
        "message",
        "fate",
        "detail",
        "attempt",
        "created_at",
        "updated_at",
    }


async def test_same_key_again_is_a_200_and_sent_once(world: World) -> None:
    identity = await world.an_active_handoff()
    body = {"key": "m-1", "body": "hello"}
    answers = [await world.client.post(f"/v1/handoffs/{identity}/messages", json=body) for _ in range(2)]
    await world.dispatcher.wait_idle()
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[1].json() == {"key": "m-1", "duplicate": True}
    assert len(world.plugin.vendor.received) == 1


async def test_header_is_the_key_of_a_message_too(world: World) -> None:
    identity = await world.an_active_handoff()
    for status in (201, 200):
        answer = await world.client.post(
            f"/v1/handoffs/{identity}/messages", json={"body": "hello"}, headers={"idempotency-key": "m-7"}
        )
        assert (answer.status_code, answer.json()["key"]) == (status, "m-7")


async def test_message_without_a_key_gets_one(world: World) -> None:
    identity = await world.an_active_handoff()
    answer = await world.client.post(f"/v1/handoffs/{identity}/messages", json={"body": "hello"})
    assert answer.status_code == 201
    assert len(answer.json()["key"]) == 32


async def test_message_while_nobody_is_there_is_accepted(world: World) -> None:
    identity = await world.a_handoff()
    answer = await world.client.post(f"/v1/handoffs/{identity}/messages", json={"body": "anybody?"})
    assert answer.status_code == 201


@pytest.mark.parametrize("body", ["", "   \n"])
async def test_empty_message_is_refused(world: World, body: str) -> None:
    identity = await world.an_active_handoff()
    answer = await world.client.post(f"/v1/handoffs/{identity}/messages", json={"body": body})
    assert (answer.status_code, error_of(answer)["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("size", [MAX_MESSAGE_BYTES + 1, 1_000_000])
async def test_message_over_the_message_limit_is_a_413_with_both_numbers(world: World, size: int) -> None:
    identity = await world.an_active_handoff()
    answer = await world.client.post(f"/v1/handoffs/{identity}/messages", json={"body": "x" * size})
    assert answer.status_code == 413
    error = error_of(answer)
    assert error["code"] == "message_too_large"
    assert error["limit"] == MAX_MESSAGE_BYTES
    assert error["size"] > size


async def test_message_over_the_body_limit_is_a_413_with_that_limit(world: World) -> None:
    identity = await world.an_active_handoff()
    before = await world.dispatcher.entries(identity)
    answer = await world.client.post(f"/v1/handoffs/{identity}/messages", json={"body": "x" * 1024 * 1024})
    assert answer.status_code == 413
    assert error_of(answer)["code"] == "body_too_large"
    assert error_of(answer)["limit"] == 1024 * 1024
    assert await world.dispatcher.entries(identity) == before


async def test_message_after_the_end_is_a_409_with_the_owner(world: World) -> None:
    identity = await world.an_active_handoff()
    await world.vendor("ended")
    answer = await world.client.post(f"/v1/handoffs/{identity}/messages", json={"body": "too late"})
    assert answer.status_code == 409
    error = error_of(answer)
    assert error["code"] == "not_live"
    assert (error["owner"], error["owner_number"], error["handoff_id"]) == ("bot", 2, None)


async def test_message_to_an_old_handoff_names_the_live_one(world: World) -> None:
    old = await world.an_active_handoff()
    await world.vendor("ended")
    live = await world.a_handoff(key="run-2/node-1")
    answer = await world.client.post(f"/v1/handoffs/{old}/messages", json={"body": "hello"})
    error = error_of(answer)
    assert (answer.status_code, error["owner"], error["owner_number"]) == (409, "human", 3)
    assert error["handoff_id"] == live


# ------------------------------------------------------------------------------------------------- the ledger
async def test_messages_come_in_pages(world: World) -> None:
    identity = await world.an_active_handoff()
    for number in range(5):
        body = {"key": f"m-{number}", "body": f"message {number}"}
        assert (await world.client.post(f"/v1/handoffs/{identity}/messages", json=body)).status_code == 201
    await world.dispatcher.wait_idle()
    seen: list[str] = []
    after, more = 0, True
    while more:
        answer = await world.client.get(
            f"/v1/handoffs/{identity}/messages", params={"after": after, "limit": 2}
        )
        page = answer.json()
        assert len(page["messages"]) <= 2
        seen += [one["message"]["key"] for one in page["messages"] if one["author"] == "user"]
        after, more = page["next_after"], page["more"]
    assert seen == [f"m-{number}" for number in range(5)]
    empty = (await world.client.get(f"/v1/handoffs/{identity}/messages", params={"after": after})).json()
    assert empty == {"messages": [], "next_after": after, "more": False}


async def test_words_of_the_agent_and_of_the_sdk_are_listed_with_their_authors(world: World) -> None:
    identity = await world.an_active_handoff()
    await world.vendor("message", text="How can I help?")
    listed = (await world.client.get(f"/v1/handoffs/{identity}/messages")).json()["messages"]
    to_user = [(one["author"], one["message"]["body"]) for one in listed if one["direction"] == "to_user"]
    assert ("agent", "How can I help?") in to_user
    assert {author for author, _ in to_user} == {"agent", "system"}


# --------------------------------------------------------------------------------- details, typing, receipts
async def test_details_reach_the_vendor(world: World) -> None:
    identity = await world.an_active_handoff()
    survey = [{"id": "topic", "question": "What is it about?", "answer": "billing"}]
    answer = await world.client.post(f"/v1/handoffs/{identity}/details", json={"survey": survey})
    assert answer.status_code == 204
    await world.dispatcher.wait_idle()
    [(_, details)] = world.plugin.vendor.details
    assert [one.answer for one in details.survey] == ["billing"]
    assert (await world.client.get(f"/v1/handoffs/{identity}")).json()["survey"] == survey


async def test_details_after_the_end_are_a_409(world: World) -> None:
    identity = await world.an_active_handoff()
    await world.vendor("ended")
    survey = [{"id": "topic", "question": "?", "answer": "billing"}]
    answer = await world.client.post(f"/v1/handoffs/{identity}/details", json={"survey": survey})
    assert (answer.status_code, error_of(answer)["code"]) == (409, "not_live")


async def test_details_without_an_answer_are_refused(world: World) -> None:
    identity = await world.an_active_handoff()
    answer = await world.client.post(f"/v1/handoffs/{identity}/details", json={"survey": []})
    assert (answer.status_code, error_of(answer)["fields"][0]["path"]) == (400, "survey")


async def test_typing_is_shown_to_the_agent(world: World) -> None:
    identity = await world.an_active_handoff()
    for on in (True, False):
        answer = await world.client.post(f"/v1/handoffs/{identity}/typing", json={"on": on})
        assert (answer.status_code, answer.content) == (204, b"")
        await world.dispatcher.wait_idle()
    assert [signal for _, signal in world.plugin.vendor.signals] == ["typing on", "typing off"]


async def test_typing_after_the_end_is_no_error(world: World) -> None:
    identity = await world.an_active_handoff()
    await world.vendor("ended")
    assert (await world.client.post(f"/v1/handoffs/{identity}/typing", json={"on": True})).status_code == 204


async def test_receipt_is_passed_on_and_changes_the_fate(world: World) -> None:
    identity = await world.an_active_handoff()
    await world.vendor("message", text="How can I help?", key="a-1")
    body = {"message_key": "a-1", "status": "read"}
    answer = await world.client.post(f"/v1/handoffs/{identity}/receipts", json=body)
    assert answer.status_code == 204
    await world.dispatcher.wait_idle()
    assert ("read a-1") in [signal for _, signal in world.plugin.vendor.signals]
    listed = (await world.client.get(f"/v1/handoffs/{identity}/messages")).json()["messages"]
    assert [one["fate"] for one in listed if one["author"] == "agent"] == ["seen"]


@pytest.mark.parametrize("body", [{"message_key": "a-1"}, {"message_key": "a-1", "status": "eaten"}])
async def test_receipt_with_other_words_is_refused(world: World, body: dict[str, str]) -> None:
    identity = await world.an_active_handoff()
    answer = await world.client.post(f"/v1/handoffs/{identity}/receipts", json=body)
    assert (answer.status_code, error_of(answer)["fields"][0]["path"]) == (400, "status")


async def test_transcript_of_the_request_stays_within_the_body_limit(world: World) -> None:
    lines = [{"author": "user", "body": "x" * 1000}] * 2000
    answer = await world.client.post("/v1/handoffs", json=a_body(transcript=lines))
    assert (answer.status_code, error_of(answer)["code"]) == (413, "body_too_large")


async def test_largest_page_says_that_there_is_more(world: World) -> None:
    identity = await world.an_active_handoff()
    handoff = await world.dispatcher.handoff(identity)
    told = [
        RecordMessage(
            message=Message.text("x", key=str(n)), direction=Direction.TO_USER, author="agent", fate=Fate.SENT
        )
        for n in range(1001)
    ]
    version, now = handoff.version, world.clock.now()
    await world.dispatcher.store.apply(Change(handoff, version, "test", now, writes=told))
    first = (await world.client.get(f"/v1/handoffs/{identity}/messages?limit=1000")).json()
    assert (len(first["messages"]), first["more"]) == (1000, True)
    after = first["next_after"]
    rest = (await world.client.get(f"/v1/handoffs/{identity}/messages?limit=1000&after={after}")).json()
    assert rest["messages"][-1]["message"]["key"] == "1000"
    assert rest["more"] is False
