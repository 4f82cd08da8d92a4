"""A chat that we are done with and that is still open at the vendor is told to close once more."""

from __future__ import annotations

import pytest

from livechat_sdk.lifecycle.effects import CloseChat, EraseSecrets
from livechat_sdk.lifecycle.inputs import StillOpen
from livechat_sdk_testing.builders import a_candidate
from tests.lifecycle.life import Life


def left_open() -> Life:
    """Our side has ended, and the vendor would not close."""
    life = Life().requested().opened().joined().ends(by="user", why="resolved")
    life.fails(CloseChat)
    assert life.handoff.open_at_vendor
    return life


def test_a_chat_left_open_after_the_end_is_closed_for_the_reason_of_the_end() -> None:
    life = left_open()
    life.feed(StillOpen(attempt=1))
    (close,) = life.last
    assert isinstance(close, CloseChat)
    assert (close.attempt, close.reason.by, close.reason.why) == (1, "user", "resolved")
    life.succeeds(CloseChat)
    assert life.last == [EraseSecrets()]
    assert not life.handoff.open_at_vendor


def test_a_close_that_is_under_way_is_not_doubled() -> None:
    life = left_open()
    life.feed(StillOpen(attempt=1))
    step = life.feed(StillOpen(attempt=1))
    assert step.refused is None
    assert step.effects == ()


def test_an_abandoned_chat_is_closed_beside_the_one_in_use() -> None:
    life = Life(agent_release_after=60).requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.wait(60)
    life.fails(CloseChat)
    life.opened().joined()
    life.feed(StillOpen(attempt=1))
    (close,) = life.last
    assert isinstance(close, CloseChat)
    assert close.attempt == 1
    assert life.state == "active"
    life.succeeds(CloseChat)
    assert life.state == "active"
    assert life.handoff.attempts[0].closed


@pytest.mark.parametrize("attempt", [0, 2, 99])
def test_an_attempt_that_there_is_not_is_refused(attempt: int) -> None:
    assert (
        left_open().feed(StillOpen(attempt=attempt)).refused == f"still_open: there is no attempt {attempt}"
    )


def test_the_chat_in_use_is_never_closed_like_this() -> None:
    life = Life().requested().opened().joined()
    assert life.feed(StillOpen(attempt=1)).refused == "still_open: attempt 1 is in use"


def test_a_vendor_that_cannot_close_is_not_asked_to() -> None:
    life = Life().requested(a_candidate(closes=False)).opened().joined().ends()
    assert life.feed(StillOpen(attempt=1)).effects == ()
