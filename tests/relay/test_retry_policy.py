"""Again, failed or doubtful: for every kind of action and every kind of failure."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import hypothesis.strategies as st
import pytest
from hypothesis import given

from livechat_sdk.lifecycle.effects import Action
from livechat_sdk.relay.failures import CERTAIN, Failure, FailureKind
from livechat_sdk.relay.retry_policy import RETRY_RULES, RETRY_TABLE, Answer, Tried, judge

KINDS = tuple(action.model_fields["kind"].default for action in get_args(get_args(Action)[0]))
F = FailureKind


def failure(kind: FailureKind, retry_after: float | None = None) -> Failure:
    return Failure(kind, "it broke", retry_after, certain=kind in CERTAIN)


def tried(kind: str = "send_message", tries: int = 1, age: float = 0.0, **fields: Any) -> Tried:
    return Tried(kind, tries, age, **fields)


# --------------------------------------------------------------------------------------- totality
def test_table_and_rules_know_every_kind_of_action_and_of_failure() -> None:
    assert set(RETRY_RULES) == set(KINDS)
    assert set(RETRY_TABLE) == set(itertools.product(KINDS, FailureKind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("failed", FailureKind)
@given(
    tries=st.integers(1, 10_000),
    age=st.floats(0, 1e7),
    chance=st.floats(0, 1, exclude_max=True),
    wish=st.none() | st.floats(0, 1e5),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_every_failure_of_every_action_has_a_verdict_that_keeps_the_promises(
    kind: str,
    failed: FailureKind,
    tries: int,
    age: float,
    chance: float,
    wish: float | None,
    flags: tuple[bool, bool, bool],
) -> None:
    safe, in_doubt, alone = flags
    verdict = judge(
        Tried(kind, tries, age, safe=safe, in_doubt=in_doubt, alone=alone),
        failure(failed, wish),
        chance=chance,
    )
    perhaps_done = in_doubt or failed not in CERTAIN
    if verdict.kind == "again":
        assert verdict.pause >= (wish or 0.0), "never earlier than the other side wishes"
        assert verdict.pause > 0
        if kind == "send_message" and not safe:
            assert not perhaps_done or RETRY_TABLE[kind, failed] is Answer.AGAIN
    elif kind in {"decide", "find_contact", "enrich"}:
        assert verdict.kind == "failed", "who only looks leaves no doubt"
    else:
        assert verdict.kind == ("doubtful" if perhaps_done else "failed")
    if kind == "deliver_ended":
        assert verdict.kind == "again", "control must come back to the bot"


# ------------------------------------------------------------------------------- what is repeated
def test_what_provably_never_left_is_sent_again_whatever_the_vendor() -> None:
    for kind in (F.NEVER_LEFT, F.THROTTLED):
        verdict = judge(tried(safe=False), failure(kind), chance=0)
        assert (verdict.kind, verdict.in_doubt) == ("again", False)


def test_unclear_send_is_repeated_only_where_that_is_safe() -> None:
    assert judge(tried(safe=True), failure(F.UNCLEAR), chance=0).kind == "again"
    assert judge(tried(safe=False), failure(F.UNCLEAR), chance=0).kind == "doubtful"


def test_refusal_after_a_try_that_may_have_arrived_leaves_the_doubt() -> None:
    assert judge(tried(), failure(F.REFUSED), chance=0).kind == "failed"
    assert judge(tried(tries=2, in_doubt=True), failure(F.REFUSED), chance=0).kind == "doubtful"
    assert judge(tried(tries=2, in_doubt=True), failure(F.THROTTLED), chance=0).in_doubt


def test_broken_adapter_is_asked_a_few_times_and_a_broken_channel_as_long_as_any() -> None:
    few = [judge(tried("open_chat", n, alone=True), failure(F.BUG), chance=0).kind for n in (1, 2, 3)]
    assert few == ["again", "doubtful", "doubtful"]
    assert judge(tried("deliver_message", 9, age=100), failure(F.BUG), chance=0).kind == "again"


# --------------------------------------------------------------------------------- time and pauses
@pytest.mark.parametrize("kind", [kind for kind in KINDS if RETRY_RULES[kind].budget is not None])
def test_each_action_is_given_up_when_its_time_is_over(kind: str) -> None:
    rule = RETRY_RULES[kind]
    age, tries = 0.0, 0
    while True:
        tries += 1
        verdict = judge(tried(kind, tries, age), failure(F.NEVER_LEFT), chance=0.5)
        if verdict.kind != "again":
            break
        age += verdict.pause
    assert verdict.kind == "failed"
    assert tries >= rule.least_tries
    assert rule.budget is not None
    assert rule.budget - rule.longest_pause * 1.25 <= age <= rule.budget


def test_what_was_due_while_nobody_was_there_still_gets_its_tries() -> None:
    rule = RETRY_RULES["send_message"]
    kinds = [judge(tried(tries=n, age=86_400), failure(F.NEVER_LEFT), chance=0).kind for n in (1, 2, 3)]
    assert kinds == ["again", "again", "failed"]
    assert rule.least_tries == 3


def test_pauses_grow_up_to_the_longest_and_are_spread() -> None:
    pauses = [judge(tried(tries=n), failure(F.NEVER_LEFT), chance=0.5).pause for n in range(1, 12)]
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert pauses[-1] == 60.0
    at_once, late = (judge(tried(), failure(F.NEVER_LEFT), chance=c).pause for c in (0, 0.999))
    assert (at_once, round(late, 2)) == (0.375, 0.62)


def test_wish_of_the_vendor_is_never_undercut_and_the_herd_is_spread_behind_it() -> None:
    pauses = {judge(tried(), failure(F.THROTTLED, 30), chance=c).pause for c in (0, 0.5, 0.9)}
    assert min(pauses) == 30
    assert len(pauses) == 3


def test_wish_that_is_longer_than_the_time_there_is_gives_up_at_once() -> None:
    assert judge(tried(), failure(F.THROTTLED, 901), chance=0).kind == "failed"
    assert judge(tried("deliver_ended"), failure(F.THROTTLED, 86_400), chance=0).pause == 86_400


def test_open_is_given_up_quickly_where_somebody_else_can_be_asked() -> None:
    elsewhere = judge(tried("open_chat"), failure(F.THROTTLED, 30), chance=0)
    assert elsewhere.kind == "failed"
    alone = judge(tried("open_chat", alone=True), failure(F.THROTTLED, 30), chance=0)
    assert alone.kind == "again"
