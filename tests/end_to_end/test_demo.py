"""``livechat demo`` as a user runs it."""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from livechat_sdk_cli.demo.people import AgentClient, EndUserClient, until
from tests.end_to_end.demo_process import COMMAND, DemoProcess, stubborn

ADA = ("ada@demo.example", "demo-agent-ada")


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[DemoProcess]:
    process = DemoProcess(tmp_path)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


@pytest.mark.timeout(120)
async def test_the_script_plays_three_handoffs_and_prints_their_ledgers() -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "demo", "--script", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, noted = (text.decode() for text in await process.communicate())
    assert process.returncode == 0, noted
    assert re.search(r"3 handoffs played in [\d.]+ s: completed, missed, out_of_hours", printed)
    for text in ("My parcel has not come.", "I see it: it comes tomorrow.", "I am back."):
        assert text in printed
    assert "opens next" in printed, "closed now comes with the next opening"
    fates = re.findall(r"^ *\d+ +\d\d:\d\d:\d\d +to (?:user|agent) +\w+ +(\w+)", printed, re.MULTILINE)
    assert len(fates) >= 12
    assert set(fates) <= {"sent", "acknowledged", "seen"}
    assert "voucher" not in printed, "a note is no message"
    assert "an agent accepts it" in noted


@pytest.mark.timeout(120)
async def test_ctrl_c_ends_it_cleanly_and_the_next_start_goes_on(demo: DemoProcess) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        user = EndUserClient(client, demo.url)
        await user.arrive()
        await user.write("I want to talk to a human")
        await user.waits_for("Your request is with our team")
        streaming = asyncio.create_task(client.get(f"{demo.url}/chat/live", timeout=30))
        await asyncio.sleep(0)
        assert await demo.interrupt() == 0
        await asyncio.gather(streaming, return_exceptions=True)
        assert "Traceback" not in demo.log()
        assert "Start it again" in demo.log()
        await demo.start()
        await user.write("My order")
        await user.waits_for("Thank you!")


async def test_it_prints_addresses_and_accounts(demo: DemoProcess) -> None:
    log = demo.log()
    assert f"{demo.url}/chat/" in log
    assert f"{demo.url}/desk/" in log
    assert all(part in log for part in ADA)
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as client:
        for page in ("/chat/", "/desk/"):
            answer = await client.get(demo.url + page)
            assert answer.is_success
            assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.timeout(240)
async def test_kill_9_in_mid_conversation_loses_and_doubles_nothing(demo: DemoProcess) -> None:
    chance = random.Random()  # noqa: S311  (where the kill falls is left to chance on purpose)
    count = 25
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        user, agent = EndUserClient(client, demo.url), AgentClient(client, demo.url)
        await user.arrive()
        await user.write("I want to talk to a human")
        await user.waits_for("what is it about?")
        await user.write("My order")
        await agent.sign_in(*ADA)
        (request,) = (await agent.get("requests?status=new"))["items"]
        accepted = await agent.post(f"requests/{request['id']}/accept")
        conversation = f"conversations/{accepted['id']}"

        async def user_talks() -> None:
            for number in range(count):
                await stubborn(lambda n=number: user.write(f"user {n}", key=f"u-{n}"))  # type: ignore[misc]

        async def agent_talks() -> None:
            for number in range(count):
                await stubborn(
                    lambda n=number: agent.post(f"{conversation}/messages", text=f"agent {n}", key=f"a-{n}")  # type: ignore[misc]
                )

        async def killer() -> None:
            for _ in range(4):
                await asyncio.sleep(chance.uniform(0.02, 0.4))
                await demo.kill()
                await demo.start()

        await asyncio.gather(user_talks(), agent_talks(), killer())
        await stubborn(lambda: user.waits_for(f"agent {count - 1}"))
        at_desk: list[str] = []

        async def desk_has_all() -> bool:
            items = (await agent.get(f"{conversation}/messages?take=200"))["items"]
            at_desk[:] = [m["text"] for m in items if m["text"].startswith("user ")]
            return len(at_desk) >= count

        await until(partial(stubborn, desk_has_all), "the desk has all messages")
        await agent.post(f"{conversation}/end")
        await user.waits_for("I am back.")
        on_page = [str(m["text"]) for m in await user.sees()]
    assert at_desk == [f"user {n}" for n in range(count)], "the agent reads each once, in order"
    assert [t for t in on_page if t.startswith("agent ")] == [f"agent {n}" for n in range(count)]
    assert on_page.count("I am back. I hope my colleague could help. Is there anything else?") == 1
    assert demo.starts == 5
    with sqlite3.connect(demo.folder / "demo.db") as ledger:
        fates = dict(ledger.execute("SELECT fate, COUNT(*) FROM entries GROUP BY fate").fetchall())
        ends = ledger.execute("SELECT COUNT(*) FROM handoffs WHERE state = 'ended'").fetchone()[0]
    ledger.close()
    assert set(fates) <= {"sent", "acknowledged", "seen"}, fates
    assert ends == 1
