"""Our keys as vendors take them, and calls that may still be on their way."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk_tickets.marks import Underway, mark_of, marked, reference_of
from providers.tickets.tests.bench import NOW

KEYS = st.text(min_size=1, max_size=250)


def test_a_harmless_key_is_its_own_reference() -> None:
    assert reference_of("h-1.ticket.during") == "h-1.ticket.during"


@given(KEYS)
def test_a_reference_needs_no_quoting_and_is_short(key: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", reference_of(key))


@given(KEYS, KEYS)
def test_two_keys_have_two_references_and_two_marks(one: str, other: str) -> None:
    assert (reference_of(one) == reference_of(other)) == (one == other)
    assert (mark_of(one) == mark_of(other)) == (one == other)


def test_the_mark_is_the_last_line() -> None:
    assert marked("a\nb", "h-1.note.1").split("\n") == ["a", "b", "", mark_of("h-1.note.1")]


class Time:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


def test_a_call_is_on_its_way_for_its_time_after_it_last_left_here_or_first_somewhere() -> None:
    time = Time()
    underway = Underway(time, 60.0)
    first = time.now
    time.pass_by(20)
    assert underway.rest("a", first) == 40
    underway.leaves("a")
    time.pass_by(50)
    assert (underway.rest("a", first), underway.rest("b", first)) == (10, 0)
    underway.forget("a")
    assert underway.rest("a", first) == 0


def test_it_does_not_remember_for_ever() -> None:
    underway = Underway(Time(), 60.0)
    for number in range(10_001):
        underway.leaves(str(number))
    assert underway.rest("0", NOW - timedelta(seconds=60)) == 0
    assert underway.rest("10000", NOW - timedelta(seconds=60)) == 60
