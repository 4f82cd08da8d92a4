"""Live updates between processes: what one publishes the other hears, once, at bounded cost."""

from __future__ import annotations

import pytest

from livechat_sdk.errors import StoreError
from livechat_sdk_helvia.hub import INBOX, RUNS, TypingSign, conversation_topic
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.service import Desk
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import World, make_provider, request_id, start


async def another(world: World) -> Desk:
    """The same desk as another process has it, and both tell what they change."""
    world.desk.news.listen()
    provider: HelviaProvider = await start(
        make_provider(world.clock, accounts=world.provider.settings.accounts), world.database
    )
    provider.desk.news.listen()
    return provider.desk


async def pass_on(teller: Desk, listener: Desk) -> int:
    await teller.news.tell()
    return await listener.news.look()


async def test_what_one_process_changes_wakes_the_streams_of_the_other(world: World) -> None:
    there = await another(world)
    chat = await world.chat()
    with there.hub.subscribe(INBOX) as inbox:
        assert await pass_on(world.desk, there) == 1
        assert "counts" in await inbox.wait(0)
        conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
        with there.hub.subscribe(conversation_topic(conversation.id)) as watched:
            await world.desk.messages.send(world.ada, conversation, "hello")
            assert await pass_on(world.desk, there) == 1
            assert {"status", "messages"} <= await watched.wait(0)
            assert {"counts", "lines"} <= await inbox.wait(0)
            assert await pass_on(world.desk, there) == 0
            assert await watched.wait(0) == frozenset()


async def test_who_types_is_known_in_every_process(world: World) -> None:
    there = await another(world)
    conversation = await world.accepted()
    await world.desk.typing.agent_types(world.ada, conversation, on=True)
    world.desk.typing.user_types(conversation.id, on=True)
    with there.hub.subscribe(conversation_topic(conversation.id)) as watched:
        await pass_on(world.desk, there)
        assert "typing" in await watched.wait(0)
    assert there.typing.agents_typing(conversation.id) == ["Ada Marsh"]
    assert there.typing.is_user_typing(conversation.id)
    world.clock.advance(seconds=7)
    assert there.typing.agents_typing(conversation.id) == []
    assert not there.typing.is_user_typing(conversation.id)


async def test_stopping_in_another_process_than_it_began_in_is_told_to_the_end_user(world: World) -> None:
    there = await another(world)
    conversation = await world.accepted()
    await world.desk.typing.agent_types(world.ada, conversation, on=True)
    await pass_on(world.desk, there)
    await there.typing.agent_types(world.ada, conversation, on=False)
    await pass_on(there, world.desk)
    assert world.desk.typing.agents_typing(conversation.id) == []
    typing = [event.on for event in await world.events() if event.kind == "typing_changed"]
    assert typing == [True, False]


async def test_a_message_sent_in_one_process_ends_the_typing_in_the_other(world: World) -> None:
    there = await another(world)
    conversation = await world.accepted()
    await world.desk.typing.agent_types(world.ada, conversation, on=True)
    await pass_on(world.desk, there)
    await world.desk.messages.send(world.ada, conversation, "here it is")
    await pass_on(world.desk, there)
    assert there.typing.agents_typing(conversation.id) == []


async def test_nobody_hears_what_they_told_themselves(quick_world: World) -> None:
    there = await another(quick_world)
    await quick_world.chat()
    await quick_world.desk.news.tell()
    with quick_world.desk.hub.subscribe(INBOX) as inbox:
        assert await quick_world.desk.news.look() == 0
        assert await there.news.look() == 1
        assert await inbox.wait(0) == frozenset()
    assert not await there.news.tell(), "what was heard is not told again"


async def test_however_much_changes_it_is_one_row_and_few_are_kept(
    quick_world: World, memory: MemoryDatabase
) -> None:
    there = await another(quick_world)
    for _ in range(5_000):
        quick_world.desk.hub.publish(INBOX, "lines")
    assert await pass_on(quick_world.desk, there) == 1
    for _ in range(200):
        quick_world.desk.hub.publish(INBOX, "lines")
        await quick_world.desk.news.tell()
    assert memory.run("SELECT COUNT(*), MAX(number) FROM desk_news") == [(40, 201)]
    assert await there.news.look() == 40
    assert await there.news.look() == 0


async def test_rows_of_processes_that_are_gone_are_removed(
    quick_world: World, memory: MemoryDatabase
) -> None:
    there = await another(quick_world)
    await quick_world.chat()
    await quick_world.desk.news.tell()
    quick_world.clock.advance(hours=2)
    there.hub.publish(INBOX, "lines")
    await there.news.tell()
    assert memory.run("SELECT COUNT(*) FROM desk_news") == [(1,)]


async def test_what_could_not_be_told_is_told_later(quick_world: World, memory: MemoryDatabase) -> None:
    there = await another(quick_world)
    quick_world.desk.hub.publish(INBOX, "counts")
    memory.out_of_order = True
    with pytest.raises(StoreError):
        await quick_world.desk.news.tell()
    memory.out_of_order = False
    with there.hub.subscribe(INBOX) as inbox:
        await pass_on(quick_world.desk, there)
        assert await inbox.wait(0) == {"counts"}


async def test_runs_of_automations_are_not_told(quick_world: World) -> None:
    await another(quick_world)
    quick_world.desk.hub.publish(RUNS, "due")
    assert not await quick_world.desk.news.tell()


async def test_a_desk_that_does_not_tell_collects_nothing(quick_world: World) -> None:
    await quick_world.chat()
    quick_world.desk.hub.outbox.add_typing(TypingSign(1, 0, "", on=True))
    assert quick_world.desk.hub.outbox.take() == (frozenset(), [])


async def test_another_desk_of_the_same_store_hears_nothing(quick_world: World) -> None:
    quick_world.desk.news.listen()
    elsewhere = await start(make_provider(quick_world.clock, name="other"), quick_world.database)
    await quick_world.chat()
    assert await pass_on(quick_world.desk, elsewhere.desk) == 0
