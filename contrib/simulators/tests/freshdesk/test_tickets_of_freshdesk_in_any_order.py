"""Whatever goes wrong, in whatever order: every call that arrived made a ticket, which searches see late."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.freshdesk_bench import TICKET, FreshdeskBench, freshdesk_bench

LAG = 180.0
ARRIVED = frozenset({"drop_after", "time_out_after", "truncated", "malformed"})
FAULTS = (*sorted(ARRIVED), "drop_before", "time_out_before", "status")
KEYS = st.sampled_from(["h-1", "h-2"])
STEPS = st.one_of(
    st.tuples(st.just("create"), KEYS),
    st.tuples(st.just("note"), KEYS),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.just("advance"), st.sampled_from(["60", "180"])),
    st.tuples(st.just("state"), st.sampled_from(["Open", "Resolved", "Closed"])),
)


@dataclass
class Made:
    """A ticket that must be there."""

    key: str
    at: float
    status: str = "Open"
    notes: int = 0


class Model:
    """What must be there."""

    def __init__(self, freshdesk: FreshdeskBench) -> None:
        self.freshdesk = freshdesk
        self.tickets: list[Made] = []
        self.now = 0.0
        self.fault: str | None = None

    async def create(self, key: str) -> None:
        body = {**TICKET, "custom_fields": {"cf_handoff": key}}
        with suppress(httpx.TransportError):
            await self.freshdesk.client.post("/tickets", json=body)
        fault, self.fault = self.fault, None
        if fault is None or fault in ARRIVED:
            self.tickets.append(Made(key, self.now))

    async def note(self, key: str) -> None:
        for made, shown in zip(self.tickets, await self.freshdesk.human.tickets(), strict=True):
            if made.key == key:
                await self.freshdesk.client.post(f"/tickets/{shown.id}/notes", json={"body": "more"})
                made.notes += 1
                return

    async def script(self, fault: str) -> None:
        self.freshdesk.freshdesk.faults.clear()
        self.freshdesk.freshdesk.faults.script("create", fault)
        self.fault = fault

    async def advance(self, seconds: str) -> None:
        self.freshdesk.clock.advance(float(seconds))
        self.now += float(seconds)

    async def state(self, state: str) -> None:
        if self.tickets:
            [first, *_] = await self.freshdesk.human.tickets()
            await self.freshdesk.human.set_state(first.id, state)
            self.tickets[0].status = state

    async def check(self) -> None:
        shown = await self.freshdesk.human.tickets()
        assert [(one.key, one.state) for one in shown] == [(one.key, one.status) for one in self.tickets]
        said = [await self.freshdesk.human.comments(one.id) for one in shown]
        assert [len(one) for one in said] == [one.notes for one in self.tickets]
        assert not any(comment.public for one in said for comment in one)
        assert self.freshdesk.freshdesk.emails == []
        listed = (await self.freshdesk.client.get("/tickets", params={"per_page": 100})).json()
        assert sorted(str(one["id"]) for one in listed) == [one.id for one in shown]
        for key in ("h-1", "h-2"):
            old = [
                int(each.id)
                for one, each in zip(self.tickets, shown, strict=True)
                if one.key == key and one.at <= self.now - LAG
            ]
            assert sorted(await self.freshdesk.found(f"cf_handoff:'{key}'")) == old


async def _play(steps: list[tuple[str, str]]) -> None:
    no_limits = dict.fromkeys(
        ("calls_per_minute", "creates_per_minute", "updates_per_minute", "lists_per_minute")
    )
    async with freshdesk_bench(search_lag=LAG, **no_limits) as freshdesk:
        model = Model(freshdesk)
        acts = {
            "create": model.create,
            "note": model.note,
            "fault": model.script,
            "advance": model.advance,
            "state": model.state,
        }
        for step, what in steps:
            await acts[step](what)
            await model.check()


@settings(max_examples=60)
@given(steps=st.lists(STEPS, max_size=20))
def test_every_call_that_arrived_is_a_ticket(steps: list[tuple[str, str]]) -> None:
    asyncio.run(_play(steps))
