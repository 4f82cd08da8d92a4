from __future__ import annotations

import asyncio

import pytest

from livechat_sdk.domain.handoff import HandoffPolicy, HandoffState
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.ledger.store import Change, Created, Ownership, Store, VersionConflict
from livechat_sdk.lifecycle.effects import Decide, DeliverEnded, FindContact, SetTimer
from tests.ledger.builders import NOW, Story, a_handoff, first_step, later
from tests.ledger.conftest import Backend


async def test_a_created_handoff_is_loaded_as_it_was(store: Store) -> None:
    transcript = tuple(TranscriptEntry(author="user", body=f"line {n} \U0001f600", at=NOW) for n in range(50))
    handoff = a_handoff(transcript=transcript, held=("m1",), timers={"request_timeout": later(120)})

    created = await store.create(first_step(handoff))

    assert created.status == "created"
    assert created.handoff == handoff
    assert await store.load("h1") == handoff


async def test_a_handoff_that_was_never_created_is_not_loaded(store: Store) -> None:
    assert await store.load("h1") is None
    assert await store.entries("h1") == []
    assert await store.actions("h1") == []
    assert await store.journal("h1") == []


async def test_creating_brings_the_actions_in_order_with_growing_ids(store: Store) -> None:
    created = await store.create(first_step(a_handoff(), actions=[Decide(), FindContact()]))

    assert [row.action for row in created.actions] == [Decide(), FindContact()]
    assert [row.lane for row in created.actions] == ["decide", "contact"]
    assert created.actions[0].id < created.actions[1].id
    assert list(created.actions) == await store.actions("h1")


async def test_the_same_key_gives_the_same_handoff_and_writes_nothing(store: Store) -> None:
    first = a_handoff("h1", key="run-7")
    await store.create(first_step(first, actions=[Decide()]))

    again = await store.create(first_step(a_handoff("h2", key="run-7"), actions=[Decide()]))

    assert again == Created("same_key", first, ())
    assert await store.load("h2") is None
    assert len(await store.open_actions()) == 1
    assert len(await store.journal("h1")) == 1


async def test_the_same_key_gives_the_same_handoff_after_its_end(store: Store) -> None:
    story = Story(store, a_handoff("h1", key="run-7"))
    await story.start()
    await story.end()

    again = await store.create(first_step(a_handoff("h2", key="run-7", owner_number=3)))

    assert again.status == "same_key"
    assert again.handoff == story.handoff


async def test_a_live_handoff_is_in_the_way_of_another_one(store: Store) -> None:
    first = a_handoff("h1")
    await store.create(first_step(first))

    second = await store.create(first_step(a_handoff("h2", owner_number=2)))

    assert second == Created("conversation_live", first, ())
    assert await store.load("h2") is None
    assert await store.ownership("c1") == Ownership("human", 1, "h1", HandoffState.REQUESTED)


async def test_an_ended_handoff_is_in_nobodys_way(store: Store) -> None:
    story = Story(store)
    await story.start()
    await story.end()

    second = await store.create(first_step(a_handoff("h2", owner_number=3)))

    assert second.status == "created"
    assert await store.ownership("c1") == Ownership("human", 3, "h2", HandoffState.REQUESTED)


async def test_a_handoff_born_ended_is_stored_beside_the_live_one(store: Store) -> None:
    await store.create(first_step(a_handoff("h1")))
    born_ended = a_handoff("h2", state=HandoffState.ENDED)

    created = await store.create(
        Change(born_ended, 0, "already_open", NOW, actions=[DeliverEnded(owner_number=1)])
    )

    assert created.status == "created"
    assert await store.ownership("c1") == Ownership("human", 1, "h1", HandoffState.REQUESTED)


@pytest.mark.parametrize("number", [1, 2, 4])
async def test_another_owner_number_than_the_next_is_a_conflict(store: Store, number: int) -> None:
    story = Story(store)
    await story.start()
    await story.end()

    with pytest.raises(VersionConflict):
        await store.create(first_step(a_handoff("h2", owner_number=number)))

    assert await store.load("h2") is None
    assert await store.ownership("c1") == Ownership("bot", 2, None)


async def test_a_handoff_born_ended_must_know_the_present_owner_number(store: Store) -> None:
    story = Story(store)
    await story.start()
    await story.end()
    stale = a_handoff("h2", state=HandoffState.ENDED, owner_number=1)

    with pytest.raises(VersionConflict):
        await store.create(Change(stale, 0, "already_open", NOW))

    assert await store.load("h2") is None


