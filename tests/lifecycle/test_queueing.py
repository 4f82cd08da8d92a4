"""The end user hears of the queue when something has changed, while it is fresh, and not too often."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.chats import ChatTransferred, QueueUpdated
from livechat_sdk.domain.handoff import QueueStatus
from livechat_sdk.domain.moments import Moment
from livechat_sdk.lifecycle.effects import Say
from livechat_sdk_testing.builders import NOON, a_candidate
from tests.lifecycle.life import Life


def waiting(**policy: Any) -> Life:
    """Somebody in a queue; they are never missed."""
    return Life(request_timeout=None, **policy).requested(a_candidate("one"), a_candidate("two")).opened()


def news(
    life: Life, position: int | None = None, wait: float | None = None, *, at: datetime | None = None
) -> None:
    """The vendor says so now, of what was true at ``at``."""
    queue = QueueStatus(position=position, estimate=wait, at=at)
    life.event(QueueUpdated, queue=queue, received_at=life.now)


def told(life: Life) -> list[tuple[int | None, float | None]]:
    """Position and wait, each time that they were told."""
    return [
        (one.params.get("position"), one.params.get("wait"))
        for one in life.shadow.decided
        if isinstance(one, Say) and one.moment is Moment.QUEUE_UPDATE
    ]


def test_the_first_news_is_told_at_once_with_all_that_the_words_may_need() -> None:
    life = waiting()
    news(life, 3, 250.0)
    (said,) = [one for one in life.shadow.decided if isinstance(one, Say) and one.params]
    assert said.params == {"position": 3, "ahead": 2, "wait": 250.0, "at": NOON.isoformat()}


def test_the_same_again_is_no_news() -> None:
    life = waiting()
    for _ in range(5):
        news(life, 3, 250.0)
        life.wait(60)
    assert told(life) == [(3, 250.0)]


def test_a_wait_that_is_the_same_in_minutes_is_no_news() -> None:
    life = waiting()
    for wait in (250.0, 245.0, 299.9, 240.1):
        news(life, wait=wait)
        life.wait(60)
    assert told(life) == [(None, 250.0)]


def test_what_becomes_unknown_is_no_news() -> None:
    life = waiting()
    news(life, 3, 120.0)
    life.wait(60)
    news(life, 3)
    life.wait(60)
    news(life)
    life.wait(60)
    assert told(life) == [(3, 120.0)]


def test_further_news_wait_for_the_interval_and_only_the_latest_is_told() -> None:
    life = waiting(queue_every=30)
    news(life, 9)
    for position in (8, 7, 6):
        life.wait(5)
        news(life, position)
    assert told(life) == [(9, None)]
    life.wait(14.9)
    assert told(life) == [(9, None)]
    life.wait(0.1)
    assert told(life) == [(9, None), (6, None)]
    assert life.now == NOON + timedelta(seconds=30)


def test_news_that_was_taken_back_within_the_interval_is_not_told() -> None:
    life = waiting(queue_every=30)
    for position in (3, 2, 3):
        news(life, position)
        life.wait(5)
    assert "queue_update" not in life.handoff.timers
    life.wait(120)
    assert told(life) == [(3, None)]


def test_stale_news_is_not_told_and_what_follows_is() -> None:
    life = waiting(queue_fresh_for=60)
    news(life, 3, at=NOON - timedelta(seconds=61))
    assert told(life) == []
    news(life, 3, at=NOON - timedelta(seconds=60))
    assert told(life) == [(3, None)]


def test_news_that_grows_stale_while_the_interval_runs_is_not_told() -> None:
    life = waiting(queue_every=300, queue_fresh_for=60)
    news(life, 3)
    life.wait(10)
    news(life, 2)
    life.wait(600)
    assert told(life) == [(3, None)]


def test_news_that_comes_late_does_not_replace_newer_one() -> None:
    life = waiting()
    news(life, 2, at=NOON)
    life.wait(60)
    news(life, 5, at=NOON - timedelta(seconds=10))
    assert told(life) == [(2, None)]
    assert life.handoff.queue is not None
    assert life.handoff.queue.position == 2


def test_nothing_is_told_where_the_settings_say_so() -> None:
    life = waiting(queue_every=None)
    news(life, 3)
    life.wait(600)
    assert told(life) == []
    assert life.handoff.queue is not None, "it is known all the same"


@pytest.mark.parametrize(
    ("tells", "said"),
    [(("position",), [(3, None)]), (("wait",), [(None, 120.0)]), ((), [])],
)
def test_only_what_is_to_be_told_is_told(
    tells: tuple[str, ...], said: list[tuple[int | None, float | None]]
) -> None:
    life = waiting(queue_tells=tells)
    news(life, 3, 120.0)
    assert told(life) == said


def test_a_change_of_what_is_not_told_is_no_news() -> None:
    life = waiting(queue_tells=("wait",))
    for position in (3, 2, 1):
        news(life, position, 120.0)
        life.wait(60)
    assert told(life) == [(None, 120.0)]


def test_who_has_an_agent_hears_no_more_of_the_queue() -> None:
    life = waiting()
    news(life, 3)
    news(life, 2)
    assert "queue_update" in life.handoff.timers
    life.joined()
    assert "queue_update" not in life.handoff.timers
    life.wait(600)
    assert told(life) == [(3, None)]


def test_another_queue_is_told_from_the_beginning() -> None:
    life = waiting(queue_every=300)
    news(life, 3)
    news(life, 2)
    life.vendor_ends("provider", "error")
    assert life.handoff.integration == "two"
    assert "queue_update" not in life.handoff.timers
    life.opened()
    news(life, 2)
    assert told(life) == [(3, None), (2, None)]


def test_the_end_stops_the_clock() -> None:
    life = waiting()
    news(life, 3)
    news(life, 2)
    life.ends()
    assert "queue_update" not in life.handoff.timers


def test_a_request_that_moves_in_the_queue_is_still_told_of_it() -> None:
    life = waiting()
    news(life, 3)
    life.event(ChatTransferred, to="Billing")
    life.wait(30)
    news(life, 7)
    assert told(life) == [(3, None), (7, None)]


@given(
    every=st.sampled_from([1.0, 10.0, 45.0]),
    fresh=st.sampled_from([5.0, 60.0]),
    happenings=st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.5, 3.0, 20.0, 100.0]),
            st.sampled_from([None, 0, 1, 2]),
            st.sampled_from([None, 0.0, 30.0, 90.0]),
            st.sampled_from([0.0, 4.0, 30.0]),
        ),
        max_size=25,
    ),
)
def test_whatever_comes_it_is_changed_fresh_and_not_too_often(
    every: float, fresh: float, happenings: list[tuple[float, int | None, float | None, float]]
) -> None:
    life = waiting(queue_every=every, queue_fresh_for=fresh)
    for pause, position, wait, age in happenings:
        life.wait(pause)
        news(life, position, wait, at=life.now - timedelta(seconds=age))
    life.wait(1000)
    said = [one for one in life.shadow.decided if isinstance(one, Say) and one.moment is Moment.QUEUE_UPDATE]
    times: list[datetime] = []
    for done in life.steps:
        for effect in done.effects:
            if isinstance(effect, Say) and effect.moment is Moment.QUEUE_UPDATE:
                assert done.handoff.queue_told is not None
                times.append(done.handoff.queue_told.at)
                assert times[-1] - datetime.fromisoformat(effect.params["at"]) <= timedelta(seconds=fresh)
    assert all(later - before >= timedelta(seconds=every) for before, later in itertools.pairwise(times))
    for before, later in itertools.pairwise(said):
        assert (before.params.get("position"), before.params.get("wait")) != (
            later.params.get("position"),
            later.params.get("wait"),
        )
