from __future__ import annotations

from dataclasses import replace

import pytest

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.messages import Choice, Direction, Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.tickets import TicketDraft, TicketMoment
from livechat_sdk.ledger.store import ActionStatus, LaneId, Store, TimerGone, TimerRow
from livechat_sdk.lifecycle.effects import (
    Action,
    CancelActions,
    CancelTimer,
    CloseChat,
    CreateTicket,
    Decide,
    DeliverEnded,
    DeliverMessage,
    FindContact,
    OpenChat,
    Say,
    SendMessage,
    SetTimer,
    UpdateDetails,
)
from tests.ledger.builders import NOW, Story, a_handoff, an_attempt, completion, later
from tests.ledger.conftest import Backend

SAY = Say(key="h1.2.waiting.0", moment=Moment.WAITING, params={"position": 3}, owner_number=1)
EVERY_ACTION: list[Action] = [
    Decide(),
    FindContact(),
    CreateTicket(key="h1.ticket"),
    OpenChat(attempt=1),
    SendMessage(attempt=1, message_key="m1"),
    UpdateDetails(attempt=1, message_keys=("m1", "m2")),
    CloseChat(attempt=1, reason=EndReason(by="user", why="resolved", raw="bye"), vendor_ref="v1"),
    SAY,
    DeliverMessage(message_key="a1", owner_number=1, agent_name="Nikos"),
    DeliverEnded(owner_number=2),
]
WORDS = SystemMessage(
    key=SAY.key,
    handoff_id="h1",
    conversation_id="c1",
    owner_number=1,
    moment=Moment.WAITING,
    text="One moment…",
    language="en",
    choices=("Yes", "No"),
)


async def test_every_kind_of_action_comes_back_as_it_was(store: Store) -> None:
    story = Story(store, a_handoff(attempts=(an_attempt(),)))
    created = await story.start(actions=EVERY_ACTION)

    rows = await store.actions("h1")

    assert [row.action for row in rows] == EVERY_ACTION
    assert rows == list(created.actions)
    assert await store.open_actions() == rows
    assert [row.lane_id for row in rows] == [LaneId("h1", action.lane) for action in EVERY_ACTION]
    assert {(row.status, row.tries, row.not_before, row.error, row.created_at) for row in rows} == {
        (ActionStatus.PENDING, 0, None, None, NOW)
    }


async def test_open_actions_of_all_handoffs_come_in_the_order_of_decisions(store: Store) -> None:
    one, two = Story(store), Story(store, a_handoff("h2", conversation_id="c2"))
    await one.start(actions=[Decide()])
    await two.start(actions=[Decide()])
    await one.step(actions=[FindContact()])

    rows = await store.open_actions()

    assert [(row.handoff_id, row.lane) for row in rows] == [
        ("h1", "decide"),
        ("h2", "decide"),
        ("h1", "contact"),
    ]
    assert [row.id for row in rows] == sorted(row.id for row in rows)


async def test_a_started_action_is_still_open_after_a_restart(backend: Backend, store: Store) -> None:
    created = await Story(store).start(actions=[Decide(), FindContact()])
    assert await store.start_action(created.actions[0])

    store = await backend.reopen(store)

    assert [row.status for row in await store.open_actions()] == [ActionStatus.STARTED, ActionStatus.PENDING]


async def test_a_started_action_may_be_started_again(store: Store) -> None:
    created = await Story(store).start(actions=[Decide()])

    assert await store.start_action(created.actions[0])
    assert await store.start_action(created.actions[0])


@pytest.mark.parametrize("status", [ActionStatus.DONE, ActionStatus.FAILED, ActionStatus.DOUBTFUL])
async def test_a_finished_action_is_not_started_postponed_or_open(store: Store, status: ActionStatus) -> None:
    story = Story(store)
    created = await story.start(actions=[Decide()])
    action = created.actions[0]
    why = "why" if status is not ActionStatus.DONE else None
    await story.note(completes=completion(action, status, why))

    assert not await store.start_action(action)
    await store.postpone_action(action, not_before=later(5), error="late")

    (row,) = await store.actions("h1")
    assert row.status is status
    assert row.tries == 1
    assert row.error == why
    assert await store.open_actions() == []


async def test_an_unknown_action_does_not_start(store: Store) -> None:
    created = await Story(store).start(actions=[Decide()])

    assert not await store.start_action(replace(created.actions[0], id=4711))


