from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from contrib.simulators.tests.genesys_bench import DETAILS, error, genesys_bench
from livechat_sdk_simulators.genesys.simulator import EventSocket
from livechat_sdk_testing.clock import VirtualClock as SleepingClock

DAY = 86_400
HEARTBEAT = {"topicName": "channel.metadata", "eventBody": {"message": "WebSocket Heartbeat"}}


async def _kinds(socket: EventSocket, genesys: Any) -> list[str]:
    return [one["topicName"] for one in await genesys.frames(socket)]


# ------------------------------------------------------------------------------------ subscriptions
async def test_channel_is_subscribed_added_to_replaced_and_cleared() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        channel = await genesys.call("POST", "/notifications/channels")
        assert channel["connectUri"] == f"wss://api.genesys.example/channels/{channel['id']}"
        path = f"/notifications/channels/{channel['id']}/subscriptions"
        topics = [f"{DETAILS}{conversation}.{end}" for end in ("acd.end", "user.end")]
        answer = await genesys.call("POST", path, [{"id": topics[0]}])
        assert [(one["id"], one["state"]) for one in answer["entities"]] == [(topics[0], "Permitted")]
        await genesys.call("POST", path, [{"id": topics[1]}])
        assert [one["id"] for one in (await genesys.call("GET", path))["entities"]] == topics
        await genesys.call("PUT", path, [{"id": topics[1]}])
        assert [one["id"] for one in (await genesys.call("GET", path))["entities"]] == topics[1:]
        await genesys.call("DELETE", path)
        assert (await genesys.call("GET", path))["entities"] == []
        assert len((await genesys.call("GET", "/notifications/channels"))["entities"]) == 1


async def test_topic_that_there_is_not_or_that_one_may_not_have_is_refused() -> None:
    async with genesys_bench(missing_rights=("routing:queue:view",)) as genesys:
        conversation = await genesys.write()
        queue = genesys.genesys.floor.usual_queue.id
        channel = await genesys.call("POST", "/notifications/channels")
        path = f"/notifications/channels/{channel['id']}/subscriptions"
        good = f"{DETAILS}{conversation}.customer.end"
        ours = f"v2.routing.queues.{queue}.conversations.messages"
        for topic, refused in [
            (f"v2.conversations.{conversation}", (400, "notification.invalid.topic")),
            (ours, (403, "notification.unauthorized.topic")),
        ]:
            answer = await genesys.client.post(path, json=[{"id": good}, {"id": topic}])
            assert error(answer) == refused
        assert (await genesys.call("GET", path))["entities"] == []
        asked = [{"id": good}, {"id": "v2.nonsense"}, {"id": ours}]
        entities = (await genesys.call("POST", f"{path}?ignoreErrors=true", asked))["entities"]
        assert [one["state"] for one in entities] == ["Permitted", "Rejected", "Rejected"]
        assert entities[2]["missingPermissions"] == ["routing:queue:view"]
        topics = (await genesys.call("GET", "/notifications/availabletopics"))["entities"]
        assert f"{DETAILS}{{id}}.customer.end" in [one["id"] for one in topics]


async def test_channel_has_a_thousand_topics_at_most_and_a_client_twenty_channels() -> None:
    async with genesys_bench(topics=2) as genesys:
        channels = [(await genesys.call("POST", "/notifications/channels"))["id"] for _ in range(20)]
        path = f"/notifications/channels/{channels[0]}/subscriptions"
        many = [{"id": f"v2.users.{n:036d}.conversations.messages"} for n in range(3)]
        answer = await genesys.client.post(path, json=many)
        assert error(answer) == (400, "notification.subscription.too.many.subscriptions")
        socket = await genesys.genesys.open_socket(f"wss://x/channels/{channels[0]}")
        genesys.clock.advance(1)
        newest = (await genesys.call("POST", "/notifications/channels"))["id"]
        known = [one["id"] for one in (await genesys.call("GET", "/notifications/channels"))["entities"]]
        assert known == [channels[0], *channels[2:], newest]  # those without a socket go first
        assert await genesys.frames(socket) == []


