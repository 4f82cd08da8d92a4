from __future__ import annotations

from pydantic import SecretStr

from livechat_sdk.domain.chats import Chat
from livechat_sdk.ledger.store import Store
from livechat_sdk.lifecycle.effects import EraseSecrets, OpenChat, PatchChat, SaveChat
from tests.ledger.builders import Story, a_handoff, an_attempt, later
from tests.ledger.conftest import Backend


def a_chat(
    attempt: int = 1, *, handoff_id: str = "h1", vendor_ref: str | None = "v1", **changes: object
) -> Chat:
    values: dict[str, object] = {
        "integration": "desk",
        "handoff_id": handoff_id,
        "attempt": attempt,
        "ref": f"{handoff_id}.{attempt}",
        "vendor_ref": vendor_ref,
        "state": {"cursor": 7, "nested": {"ä": [1, 2]}},
        "state_version": 3,
        **changes,
    }
    return Chat.model_validate(values)


async def opening(store: Store, handoff_id: str = "h1", *, integration: str = "desk") -> Story:
    """A handoff whose chat is being opened."""
    attempt = an_attempt(handoff_id=handoff_id, integration=integration)
    story = Story(store, a_handoff(handoff_id, conversation_id=f"c-{handoff_id}"))
    await story.start()
    await story.step(attempts=(attempt,), actions=[OpenChat(attempt=1)])
    return story


async def test_our_reference_matches_before_the_vendor_has_answered(store: Store) -> None:
    await opening(store)

    assert await store.match("desk", ["unknown", "h1.1"]) == ("h1", 1)
    assert await store.chat("h1", 1) is None
    assert await store.match("zendesk", ["h1.1"]) is None
    assert await store.match("desk", []) is None


async def test_a_confirmed_chat_is_there_with_all_it_carries(backend: Backend, store: Store) -> None:
    story = await opening(store)
    chat = a_chat(secrets={"token": SecretStr("s3cret"), "cookie": SecretStr("ü")})

    await story.note(SaveChat(chat=chat))

    assert await store.chat("h1", 1) == chat
    store = await backend.reopen(store)
    assert await store.chat("h1", 1) == chat
    assert await store.chat("h1", 2) is None
    assert await store.match("desk", ["v1"]) == ("h1", 1)


async def test_a_saved_chat_replaces_the_one_before(store: Store) -> None:
    story = await opening(store)
    await story.note(SaveChat(chat=a_chat(secrets={"token": SecretStr("old")})))
    newer = a_chat(vendor_ref="v2", state={"cursor": 8}, secrets={"token": SecretStr("new")})

    await story.note(SaveChat(chat=newer))

    assert await store.chat("h1", 1) == newer
    assert await store.match("desk", ["v1"]) is None
    assert await store.match("desk", ["v2"]) == ("h1", 1)


async def test_a_patch_changes_named_keys_of_the_state_as_it_is_then(store: Store) -> None:
    story = await opening(store)
    read_before_the_call = a_chat(secrets={"token": SecretStr("s3cret")})
    await story.note(SaveChat(chat=read_before_the_call))
    await story.note(PatchChat(attempt=1, patch={"cursor": 8}))  # a poll, while a send is under way

    await story.note(PatchChat(attempt=1, patch={"sequence": 1, "nested": None}))

    state = {"cursor": 8, "nested": None, "sequence": 1}
    assert await store.chat("h1", 1) == read_before_the_call.model_copy(update={"state": state})


async def test_a_patch_of_a_chat_that_is_not_known_changes_nothing(store: Store) -> None:
    story = await opening(store)
    await story.note(SaveChat(chat=a_chat(attempt=2)))

    await story.note(PatchChat(attempt=1, patch={"cursor": 8}), PatchChat(attempt=3, patch={"cursor": 8}))

    assert await store.chat("h1", 1) is None
    assert await store.chat("h1", 2) == a_chat(attempt=2)
    assert await store.chat("h1", 3) is None


