"""Accepting a request: the first one wins, whoever else tries is told who it was."""

from __future__ import annotations

import asyncio

import pytest

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.errors import StoreError
from livechat_sdk_helvia.faults import AlreadyTaken, Forbidden, InvalidField, NotFound, RequestGone
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskUser, RequestStatus
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import Clock, World, make_world, request_id


async def attempt(world: World, user: DeskUser, number: int) -> Conversation | AlreadyTaken:
    try:
        return await world.desk.conversations.accept(user, number)
    except AlreadyTaken as taken:
        return taken


@pytest.mark.feature("IN-07", "IN-08")
async def test_the_request_leaves_new_and_the_conversation_is_open_with_its_owner(world: World) -> None:
    chat = await world.chat()
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    assert conversation.status is ConversationStatus.STARTED
    assert (conversation.owner_id, conversation.owner_name) == (world.ada.id, "Ada Marsh")
    request = await world.desk.conversations.request(request_id(chat))
    assert (request.status, request.accepted_by) == (RequestStatus.ACCEPTED, world.ada.id)
    counts = await world.desk.inbox.counts()
    assert (counts.new, counts.open, counts.closed) == (0, 1, 0)
    [participant] = await world.desk.conversations.participants(conversation.id)
    assert (participant.name, participant.status, participant.is_owner) == ("Ada Marsh", "active", True)


@pytest.mark.feature("IN-07")
async def test_fifty_accepts_at_once_leave_one_owner(world: World) -> None:
    chat = await world.chat()
    agents = [world.ada, world.ben, world.ines]
    results = await asyncio.gather(
        *(attempt(world, agents[number % 3], request_id(chat)) for number in range(50))
    )
    won = [result for result in results if isinstance(result, Conversation)]
    [owner] = {conversation.owner_id for conversation in won}
    [winner] = [agent for agent in agents if agent.id == owner]
    assert {result.by for result in results if isinstance(result, AlreadyTaken)} == {winner.name}
    assert len(won) == len([number for number in range(50) if agents[number % 3] == winner])
    assert (await world.kinds()).count("agent_joined") == 1
    assert len(await world.desk.conversations.participants(won[0].id)) == 1


async def test_accepting_twice_is_the_same_as_once(world: World) -> None:
    chat = await world.chat()
    first = await world.desk.conversations.accept(world.ada, request_id(chat))
    assert await world.desk.conversations.accept(world.ada, request_id(chat)) == first


async def test_the_loser_is_told_the_full_name_of_the_winner(world: World) -> None:
    chat = await world.chat()
    await world.desk.conversations.accept(world.ben, request_id(chat))
    with pytest.raises(AlreadyTaken, match="taken by Ben Okoro"):
        await world.desk.conversations.accept(world.ada, request_id(chat))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (EndReason(by="clock", why="timeout"), "missed"),
        (EndReason(by="user", why="abandoned"), "withdrawn"),
    ],
)
async def test_a_request_that_is_gone_cannot_be_accepted(world: World, reason: EndReason, words: str) -> None:
    chat = await world.chat()
    await world.provider.close(chat, reason)
    with pytest.raises(RequestGone, match=words):
        await world.desk.conversations.accept(world.ada, request_id(chat))
    assert await world.kinds() == []


async def test_accept_and_close_at_once_leave_no_half_state(world: World) -> None:
    for number in range(10):
        chat = await world.chat(f"ref-{number}")
        await asyncio.gather(
            world.desk.conversations.accept(world.ada, request_id(chat)),
            world.provider.close(chat, EndReason(by="user", why="abandoned")),
            return_exceptions=True,
        )
        request = await world.desk.conversations.request(request_id(chat))
        joined = any(e.kind == "agent_joined" and e.refs[0] == chat.ref for e in await world.events())
        if request.status is RequestStatus.ACCEPTED:
            assert request.conversation.status is ConversationStatus.FINISHED
            assert joined
        else:
            assert request.status is RequestStatus.CANCELLED
            assert request.conversation.status is ConversationStatus.UNSERVED
            assert not joined


