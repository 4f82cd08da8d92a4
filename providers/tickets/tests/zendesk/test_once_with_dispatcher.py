"""A whole handoff with Zendesk: accepted and no answer, and still one ticket or a doubt, never two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.tickets.tests.world import World
from providers.tickets.tests.zendesk.bench import SETTINGS


class Zendesk(httpx.AsyncBaseTransport):
    """Makes tickets; what is scripted happens to its answers."""

    def __init__(self, *, knows_keys: bool = True) -> None:
        self.knows_keys = knows_keys
        self.tickets: list[dict[str, Any]] = []
        self.keys: dict[str, int] = {}
        self.script: list[str] = []
        """For the next creates: ``answer``, ``lost`` (made, no answer), ``refused`` (503, not made)."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            wanted = request.url.params.get("external_id")
            found = [one for one in self.tickets if one["external_id"] == wanted]
            return httpx.Response(200, json={"tickets": found})
        what = self.script.pop(0) if self.script else "answer"
        if what == "refused":
            return httpx.Response(503, text="maintenance")
        key = request.headers["idempotency-key"]
        known = self.knows_keys and key in self.keys
        if not known:
            self.tickets.append({**json.loads(request.content)["ticket"], "id": len(self.tickets) + 1})
            self.keys[key] = len(self.tickets)
        if what == "lost":
            raise httpx.ReadTimeout("no answer", request=request)
        ticket = self.tickets[self.keys[key] - 1]
        lookup = {"x-idempotency-lookup": "hit" if known else "miss"} if self.knows_keys else {}
        return httpx.Response(201, headers=lookup, json={"ticket": ticket})


@pytest.mark.parametrize("script", [[], ["lost"], ["lost", "lost"], ["refused", "lost", "refused", "lost"]])
@pytest.mark.parametrize("knows_keys", [True, False])
async def test_a_missed_handoff_makes_one_ticket_with_the_whole_conversation(
    script: list[str], knows_keys: bool, tmp_path: Path
) -> None:
    world = World(tmp_path, vendor := Zendesk(knows_keys=knows_keys), SETTINGS)
    vendor.script = list(script)
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
        await world.pass_time(dispatcher, 1800)
        (ticket,) = await dispatcher.tickets(handoff.id)
        assert await dispatcher.parked() == []
    (made,) = vendor.tickets
    assert ticket.id == str(made["id"])
    assert all(f"line {number}" in made["comment"]["html_body"] for number in range(10))


async def test_a_ticket_whose_answer_was_lost_with_the_process_is_found_by_the_next_one(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, vendor := Zendesk(), SETTINGS)
    vendor.script = ["lost"]
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
    async with world.serving() as dispatcher:
        await world.pass_time(dispatcher, 120)
        assert len(await dispatcher.tickets(handoff.id)) == 1
    assert len(vendor.tickets) == 1


async def test_after_hours_of_silence_it_is_doubtful_and_a_person_may_look(tmp_path: Path) -> None:
    world = World(tmp_path, vendor := Zendesk(), SETTINGS)
    vendor.script = ["refused"] * 1000
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
        await world.pass_time(dispatcher, 4000)
        (parked,) = await dispatcher.parked()
        assert (parked.kind, parked.doubtful) == ("create_ticket", True)
        vendor.script = []
        await world.pass_time(dispatcher, 7200)
        await dispatcher.retry(handoff.id)
        await world.pass_time(dispatcher, 60)
        assert len(await dispatcher.tickets(handoff.id)) == 1
    assert len(vendor.tickets) == 1
