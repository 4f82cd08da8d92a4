"""How soon a chat is polled again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from livechat_sdk.inbound.pace import after_failure, next_poll
from livechat_sdk.provider.interface import PollPace

PACE = PollPace(fastest=1, slowest=30)
quiets = st.floats(0, 1e6)


@given(quiets, st.booleans(), st.booleans())
def test_the_pace_stays_within_the_providers_bounds(quiet: float, engaged: bool, over: bool) -> None:
    assert 1 <= next_poll(PACE, quiet=quiet, engaged=engaged, over=over) <= 30


@given(quiets, quiets, st.booleans())
def test_the_longer_the_silence_the_longer_the_pause(one: float, two: float, engaged: bool) -> None:
    less, more = sorted([one, two])
    first = next_poll(PACE, quiet=less, engaged=engaged, over=False)
    assert first <= next_poll(PACE, quiet=more, engaged=engaged, over=False)


@given(quiets)
def test_waiting_is_no_quicker_than_talking(quiet: float) -> None:
    waiting = next_poll(PACE, quiet=quiet, engaged=False, over=False)
    assert waiting >= next_poll(PACE, quiet=quiet, engaged=True, over=False)


@given(quiets, st.booleans(), st.booleans(), st.floats(0, 3600))
def test_what_the_vendor_asks_for_counts_before_all_else(
    quiet: float, engaged: bool, over: bool, wanted: float
) -> None:
    assert next_poll(PACE, quiet=quiet, engaged=engaged, over=over, wanted=wanted) == max(wanted, 1)


def test_a_chat_that_is_over_is_polled_at_the_slowest_pace() -> None:
    assert next_poll(PACE, quiet=0, engaged=True, over=True) == 30


@given(st.floats(0, 3600), st.integers(1, 10**6), st.none() | st.floats(0, 7200))
def test_after_a_failure_it_is_never_too_early(
    usual: float, failures: int, retry_after: float | None
) -> None:
    pause = after_failure(usual, failures, retry_after)
    assert pause >= max(usual, retry_after or 0, 1)
    assert pause <= max(usual, retry_after or 0, 120)


def test_pauses_after_failures_double() -> None:
    assert [after_failure(0, failures, None) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 32, 64, 120]


def test_a_pace_whose_bounds_are_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(ValidationError, match="fastest must not be larger"):
        PollPace(fastest=10, slowest=1)
