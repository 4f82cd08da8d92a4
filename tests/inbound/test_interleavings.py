"""The same messages come by webhook or poll, by the history, twice, late, or never: each is shown once."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livechat_sdk import Handoff, HandoffState, Outcome
from livechat_sdk.inbound.places import ChatKey
from livechat_sdk_testing.hostile import Fault, Operation, Traits
from tests.inbound.world import POLL, STREAM, WEBHOOK, World

TELLS = [replace(one, status=True, history=True, redelivers_for=600.0) for one in (WEBHOOK, POLL, STREAM)]
EVENT_FAULTS = [None, None, Fault.LOSE, Fault.REPEAT, Fault.DELAY, Fault.REORDER, Fault.WITHHOLD]

FAILING: dict[str, Operation] = {
    "history fails": "history",
    "status fails": "status",
    "poll fails": "poll",
}

says = st.tuples(st.just("say"), st.sampled_from(EVENT_FAULTS))
others = st.tuples(st.sampled_from(["ask", "gap", "restart", *FAILING]), st.none())
waits = st.tuples(st.just("wait"), st.sampled_from([0.0, 0.5, 3.0, 25.0, 70.0]))
plots = st.lists(says | says | waits | others, min_size=1, max_size=12)


class Story:
    """One chat in which an agent talks, over several processes."""

    def __init__(self, database: Path, traits: Traits) -> None:
        self.database = database
        self.world = World(database, traits)
        self.texts: list[str] = []

    async def begin(self) -> Handoff:
        await self.world.__aenter__()
        handoff = await self.world.request()
        await self.world.vendor.join(f"{handoff.id}.1")
        await self.world.pass_time(10)
        return handoff

    async def happens(self, handoff: Handoff, what: str, how: object) -> None:
        world, ref = self.world, f"{handoff.id}.1"
        reconciler = world.dispatcher._inflow.reconciler
        if what == "say":
            world.vendor.faults.script("event", how if isinstance(how, Fault) else None)
            self.texts.append(f"text {len(self.texts)}")
            await world.vendor.say(ref, self.texts[-1], key=self.texts[-1])
        elif what == "wait" and isinstance(how, float):
            await world.pass_time(how)
        elif what == "ask":
            reconciler.ask_now(ChatKey(handoff.id, 1))  # and go on before it is answered
        elif what == "gap":
            reconciler.gap(world.vendor.name)
            await world.pump()
        elif what == "restart":
            await world.kill()
            self.world = World(self.database, heir_of=world)
            await self.world.__aenter__()
        else:
            world.vendor.faults.script(FAILING[what], Fault.BREAK)

    async def settle(self) -> None:
        await self.world.pass_time(200)


async def play(traits: Traits, plot: list[tuple[str, object]], *, ends: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder) / "ledger.db", traits)
        try:
            handoff = await story.begin()
            for what, how in plot:
                await story.happens(handoff, what, how)
            await story.settle()
            world = story.world
            assert sorted(world.channel.texts) == sorted(story.texts)
            lines = [one for one in await world.journal(handoff) if one.kind == "event.message_received"]
            assert [one.refused for one in lines] == [None] * len(story.texts), "each was applied once"
            faults = {how for what, how in plot if what == "say"}
            if traits.history and not faults & {Fault.LOSE, Fault.DELAY, Fault.REORDER, Fault.WITHHOLD}:
                assert world.channel.texts == story.texts, "nobody has mixed them up"
            assert (await world.reload(handoff)).state is HandoffState.ACTIVE
            if ends:
                world.vendor.faults.withheld = {"chat_ended"}
                await world.vendor.end(f"{handoff.id}.1")
                await world.pass_time(200)
                assert (await world.reload(handoff)).outcome is Outcome.COMPLETED
        finally:
            await story.world.__aexit__(None, None, None)


@pytest.mark.parametrize("traits", TELLS, ids=lambda traits: traits.inbound)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plot=plots, ends=st.booleans())
def test_each_message_is_shown_once_whichever_way_it_comes(
    traits: Traits, plot: list[tuple[str, object]], ends: bool
) -> None:
    asyncio.run(play(traits, plot, ends=ends))


async def test_what_is_said_while_the_history_is_written_down_comes_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(tmp_path / "ledger.db", TELLS[2])
    handoff = await story.begin()
    world, ref = story.world, f"{handoff.id}.1"
    try:
        await story.happens(handoff, "say", Fault.WITHHOLD)
        reconciler = world.dispatcher._inflow.reconciler
        putting_right = reconciler._putting_right
        look_up = putting_right.known

        async def look_up_while_they_speak(handoff_id: str) -> set[str]:
            await world.vendor.say(ref, "later", key="later")
            for _ in range(100):
                await asyncio.sleep(0.001)  # the ledger works in threads
                if "later" in world.channel.texts:
                    break
            return await look_up(handoff_id)

        monkeypatch.setattr(putting_right, "known", look_up_while_they_speak)
        reconciler.ask_now(ChatKey(handoff.id, 1))
        await world.pass_time(1)
        assert world.channel.texts == ["text 0", "later"]
    finally:
        await world.__aexit__(None, None, None)
