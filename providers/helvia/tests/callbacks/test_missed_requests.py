"""Requests of services that nobody accepts: missed in time, told once, whatever dies meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.faults import RequestGone
from livechat_sdk_helvia.hub import INBOX
from livechat_sdk_helvia.past import PastFilter
from livechat_sdk_helvia.records import RequestStatus
from providers.helvia.tests.browsing import client, mounted
from providers.helvia.tests.callback_world import (
    REQUEST,
    SERVICE_TOKEN,
    TELLING,
    accepted,
    deliver,
    ids,
    kinds,
    opened,
    telling_world,
)
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.outside import OtherSystem, answering
from providers.helvia.tests.world import (
    ACCOUNTS,
    Clock,
    Host,
    World,
    make_provider,
    request_id,
    settings,
    start,
)

ELSEWHERE = {
    "baseUrl": "https://m.example",
    "serviceToken": "t",
    "webhookKey": "k" * 16,
    "organizationId": "o",
}


async def waiting_ids(world: World) -> list[int]:
    found = await world.desk.inbox.requests(RequestStatus.NEW)
    return [one.conversation_id for one in found]


@pytest.mark.feature("API-05", "PL-05", "IN-09", "HI-05")
async def test_a_request_that_nobody_accepts_in_time_is_missed_and_the_service_is_told(
    stored_world: World, other: OtherSystem, clock: Clock
) -> None:
    world = stored_world
    conversation = await opened(world)
    clock.advance(seconds=60)
    later = await opened(world, platformSessionId="session-2")
    clock.advance(seconds=59.9)
    assert await world.desk.missing.work() == 0
    clock.advance(seconds=0.1)
    assert await world.desk.missing.work() == 1
    assert await waiting_ids(world) == [later.id]
    assert await deliver(world) == 1
    [told] = other.bodies
    assert told["type"] == "REQUEST_MISSED"
    assert told["livechatConversation"] == {
        "id": conversation.id,
        "status": "finished",
        "extras": {"livechatRef": "h-1.1"},
    }
    assert (told["platformSessionId"], told["platformUserId"]) == ("session-1", "visitor-7")
    [past] = (await world.desk.history.page(world.ines, PastFilter())).items
    assert (past.conversation.id, past.outcome) == (conversation.id, "missed")
    async with client(mounted(world.provider.pages())) as program:
        listed = await program.get(
            "/desk/manager/users/visitor-7/livechat-requests",
            params={"status": "missed"},
            headers={"authorization": f"Bearer {SERVICE_TOKEN}"},
        )
    assert [one["livechatConversation"]["id"] for one in listed.json()] == [conversation.id]
    assert await world.events() == []


@pytest.mark.feature("API-05")
async def test_a_restart_changes_neither_the_time_nor_that_it_is_told_once(
    stored_world: World, other: OtherSystem, clock: Clock
) -> None:
    world = stored_world
    await opened(world)
    clock.advance(seconds=100)
    await world.provider.stop()
    host = Host(world.database)
    first = (await start(make_provider(clock, **TELLING, accounts=ACCOUNTS), world.database, host)).desk
    second = (await start(make_provider(clock, **TELLING, accounts=ACCOUNTS), world.database, host)).desk
    assert await first.missing.work() == 0
    clock.advance(seconds=20)
    missed = await asyncio.gather(first.missing.work(), second.missing.work())
    assert sum(missed) == 1
    other.answer = answering(503)  # the process dies before it has been told, and after
    assert first.callbacks is not None
    assert second.callbacks is not None
    await first.callbacks.work()
    other.answer = answering(200)
    clock.advance(seconds=60)
    await second.missing.work()
    await second.callbacks.work()
    await first.callbacks.work()
    assert kinds(other) == ["REQUEST_MISSED"] * 2
    assert len(set(ids(other))) == 1


async def test_only_what_waits_is_missed(world: World, other: OtherSystem, clock: Clock) -> None:
    started = await accepted(world)
    withdrawn = await opened(world, platformSessionId="session-2")
    await world.desk.conversations.close(withdrawn.id, EndReason(by="user", why="abandoned"))
    chat = await world.chat("ref-9")  # a dispatcher's, which has a clock of its own
    clock.advance(seconds=3600)
    assert await world.desk.missing.work() == 0
    assert (await world.reload(started)).status == "started"
    assert await world.desk.conversations.miss(started.id) is False
    assert await world.desk.conversations.miss(withdrawn.id) is False
    assert (await world.desk.conversations.request(request_id(chat))).status is RequestStatus.NEW
    await deliver(world)
    assert kinds(other) == ["CONVERSATION_BEGIN"]


async def test_of_an_accept_and_the_end_of_the_time_one_wins(
    stored_world: World, other: OtherSystem, clock: Clock
) -> None:
    world = stored_world
    for number in range(6):
        conversation = await opened(world, platformSessionId=f"session-{number}")
        [request] = await world.desk.inbox.requests(RequestStatus.NEW)
        clock.advance(seconds=120)
        both = await asyncio.gather(
            world.desk.accept(world.ada, request.id), world.desk.missing.work(), return_exceptions=True
        )
        after = await world.reload(conversation)
        if after.status == "started":
            assert both[1] == 0
        else:
            assert (after.status, both[1]) == ("unserved", 1)
            assert isinstance(both[0], RequestGone)
        other.calls.clear()
        await deliver(world)
        assert kinds(other) == ["CONVERSATION_BEGIN" if after.status == "started" else "REQUEST_MISSED"]


async def test_after_a_missed_request_the_session_may_ask_again(
    world: World, other: OtherSystem, clock: Clock
) -> None:
    first = await opened(world)
    clock.advance(seconds=120)
    await world.desk.missing.work()
    again = await opened(world)
    assert again.id != first.id
    clock.advance(seconds=120)
    await world.desk.missing.work()
    await deliver(world)
    assert kinds(other) == ["REQUEST_MISSED"] * 2
    assert len(set(ids(other))) == 2


async def test_the_limit_is_set_or_there_is_none(memory: MemoryDatabase, clock: Clock) -> None:
    patient = await telling_world(clock, memory, requestTimeout=None)
    waits = await opened(patient)
    clock.advance(days=3)
    assert await patient.desk.missing.work() == 0
    patient.desk.missing.start()  # there is nothing to start
    await patient.desk.missing.stop()
    await patient.provider.stop()
    quick = await telling_world(clock, memory, requestTimeout=10)
    assert await quick.desk.missing.work() == 1
    assert (await quick.reload(waits)).status == "unserved"
    for wrong in (0, 9, 86_401, "soon"):
        with pytest.raises(ValidationError):
            settings(requestTimeout=wrong)
    with pytest.raises(ValidationError, match="for the desk in this process"):
        settings(requestTimeout=60, **ELSEWHERE)


@pytest.mark.feature("API-05")
async def test_with_nobody_there_to_take_it_a_request_is_missed_at_once_where_that_is_wanted(
    memory: MemoryDatabase, clock: Clock, other: OtherSystem
) -> None:
    world = await telling_world(clock, memory, requireAgents=True)
    async with client(mounted(world.provider.pages())) as service:
        header = {"authorization": f"Bearer {SERVICE_TOKEN}"}
        answer = await service.post("/desk/manager/livechat-requests", json=REQUEST, headers=header)
        assert (answer.status_code, answer.content) == (204, b"")
        await deliver(world)
        assert kinds(other) == ["REQUEST_MISSED"]
        assert await waiting_ids(world) == []
        await world.desk.presence.seen(world.ada)
        await service.post("/desk/manager/livechat-requests", json=REQUEST, headers=header)
    [waits] = await waiting_ids(world)
    await world.desk.presence.switch_away(world.ada, away=True)  # what waits already goes on waiting
    assert await world.desk.missing.work() == 0
    assert await waiting_ids(world) == [waits]


async def test_the_lane_misses_by_itself_and_outlives_trouble_of_the_store(
    world: World, memory: MemoryDatabase, other: OtherSystem, clock: Clock
) -> None:
    conversation = await opened(world)
    clock.advance(seconds=119.9)
    memory.out_of_order = True
    world.desk.missing.start()
    await asyncio.sleep(0)
    memory.out_of_order = False
    clock.advance(seconds=1)
    try:
        await opened(world, platformSessionId="session-2")  # wakes it, too
        with world.desk.hub.subscribe(INBOX) as inbox:
            while (await world.reload(conversation)).status == "pending":
                assert await inbox.wait(20)
    finally:
        await world.desk.missing.stop()
    await deliver(world)
    assert kinds(other) == ["REQUEST_MISSED"]


async def test_a_request_that_is_erased_meanwhile_is_nobodys_trouble(world: World, clock: Clock) -> None:
    conversation = await opened(world)
    clock.advance(seconds=120)
    for table, column in (("desk_requests", "conversation_id"), ("desk_conversations", "id")):
        gone = f"DELETE FROM {table} WHERE {column} = :id"  # noqa: S608 - our own tables
        await world.desk.context.database.commit([Statement(gone, {"id": conversation.id})])
        assert await world.desk.missing.work() == 0
