from __future__ import annotations

import asyncio

import pytest

from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import HandoffNotFound, InvalidInput
from livechat_sdk.ledger.store import (
    ActionStatus,
    Change,
    DuplicateEvent,
    DuplicateMessage,
    JournalEntry,
    Store,
    VersionConflict,
)
from livechat_sdk.lifecycle.effects import Decide, SaveTicket, SetFate, SetTimer
from tests.ledger.builders import NOW, Story, a_handoff, an_event, completion, from_user, later


async def snapshot(store: Store) -> tuple[object, ...]:
    """Everything that can be read about the first handoff."""
    return (
        await store.load("h1"),
        await store.entries("h1"),
        await store.actions("h1"),
        await store.journal("h1"),
        await store.due_timers(later(1e6)),
        await store.ownership("c1"),
        await store.inbox(),
        await store.tickets("h1"),
    )


async def test_a_step_changes_the_handoff(store: Store) -> None:
    story = Story(store)
    await story.start()

    await story.step(state=HandoffState.STARTING, held=("m1", "m2"))

    loaded = await store.load("h1")
    assert loaded == story.handoff
    assert loaded is not None
    assert loaded.state is HandoffState.STARTING


async def test_a_step_computed_from_an_old_version_writes_nothing(store: Store) -> None:
    story = Story(store)
    await story.start()
    stale = Story(store, story.handoff)
    await story.step(held=("m1",))
    before = await snapshot(store)

    with pytest.raises(VersionConflict):
        await stale.step(from_user("m2"), SetTimer(name="t", due_at=NOW), actions=[Decide()])

    assert await snapshot(store) == before


async def test_a_step_that_records_fates_only_does_not_compete(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("m1"))
    stale = Story(store, story.handoff)
    await story.step(held=("m1",))

    await stale.note(SetFate(message_key="m1", direction=Direction.TO_PROVIDER, fate=Fate.SENT))

    assert await store.load("h1") == story.handoff
    assert (await story.fates())["m1"][0] is Fate.SENT


async def test_of_raced_steps_from_one_version_one_wins(store: Store) -> None:
    story = Story(store)
    await story.start()

    async def race(number: int) -> str:
        try:
            await Story(store, story.handoff).step(from_user(f"m{number}"), held=(f"m{number}",))
        except VersionConflict:
            return "conflict"
        return f"m{number}"

    results = await asyncio.gather(*(race(number) for number in range(20)))

    winner = [result for result in results if result != "conflict"]
    assert len(winner) == 1
    loaded = await store.load("h1")
    assert loaded is not None
    assert list(loaded.held) == winner
    assert list(await story.fates()) == winner


async def test_a_failing_step_leaves_its_neighbours_alone(store: Store) -> None:
    stories = [Story(store, a_handoff(f"h{n}", conversation_id=f"c{n}")) for n in range(50)]
    await asyncio.gather(*(story.start() for story in stories))
    await stories[17].step(from_user("m"))
    stories[17].handoff = a_handoff("h17", conversation_id="c17")  # version 1 again: too old

    results = await asyncio.gather(
        *(story.step(from_user("m"), actions=[Decide()]) for story in stories), return_exceptions=True
    )

    failed = [number for number, result in enumerate(results) if isinstance(result, BaseException)]
    assert failed == [17]
    assert isinstance(results[17], VersionConflict)
    assert len(await store.open_actions()) == 49
    for story in stories:
        assert list(await story.fates()) == ["m"]


async def test_a_step_of_an_unknown_handoff_is_refused(store: Store) -> None:
    story = Story(store, a_handoff("nobody"))

    with pytest.raises(HandoffNotFound, match="nobody"):
        await story.step()
    with pytest.raises(HandoffNotFound, match="nobody"):
        await story.note(SetTimer(name="t", due_at=NOW))

    assert await store.next_timer() is None


async def test_an_event_is_applied_once(store: Store) -> None:
    story = Story(store)
    await story.start()
    await story.note(event=an_event("e1"))
    before = await snapshot(store)

    with pytest.raises(DuplicateEvent):
        await story.note(from_user("m1"), event=an_event("e1"))

    assert await snapshot(store) == before


