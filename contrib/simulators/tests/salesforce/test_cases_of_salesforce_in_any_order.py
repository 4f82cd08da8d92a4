"""Whatever goes wrong, in whatever order: an external id is that of one case, and nothing is lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.salesforce_bench import SalesforceBench, problem, salesforce_bench

ARRIVED = frozenset({"drop_after", "time_out_after", "truncated", "malformed", "slow"})
FAULTS = (*sorted(ARRIVED), "drop_before", "time_out_before", "status", "expire_token")
CASES = "SELECT Id FROM Case"
KEYS = st.sampled_from(["7f3c", "7F3C", "aa01"])
STEPS = st.one_of(
    st.tuples(st.just("create"), KEYS),
    st.tuples(st.just("comment"), KEYS),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.just("state"), st.sampled_from(["New", "Working", "Closed"])),
)


class Model:
    """What must be there."""

    def __init__(self, salesforce: SalesforceBench) -> None:
        self.salesforce = salesforce
        self.comments: dict[str, int] = {}
        """How many each case has, by its external id in small letters."""
        self.fault: str | None = None

    async def create(self, key: str) -> None:
        with suppress(httpx.TransportError):
            answer = await self.salesforce.upsert(key, Subject=key)
            if answer.status_code == 401:
                await self.salesforce.log_in()
        fault, self.fault = self.fault, None
        if fault is None or fault in ARRIVED:
            self.comments.setdefault(key.lower(), 0)

    async def comment(self, key: str) -> None:
        found = await self.salesforce.client.get(f"/sobjects/Case/Handoff_Id__c/{key}")
        if key.lower() in self.comments:
            await self.salesforce.make("CaseComment", ParentId=found.json()["Id"], CommentBody="more")
            self.comments[key.lower()] += 1
        else:
            assert problem(found) == (404, "NOT_FOUND")

    async def delete(self, key: str) -> None:
        found = await self.salesforce.query(f"{CASES} WHERE Handoff_Id__c = '{key}'")
        assert len(found) == (key.lower() in self.comments)
        for one in found:
            await self.salesforce.client.delete(f"/sobjects/Case/{one['Id']}")
            del self.comments[key.lower()]

    async def script(self, fault: str) -> None:
        self.salesforce.salesforce.faults.clear()
        self.salesforce.salesforce.faults.script("create", fault)
        self.fault = fault

    async def state(self, state: str) -> None:
        for one in await self.salesforce.human.tickets():
            await self.salesforce.human.set_state(one.id, state)
            assert (await self.salesforce.read("Case", one.id))["IsClosed"] == (state == "Closed")

    async def check(self) -> None:
        shown = await self.salesforce.human.tickets()
        assert sorted(one.key.lower() for one in shown) == sorted(self.comments)
        for one in shown:
            said = await self.salesforce.human.comments(one.id)
            assert len(said) == self.comments[one.key.lower()]
            assert not any(each.public for each in said)
        assert len({one.number for one in shown}) == len(shown)


async def _play(steps: list[tuple[str, str]]) -> None:
    async with salesforce_bench() as salesforce:
        model = Model(salesforce)
        acts = {
            "create": model.create,
            "comment": model.comment,
            "delete": model.delete,
            "fault": model.script,
            "state": model.state,
        }
        for step, what in steps:
            await acts[step](what)
            await model.check()


@settings(max_examples=60)
@given(steps=st.lists(STEPS, max_size=20))
def test_one_external_id_is_one_case(steps: list[tuple[str, str]]) -> None:
    asyncio.run(_play(steps))
