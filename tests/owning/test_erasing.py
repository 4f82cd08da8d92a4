from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk import ErasureRefused, HandoffNotFound, HandoffState, InvalidInput, Message, Outcome
from livechat_sdk.errors import RetryableError, StoreError
from livechat_sdk.ledger.erasing import Remainder
from livechat_sdk.provider.embedded import Statement
from tests.owning.conftest import Start
from tests.owning.traces import in_files
from tests.owning.world import MARIA, NIKOS, Person, World


async def test_nothing_of_a_person_is_left_in_any_table_and_others_are_untouched(
    world: World, maria: Person, nikos: Person
) -> None:
    for person in (maria, nikos):
        await world.talked(person)
        await world.missed(person)
        await world.visited(person)
    before = await world.rows_about(nikos.needles)
    assert {table for table, _ in await world.rows_about(maria.needles)} == {
        *("handoffs", "requests", "entries", "actions", "journal", "chats", "seen", "tickets"),
        *("conversations", "desk_conversations", "desk_histories", "desk_messages", "desk_notes"),
        *("local_tickets", "webchat_messages", "desk_idle_waits"),
    }

    erasure = await world.dispatcher.erase(user_id=maria.user_id)

    assert sorted(erasure.handoffs) == sorted(maria.handoffs)
    assert erasure.messages > 0
    assert await world.rows_about(maria.needles) == []
    assert await world.rows_about(nikos.needles) == before
    numbers_only = ("desk_requests", "desk_participants", "webchat_conversations")
    counted = Counter(table for table, _ in await world.every_row() if table in numbers_only)
    assert counted == dict.fromkeys(numbers_only, 1)


async def test_the_bytes_are_gone_from_the_files_once_they_are_written_anew(
    sqlite_world: World, folder: Path, maria: Person, nikos: Person
) -> None:
    world = sqlite_world
    for person in (maria, nikos):
        for _ in range(5):
            await world.talked(person)
        await world.visited(person)
    assert in_files(folder, [MARIA])

    erasure = await world.dispatcher.erase(user_id=maria.user_id, compact=True)

    assert erasure.clean
    assert in_files(folder, maria.needles) == []
    assert in_files(folder, [NIKOS])
    assert (folder / "ledger.db-wal").stat().st_size == 0


async def test_what_remains_at_vendors_is_told(world: World, maria: Person) -> None:
    talked = await world.talked(maria)
    await world.missed(maria)
    await world.visited(maria)

    erasure = await world.dispatcher.erase(user_id=maria.user_id)

    first, second = erasure.remains  # the desk and the tickets are here: nothing remains of them elsewhere
    assert first == Remainder(
        talked.id, "chat", "toy", ref=f"{talked.id}.1", vendor_ref=f"toy-{talked.id}.1", open=False
    )
    assert second.integration == "toy"


async def test_a_chat_that_may_be_open_at_the_vendor_is_told_as_open(world: World, maria: Person) -> None:
    handoff = await world.request(maria)
    world.toy.vendor.fail["close"] = [
        RetryableError("no answer", provider="toy", operation="close", sent=False) for _ in range(9)
    ]
    await world.dispatcher.end(handoff.id)
    await world.pass_time(12)
    assert (await world.dispatcher.handoff(handoff.id)).open_at_vendor

    (remainder,) = (await world.dispatcher.erase(handoff_id=handoff.id, drop_open=True)).remains

    assert remainder.open


async def test_a_live_handoff_is_refused_and_nothing_is_erased(world: World, maria: Person) -> None:
    over = await world.talked(maria)
    live = await world.request(maria)
    before = await world.every_row()

    with pytest.raises(
        ErasureRefused, match=rf"handoff {live.id} is live \(queued\); nothing was erased"
    ) as no:
        await world.dispatcher.erase(user_id=maria.user_id)

    assert no.value.handoffs == (live.id,)
    assert await world.every_row() == before
    assert (await world.dispatcher.handoff(over.id)).outcome is Outcome.COMPLETED


