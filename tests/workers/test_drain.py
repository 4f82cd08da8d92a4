"""SIGTERM while calls are under way: they are finished and written down, and the next process goes on."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from tests.crash.scenarios import FORGETS
from tests.processes.nursery import Nursery
from tests.trouble.stage import staged


async def test_what_is_under_way_is_finished_before_the_process_ends(
    nursery: Nursery, tmp_path: Path
) -> None:
    async with staged(nursery, tmp_path, FORGETS) as stage:
        talk, chat = await stage.engaged()

        async def stop_it() -> None:
            stage.lives.signal(signal.SIGTERM)
            await stage.world.gone("w")  # it is stopping, and waits for us

        begun = stage.during_the_send_of("m-1", stop_it)
        await talk.say("m-1", "m-2")
        await begun
        async with asyncio.timeout(10):
            await stage.lives.stopped()  # by itself, with exit code 0

        stage.start_again()
        await talk.settle()
        await stage.vendor.end(chat)
        await talk.handed_back()
        await talk.settle()
        await stage.assert_right({"c-1": ("completed",)}, doubts=0)  # the result of m-1 was written down
    assert chat.received == ["m-1", "m-2"]
