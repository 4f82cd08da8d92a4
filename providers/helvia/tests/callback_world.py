"""A desk whose services are told of their conversations, and the address that they are told at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livechat_sdk_helvia.records import Conversation, RequestStatus
from providers.helvia.tests.outside import OtherSystem
from providers.helvia.tests.world import Clock, EventDatabase, World, make_world

ADDRESS = "https://bots.example/webhooks/manager"
KEY = "the-key-of-callbacks-of-the-tests"
SERVICE_TOKEN = "a service token of the tests, 32 characters or more"
TELLING: dict[str, Any] = {
    "serviceTokens": [SERVICE_TOKEN],
    "callbacks": {"address": ADDRESS, "key": KEY},
}
REQUEST: dict[str, Any] = {
    "platformSessionId": "session-1",
    "platformUserId": "visitor-7",
    "platformUserName": "Maria Pappa",
    "tenantId": "shop-bot",
    "extras": {"livechatRef": "h-1.1"},
}


async def telling_world(clock: Clock, database: EventDatabase, **values: Any) -> World:
    return await make_world(clock, database, **(TELLING | values))


async def opened(world: World, **fields: Any) -> Conversation:
    """A service has opened a request."""
    return await world.desk.manager.open(REQUEST | fields)


async def accepted(world: World, by: str = "ada", **fields: Any) -> Conversation:
    """A member has accepted a request that a service opened."""
    conversation = await opened(world, **fields)
    requests = await world.desk.inbox.requests(RequestStatus.NEW)
    [request] = [one for one in requests if one.conversation_id == conversation.id]
    return await world.desk.accept(world.people[by], request.id)


async def deliver(world: World) -> int:
    """Let the lane work once."""
    lane = world.desk.callbacks
    assert lane is not None
    return await lane.work()


def kinds(other: OtherSystem) -> list[str]:
    return [body["type"] for body in other.bodies]


def texts(other: OtherSystem) -> list[str]:
    return [body["message"]["text"] for body in other.bodies if body["type"] == "MESSAGE"]


def ids(other: OtherSystem) -> list[str]:
    return [body["eventId"] for body in other.bodies]


async def waiting(world: World) -> Mapping[str, Any]:
    return (await world.desk.queue.standing()).model_dump()
