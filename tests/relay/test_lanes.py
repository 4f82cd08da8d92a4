"""Lanes among several workers: what is lost is dropped, what is claimed anew goes on, no lease, no call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from livechat_sdk.ledger.store import ActionRow, ActionStatus, Completion, LaneLost, LeaseLost, Store
from livechat_sdk.lifecycle.effects import Action, DeliverMessage, Enrich, SendMessage
from livechat_sdk.lifecycle.inputs import EffectSucceeded, Input
from livechat_sdk.relay import Relay
from livechat_sdk.relay.judging import Judgement
from livechat_sdk.relay.leases import LeaseGuard, steady_seconds
from livechat_sdk_testing.clock import VirtualClock


def a_row(
    number: int,
    *,
    fence: int = 1,
    status: ActionStatus = ActionStatus.PENDING,
    worker: str | None = None,
) -> ActionRow:
    action = SendMessage(attempt=1, message_key=f"m{number}")
    return ActionRow(number, "h1", action.lane, action, status, fence=fence, worker=worker)


NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def a_delivery(number: int, said: float | None, *, tries: int = 0) -> ActionRow:
    """A message of an agent, said so many seconds after noon."""
    at = None if said is None else NOON + timedelta(seconds=said)
    action = DeliverMessage(message_key=f"m{number}", owner_number=1, said_at=at)
    return waiting(number, action, tries=tries)


def waiting(number: int, action: Action, *, tries: int = 0) -> ActionRow:
    return ActionRow(number, "h1", action.lane, action, ActionStatus.PENDING, fence=1, tries=tries)


class Bench:
    """A relay whose runner waits when told to, and whose ledger refuses old fences."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.guard = LeaseGuard()
        self.ran: list[tuple[int, int, bool]] = []
        self.written: list[Completion] = []
        self.fence = 1
        self.worker = "w-1"
        self.late = 0
        """So many results are refused because the lease is not known to be extended."""
        self.hold: asyncio.Event | None = None
        self.begun = asyncio.Event()
        self.relay = Relay(cast("Store", self), self.clock, self, self.submit, self.guard)

    async def run(self, row: ActionRow) -> Input | None:
        self.ran.append((row.id, row.fence, row.status is ActionStatus.STARTED))
        self.begun.set()
        if self.hold is not None:
            await self.hold.wait()
        return EffectSucceeded(action=row.action)

    async def has_arrived(self, row: ActionRow) -> bool:
        return False

    def whom(self, row: ActionRow) -> str:
        return "acme"

    async def judge(self, row: ActionRow, error: Exception) -> Judgement:
        raise AssertionError("nothing fails here") from error

    async def action(self, action_id: int) -> ActionRow | None:
        return a_row(action_id, fence=0)

    async def submit(self, handoff_id: str, happening: Input, *, completes: Completion) -> None:
        if completes.fence < self.fence:
            raise LaneLost(f"the lane is under claim {self.fence}")
        if self.late:
            self.late -= 1
            raise LeaseLost("not extended in time")
        self.written.append(completes)

    async def postpone_action(self, row: ActionRow, *, not_before: datetime, **_: Any) -> None:
        raise AssertionError("nothing fails here")

    async def settled(self, done: Callable[[], bool]) -> None:
        for _ in range(1000):
            if done():
                return
            await asyncio.sleep(0)
        raise AssertionError("it does not come to rest")


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_a_started_action_is_run_as_one_that_was_interrupted(bench: Bench) -> None:
    bench.relay.enqueue([a_row(1, status=ActionStatus.STARTED), a_row(2)])

    await bench.settled(lambda: not bench.relay.busy_lanes)

    assert bench.ran == [(1, 1, True), (2, 1, False)]


async def test_a_lane_that_another_worker_runs_is_dropped_with_everything_in_it(bench: Bench) -> None:
    bench.fence = 2
    bench.relay.enqueue([a_row(1), a_row(2), a_row(3)])

    await bench.settled(lambda: not bench.relay.busy_lanes)

    assert [number for number, *_ in bench.ran] == [1]
    assert bench.written == []
    assert bench.relay.lost == 3


async def test_a_result_waits_for_a_lease_that_is_extended_late(bench: Bench) -> None:
    bench.late = 2
    bench.relay.enqueue([a_row(1), a_row(2)])

    for _ in range(3):
        await bench.settled(lambda: bench.clock.next_due is not None or not bench.relay.busy_lanes)
        await bench.clock.advance(1)
    await bench.settled(lambda: not bench.relay.busy_lanes)

    assert [number for number, *_ in bench.ran] == [1, 2]
    assert [done.action_id for done in bench.written] == [1, 2]
    assert bench.relay.lost == 0


async def test_what_was_claimed_anew_goes_on_when_the_old_claim_is_refused(bench: Bench) -> None:
    bench.hold = asyncio.Event()
    bench.relay.enqueue([a_row(1), a_row(2)])
    await bench.begun.wait()
    bench.fence = 2
    bench.relay.enqueue([a_row(1, fence=2, status=ActionStatus.STARTED), a_row(2, fence=2)])
    bench.hold.set()

    await bench.settled(lambda: not bench.relay.busy_lanes)

    assert bench.ran == [(1, 1, False), (1, 2, True), (2, 2, False)]
    assert [(done.action_id, done.fence) for done in bench.written] == [(1, 2), (2, 2)]


