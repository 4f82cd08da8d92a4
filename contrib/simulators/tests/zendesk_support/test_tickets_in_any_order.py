"""Whatever goes wrong, in whatever order: a key makes one ticket while it lives, and nothing is lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.support_bench import SupportBench, support_bench

FAULTS = ("drop_before", "drop_after", "time_out_before", "time_out_after", "status", "truncated")
STEPS = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(["h-1", "h-2"])),
    st.tuples(st.just("comment"), st.sampled_from(["h-1", "h-2"])),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.just("advance"), st.sampled_from(["30", "7200"])),
    st.tuples(st.just("state"), st.sampled_from(["open", "solved", "closed"])),
)


class Model:
    """What must be there."""

    def __init__(self, zendesk: SupportBench) -> None:
        self.zendesk = zendesk
        self.alive_until: dict[str, float] = {}
        self.tickets: list[str] = []
        self.comments = 0
        self.now = 0.0
        self.fault: str | None = None

    def _applied(self) -> bool:
        fault, self.fault = self.fault, None
        return fault in {None, "drop_after", "time_out_after", "truncated"}

    async def create(self, key: str) -> None:
        ticket = {"subject": key, "external_id": key, "comment": {"body": "begin", "public": False}}
        with suppress(httpx.TransportError):
            await self.zendesk.client.post(
                "/tickets", json={"ticket": ticket}, headers={"idempotency-key": key}
            )
        if self._applied() and self.now >= self.alive_until.get(key, 0.0):
            self.alive_until[key] = self.now + 7200
            self.tickets.append(key)
            self.comments += 1

    async def comment(self, key: str) -> None:
        for ticket in await self.zendesk.human.tickets():
            if ticket.key == key:
                answer = await self.zendesk.update(int(ticket.id), comment={"body": "more"})
                assert answer.status_code == (422 if ticket.state == "closed" else 200)
                self.comments += answer.status_code == 200
                return

    async def state(self, state: str) -> None:
        for ticket in await self.zendesk.human.tickets():
            if ticket.state != "closed":
                await self.zendesk.human.set_state(ticket.id, state)
                return

    async def check(self) -> None:
        shown = await self.zendesk.human.tickets()
        assert sorted(one.key for one in shown) == sorted(self.tickets)
        said = [await self.zendesk.human.comments(one.id) for one in shown]
        assert sum(len(one) for one in said) == self.comments
        assert not any(comment.public for one in said for comment in one)
        for key in ("h-1", "h-2"):
            listed = await self.zendesk.client.get("/tickets", params={"external_id": key})
            assert listed.json()["count"] == self.tickets.count(key)
            found = await self.zendesk.found(f'type:ticket external_id:"{key}"')
            assert len(found) <= self.tickets.count(key)


async def _play(steps: list[tuple[str, str]]) -> None:
    async with support_bench(calls_per_minute=None, updates_per_ticket=None) as zendesk:
        model = Model(zendesk)
        for step, what in steps:
            if step == "fault":
                zendesk.zendesk.faults.clear()
                zendesk.zendesk.faults.script("create", what)
                model.fault = what
            elif step == "advance":
                zendesk.clock.advance(float(what))
                model.now += float(what)
            else:
                await getattr(model, step)(what)
            await model.check()
        zendesk.clock.advance(60)
        found = await zendesk.found("type:ticket begin")
        assert len(found) == len(model.tickets)


@settings(max_examples=60)
@given(steps=st.lists(STEPS, max_size=20))
def test_one_key_makes_one_ticket(steps: list[tuple[str, str]]) -> None:
    asyncio.run(_play(steps))
