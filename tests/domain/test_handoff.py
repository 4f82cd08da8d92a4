"""The handoff's own questions: does it live, does it wait, is something open at the vendor."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from livechat_sdk.domain.chats import Chat, ChatEnded
from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.handoff import (
    Attempt,
    HandoffPolicy,
    HandoffState,
    QueueStatus,
    SurveyAnswer,
)
from livechat_sdk.domain.people import EndUser
from livechat_sdk_testing.builders import NOON, a_candidate, a_chat, a_handoff, a_request, an_event

S = HandoffState


def attempt(number: int = 1, *, early: bool = False, **fields: Any) -> Attempt:
    return Attempt(
        number=number, ref=f"h-1.{number}", candidate=a_candidate(send_before_join=early), **fields
    )


# ------------------------------------------------------------------------------------------ a new handoff
def test_new_handoff_is_requested_and_waits() -> None:
    handoff = a_handoff()
    assert (handoff.state, handoff.version, handoff.owner_number) == (S.REQUESTED, 0, 1)
    assert handoff.is_live
    assert handoff.is_waiting
    assert handoff.attempt is None
    assert handoff.integration is None
    assert handoff.outcome is None


@pytest.mark.parametrize(
    ("state", "live", "waiting"),
    [
        (S.REQUESTED, True, True),
        (S.STARTING, True, True),
        (S.QUEUED, True, True),
        (S.ACTIVE, True, False),
        (S.TRANSFERRING, True, False),
        (S.ENDING, True, False),
        (S.ENDED, False, False),
    ],
)
def test_states_that_live_and_states_that_wait(state: HandoffState, live: bool, waiting: bool) -> None:
    handoff = a_handoff(state=state)
    assert (handoff.is_live, handoff.is_waiting) == (live, waiting)


def test_current_attempt_is_the_last_one() -> None:
    handoff = a_handoff(attempts=(attempt(1), attempt(2)))
    assert handoff.attempt is not None
    assert handoff.attempt.number == 2
    assert handoff.integration == "desk"


def test_outcome_comes_with_the_end() -> None:
    end = End(outcome=Outcome.MISSED, reason=EndReason(by="clock", why="timeout"), at=NOON)
    assert a_handoff(end=end).outcome is Outcome.MISSED


@pytest.mark.parametrize(
    ("fields", "takes"),
    [
        ({}, False),
        ({"opened": True}, False),
        ({"opened": True, "accepted": True}, True),
        ({"accepted": True}, False),
        ({"joined": True}, True),
        ({"opened": True, "early": True}, True),
        ({"early": True}, False),
    ],
)
def test_attempt_takes_messages_once_somebody_is_there_or_the_vendor_keeps_them(
    fields: dict[str, bool], takes: bool
) -> None:
    assert attempt(**fields).takes_messages is takes


@pytest.mark.parametrize(
    ("state", "fields", "open_there"),
    [
        (S.ENDED, {"opened": True}, True),
        (S.ENDED, {"opened": True, "closed": True}, False),
        (S.ENDED, {}, False),
        (S.ENDING, {"opened": True}, False),
        (S.ACTIVE, {"opened": True}, False),
    ],
)
def test_ended_here_and_still_open_there_is_a_flag(
    state: HandoffState, fields: dict[str, bool], open_there: bool
) -> None:
    other = attempt(2, opened=True, closed=True)
    assert a_handoff(state=state, attempts=(attempt(**fields), other)).open_at_vendor is open_there


# ---------------------------------------------------------------------------------------------- the request
def test_language_of_the_request_goes_before_that_of_the_user() -> None:
    user = EndUser(id="u-1", language="el")
    assert a_request(user=user).spoken_language == "el"
    assert a_request(user=user, language="en").spoken_language == "en"
    assert a_request().spoken_language is None
    assert a_handoff(request=a_request(user=user)).language == "el"


def test_request_has_limits() -> None:
    answer = SurveyAnswer(id="q", question="?", answer="!")
    for too_much in (
        {"summary": "x" * 10_001},
        {"survey": (answer,) * 101},
        {"transcript": [{"author": "user", "body": ""}] * 5001},
        {"reason": "x" * 1001},
        {"key": "x" * 201},
    ):
        with pytest.raises(ValidationError):
            a_request(**too_much)


def test_answer_has_a_limit() -> None:
    with pytest.raises(ValidationError):
        SurveyAnswer(id="q", question="?", answer="x" * 4001)


# ----------------------------------------------------------------------------------------------- the policy
TIMES = [name for name, field in HandoffPolicy.model_fields.items() if "float" in str(field.annotation)]
PAUSES = {"wait_for_contact", "queue_every", "queue_fresh_for"}  # no clocks of the conversation
CLOCKS = [name for name in TIMES if name not in PAUSES]


def test_policy_has_its_seven_clocks() -> None:
    assert len(CLOCKS) == 7


def test_nobody_waits_long_for_a_contact() -> None:
    assert HandoffPolicy(wait_for_contact=2).wait_for_contact == 2
    with pytest.raises(ValidationError):
        HandoffPolicy(wait_for_contact=2.1)


@pytest.mark.parametrize("clock", TIMES)
@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan, 1e12, 366 * 86400 + 1])
def test_clock_runs_for_a_time_that_has_an_end(clock: str, seconds: float) -> None:
    with pytest.raises(ValidationError):
        HandoffPolicy.model_validate({clock: seconds})


@pytest.mark.parametrize("clock", CLOCKS)
def test_longest_clock_still_has_a_date(clock: str) -> None:
    policy = HandoffPolicy.model_validate({clock: 366 * 86400})
    assert NOON + timedelta(seconds=getattr(policy, clock)) > NOON


@pytest.mark.parametrize("estimate", [-1, math.inf, math.nan])
def test_unknown_estimate_is_none_and_not_a_strange_number(estimate: float) -> None:
    with pytest.raises(ValidationError):
        QueueStatus(estimate=estimate)


@pytest.mark.parametrize("field", ["position", "waiting"])
def test_queue_is_not_negative(field: str) -> None:
    with pytest.raises(ValidationError):
        QueueStatus.model_validate({field: -1})
    assert QueueStatus.model_validate({field: 0}) != QueueStatus()


# ------------------------------------------------------------------------------------------ chats and events
def test_secrets_of_a_chat_are_in_no_text() -> None:
    chat = a_chat(secrets={"token": SecretStr("s3cret-canary")})
    for text in (repr(chat), str(chat), chat.model_dump_json(), repr(chat.model_dump())):
        assert "s3cret-canary" not in text
    assert chat.secrets["token"].get_secret_value() == "s3cret-canary"


def test_chat_knows_its_attempt_and_both_references() -> None:
    chat = a_chat(attempt=2)
    assert (chat.attempt, chat.ref, chat.vendor_ref) == (2, "h-1.2", "vendor-2")
    assert "secrets" in Chat.model_fields


def test_event_without_a_reference_belongs_nowhere() -> None:
    with pytest.raises(ValidationError):
        an_event(ChatEnded, refs=())


def test_end_of_a_chat_says_who_and_why() -> None:
    event = an_event(ChatEnded, by="provider", why="error", raw_reason="engine_down")
    assert event.reason == EndReason(by="provider", why="error", raw="engine_down")


@pytest.mark.parametrize(("by", "why"), [("customer", "resolved"), ("agent", "bored"), ("", "other")])
def test_who_and_why_are_closed_sets(by: str, why: str) -> None:
    with pytest.raises(ValidationError):
        an_event(ChatEnded, by=by, why=why)