async def test_a_postponed_action_waits_and_counts_its_tries(store: Store) -> None:
    story = Story(store)
    created = await story.start(actions=[Decide()])
    action = created.actions[0]
    await store.start_action(action)
    await store.postpone_action(action, not_before=later(5), error="HTTP 503")
    await store.start_action(action)
    await store.postpone_action(action, not_before=later(20), error="HTTP 502")

    (row,) = await store.open_actions()
    assert (row.status, row.tries, row.not_before, row.error) == (
        ActionStatus.PENDING,
        2,
        later(20),
        "HTTP 502",
    )

    await story.note(completes=completion(action, ActionStatus.DONE))
    (row,) = await store.actions("h1")
    assert (row.status, row.tries, row.not_before, row.error) == (ActionStatus.DONE, 3, None, None)


async def test_an_action_that_may_have_arrived_stays_started_while_it_waits(store: Store) -> None:
    created = await Story(store).start(actions=[Decide()])
    await store.start_action(created.actions[0])
    await store.postpone_action(created.actions[0], not_before=later(5), error="timeout", started=True)

    (row,) = await store.open_actions()
    assert (row.status, row.tries, row.not_before) == (ActionStatus.STARTED, 1, later(5))


async def test_nothing_is_claimed_that_this_worker_has_already(store: Store) -> None:
    await Story(store).start(actions=[Decide(), FindContact()])

    assert list(await store.claim()) == []


async def test_a_restarted_worker_claims_every_open_action_once_and_in_order(
    backend: Backend, store: Store
) -> None:
    one, two = Story(store), Story(store, a_handoff("h2", conversation_id="c2"))
    first = await one.start(actions=[Decide(), FindContact()])
    second = await two.start(actions=[Decide()])
    await store.start_action(first.actions[1])
    await one.note(completes=completion(first.actions[0], ActionStatus.DONE))

    store = await backend.reopen(store)
    claimed = await store.claim()

    assert [(row.id, row.status) for row in claimed] == [
        (first.actions[1].id, ActionStatus.STARTED),
        (second.actions[0].id, ActionStatus.PENDING),
    ]
    assert list(await store.claim()) == []


async def test_claiming_in_small_portions_reaches_everything(backend: Backend, store: Store) -> None:
    for number in range(7):
        await Story(store, a_handoff(f"h{number}", conversation_id=f"c{number}")).start(actions=[Decide()])

    store = await backend.reopen(store)
    claimed: list[int] = []
    while rows := await store.claim(limit=2):
        claimed += [row.id for row in rows]

    assert sorted(claimed) == [row.id for row in await store.open_actions()]
    assert len(claimed) == 7


async def test_the_result_of_an_action_belongs_to_its_handoff(store: Store) -> None:
    one, two = Story(store), Story(store, a_handoff("h2", conversation_id="c2"))
    created = await one.start(actions=[Decide()])
    await two.start()

    await two.note(completes=completion(created.actions[0], ActionStatus.DONE))

    assert [row.status for row in await store.actions("h1")] == [ActionStatus.PENDING]


async def test_what_an_attempt_has_not_started_is_withdrawn_but_never_its_closing(store: Store) -> None:
    story = Story(store, a_handoff(attempts=(an_attempt(1), an_attempt(2))))
    reason = EndReason(by="user", why="resolved")
    created = await story.start(
        actions=[
            OpenChat(attempt=1),
            SendMessage(attempt=1, message_key="m1"),
            SendMessage(attempt=1, message_key="m2"),
            UpdateDetails(attempt=1),
            CloseChat(attempt=1, reason=reason),
            SendMessage(attempt=2, message_key="m1"),
            SAY,
            Decide(),
        ],
    )
    await store.start_action(created.actions[1])

    await story.note(CancelActions(attempt=1), actions=[SendMessage(attempt=1, message_key="m3")])

    statuses = " ".join(row.status for row in await store.actions("h1"))
    assert statuses == "withdrawn started withdrawn withdrawn pending pending pending pending pending"
    assert not await store.start_action(created.actions[0])


async def test_words_are_stored_with_the_action_and_in_the_ledger(store: Store) -> None:
    created = await Story(store).start(actions=[SAY])

    await store.store_words(created.actions[0], WORDS)

    (row,) = await store.open_actions()
    assert row.rendered == WORDS
    entry = await store.entry("h1", Direction.TO_USER, SAY.key)
    assert entry is not None
    assert (entry.author, entry.fate, entry.message.body) == ("system", Fate.PLANNED, "One moment…")
    assert entry.message.choices == (Choice(label="Yes", value="Yes"), Choice(label="No", value="No"))


