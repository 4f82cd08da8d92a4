"""Two ``livechat serve`` on one PostgreSQL store: an agent on each, and one desk for both."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from livechat_sdk_testing.postgres import PostgresServer
from providers.helvia.tests.browsing import Stream, following, sign_in, token_of
from providers.helvia.tests.world import PASSWORD

TOKEN = "a-token-of-thirty-two-characters"
PLATFORM = {"authorization": f"Bearer {TOKEN}"}
SETTINGS = """
version: 1
store: "{store}"
gateway: {{tokens: {token}}}
integrations:
  desk:
    type: HELVIA_LIVECHAT
    accounts:
      - {{email: ada@example.org, name: Ada Marsh, roles: [agent], password: {password}}}
      - {{email: ben@example.org, name: Ben Okoro, roles: [agent], password: {password}}}
bots:
  shop-bot:
    livechat: {{integrations: [desk]}}
"""
SERVE = (
    *(str(Path(sys.executable).parent / "livechat"), "serve"),
    *("--port", "0", "--channel", "my_channel:Channel"),
)
CHANNEL = "class Channel:\n    async def deliver(self, outgoing):\n        pass\n"

SOON = 5.0
"""Seconds in which an update is there on a busy machine: well below the 15 s of a stream's own look."""


@dataclass
class Served:
    """One process, with an agent who uses it."""

    process: asyncio.subprocess.Process
    client: httpx.AsyncClient
    bearer: dict[str, str]
    """The header of the agent's programs."""

    async def asks(self, path: str, **fields: Any) -> httpx.Response:
        """The agent does something in this process."""
        return await self.client.post(f"/desk/api{path}", json=fields, headers=self.bearer)

    @asynccontextmanager
    async def watching(self, query: str = "") -> AsyncIterator[Stream]:
        """The agent's open page."""
        async with following(self.client, f"/desk/live{query}") as live:
            yield live


