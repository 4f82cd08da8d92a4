"""The player itself: calm schedules find nothing, a broken dispatcher is found out, failures get short."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from livechat_sdk.dispatcher.intake import Intake
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk_testing.hostile import Fault, HostileProvider
from livechat_sdk_testing.hostile.auditing import Wrong
from tests.faults.playing import play
from tests.faults.schedules import Schedule, Step, make_schedule
from tests.faults.shrinking import shrink

KINDS = (Inbound.WEBHOOK, Inbound.EMBEDDED)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def calm(seed: int) -> Schedule:
    """A schedule in which nothing goes wrong but that processes are restarted in good order."""
    schedule = make_schedule(seed, kinds=KINDS)
    rounds = tuple(
        tuple(replace(step, faults=()) for step in steps if step.what not in _DEADLY)
        for steps in schedule.rounds
    )
    return replace(schedule, rounds=rounds)


_DEADLY = {"crashes", "goes_down", "user_says_and_all_dies", "channel_down"}


def test_a_schedule_is_made_from_its_seed() -> None:
    assert make_schedule(5) == make_schedule(5)
    assert make_schedule(5) != make_schedule(6)
    assert "round 1\n    [0] requests" in str(make_schedule(5))


@pytest.mark.parametrize("seed", range(4))
async def test_calm_schedules_find_nothing(seed: int) -> None:
    played = await play(calm(seed))
    assert played.is_good, str(played)


async def test_events_that_are_dropped_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Intake.take_event

    async def forgetful(self: Intake, event: Any, **more: Any) -> bool:
        if isinstance(event, MessageReceived) and not more:  # straight from a webhook
            return False
        return await original(self, event, **more)

    monkeypatch.setattr(Intake, "take_event", forgetful)
    played = await play(calm(1))
    assert {finding.wrong for finding in played.findings} == {Wrong.LOST}
    assert not played.is_good
    assert "what really happened" in str(played)


async def test_sends_that_are_repeated_blindly_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    original = HostileProvider.send

    async def blind(self: HostileProvider, chat: Any, message: Any) -> Any:
        await original(self, chat, message)
        return await original(self, chat, message)

    monkeypatch.setattr(HostileProvider, "send", blind)
    played = await play(calm(1))
    assert Wrong.DOUBLED in {finding.wrong for finding in played.findings}


async def test_a_store_that_forgets_that_a_send_started_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def careless(self: SqliteStore, row: Any) -> bool:
        return True

    step = Step(0, "user_says_and_all_dies", (), (("send", Fault.HANG_AFTER_ACCEPT),))
    traits = replace(calm(0).slots[0].traits[0], dedupes_by_key=False, looks_up_by_key=False, knows_ref=True)
    start = (Step(0, "requests"), Step(0, "joins"))
    schedule = replace(
        calm(0),
        slots=(replace(calm(0).slots[0], traits=(traits,), livechat={}),),
        rounds=((start[0],), (start[1],), (step,)),
    )
    assert (await play(schedule)).is_good
    monkeypatch.setattr(SqliteStore, "start_action", careless)
    assert Wrong.DOUBLED in {finding.wrong for finding in (await play(schedule)).findings}


async def test_a_failing_schedule_is_made_as_short_as_it_can_be() -> None:
    schedule = make_schedule(11)
    calls = 0

    async def fails(candidate: Schedule) -> bool:
        """Trouble comes of two certain steps in this order, one of them with a fault."""
        nonlocal calls
        calls += 1
        steps = [step for steps in candidate.rounds for step in steps if step.slot == 2]
        first = next((i for i, step in enumerate(steps) if step.what == "requests"), None)
        return first is not None and any(step.what == "user_says" for step in steps[first:])

    assert await fails(schedule)
    shortest = await shrink(schedule, fails)
    assert [step.what for steps in shortest.rounds for step in steps] == ["requests", "user_says"]
    assert not any(step.faults for steps in shortest.rounds for step in steps)
    assert calls < 150
