"""Ten minutes without a dispatcher: agents go on talking, vendors give up repeating.

After the start every message that can still be had is there, once, in order; what is lost is exactly what
``longest_outage`` says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.ends import Outcome
from livechat_sdk.errors import RetryableError
from livechat_sdk_testing.hostile import Traits
from livechat_sdk_testing.hostile.auditing import audit
from livechat_sdk_testing.hostile.outage import longest_outage
from tests.faults.playing import play_steps
from tests.faults.schedules import Slot, Step
from tests.faults.world import World

DOWN = 600
EVERY = 50
STARTING = 5
"""Seconds that it takes to start again."""

Make = Callable[..., World]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """A world with one conversation at a vendor with these traits."""
    async with AsyncExitStack() as stack:

        def one(traits: Traits) -> World:
            world = World(tmp_path / "ledger.db", (Slot((traits,), {"request_timeout": 3600}),))
            stack.push_async_callback(world.close)
            return world

        yield one


async def ten_minutes(world: World) -> dict[str, float]:
    """An agent says something every 50 seconds; returns the age of each text when we are back."""
    await world.start()
    await play_steps(world, Step(0, "requests"), Step(0, "joins"), Step(0, "user_says", ("hi",)))
    await world.pass_time(10)
    vendor, chat = world.conversations[0].open_chats()[0]
    await vendor.say(chat.ref, "before")
    await world.pass_time(10)
    await world.crash()
    ages: dict[str, float] = {}
    for at in range(0, DOWN, EVERY):
        await vendor.say(chat.ref, f"at {at}")
        ages[f"at {at}"] = float(DOWN - at + STARTING)
        await world.pass_time_down(EVERY)
    await world.pass_time_down(STARTING)
    await world.start()
    await world.settle()
    await vendor.say(chat.ref, "after")
    await world.pass_time(600)
    return ages


CASES = {
    "webhooks repeated for an hour": Traits(redelivers_for=3600.0),
    "webhooks repeated for five minutes": Traits(redelivers_for=300.0),
    "webhooks never repeated": Traits(redelivers_for=0.0),
    "webhooks and a history": Traits(redelivers_for=120.0, history=True, status=True),
    "webhooks and a short history": Traits(redelivers_for=0.0, history=True, history_keeps=300.0),
    "polling with a session that is over": Traits(inbound=Inbound.POLL, session_life=60.0),
    "a stream": Traits(inbound=Inbound.STREAM, status=True),
    "a stream and a history": Traits(inbound=Inbound.STREAM, history=True),
    "a stream and a short history": Traits(inbound=Inbound.STREAM, history=True, history_keeps=300.0),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_is_lost_is_what_the_statement_says(make: Make, case: str) -> None:
    traits = CASES[case]
    world = make(traits)
    ages = await ten_minutes(world)
    outage = longest_outage(traits.capabilities, keeps=traits.history_keeps)
    arrived = [text for text, age in ages.items() if outage.survives(age)]
    texts = world.channel.texts
    assert sorted(texts) == sorted(["before", *arrived, "after"]), outage.sentence
    assert audit(await world.evidence()) == []
    repeated_webhooks = traits.inbound is Inbound.WEBHOOK and not traits.history
    if not repeated_webhooks:  # those do not wait for each other
        assert texts == ["before", *arrived, "after"]


async def test_an_embedded_vendor_rests_with_us_and_loses_nothing(make: Make) -> None:
    traits = Traits(inbound=Inbound.EMBEDDED)
    world = make(traits)
    await world.start()
    await play_steps(world, Step(0, "requests"), Step(0, "joins"))
    vendor, chat = world.conversations[0].open_chats()[0]
    await vendor.say(chat.ref, "before")
    await world.crash()
    with pytest.raises(RetryableError, match="does not run"):
        await vendor.say(chat.ref, "into the void")
    await world.pass_time_down(DOWN)
    await world.start()
    await vendor.say(chat.ref, "after")
    await world.settle()
    assert longest_outage(traits.capabilities).survives(DOWN)
    assert world.channel.texts == ["before", "after"]
    assert audit(await world.evidence()) == []


@pytest.mark.parametrize("inbound", [Inbound.WEBHOOK, Inbound.STREAM])
async def test_joins_and_ends_that_were_missed_are_asked_for(make: Make, inbound: Inbound) -> None:
    world = make(Traits(inbound=inbound, history=True, status=True, redelivers_for=60.0))
    await world.start()
    await play_steps(world, Step(0, "requests"), Step(0, "user_says", ("hi",)))
    vendor, chat = world.conversations[0].open_chats()[0]
    await world.crash()
    await vendor.join(chat.ref)
    await vendor.say(chat.ref, "hello")
    await world.pass_time_down(DOWN - 300)
    await vendor.say(chat.ref, "goodbye")
    await vendor.end(chat.ref)
    await world.pass_time_down(300)
    await world.start()
    await world.pass_time(120)
    (handoff,) = await world.running.store.handoffs()
    assert handoff.outcome is Outcome.COMPLETED, "an agent had it, though nobody told us"
    assert world.channel.texts == ["hello", "goodbye"]
    assert [one.end.outcome for one in world.channel.ended] == [Outcome.COMPLETED]
    assert audit(await world.evidence()) == []
