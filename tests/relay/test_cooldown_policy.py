"""An integration that cannot open chats is left alone for a while, and comes back by itself."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.relay.cooldown_policy import (
    COOLDOWN_TABLE,
    FAILURES_BEFORE,
    after_failure,
    is_cooling,
    needs_trial,
    trial,
)
from livechat_sdk.relay.failures import Failure, FailureKind
from livechat_sdk.relay.retry_policy import RETRY_RULES
from livechat_sdk_testing.builders import NOON

F = FailureKind
DOWN = Failure(F.UNCLEAR, "TimeoutError")


def failed(times: int) -> Cooldown:
    """After so many failed opens in a row, one every second."""
    cooldown: Cooldown | None = None
    for second in range(times):
        cooldown = after_failure(cooldown, DOWN, NOON + timedelta(seconds=second))
    assert cooldown is not None
    return cooldown


def seconds_left(cooldown: Cooldown, times: int) -> float:
    return (cooldown.until - NOON).total_seconds() - (times - 1)


def test_table_is_total_and_only_opens_count() -> None:
    assert set(COOLDOWN_TABLE) == set(itertools.product(RETRY_RULES, FailureKind))
    counting = {failure for (kind, failure), counts in COOLDOWN_TABLE.items() if counts}
    assert counting == set(FailureKind) - {F.REFUSED, F.UNAVAILABLE, F.UNSUPPORTED}
    assert {kind for (kind, _), counts in COOLDOWN_TABLE.items() if counts} == {"open_chat"}


@pytest.mark.parametrize(
    ("times", "seconds"), [(1, 0), (2, 0), (3, 30), (4, 60), (5, 120), (8, 900), (50, 900)]
)
def test_cool_down_starts_after_a_few_failures_and_grows(times: int, seconds: float) -> None:
    cooldown = failed(times)
    assert cooldown.failures == times
    assert seconds_left(cooldown, times) == seconds
    assert is_cooling(cooldown, NOON + timedelta(seconds=times - 1)) is (seconds > 0)


def test_time_that_the_vendor_names_counts_from_the_first_failure() -> None:
    cooldown = after_failure(None, Failure(F.THROTTLED, "429", retry_after=40, certain=True), NOON)
    assert cooldown.until == NOON + timedelta(seconds=40)
    assert not needs_trial(cooldown, cooldown.until), "one failure is no reason for a trial"


def test_reason_says_how_often_and_what() -> None:
    assert failed(1).reason == "1 failed open, TimeoutError"
    assert failed(4).reason == "4 failed opens in a row, TimeoutError"


def test_failures_of_long_ago_are_forgotten() -> None:
    cooldown = failed(FAILURES_BEFORE)
    later = after_failure(cooldown, DOWN, cooldown.until + timedelta(hours=1))
    assert later.failures == 1


def test_one_trial_is_made_when_it_has_run_out() -> None:
    cooldown = failed(FAILURES_BEFORE)
    assert not needs_trial(cooldown, NOON)
    assert needs_trial(cooldown, cooldown.until)
    trying = trial(cooldown, cooldown.until)
    assert is_cooling(trying, cooldown.until), "everybody else goes on leaving it alone"
    assert not needs_trial(trying, cooldown.until)
    assert trying.reason.startswith("one trial is under way after 3 failed opens")


def test_trial_that_fails_makes_it_longer_and_one_that_vanished_is_made_again() -> None:
    cooldown = failed(FAILURES_BEFORE)
    trying = trial(cooldown, cooldown.until)
    worse = after_failure(trying, DOWN, trying.until)
    assert worse.failures == FAILURES_BEFORE + 1
    assert (worse.until - trying.until).total_seconds() == 60
    assert needs_trial(trying, trying.until)
    assert trial(trying, trying.until).reason == trying.reason, "said once"
