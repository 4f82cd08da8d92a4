"""What agents say: to the end user once, in order, and only by whoever handles the conversation."""

from __future__ import annotations

import asyncio

import pytest

from livechat_sdk.domain.chats import MessageRead, MessageReceived
from livechat_sdk_helvia.faults import ConversationOver, Forbidden, InvalidField
from livechat_sdk_helvia.messages import MAX_MESSAGE_TEXT
from providers.helvia.tests.world import World, planned, request_id


async def bodies(world: World) -> list[str]:
    return [event.message.body for event in await world.events() if isinstance(event, MessageReceived)]


async def test_a_message_goes_out_with_the_row_that_shows_it(world: World) -> None:
    conversation = await world.accepted()
    message, is_new = await world.desk.messages.send(world.ada, conversation, "  Good morning  ")
    assert is_new
    assert (message.author, message.text, message.author_name) == ("agent", "Good morning", "Ada Marsh")
    [event] = [event for event in await world.events() if isinstance(event, MessageReceived)]
    assert event.message.body == "Good morning"
    assert event.message.key == message.key
    assert event.author == "agent"
    assert event.refs[0] == conversation.ref


async def test_the_same_key_is_the_same_message_however_often_it_is_sent(world: World) -> None:
    conversation = await world.accepted()
    results = await asyncio.gather(
        *(world.desk.messages.send(world.ada, conversation, "once", key="k1") for _ in range(10))
    )
    assert len({message.id for message, _ in results}) == 1
    assert sum(is_new for _, is_new in results) == 1
    assert await bodies(world) == ["once"]


@pytest.mark.feature("CV-01")
async def test_both_sides_share_one_gapless_order(world: World) -> None:
    chat = await world.chat()
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    await asyncio.gather(
        *(world.desk.messages.send(world.ada, conversation, f"agent {n}") for n in range(10)),
        *(world.provider.send(chat, planned(world.clock, f"u{n}", f"user {n}")) for n in range(10)),
    )
    lines = await world.desk.messages.page(conversation.id)
    assert [line.seq for line in lines] == list(range(1, 22))
    assert [line.text for line in lines if line.author == "agent"] == await bodies(world)
    assert [line.id for line in lines] == sorted(line.id for line in lines)


@pytest.mark.feature("IN-15")
async def test_messages_come_in_pages(world: World) -> None:
    conversation = await world.accepted()
    for number in range(5):
        await world.desk.messages.send(world.ada, conversation, f"m{number}")
    page = await world.desk.messages.page(conversation.id, after=2, take=2)
    assert [message.text for message in page] == ["m1", "m2"]


@pytest.mark.parametrize("text", ["", "   \n\t ", "x" * (MAX_MESSAGE_TEXT + 1), "\x00"])
async def test_an_empty_or_endless_message_is_refused_and_goes_nowhere(world: World, text: str) -> None:
    conversation = await world.accepted()
    with pytest.raises(InvalidField):
        await world.desk.messages.send(world.ada, conversation, text)
    assert await bodies(world) == []


async def test_the_longest_message_is_taken_in_any_script(world: World) -> None:
    conversation = await world.accepted()
    text = "😀" * MAX_MESSAGE_TEXT
    message, _ = await world.desk.messages.send(world.ada, conversation, text)
    assert message.text == text
    assert await bodies(world) == [text]


@pytest.mark.parametrize("key", ["", "k" * 101, "line\nbreak"])
async def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    conversation = await world.accepted()
    with pytest.raises(InvalidField, match="key"):
        await world.desk.messages.send(world.ada, conversation, "hello", key=key)


async def test_nobody_else_speaks_in_a_conversation(world: World) -> None:
    conversation = await world.accepted(by="ada")
    messages = world.desk.messages
    for other in (world.ben, world.ines, world.olga):
        with pytest.raises(Forbidden):
            await messages.send(other, conversation, "hello")
        with pytest.raises(Forbidden):
            await world.desk.reading.read(other, conversation, 1)
        with pytest.raises(Forbidden):
            await world.desk.typing.agent_types(other, conversation, on=True)
    assert await bodies(world) == []


@pytest.mark.feature("CV-23")
async def test_nothing_is_sent_after_the_end(world: World) -> None:
    conversation = await world.accepted()
    await world.desk.messages.send(world.ada, conversation, "before", key="k1")
    await world.desk.conversations.end(world.ada, conversation.id)
    with pytest.raises(ConversationOver):
        await world.desk.messages.send(world.ada, conversation, "after")
    repeated, is_new = await world.desk.messages.send(world.ada, conversation, "before", key="k1")
    assert (repeated.text, is_new) == ("before", False)
    assert await bodies(world) == ["before"]


async def test_ending_while_messages_are_sent_loses_and_doubles_none(world: World) -> None:
    conversation = await world.accepted()
    sends = [
        world.desk.messages.send(world.ada, conversation, f"m{number}", key=f"k{number}")
        for number in range(20)
    ]
    results = await asyncio.gather(
        *sends[:10],
        world.desk.conversations.end(world.ada, conversation.id),
        *sends[10:],
        return_exceptions=True,
    )
    refused = sum(isinstance(result, ConversationOver) for result in results)
    stored = [m.text for m in await world.desk.messages.page(conversation.id) if m.author == "agent"]
    assert len(stored) + refused == 20
    assert stored == await bodies(world)
    assert (await world.desk.messages.page(conversation.id))[-1].text == "Ada Marsh ended the conversation."


async def test_the_line_of_the_inbox_shows_the_last_thing_said(world: World) -> None:
    chat = await world.chat()
    await world.provider.send(chat, planned(world.clock, "k1", "first\n\n  line"))
    assert (await world.desk.conversations.get(int(chat.state["conversation_id"]))).last_text == "first line"
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    await world.desk.messages.send(world.ada, conversation, "x" * 500)
    after = await world.reload(conversation)
    assert (after.last_author, len(after.last_text)) == ("agent", 160)


async def test_receipts_of_messages_with_the_longest_keys_are_told_apart(world: World) -> None:
    conversation = await world.accepted()
    keys = [f"{'k' * 199}{number}" for number in (1, 2)]
    for key in keys:
        await world.desk.messages.take_in(conversation, planned(world.clock, key, "hello"))
    await world.desk.reading.read(world.ada, await world.reload(conversation), 100)
    reads = [event for event in await world.events() if isinstance(event, MessageRead)]
    assert [event.message_key for event in reads] == keys
    assert len({event.id for event in reads}) == 2
