"""Callbacks to services: what is told, in which order, until it is taken, and by one process at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.http import override_transport
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.callbacks.lane import PATIENCE
from livechat_sdk_helvia.callbacks.queue import LEASE
from livechat_sdk_helvia.faults import DeskFault
from providers.helvia.tests.browsing import client, mounted, token_of
from providers.helvia.tests.callback_world import (
    ADDRESS,
    KEY,
    TELLING,
    accepted,
    deliver,
    ids,
    kinds,
    opened,
    telling_world,
    texts,
    waiting,
)
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.outside import OtherSystem, answering
from providers.helvia.tests.world import (
    ACCOUNTS,
    Clock,
    Host,
    World,
    make_provider,
    make_world,
    settings,
    start,
)

DOWN = answering(503)


async def say(world: World, conversation: Any, *words: str) -> None:
    for word in words:
        await world.desk.messages.send(world.ada, conversation, word)


# -------------------------------------------------------------------------------------------- what is told
@pytest.mark.feature("API-05")
async def test_a_service_is_told_of_everything_that_its_end_user_would_see(
    stored_world: World, other: OtherSystem, clock: Clock
) -> None:
    world = stored_world
    conversation = await accepted(world)
    await world.desk.typing.agent_types(world.ada, conversation, on=True)
    await say(world, conversation, "I am Ada Marsh. How can I help?")
    clock.advance(seconds=5)
    await world.desk.presence.seen(world.ben)
    asked = await world.desk.transfers.transfer(world.ada, conversation.id, agent=world.ben.id)
    await world.desk.accept(world.ben, asked.request_id)
    await world.desk.conversations.end(world.ben, conversation.id)
    assert await deliver(world) == 6
    assert kinds(other) == [
        "CONVERSATION_BEGIN",
        "CONVERSATION_TYPING",
        "MESSAGE",
        "TRANSFER_REQUEST",
        "CONVERSATION_BEGIN",
        "CONVERSATION_END",
    ]
    assert len(set(ids(other))) == 6
    begun, typing, message, transfer, taken, ended = other.bodies
    for body in other.bodies:
        assert body["livechatConversation"]["id"] == conversation.id
        assert body["livechatConversation"]["extras"]["livechatRef"] == "h-1.1"
        assert (body["organizationId"], body["tenantId"]) == ("default", "shop-bot")
        assert (body["platformSessionId"], body["platformUserId"]) == ("session-1", "visitor-7")
    assert begun["participant"]["fullName"] == "Ada"
    assert typing["typing"] is True
    assert message["message"]["from"]["fullName"] == "Ada"
    assert message["message"]["text"] == "I am Ada. How can I help?"
    assert isinstance(message["message"]["id"], int)
    assert transfer["participant"]["fullName"] == taken["participant"]["fullName"] == "Ben"
    assert (ended["endedBy"], ended["reason"]) == ("agent", "resolved")
    assert "Marsh" not in repr(other.bodies)
    assert {call.headers["x-livechat-key"] for call in other.calls} == {KEY}
    assert {str(call.url) for call in other.calls} == {ADDRESS}
    assert await world.events() == []
    assert await deliver(world) == 0


async def test_a_transfer_to_a_team_names_the_team(world: World, other: OtherSystem) -> None:
    conversation = await accepted(world)
    await world.desk.groups.create(world.ines, "billing", "Billing", [], [world.ben.id])
    await world.desk.presence.seen(world.ben)
    asked = await world.desk.transfers.transfer(world.ada, conversation.id, group="billing")
    await world.desk.accept(world.ben, asked.request_id)
    await deliver(world)
    told = other.bodies[1]
    assert (told["type"], told["livechatRequest"]["targetGroupId"]) == ("TRANSFER_REQUEST", "Billing")


async def test_conversations_of_the_dispatcher_are_told_to_the_dispatcher_alone(
    world: World, other: OtherSystem
) -> None:
    conversation = await world.accepted()
    await say(world, conversation, "hello")
    await world.desk.conversations.end(world.ada, conversation.id)
    assert await deliver(world) == 0
    assert await world.kinds() == ["chat_accepted", "agent_joined", "message_received", "chat_ended"]


async def test_nobody_is_told_of_notes_of_what_end_users_say_or_that_a_service_withdrew(
    world: World, other: OtherSystem
) -> None:
    conversation = await accepted(world)
    await world.desk.notes.add(world.ada, conversation.id, "a canary")
    await world.desk.manager.take_in({"text": "where is it?", "platformSessionId": "session-1"})
    await world.desk.reading.read(world.ada, conversation, 99)
    await world.desk.conversations.close(conversation.id, EndReason(by="user", why="abandoned"))
    await deliver(world)
    assert kinds(other) == ["CONVERSATION_BEGIN"]


async def test_without_an_address_nothing_is_kept(memory: MemoryDatabase, clock: Clock) -> None:
    world = await make_world(clock, memory, serviceTokens=TELLING["serviceTokens"])
    await say(world, await accepted(world), "hello")
    assert world.desk.callbacks is None
    assert (await waiting(world))["waiting"] == 0
    assert await world.events() == []


async def test_what_is_not_committed_is_not_told(world: World, other: OtherSystem) -> None:
    conversation = await accepted(world)
    await world.desk.conversations.end(world.ada, conversation.id)
    with pytest.raises(DeskFault):
        await say(world, conversation, "too late")
    again = await world.desk.conversations.end(world.ada, conversation.id)
    assert again.status == "finished"
    await deliver(world)
    assert kinds(other) == ["CONVERSATION_BEGIN", "CONVERSATION_END"]


# ------------------------------------------------------------------------------------------ until it is taken
@pytest.mark.feature("API-05")
async def test_what_is_not_taken_is_tried_again_and_nothing_overtakes_it(
    stored_world: World, other: OtherSystem, clock: Clock
) -> None:
    world = stored_world
    other.answer = DOWN
    conversation = await accepted(world)
    await say(world, conversation, "one", "two")
    assert await deliver(world) == 0
    assert kinds(other) == ["CONVERSATION_BEGIN"]
    assert await deliver(world) == 0  # not before its pause is over
    assert len(other.calls) == 1
    standing = await waiting(world)
    assert (standing["waiting"], standing["error"]) == (3, "the other side answered 503")
    for pause in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
        clock.advance(seconds=pause - 0.1)
        await deliver(world)
        before = len(other.calls)
        clock.advance(seconds=0.1)
        await deliver(world)
        assert len(other.calls) == before + 1
    assert len(set(ids(other))) == 1
    other.answer = answering()
    other.calls.clear()
    clock.advance(seconds=300)
    assert await deliver(world) == 3
    assert kinds(other) == ["CONVERSATION_BEGIN", "MESSAGE", "MESSAGE"]
    assert texts(other) == ["one", "two"]
    assert await waiting(world) == {"waiting": 0, "given_up": 0, "oldest": None, "error": None}


async def test_one_conversation_waits_for_no_other(world: World, other: OtherSystem) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503 if b"session-1" in request.content else 200)

    other.answer = answer
    first = await accepted(world)
    second = await accepted(world, by="ben", platformSessionId="session-2")
    await say(world, first, "stuck")
    await world.desk.messages.send(world.ben, second, "fine")
    assert await deliver(world) == 2
    assert texts(other) == ["fine"]


async def test_a_wish_for_patience_is_heard(world: World, other: OtherSystem, clock: Clock) -> None:
    other.answer = answering(429, headers={"retry-after": "30"})
    await accepted(world)
    await deliver(world)
    clock.advance(seconds=29)
    await deliver(world)
    assert len(other.calls) == 1
    clock.advance(seconds=1)
    await deliver(world)
    assert len(other.calls) == 2


@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_a_body_that_is_refused_makes_way_for_the_next(
    world: World, other: OtherSystem, status: int
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status if b"poison" in request.content else 200)

    other.answer = answer
    await say(world, await accepted(world), "poison", "fine")
    assert await deliver(world) == 3
    assert texts(other) == ["poison", "fine"]
    standing = await waiting(world)
    assert (standing["waiting"], standing["given_up"]) == (0, 1)


@pytest.mark.parametrize("status", [401, 403, 404, 408, 410, 500])
async def test_what_may_be_mended_on_the_other_side_is_tried_again_for_a_day(
    world: World, other: OtherSystem, clock: Clock, status: int
) -> None:
    other.answer = answering(status)
    await accepted(world)
    await deliver(world)
    assert (await waiting(world))["waiting"] == 1
    clock.time += PATIENCE
    await deliver(world)
    assert (await waiting(world))["waiting"] == 1
    clock.advance(seconds=301)
    await deliver(world)
    standing = await waiting(world)
    assert (standing["waiting"], standing["given_up"]) == (0, 1)


async def test_an_answer_that_cannot_be_read_is_an_answer(world: World, other: OtherSystem) -> None:
    other.answer = answering(200, content=b"x" * 1_000_000)
    await accepted(world)
    assert await deliver(world) == 1


async def test_typing_is_told_while_it_is_news_and_does_not_pile_up(
    world: World, other: OtherSystem, clock: Clock
) -> None:
    conversation = await accepted(world)
    other.answer = DOWN
    await deliver(world)
    for number in range(30):
        await world.desk.typing.agent_types(world.ada, conversation, on=number % 2 == 0)
        clock.advance(seconds=7)
    await say(world, conversation, "here I am")
    assert (await waiting(world))["waiting"] == 21
    other.answer = answering()
    other.calls.clear()
    clock.advance(seconds=400)
    await deliver(world)
    assert kinds(other) == ["CONVERSATION_BEGIN", "MESSAGE"]


async def test_the_address_is_put_to_the_egress_rule(memory: MemoryDatabase, clock: Clock) -> None:
    other = OtherSystem()
    inside = {"address": "http://127.0.0.1:8080/webhooks/manager", "key": KEY}
    world = await telling_world(clock, memory, callbacks=inside)
    with override_transport(other.transport):
        await accepted(world)
        assert await deliver(world) == 0
        assert other.calls == []
        assert "may not be called" in (await waiting(world))["error"]
        await world.provider.stop()
        world.host.egress_allowed = ("127.0.0.1:8080",)
        provider = await start(make_provider(clock, callbacks=inside, accounts=ACCOUNTS), memory, world.host)
        clock.advance(seconds=60)
        lane = provider.desk.callbacks
        assert lane is not None
        assert await lane.work() == 1


# ----------------------------------------------------------------------------------- one process at a time
@pytest.mark.feature("API-05")
async def test_of_two_processes_one_delivers_and_what_a_dead_one_had_comes_again_with_its_id(
    stored_world: World, other: OtherSystem, clock: Clock
) -> None:
    world = stored_world
    host = Host(world.database)
    second = (
        await start(make_provider(clock, **TELLING, accounts=ACCOUNTS), world.database, host)
    ).desk.callbacks
    assert second is not None
    conversation = await accepted(world)
    await say(world, conversation, *map(str, range(10)))
    dead = await world.desk.queue.claim(conversation.id)
    assert dead is not None
    for _ in range(3):
        assert await second.work() == 0  # the other process may still be at it
    clock.advance(seconds=LEASE)
    settled = list(await asyncio.gather(second.work(), deliver(world), second.work(), deliver(world)))
    while (await waiting(world))["waiting"]:
        settled.append(await second.work())
    assert sum(settled) == 11
    assert ids(other)[0] == dead.event_id
    assert texts(other) == [str(number) for number in range(10)]
    assert len(set(ids(other))) == 11
    await world.desk.queue.done(dead)  # the dead one comes back, and changes nothing
    await world.desk.queue.later(dead, 5, "late")


@pytest.mark.feature("API-05")
async def test_what_is_said_at_the_same_time_is_told_in_the_order_of_the_conversation(
    stored_world: World, other: OtherSystem
) -> None:
    world = stored_world
    conversation = await accepted(world)
    sending = [say(world, conversation, f"m-{number}") for number in range(20)]
    typing = [world.desk.typing.agent_types(world.ada, conversation, on=True) for _ in range(3)]
    await asyncio.gather(*sending, *typing, deliver(world), deliver(world))
    while await deliver(world):
        pass
    assert not (await waiting(world))["waiting"]
    lines = await world.desk.messages.page(conversation.id)
    assert texts(other) == [line.text for line in lines if line.author == "agent"]
    assert len(texts(other)) == 20


async def test_a_process_that_stops_leaves_what_it_had_to_the_next_at_once(
    memory: MemoryDatabase, clock: Clock
) -> None:
    arrived, seen = asyncio.Event(), list[str]()

    class Hanging(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            seen.append(str(request.url))
            arrived.set()
            await asyncio.Event().wait()
            raise AssertionError("nobody answers here")

    world = await telling_world(clock, memory)
    lane = world.desk.callbacks
    assert lane is not None
    with override_transport(Hanging()):
        lane.start()
        await say(world, await accepted(world), "hello")
        async with asyncio.timeout(20):
            await arrived.wait()
        await world.provider.stop()
    other = OtherSystem()
    with override_transport(other.transport):
        again = await start(make_provider(clock, **TELLING, accounts=ACCOUNTS), memory, Host(memory))
        next_lane = again.desk.callbacks
        assert next_lane is not None
        assert await next_lane.work() == 2
    assert (len(seen), texts(other)) == (1, ["hello"])


async def test_the_lane_delivers_by_itself_and_outlives_trouble_of_the_store(
    world: World, memory: MemoryDatabase, other: OtherSystem
) -> None:
    lane, told = world.desk.callbacks, asyncio.Event()
    assert lane is not None

    def answer(request: httpx.Request) -> httpx.Response:
        if b"hello" in request.content:
            told.set()
        return httpx.Response(200)

    other.answer = answer
    memory.out_of_order = True
    lane.start()
    await asyncio.sleep(0)
    memory.out_of_order = False
    try:
        await say(world, await accepted(world), "hello")
        async with asyncio.timeout(20):
            await told.wait()
    finally:
        await lane.stop()
    assert texts(other) == ["hello"]


async def test_admins_see_how_it_stands(world: World, other: OtherSystem, clock: Clock) -> None:
    other.answer = DOWN
    await accepted(world)
    await deliver(world)
    async with client(mounted(world.provider.pages())) as program:
        header = await token_of(program, "ines")
        assert (await program.get("/desk/api/callbacks", headers=header)).json() == {
            "enabled": True,
            "waiting": 1,
            "givenUp": 0,
            "waitingSince": utc_text(clock.time),
            "error": "the other side answered 503",
        }
        refused = await program.get("/desk/api/callbacks", headers=await token_of(program, "ada"))
        assert refused.status_code == 403


# -------------------------------------------------------------------------------------------------- leaving
async def test_what_is_purged_is_not_told_any_more(world: World, other: OtherSystem) -> None:
    other.answer = DOWN
    conversation = await accepted(world)
    await say(world, conversation, "a canary")
    await world.desk.conversations.end(world.ada, conversation.id)
    await deliver(world)
    assert await world.desk.purge.run(world.ines) == 1
    assert (await waiting(world))["waiting"] == 0
    assert isinstance(world.database, MemoryDatabase)
    assert "a canary" not in world.database.dump()


async def test_a_callback_whose_conversation_is_gone_is_dropped(world: World, other: OtherSystem) -> None:
    conversation = await accepted(world)
    gone = "DELETE FROM desk_conversations WHERE id = :id"
    await world.desk.context.database.commit([Statement(gone, {"id": conversation.id})])
    assert await deliver(world) == 1
    assert other.calls == []


def test_settings_of_callbacks_are_checked_and_hide_the_key() -> None:
    made = settings(**TELLING)
    assert KEY not in repr(made)
    for wrong in (
        {"address": "ftp://bots.example", "key": KEY},
        {"address": "https://user:secret@bots.example/", "key": KEY},
        {"address": "https://bots.example/ x", "key": KEY},
        {"address": ADDRESS, "key": "short"},
        {"address": ADDRESS, "key": "a key with\na second line of it"},
        {"address": ADDRESS, "key": "κλειδί που δεν χωράει"},
        {"address": ADDRESS},
    ):
        with pytest.raises(ValidationError):
            settings(callbacks=wrong)
    with pytest.raises(ValidationError, match="callbacks: for the desk in this process"):
        settings(
            baseUrl="https://manager.example",
            serviceToken="a token",
            webhookKey=KEY,
            organizationId="default",
            callbacks={"address": ADDRESS, "key": KEY},
        )


async def test_a_request_that_waits_is_told_of_to_nobody(world: World, other: OtherSystem) -> None:
    await opened(world)
    assert await deliver(world) == 0
    assert timedelta(seconds=LEASE) < PATIENCE
