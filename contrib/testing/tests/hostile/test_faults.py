"""What goes wrong is scripted or drawn, from one closed set, and can be switched off."""

from __future__ import annotations

from random import Random
from typing import get_args

import pytest

from livechat_sdk_testing.hostile import FITTING, Fault, Faults, Operation


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311  (chance with a seed is what a test wants)


def test_scripted_faults_come_in_order_and_then_nothing_goes_wrong() -> None:
    faults = Faults()
    faults.script("send", Fault.NEVER_LEFT, None, Fault.BREAK)
    assert [faults.next("send") for _ in range(4)] == [Fault.NEVER_LEFT, None, Fault.BREAK, None]
    assert faults.next("open") is None


def test_a_fault_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="status cannot have the fault accept_then_time_out"):
        Faults().script("status", Fault.ACCEPT_THEN_TIME_OUT)


@pytest.mark.parametrize("operation", get_args(Operation))
def test_drawn_faults_fit_and_never_hang(operation: Operation) -> None:
    faults = Faults(chance(1), rate=1.0)
    drawn = {faults.next(operation) for _ in range(300)}
    assert drawn == {*FITTING[operation]} - {Fault.HANG, Fault.HANG_AFTER_ACCEPT}


def test_the_same_seed_draws_the_same_faults() -> None:
    one, two = (Faults(chance(7), rate=0.5) for _ in range(2))
    assert [one.next("send") for _ in range(50)] == [two.next("send") for _ in range(50)]


def test_only_chosen_faults_are_drawn_at_about_the_chosen_rate() -> None:
    faults = Faults(chance(3), rate=0.25, among={Fault.LOSE})
    drawn = [faults.next("send") for _ in range(1000)]
    assert set(drawn) == {None, Fault.LOSE}
    assert 200 < drawn.count(Fault.LOSE) < 300


def test_faults_stop() -> None:
    faults = Faults(chance(1), rate=1.0)
    faults.script("open", Fault.REFUSE)
    faults.withheld.add("agent_joined")
    faults.stop()
    assert [faults.next("open"), faults.next("event")] == [None, None]
    assert not faults.withheld


def test_every_fault_fits_somewhere() -> None:
    assert {fault for fitting in FITTING.values() for fault in fitting} == set(Fault)
