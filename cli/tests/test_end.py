"""``livechat end``: beside a running server and without one, on both stores."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.tests.helpers import invoke, livechat
from cli.tests.history import World, completed, live
from livechat_sdk import HandoffState, Outcome, RetryableError
from livechat_sdk_testing.postgres import PostgresServer
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider

REASON = "the agent's screen froze"
WHO_DOES_IT = "a running server does it within seconds; without one, the next `livechat serve` does"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new store of either kind."""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return asyncio.run(server.new_database())
    return f"sqlite:///{tmp_path / 'livechat.db'}"


async def with_agent(world: World) -> str:
    """An agent is in the chat, and nothing more happens."""
    handoff = await world.request("run-1", "c-1")
    await world.event("joined", id="evt-1", agent="a-7", name="Ann")
    return handoff.id


async def waiting(world: World) -> str:
    return (await world.request("run-1", "c-1")).id


async def until_ended(world: World, handoff_id: str) -> None:
    deadline = time.monotonic() + 20
    while (await world.dispatcher.handoff(handoff_id)).is_live:
        assert time.monotonic() < deadline, "the command has ended it, and the dispatcher does nothing"
        await asyncio.sleep(0.02)  # a command is another process: it is seen when the store is looked at
    await world.dispatcher.wait_idle()


def test_the_next_server_closes_the_chat_and_the_bot_has_it_again(store: str) -> None:
    toy = ToyPlugin()
    handoff_id = live(store, with_agent, toy=toy)
    done = invoke("end", handoff_id[:10], "--reason", REASON, "--store", store)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"handoff {handoff_id} is ending, by operator: other ({REASON})",
        f"to be done: close the chat at toy; {WHO_DOES_IT}",
        "then, or after 10s whatever the vendor answers, the bot has the conversation again",
    ]
    assert done.stderr == f"next: `livechat show {handoff_id}` says how it goes on\n"
    assert toy.vendor.closed == []

    again = invoke("end", handoff_id, "--store", store)
    assert again.returncode == 0
    assert again.stdout.startswith(f"handoff {handoff_id} is ending already, by operator: other ({REASON})\n")

    async def serve(world: World) -> str:
        await until_ended(world, handoff_id)
        ended = await world.dispatcher.handoff(handoff_id)
        assert ended.outcome is Outcome.COMPLETED
        assert (await world.dispatcher.store.ownership("c-1")).owner == "bot"
        assert [one.handoff_id for one in world.channel.ended] == [handoff_id]
        return handoff_id

    live(store, serve, toy=toy)
    [(_, reason)] = toy.vendor.closed
    assert (reason.by, reason.why, reason.raw) == ("operator", "other", REASON)


@pytest.mark.feature("CV-23")
def test_beside_a_running_dispatcher_it_takes_seconds(store: str) -> None:
    async def serve(world: World) -> str:
        handoff_id = await with_agent(world)
        done = await asyncio.to_thread(invoke, "end", handoff_id, "--store", store)
        assert (done.returncode, "is ending, by operator: other\n" in done.stdout) == (0, True)
        await until_ended(world, handoff_id)
        assert len(world.toy.vendor.closed) == 1
        assert await world.dispatcher.bot_may_send("c-1", owner_number=2)
        told = len(world.channel.shown)
        await world.event("message", text="are you still there?", key="v-1")
        assert len(world.channel.shown) == told, "the end user hears nothing more from it"
        return handoff_id

    handoff_id = live(store, serve)
    shown = invoke("show", handoff_id, "--store", store).stdout
    assert "ended by operator: other" in shown


def test_a_vendor_that_does_not_close_is_not_waited_for(store: str) -> None:
    async def serve() -> None:
        world = World(store, start=datetime.now(UTC))  # the command sets its clocks by the machine's time
        world.toy.vendor.fail["close"] = [RetryableError("close: no connection")] * 1000
        async with world.dispatcher:
            handoff_id = await with_agent(world)
            await asyncio.to_thread(invoke, "end", handoff_id, "--store", store)
            deadline = time.monotonic() + 20
            while "close" not in world.toy.vendor.calls:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.02)
            await world.dispatcher.wait_idle()
            assert (await world.dispatcher.handoff(handoff_id)).state is HandoffState.ENDING
            await world.settle(30)
            ended = await world.dispatcher.handoff(handoff_id)
            assert ended.state is HandoffState.ENDED
            assert world.toy.vendor.closed == []
        done = await asyncio.to_thread(invoke, "end", handoff_id, "--store", store)
        assert "nothing was changed\nthe chat at toy is not closed\n" in done.stdout

    asyncio.run(serve())


def test_what_it_tells_to_programs(store: str) -> None:
    handoff_id = live(store, waiting)
    found = json.loads(invoke("end", handoff_id, "--json", "--store", store).stdout)
    assert found == {
        "schema_version": 1,
        "handoff": handoff_id,
        "changed": True,
        "state": "ending",
        "outcome": None,
        "ended_at": None,
        "reason": {"by": "operator", "why": "other", "raw": None},
        "to_close": ["toy"],
    }


def test_where_nothing_can_be_closed_it_is_over_at_once_and_says_what_stays(store: str) -> None:
    cannot = ToyPlugin(capabilities=ToyProvider.capabilities.model_copy(update={"closes": False}))
    handoff_id = live(store, with_agent, toy=cannot)
    lines = invoke("end", handoff_id, "--store", store).stdout.splitlines()
    assert lines[0].startswith(f"handoff {handoff_id} ended, ")
    assert lines[0].endswith(" UTC: completed, ended by operator: other")
    assert lines[1] == "the bot has the conversation again"
    assert lines[2] == f"to be done: tell the end user and the platform; {WHO_DOES_IT}"
    assert lines[3] == "the chat at toy cannot be closed from here: its agent ends it"


def test_what_has_ended_already_says_when_and_how(store: str) -> None:
    handoff_id = live(store, completed)
    done = invoke("end", handoff_id, "--store", store)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"handoff {handoff_id} had ended already, 2026-11-24 09:00:45 UTC: completed, "
        "ended by agent: resolved\nnothing was changed\n"
    )
    found = json.loads(invoke("end", handoff_id, "--json", "--store", store).stdout)
    assert (found["changed"], found["outcome"], found["to_close"]) == (False, "completed", [])
    assert found["reason"]["by"] == "agent"


def test_unknown_handoff_missing_store_and_long_reason_are_explained(tmp_path: Path) -> None:
    database = tmp_path / "livechat.db"
    assert invoke("end", "nobody", "--store", database).returncode == 6
    live(database, completed)
    unknown = invoke("end", "nobody", "--store", database)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "no handoff 'nobody'" in unknown.stderr
    assert "next: `livechat show` lists handoffs" in unknown.stderr
    long = invoke("end", "nobody", "--reason", "x" * 1001, "--store", database)
    assert (long.returncode, long.stdout) == (2, "")
    assert "next: say it in fewer words" in long.stderr


def test_the_command_works_as_a_process_too(tmp_path: Path) -> None:
    database = tmp_path / "livechat.db"
    handoff_id = live(database, with_agent)
    done = livechat("end", handoff_id, "--store", database, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        f"handoff {handoff_id} is ending, by operator: other",
    )
