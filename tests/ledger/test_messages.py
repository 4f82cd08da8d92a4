from __future__ import annotations

import pytest

from livechat_sdk.domain.messages import Attachment, Choice, Direction, Fate, LedgerEntry, Message
from livechat_sdk.ledger.fates import RETURNED_TO_BOT
from livechat_sdk.ledger.store import ActionStatus, DuplicateMessage, Store
from livechat_sdk.lifecycle.effects import (
    DeliverMessage,
    RecordMessage,
    ReturnToBot,
    SendMessage,
    SetFate,
    UpdateDetails,
)
from tests.ledger.builders import NOW, Story, completion, from_agent, from_user, later

TO_PROVIDER = Direction.TO_PROVIDER
TO_USER = Direction.TO_USER


def fate_of_user_message(
    key: str, fate: Fate, *, detail: str | None = None, vendor_id: str | None = None
) -> SetFate:
    return SetFate(message_key=key, direction=TO_PROVIDER, fate=fate, detail=detail, vendor_id=vendor_id)


async def test_messages_of_both_directions_share_one_order(store: Store) -> None:
    story = Story(store)
    await story.start()
    await story.step(from_user("u1"))
    await story.step(from_agent("a1"), from_agent("a2"))
    await story.step(from_user("u2"))

    assert [(e.seq, e.message.key, e.direction, e.author) for e in await store.entries("h1")] == [
        (1, "u1", TO_PROVIDER, "user"),
        (2, "a1", TO_USER, "agent"),
        (3, "a2", TO_USER, "agent"),
        (4, "u2", TO_PROVIDER, "user"),
    ]
    assert [e.seq for e in await store.entries("h1", after=1, limit=2)] == [2, 3]


async def test_an_entry_keeps_everything(store: Store) -> None:
    message = Message(
        key="m1",
        body="Καλημέρα \U0001f600\n\x00",
        attachments=(Attachment(url="https://files.example/1", name="a.png", size=3),),
        choices=(Choice(label="Ja", value="yes"),),
        sent_at=NOW,
        metadata={"a": [1, None, {"b": 2.5}]},
    )
    story = Story(store, at=later(3))
    await story.start()
    await story.note(
        RecordMessage(
            message=message,
            direction=TO_USER,
            author="agent",
            fate=Fate.PLANNED,
            attempt=2,
            vendor_id="v1",
            detail="why",
            agent_name="Nikos",
        ),
    )

    entry = await store.entry("h1", TO_USER, "m1")

    assert entry == LedgerEntry(
        handoff_id="h1",
        seq=1,
        direction=TO_USER,
        author="agent",
        message=message,
        fate=Fate.PLANNED,
        detail="why",
        attempt=2,
        vendor_id="v1",
        created_at=later(3),
        updated_at=later(3),
    )
    assert await store.entries("h1") == [entry]


async def test_the_same_key_in_the_same_direction_is_the_same_message(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("m1", "first"))
    first = await store.entry("h1", TO_PROVIDER, "m1")

    with pytest.raises(DuplicateMessage) as caught:
        await story.step(from_user("m2"), from_user("m1", "second"), held=("m2", "m1"))

    assert caught.value.entry == first
    assert await store.entries("h1") == [first]
    loaded = await store.load("h1")
    assert loaded is not None
    assert loaded.version == 1


async def test_the_same_key_in_the_other_direction_is_another_message(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("m1"), from_agent("m1"))

    assert [entry.direction for entry in await store.entries("h1")] == [TO_PROVIDER, TO_USER]
    assert await store.entry("h1", TO_USER, "m2") is None


async def test_a_fate_is_recorded_with_detail_vendor_id_and_time(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("m1", detail="answer to the survey"))
    story.at = later(9)

    await story.note(fate_of_user_message("m1", Fate.SENT, vendor_id="v1"))

    entry = await store.entry("h1", TO_PROVIDER, "m1")
    assert entry is not None
    assert (entry.fate, entry.detail, entry.vendor_id) == (Fate.SENT, None, "v1")
    assert (entry.created_at, entry.updated_at) == (NOW, later(9))


async def test_a_receipt_that_comes_before_the_answer_stands_and_the_answer_adds_the_vendor_id(
    store: Store,
) -> None:
    story = Story(store)
    await story.start(from_user("m1"))

    await story.note(fate_of_user_message("m1", Fate.SEEN, detail="by Nikos"))
    await story.note(fate_of_user_message("m1", Fate.SENT, vendor_id="v1", detail="late"))

    entry = await store.entry("h1", TO_PROVIDER, "m1")
    assert entry is not None
    assert (entry.fate, entry.detail, entry.vendor_id) == (Fate.SEEN, "by Nikos", "v1")


async def test_a_receipt_without_a_vendor_id_keeps_the_one_that_is_known(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("m1"))

    await story.note(fate_of_user_message("m1", Fate.SENT, vendor_id="v1"))
    await story.note(fate_of_user_message("m1", Fate.ACKNOWLEDGED))

    entry = await store.entry("h1", TO_PROVIDER, "m1")
    assert entry is not None
    assert (entry.fate, entry.vendor_id) == (Fate.ACKNOWLEDGED, "v1")


async def test_a_fate_that_is_told_twice_keeps_its_reason(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("m1"), from_user("m2"))
    await story.note(fate_of_user_message("m1", Fate.SENT, detail="by e-mail"))
    await story.end(ReturnToBot(message_keys=("m2",)))

    await story.note(
        fate_of_user_message("m1", Fate.SENT), fate_of_user_message("m2", Fate.DROPPED, detail="x")
    )

    assert await story.fates() == {"m1": (Fate.SENT, "by e-mail"), "m2": (Fate.DROPPED, RETURNED_TO_BOT)}
    await story.note(fate_of_user_message("m1", Fate.SENT, detail="by pigeon"))
    assert (await story.fates())["m1"] == (Fate.SENT, "by pigeon")