async def test_abandoned_lanes_are_interrupted_and_write_nothing(bench: Bench) -> None:
    bench.hold = asyncio.Event()
    bench.relay.enqueue([a_row(1), a_row(2)])
    await bench.begun.wait()

    await bench.relay.abandon()

    assert bench.relay.busy_lanes == 0
    assert bench.written == []
    assert bench.relay.lost == 2
    bench.hold = None
    bench.relay.enqueue([a_row(1, fence=2, status=ActionStatus.STARTED)])
    await bench.settled(lambda: not bench.relay.busy_lanes)
    assert bench.ran[-1] == (1, 2, True)


async def test_what_was_handed_out_before_a_worker_began_anew_is_left_to_its_new_claim(bench: Bench) -> None:
    bench.relay.enqueue([a_row(1, worker="w-1")])
    await bench.settled(lambda: not bench.relay.busy_lanes)
    await bench.relay.abandon()
    bench.worker = "w-2"
    bench.fence = 2

    # A step was committed before the lease was lost; its answer comes now, ahead of the claim.
    bench.relay.enqueue([a_row(3, worker="w-1")])
    await bench.settled(lambda: not bench.relay.busy_lanes)
    bench.relay.enqueue([a_row(2, fence=2, worker="w-2"), a_row(3, fence=2, worker="w-2")])
    await bench.settled(lambda: not bench.relay.busy_lanes)

    assert bench.ran == [(1, 1, False), (2, 2, False), (3, 2, False)]


async def test_what_is_handed_out_while_lanes_are_abandoned_is_abandoned_too(bench: Bench) -> None:
    bench.hold = asyncio.Event()
    bench.relay.enqueue([a_row(1, worker="w-1")])
    await bench.begun.wait()

    bench.guard.end()
    abandoning = asyncio.ensure_future(bench.relay.abandon())
    await asyncio.sleep(0)
    bench.relay.enqueue([a_row(2, worker="w-1")])
    await abandoning
    bench.guard.extend(steady_seconds(), 60)
    bench.hold = None
    await bench.settled(lambda: not bench.relay.busy_lanes)

    assert [number for number, *_ in bench.ran] == [1]


async def test_nobody_is_called_without_a_lease(bench: Bench) -> None:
    bench.guard.end()
    bench.relay.enqueue([a_row(1)])
    await bench.settled(lambda: bench.relay.busy_lanes == 1 and not bench.relay.runnable_lanes)
    assert bench.ran == []

    bench.guard.extend(steady_seconds(), 60)
    await bench.clock.advance(2)
    await bench.settled(lambda: not bench.relay.busy_lanes)

    assert bench.ran == [(1, 1, False)]


async def test_a_call_is_bounded_by_what_is_left_of_the_lease() -> None:
    guard = LeaseGuard()
    guard.extend(steady_seconds() - 1.0, 1.2)  # nearly over: a tenth is never used

    with pytest.raises(TimeoutError):
        async with guard.limit(20):
            await asyncio.Event().wait()


async def test_a_call_does_not_begin_when_the_lease_is_over() -> None:
    guard = LeaseGuard()
    guard.extend(steady_seconds() - 1.0, 1.1)

    with pytest.raises(LeaseLost):
        async with guard.limit(20):
            pytest.fail("the call has begun")


def test_a_guard_that_was_never_told_of_a_lease_does_not_limit() -> None:
    assert LeaseGuard().left > 1e9


FILE = waiting(4, Enrich(message_key="m4", attempt=1))


@pytest.mark.parametrize(
    ("rows", "order"),
    [
        ([a_delivery(1, 3), a_delivery(2, 1), a_delivery(3, 2)], [2, 3, 1]),
        ([a_delivery(1, 1), a_delivery(2, 1), a_delivery(3, 1)], [1, 2, 3]),
        ([a_delivery(1, 3), a_delivery(2, None), a_delivery(3, 2)], [1, 2, 3]),
        ([a_delivery(1, 3, tries=1), a_delivery(2, 1)], [1, 2]),
        ([a_delivery(1, 3), FILE, a_delivery(5, 1)], [1, 4, 5]),
    ],
    ids=[
        "by their times",
        "no time is earlier",
        "one has no time",
        "one was tried",
        "a file is fetched first",
    ],
)
async def test_messages_that_wait_untouched_are_in_the_order_in_which_they_were_said(
    bench: Bench, rows: list[ActionRow], order: list[int]
) -> None:
    with bench.relay.held():
        bench.relay.enqueue(rows)
    await bench.settled(lambda: len(bench.written) == len(rows))
    assert [one for one, *_ in bench.ran] == order


async def test_message_that_is_being_delivered_is_not_overtaken(bench: Bench) -> None:
    bench.hold = asyncio.Event()
    bench.relay.enqueue([a_delivery(1, 5)])
    await bench.begun.wait()
    bench.relay.enqueue([a_delivery(2, 6), a_delivery(3, 1)])
    bench.hold.set()
    await bench.settled(lambda: len(bench.written) == 3)
    assert [one for one, *_ in bench.ran] == [1, 3, 2]
