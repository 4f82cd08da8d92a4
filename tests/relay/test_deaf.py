"""Whoever catches ``CancelledError`` and goes on holds up neither the end of a process nor a new lease."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from livechat_sdk.ledger.store import ActionRow
from livechat_sdk.lifecycle.inputs import EffectSucceeded, Input
from livechat_sdk.relay.interrupting import HEED_SECONDS, interrupt, start
from tests.relay.deaf import deaf_call, seconds_until
from tests.relay.test_lanes import Bench, a_row


class Deaf(Bench):
    """A bench whose first call is deaf until ``answer`` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = asyncio.Event()
        self.over: list[int] = []

    async def run(self, row: ActionRow) -> Input | None:
        self.ran.append((row.id, row.fence, False))
        self.begun.set()
        try:
            while not self.answer.is_set():
                with suppress(asyncio.CancelledError):
                    await self.answer.wait()
        finally:
            self.over.append(row.id)
        return EffectSucceeded(action=row.action)


@pytest.fixture
async def deaf() -> AsyncIterator[Deaf]:
    made = Deaf()
    made.relay.enqueue([a_row(1), a_row(2)])
    await made.begun.wait()
    yield made
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("lane")]


@pytest.mark.parametrize("grace", [0.0, 10.0])
async def test_stopping_ends_a_call_by_force_that_does_not_heed_being_interrupted(
    deaf: Deaf, grace: float, caplog: pytest.LogCaptureFixture
) -> None:
    taken = await seconds_until(deaf.relay.stop(grace=grace))

    assert grace + HEED_SECONDS <= taken < grace + HEED_SECONDS + 5
    assert deaf.over == [1], "what it holds is let go"
    assert deaf.written == [], "nobody knows what became of it: the ledger must not say otherwise"
    assert [number for number, *_ in deaf.ran] == [1]
    (line,) = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert "lane h1 provider.1: send_message at acme does not heed being interrupted" in line


async def test_abandoning_ends_it_as_well_and_its_lane_goes_on_under_the_new_claim(deaf: Deaf) -> None:
    taken = await seconds_until(deaf.relay.abandon())

    assert taken < HEED_SECONDS + 5
    assert (deaf.over, deaf.written, deaf.relay.lost) == ([1], [], 2)
    deaf.answer.set()
    deaf.relay.enqueue([a_row(1, fence=2), a_row(2, fence=2)])
    await deaf.settled(lambda: not deaf.relay.busy_lanes)
    assert [row[:2] for row in deaf.ran] == [(1, 1), (1, 2), (2, 2)]


async def test_what_answers_while_its_lane_is_abandoned_takes_no_other_action_of_it(deaf: Deaf) -> None:
    deaf.fence = 2
    abandoning = asyncio.ensure_future(deaf.relay.abandon())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    deaf.answer.set()
    await abandoning
    assert [number for number, *_ in deaf.ran] == [1]
    assert deaf.written == []


async def test_what_hides_in_a_task_of_its_own_is_left_behind() -> None:
    inner: list[asyncio.Task[None]] = []

    async def hides() -> None:
        inner.append(start(deaf_call(), name="inner"))
        await inner[0]

    task = start(hides(), name="outer")
    await asyncio.sleep(0)
    told: list[str] = []
    assert await seconds_until(interrupt([task], lambda one: told.append(one.get_name()))) < HEED_SECONDS + 5
    assert (told, task.done()) == (["outer"], False)
    await seconds_until(interrupt(inner, lambda one: told.append(one.get_name())))
    await asyncio.wait([task])
    assert told == ["outer", "inner"]


@pytest.mark.parametrize("tidying", [0, 1, 3])
async def test_what_tidies_up_before_it_ends_is_not_disturbed(tidying: int) -> None:
    tidied: list[int] = []

    async def tidy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for number in range(tidying):
                await asyncio.sleep(0)
                tidied.append(number)

    task = start(tidy(), name="tidy")
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    told: list[object] = []
    await interrupt([task], told.append)
    assert (tidied, told, task.cancelled()) == ([*range(tidying)], [], True)


async def test_what_waits_in_its_last_blocks_is_ended_all_the_same() -> None:
    reached: list[str] = []

    async def waits_at_the_end() -> None:
        try:
            try:
                await deaf_call()
            finally:
                await asyncio.Event().wait()
        finally:
            reached.append("the last block")

    task = start(waits_at_the_end(), name="waits")
    await asyncio.sleep(0)
    told: list[object] = []
    await seconds_until(interrupt([task], told.append))
    assert (reached, told, task.cancelled()) == (["the last block"], [task], True)


async def test_a_task_that_can_be_ended_by_force_says_what_it_runs() -> None:
    task = start(deaf_call(), name="deaf")
    assert getattr(task.get_coro(), "__qualname__", None) == "deaf_call"
    await seconds_until(interrupt([task], lambda _: None))
