"""Whatever goes wrong, in whatever order: what was applied is found by its key at once, nothing else is."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.servicenow_bench import ServiceNowBench, servicenow_bench

FAULTS = ("drop_before", "drop_after", "time_out_before", "time_out_after", "status", "truncated")
APPLIED = ("", "drop_after", "time_out_after", "truncated")
STEPS = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(["h-1", "h-2"]), st.sampled_from(["", *FAULTS])),
    st.tuples(st.just("comment"), st.sampled_from(["h-1", "h-2"]), st.sampled_from(["", *FAULTS])),
    st.tuples(st.just("state"), st.sampled_from(["In Progress", "Resolved", "Closed"]), st.just("")),
)


class Model:
    """What must be there."""

    def __init__(self, bench: ServiceNowBench, unique: bool) -> None:
        self.bench = bench
        self.unique = unique
        self.tickets: list[str] = []
        self.notes = 0

    async def create(self, key: str) -> bool:
        body = {"short_description": key, "correlation_id": key}
        with suppress(httpx.TransportError):
            await self.bench.client.post("/table/incident", json=body)
        return not (self.unique and key in self.tickets)

    async def comment(self, key: str) -> bool:
        found = [one for one in await self.bench.human.tickets() if one.key == key]
        if not found:
            return False
        with suppress(httpx.TransportError):
            await self.bench.change(found[0].id, work_notes="more")
        return found[0].state != "Closed"

    async def step(self, name: str, what: str, fault: str) -> None:
        self.bench.servicenow.faults.clear()
        if name == "state":
            for one in await self.bench.human.tickets():
                if one.state != "Closed":
                    await self.bench.human.set_state(one.id, what)
            return
        if fault:
            self.bench.servicenow.faults.script(name, fault)
        possible = await (self.create(what) if name == "create" else self.comment(what))
        if possible and fault in APPLIED:
            if name == "create":
                self.tickets.append(what)
            else:
                self.notes += 1

    async def check(self) -> None:
        self.bench.servicenow.faults.clear()
        for key in ("h-1", "h-2"):
            assert len(await self.bench.found(f"correlation_id={key}")) == self.tickets.count(key)
        shown = await self.bench.human.tickets()
        said = [one for each in shown for one in await self.bench.human.comments(each.id)]
        assert len(said) == self.notes
        assert not any(one.public for one in said)
        for one in shown:
            assert one.open == (one.state not in {"Resolved", "Closed"})


async def _play(steps: list[tuple[str, str, str]], unique: bool) -> None:
    async with servicenow_bench(unique_correlation=unique) as bench:
        model = Model(bench, unique)
        for step in steps:
            await model.step(*step)
            await model.check()


@settings(max_examples=50)
@given(steps=st.lists(STEPS, max_size=15), unique=st.booleans())
def test_what_was_applied_is_there(steps: list[tuple[str, str, str]], unique: bool) -> None:
    asyncio.run(_play(steps, unique))