@asynccontextmanager
async def started(folder: Path, name: str, *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that is about to serve the settings of ``folder``; killed when the block ends."""
    with (folder / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env={**os.environ, "PYTHONUTF8": "1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def signed_in(process: asyncio.subprocess.Process, name: str) -> AsyncIterator[Served]:
    """The process when it serves, with the member ``name`` signed in."""
    assert process.stdout is not None
    async with asyncio.timeout(80):
        first = (await process.stdout.readline()).decode()
    assert first.startswith("listening on http://127.0.0.1:"), first
    async with httpx.AsyncClient(base_url=first.split()[-1], timeout=20) as client:
        await sign_in(client, name)
        yield Served(process, client, await token_of(client, name))


async def until(live: Stream, name: str, **wanted: Any) -> Any:
    """The data of the first event of this name with these values, which must come soon."""
    async with asyncio.timeout(SOON):
        while True:
            event = await live.events.get()
            if event.name == name and wanted.items() <= event.data.items():
                return event.data


@pytest.fixture
async def two(tmp_path: Path, postgres_server: PostgresServer) -> AsyncIterator[tuple[Served, Served]]:
    """Ada in one process, Ben in the other."""
    store = await postgres_server.new_database()
    settings = SETTINGS.format(store=store, token=TOKEN, password=PASSWORD)
    (tmp_path / "livechat.yaml").write_text(settings, "utf-8")
    (tmp_path / "my_channel.py").write_text(CHANNEL, "utf-8")
    async with AsyncExitStack() as running:
        names = ("ada", "ben")
        addresses = [await running.enter_async_context(started(tmp_path, name, *SERVE)) for name in names]
        ada, ben = [
            await running.enter_async_context(signed_in(at, name))
            for at, name in zip(addresses, names, strict=True)
        ]
        yield ada, ben


async def a_request(at: Served, key: str = "k-1") -> str:
    """The platform asks for a human in one of the processes; the handoff's id."""
    body = {
        "key": key,
        "conversation_id": f"c-{key}",
        "bot": "shop-bot",
        "user": {"id": "u-1", "name": "Maria"},
    }
    made = await at.client.post("/v1/handoffs", json=body, headers=PLATFORM)
    assert made.status_code == 201, made.text
    handoff_id: str = made.json()["id"]
    return handoff_id


async def request_in_new(live: Stream, at: Served) -> int:
    """The id of the one request in New, when it is there."""
    await until(live, "inbox", new=1)
    answer = await at.client.get("/desk/api/requests", headers=at.bearer)
    [found] = answer.json()["items"]
    return int(found["id"])


@pytest.mark.timeout(180)  # two servers and a database start on whatever else the machine has to do
async def test_each_agent_sees_at_once_what_happens_in_the_other_process(two: tuple[Served, Served]) -> None:
    ada, ben = two
    async with AsyncExitStack() as pages:
        hers = await pages.enter_async_context(ada.watching())
        his = await pages.enter_async_context(ben.watching())
        handoff_id = await a_request(ada)
        await until(hers, "inbox", new=1, open=0)
        accepted = await ben.asks(f"/requests/{await request_in_new(his, ben)}/accept")
        assert accepted.status_code == 200, accepted.text
        await until(hers, "inbox", new=0, open=1)
        number = accepted.json()["id"]
        page = await pages.enter_async_context(ada.watching(f"?conversation={number}"))

        await until(page, "status", status="started")
        await ben.asks(f"/conversations/{number}/typing", on=True)
        await until(page, "typing", colleagues=["Ben Okoro"])
        sent = await ben.asks(f"/conversations/{number}/messages", text="Hello from Ben")
        assert sent.status_code == 201, sent.text
        while "Hello from Ben" not in (await until(page, "message", author="agent"))["html"]:
            pass

        for served in two:  # whichever process the platform speaks to
            typing = await served.client.post(
                f"/v1/handoffs/{handoff_id}/typing", json={"on": True}, headers=PLATFORM
            )
            assert typing.status_code == 204, typing.text
            await until(page, "typing", on=True)
            text = f"through {served.client.base_url.port}"
            said = await served.client.post(
                f"/v1/handoffs/{handoff_id}/messages", json={"body": text}, headers=PLATFORM
            )
            assert said.status_code == 201, said.text
            while text not in (await until(page, "message", author="end-user"))["html"]:
                pass
        await ben.asks(f"/conversations/{number}/end")
        await until(page, "status", status="finished")
        await until(hers, "inbox", new=0, open=0)


@pytest.mark.timeout(180)
async def test_one_of_two_accepts_wins_and_nothing_of_a_killed_process_is_lost(
    two: tuple[Served, Served],
) -> None:
    ada, ben = two
    async with ben.watching() as his:
        for turn in range(4):
            await a_request(two[turn % 2], f"k-{turn}")
            number = await request_in_new(his, ben)
            answers = await asyncio.gather(*(one.asks(f"/requests/{number}/accept") for one in two))
            assert sorted(answer.status_code for answer in answers) == [200, 409]
            [late] = [answer for answer in answers if answer.status_code == 409]
            assert ("Ben Okoro" if late is answers[0] else "Ada Marsh") in late.text
            await until(his, "inbox", new=0, open=turn + 1)

        await a_request(ada, "k-last")
        accepted = await ada.asks(f"/requests/{await request_in_new(his, ben)}/accept")
    conversation = f"/conversations/{accepted.json()['id']}"
    said = {"text": "the last words", "key": "k-last"}
    sent = await ada.asks(f"{conversation}/messages", **said)
    ada.process.send_signal(signal.SIGKILL)
    await ada.process.wait()
    assert sent.status_code == 201, sent.text
    # Ada comes back through the other process, and sends again what she is not sure of.
    again = await ben.client.post(f"/desk/api{conversation}/messages", json=said, headers=ada.bearer)
    assert again.status_code == 200, again.text
    stored = await ben.client.get(f"/desk/api{conversation}/messages", headers=ben.bearer)
    assert [one["text"] for one in stored.json()["items"]].count("the last words") == 1
