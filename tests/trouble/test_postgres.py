"""The PostgreSQL server stops, and starts again: a clear error meanwhile, nothing lost, and then on."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from livechat_sdk_testing.postgres import PostgresServer, running_server
from tests.crash.scenarios import FORGETS
from tests.processes.ledgers import Ledger
from tests.processes.nursery import Nursery
from tests.processes.stage import staged

HOW = [signal.SIGINT, signal.SIGQUIT]
"""In good order, and at once: as a crash is to those who are connected."""


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that no other test uses."""
    with running_server() as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("names", [("w",), ("w", "v")], ids=["one-worker", "two-workers"])
async def test_what_cannot_be_written_is_not_accepted_and_what_was_accepted_goes_on(
    names: tuple[str, ...], how: signal.Signals, nursery: Nursery, own_server: PostgresServer, tmp_path: Path
) -> None:
    ledger = Ledger(await own_server.new_database(), lease=60.0)
    async with staged(nursery, ledger, tmp_path, FORGETS, names=names) as stage:
        talk, chat = await stage.engaged()

        async def stop_server() -> None:
            await asyncio.to_thread(own_server.stop, how)

        # It stops while the vendor has a message in its hands: the result of that send cannot be written.
        begun = stage.during_the_send_of("m-1", stop_server)
        await talk.say("m-1")
        await begun
        for method, params in (
            ("say", {"handoff": talk.handoff, "key": "m-2", "text": "hello?"}),
            ("end", {"handoff": talk.handoff, "by": "user"}),
            ("request", {"key": "other", "conversation": "c-2", "bot": "shop-bot"}),
        ):
            await stage.assert_refused("cannot be reached", method, **params)
        await asyncio.to_thread(own_server.start)

        await talk.say("m-2")  # the client comes again
        await stage.vendor.say(chat, "a-1")
        await talk.settle()
        await stage.ended(talk, chat)
        await stage.assert_right({"c-1": ("completed",)}, doubts=0)
    assert chat.received == ["m-1", "m-2"]


@pytest.mark.slow
@pytest.mark.parametrize("how", HOW)
async def test_a_server_that_restarts_in_the_middle_of_everything_costs_no_message(
    how: signal.Signals, nursery: Nursery, own_server: PostgresServer, tmp_path: Path
) -> None:
    ledger = Ledger(await own_server.new_database(), lease=60.0)
    async with staged(nursery, ledger, tmp_path, FORGETS, names=("w1", "w2")) as stage:

        async def converse(number: int) -> None:
            talk, chat = await stage.engaged(f"c-{number}")
            for line in range(20):
                key = f"{talk.id}-{line}"
                await asyncio.gather(talk.say(f"{key}-m"), stage.vendor.say(chat, f"{key}-a"))
            await talk.settle()
            await stage.ended(talk, chat)

        async def restart() -> None:
            await stage.world.until(lambda: len(stage.world.calls) > 100, "they are in the middle of it")
            await asyncio.to_thread(own_server.stop, how)
            await asyncio.to_thread(own_server.start)

        await asyncio.gather(restart(), *(converse(number) for number in range(6)))
        await stage.assert_right({f"c-{number}": ("completed",) for number in range(6)}, doubts=0)