# ------------------------------------------------------------------------------------------ what is told
async def test_queue_is_told_how_its_conversations_stand() -> None:
    async with genesys_bench() as genesys:
        queue = genesys.genesys.floor.usual_queue.id
        socket = await genesys.socket(f"v2.routing.queues.{queue}.conversations.messages")
        conversation = await genesys.write()
        await genesys.human.join("u-1", "Eleni")
        await genesys.human.end("u-1")
        frames = await genesys.frames(socket)
        bodies = [one["eventBody"] for one in frames]
        assert {one["id"] for one in bodies} == {conversation}
        agents = [[one for one in body["participants"] if one["purpose"] == "agent"] for body in bodies]
        states = [[(one["state"], one.get("disconnectType")) for one in legs] for legs in agents]
        assert states[-2:] == [[("connected", None)], [("disconnected", "client")]]
        assert bodies[-1]["participants"][0]["disconnectType"] == "peer"
        assert bodies[-1]["participants"][0]["messages"][0]["message"]["id"]
        assert frames[0]["version"] == "2"
        assert frames[0]["metadata"]["CorrelationId"]


async def test_events_without_a_socket_are_lost() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        channel = await genesys.call("POST", "/notifications/channels")
        path = f"/notifications/channels/{channel['id']}/subscriptions"
        await genesys.call("POST", path, [{"id": f"{DETAILS}{conversation}.user.start"}])
        await genesys.human.accept("u-1")
        socket = await genesys.genesys.open_socket(channel["connectUri"])
        assert await genesys.frames(socket) == []
        await genesys.human.decline("u-1")
        await genesys.human.accept("u-1")
        assert await genesys.ends(socket) == ["user.start"]


async def test_attributes_that_change_are_told() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        socket = await genesys.listen(conversation)
        customer = await genesys.participant(conversation, "customer")
        path = f"/conversations/messages/{conversation}/participants/{customer}/attributes"
        await genesys.call("PATCH", path, {"attributes": {"survey": "5"}}, 202)
        [frame] = await genesys.frames(socket)
        assert frame["eventBody"]["attributes"] == {"survey": "5"}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("withhold", []),
        ("repeat", ["user.end", "user.end", "customer.end", "customer.end"]),
        ("pass", ["user.end", "customer.end"]),
    ],
)
async def test_fault_of_webhooks_happens_to_all_that_is_told_of_one_moment(
    fault: str, expected: list[str]
) -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        await genesys.human.join("u-1")
        socket = await genesys.listen(conversation)
        genesys.genesys.faults.script("webhook", fault)
        await genesys.human.end("u-1")
        assert await genesys.ends(socket) == expected
        assert genesys.genesys.faults.waiting() == []


async def test_fault_with_an_event_happens_to_that_topic_only() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        await genesys.human.join("u-1")
        socket = await genesys.listen(conversation)
        event = f"{DETAILS}{{id}}.customer.end"
        genesys.genesys.faults.script("webhook", "withhold", event=event)
        await genesys.human.end("u-1")
        assert await genesys.ends(socket) == ["user.end"]


async def test_what_callers_did_themselves_uses_up_no_fault() -> None:
    async with genesys_bench() as genesys:
        await genesys.write()
        await genesys.human.join("u-1")
        queue = genesys.genesys.floor.usual_queue.id
        socket = await genesys.socket(f"v2.routing.queues.{queue}.conversations.messages")
        genesys.genesys.faults.script("webhook", "withhold")
        await genesys.write(text="hello")
        assert len(await genesys.frames(socket)) == 1
        await genesys.human.end("u-1")
        assert await genesys.frames(socket) == []


async def test_events_come_late_and_in_another_order() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        socket = await genesys.listen(conversation)
        genesys.genesys.faults.script("webhook", "reorder")
        await genesys.human.accept("u-1")
        await genesys.human.join("u-1")
        assert await genesys.ends(socket) == ["acd.end", "user.start"]
        genesys.genesys.faults.script("webhook", "delay", seconds=20)
        await genesys.human.end("u-1")
        assert await genesys.ends(socket) == []
        genesys.clock.advance(20)
        assert await genesys.ends(socket) == ["user.end", "customer.end"]


