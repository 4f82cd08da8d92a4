"""Rounds: due times, one visit at a time for each chat, fairness, rates, holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from livechat_sdk.inbound.places import ChatKey
from livechat_sdk.inbound.rounds import Rounds
from livechat_sdk.relay.interrupting import HEED_SECONDS
from livechat_sdk_testing.clock import VirtualClock
from tests.relay.deaf import deaf_call, seconds_until


class Visits:
    """Notes who was visited when, and how many side by side."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.begin = clock.now()
        self.seen: list[tuple[float, str]] = []
        self.pauses: dict[str, float | None] = {}
        self.block: dict[str, asyncio.Event] = {}
        self.under_way: list[str] = []
        self.error: Exception | None = None

    async def __call__(self, integration: str, key: ChatKey) -> float | None:
        name = key.handoff_id
        assert name not in self.under_way, "one visit of a chat at a time"
        self.under_way.append(name)
        try:
            self.seen.append(((self.clock.now() - self.begin).total_seconds(), name))
            if self.error is not None:
                raise self.error
            if name in self.block:
                await self.block[name].wait()
            return self.pauses.get(name)
        finally:
            self.under_way.remove(name)


Make = Callable[..., tuple[Rounds, Visits]]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[Rounds] = []

    def one(**options: Any) -> tuple[Rounds, Visits]:
        clock = VirtualClock()
        visits = Visits(clock)
        rounds = Rounds(clock, visits, name="test", **{"at_once": 2, **options})
        rounds.start()
        made.append(rounds)
        return rounds, visits

    yield one
    for rounds in made:
        await rounds.stop()


def plan(rounds: Rounds, visits: Visits, name: str, seconds: float, integration: str = "a") -> None:
    rounds.plan(integration, ChatKey(name, 1), visits.begin + timedelta(seconds=seconds))


async def test_visits_happen_when_they_are_due_and_again_after_their_pause(make: Make) -> None:
    rounds, visits = make()
    visits.pauses = {"x": 10.0}
    plan(rounds, visits, "x", 5)
    plan(rounds, visits, "y", 7)
    await visits.clock.advance(30)
    assert visits.seen == [(5, "x"), (7, "y"), (15, "x"), (25, "x")]
    assert rounds.size == 1, "no pause means never again"


async def test_an_earlier_plan_counts_and_a_later_one_does_not(make: Make) -> None:
    rounds, visits = make()
    plan(rounds, visits, "x", 50)
    plan(rounds, visits, "x", 20)
    plan(rounds, visits, "x", 80)
    await visits.clock.advance(100)
    assert visits.seen == [(20, "x")]


async def test_whoever_has_waited_longest_comes_first_and_only_so_many_at_once(make: Make) -> None:
    rounds, visits = make(at_once=2)
    for name in ("a", "b", "c", "d"):
        visits.block[name] = asyncio.Event()
    for place, name in enumerate(("d", "c", "b", "a")):
        plan(rounds, visits, name, place)
    await visits.clock.advance(10)
    assert visits.under_way == ["d", "c"]
    assert not rounds.is_idle
    visits.block["c"].set()
    await visits.clock.advance(0)
    assert visits.under_way == ["d", "b"]


async def test_a_full_integration_holds_up_no_other(make: Make) -> None:
    rounds, visits = make(at_once=1)
    visits.block["stuck"] = asyncio.Event()
    plan(rounds, visits, "stuck", 0)
    plan(rounds, visits, "behind", 1)
    plan(rounds, visits, "elsewhere", 2, integration="b")
    await visits.clock.advance(5)
    assert [name for _, name in visits.seen] == ["stuck", "elsewhere"]


async def test_each_integration_may_have_a_number_of_its_own(make: Make) -> None:
    rounds, visits = make(at_once={"a": 1, "b": 3}.__getitem__)
    for name in ("u", "v", "w", "x"):
        visits.block[name] = asyncio.Event()
        plan(rounds, visits, name, 0, integration="a" if name in "uv" else "b")
    await visits.clock.advance(1)
    assert sorted(visits.under_way) == ["u", "w", "x"]


async def test_how_late_a_visit_begins_is_told(make: Make) -> None:
    late: list[tuple[str, float]] = []
    rounds, visits = make(at_once=1, late=lambda *told: late.append(told))
    visits.block["x"] = asyncio.Event()
    plan(rounds, visits, "x", 5)
    plan(rounds, visits, "y", 6)
    await visits.clock.advance(10)
    visits.block["x"].set()
    await visits.clock.advance(0)
    assert late == [("a", 0), ("a", 4)]
    rounds.hold("a", 20)  # as its vendor wants it: whoever waits for that is not late
    plan(rounds, visits, "z", 15)
    await visits.clock.advance(30)
    assert late[2:] == [("a", 0)]


async def test_a_chat_that_is_being_visited_is_visited_again_if_that_is_asked_for_meanwhile(
    make: Make,
) -> None:
    rounds, visits = make()
    visits.block["x"] = asyncio.Event()
    plan(rounds, visits, "x", 0)
    await visits.clock.advance(1)
    plan(rounds, visits, "x", 3)
    visits.block["x"].set()
    await visits.clock.advance(10)
    assert visits.seen == [(0, "x"), (3, "x")]


