"""Every clock fires when it is due: exact within a second over thirty days, whatever restarts there are.

A plain model of the rules says when each clock is due; the dispatcher runs on a virtual clock and is killed
and started again at random. A clock that runs out while nobody is there fires at the next start.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from livechat_sdk import Handoff, Message, Outcome
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin
from tests.dispatcher.bench import Bench

HOUR = 3600.0
DAY = 24 * HOUR
EXACT = timedelta(seconds=1)

lengths = st.integers(1, 10**6).map(lambda n: n / 10**6)
policies = st.fixed_dictionaries(
    {
        "user_remind": lengths.map(lambda part: HOUR + part * 2 * DAY),
        "user_close": lengths.map(lambda part: 3 * DAY + part * 9 * DAY),
        "agent_remind": lengths.map(lambda part: 60 + part * 12 * HOUR),
        "agent_release": lengths.map(lambda part: DAY + part * 9 * DAY),
    }
)
happenings = st.lists(
    st.tuples(
        lengths.map(lambda part: 1 + part * 3 * DAY),
        st.sampled_from(["user", "user", "agent", "agent", "restart", "restart", "down"]),
    ),
    min_size=5,
    max_size=25,
)


@dataclass
class Clocks:
    """The rules of the clocks, written down a second time."""

    lengths: dict[str, float]
    due: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def start(self, now: datetime, *names: str) -> None:
        self.due.update({name: now + timedelta(seconds=self.lengths[name]) for name in names})

    def stop(self, *names: str) -> None:
        for name in names:
            self.due.pop(name, None)

    def user_speaks(self, now: datetime) -> None:
        self.stop("user_remind", "user_close")
        if not {"agent_remind", "agent_release"} & self.due.keys():
            self.start(now, "agent_remind", "agent_release")

    def agent_speaks(self, now: datetime) -> None:
        self.stop("agent_remind", "agent_release")
        self.start(now, "user_remind", "user_close")

    @property
    def next(self) -> tuple[datetime, str]:
        return min((when, name) for name, when in self.due.items())


class Month:
    """A handoff that is followed for thirty days."""

    def __init__(self, database: Path, policy: dict[str, float]) -> None:
        self.clock = VirtualClock()
        self.toy = ToyPlugin()
        self.database = database
        self.clocks = Clocks({**policy, "max_duration": 30 * DAY})
        self.livechat = {
            "request_timeout": None,
            "inactivity": {"remind_after": policy["user_remind"], "close_after": policy["user_close"]},
            "agent_silence": {
                "remind_after": policy["agent_remind"],
                "release_after": policy["agent_release"],
            },
            "max_duration": 30 * DAY,
        }
        self.expected: list[tuple[str, datetime]] = []
        self.said = 0
        self.one: Bench
        self.handoff: Handoff

    async def begin(self) -> None:
        await self.start()
        self.clocks.start(self.clock.now(), "max_duration")
        self.handoff = await self.one.request()
        await self.clock.advance(5)
        await self.one.event("joined")
        names = ("user_remind", "user_close", "agent_remind", "agent_release")
        self.clocks.start(self.clock.now(), *names)

    async def start(self) -> None:
        self.one = Bench(self.database, livechat=self.livechat, toy=self.toy, clock=self.clock)
        await self.one.__aenter__()
        await self.one.settle()

    @property
    def over(self) -> bool:
        ends = {"user_close", "agent_release", "max_duration"}
        return any(name in ends for name, _ in self.expected)

    async def pass_time(self, seconds: float) -> None:
        """Stop shortly before each clock and at it: nothing fires early, and all that is due fires."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while not self.over and self.clocks.next[0] <= until:
            when, name = self.clocks.next
            early = (when - EXACT - self.clock.now()).total_seconds()
            if early > 0:
                await self._move(early)
                await self.check()
            await self._move((when - self.clock.now()).total_seconds())
            self._fires(name, when)
            await self.check()
        await self._move((until - self.clock.now()).total_seconds())

    async def be_down(self, seconds: float) -> None:
        """Nobody is there for a while; what runs out meanwhile fires at the start, in order."""
        await self.one.kill()
        await self.clock.advance(seconds)
        now = self.clock.now()
        while not self.over and self.clocks.next[0] <= now:
            self._fires(self.clocks.next[1], now)
        await self.start()

    def _fires(self, name: str, at: datetime) -> None:
        self.clocks.stop(name)
        self.expected.append((name, at))

    async def _move(self, seconds: float) -> None:
        await self.clock.advance(max(seconds, 0.0))
        await self.one.settle()

    async def check(self) -> None:
        """What has fired is what the model says, each within a second of its time."""
        journal = await self.one.dispatcher.journal(self.handoff.id)
        fired = [(e.kind, e.at) for e in journal if e.kind.startswith("timer.") and e.refused is None]
        fired = [(kind.removeprefix("timer."), at) for kind, at in fired if kind != "timer.closing"]
        assert [name for name, _ in fired] == [name for name, _ in self.expected]
        late = [at - due for (_, at), (_, due) in zip(fired, self.expected, strict=True)]
        assert all(timedelta() <= one <= EXACT for one in late), late

    async def live(self, story: list[tuple[float, str]]) -> None:
        await self.begin()
        for seconds, what in story:
            if what == "down":
                await self.be_down(seconds)
            else:
                await self.pass_time(seconds)
            await self.check()
            if self.over:
                break
            await self._happens(what)
        while not self.over:
            await self.pass_time(10 * DAY)
        await self.check()
        ended = await self.one.reload(self.handoff)
        last = self.expected[-1][0]
        assert ended.outcome is (Outcome.FAILED if last == "agent_release" else Outcome.COMPLETED)
        await self.one.kill()

    async def _happens(self, what: str) -> None:
        self.said += 1
        if what == "user":
            self.clocks.user_speaks(self.clock.now())
            text = f"user {self.said}"
            await self.one.dispatcher.user_message(self.handoff.id, Message.text(text, key=text))
            await self.one.settle()
        elif what == "agent":
            self.clocks.agent_speaks(self.clock.now())
            await self.one.event("message", text=f"agent {self.said}")
        elif what == "restart":
            await self.one.kill()
            await self.start()


@settings(max_examples=12)
@given(policy=policies, story=happenings)
def test_every_clock_fires_on_time_for_thirty_days_over_restarts(
    policy: dict[str, float], story: list[tuple[float, str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        month = Month(Path(folder) / "ledger.db", policy)
        asyncio.run(month.live(story))


def test_clocks_of_a_quiet_month_are_exact() -> None:
    """Nobody ends it: a restart every other day, words often enough, and the longest duration at the end."""
    policy = {"user_remind": DAY, "user_close": 9 * DAY, "agent_remind": 2 * HOUR, "agent_release": 4 * DAY}
    story: list[tuple[float, Any]] = [
        (1.3 * DAY, what) for what in ["user", "restart", "agent", "user", "agent", "restart", "down"] * 4
    ]
    with tempfile.TemporaryDirectory() as folder:
        month = Month(Path(folder) / "ledger.db", policy)
        asyncio.run(month.live(story))
        assert month.expected[-1][0] == "max_duration"
        assert len(month.expected) >= 15
