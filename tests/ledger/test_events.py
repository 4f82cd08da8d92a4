from __future__ import annotations

import pytest

from livechat_sdk.domain.chats import (
    AgentLeft,
    ChatAccepted,
    ChatEnded,
    ChatRejected,
    ChatTransferred,
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    ProviderEvent,
    QueueUpdated,
    StreamGap,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.handoff import QueueStatus
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import Agent
from livechat_sdk.ledger.store import DuplicateEvent, Store
from livechat_sdk.ledger.waiting import has_waiting_events
from livechat_sdk.provider.embedded import Statement
from tests.ledger.builders import NOW, Story, an_event, later
from tests.ledger.conftest import Backend


def envelope(event_id: str) -> dict[str, object]:
    return {"id": event_id, "integration": "desk", "refs": ("h1.1", "v1"), "received_at": NOW}


EVERY_EVENT: list[ProviderEvent] = [
    ChatAccepted.model_validate({**envelope("1"), "vendor_at": NOW, "raw": {"a": [1]}}),
    ChatRejected.model_validate({**envelope("2"), "reason": "closed"}),
    QueueUpdated.model_validate({**envelope("3"), "queue": QueueStatus(position=2)}),
    an_event("4"),
    AgentLeft.model_validate({**envelope("5"), "agent": Agent(id="a")}),
    ChatTransferred.model_validate({**envelope("6"), "to": "billing"}),
    MessageReceived.model_validate({**envelope("7"), "message": Message(key="m", body="ναι")}),
    TypingChanged.model_validate({**envelope("8"), "on": True}),
    MessageDelivered.model_validate({**envelope("9"), "message_key": "m"}),
    MessageRead.model_validate({**envelope("10"), "message_key": "m"}),
    MessageFailed.model_validate({**envelope("11"), "message_key": "m", "reason": "no"}),
    ChatEnded.model_validate({**envelope("12"), "by": "agent", "why": "resolved"}),
    StreamGap.model_validate({**envelope("13"), "since": NOW}),
    UnknownEvent.model_validate({**envelope("14"), "name": "odd"}),
]


async def ids(store: Store) -> list[str]:
    return [waiting.event.id for waiting in await store.inbox()]


async def test_every_kind_of_event_waits_in_the_inbox_in_order(backend: Backend, store: Store) -> None:
    await store.commit([], EVERY_EVENT)

    store = await backend.reopen(store)

    waiting = await store.inbox()
    assert [each.event for each in waiting] == EVERY_EVENT
    assert {each.received_at for each in waiting} == {NOW}
    assert [each.id for each in waiting] == sorted(each.id for each in waiting)
    assert [each.event for each in await store.inbox(limit=2)] == EVERY_EVENT[:2]


async def test_an_event_waits_once_however_often_it_is_committed(store: Store) -> None:
    await store.commit([], [an_event("e1"), an_event("e1")])
    await store.commit([], [an_event("e1"), an_event("e2"), an_event("e1", integration="other")])

    waiting = [(each.event.id, each.event.integration) for each in await store.inbox()]
    assert waiting == [("e1", "desk"), ("e2", "desk"), ("e1", "other")]


async def test_a_step_takes_its_event_out_of_the_inbox(store: Store) -> None:
    story = Story(store)
    await story.start()
    await store.commit([], [an_event("e1"), an_event("e2")])
    first = (await store.inbox())[0]

    await story.note(event=first.event, inbox_id=first.id)

    assert await ids(store) == ["e2"]


async def test_a_step_without_an_event_of_its_own_can_be_done_with_an_inbox_row(store: Store) -> None:
    story = Story(store)
    await story.start()
    await store.commit([], [an_event("e1"), an_event("e2")])

    await story.note(inbox_id=(await store.inbox())[0].id, refused="for another attempt")

    assert await ids(store) == ["e2"]


async def test_an_event_that_was_applied_does_not_come_in_again(store: Store) -> None:
    story = Story(store)
    await story.start()
    await story.note(event=an_event("e1"))

    await store.commit([], [an_event("e1"), an_event("e2")])

    assert await ids(store) == ["e2"]
    assert not await store.keep_unmatched(an_event("e1"), NOW)


async def test_a_step_that_fails_leaves_its_event_in_the_inbox(store: Store) -> None:
    story = Story(store)
    await story.start()
    await story.note(event=an_event("e0"))
    await store.commit([], [an_event("e1")])
    (waiting,) = await store.inbox()

    with pytest.raises(DuplicateEvent):
        await story.note(event=an_event("e0"), inbox_id=waiting.id)

    assert await ids(store) == ["e1"]


async def test_an_event_that_nobody_will_take_is_forgotten(store: Store) -> None:
    await store.commit([], [an_event("e1"), an_event("e2")])
    first = (await store.inbox())[0]

    await store.forget_inbox(first.id)
    await store.forget_inbox(first.id)

    assert await ids(store) == ["e2"]


async def test_rows_and_events_of_an_embedded_provider_commit_together(store: Store) -> None:
    await store.create_tables("desk", 1, ["CREATE TABLE desk_rows (id TEXT PRIMARY KEY)"])
    insert = Statement("INSERT INTO desk_rows (id) VALUES (:id)", {"id": "1"})
    missing = Statement("DELETE FROM desk_rows WHERE id = :id", {"id": "2"}, expect=1)

    with pytest.raises(Exception, match="changed 0 rows"):
        await store.commit([insert, missing], [an_event("e1")])
    assert await ids(store) == []
    assert await store.fetch("SELECT id FROM desk_rows") == []

    await store.commit([insert], [an_event("e1")])
    assert await ids(store) == ["e1"]
    assert await store.fetch("SELECT id FROM desk_rows") == [{"id": "1"}]


async def test_unmatched_events_are_found_by_any_of_their_refs_in_order(
    backend: Backend, store: Store
) -> None:
    assert await store.keep_unmatched(an_event("e1", refs=["x", "v1", "x"]), later(1))
    assert await store.keep_unmatched(an_event("e2", refs=["y"]), later(2))
    assert await store.keep_unmatched(an_event("e3", refs=["v1", "y"]), later(3))
    assert await store.keep_unmatched(an_event("e4", refs=["v1"], integration="other"), later(4))

    store = await backend.reopen(store)

    async def found(*refs: str) -> list[str]:
        return [kept.event.id for kept in await store.unmatched("desk", refs)]

    assert await found("v1") == ["e1", "e3"]
    assert await found("y", "x") == ["e1", "e2", "e3"]
    assert await found("z") == []
    assert await found() == []
    assert await ids(store) == []
    assert (await store.unmatched("desk", ["y"]))[0].received_at == later(2)


async def test_an_unmatched_event_is_kept_once(store: Store) -> None:
    assert await store.keep_unmatched(an_event("e1"), NOW)
    assert not await store.keep_unmatched(an_event("e1"), later(5))

    assert len(await store.unmatched("desk", ["h1.1"])) == 1


async def test_a_kept_event_does_not_come_into_the_inbox_as_well(store: Store) -> None:
    await store.keep_unmatched(an_event("e1"), NOW)

    await store.commit([], [an_event("e1")])

    assert await ids(store) == []


async def test_applying_a_kept_event_forgets_it(store: Store) -> None:
    story = Story(store)
    await story.start()
    await store.keep_unmatched(an_event("e1"), NOW)
    await store.keep_unmatched(an_event("e2"), NOW)

    await story.note(event=an_event("e1"))

    assert [kept.event.id for kept in await store.unmatched("desk", ["h1.1"])] == ["e2"]


async def test_an_event_of_the_inbox_that_matches_nothing_can_be_kept_then_forgotten(store: Store) -> None:
    await store.commit([], [an_event("e1")])
    (waiting,) = await store.inbox()

    assert await store.keep_unmatched(waiting.event, NOW)
    await store.forget_inbox(waiting.id)

    assert await ids(store) == []
    (kept,) = await store.unmatched("desk", ["h1.1"])
    assert kept.event == waiting.event
    await store.forget_inbox(kept.id)
    assert await store.unmatched("desk", ["h1.1"]) == []


async def test_what_nobody_claimed_in_time_is_dropped_and_counted_by_integration(store: Store) -> None:
    await store.keep_unmatched(an_event("e1"), NOW)
    await store.keep_unmatched(an_event("e2"), later(1))
    await store.keep_unmatched(an_event("e3", integration="other"), later(2))
    await store.keep_unmatched(an_event("e4"), later(10))
    assert await store.forget_unmatched(later(5)) == {"desk": 2, "other": 1}
    assert [kept.event.id for kept in await store.unmatched("desk", ["h1.1"])] == ["e4"]
    assert await store.forget_unmatched(later(5)) == {}


async def test_an_event_that_waits_in_the_inbox_is_never_dropped_as_unmatched(store: Store) -> None:
    await store.commit([], [an_event("e1")])
    assert await store.forget_unmatched(later(1_000_000)) == {}
    assert [waiting.event.id for waiting in await store.inbox()] == ["e1"]


async def test_whether_events_of_a_chat_wait_is_known_by_any_of_their_refs(store: Store) -> None:
    await store.commit([], [an_event("e1", refs=["x", "y"]), an_event("e2", refs=["z"], integration="other")])
    await store.keep_unmatched(an_event("e3", refs=["kept"]), NOW)

    async def waits(*refs: str) -> bool:
        return await has_waiting_events(store, "default", "desk", refs)

    assert await waits("y", "nothing")
    assert not await waits("z"), "another integration's"
    assert not await waits("kept"), "it matched nothing: nobody will take it soon"
    assert not await has_waiting_events(store, "elsewhere", "desk", ["x"])
    (waiting, _) = await store.inbox()
    await store.forget_inbox(waiting.id)
    assert not await waits("x", "y")
