"""How fast one issue is written to: waited for where that is short, and said where it is not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from livechat_sdk.errors import RetryableError
from livechat_sdk_tickets.jira.pacing import Pace
from providers.tickets.tests.bench import NOW


class Time:
    """A clock on which whoever waits brings the time along."""

    def __init__(self) -> None:
        self.at = NOW
        self.waited = 0.0

    def now(self) -> datetime:
        return self.at

    async def sleep_until(self, when: datetime) -> None:
        self.waited += (when - self.at).total_seconds()
        self.at = max(when, self.at)


async def write(pace: Pace, time: Time, count: int, issue: str = "ITH-1") -> list[datetime]:
    made: list[datetime] = []
    for _ in range(count):
        await pace.turn(issue, "comment", time)
        made.append(time.at)
    return made


async def test_twenty_writes_wait_for_nothing_and_the_next_one_for_two_seconds() -> None:
    pace, time = Pace("jira"), Time()
    await write(pace, time, 20)
    assert time.waited == 0
    await write(pace, time, 1)
    assert time.waited == 2


async def test_no_two_seconds_have_more_than_twenty_and_no_thirty_more_than_a_hundred() -> None:
    pace, time, made = Pace("jira"), Time(), list[datetime]()
    while len(made) < 400:
        try:
            made += await write(pace, time, 1)
        except RetryableError as error:
            time.at += timedelta(seconds=error.retry_after or 0)
    for count, seconds in ((20, 2), (100, 30)):
        for first, beyond in zip(made, made[count:], strict=False):
            assert (beyond - first).total_seconds() >= seconds
    assert (made[-1] - made[0]).total_seconds() < 130, "it is not slower than it must be"


async def test_issues_do_not_wait_for_each_other() -> None:
    pace, time = Pace("jira"), Time()
    for number in range(1200):
        await write(pace, time, 1, f"ITH-{number}")
    assert time.waited == 0


async def test_a_wait_that_is_long_is_said_instead() -> None:
    pace, time = Pace("jira"), Time()
    await write(pace, time, 100)
    with pytest.raises(RetryableError, match="no more writes") as said:
        await write(pace, time, 1)
    assert (said.value.sent, said.value.operation) == (False, "comment")
    assert said.value.retry_after == pytest.approx(30 - time.waited)
