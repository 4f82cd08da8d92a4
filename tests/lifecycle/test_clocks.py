"""The clocks: whose turn it is, reminders, and who is given up on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from livechat_sdk.domain.chats import AgentLeft, ChatTransferred, MessageReceived
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.moments import Moment
from livechat_sdk.lifecycle.effects import CancelTimer, CloseChat, OpenChat, SetTimer
from livechat_sdk.lifecycle.inputs import Requested, TimerFired
from livechat_sdk_testing.builders import NOON, a_candidate
from tests.lifecycle.life import Life

S = HandoffState
USER = {"user_remind", "user_close"}
AGENT = {"agent_remind", "agent_release"}


def talking(*fallbacks: str) -> Life:
    """An agent has just joined; every clock is on."""
    life = Life(
        request_timeout=120,
        user_remind_after=300,
        user_close_after=900,
        agent_remind_after=60,
        agent_release_after=180,
    )
    return life.requested(a_candidate("one"), *(a_candidate(name) for name in fallbacks)).opened().joined()


def running(life: Life) -> set[str]:
    return set(life.handoff.timers)


# ------------------------------------------------------------------------------- whose turn it is
def test_join_stops_the_clock_of_the_wait_and_starts_those_of_the_conversation() -> None:
    life = talking()
    assert running(life) == USER | AGENT
    assert CancelTimer(name="request_timeout") in life.last


def test_word_of_the_agent_stops_their_clock_and_starts_the_users() -> None:
    life = talking()
    life.wait(30)
    life.agent_says("a-1")
    assert life.handoff.timers == {
        "user_remind": life.now + timedelta(seconds=300),
        "user_close": life.now + timedelta(seconds=900),
    }


def test_word_of_the_user_stops_their_clock_and_starts_the_agents() -> None:
    life = talking()
    life.agent_says("a-1")
    life.wait(10)
    life.user_says("m-1")
    assert life.handoff.timers == {
        "agent_remind": life.now + timedelta(seconds=60),
        "agent_release": life.now + timedelta(seconds=180),
    }


def test_user_who_writes_again_does_not_give_the_agent_more_time() -> None:
    life = talking()
    life.agent_says("a-1")
    life.user_says("m-1")
    asked = life.handoff.timers
    life.wait(50)
    life.user_says("m-2")
    assert life.handoff.timers == asked


def test_agent_who_writes_again_gives_the_user_more_time() -> None:
    life = talking()
    life.agent_says("a-1")
    life.wait(100)
    life.agent_says("a-2")
    assert life.handoff.timers["user_close"] == life.now + timedelta(seconds=900)


def test_clocks_that_are_off_never_start() -> None:
    life = Life(request_timeout=None).requested().opened().joined()
    life.user_says("m-1")
    life.agent_says("a-1")
    assert life.handoff.timers == {}
    assert not [one for step in life.steps for one in step.effects if isinstance(one, SetTimer)]


# ---------------------------------------------------------------------------------- a silent user
def test_silent_user_is_reminded_and_then_the_chat_is_closed() -> None:
    life = talking()
    life.agent_says("a-1")
    life.wait(300)
    assert life.said[-1] == Moment.IDLE_REMINDER
    assert running(life) == {"user_close"}
    life.wait(600)
    assert life.state == S.ENDING
    life.succeeds(CloseChat)
    assert life.ended == ("completed", "clock", "inactivity")
    assert life.said[-1] == Moment.IDLE_CLOSED


def test_user_who_answers_the_reminder_is_not_closed() -> None:
    life = talking()
    life.agent_says("a-1")
    life.wait(300)
    life.user_says("m-1")
    life.agent_says("a-2")
    life.wait(899)
    assert life.state == S.ACTIVE
    assert life.said.count(Moment.IDLE_REMINDER) == 2


# --------------------------------------------------------------------------------- a silent agent
def test_silent_agent_is_mentioned_and_then_replaced() -> None:
    life = talking("two")
    life.user_says("m-1")
    life.wait(60)
    assert life.said[-1] == Moment.AGENT_SILENT
    life.wait(120)
    assert life.state == S.STARTING
    assert life.handoff.integration == "two"
    assert life.said[-1] == Moment.FALLBACK
    (closing,) = life.shadow.waiting(CloseChat)
    assert (closing.attempt, closing.reason.raw) == (1, "agent silent")
    assert life.handoff.timers == {"request_timeout": life.now + timedelta(seconds=120)}
    assert [one.attempt for one in life.shadow.waiting(OpenChat)] == [2]


def test_silent_agent_whose_chat_cannot_be_closed_is_left_behind() -> None:
    life = Life(agent_release_after=60)
    life.requested(a_candidate("one", closes=False), a_candidate("two")).opened().joined()
    life.wait(60)
    assert life.handoff.integration == "two"
    assert not life.shadow.waiting(CloseChat)


def test_agents_silent_until_no_fallback_is_left() -> None:
    life = talking("two")
    life.wait(180)
    life.opened().joined("Nikos")
    life.wait(180)
    assert life.state == S.ENDING
    assert [one.attempt for one in life.shadow.waiting(CloseChat)] == [1, 2]
    life.succeeds(CloseChat)
    life.succeeds(CloseChat)
    assert life.ended == ("failed", "clock", "abandoned")
    assert life.said[-1] == Moment.FAILED


def test_silent_agent_and_a_fallback_that_refuses() -> None:
    life = talking("two")
    life.wait(180)
    life.not_opened("closed", unavailable=True)
    assert life.ended == ("unavailable", "provider", "refused")
    assert life.handoff.end is not None
    assert life.handoff.end.reason.raw == "one: agent silent; two: closed"


def test_silent_agent_whose_open_call_never_came_back_is_closed_behind_it() -> None:
    life = Life(agent_release_after=60).requested(a_candidate("one"), a_candidate("two")).joined()
    life.starts(OpenChat)
    life.wait(60)
    lane = [type(one.action) for one in life.shadow.lanes["provider.1"]]
    assert lane == [OpenChat, CloseChat]


# -------------------------------------------------------------------------- back to the queue
def requeuing(*fallbacks: str, closes: bool = True, at_most: int = 2) -> Life:
    """As ``talking``, but a chat whose agent stays silent goes back to the queue."""
    life = Life(
        request_timeout=120, agent_release_after=180, agent_release_to="requeue", requeue_at_most=at_most
    )
    others = (a_candidate(name) for name in fallbacks)
    return life.requested(a_candidate("one", closes=closes), *others).opened().joined()


def test_silent_agents_chat_goes_back_to_the_queue_of_the_same_provider() -> None:
    life = requeuing("two")
    life.user_says("m-1")
    life.wait(180)
    assert (life.state, life.handoff.integration) == (S.STARTING, "one")
    assert not life.shadow.waiting(OpenChat), "not before the old chat is closed"
    life.succeeds(CloseChat)
    life.opened().joined("Nikos")
    assert life.sent_to(2) == ["m-1"]
    assert Moment.FALLBACK not in life.said, "it is the same team"
    assert life.said.count(Moment.WAITING) == 2


@pytest.mark.parametrize("how", ["succeeds", "fails", "leaves_doubt"])
def test_new_chat_is_opened_whatever_became_of_closing_the_old_one(how: str) -> None:
    life = requeuing()
    life.wait(180)
    getattr(life, how)(CloseChat)
    assert [one.attempt for one in life.shadow.waiting(OpenChat)] == [2]


def test_chat_that_cannot_be_closed_is_left_behind_and_a_new_one_opened_at_once() -> None:
    life = requeuing(closes=False)
    life.wait(180)
    assert not life.shadow.waiting(CloseChat)
    assert [one.attempt for one in life.shadow.waiting(OpenChat)] == [2]


def test_going_back_to_the_queue_is_bounded_then_it_falls_back_then_it_ends() -> None:
    life = requeuing("two", at_most=2)
    for _ in range(2):
        life.wait(180)
        assert life.handoff.integration == "one"
        life.succeeds(CloseChat)
        life.opened().joined()
    life.wait(180)
    assert life.handoff.integration == "two"
    assert life.said[-1] == Moment.FALLBACK
    life.opened().joined("Nikos")
    life.wait(180)
    life.succeeds(CloseChat)
    life.succeeds(CloseChat)
    assert life.ended == ("failed", "clock", "abandoned")
    assert life.said.count(Moment.FALLBACK) == 1


def test_nobody_who_takes_it_from_the_queue_again_is_a_missed_request() -> None:
    life = requeuing()
    life.wait(180)
    life.succeeds(CloseChat)
    life.opened()
    life.wait(120)
    life.succeeds(CloseChat)
    assert life.ended == ("missed", "clock", "timeout")


def test_end_while_the_old_chat_is_being_closed_opens_no_new_one() -> None:
    life = requeuing()
    life.wait(180)
    life.ends()
    life.succeeds(CloseChat)
    assert not life.shadow.waiting(OpenChat)
    life.drained()
    assert life.ended[0] == "cancelled"


# ------------------------------------------------------------------------------ during a transfer
def test_transfer_makes_it_the_other_sides_turn() -> None:
    life = talking()
    life.agent_says("a-1")
    life.event(ChatTransferred)
    assert running(life) == AGENT, "nobody may close a chat on a user who waits for the next agent"


def test_user_who_writes_during_a_transfer_is_not_silent() -> None:
    life = talking()
    life.event(ChatTransferred)
    life.agent_says("a-1")
    assert running(life) == USER
    life.wait(800)
    life.user_says("m-1")
    assert running(life) == AGENT
    life.wait(170)
    assert life.state == S.TRANSFERRING


def test_transfer_that_nobody_takes_up_goes_to_the_next_provider() -> None:
    life = talking("two")
    life.event(ChatTransferred)
    life.wait(180)
    assert life.state == S.STARTING
    assert life.handoff.integration == "two"


def test_agent_who_left_is_waited_for_like_a_silent_one() -> None:
    life = talking("two")
    life.event(AgentLeft)
    life.wait(180)
    assert life.handoff.integration == "two"


def test_join_after_a_transfer_starts_all_clocks_anew() -> None:
    life = talking()
    life.wait(100)
    life.event(ChatTransferred)
    life.wait(50)
    life.joined("Nikos")
    assert running(life) == USER | AGENT
    assert life.handoff.timers["agent_release"] == life.now + timedelta(seconds=180)


def test_provider_that_breaks_during_a_transfer_leaves_no_clock_running() -> None:
    life = talking("two")
    life.event(ChatTransferred)
    life.vendor_ends("provider", "error")
    assert running(life) == {"request_timeout"}


# ---------------------------------------------------------------------------- waiting, whole life
def test_systems_word_before_the_join_starts_no_clock() -> None:
    life = Life(user_close_after=60, request_timeout=120).requested().opened()
    life.event(MessageReceived, author="system")
    assert running(life) == {"request_timeout"}


def test_agents_word_before_the_join_makes_it_the_users_turn() -> None:
    life = Life(user_close_after=60, agent_release_after=60, request_timeout=120).requested().opened()
    life.event(MessageReceived)
    assert running(life) == {"user_close"}


def test_request_timeout_fires_wherever_the_user_waits() -> None:
    asked = Life(request_timeout=30)
    asked.feed(Requested())
    asked.wait(30)
    assert asked.ended == ("missed", "clock", "timeout")
    starting = Life(request_timeout=30).requested()
    starting.wait(30)
    starting.succeeds(CloseChat)
    assert starting.ended == ("missed", "clock", "timeout")


@pytest.mark.parametrize(
    ("joined", "ended"), [(False, ("missed", "clock", "timeout")), (True, ("completed", "clock", "other"))]
)
def test_longest_duration_ends_it_whatever_the_state(joined: bool, ended: tuple[str, str, str]) -> None:
    life = Life(max_duration=600, request_timeout=None).requested().opened()
    if joined:
        life.joined()
    life.wait(600)
    life.succeeds(CloseChat)
    assert life.ended == ended
    assert life.handoff.end is not None
    assert life.handoff.end.reason.raw == "longest duration reached"


def test_longest_duration_counts_from_the_request_over_all_providers() -> None:
    life = Life(max_duration=600, agent_release_after=180, request_timeout=120)
    life.requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.wait(180)
    life.opened().joined("Nikos")
    assert life.handoff.timers["max_duration"] == NOON + timedelta(seconds=600)


def test_every_clock_stops_at_the_end() -> None:
    life = talking()
    life.vendor_ends()
    assert {one.name for one in life.last if isinstance(one, CancelTimer)} == USER | AGENT
    assert life.shadow.timers == {}


def test_closing_has_the_only_clock_while_ending() -> None:
    life = talking().ends()
    assert running(life) == {"closing"}


def test_clock_that_fires_late_still_counts() -> None:
    """A process that was down fires what is due when it is back."""
    life = talking()
    due_at = life.shadow.timers.pop("agent_remind")
    life.now = due_at + timedelta(hours=3)
    step = life.feed(TimerFired(name="agent_remind", due_at=due_at))
    assert step.refused is None
    assert life.said[-1] == Moment.AGENT_SILENT