async def test_a_patch_brings_no_erased_secret_back(store: Store) -> None:
    story = await opening(store)
    await story.note(SaveChat(chat=a_chat(secrets={"token": SecretStr("s3cret")})))
    await story.note(EraseSecrets())

    await story.note(PatchChat(attempt=1, patch={"cursor": 8}))

    chat = await store.chat("h1", 1)
    assert chat is not None
    assert (chat.state["cursor"], chat.secrets) == (8, {})


async def test_a_chat_may_be_saved_that_nobody_asked_for(store: Store) -> None:
    story = Story(store)
    await story.start()

    await story.note(SaveChat(chat=a_chat(attempt=4)))

    assert await store.match("desk", ["h1.4"]) == ("h1", 4)


async def test_one_vendor_conversation_serves_its_newest_handoff(store: Store) -> None:
    for handoff_id in ("h1", "h2", "h3"):
        story = await opening(store, handoff_id)
        await story.note(SaveChat(chat=a_chat(handoff_id=handoff_id, vendor_ref="v1")))
        if handoff_id != "h3":
            await story.end()

    assert await store.match("desk", ["v1"]) == ("h3", 1)


async def test_our_own_reference_counts_more_than_the_vendors(store: Store) -> None:
    await (await opening(store, "h1")).note(SaveChat(chat=a_chat(handoff_id="h1", vendor_ref="v1")))
    await (await opening(store, "h2")).note(SaveChat(chat=a_chat(handoff_id="h2", vendor_ref="v1")))

    assert await store.match("desk", ["v1", "h1.1"]) == ("h1", 1)


async def test_an_ended_handoff_still_takes_late_events(store: Store) -> None:
    story = await opening(store)
    await story.end()

    assert await store.match("desk", ["h1.1"]) == ("h1", 1)


async def test_the_same_reference_of_another_integration_is_another_chat(store: Store) -> None:
    story = await opening(store, "h1", integration="zendesk")
    await story.note(SaveChat(chat=a_chat(integration="zendesk")))

    assert await store.match("zendesk", ["v1"]) == ("h1", 1)
    assert await store.match("desk", ["v1"]) is None


async def test_a_chat_is_over_when_its_attempt_is_given_up_or_closed_or_the_handoff_ends(
    store: Store,
) -> None:
    story = Story(store, a_handoff(attempts=tuple(an_attempt(number) for number in (1, 2, 3, 4))))
    await story.start(actions=[OpenChat(attempt=number) for number in (1, 2, 3, 4)])

    async def over() -> list[object]:
        rows = await store.fetch("SELECT closed_at FROM chats ORDER BY attempt")
        return [row["closed_at"] for row in rows]

    assert await over() == [None] * 4
    first, second, third, fourth = story.handoff.attempts
    abandoned = first.model_copy(update={"abandoned": True})
    closed = second.model_copy(update={"closed": True})
    story.at = later(1)
    await story.step(attempts=(abandoned, closed, third, fourth))
    story.at = later(2)
    await story.step(held=("m1",))
    moment = "2026-03-02T09:00:01.000000Z"
    assert await over() == [moment, moment, None, None]

    story.at = later(3)
    await story.end()
    story.at = later(4)
    await story.note()
    end = "2026-03-02T09:00:03.000000Z"
    assert await over() == [moment, moment, end, end]


async def test_secrets_of_every_attempt_are_erased_and_the_chats_stay(store: Store) -> None:
    story = Story(store, a_handoff(attempts=(an_attempt(1), an_attempt(2))))
    await story.start(actions=[OpenChat(attempt=1), OpenChat(attempt=2)])
    chats = [a_chat(number, vendor_ref=f"v{number}", secrets={"t": SecretStr("x")}) for number in (1, 2)]
    await story.note(*(SaveChat(chat=chat) for chat in chats))
    other = await opening(store, "h2")
    await other.note(SaveChat(chat=a_chat(handoff_id="h2", secrets={"t": SecretStr("y")})))

    await story.note(EraseSecrets())

    for number, chat in enumerate(chats, start=1):
        assert await store.chat("h1", number) == chat.model_copy(update={"secrets": {}})
    kept = await store.chat("h2", 1)
    assert kept is not None
    assert kept.secrets["t"].get_secret_value() == "y"