async def test_a_live_handoff_is_ended_first_if_that_is_asked_for(world: World, maria: Person) -> None:
    await world.talked(maria)
    live = await world.request(maria)

    erasure = await world.dispatcher.erase(user_id=maria.user_id, end_live=True)

    assert len(erasure.handoffs) == 2
    assert [ref for ref, _ in world.toy.vendor.closed] == [f"{live.id}.1"]
    (_, ended) = world.channel.ended
    assert (ended.handoff_id, ended.end.reason.by) == (live.id, "operator")
    assert await world.rows_about(maria.needles) == []


async def test_an_end_that_does_not_come_in_time_is_a_refusal(world: World, maria: Person) -> None:
    live = await world.request(maria)
    world.toy.vendor.fail["close"] = [
        RetryableError("no answer", provider="toy", operation="close", sent=False) for _ in range(9)
    ]

    with pytest.raises(ErasureRefused, match="asked to end and have not come to it yet") as refusal:
        await world.dispatcher.erase(user_id=maria.user_id, end_live=True, wait=0.05)

    assert refusal.value.asked_to_end
    assert (await world.dispatcher.handoff(live.id)).state is HandoffState.ENDING


async def test_what_is_still_to_be_done_refuses_until_it_is_given_up(world: World, maria: Person) -> None:
    handoff = await world.request(maria)
    world.channel.down = True
    await world.dispatcher.end(handoff.id)
    await world.settle()

    with pytest.raises(ErasureRefused, match=r"is still to be done: say \(1 tries, last: ChannelDown"):
        await world.dispatcher.erase(user_id=maria.user_id)
    assert (await world.dispatcher.erase(user_id=maria.user_id, drop_open=True)).handoffs == (handoff.id,)

    world.channel.down = False
    await world.pass_time(3600)
    assert world.channel.ended == [], "what was given up is not done later"
    assert await world.rows_about(maria.needles) == []


@pytest.mark.parametrize("named", [{}, {"user_id": ""}, {"user_id": "a", "handoff_id": "b"}])
async def test_exactly_one_subject_is_named(world: World, named: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="exactly one"):
        await world.dispatcher.erase(**named)


async def test_erasing_again_and_erasing_nobody_is_no_error(world: World, maria: Person) -> None:
    handoff = await world.talked(maria)
    await world.dispatcher.erase(user_id=maria.user_id)
    named: list[dict[str, Any]] = [
        {"user_id": maria.user_id},
        {"handoff_id": handoff.id},
        {"conversation_id": "c-none"},
    ]
    for again in named:
        erasure = await world.dispatcher.erase(**again)
        assert (erasure.handoffs, erasure.remains) == ((), ())


# ------------------------------------------------------------------------- what comes late
async def test_late_events_are_taken_counted_and_dropped(world: World, maria: Person) -> None:
    handoff = await world.talked(maria)
    await world.dispatcher.erase(handoff_id=handoff.id)
    before = await world.every_row()

    for what in ("message", "joined", "ended"):
        assert await world.event(handoff.id, what, text=f"late {MARIA}") == 0
    repeated = world.toy.delivery("message", ref=f"toy-{handoff.id}.1", id="evt-2", text=f"late {MARIA}")
    assert await world.dispatcher.webhook("toy", repeated) == 0

    assert await world.every_row() == before
    families = {family.name: family for family in await world.dispatcher.metrics()}
    (sample,) = families["livechat_events_erased"].samples
    assert (sample.labels, sample.value) == (("toy",), 4)


async def test_calls_of_the_platform_about_an_erased_handoff_find_none(world: World, maria: Person) -> None:
    handoff = await world.talked(maria)
    await world.dispatcher.erase(handoff_id=handoff.id)
    before = await world.every_row()
    with pytest.raises(HandoffNotFound):
        await world.dispatcher.user_message(handoff.id, Message.text("late"))
    with pytest.raises(HandoffNotFound):
        await world.dispatcher.end(handoff.id)
    assert await world.every_row() == before


