"""Keys make repetition harmless: after a lost answer, after a restart, and among several gateways."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk_testing.postgres import PostgresServer
from livechat_sdk_testing.toy import ToyPlugin
from tests.gateway.world import World, a_body, a_world, error_of

MESSAGE = {"key": "m-1", "body": "hello"}
SESSIONS = {"key": "s-1", "bot": "shop-bot", "sessions": 3}


async def _each(world: World) -> list[int]:
    """The statuses of one request of each kind that makes something."""
    made = await world.client.post("/v1/handoffs", json=a_body())
    message = await world.client.post(f"/v1/handoffs/{made.json()['id']}/messages", json=MESSAGE)
    sessions = await world.client.post("/v1/sessions", json=SESSIONS)
    return [made.status_code, message.status_code, sessions.status_code]


async def test_keys_outlive_the_process(tmp_path: Path) -> None:
    plugin = ToyPlugin()
    async with a_world(tmp_path, plugin=plugin) as world:
        assert await _each(world) == [201, 201, 201]
        assert await _each(world) == [200, 200, 200]
    async with a_world(tmp_path, plugin=plugin) as world:
        assert await _each(world) == [200, 200, 200]
        listed = await world.client.get("/v1/sessions", params={"bot": "shop-bot"})
        assert [day["sessions"] for day in listed.json()["days"]] == [3]
    assert len(plugin.vendor.opened) == 1


async def test_of_several_gateways_exactly_one_makes_it(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    store = await postgres_server.new_database()
    plugin = ToyPlugin()
    async with AsyncExitStack() as stack:
        worlds = [
            await stack.enter_async_context(a_world(tmp_path, store=store, plugin=plugin)) for _ in range(3)
        ]
        for path, body in (("/v1/handoffs", a_body()), ("/v1/sessions", SESSIONS)):
            answers = await asyncio.gather(
                *(world.client.post(path, json=body) for world in worlds for _ in range(4))
            )
            assert sorted(one.status_code for one in answers) == [200] * 11 + [201], path
        identity = (await worlds[0].client.post("/v1/handoffs", json=a_body())).json()["id"]
        answers = await asyncio.gather(
            *(world.client.post(f"/v1/handoffs/{identity}/messages", json=MESSAGE) for world in worlds)
        )
        assert sorted(one.status_code for one in answers) == [200, 200, 201]
        days = (await worlds[2].client.get("/v1/sessions?bot=shop-bot")).json()["days"]
        assert [day["sessions"] for day in days] == [3]


@pytest.mark.parametrize(
    "other",
    [
        {"conversation_id": "c-2"},
        {"user": {"id": "u-2"}},
        {"bot": "night-bot"},
        {"transcript": [{"author": "user", "body": "help"}]},
    ],
)
async def test_a_key_of_another_request_is_refused_and_names_its_handoff(
    world: World, other: dict[str, Any]
) -> None:
    identity = await world.a_handoff()
    answer = await world.client.post("/v1/handoffs", json=a_body(**other))
    error = error_of(answer)
    assert (answer.status_code, error["code"], error["handoff_id"]) == (422, "key_reused", identity)
    assert len(await world.dispatcher.store.handoffs()) == 1


async def test_the_same_request_written_in_another_way_is_the_same(world: World) -> None:
    identity = await world.a_handoff()
    spelt_out = a_body(transcript=[], user={"name": "Eleni", "id": "u-1", "email": None})
    answer = await world.client.post("/v1/handoffs", json=spelt_out)
    assert (answer.status_code, answer.json()["id"]) == (200, identity)


@pytest.mark.parametrize("other", [{"body": "good bye"}, {"choices": [{"label": "a", "value": "b"}]}])
async def test_a_key_of_another_message_is_refused_and_nothing_is_sent(
    world: World, other: dict[str, Any]
) -> None:
    identity = await world.an_active_handoff()
    path = f"/v1/handoffs/{identity}/messages"
    assert (await world.client.post(path, json=MESSAGE)).status_code == 201
    answer = await world.client.post(path, json={**MESSAGE, **other})
    assert (answer.status_code, error_of(answer)["code"]) == (422, "key_reused")
    await world.dispatcher.wait_idle()
    assert world.plugin.vendor.texts() == ["hello"]


async def test_a_message_that_is_repeated_after_the_end_is_still_known(world: World) -> None:
    identity = await world.an_active_handoff()
    path = f"/v1/handoffs/{identity}/messages"
    assert (await world.client.post(path, json=MESSAGE)).status_code == 201
    await world.client.post(f"/v1/handoffs/{identity}/end")
    await world.dispatcher.wait_idle()
    assert (await world.client.post(path, json=MESSAGE)).status_code == 200
    assert (await world.client.post(path, json={**MESSAGE, "body": "new"})).status_code == 422
    assert (await world.client.post(path, json={"body": "new"})).status_code == 409