# ------------------------------------------------------------------------------------------ the socket
async def test_socket_beats_answers_pings_and_takes_topics() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        socket = await genesys.socket()
        genesys.clock.advance(30)
        assert await genesys.frames(socket) == [HEARTBEAT]
        topic = f"{DETAILS}{conversation}.user.start"
        for asked, result in [
            ({"message": "subscribe", "topics": [topic], "correlationId": "c-1"}, "200"),
            ({"message": "subscribe", "topics": ["v2.nonsense"], "correlationId": "c-2"}, "400"),
            ({"message": "sing"}, "400"),
        ]:
            await socket.send(json.dumps(asked))
            text = await socket.receive()
            assert text is not None
            assert json.loads(text)["result"] == result
        await genesys.human.accept("u-1")
        assert await genesys.ends(socket) == ["user.start"]
        await socket.close()
        assert await socket.receive() is None
        with pytest.raises(ConnectionError):
            await socket.send("{}")


async def test_socket_ends_with_its_channel_a_minute_after_a_warning() -> None:
    async with genesys_bench() as genesys:
        channel = await genesys.call("POST", "/notifications/channels")
        socket = await genesys.genesys.open_socket(channel["connectUri"])
        genesys.clock.advance(DAY - 61)
        assert "v2.system.socket_closing" not in await _kinds(socket, genesys)
        genesys.clock.advance(1)
        assert "v2.system.socket_closing" in await _kinds(socket, genesys)
        genesys.clock.advance(60)
        assert await socket.receive() is None
        with pytest.raises(ConnectionError, match="no such channel"):
            await genesys.genesys.open_socket(channel["connectUri"])


async def test_subscribing_again_extends_the_channel() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        channel = await genesys.call("POST", "/notifications/channels")
        socket = await genesys.genesys.open_socket(channel["connectUri"])
        genesys.clock.advance(DAY - 30)
        await genesys.log_in()
        path = f"/notifications/channels/{channel['id']}/subscriptions"
        await genesys.call("POST", path, [{"id": f"{DETAILS}{conversation}.user.start"}])
        genesys.clock.advance(60)
        await genesys.human.accept("u-1")
        assert "user.start" in await genesys.ends(socket)


async def test_second_socket_of_a_channel_ends_the_first() -> None:
    async with genesys_bench() as genesys:
        channel = await genesys.call("POST", "/notifications/channels")
        first = await genesys.genesys.open_socket(channel["connectUri"])
        second = await genesys.genesys.open_socket(channel["connectUri"])
        assert await first.receive() is None
        assert await genesys.frames(second) == []


async def test_sockets_are_cut_warned_and_refused_on_demand() -> None:
    async with genesys_bench() as genesys:
        socket = await genesys.socket()
        assert genesys.genesys.channels.warn() == 1
        assert await _kinds(socket, genesys) == ["v2.system.socket_closing"]
        assert (await genesys.client.post("https://api.genesys.example/_sim/restart")).status_code == 200
        assert await socket.receive() is None
        channel = await genesys.call("POST", "/notifications/channels")
        genesys.genesys.faults.script("socket", "drop_before")
        with pytest.raises(ConnectionError, match="scripted"):
            await genesys.genesys.open_socket(channel["connectUri"])
        await genesys.genesys.open_socket(channel["connectUri"])
        plain = await genesys.client.get(f"https://api.genesys.example/channels/{channel['id']}")
        assert plain.status_code == 426


async def test_waiting_socket_wakes_when_it_has_rung_for_too_long() -> None:
    clock = SleepingClock()
    async with genesys_bench(clock, alerting_seconds=20) as bench:
        conversation = await bench.write()
        socket = await bench.socket(f"{DETAILS}{conversation}.user.end")
        await bench.human.accept("u-1")
        waiting = asyncio.ensure_future(socket.receive())
        await clock.advance(20)
        async with asyncio.timeout(20):
            frame = json.loads(await waiting or "")
        assert frame["eventBody"]["disconnectType"] == "NO_ANSWER_TRANSFER"


async def test_waiting_socket_wakes_when_its_when_its_clock_is_moved() -> None:
    clock = SleepingClock()
    async with genesys_bench(clock) as bench:
        socket = await bench.socket()
        waiting = asyncio.ensure_future(socket.receive())
        await clock.advance(29)
        assert not waiting.done()
        await clock.advance(1)
        async with asyncio.timeout(20):
            assert json.loads(await waiting or "") == HEARTBEAT
