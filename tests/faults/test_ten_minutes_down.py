"""Ten minutes without a dispatcher: agents go on talking, vendors give up repeating.

After the start every message that can still be had is there, once, in order; what is lost is exactly what
``longest_outage`` says.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from livechat_sdk.dispatcher.intake import Intake
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.ends import Outcome
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.moments import Moment
from livechat_sdk.errors import RetryableError
from livechat_sdk_testing.hostile import Fault, HostileVendor, Traits
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

        def one(traits: Traits, *, request_timeout: int = 3600) -> World:
            livechat = {"request_timeout": request_timeout}
            world = World(tmp_path / "ledger.db", (Slot((traits,), livechat),))
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


CAN_BE_ASKED = {
    "webhook": Traits(status=True, redelivers_for=0.0),
    "stream": Traits(inbound=Inbound.STREAM, history=True),
    "poll": Traits(inbound=Inbound.POLL),
    "poll with status": Traits(inbound=Inbound.POLL, status=True),
}


async def down_past_the_request_timeout(world: World, *, joins: bool) -> HostileVendor:
    await world.start()
    await play_steps(world, Step(0, "requests"))
    await world.pass_time(10)
    vendor, chat = world.conversations[0].open_chats()[0]
    await world.crash()
    if joins:
        await vendor.join(chat.ref)
        await vendor.say(chat.ref, "hello")
    await world.pass_time_down(DOWN)
    return vendor


@pytest.mark.parametrize("case", CAN_BE_ASKED)
async def test_an_agent_who_joined_meanwhile_is_not_taken_for_one_who_never_came(
    make: Make, case: str
) -> None:
    world = make(CAN_BE_ASKED[case], request_timeout=120)
    await down_past_the_request_timeout(world, joins=True)
    await world.start()
    await world.pass_time(30)
    (handoff,) = await world.running.store.handoffs()
    assert handoff.state is HandoffState.ACTIVE
    assert Moment.MISSED not in world.channel.moments


@pytest.mark.parametrize("case", CAN_BE_ASKED)
async def test_where_nobody_came_the_clock_has_run_out_as_soon_as_that_is_known(
    make: Make, case: str
) -> None:
    world = make(CAN_BE_ASKED[case], request_timeout=120)
    await down_past_the_request_timeout(world, joins=False)
    await world.start()
    await world.pass_time(1)
    (handoff,) = await world.running.store.handoffs()
    assert handoff.outcome is Outcome.MISSED


async def test_a_vendor_that_does_not_answer_holds_back_no_clock_for_long(make: Make) -> None:
    world = make(CAN_BE_ASKED["webhook"], request_timeout=120)
    vendor = await down_past_the_request_timeout(world, joins=True)
    vendor.faults.script("status", *([Fault.BREAK] * 50))
    await world.start()
    await world.pass_time(14)
    (handoff,) = await world.running.store.handoffs()
    assert handoff.is_live
    await world.pass_time(3)
    (handoff,) = await world.running.store.handoffs()
    assert handoff.outcome is Outcome.MISSED


async def test_what_was_committed_before_a_death_comes_before_the_clocks_that_ran_out_since(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(Traits(inbound=Inbound.EMBEDDED), request_timeout=120)
    await world.start()
    await play_steps(world, Step(0, "requests"))
    vendor, chat = world.conversations[0].open_chats()[0]
    monkeypatch.setattr(world.running.database, "_committed", lambda: None)  # the death comes first
    await vendor.join(chat.ref)
    await world.crash()
    await world.pass_time_down(DOWN)
    await world.start()
    await world.settle()
    (handoff,) = await world.running.store.handoffs()
    assert handoff.state is HandoffState.ACTIVE


async def test_last_words_that_were_committed_before_a_death_come_before_the_end_that_goes_on(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(Traits(inbound=Inbound.EMBEDDED))
    await world.start()
    await play_steps(world, Step(0, "requests"), Step(0, "joins"))
    vendor, chat = world.conversations[0].open_chats()[0]
    monkeypatch.setattr(world.running.database, "_committed", lambda: None)  # the death comes first
    await vendor.say(chat.ref, "one more thing")
    await world.running.end(chat.opening.handoff_id)
    await world.crash()
    original = Intake._inbox_loop

    async def late(self: Intake) -> None:
        """The inbox is looked at when everything else that an earlier process left has been done."""
        while world.dispatcher is None or world.dispatcher._relay.busy_lanes:  # noqa: ASYNC110  (no event tells)
            await asyncio.sleep(0)
        await original(self)

    monkeypatch.setattr(Intake, "_inbox_loop", late)
    await world.start()
    await world.pass_time(60)
    assert world.channel.texts == ["one more thing"]
    (handoff,) = await world.running.store.handoffs()
    assert handoff.outcome is Outcome.COMPLETED
    assert audit(await world.evidence()) == []


async def test_what_is_taken_in_at_the_start_comes_behind_what_an_earlier_process_left(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(Traits(inbound=Inbound.EMBEDDED))
    await world.start()
    await play_steps(world, Step(0, "requests"), Step(0, "joins"))
    vendor, chat = world.conversations[0].open_chats()[0]
    world.channel.down = True
    await vendor.say(chat.ref, "one")
    await world.settle()  # recorded, and not delivered yet
    monkeypatch.setattr(world.running.database, "_committed", lambda: None)  # the death comes first
    await vendor.say(chat.ref, "two")
    await world.crash()
    world.channel.down = False
    await world.start()
    await world.pass_time(60)
    assert world.channel.texts == ["one", "two"]
    assert audit(await world.evidence()) == []