async def test_a_conversation_never_seen_belongs_to_the_bot(store: Store) -> None:
    assert await store.ownership("nobody") == Ownership("bot", 0, None)


async def test_owner_live_handoff_and_what_the_bot_may_do_are_one_answer(store: Store) -> None:
    story = Story(store, a_handoff(policy=HandoffPolicy(allow_bot_while_waiting=True)))
    await story.start()
    assert await store.ownership("c1") == Ownership("human", 1, "h1", HandoffState.REQUESTED, True)
    await story.step(state=HandoffState.ACTIVE)
    assert await store.ownership("c1") == Ownership("human", 1, "h1", HandoffState.ACTIVE, True)
    await story.end()
    assert await store.ownership("c1") == Ownership("bot", 2)


async def test_raced_requests_for_one_conversation_make_one_handoff(store: Store) -> None:
    created = await asyncio.gather(
        *(store.create(first_step(a_handoff(f"h{n}", key=f"k{n}"))) for n in range(20))
    )

    winners = [each.handoff.id for each in created if each.status == "created"]
    assert len(winners) == 1
    assert {each.handoff.id for each in created} == set(winners)
    assert (await store.ownership("c1")).live_handoff == winners[0]
    assert len(await store.handoffs()) == 1


async def test_raced_requests_with_one_key_make_one_handoff(store: Store) -> None:
    created = await asyncio.gather(
        *(store.create(first_step(a_handoff(f"h{n}", key="k", conversation_id=f"c{n}"))) for n in range(20))
    )

    assert sorted(each.status for each in created) == ["created"] + ["same_key"] * 19
    assert len({each.handoff.id for each in created}) == 1


async def test_raced_requests_from_many_threads_make_one_handoff(store: Store) -> None:
    def request(number: int) -> Created:
        return asyncio.run(store.create(first_step(a_handoff(f"h{number}", key=f"k{number}"))))

    created = await asyncio.gather(*(asyncio.to_thread(request, number) for number in range(8)))

    assert sorted(each.status for each in created) == ["conversation_live"] * 7 + ["created"]


async def test_handoffs_are_listed_by_age_and_state(store: Store) -> None:
    for number in range(5):
        story = Story(
            store, a_handoff(f"h{number}", conversation_id=f"c{number}", created_at=later(number * 60))
        )
        await story.start()
        if number in (1, 3):
            await story.end()
        if number == 4:
            await story.step(state=HandoffState.STARTING)

    async def listed(
        states: list[HandoffState] | None = None, limit: int = 100, *, newest: bool = True
    ) -> str:
        found = await store.handoffs(states=states, limit=limit, newest_first=newest)
        return " ".join(handoff.id for handoff in found)

    assert await listed() == "h4 h3 h2 h1 h0"
    assert await listed(newest=False) == "h0 h1 h2 h3 h4"
    assert await listed(limit=2) == "h4 h3"
    assert await listed([HandoffState.ENDED]) == "h3 h1"
    assert await listed([HandoffState.REQUESTED, HandoffState.STARTING]) == "h4 h2 h0"
    assert await listed([HandoffState.REQUESTED, HandoffState.ENDED], newest=False) == "h0 h1 h2 h3"
    assert await listed([]) == ""


async def test_everything_is_still_there_after_a_restart(backend: Backend, store: Store) -> None:
    handoff = a_handoff()
    await store.create(first_step(handoff, SetTimer(name="t", due_at=later(5)), actions=[Decide()]))
    actions, journal = await store.actions("h1"), await store.journal("h1")

    store = await backend.reopen(store)

    assert await store.load("h1") == handoff
    assert await store.open_actions() == actions
    assert await store.journal("h1") == journal
    assert await store.next_timer() == later(5)
    assert await store.ownership("c1") == Ownership("human", 1, "h1", HandoffState.REQUESTED)


async def test_a_store_sees_its_own_workspace_only(backend: Backend) -> None:
    acme = await backend.open("acme")
    await acme.create(
        first_step(a_handoff(workspace="acme"), SetTimer(name="t", due_at=NOW), actions=[Decide()])
    )

    other = await backend.reopen(acme, "other")

    assert await other.load("h1") is None
    assert await other.handoffs() == []
    assert await other.open_actions() == []
    assert await other.due_timers(NOW) == []
    assert await other.next_timer() is None
    assert await other.ownership("c1") == Ownership()
    assert (await other.create(first_step(a_handoff(workspace="other")))).status == "created"
