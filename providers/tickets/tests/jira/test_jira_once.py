"""A whole handoff with Jira, whose search lags: one ticket or a doubt, never two."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from livechat_sdk_testing.clock import VirtualClock
from providers.tickets.tests.jira.bench import RECORDINGS, SETTINGS
from providers.tickets.tests.world import World


class Jira(httpx.AsyncBaseTransport):
    """Makes requests, finds them after a while; what is scripted happens to its answers."""

    def __init__(self, lag: float = 20.0) -> None:
        self.clock = VirtualClock()
        self.lag = timedelta(seconds=lag)
        self.made: list[dict[str, Any]] = []
        self.made_at: list[datetime] = []
        self.comments: list[str] = []
        self.script: dict[str, list[str]] = {"request": [], "comment": []}
        """For the next writes: ``answer``, ``lost`` (made, no answer), ``refused`` (503), ``wait`` (429)."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/field"):
            return httpx.Response(200, content=RECORDINGS.all["form/full"].response.content)
        if path.endswith("/search/jql"):
            label = re.match(r'labels = "([^"]*)"', json.loads(request.content)["jql"])
            assert label is not None
            return httpx.Response(200, json={"issues": self._found(label[1])})
        if request.method == "GET":
            values = [{"body": one} for one in self.comments] if path.endswith("/comment") else []
            return httpx.Response(200, json={"issueKey": path.split("/")[-1], "values": values})
        what = path.rpartition("/")[2]
        fate = self.script[what].pop(0) if self.script[what] else "answer"
        if fate in {"refused", "wait"}:
            status, headers = (503, {}) if fate == "refused" else (429, {"retry-after": "7"})
            return httpx.Response(status, headers=headers, json={"errorMessages": ["busy"]})
        if what == "request":
            self.made.append(json.loads(request.content)["requestFieldValues"])
            self.made_at.append(self.clock.now())
        else:
            self.comments.append(json.loads(request.content)["body"])
        if fate == "lost":
            raise httpx.ReadTimeout("no answer", request=request)
        return httpx.Response(201, json={"issueKey": f"ITH-{len(self.made)}"})

    def _found(self, label: str) -> list[dict[str, Any]]:
        known = self.clock.now() - self.lag
        return [
            {"key": f"ITH-{number}", "fields": {"labels": one["labels"]}}
            for number, (one, at) in enumerate(zip(self.made, self.made_at, strict=True), start=1)
            if label in one["labels"] and at <= known
        ]


def a_world(folder: Path, jira: Jira) -> World:
    world = World(folder, jira, SETTINGS)
    jira.clock = world.clock
    return world


@pytest.mark.parametrize(
    ("requests", "comments"),
    [
        ([], []),
        (["lost"], []),
        (["wait"], []),
        ([], ["lost"]),
        ([], ["refused"]),
        ([], ["wait", "wait"]),
        (["lost"], ["wait", "lost", "refused"]),
        (["wait", "lost"], ["lost"]),
    ],
)
async def test_a_missed_handoff_makes_one_request_with_the_whole_conversation_said_once(
    requests: list[str], comments: list[str], tmp_path: Path
) -> None:
    world = a_world(tmp_path, jira := Jira())
    jira.script = {"request": list(requests), "comment": list(comments)}
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
        await world.pass_time(dispatcher, 3600)
        (ticket,) = await dispatcher.tickets(handoff.id)
        assert await dispatcher.parked() == []
    assert (len(jira.made), ticket.id) == (1, "ITH-1")
    (said,) = jira.comments
    assert all(f"line {number}" in said for number in range(10))


@pytest.mark.parametrize("lost", ["request", "comment"])
async def test_what_was_lost_with_the_process_is_found_by_the_next_one(lost: str, tmp_path: Path) -> None:
    world = a_world(tmp_path, jira := Jira())
    jira.script[lost] = ["lost"]
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
    async with world.serving() as dispatcher:
        await world.pass_time(dispatcher, 600)
        assert len(await dispatcher.tickets(handoff.id)) == 1
    assert (len(jira.made), len(jira.comments)) == (1, 1)


async def test_a_create_that_nobody_can_know_of_is_doubtful_and_a_person_may_look(tmp_path: Path) -> None:
    world = a_world(tmp_path, jira := Jira())
    jira.script["request"] = ["refused"]
    async with world.serving() as dispatcher:
        handoff = await world.missed(dispatcher)
        await world.pass_time(dispatcher, 100)
        assert await dispatcher.parked() == [], "the lag has not passed"
        await world.pass_time(dispatcher, 600)
        (parked,) = await dispatcher.parked()
        assert (parked.kind, parked.doubtful, jira.made) == ("create_ticket", True, [])
        await dispatcher.retry(handoff.id)
        await world.pass_time(dispatcher, 60)
        assert len(await dispatcher.tickets(handoff.id)) == 1
    assert len(jira.made) == 1