async def test_nothing_is_told_when_the_rows_cannot_be_written(clock: Clock, memory: MemoryDatabase) -> None:
    world = await make_world(clock, memory)
    chat = await world.chat()
    memory.out_of_order = True
    with pytest.raises(StoreError):
        await world.desk.conversations.accept(world.ada, request_id(chat))
    memory.out_of_order = False
    assert memory.events == []
    assert (await world.desk.conversations.request(request_id(chat))).status is RequestStatus.NEW


async def test_a_request_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await world.desk.conversations.accept(world.ada, 1)


async def test_without_a_role_nothing_can_be_accepted(world: World) -> None:
    chat = await world.chat()
    with pytest.raises(Forbidden, match="handle live conversations"):
        await world.desk.conversations.accept(world.olga, request_id(chat))


async def test_new_lists_whoever_waits_longest_first(world: World) -> None:
    for number in range(3):
        await world.chat(f"ref-{number}")
        world.clock.advance(seconds=1)
    waiting = await world.desk.inbox.requests(RequestStatus.NEW)
    assert [request.conversation.ref for request in waiting] == ["ref-0", "ref-1", "ref-2"]


async def test_open_lists_the_newest_talk_first(world: World) -> None:
    first = await world.accepted("ref-1")
    world.clock.advance(seconds=1)
    second = await world.accepted("ref-2")
    world.clock.advance(seconds=1)
    await world.desk.messages.send(world.ada, first, "hello")
    listed = await world.desk.inbox.with_status(ConversationStatus.STARTED)
    assert [conversation.id for conversation in listed] == [first.id, second.id]


async def test_each_list_has_its_own_conversations_only(world: World) -> None:
    waiting, gone = await world.chat("waiting"), await world.chat("gone")
    running, done = await world.accepted("running"), await world.accepted("done")
    await world.provider.close(gone, EndReason(by="clock", why="timeout"))
    await world.desk.conversations.end(world.ada, done.id)
    inbox = world.desk.inbox
    for status, refs in {
        ConversationStatus.PENDING: [waiting.ref],
        ConversationStatus.STARTED: [running.ref],
        ConversationStatus.FINISHED: [done.ref],
        ConversationStatus.UNSERVED: [gone.ref],
    }.items():
        assert [talk.ref for talk in await inbox.with_status(status)] == refs
    for asked, refs in {
        RequestStatus.NEW: ["waiting"],
        RequestStatus.ACCEPTED: ["done", "running"],
        RequestStatus.MISSED: ["gone"],
        RequestStatus.CANCELLED: [],
    }.items():
        assert [request.conversation.ref for request in await inbox.requests(asked)] == refs


@pytest.mark.feature("IN-15")
async def test_lists_come_in_pages(world: World) -> None:
    for number in range(5):
        await world.chat(f"ref-{number}")
    inbox = world.desk.inbox
    pages = [await inbox.requests(RequestStatus.NEW, skip=skip, take=2) for skip in (0, 2, 4)]
    assert [request.conversation.ref for page in pages for request in page] == [
        f"ref-{number}" for number in range(5)
    ]
    talks = [await inbox.with_status(ConversationStatus.PENDING, skip=skip, take=2) for skip in (0, 2, 4)]
    assert [len(page) for page in talks] == [2, 2, 1]
    assert len({talk.id for page in talks for talk in page}) == 5
    for skip, take in ((0, 0), (0, 201), (-1, 50)):
        with pytest.raises(InvalidField):
            await inbox.requests(RequestStatus.NEW, skip=skip, take=take)


async def test_only_the_owner_or_an_admin_ends_a_conversation(world: World) -> None:
    conversation = await world.accepted("ref-1")
    with pytest.raises(Forbidden, match="Ada Marsh"):
        await world.desk.conversations.end(world.ben, conversation.id)
    assert (await world.reload(conversation)).status is ConversationStatus.STARTED
    ended = await world.desk.conversations.end(world.ines, conversation.id)
    assert ended.status is ConversationStatus.FINISHED


async def test_a_request_is_not_ended_but_accepted_first(world: World) -> None:
    chat = await world.chat()
    with pytest.raises(RequestGone, match="Nobody has accepted"):
        await world.desk.conversations.end(world.ines, int(chat.state["conversation_id"]))
