"""The 300 calls a minute of a token."""

from __future__ import annotations

from datetime import timedelta

import pytest

from livechat_sdk.errors import RetryableError
from livechat_sdk_genesys.pacing import Pace
from providers.genesys.tests.bench import (
    CHAT,
    MESSAGE,
    Answers,
    Clock,
    a_customer,
    a_provider,
    an_agent,
    an_error,
)


def a_pace(per_minute: int = 300) -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace("GENESYS_LIVECHAT", per_minute, lambda: clock), clock


async def test_calls_up_to_the_limit_do_not_wait_and_the_next_one_is_told_for_how_long() -> None:
    pace, clock = a_pace()
    for _ in range(300):
        await pace.turn("send")
    assert clock.pauses == []
    with pytest.raises(RetryableError) as caught:
        await pace.turn("send")
    assert (caught.value.sent, caught.value.retry_after, caught.value.operation) == (False, 60.0, "send")


async def test_short_wait_is_waited_for() -> None:
    pace, clock = a_pace()
    for _ in range(300):
        await pace.turn("send")
    clock.time += timedelta(seconds=55)
    await pace.turn("send")
    assert clock.pauses == [5.0]


async def test_questions_leave_a_part_for_conversations() -> None:
    pace, _ = a_pace()
    for _ in range(200):
        await pace.turn("status", can_wait=True)
    with pytest.raises(RetryableError):
        await pace.turn("status", can_wait=True)
    for _ in range(100):
        await pace.turn("send")


async def test_never_more_than_the_limit_in_any_minute() -> None:
    pace, clock = a_pace(10)
    times = []
    for number in range(200):
        clock.time += timedelta(seconds=number % 7)
        try:
            await pace.turn("send")
        except RetryableError:
            continue
        times.append(clock.time)
    assert len(times) > 50
    for start in times:
        assert sum(start <= one < start + timedelta(seconds=60) for one in times) <= 10


async def test_what_others_have_used_is_heard_of() -> None:
    pace, clock = a_pace()
    pace.heard({"inin-ratelimit-count": "299", "inin-ratelimit-allowed": "300", "inin-ratelimit-reset": "40"})
    await pace.turn("send")
    pace.heard({"inin-ratelimit-count": "300", "inin-ratelimit-allowed": "300", "inin-ratelimit-reset": "40"})
    with pytest.raises(RetryableError) as caught:
        await pace.turn("send")
    assert caught.value.retry_after == 40.0
    clock.time += timedelta(seconds=41)
    await pace.turn("send")


async def test_headers_that_make_no_sense_change_nothing() -> None:
    pace, _ = a_pace()
    for value in ("", "-1", "many", "9" * 30, "²"):
        pace.heard(
            {"inin-ratelimit-count": value, "inin-ratelimit-allowed": "0", "inin-ratelimit-reset": "60"}
        )
        await pace.turn("send")


async def test_all_calls_of_an_integration_draw_from_one_limit() -> None:
    answers = Answers(people=[a_customer(), an_agent()])
    async with a_provider(answers, callsPerMinute=10) as provider:
        for number in range(9):
            await provider.send(CHAT, MESSAGE.model_copy(update={"key": f"k-{number}"}))
        with pytest.raises(RetryableError, match="10 calls a minute") as caught:
            await provider.send(CHAT, MESSAGE)
    assert caught.value.sent is False
    assert len(answers.calls) == 10


async def test_a_429_holds_for_every_call_of_its_kind_until_its_time_is_over() -> None:
    answers = Answers(people=[a_customer(), an_agent()])
    answers.script("POST message", an_error(429, "too.many.requests.retry.after", **{"Retry-After": "30"}))
    async with a_provider(answers) as provider:
        with pytest.raises(RetryableError) as caught:
            await provider.send(CHAT, MESSAGE)
        assert caught.value.retry_after == 30
        made = len(answers.calls)
        with pytest.raises(RetryableError) as caught:
            await provider.send(CHAT, MESSAGE.model_copy(update={"key": "k-2"}))
        assert (caught.value.sent, caught.value.retry_after) == (False, 30)
        assert len(answers.calls) == made, "the vendor was left alone"
        await provider.typing(CHAT, on=True)  # which may have a limit of its own
        answers.clock.time += timedelta(seconds=30)
        await provider.send(CHAT, MESSAGE)
