"""A whole handoff with ServiceNow: accepted and no answer, and still one ticket or a doubt, never two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.tickets.tests.servicenow.bench import SETTINGS
from providers.tickets.tests.world import World


class Instance(httpx.AsyncBaseTransport):
    """Makes incidents; what is scripted happens to its answers."""

    def __init__(self) -> None:
        self.incidents: list[dict[str, Any]] = []
        self.script: list[str] = []
        """For the next creates: ``answer``, ``lost`` (made, no answer), ``refused`` (503, not made)."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            query = request.url.params.get("sysparm_query", "")
            wanted = query.removeprefix("correlation_id=").partition("^")[0]
            found = [one for one in self.incidents if one["correlation_id"] == wanted]
            return httpx.Response(200, json={"result": found})
        what = self.script.pop(0) if self.script else "answer"
        if what == "refused":
            return httpx.Response(503, text="maintenance")
        self.incidents.append({**json.loads(request.content), "sys_id": f"{len(self.incidents) + 1:032x}"})
        if what == "lost":
            raise httpx.ReadTimeout("no answer", request=request)
        return httpx.Response(201, json={"result": self.incidents[-1]})


@pytest.mark.parametrize("script", [[], ["lost"]])
async def test_a_missed_handoff_makes_one_ticket_with_the_whole_conversation(
    script: list[str], tmp_path: Path
) -> None:
    world = World(tmp_path, vendor := Instance(), SETTINGS)
    vendor.script = script
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
        await world.pass_time(dispatcher, 1800)
        (ticket,) = await dispatcher.tickets(handoff.id)
        assert await dispatcher.parked() == []
    (made,) = vendor.incidents
    assert ticket.id == made["sys_id"]
    assert all(f"line {number}" in made["work_notes"] for number in range(10))


async def test_a_ticket_whose_answer_was_lost_with_the_process_is_found_by_the_next_one(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, vendor := Instance(), SETTINGS)
    vendor.script = ["lost"]
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
    async with world.serving() as dispatcher:
        await world.pass_time(dispatcher, 120)
        assert len(await dispatcher.tickets(handoff.id)) == 1
    assert len(vendor.incidents) == 1


async def test_a_create_that_nobody_can_know_of_is_doubtful_and_a_person_may_look(tmp_path: Path) -> None:
    world = World(tmp_path, vendor := Instance(), SETTINGS)
    vendor.script = ["refused"]
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
        await world.pass_time(dispatcher, 600)
        (parked,) = await dispatcher.parked()
        assert (parked.kind, parked.doubtful, vendor.incidents) == ("create_ticket", True, [])
        await dispatcher.retry(handoff.id)
        await world.pass_time(dispatcher, 60)
        assert len(await dispatcher.tickets(handoff.id)) == 1
    assert len(vendor.incidents) == 1