async def test_a_fate_of_an_unknown_message_is_ignored(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("m1"))

    await story.note(
        fate_of_user_message("nobody", Fate.SENT),
        SetFate(message_key="m1", direction=TO_USER, fate=Fate.SEEN),
    )

    assert await story.fates() == {"m1": (Fate.HELD, None)}


async def test_messages_without_a_started_send_go_back_to_the_bot(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("held"), from_user("planned", fate=Fate.PLANNED))
    applied = await story.step(actions=[SendMessage(attempt=1, message_key="planned")])

    await story.end(ReturnToBot(message_keys=("planned", "held")))

    assert await story.fates() == {
        "held": (Fate.DROPPED, RETURNED_TO_BOT),
        "planned": (Fate.DROPPED, RETURNED_TO_BOT),
    }
    assert [entry.message.key for entry in await store.returned_to_bot("h1")] == ["held", "planned"]
    assert [row.status for row in await store.actions("h1")] == [ActionStatus.WITHDRAWN]
    assert not await store.start_action(applied.actions[0])


async def test_a_send_that_has_started_keeps_its_own_result(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("m1", fate=Fate.PLANNED))
    applied = await story.step(actions=[SendMessage(attempt=1, message_key="m1")])
    assert await store.start_action(applied.actions[0])

    await story.end(ReturnToBot(message_keys=("m1",)))

    assert await story.fates() == {"m1": (Fate.PLANNED, None)}
    assert await store.returned_to_bot("h1") == []
    await story.note(
        fate_of_user_message("m1", Fate.SENT), completes=completion(applied.actions[0], ActionStatus.DONE)
    )
    assert await story.fates() == {"m1": (Fate.SENT, None)}


async def test_what_has_a_fate_already_does_not_go_back_to_the_bot(store: Store) -> None:
    fates = [Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN, Fate.DOUBTFUL, Fate.REFUSED]
    story = Story(store)
    await story.start(*(from_user(fate, fate=fate) for fate in fates), from_agent("held", fate=Fate.HELD))

    await story.end(ReturnToBot(message_keys=(*fates, "held", "unknown")))

    expected = {fate.value: (fate, None) for fate in fates}
    assert await story.fates() == {**expected, "held": (Fate.HELD, None)}
    assert await store.returned_to_bot("h1") == []


async def test_details_are_withdrawn_only_when_all_their_answers_go_back(store: Store) -> None:
    story = Story(store)
    await story.start(*(from_user(key, fate=Fate.PLANNED) for key in ("a", "b", "c")))
    applied = await story.step(
        actions=[
            UpdateDetails(attempt=1, message_keys=("a",)),
            UpdateDetails(attempt=1, message_keys=("b", "other")),
            UpdateDetails(attempt=1),
            UpdateDetails(attempt=1, message_keys=("c",)),
        ],
    )
    await store.start_action(applied.actions[3])

    await story.end(ReturnToBot(message_keys=("a", "b", "c")))

    assert [row.status for row in await store.actions("h1")] == [
        ActionStatus.WITHDRAWN,
        ActionStatus.PENDING,
        ActionStatus.PENDING,
        ActionStatus.STARTED,
    ]
    assert await story.fates() == {
        "a": (Fate.DROPPED, RETURNED_TO_BOT),
        "b": (Fate.DROPPED, RETURNED_TO_BOT),
        "c": (Fate.PLANNED, None),
    }


async def test_only_a_send_that_had_started_revives_a_refused_message(store: Store) -> None:
    story = Story(store)
    await story.start(from_user("m1", fate=Fate.PLANNED), from_user("m2", fate=Fate.DROPPED))
    applied = await story.step(actions=[SendMessage(attempt=1, message_key="m1")])
    await store.start_action(applied.actions[0])
    await story.note(
        fate_of_user_message("m1", Fate.REFUSED, detail="no"),
        completes=completion(applied.actions[0], ActionStatus.FAILED, "no"),
    )

    await story.note(fate_of_user_message("m1", Fate.ACKNOWLEDGED), fate_of_user_message("m2", Fate.SEEN))

    assert await story.fates() == {"m1": (Fate.ACKNOWLEDGED, None), "m2": (Fate.DROPPED, None)}


async def test_a_message_that_was_never_delivered_cannot_be_read(store: Store) -> None:
    story = Story(store)
    await story.start(from_agent("late", fate=Fate.DROPPED, detail="arrived after the end"))

    await story.note(SetFate(message_key="late", direction=TO_USER, fate=Fate.SEEN))

    assert await story.fates() == {"late": (Fate.DROPPED, "arrived after the end")}


async def test_a_delivery_that_was_refused_and_then_read_is_seen(store: Store) -> None:
    story = Story(store)
    await story.start(from_agent("a1"))
    applied = await story.step(actions=[DeliverMessage(message_key="a1", owner_number=1)])
    await story.note(
        SetFate(message_key="a1", direction=TO_USER, fate=Fate.REFUSED, detail="timeout"),
        completes=completion(applied.actions[0], ActionStatus.FAILED, "timeout"),
    )

    await story.note(SetFate(message_key="a1", direction=TO_USER, fate=Fate.SEEN))

    assert await story.fates() == {"a1": (Fate.SEEN, None)}
