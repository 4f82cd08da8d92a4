from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from contrib.simulators.tests.bench import bench
from livechat_sdk_simulators.faults import FaultSwitch
from livechat_sdk_simulators.plans import FaultPlan


def following(**plan: Any) -> FaultSwitch:
    faults = FaultSwitch(["send", "open"])
    faults.follow(FaultPlan(**plan))
    return faults


def statuses(faults: FaultSwitch, *operations: str) -> list[int | None]:
    found = (faults.of_call(operation) for operation in operations)
    return [None if fault is None else fault.details["status"] for fault in found]


def test_one_call_of_five_is_refused_and_so_is_its_retry_with_both_statuses_in_turns() -> None:
    faults = following(refuse_every=5, seed=3)
    given = statuses(faults, *[f"op-{number}" for number in range(1000)])
    assert [status for status in given if status] == [429, 503] * 100
    rows = [given[start : start + 5] for start in range(0, 1000, 5)]
    assert all(sum(status is not None for status in row) == 1 for row in rows)
    assert len({tuple(status is not None for status in row) for row in rows}) == 5, "always the same place"


def test_a_retry_is_the_next_call_of_the_same_operation_whatever_comes_between() -> None:
    faults = following(refuse_every=1000, seed=0)
    while statuses(faults, "send") == [None]:
        pass
    assert statuses(faults, "open", "send", "send") == [None, 503, None]


def test_a_429_says_when_to_come_again_in_whole_seconds() -> None:
    faults = following(refuse_every=1, retry_after=0.2)
    wishes = [fault.details["retry_after"] for _ in range(2) if (fault := faults.of_call("send"))]
    assert wishes == ["1", None]


def test_what_is_scripted_comes_first_and_is_not_counted() -> None:
    faults = following(refuse_every=1)
    faults.script("send", "slow")
    fault = faults.of_call("send")
    assert fault is not None
    assert fault.kind == "slow"
    assert statuses(faults, "send") == [429]


def test_shares_of_events_are_as_planned_and_the_same_for_the_same_seed() -> None:
    def kinds(seed: int) -> list[str]:
        faults = following(seed=seed, repeat=0.2, delay=0.1, delay_seconds=2)
        drawn = [faults.of_webhook("message") for _ in range(2000)]
        late = [fault.number("seconds") for fault in drawn if fault and fault.kind == "delay"]
        assert all(0.2 <= seconds <= 2 for seconds in late)
        return [fault.kind if fault else "" for fault in drawn]

    counted = Counter(kinds(7))
    assert 340 <= counted["repeat"] <= 460
    assert 150 <= counted["delay"] <= 250
    assert kinds(7) == kinds(7)
    assert kinds(7) != kinds(8)


def test_without_a_plan_nothing_happens_and_clearing_ends_one() -> None:
    faults = following(refuse_every=1, repeat=1.0)
    faults.clear()
    assert faults.plan is None
    assert faults.of_call("send") is None
    assert faults.of_webhook("x") is None


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        ({"repeat": 1.5}, "repeat is a number from 0 to 1"),
        ({"delay": -0.1}, "delay is a number"),
        ({"repeat": True}, "repeat is a number"),
        ({"repeat": 0.6, "delay": 0.6}, "at most 1 together"),
        ({"refuse_every": 2.5}, "refuse_every is a whole number"),
        ({"refuse_every": None}, "refuse_every is a whole number"),
        ({"delay_seconds": 1e9}, "delay_seconds"),
        ({"retry_after": "soon"}, "retry_after is a number"),
        ({"colour": 1}, "a plan has no 'colour'"),
    ],
)
async def test_numbers_that_make_no_sense_are_refused_over_the_control_api(
    plan: dict[str, Any], word: str
) -> None:
    async with bench() as parley:
        answer = await parley.client.post("/_sim/faults/plan", json=plan)
        assert answer.status_code == 400
        assert word in answer.json()["error"]
        assert (await parley.client.get("/_sim/faults")).json()["plan"] is None


async def test_calls_and_events_of_a_vendor_suffer_by_the_plan() -> None:
    async with bench() as parley:
        chat = await parley.open()
        await parley.events()
        plan = {"seed": 1, "repeat": 1, "refuse_every": 1}
        answer = await parley.client.post("/_sim/faults/plan", json=plan)
        assert answer.json()["plan"] == {**plan, "delay": 0.0, "delay_seconds": 1.0, "retry_after": 1.0}
        await parley.parley.human.join("h-1.1")
        assert await parley.kinds() == ["agent.joined", "agent.joined"]
        refused = await parley.send(chat)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert (await parley.send(chat)).status_code == 503
        shown = (await parley.client.get("/_sim/faults")).json()
        assert shown["happened"] == {"calls": 2, "refused": 2, "repeat": 1, "delay": 0}
        assert (await parley.client.delete("/_sim/faults")).json()["plan"] is None
        assert (await parley.send(chat)).status_code == 201


async def test_late_events_are_passed_by_later_ones() -> None:
    async with bench() as parley:
        await parley.open()
        await parley.events()
        await parley.client.post(
            "/_sim/faults/plan", json={"delay": 1, "delay_seconds": 5, "retry_after": None}
        )
        await parley.parley.human.join("h-1.1")
        await parley.client.delete("/_sim/faults")
        await parley.parley.human.typing("h-1.1", on=True)
        assert await parley.kinds() == ["typing.changed"]
        parley.clock.advance(5)
        assert await parley.kinds() == ["agent.joined"]