async def test_the_same_event_id_of_another_integration_is_another_event(store: Store) -> None:
    story = Story(store)
    await story.start()

    await story.note(event=an_event("e1", integration="desk"))
    await story.note(event=an_event("e1", integration="zendesk"))

    assert [entry.kind for entry in await store.journal("h1")] == ["requested", "note", "note"]


async def test_an_event_of_a_step_that_failed_is_not_seen(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("m1"))

    with pytest.raises(DuplicateMessage):
        await story.note(from_user("m1"), event=an_event("e1"))

    await story.note(event=an_event("e1"))


async def test_a_refused_step_is_in_the_journal_and_completes_what_it_came_from(store: Store) -> None:
    story = Story(store)
    created = await story.start(SetTimer(name="t", due_at=later(5)), actions=[Decide()])
    (timer,) = await store.due_timers(later(5))

    await story.note(
        refused="not a legal move",
        event=an_event("e1"),
        completes=completion(created.actions[0], ActionStatus.FAILED, "boom"),
        fired=timer,
    )

    assert (await store.journal("h1"))[-1].refused == "not a legal move"
    assert await store.open_actions() == []
    assert await store.due_timers(later(1000)) == []
    with pytest.raises(DuplicateEvent):
        await story.note(event=an_event("e1"))


async def test_the_journal_tells_what_came_in_what_order(store: Store) -> None:
    story = Story(store)
    await story.start()
    story.at = later(1)
    await story.step(kind="user_said", state=HandoffState.STARTING)
    await story.note(refused="no")

    assert await store.journal("h1") == [
        JournalEntry(1, "h1", NOW, "requested", HandoffState.REQUESTED, 1),
        JournalEntry(2, "h1", later(1), "user_said", HandoffState.STARTING, 2),
        JournalEntry(3, "h1", later(1), "note", HandoffState.STARTING, 2, refused="no"),
    ]
    assert [entry.seq for entry in await store.journal("h1", after=1)] == [2, 3]
    assert [entry.seq for entry in await store.journal("h1", limit=2)] == [1, 2]


async def test_the_journal_keeps_the_detail(store: Store) -> None:
    story = Story(store)
    await story.start()
    detail = {"integration": "desk", "seconds": 1.5, "keys": ["a", "β"]}

    await store.apply(Change(story.handoff, 1, "note", NOW, detail=detail))

    assert (await store.journal("h1"))[-1].detail == detail


@pytest.mark.parametrize("detail", [{"x": float("nan")}, {"x": object()}])
async def test_a_detail_that_is_not_json_is_refused(store: Store, detail: dict[str, object]) -> None:
    story = Story(store)
    await story.start()

    with pytest.raises(InvalidInput):
        await store.apply(Change(story.handoff, 1, "note", NOW, detail=detail))

    assert len(await store.journal("h1")) == 1


async def test_a_message_that_is_not_json_is_refused_and_nothing_is_written(store: Store) -> None:
    story = Story(store)
    await story.start()
    before = await snapshot(store)
    record = from_user("m1")
    odd = record.model_copy(
        update={"message": record.message.model_copy(update={"metadata": {"x": object()}})}
    )

    with pytest.raises(InvalidInput, match="Message"):
        await story.step(SetTimer(name="t", due_at=NOW), odd)

    assert await snapshot(store) == before


async def test_a_ticket_is_stored_and_replaced_by_its_newer_self(store: Store) -> None:
    story = Story(store)
    await story.start()
    ticket = Ticket(source="desk", id="7", key="h1.ticket", subject="Order", created_at=NOW)

    await story.note(SaveTicket(ticket=ticket))
    await story.note(SaveTicket(ticket=ticket.model_copy(update={"status": "open"})))
    await story.note(SaveTicket(ticket=ticket.model_copy(update={"source": "jira"})))

    assert await store.tickets("h1") == [
        ticket.model_copy(update={"status": "open"}),
        ticket.model_copy(update={"source": "jira"}),
    ]


async def test_times_keep_their_moment_whatever_their_zone(store: Store) -> None:
    from datetime import timedelta, timezone

    athens = timezone(timedelta(hours=2))
    story = Story(store)
    await story.start(SetTimer(name="t", due_at=later(5).astimezone(athens)))

    assert await store.next_timer() == later(5)
    assert await store.due_timers(later(5).astimezone(athens))
    assert await store.due_timers(later(4.999999)) == []
