"""What was given up stays listed until a person has seen to it; how far a split message has come is kept."""

from __future__ import annotations

import pytest

from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.ledger.store import ActionRow, ActionStatus, NotParked, Store
from livechat_sdk.lifecycle.effects import (
    FindContact,
    OpenChat,
    PatchChat,
    SaveChat,
    SendMessage,
    SetFate,
    Unpark,
)
from tests.ledger.builders import Story, a_handoff, an_attempt, completion, from_user, later
from tests.ledger.conftest import Backend
from tests.ledger.test_chats import a_chat

SEND = SendMessage(attempt=1, message_key="m1")


async def sending(store: Store, handoff_id: str = "h1") -> tuple[Story, ActionRow]:
    """A handoff with a chat and a message on its way."""
    handoff = a_handoff(handoff_id, conversation_id=f"c-{handoff_id}")
    story = Story(store, handoff.model_copy(update={"attempts": (an_attempt(handoff_id=handoff_id),)}))
    await story.start(from_user("m1"))
    opened = await story.step(actions=[OpenChat(attempt=1), SEND])
    await story.note(
        SaveChat(chat=a_chat(handoff_id=handoff_id)),
        completes=completion(opened.actions[0], ActionStatus.DONE),
    )
    return story, opened.actions[1]


async def given_up(
    store: Store, handoff_id: str = "h1", status: ActionStatus = ActionStatus.FAILED
) -> tuple[Story, ActionRow]:
    story, row = await sending(store, handoff_id)
    await story.note(completes=completion(row, status, "no"))
    return story, row


async def test_failed_and_doubtful_actions_are_listed_by_handoff_or_all_newest_first(store: Store) -> None:
    await given_up(store, "h1", ActionStatus.FAILED)
    await given_up(store, "h2", ActionStatus.DOUBTFUL)
    await sending(store, "h3")

    assert [(row.handoff_id, row.status) for row in await store.given_up()] == [
        ("h2", ActionStatus.DOUBTFUL),
        ("h1", ActionStatus.FAILED),
    ]
    assert [row.error for row in await store.given_up("h2")] == ["no"]
    assert await store.given_up("h3") == []
    assert [row.handoff_id for row in await store.given_up(limit=1)] == ["h2"]


async def test_what_the_lifecycle_sees_to_itself_is_not_listed(store: Store) -> None:
    story, _ = await sending(store)
    applied = await story.step(actions=[OpenChat(attempt=1), FindContact()])
    for row in applied.actions:
        await story.note(completes=completion(row, ActionStatus.FAILED, "no"))

    assert await store.given_up() == []


async def test_what_a_person_has_seen_to_is_listed_no_more(store: Store) -> None:
    story, row = await given_up(store)

    again = await story.step(Unpark(action_id=row.id, detail="tried again"), actions=[SEND])

    assert await store.given_up() == []
    before, after = [one for one in await store.actions("h1") if one.lane == "provider.1"][-2:]
    assert (before.status, before.error) == (ActionStatus.WITHDRAWN, "tried again")
    assert (after.id, after.status) == (again.actions[0].id, ActionStatus.PENDING)


async def test_only_one_of_two_people_sees_to_it(store: Store) -> None:
    story, row = await given_up(store)
    await story.step(Unpark(action_id=row.id, detail="tried again"))
    version = story.handoff.version

    with pytest.raises(NotParked):
        await story.step(Unpark(action_id=row.id, detail="dropped"), actions=[SEND])

    loaded = await store.load("h1")
    assert loaded is not None
    assert loaded.version == version, "nothing was written"


async def test_what_is_under_way_or_anothers_cannot_be_taken_off_the_list(store: Store) -> None:
    story, row = await sending(store)
    other, _ = await given_up(store, "h2")
    with pytest.raises(NotParked):
        await story.step(Unpark(action_id=row.id, detail="dropped"))
    with pytest.raises(NotParked):
        await other.step(Unpark(action_id=row.id, detail="dropped"))


async def test_refused_message_that_is_sent_anew_is_open_again(store: Store) -> None:
    story, _ = await given_up(store)
    report = SetFate(message_key="m1", direction=Direction.TO_PROVIDER, fate=Fate.REFUSED, detail="no")
    await story.note(report)
    await story.note(report.model_copy(update={"fate": Fate.PLANNED}))
    assert await story.fates() == {"m1": (Fate.REFUSED, "no")}

    await story.note(report.model_copy(update={"fate": Fate.PLANNED, "detail": None, "anew": True}))

    assert await story.fates() == {"m1": (Fate.PLANNED, None)}


async def test_parts_that_have_arrived_are_kept_with_what_they_changed(
    backend: Backend, store: Store
) -> None:
    story, row = await sending(store)
    await store.start_action(row)
    await story.note(PatchChat(attempt=1, patch={"cursor": 8}))

    await store.save_progress(row, SEND.model_copy(update={"parts_sent": ("m1",)}), {"sequence": 1})

    store = await backend.reopen(store)
    kept = await store.action(row.id)
    assert kept is not None
    assert (kept.action, kept.status) == (
        SEND.model_copy(update={"parts_sent": ("m1",)}),
        ActionStatus.STARTED,
    )
    chat = await store.chat("h1", 1)
    assert chat is not None
    assert (chat.state["cursor"], chat.state["sequence"]) == (8, 1)
    assert await store.action(999) is None


async def test_start_of_a_call_ends_the_pause_before_it(store: Store) -> None:
    story, row = await sending(store)
    await store.start_action(row)
    await store.postpone_action(row, not_before=later(5), error="absent so far", started=True)
    waiting = await store.action(row.id)
    assert waiting is not None
    assert (waiting.status, waiting.not_before) == (ActionStatus.STARTED, later(5))

    await store.start_action(row)

    started = await store.action(row.id)
    assert started is not None
    assert (started.status, started.not_before) == (ActionStatus.STARTED, None)
    assert story.handoff.is_live
