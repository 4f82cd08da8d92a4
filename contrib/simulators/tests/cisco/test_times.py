"""What happens by itself as time passes: nobody joins, nobody writes, nobody polls, the server restarts."""

from __future__ import annotations

import pytest

from contrib.simulators.tests.cisco_bench import CiscoBench, Customer, cisco_bench, problem
from livechat_sdk_simulators.human import NotPossible

LATE = ("StatusEvent", "chat_timedout_waiting_for_agent", "Timed out waiting for an agent to join.")


async def _pass(ccp: CiscoBench, customer: Customer, seconds: int) -> None:
    """Time passes while the customer polls."""
    for _ in range(seconds // 5):
        ccp.clock.advance(5)
        assert (await customer.poll(99)).status_code == 200


async def test_customer_is_told_once_that_nobody_came_and_an_agent_can_still_come() -> None:
    async with cisco_bench(join_timeout=60) as ccp:
        customer = await ccp.open()
        await customer.events()
        ccp.clock.advance(59.9)
        assert await customer.events() == []
        ccp.clock.advance(0.1)
        assert await customer.events() == [LATE]
        ccp.clock.advance(100)
        assert await customer.events() == []
        await ccp.human.join("h-1.1", "Eleni")
        assert await customer.events() == [("PresenceEvent", "Eleni", "joined")]


async def test_join_in_time_leaves_nothing_to_tell() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        ccp.clock.advance(100)
        assert await customer.events() == []


@pytest.mark.parametrize("counts", ["customer", "both"])
async def test_chat_without_messages_is_taken_down(counts: str) -> None:
    async with cisco_bench(inactivity_of=counts) as ccp:
        customer = await ccp.talking()
        await _pass(ccp, customer, 200)
        await customer.send("still here")
        await _pass(ccp, customer, 200)
        await customer.types("composing")
        await ccp.human.say("h-1.1", "me too")
        await _pass(ccp, customer, 95)
        ccp.clock.advance(5)
        if counts == "customer":
            assert problem(await customer.poll())[:2] == (404, "notFound")
        else:
            assert (await customer.poll()).is_success
            await _pass(ccp, customer, 195)
            ccp.clock.advance(5)
            assert problem(await customer.poll())[:2] == (404, "notFound")
        [chat] = await ccp.human.chats()
        assert (chat.state, chat.details["ended"]) == ("ended", "inactive")
        with pytest.raises(NotPossible, match="inactive"):
            await ccp.human.say("h-1.1", "hello?")


async def test_chat_that_waits_is_taken_down_too() -> None:
    async with cisco_bench(join_timeout=600, inactivity_timeout=60, poll_timeout=None) as ccp:
        customer = await ccp.open()
        ccp.clock.advance(60)
        assert (await customer.poll()).status_code == 404


async def test_what_fell_due_while_nobody_looked_happened_in_its_order() -> None:
    async with cisco_bench(join_timeout=60, inactivity_timeout=61, poll_timeout=None) as ccp:
        customer = await ccp.open()
        ccp.clock.advance(1000)
        [chat] = await ccp.human.chats()
        assert chat.details["ended"] == "inactive"
        assert ccp.cisco.rooms.named("h-1.1") is not None
        assert (await customer.poll()).status_code == 404
    async with cisco_bench(join_timeout=60, inactivity_timeout=59, poll_timeout=58) as ccp:
        await ccp.open()
        ccp.clock.advance(1000)
        [chat] = await ccp.human.chats()
        assert chat.details["ended"] == "not polled"


async def test_session_that_nobody_polls_is_gone() -> None:
    async with cisco_bench(poll_timeout=30) as ccp:
        customer = await ccp.talking()
        ccp.clock.advance(29)
        assert (await customer.poll()).is_success
        ccp.clock.advance(29)
        await customer.send("writing is not polling")
        ccp.clock.advance(1)
        assert (await customer.poll()).status_code == 404


async def test_credentials_that_expire_are_the_sessions() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        ccp.cisco.faults.script("send", "expire_token")
        assert problem(await customer.send("hello"))[:2] == (404, "notFound")
        assert await ccp.human.texts("h-1.1") == []
        assert (await customer.poll()).status_code == 404


async def test_restart_loses_every_session_and_no_contact() -> None:
    async with cisco_bench() as ccp:
        customers = [await ccp.talking(), await ccp.open("")]
        await customers[1].call("PUT", "/leaveChat")
        answer = await ccp.client.post("/_sim/restart")
        assert (answer.status_code, answer.json()) == (200, {})
        for customer in customers:
            assert (await customer.poll()).status_code == 404
            assert (await customer.send("x")).status_code == 404
        chats = await ccp.human.chats()
        assert [chat.details["ended"] for chat in chats] == ["restart", "user left"]
        assert (await ccp.open("")).cookie
