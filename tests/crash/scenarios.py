"""What is played while workers die: whole conversations, from the request to the bot's next word.

Each scenario drives the world only (vendors, agents, end users, bots) and waits for what these parties can
see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from livechat_sdk_testing.toy import ToyProvider
from tests.processes.inbox import AUTOMATED
from tests.processes.world import Chat, Talk, Vendor, World

SPEED = 20.0
"""How much quicker than life the clock of the workers goes."""

_ABLE = ToyProvider.capabilities.model_dump(mode="json")
DEDUPES: Mapping[str, Any] = _ABLE
"""A vendor to which a repetition is nothing."""
FORGETS: Mapping[str, Any] = {**_ABLE, "dedupes_by_key": False, "send_before_join": False}
"""A vendor that applies whatever comes, cannot be asked, and garbles what comes before an agent."""
LOOKS_UP: Mapping[str, Any] = {**_ABLE, "dedupes_by_key": False, "looks_up_by_key": True}
"""A vendor that applies whatever comes, and can be asked whether something came."""
POLLED: Mapping[str, Any] = {**FORGETS, "inbound": "poll", "webhook_auth": "none"}
"""A vendor that tells nothing unless it is asked."""
EMBEDDED: Mapping[str, Any] = {**DEDUPES, "inbound": "embedded"}
"""A vendor whose events are committed into our own ledger."""


@dataclass(frozen=True)
class Scenario:
    """A play, the vendors in it, and what must come of it."""

    name: str
    play: Callable[[World], Awaitable[None]]
    vendors: Mapping[str, Mapping[str, Any]]
    outcomes: Mapping[str, tuple[str, ...]]
    """For each conversation, the outcomes of its handoffs in order; ``|`` between equally right ones."""
    calm: bool = True
    """Whether one conversation goes on at a time."""
    truth: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """What vendors can really do, where it is not what they say."""
    desk: Mapping[str, Any] | None = None
    """What the ticket system can do, if there is one."""
    inbox: bool = False
    """Whether the worker has the built-in desk, with an automation that makes tickets."""


async def chat_at(world: World, vendor: Vendor, talk: Talk) -> Chat:
    """The chat of a handoff at a vendor, as soon as it is there."""
    chat: Chat = await world.until(
        lambda: vendor.chat_of(talk.handoff), f"{talk.id} has a chat at {vendor.name}"
    )
    return chat


async def an_agent_helps(world: World) -> None:
    """Messages from before the join, both ways, one whose answer is lost, and the agent ends it."""
    vendor, talk = world.vendors["main"], world.talk("c-1")
    vendor.hides_answer_of.add("m-4")
    await talk.request()
    await talk.say("m-1", "m-2")
    chat = await chat_at(world, vendor, talk)
    await vendor.tell(chat, "accepted")
    await talk.settle()
    await vendor.tell(chat, "joined", name="Ann")
    await talk.settle()
    await vendor.say(chat, "a-1")
    await talk.settle()
    await talk.say("m-3")
    await talk.settle()
    await talk.say("m-4")
    await talk.settle()
    await asyncio.gather(talk.say("m-5", "m-6"), vendor.say(chat, "a-2"))
    await talk.settle()
    await vendor.end(chat)
    await talk.handed_back()
    await talk.settle()


async def the_user_has_enough(world: World) -> None:
    """The same until an agent is there; then the end user ends it, and asks again later."""
    vendor, talk = world.vendors["main"], world.talk("c-1")
    vendor.hides_answer_of.add("m-3")
    await talk.request()
    await talk.say("m-1")
    chat = await chat_at(world, vendor, talk)
    await talk.settle()
    await vendor.tell(chat, "joined", name="Ann")
    await talk.settle()
    await talk.say("m-2")
    await talk.settle()
    await talk.say("m-3")
    await talk.settle()
    await vendor.say(chat, "a-1")
    await talk.settle()
    await talk.end()
    await talk.handed_back()
    await talk.settle()
    await talk.request()
    await talk.settle()
    await talk.say("m-4")
    await talk.settle()
    await talk.end()
    await talk.handed_back()
    await talk.settle()


async def the_first_vendor_breaks(world: World) -> None:
    """The first vendor has nobody, the second breaks in the middle, the third takes over and ends it."""
    first, second, third = (world.vendors[name] for name in ("main", "spare", "last"))
    talk = world.talk("c-1")
    first.refuses_chats = True
    second.hides_answer_of.add("m-3")
    await talk.request()
    await talk.say("m-1")
    chat = await chat_at(world, second, talk)
    await talk.settle()
    await second.tell(chat, "joined", name="Ann")
    await talk.settle()
    await talk.say("m-2")
    await talk.settle()
    await second.say(chat, "a-1")
    await talk.settle()
    await talk.say("m-3")
    await talk.settle()
    await second.end(chat, by="provider", why="error")
    other = await chat_at(world, third, talk)
    await talk.say("m-4")
    await talk.settle()
    await third.tell(other, "joined", name="Bob")
    await talk.settle()
    await third.say(other, "a-2")
    await talk.say("m-5")
    await talk.settle()
    await third.end(other)
    await talk.handed_back()
    await talk.settle()


async def nobody_comes(world: World) -> None:
    """One gives up waiting, for another the clock ends it; what they said goes back to the bot."""
    vendor = world.vendors["main"]
    one, two = world.talk("c-1"), world.talk("c-2", bot="hasty-bot")
    await one.request()
    await one.say("m-1", "m-2")
    await chat_at(world, vendor, one)
    await one.settle()
    await one.end()
    await one.handed_back()
    await one.settle()
    await two.request()
    await two.say("n-1")
    await two.handed_back()
    await two.settle()


async def nobody_comes_and_a_ticket_is_made(world: World) -> None:
    """The clock ends it, and what was said goes into a ticket."""
    talk = world.talk("c-1", bot="ticket-bot")
    await talk.request()
    await talk.say("m-1", "m-2", "m-3")
    await talk.handed_back()
    await talk.settle()


async def nobody_comes_to_the_desk(world: World) -> None:
    """The same at the built-in desk: an automation of its admin asks for the ticket."""
    talk = world.talk("c-1", bot=AUTOMATED)
    await talk.request()
    await talk.say("m-1", "m-2", "m-3")
    await talk.handed_back()
    await talk.settle()


async def a_busy_hour(world: World) -> None:
    """Four conversations at once; nobody waits for anybody, and both sides may end at the same time."""
    vendor = world.vendors["main"]

    async def one(number: int) -> None:
        talk = world.talk(f"c-{number}")
        keys = [f"c{number}-m-{index}" for index in range(1, 7)]
        vendor.hides_answer_of.add(keys[4])
        await talk.request()
        await talk.say(*keys[:2])
        chat = await chat_at(world, vendor, talk)
        await vendor.tell(chat, "joined", name="Ann")

        async def agent() -> None:
            for index in range(1, 4):
                await vendor.say(chat, f"c{number}-a-{index}")

        await asyncio.gather(talk.say(*keys[2:5]), agent())
        if number % 2:
            await talk.settle()
            await asyncio.gather(talk.say(keys[5]), vendor.end(chat))
        else:
            await asyncio.gather(talk.say(keys[5]), talk.end(), vendor.end(chat))
        await talk.handed_back()
        await talk.settle()

    await asyncio.gather(*(one(number) for number in range(4)))


TICKET_DESKS: Mapping[str, Mapping[str, Any]] = {
    "missed-ticket": {"dedupes": True},
    "missed-ticket-late": {"dedupes": True, "hides_answers": 2},
    "missed-ticket-looks-up": {"dedupes": False},
    "missed-ticket-looks-up-late": {"dedupes": False, "hides_answers": 1},
}
"""Scenarios in which a missed handoff makes a ticket, with what the ticket system can do."""

_SYSTEMS: Mapping[str, Mapping[str, Any]] = {
    "dynamics": {"sure": True},
    "freshdesk": {
        "sure": False,
        "account": {"search_lag": 0.0},
        "own": {"keyField": "cf_handoff", "searchLag": 0.0},
    },
    "jira": {"sure": False, "account": {"search_lag": 0.0}, "own": {"searchLag": 0.0}},
    "salesforce": {"sure": True, "own": {"keyField": "Handoff_Id__c"}},
    "servicenow": {"sure": False},
    "zendesk-support": {"sure": True},
}
"""Real adapters over simulators of their vendors. The lag is over soon, so that nobody waits for it here."""

TICKET_SYSTEMS: Mapping[str, Scenario] = {
    name: Scenario(
        name,
        nobody_comes_and_a_ticket_is_made,
        {"main": FORGETS},
        {"c-1": ("missed",)},
        desk={"vendor": vendor, "speed": SPEED, "lost": lost, **system},
    )
    for vendor, system in _SYSTEMS.items()
    for name, lost in ((vendor, 0), (f"{vendor}-late", 1))
}
"""The same with each ticket system; ``late``: the first create is carried out and not answered."""

AUTOMATIONS: Mapping[str, Scenario] = {
    name: replace(scenario, name=f"{name}-automation", play=nobody_comes_to_the_desk, inbox=True)
    for name, scenario in TICKET_SYSTEMS.items()
}
"""The same through the desk: a missed request, an automation, a ticket in each ticket system."""

SCENARIOS: Mapping[str, Scenario] = {
    one.name: one
    for one in (
        Scenario("agent-helps-dedupes", an_agent_helps, {"main": DEDUPES}, {"c-1": ("completed",)}),
        Scenario("agent-helps-forgets", an_agent_helps, {"main": FORGETS}, {"c-1": ("completed",)}),
        Scenario("agent-helps-polled", an_agent_helps, {"main": POLLED}, {"c-1": ("completed",)}),
        Scenario("agent-helps-embedded", an_agent_helps, {"main": EMBEDDED}, {"c-1": ("completed",)}),
        Scenario(
            "user-ends-looks-up",
            the_user_has_enough,
            {"main": LOOKS_UP},
            {"c-1": ("completed", "cancelled")},
        ),
        Scenario(
            "vendor-breaks",
            the_first_vendor_breaks,
            {"main": DEDUPES, "spare": FORGETS, "last": LOOKS_UP},
            {"c-1": ("completed",)},
        ),
        Scenario(
            "nobody-comes",
            nobody_comes,
            {"main": FORGETS},
            {"c-1": ("cancelled",), "c-2": ("missed",)},
        ),
        *(
            Scenario(
                name,
                nobody_comes_and_a_ticket_is_made,
                {"main": FORGETS},
                {"c-1": ("missed",)},
                desk=desk,
            )
            for name, desk in TICKET_DESKS.items()
        ),
        Scenario(
            "busy-hour",
            a_busy_hour,
            {"main": FORGETS},
            {f"c-{number}": ("completed",) for number in range(4)},
            calm=False,
        ),
    )
}
"""All scenarios by name."""