async def test_an_event_that_meets_the_erasure_halfway_is_dropped(
    world: World, maria: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    handoff = await world.talked(maria)
    match = world.dispatcher.store.match

    async def erased_behind(integration: str, refs: tuple[str, ...]) -> tuple[str, int] | None:
        found = await match(integration, refs)
        if found is not None:
            await world.dispatcher.erase(handoff_id=handoff.id)
        return found

    monkeypatch.setattr(world.dispatcher.store, "match", erased_behind)
    assert await world.event(handoff.id, "message", text=f"late {MARIA}") == 0
    assert await world.rows_about(maria.needles) == []


async def test_events_that_wait_go_along(world: World, maria: Person) -> None:
    handoff = await world.talked(maria)
    store = world.dispatcher.store
    (event,) = world.dispatcher._providers["toy"].read_webhook(
        world.toy.delivery("message", ref=f"{handoff.id}.1", text=f"waits {MARIA}")
    )
    await store.keep_unmatched(event, world.clock.now())
    await store.commit([], [event.model_copy(update={"id": "another"})])

    await world.dispatcher.erase(handoff_id=handoff.id)

    assert await world.rows_about(maria.needles) == []


async def test_the_same_request_key_begins_anew(world: World, maria: Person) -> None:
    first = await world.talked(maria)
    key = first.request.key
    await world.dispatcher.erase(user_id=maria.user_id)

    second = await world.request(maria, key=key)

    assert second.id != first.id
    assert second.state is HandoffState.QUEUED
    assert await world.event(first.id, "message", text="for the first one") == 0
    assert await world.event(second.id, "joined") == 1


# ------------------------------------------------------------------------- conversations
async def test_the_owner_number_goes_on_after_the_conversation_was_erased(
    world: World, maria: Person
) -> None:
    dispatcher = world.dispatcher
    await world.talked(maria)
    number = world.channel.ended[-1].owner_number
    await dispatcher.erase(conversation_id=maria.conversation)

    assert await world.rows_about([MARIA]) == []
    assert (await dispatcher.bot_may_send(maria.conversation, number)).allowed
    assert not (await dispatcher.bot_may_send(maria.conversation, number - 1)).allowed
    assert await world.rows_about([MARIA]) == [], "the gate writes nothing"

    again = await world.request(maria)
    assert again.owner_number == number + 1
    assert not (await dispatcher.bot_may_send(maria.conversation, number)).allowed


async def test_a_conversation_can_be_erased_again_and_again(world: World, maria: Person) -> None:
    numbers: list[int] = []
    for _ in range(3):
        await world.talked(maria)
        numbers.append(world.channel.ended[-1].owner_number)
        await world.dispatcher.erase(user_id=maria.user_id)
    assert numbers == [2, 4, 6]
    assert len([row for row in await world.every_row() if row[0] == "conversations"]) == 1


async def test_the_conversation_stays_while_another_handoff_is_in_it(world: World, maria: Person) -> None:
    first, second = await world.talked(maria), await world.talked(maria)
    await world.dispatcher.erase(handoff_id=first.id)
    assert (await world.dispatcher.store.ownership(maria.conversation)).number == 4
    assert await world.rows_about([first.id]) == []
    assert (await world.dispatcher.handoff(second.id)).outcome is Outcome.COMPLETED


async def test_two_people_in_one_conversation_are_erased_apart(
    world: World, maria: Person, nikos: Person
) -> None:
    await world.talked(maria)
    nikos.conversation = maria.conversation  # the person turned out to be another one
    theirs = await world.talked(nikos)

    await world.dispatcher.erase(user_id=maria.user_id)

    left = await world.rows_about([*maria.handoffs, maria.user_id, f"hello {MARIA}"])
    assert left == []
    assert (await world.dispatcher.handoff(theirs.id)).request.conversation_id == maria.conversation
    await world.dispatcher.erase(conversation_id=maria.conversation)
    assert await world.rows_about([MARIA, NIKOS]) == []


async def test_what_the_chat_page_keeps_goes_with_the_last_handoff_of_its_conversation(
    world: World, maria: Person
) -> None:
    first = await world.visited(maria)
    conversation = maria.conversation
    await world.dispatcher.erase(handoff_id=first.id)
    assert await world.page.store.conversation(conversation) is None
    assert await world.rows_about([MARIA, conversation]) == []


async def test_what_a_bot_says_late_does_not_bring_an_erased_conversation_back(
    world: World, maria: Person
) -> None:
    await world.visited(maria)
    await world.dispatcher.erase(user_id=maria.user_id)
    await world.page.bot_says(maria.conversation, key="late", text=f"anything else, {MARIA}?")
    assert await world.rows_about([MARIA, maria.conversation]) == []


async def test_a_conversation_of_the_chat_page_without_any_handoff_can_be_erased(
    world: World, maria: Person
) -> None:
    conversation, _ = await world.page.new_conversation("desk-bot")
    await world.page.user_says(conversation.id, f"to the bot {MARIA}")
    erasure = await world.dispatcher.erase(conversation_id=conversation.id)
    assert erasure.handoffs == ()
    assert await world.rows_about([MARIA, conversation.id]) == []


async def test_a_trace_that_a_call_left_after_the_erasure_goes_by_the_handoffs_id(
    world: World, maria: Person
) -> None:
    handoff = await world.visited(maria)
    await world.dispatcher.erase(user_id=maria.user_id)
    late = Statement(
        """
        INSERT INTO local_tickets
            (workspace, integration, number, draft_key, handoff, draft, status, created_at)
        VALUES ('default', 'tickets', 77, 'late', :handoff, :draft, 'open', 'now')
        """,
        {"handoff": handoff.id, "draft": f"late {MARIA}"},
    )
    await world.dispatcher.store.commit([late])

    assert (await world.dispatcher.erase(handoff_id=handoff.id)).handoffs == ()

    assert await world.rows_about(maria.needles) == []


# ------------------------------------------------------------------------- crashes
@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_crash_leaves_whole_handoffs_and_a_second_run_finishes(
    world: World, maria: Person, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    for _ in range(3):
        await world.talked(maria)
    commit = world.dispatcher.store.commit
    erased = 0

    async def crashing(statements: list[Statement], events: tuple[()] = ()) -> None:
        nonlocal erased
        if any("DELETE FROM handoffs" in one.sql for one in statements):
            if erased == after:
                raise StoreError("the power is gone")
            erased += 1
        await commit(statements, events)

    with monkeypatch.context() as patched:
        patched.setattr(world.dispatcher.store, "commit", crashing)
        with pytest.raises(StoreError, match="power"):
            await world.dispatcher.erase(user_id=maria.user_id)

    for handoff_id in maria.handoffs[:after]:
        assert await world.rows_about([handoff_id]) == []
    for handoff_id in maria.handoffs[after:]:
        assert (await world.dispatcher.handoff(handoff_id)).outcome is Outcome.COMPLETED
        assert len(await world.dispatcher.entries(handoff_id)) >= 4
    erasure = await world.dispatcher.erase(user_id=maria.user_id)
    assert list(erasure.handoffs) == maria.handoffs[after:]
    assert await world.rows_about(maria.needles) == []


async def test_workspaces_do_not_erase_each_others_people(start: Start, maria: Person) -> None:
    one = await start()
    await one.talked(maria)
    await one.dispatcher.__aexit__(None, None, None)
    other = await start(workspace="acme", clock=one.clock, toy=one.toy)
    assert (await other.dispatcher.erase(user_id=maria.user_id)).handoffs == ()
    assert await one.rows_about([MARIA])


async def test_whoever_watches_an_erased_handoff_is_let_go(world: World, maria: Person) -> None:
    handoff = await world.talked(maria)
    seen = [entry.kind async for entry in world.dispatcher.watch(handoff.id)]
    assert "requested" in seen
    await world.dispatcher.erase(handoff_id=handoff.id)
    assert [entry async for entry in world.dispatcher.watch(handoff.id)] == []
