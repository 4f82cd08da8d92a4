"""Random histories of several people: one is erased, and only that one is gone, whatever comes late."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat_sdk import ErasureRefused
from livechat_sdk_testing.postgres import PostgresServer
from tests.owning.traces import in_files
from tests.owning.world import Person, World

PEOPLE = ("canary-ada", "canary-bob", "canary-cleo")
STORIES = ("talked", "missed", "visited", "waits", "asks_twice", "is_left_unanswered")

histories = st.lists(st.tuples(st.sampled_from(range(3)), st.sampled_from(STORIES)), min_size=1, max_size=8)
late_events = st.lists(st.sampled_from(("joined", "message", "ended", "typing", "odd")), max_size=4)


async def live_through(world: World, person: Person, story: str) -> None:
    """One thing that happens to a person."""
    match story:
        case "talked":
            await world.talked(person)
        case "missed":
            await world.missed(person)
        case "visited":
            await world.visited(person)
        case "waits":
            await world.request(person)
        case "asks_twice":
            await world.request(person)
            await world.request(person)
        case _:
            handoff = await world.request(person)
            if not handoff.is_live:
                return
            await world.event(handoff.id, "joined")
            await world.say(handoff.id, f"anybody there? {person.name}")


async def check(url: str, history: list[tuple[int, str]], erased: int, late: list[str]) -> None:
    """Play a history, erase one person, let things come late."""
    async with World(url) as world:
        people = [Person(name) for name in PEOPLE]
        for number, story in history:
            await live_through(world, people[number], story)
        person, others = people[erased], [other for other in people if other is not people[erased]]
        others_before = [await world.rows_about(other.needles) for other in others]
        all_before = await world.every_row()

        live = [id_ for id_ in person.handoffs if (await world.dispatcher.handoff(id_)).is_live]
        if live:
            with pytest.raises(ErasureRefused) as refusal:
                await world.dispatcher.erase(user_id=person.user_id)
            assert refusal.value.handoffs == tuple(live)
            assert await world.every_row() == all_before
        exported = "".join([piece async for piece in world.dispatcher.export(user_id=person.user_id)])
        erasure = await world.dispatcher.erase(user_id=person.user_id, end_live=True, compact=True)

        assert {one["id"] for one in json.loads(exported)["handoffs"]} == set(person.handoffs)
        assert not any(other.name in exported for other in others)
        assert set(erasure.handoffs) == set(person.handoffs)
        assert {one.integration for one in erasure.remains} <= {"toy"}
        after = await world.every_row()
        for chat in erasure.remains:
            for number, what in enumerate(late):
                ref = (chat.ref, chat.vendor_ref)[number % 2]
                event = world.toy.delivery(what, ref=ref, id=f"evt-{number}", text=f"late {person.name}")
                assert await world.dispatcher.webhook("toy", event) == 0
        assert await world.every_row() == after, "what comes late leaves no trace"
        assert await world.rows_about(person.needles) == []
        assert [await world.rows_about(other.needles) for other in others] == others_before
        for other in others:  # whoever is still there can go on
            for handoff_id in other.handoffs:
                if (await world.dispatcher.handoff(handoff_id)).is_live:
                    await world.say(handoff_id, f"still here {other.name}")


@settings(max_examples=12)
@given(history=histories, erased=st.sampled_from(range(3)), late=late_events)
def test_only_the_erased_person_is_gone(history: list[tuple[int, str]], erased: int, late: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(f"sqlite:///{folder}/ledger.db", history, erased, late))
        assert in_files(Path(folder), [PEOPLE[erased]]) == []


@settings(max_examples=4)
@given(history=histories, erased=st.sampled_from(range(3)), late=late_events)
def test_only_the_erased_person_is_gone_from_postgresql(
    postgres_server: PostgresServer, history: list[tuple[int, str]], erased: int, late: list[str]
) -> None:
    async def play() -> None:
        await check(await postgres_server.new_database(), history, erased, late)

    asyncio.run(play())
