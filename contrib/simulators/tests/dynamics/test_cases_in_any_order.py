"""Whatever goes wrong, in whatever order: a chosen id or key is one case, and an ETag tells a change."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import UUID, uuid5

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.dynamics_bench import DynamicsBench, dynamics_bench

FAULTS = ("drop_before", "drop_after", "time_out_before", "time_out_after", "status", "truncated")
HOW = ("id", "key", "post")
STEPS = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(HOW)),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.just("change"), st.sampled_from(["fresh", "stale", "any"])),
    st.tuples(st.just("state"), st.sampled_from(["open", "solved", "closed"])),
    st.tuples(st.just("delete"), st.just("")),
)
CHOSEN = str(uuid5(UUID(int=0), "h-1"))
ADDRESSES = {"id": f"incidents({CHOSEN})", "key": "incidents(new_handoffid='h-1')", "post": "incidents"}
NOT_APPLIED = frozenset({"drop_before", "time_out_before", "status"})


class Model:
    """What must be there."""

    def __init__(self, dynamics: DynamicsBench, contact: str) -> None:
        self.dynamics = dynamics
        self.bind = {"customerid_contact@odata.bind": f"/contacts({contact})"}
        self.cases: list[str] = []
        """How each was made, oldest first."""
        self.open: list[bool] = []
        self.fault: str | None = None

    async def create(self, how: str) -> None:
        client, body = self.dynamics.client, {"title": how, **self.bind}
        status = 0
        with suppress(httpx.TransportError):
            if how == "post":
                status = (await client.post(ADDRESSES[how], json=body)).status_code
            else:
                headers = {"if-none-match": "*"}
                status = (await client.patch(ADDRESSES[how], json=body, headers=headers)).status_code
        fault, self.fault = self.fault, None
        if fault is None:
            assert status == (412 if how != "post" and how in self.cases else 204)
        if fault not in NOT_APPLIED and (how == "post" or how not in self.cases):
            self.cases.append(how)
            self.open.append(True)

    async def change(self, match: str) -> None:
        if not self.cases:
            return
        case = (await self.dynamics.human.tickets())[0]
        row = (await self.dynamics.client.get(f"incidents({case.id})")).json()
        etag = {"fresh": row["@odata.etag"], "stale": 'W/"1"', "any": "*"}[match]
        answer = await self.dynamics.client.patch(
            f"incidents({case.id})", json={"prioritycode": 1}, headers={"if-match": etag}
        )
        assert answer.status_code == (412 if match == "stale" else 204 if self.open[0] else 400)
        after = (await self.dynamics.client.get(f"incidents({case.id})")).json()
        assert (after["@odata.etag"] != row["@odata.etag"]) == (answer.status_code == 204)

    async def state(self, state: str) -> None:
        if self.cases:
            await self.dynamics.human.set_state((await self.dynamics.human.tickets())[0].id, state)
            self.open[0] = state == "open"

    async def delete(self, _: str) -> None:
        if self.cases:
            case = (await self.dynamics.human.tickets())[0]
            assert (await self.dynamics.client.delete(f"incidents({case.id})")).status_code == 204
            del self.cases[0], self.open[0]

    async def check(self) -> None:
        shown = await self.dynamics.human.tickets()
        assert [one.subject for one in shown] == self.cases
        assert [one.open for one in shown] == self.open
        for how in ("id", "key"):
            read = await self.dynamics.client.get(ADDRESSES[how])
            assert read.status_code == (200 if how in self.cases else 404)


async def _play(steps: list[tuple[str, str]]) -> None:
    async with dynamics_bench(requests_per_window=None) as dynamics:
        model = Model(dynamics, await dynamics.human.add_contact(lastname="Mavrou"))
        for step, what in steps:
            if step == "fault":
                dynamics.dynamics.faults.clear()
                dynamics.dynamics.faults.script("create", what)
                model.fault = what
            else:
                await getattr(model, step)(what)
            await model.check()


@settings(max_examples=60)
@given(steps=st.lists(STEPS, max_size=20))
def test_one_id_is_one_case(steps: list[tuple[str, str]]) -> None:
    asyncio.run(_play(steps))
