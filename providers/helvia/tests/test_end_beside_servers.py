"""``livechat end`` beside running ``livechat serve`` processes, on both stores."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk_testing.postgres import PostgresServer
from providers.helvia.tests.test_two_processes import (
    CHANNEL,
    PLATFORM,
    SERVE,
    SETTINGS,
    TOKEN,
    Served,
    a_request,
    request_in_new,
    signed_in,
    started,
)
from providers.helvia.tests.world import PASSWORD

PATIENCE = 30.0
"""Seconds: a server looks every two, and a busy machine has other things to do, too."""

REASON = "the agent's screen froze"


@pytest.fixture(params=["sqlite", "postgresql"])
async def servers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Served, ...]]:
    """One process on SQLite, two on PostgreSQL, each with an agent who is signed in."""
    store, names = f"sqlite:///{tmp_path / 'livechat.db'}", ["ada"]
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        store, names = await server.new_database(), ["ada", "ben"]
    settings = SETTINGS.format(store=store, token=TOKEN, password=PASSWORD)
    (tmp_path / "livechat.yaml").write_text(settings, "utf-8")
    (tmp_path / "my_channel.py").write_text(CHANNEL, "utf-8")
    async with AsyncExitStack() as running:
        processes = [await running.enter_async_context(started(tmp_path, name, *SERVE)) for name in names]
        yield tuple(
            [
                await running.enter_async_context(signed_in(process, name))
                for process, name in zip(processes, names, strict=True)
            ]
        )


async def livechat(folder: Path, *arguments: str) -> Any:
    """What a command answers to a script."""
    command = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).parent / "livechat"), *arguments, "--json"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, complaint = await command.communicate()
    assert command.returncode == 0, complaint.decode()
    return json.loads(told)


async def ended(at: Served, handoff_id: str) -> dict[str, Any]:
    """The handoff as the platform sees it in this process, once it has ended."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await at.client.get(f"/v1/handoffs/{handoff_id}", headers=PLATFORM)
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            if found["state"] == "ended":
                return found
            await asyncio.sleep(0.05)


@pytest.mark.timeout(180)  # servers and a database start on whatever else the machine has to do
async def test_a_stuck_conversation_is_ended_by_a_command_while_servers_run(
    servers: tuple[Served, ...], tmp_path: Path
) -> None:
    agents = servers[-1]
    async with agents.watching() as desk:
        handoff_id = await a_request(servers[0])
        accepted = await agents.asks(f"/requests/{await request_in_new(desk, agents)}/accept")
        assert accepted.status_code == 200, accepted.text

    told = await livechat(tmp_path, "end", handoff_id, "--reason", REASON)
    assert told["handoff"] == handoff_id

    found = [await ended(each, handoff_id) for each in servers]
    for each in found:
        assert each["end"]["reason"] == {"by": "operator", "why": "other", "raw": REASON}
    there = await agents.client.get(f"/desk/api/conversations/{accepted.json()['id']}", headers=agents.bearer)
    assert there.json()["status"] == "finished", there.text

    again = await livechat(tmp_path, "end", handoff_id)
    assert again["handoff"] == handoff_id, "ending again changes nothing"
    assert await ended(servers[0], handoff_id) == found[0]
