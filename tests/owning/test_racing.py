"""Erasing while the conversation goes on: whoever is first wins, and nothing is half gone."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncpg
import pytest

from livechat_sdk import ErasureRefused, HandoffNotFound, HandoffState
from livechat_sdk.ledger.erasing import Eraser
from livechat_sdk.ledger.opening import open_store
from livechat_sdk.ledger.secrets import StoreKeys
from livechat_sdk.ledger.store import Ownership
from livechat_sdk.provider.embedded import Statement
from tests.owning.world import STORE_KEY, Person, World

WAITS_FOR_A_ROW = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""


async def test_an_erasure_and_late_events_at_the_same_time(world: World, maria: Person) -> None:
    for _ in range(5):
        await world.talked(maria)

    async def late(handoff_id: str) -> None:
        for number in range(6):
            event = world.toy.delivery("message", ref=f"{handoff_id}.1", text=f"late {number} {maria.name}")
            await world.dispatcher.webhook("toy", event)

    await asyncio.gather(
        world.dispatcher.erase(user_id=maria.user_id), *(late(one) for one in maria.handoffs)
    )
    await world.settle()

    assert await world.rows_about(maria.needles) == []


async def test_two_who_erase_the_same_person_at_once(world: World, maria: Person, url: str) -> None:
    for _ in range(5):
        await world.talked(maria)
    clerk = open_store(url, key=StoreKeys.from_texts([STORE_KEY]), role="clerk")
    await clerk.open()
    try:
        eraser = Eraser(clerk, "default")

        async def beside() -> None:
            for handoff_id in maria.handoffs:
                await eraser.erase(handoff_id, world.clock.now())

        erasure, _ = await asyncio.gather(world.dispatcher.erase(user_id=maria.user_id), beside())
    finally:
        await clerk.close()

    assert set(erasure.handoffs) <= set(maria.handoffs)
    assert await world.rows_about(maria.needles) == []


async def test_a_request_in_a_conversation_that_is_being_erased(world: World, maria: Person) -> None:
    for round_ in range(8):
        await world.talked(maria)
        number = (await world.dispatcher.store.ownership(maria.conversation)).number

        async def erase() -> None:
            with suppress(ErasureRefused):  # the new request was first
                await world.dispatcher.erase(conversation_id=maria.conversation)

        fresh, _ = await asyncio.gather(world.request(maria, key=f"again-{round_}"), erase())

        assert fresh.owner_number == number + 1, "the owner number never goes back"
        left = await world.dispatcher.handoff(fresh.id)
        assert left.state is HandoffState.QUEUED
        await world.dispatcher.erase(conversation_id=maria.conversation, end_live=True)
        assert await world.rows_about(maria.needles) == []


async def test_a_conversation_that_is_erased_again_while_it_comes_back_keeps_its_number(
    world: World, maria: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.talked(maria)
    await world.dispatcher.erase(user_id=maria.user_id)
    store = world.dispatcher.store
    ownership, asked = store.ownership, 0

    async def erased_before_the_second_look(conversation_id: str) -> Ownership:
        nonlocal asked
        asked += 1
        if asked == 2:
            await Eraser(store, "default").erase_rest("conversation", conversation_id, world.clock.now())
        return await ownership(conversation_id)

    monkeypatch.setattr(store, "ownership", erased_before_the_second_look)
    assert (await world.request(maria)).owner_number == 3
    assert asked >= 3


@pytest.mark.parametrize("erased_again", [False, True])
async def test_a_row_that_a_request_left_when_it_lost_the_race_hides_no_owner_number(
    world: World, maria: Person, erased_again: bool
) -> None:
    await world.talked(maria)
    number = (await world.dispatcher.store.ownership(maria.conversation)).number
    await world.dispatcher.erase(conversation_id=maria.conversation)
    left = """
        INSERT INTO conversations (workspace, id, owner, number, updated_at)
        VALUES ('default', :id, 'bot', 0, '2026-11-24T09:00:00.000000Z')
    """
    await world.dispatcher.database.commit([Statement(left, {"id": maria.conversation})])
    if erased_again:
        await Eraser(world.dispatcher.store, "default").erase_rest(
            "conversation", maria.conversation, world.clock.now()
        )

    assert (await world.request(maria)).owner_number == number + 1


async def test_an_erasure_that_was_overtaken_by_a_step_looks_again(
    world: World, maria: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statements hold only while nothing has changed since the handoff was read."""
    handoff = await world.talked(maria)
    store, seen = world.dispatcher.store, 0
    commit = store.commit

    async def overtaken(statements: list[Statement], events: tuple[()] = ()) -> None:
        nonlocal seen
        if any("DELETE FROM handoffs" in one.sql for one in statements):
            seen += 1
            if seen == 1:
                bump = "UPDATE handoffs SET version = version + 1 WHERE workspace = :workspace AND id = :id"
                await commit([Statement(bump, {"workspace": "default", "id": handoff.id}, expect=1)])
        await commit(statements, events)

    monkeypatch.setattr(store, "commit", overtaken)
    await world.dispatcher.erase(handoff_id=handoff.id)
    assert seen == 2
    with pytest.raises(HandoffNotFound):
        await world.dispatcher.handoff(handoff.id)


async def test_a_conversation_whose_next_request_commits_while_it_is_being_erased_stays(
    world: World, maria: Person, url: str
) -> None:
    if not url.startswith("postgresql"):
        pytest.skip("SQLite has one writer: nothing commits meanwhile")
    handoff = await world.talked(maria)
    number = (await world.dispatcher.store.ownership(maria.conversation)).number
    request, watcher = await asyncpg.connect(url), await asyncpg.connect(url)
    erasing: asyncio.Task[None] | None = None
    try:
        await request.execute(
            "CREATE TEMP TABLE next_one AS SELECT * FROM handoffs WHERE id = $1", handoff.id
        )
        await request.execute("DELETE FROM handoffs WHERE id = $1", handoff.id)
        await request.execute("BEGIN")
        await request.execute(
            "UPDATE conversations SET number = number + 1 WHERE id = $1", maria.conversation
        )
        await request.execute("INSERT INTO handoffs SELECT * FROM next_one")
        eraser = Eraser(world.dispatcher.store, "default")
        erasing = asyncio.create_task(
            eraser.erase_rest("conversation", maria.conversation, world.clock.now())
        )
        async with asyncio.timeout(30):
            while not await watcher.fetchval(WAITS_FOR_A_ROW):  # noqa: ASYNC110 - another program waits
                await asyncio.sleep(0.01)
        await request.execute("COMMIT")
        await erasing
        assert (await world.dispatcher.store.ownership(maria.conversation)).number == number + 1
    finally:
        if erasing is not None:
            erasing.cancel()
        await request.close()
        await watcher.close()