async def test_what_is_forgotten_is_not_visited_again_though_its_visit_is_finished(make: Make) -> None:
    rounds, visits = make()
    visits.pauses = {"x": 1.0}
    visits.block["x"] = asyncio.Event()
    plan(rounds, visits, "x", 0)
    plan(rounds, visits, "y", 5)
    await visits.clock.advance(1)
    rounds.forget("a", ChatKey("x", 1))
    rounds.forget("a", ChatKey("y", 1))
    rounds.forget("b", ChatKey("z", 1))
    visits.block["x"].set()
    await visits.clock.advance(10)
    assert visits.seen == [(0, "x")]
    assert rounds.is_idle
    assert rounds.size == 0


async def test_an_interrupted_visit_stops(make: Make) -> None:
    rounds, visits = make()
    visits.block["x"] = asyncio.Event()
    plan(rounds, visits, "x", 0)
    await visits.clock.advance(1)
    rounds.interrupt("a", ChatKey("x", 1))
    await visits.clock.advance(1)
    assert visits.under_way == []
    assert rounds.is_idle


async def test_a_visit_that_is_interrupted_before_its_first_step_leaves_nothing_behind(make: Make) -> None:
    rounds, visits = make(at_once=1)
    plan(rounds, visits, "x", 0)
    while not rounds._queues["a"].running:  # noqa: ASYNC110  # the visit is begun, and has not run yet
        await asyncio.sleep(0)
    rounds.interrupt("a", ChatKey("x", 1))
    await visits.clock.advance(1)
    assert visits.seen == []
    assert rounds.is_idle
    plan(rounds, visits, "x", 2)
    await visits.clock.advance(2)
    assert [name for _, name in visits.seen] == ["x"]


async def test_a_chat_that_comes_back_while_its_visit_is_interrupted_is_visited(make: Make) -> None:
    rounds, visits = make()
    visits.block["x"] = asyncio.Event()
    plan(rounds, visits, "x", 0)
    await visits.clock.advance(1)
    rounds.interrupt("a", ChatKey("x", 1))
    plan(rounds, visits, "x", 3)
    del visits.block["x"]
    await visits.clock.advance(5)
    assert visits.seen == [(0, "x"), (3, "x")]
    assert rounds.is_idle


async def test_a_rate_lets_a_burst_pass_and_then_so_many_a_second(make: Make) -> None:
    rounds, visits = make(at_once=100, rate=lambda _: 2.0, burst=3)
    for number in range(8):
        plan(rounds, visits, f"{number}", 0)
    await visits.clock.advance(10)
    assert [when for when, _ in visits.seen] == [0, 0, 0, 0.5, 1, 1.5, 2, 2.5]
    plan(rounds, visits, "later", 60)
    plan(rounds, visits, "later too", 60)
    await visits.clock.advance(60)
    assert [when for when, _ in visits.seen[8:]] == [60, 60], "the allowance grows back"


async def test_a_hold_delays_one_integration_and_the_longest_one_counts(make: Make) -> None:
    rounds, visits = make()
    rounds.hold("a", 20)
    rounds.hold("a", 5)
    plan(rounds, visits, "x", 1)
    plan(rounds, visits, "y", 1, integration="b")
    await visits.clock.advance(30)
    assert visits.seen == [(1, "y"), (20, "x")]


async def test_a_visit_that_trips_over_a_bug_is_tried_again_later(make: Make) -> None:
    rounds, visits = make()
    visits.error = RuntimeError("a bug")
    plan(rounds, visits, "x", 0)
    await visits.clock.advance(59)
    visits.error = None
    await visits.clock.advance(2)
    assert visits.seen == [(0, "x"), (60, "x")]


async def test_time_that_passes_in_the_middle_of_a_visit_counts_as_idle() -> None:
    clock = VirtualClock()

    async def visit(_: str, __: ChatKey) -> None:
        await rounds.wait(10)

    rounds = Rounds(clock, visit, name="test", at_once=1)
    rounds.start()
    rounds.plan("a", ChatKey("x", 1), clock.now())
    await clock.advance(1)
    assert rounds.is_idle
    assert rounds.size == 1
    await clock.advance(10)
    assert rounds.size == 0
    await rounds.stop()


async def test_a_visit_that_does_not_heed_being_interrupted_is_named_and_ended(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun = asyncio.Event()

    async def visit(_: str, __: ChatKey) -> None:
        begun.set()
        await deaf_call()

    clock = VirtualClock()
    rounds = Rounds(clock, visit, name="polling", at_once=1)
    rounds.start()
    rounds.plan("acme", ChatKey("h-1", 1), clock.now())
    await begun.wait()
    assert await seconds_until(rounds.stop()) < HEED_SECONDS + 5
    assert [one.getMessage() for one in caplog.records] == [
        "polling acme h-1 does not heed being interrupted; it is ended by force"
    ]
    assert rounds.is_idle
