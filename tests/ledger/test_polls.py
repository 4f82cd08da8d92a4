"""What a poll brought: cursor, credentials and events commit together, never over what others wrote."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.ledger.shards import ALL_SHARDS, SHARDS, shard_of
from livechat_sdk.ledger.store import ChatPlace, Store
from livechat_sdk.lifecycle.effects import EraseSecrets, OpenChat, SaveChat
from tests.ledger.builders import Story, a_handoff, an_attempt, an_event


def a_chat(cursor: int = 0, **state: Any) -> Chat:
    return Chat(
        integration="desk",
        handoff_id="h1",
        ref="h1.1",
        vendor_ref="v1",
        state={"cursor": cursor, **state},
        secrets={"cookie": SecretStr("crumb-1")},
    )


async def an_open_chat(store: Store, chat: Chat | None = None) -> Story:
    story = Story(store, a_handoff(attempts=(an_attempt(opened=True),)))
    await story.start(actions=[OpenChat(attempt=1)])
    await story.note(SaveChat(chat=chat or a_chat()))
    return story


async def stored(store: Store) -> Chat:
    chat = await store.chat("h1", 1)
    assert chat is not None
    return chat


async def test_cursor_and_events_of_a_poll_are_stored_together(store: Store) -> None:
    await an_open_chat(store)
    before = await stored(store)

    assert await store.save_poll(before, a_chat(cursor=2), [an_event("e1"), an_event("e2")])

    assert (await stored(store)).state == {"cursor": 2}
    assert [waiting.event.id for waiting in await store.inbox()] == ["e1", "e2"]


async def test_an_event_that_was_polled_twice_waits_once(store: Store) -> None:
    await an_open_chat(store)
    before = await stored(store)
    await store.save_poll(before, a_chat(cursor=2), [an_event("e1")])

    assert await store.save_poll(await stored(store), a_chat(cursor=3), [an_event("e1"), an_event("e2")])

    assert [waiting.event.id for waiting in await store.inbox()] == ["e1", "e2"]


async def test_what_another_poll_has_moved_stays_and_nothing_else_is_written(store: Store) -> None:
    await an_open_chat(store)
    before = await stored(store)
    await store.save_poll(before, a_chat(cursor=5), [])

    assert not await store.save_poll(before, a_chat(cursor=2), [an_event("e1")])

    assert (await stored(store)).state == {"cursor": 5}
    assert await store.inbox() == []


async def test_keys_that_the_poll_did_not_touch_keep_what_others_wrote(store: Store) -> None:
    story = await an_open_chat(store, a_chat(cursor=1, gone="x"))
    before = await stored(store)
    await story.note(SaveChat(chat=a_chat(cursor=1, gone="x", draft="kept")))

    assert await store.save_poll(before, a_chat(cursor=2), [])

    assert (await stored(store)).state == {"cursor": 2, "draft": "kept"}


async def test_new_credentials_of_a_poll_are_sealed_and_found_again(store: Store) -> None:
    await an_open_chat(store)
    after = a_chat().model_copy(update={"secrets": {"cookie": SecretStr("crumb-2")}})

    assert await store.save_poll(await stored(store), after, [])

    assert (await stored(store)).secrets["cookie"].get_secret_value() == "crumb-2"


async def test_a_poll_does_not_bring_back_credentials_that_were_erased(store: Store) -> None:
    story = await an_open_chat(store)
    before = await stored(store)
    await story.note(EraseSecrets())
    after = a_chat(cursor=2).model_copy(update={"secrets": {"cookie": SecretStr("crumb-2")}})

    assert await store.save_poll(before, after, [])

    assert (await stored(store)).secrets == {}
    assert (await stored(store)).state == {"cursor": 2}


async def test_a_poll_of_a_chat_that_is_not_there_writes_nothing(store: Store) -> None:
    await Story(store).start()

    assert not await store.save_poll(a_chat(), a_chat(cursor=1), [an_event("e1")])

    assert await store.inbox() == []


async def test_open_chats_are_those_that_the_vendor_confirmed_and_nobody_closed(store: Store) -> None:
    story = await an_open_chat(store)
    other = Story(store, a_handoff("h2", conversation_id="c2", attempts=(an_attempt(handoff_id="h2"),)))
    await other.start(actions=[OpenChat(attempt=1)])

    assert list(await store.open_chats(["desk"])) == [ChatPlace("h1", 1, "desk")]
    assert list(await store.open_chats(["other"])) == []
    assert list(await store.open_chats([])) == []

    await story.step(attempts=(an_attempt(opened=True, closed=True),))
    assert list(await store.open_chats(["desk"])) == []


async def test_a_chat_that_was_left_open_at_the_vendor_is_listed_until_it_is_closed(store: Store) -> None:
    story = await an_open_chat(store)
    await story.step(state=HandoffState.ENDED)

    assert list(await store.open_chats(["desk"])) == [ChatPlace("h1", 1, "desk", over=True)]

    await story.step(attempts=(an_attempt(opened=True, closed=True),))
    assert list(await store.open_chats(["desk"])) == []


async def test_open_chats_of_all_workers_are_told_whole_and_without_their_secrets(store: Store) -> None:
    story = await an_open_chat(store)
    other = Story(store, a_handoff("h2", conversation_id="c2", attempts=(an_attempt(handoff_id="h2"),)))
    await other.start(actions=[OpenChat(attempt=1)])  # not answered yet
    opened = await store.chat("h1", 1)
    assert opened is not None

    assert list(await store.chats_open_at("desk")) == [opened.model_copy(update={"secrets": {}})]
    assert list(await store.chats_open_at("other")) == []

    await story.step(state=HandoffState.ENDED)  # here, and left open there
    assert [chat.ref for chat in await store.chats_open_at("desk")] == [opened.ref]
    await story.step(attempts=(an_attempt(opened=True, closed=True),))
    assert list(await store.chats_open_at("desk")) == []


def test_shards_spread_and_never_move() -> None:
    found = {shard_of(f"h-{number}") for number in range(2000)}

    assert found == ALL_SHARDS == set(range(SHARDS))
    assert (shard_of("h-1"), shard_of("h-2"), shard_of("γ")) == (31, 37, 9)
