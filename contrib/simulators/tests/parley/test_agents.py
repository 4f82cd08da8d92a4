from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from contrib.simulators.tests.bench import Bench, bench
from livechat_sdk_simulators.human import NoSuchChat, NotPossible


async def _after(parley: Bench, act: Any) -> list[tuple[str, Any]]:
    """The events that something causes."""
    await parley.events()
    await act
    return [(event["type"], event["data"]) for event in await parley.events()]


async def test_every_act_is_told_as_documented() -> None:
    async with bench() as parley:
        chat = await parley.open()
        human = parley.parley.human
        [(kind, accepted)] = await _after(parley, human.accept(chat, "Eleni"))
        assert (kind, accepted["agent"]["name"]) == ("chat.accepted", "Eleni")
        agent = accepted["agent"]
        assert await _after(parley, human.join(chat)) == [("agent.joined", {"agent": agent})]
        assert await _after(parley, human.typing(chat, on=True)) == [
            ("typing.changed", {"on": True, "agent": agent})
        ]
        [(kind, said)] = await _after(parley, human.say(chat, "Hello"))
        assert (kind, said["from"], said["agent"], said["text"]) == (
            "message.created",
            "agent",
            agent,
            "Hello",
        )
        assert await _after(parley, human.transfer(chat, "billing")) == [
            ("chat.transferred", {"to": "billing"})
        ]
        await human.join(chat, "Eleni")
        assert await _after(parley, human.leave(chat)) == [("agent.left", {"agent": agent})]
        assert await _after(parley, human.end(chat)) == [("chat.ended", {"by": "agent", "why": "resolved"})]


async def test_message_is_delivered_when_an_agent_is_there_and_read_when_somebody_reads() -> None:
    async with bench() as parley:
        chat = await parley.open()
        human = parley.parley.human
        waiting = (await parley.send(chat, "first", "k-1")).json()["id"]
        joined = await _after(parley, human.join(chat))
        assert joined[1:] == [("message.delivered", {"message_id": waiting, "client_key": "k-1"})]
        await parley.send(chat, "second", "k-2")
        assert await parley.kinds() == ["message.created", "message.delivered"]
        read = await _after(parley, human.read(chat))
        assert [(kind, data["client_key"]) for kind, data in read] == [
            ("message.read", "k-1"),
            ("message.read", "k-2"),
        ]
        assert await _after(parley, human.read(chat)) == []
        assert await human.texts(chat) == ["first", "second"]


async def test_message_can_be_taken_back_and_is_seen_no_more() -> None:
    async with bench() as parley:
        chat = await parley.open()
        sent = (await parley.send(chat)).json()["id"]
        human = parley.parley.human
        assert await _after(parley, human.fail_message(chat, "k-1", "spam")) == [
            ("message.failed", {"message_id": sent, "client_key": "k-1", "reason": "spam"})
        ]
        assert await human.texts(chat) == []
        assert await _after(parley, human.read(chat)) == []
        with pytest.raises(NotPossible, match="no message 'k-9'"):
            await human.fail_message(chat, "k-9", "spam")


async def test_inactive_chat_is_ended_by_the_system() -> None:
    async with bench() as parley:
        chat = await parley.open()
        ended = await _after(parley, parley.parley.human.end(chat, "inactive"))
        assert ended == [("chat.ended", {"by": "system", "why": "inactive"})]
        with pytest.raises(NotPossible, match="has ended"):
            await parley.parley.human.say(chat, "too late")
        with pytest.raises(NotPossible, match="has ended"):
            await parley.parley.human.end(chat)


async def test_what_nobody_can_do_is_refused() -> None:
    async with bench() as parley:
        chat = await parley.open()
        human = parley.parley.human
        with pytest.raises(NoSuchChat):
            await human.join("nobody")
        with pytest.raises(NotPossible, match="nobody has the chat"):
            await human.transfer(chat, "billing")
        with pytest.raises(NotPossible, match="is not in the chat"):
            await human.leave(chat, "Petros")
        with pytest.raises(NotPossible, match="no reason 'tired'"):
            await human.end(chat, "tired")
        with pytest.raises(NotPossible, match="needs a text or a file"):
            await human.say(chat, "")
        await human.join(chat)
        with pytest.raises(NotPossible, match="already"):
            await human.join(chat)
        with pytest.raises(NotPossible, match="taken already"):
            await human.accept(chat)


async def test_last_agent_of_two_keeps_the_chat() -> None:
    async with bench() as parley:
        chat = await parley.open()
        human = parley.parley.human
        await human.join(chat, "Eleni")
        await human.join(chat, "Petros")
        await human.leave(chat, "Petros")
        assert [one.agent for one in await human.chats()] == ["Eleni"]


async def test_event_that_no_page_lists_is_signed_and_delivered_all_the_same() -> None:
    async with bench() as parley:
        chat = await parley.open()
        assert await _after(parley, parley.parley.human.unknown_event(chat)) == [
            ("chat.rated", {"stars": 5, "at": {"desk": [1, None]}})
        ]


async def test_delivery_carries_envelope_and_signature() -> None:
    async with bench(webhook_secret="s-one") as parley:
        chat = await parley.open()
        await parley.parley.pump()
        [call] = parley.calls
        assert (call.method, call.path) == ("POST", "/webhooks/parley")
        assert call.headers["content-type"] == "application/json"
        stamp, signature = call.headers["Parley-Signature"].split(",")
        assert stamp == f"t={int(parley.clock.now().timestamp())}"
        wanted = hmac.new(b"s-one", stamp[2:].encode() + b"." + call.body, hashlib.sha256).hexdigest()
        assert signature == f"v1={wanted}"
        [event] = await parley.events()
        assert event["id"].startswith("evt_")
        assert event["chat"] == {"id": chat, "ref": "h-1.1"}
        assert event["at"] == "2026-11-24T09:00:00.000Z"


async def test_change_of_secrets_has_two_signatures() -> None:
    async with bench(webhook_secret=("new", "old")) as parley:
        await parley.open()
        await parley.parley.pump()
        [call] = parley.calls
        stamp, *signatures = call.headers["Parley-Signature"].split(",")
        message = stamp[2:].encode() + b"." + call.body
        assert signatures == [
            f"v1={hmac.new(secret, message, hashlib.sha256).hexdigest()}" for secret in (b"new", b"old")
        ]


async def test_webhook_may_come_before_the_call_that_caused_it_is_answered() -> None:
    async with bench() as parley:
        order: list[str] = []

        async def take(call: Any) -> int:
            order.append("webhook")
            return 200

        parley.parley.deliver = take
        parley.parley.faults.script("webhook", "early", event="chat.queued")
        await parley.open("h-1.1")
        order.append("answer")
        await parley.open("h-2.1")
        order.append("answer")
        await parley.parley.pump()
        assert order == ["webhook", "answer", "answer", "webhook"]


async def test_failed_delivery_is_repeated_on_the_documented_schedule_with_a_new_time() -> None:
    async with bench() as parley:
        parley.answer = 500
        await parley.open()
        await parley.parley.pump()
        for pause in (5, 30, 120, 600, 3600, 10_800, 28_800):
            parley.clock.advance(pause - 1)
            assert await parley.parley.pump() == 0
            parley.clock.advance(1)
            assert await parley.parley.pump() == 1
        parley.clock.advance(1_000_000)
        assert await parley.parley.pump() == 0
        [delivery] = parley.parley.webhooks.deliveries
        assert delivery.state == "given_up"
        assert len({call.body for call in parley.calls}) == 1
        assert len({call.headers["Parley-Signature"] for call in parley.calls}) == 8
