"""Whatever goes wrong, in whatever order: what was applied is found in its time, and nothing else is."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.jira_bench import DESK, JiraBench, jira_bench

FAULTS = ("drop_before", "drop_after", "time_out_before", "time_out_after", "status", "truncated")
APPLIED = ("", "drop_after", "time_out_after", "truncated")
LAG = 10.0
STEPS = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(["h1", "h2"]), st.sampled_from(["", *FAULTS])),
    st.tuples(st.just("comment"), st.sampled_from(["h1", "h2"]), st.sampled_from(["", *FAULTS])),
    st.tuples(st.just("state"), st.sampled_from(["Pending", "Resolved", "Canceled"]), st.just("")),
    st.tuples(st.just("advance"), st.sampled_from(["1", "5", "10"]), st.just("")),
)


class Model:
    """What must be there."""

    def __init__(self, bench: JiraBench) -> None:
        self.bench = bench
        self.now = 0.0
        self.made: list[tuple[str, float]] = []
        """Labels, and when."""
        self.comments = 0

    async def create(self, label: str, fault: str) -> None:
        with suppress(httpx.TransportError):
            await self.bench.client.post(f"{DESK}/request", json=self.bench.body(labels=[label]))
        if fault in APPLIED:
            self.made.append((label, self.now))

    async def comment(self, label: str, fault: str) -> None:
        found = [one for one in await self.bench.human.tickets() if one.key == label]
        if found:
            with suppress(httpx.TransportError):
                await self.bench.comment(found[0].number)
            self.comments += fault in APPLIED

    async def step(self, name: str, what: str, fault: str) -> None:
        self.bench.jira.faults.clear()
        if name == "advance":
            self.bench.clock.advance(float(what))
            self.now += float(what)
        elif name == "state":
            for one in await self.bench.human.tickets():
                await self.bench.human.set_state(one.id, what)
        else:
            if fault:
                self.bench.jira.faults.script(name, fault)
            await (self.create(what, fault) if name == "create" else self.comment(what, fault))

    async def check(self) -> None:
        self.bench.jira.faults.clear()
        for label in ("h1", "h2"):
            known = [one for one, at in self.made if one == label and self.now - at >= LAG]
            assert len(await self.bench.found(f"labels = {label}")) == len(known)
        shown = await self.bench.human.tickets()
        assert [one.key for one in shown] == [label for label, _ in self.made]
        said = [one for each in shown for one in await self.bench.human.comments(each.id)]
        assert len(said) == self.comments
        assert not any(one.public for one in said)


async def _play(steps: list[tuple[str, str, str]]) -> None:
    async with jira_bench(search_lag=LAG, calls_per_second=None) as bench:
        model = Model(bench)
        for step in steps:
            await model.step(*step)
            await model.check()


@settings(max_examples=50)
@given(steps=st.lists(STEPS, max_size=15))
def test_what_was_applied_is_there(steps: list[tuple[str, str, str]]) -> None:
    asyncio.run(_play(steps))
