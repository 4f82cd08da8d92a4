"""A message that never gets through is overtaken by the next one, and never arrives behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import cast

import pytest

from livechat_sdk.ledger.store import ActionRow, ActionStatus, Completion, Store
from livechat_sdk.lifecycle.effects import DeliverMessage
from livechat_sdk.lifecycle.inputs import EffectSucceeded, Input
from livechat_sdk.relay import Relay
from livechat_sdk.relay.judging import Judgement
from livechat_sdk_testing.clock import VirtualClock

PAUSE = 10.0


class World:
    """A ledger of one lane, and another side that refuses some messages, or all."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.worker = "w-1"
        self.rows: dict[int, ActionRow] = {}
        self.refused: set[int] = set()
        self.is_down = False
        self.in_doubt = False
        """Whether a failure leaves open if the message has arrived."""
        self.arrived: set[int] = set()
        """Messages that are there, though their tries were not answered."""
        self.tried: list[int] = []
        self.shown: list[int] = []
        self.ended: list[tuple[int, ActionStatus]] = []
        self.dies_after: int | None = None
        self.relay = self.begin()

    def begin(self) -> Relay:
        """A process on the ledger as it is."""
        self.relay = Relay(cast("Store", self), self.clock, self, self.submit)
        open_rows = [row for row in self.rows.values() if row.status in {"pending", "started"}]
        self.relay.enqueue(open_rows)
        return self.relay

    def add(self, *numbers: int) -> None:
        for number in numbers:
            action = DeliverMessage(message_key=f"m{number}", owner_number=1)
            self.rows[number] = ActionRow(number, "h1", action.lane, action, ActionStatus.PENDING)
            self.relay.enqueue([self.rows[number]])

    async def dead(self) -> None:
        """Until the process is dead; its clocks go with it."""
        await self.settled(lambda: self.dies_after is None)
        await self.relay.abandon()

    async def run(self, row: ActionRow) -> Input | None:
        self.tried.append(row.id)
        if self.is_down or row.id in self.refused:
            raise ConnectionError("no answer")
        self.shown.append(row.id)
        if row.id == self.dies_after:
            self.dies_after = None
            await asyncio.Event().wait()
        return EffectSucceeded(action=row.action)

    async def has_arrived(self, row: ActionRow) -> bool:
        return row.id in self.arrived

    def whom(self, row: ActionRow) -> str:
        return "acme"

    async def judge(self, row: ActionRow, error: Exception) -> Judgement:
        return Judgement("again", str(error), PAUSE, keep_started=self.in_doubt, suspect=True)

    async def action(self, action_id: int) -> ActionRow | None:
        return self.rows[action_id]

    async def start_action(self, row: ActionRow) -> bool:
        self.rows[row.id] = replace(self.rows[row.id], status=ActionStatus.STARTED, not_before=None)
        return True

    async def postpone_action(
        self, row: ActionRow, *, not_before: datetime, error: str, started: bool = False
    ) -> None:
        self.rows[row.id] = replace(
            self.rows[row.id],
            status=ActionStatus.STARTED if started else ActionStatus.PENDING,
            tries=row.tries + 1,
            not_before=not_before,
            error=error,
        )

    async def submit(self, handoff_id: str, happening: Input, *, completes: Completion) -> None:
        self.rows[completes.action_id] = replace(self.rows[completes.action_id], status=completes.status)
        self.ended.append((completes.action_id, completes.status))

    async def settled(self, done: Callable[[], bool]) -> None:
        for _ in range(1000):
            if done():
                return
            await asyncio.sleep(0)
        raise AssertionError("it does not come to rest")

    async def pass_time(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        for _ in range(50):
            await asyncio.sleep(0)

    async def until_tried(self, number: int, times: int) -> None:
        while self.tried.count(number) < times:
            await self.pass_time(PAUSE)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.relay.abandon()


async def test_what_never_gets_through_is_given_up_when_the_next_one_did(world: World) -> None:
    world.refused = {1}
    world.add(1, 2, 3)
    await world.until_tried(1, 8)
    await world.settled(lambda: len(world.ended) == 3)
    assert world.shown == [2, 3]
    assert world.ended == [(1, ActionStatus.DOUBTFUL), (2, ActionStatus.DONE), (3, ActionStatus.DONE)]


@pytest.mark.parametrize("in_doubt", [False, True])
async def test_the_order_holds_when_the_other_side_is_down_for_all_and_comes_back(
    world: World, in_doubt: bool
) -> None:
    world.is_down, world.in_doubt = True, in_doubt
    world.add(1, 2)
    await world.until_tried(1, 12)
    assert 2 in world.tried
    world.is_down = False
    await world.pass_time(PAUSE)
    await world.settled(lambda: len(world.ended) == 2)
    assert world.shown == [1, 2]


async def test_what_arrived_past_the_head_unanswered_lets_the_head_be_given_up(world: World) -> None:
    world.is_down, world.in_doubt = True, True
    world.add(1, 2)
    await world.until_tried(1, 8)
    while 2 not in world.tried:
        await world.pass_time(PAUSE)
    world.is_down, world.arrived = False, {2}
    await world.pass_time(PAUSE)
    await world.settled(lambda: len(world.ended) == 2)
    assert world.shown == [2], "the first would arrive behind it"
    assert world.ended == [(1, ActionStatus.DOUBTFUL), (2, ActionStatus.DONE)]


async def test_a_message_that_comes_long_after_the_failure_does_not_pass(world: World) -> None:
    world.is_down = True
    world.add(1)
    await world.until_tried(1, 10)
    world.is_down = False
    world.add(2)
    await world.pass_time(PAUSE)
    await world.settled(lambda: len(world.ended) == 2)
    assert world.shown == [1, 2]
    assert {status for _, status in world.ended} == {ActionStatus.DONE}


@pytest.mark.parametrize("is_back", [True, False], ids=["the first could pass now", "it could not"])
async def test_after_a_crash_the_first_never_arrives_behind_what_has_passed_it(
    world: World, is_back: bool
) -> None:
    world.refused = {1}
    world.add(1, 2)
    world.dies_after = 2
    await world.until_tried(1, 8)
    await world.dead()
    if is_back:
        world.refused = set()
    world.begin()
    await world.settled(lambda: len(world.ended) == 2)
    assert world.shown == [2, 2], "the channel knows a repeated message by its key"
    assert world.ended == [(1, ActionStatus.DOUBTFUL), (2, ActionStatus.DONE)]


async def test_after_a_crash_a_message_that_did_not_pass_is_second_again(world: World) -> None:
    world.refused = {1}
    world.add(1, 2)
    world.dies_after = 2
    await world.until_tried(1, 8)
    await world.dead()
    world.shown.clear()  # it was shown to nobody: the channel died before it
    world.is_down = True
    world.begin()
    tried = len(world.tried)
    await world.pass_time(PAUSE)
    assert world.tried[tried:] == [2, 1], "what became of the second is found out first"
    world.is_down, world.refused = False, set()
    await world.pass_time(PAUSE)
    await world.settled(lambda: len(world.ended) == 2)
    assert world.shown == [1, 2]