async def test_the_first_words_stand(store: Store) -> None:
    created = await Story(store).start(actions=[SAY])

    await store.store_words(created.actions[0], WORDS)
    await store.store_words(created.actions[0], WORDS.model_copy(update={"text": "Something else"}))

    (row,) = await store.open_actions()
    assert row.rendered == WORDS
    assert [entry.message.body for entry in await store.entries("h1")] == ["One moment…"]


async def test_silence_is_stored_without_an_entry(store: Store) -> None:
    created = await Story(store).start(actions=[SAY])
    silence = WORDS.model_copy(update={"text": ""})

    await store.store_words(created.actions[0], silence)

    (row,) = await store.open_actions()
    assert row.rendered == silence
    assert await store.entries("h1") == []


async def test_timers_are_due_oldest_first(store: Store) -> None:
    await Story(store).start(
        SetTimer(name="b", due_at=later(20)),
        SetTimer(name="a", due_at=later(10)),
        SetTimer(name="c", due_at=later(30)),
    )

    assert await store.next_timer() == later(10)
    assert await store.due_timers(later(9.999)) == []
    assert await store.due_timers(later(20)) == [
        TimerRow("h1", "a", later(10)),
        TimerRow("h1", "b", later(20)),
    ]
    assert await store.due_timers(later(100), limit=1) == [TimerRow("h1", "a", later(10))]


async def test_a_timer_is_replaced_by_its_namesake_and_forgotten_when_cancelled(store: Store) -> None:
    story = Story(store)
    await story.start(SetTimer(name="a", due_at=later(10)), SetTimer(name="b", due_at=later(20)))

    await story.note(SetTimer(name="a", due_at=later(40)), CancelTimer(name="b"), CancelTimer(name="unknown"))

    assert await store.due_timers(later(100)) == [TimerRow("h1", "a", later(40))]


async def test_no_timer_no_next(store: Store) -> None:
    assert await store.next_timer() is None
    assert await store.due_timers(later(1e9)) == []


async def test_a_fired_timer_is_gone_and_one_set_by_its_step_stays(store: Store) -> None:
    story = Story(store)
    await story.start(SetTimer(name="a", due_at=later(10)), SetTimer(name="b", due_at=later(10)))
    first, second = await store.due_timers(later(10))

    await story.note(SetTimer(name="a", due_at=later(50)), fired=first)
    await story.note(fired=second, refused="stale")

    assert await store.due_timers(later(100)) == [TimerRow("h1", "a", later(50))]


async def test_a_stale_firing_leaves_the_timer_that_was_set_since(store: Store) -> None:
    story = Story(store)
    await story.start(SetTimer(name="a", due_at=later(10)))
    (stale,) = await store.due_timers(later(10))
    await story.note(SetTimer(name="a", due_at=later(60)))

    with pytest.raises(TimerGone):
        await story.note(fired=stale, refused="stale")

    assert await store.next_timer() == later(60)


async def test_a_started_ticket_is_kept_as_it_was_asked_for(backend: Backend, store: Store) -> None:
    created = await Story(store).start(actions=[CreateTicket(key="h1.ticket", moment=TicketMoment.MISSED)])
    (row,) = created.actions
    draft = TicketDraft(key="h1.ticket", subject="Missed", body="…" * 100_000, first_tried_at=NOW)
    noted = CreateTicket(key="h1.ticket", moment=TicketMoment.MISSED, draft=draft)

    assert await store.start_action(row, noted)
    store = await backend.reopen(store)

    (kept,) = await store.open_actions()
    assert (kept.status, kept.action) == (ActionStatus.STARTED, noted)


async def test_a_finished_ticket_is_not_overwritten_by_a_late_start(store: Store) -> None:
    story = Story(store)
    created = await story.start(actions=[CreateTicket(key="h1.ticket")])
    (row,) = created.actions
    await story.note(completes=completion(row, ActionStatus.DONE))

    assert not await store.start_action(row, CreateTicket(key="h1.ticket", in_doubt=True))

    assert [one.action for one in await store.actions("h1")] == [CreateTicket(key="h1.ticket")]
