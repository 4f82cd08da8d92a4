"""A worker dies or freezes while others run: they take its lanes over after its lease, and finish."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.crash.scenarios import DEDUPES, FORGETS, LOOKS_UP
from tests.processes.ledgers import Ledger
from tests.processes.nursery import Nursery
from tests.processes.stage import Stage, staged
from tests.processes.world import Chat, Talk

LEASE = 1.5


async def test_the_survivor_takes_over_what_a_dead_worker_had_in_hands(
    nursery: Nursery, postgres_url: str, tmp_path: Path
) -> None:
    ledger = Ledger(postgres_url, LEASE)
    async with staged(nursery, ledger, tmp_path, FORGETS, names=("w1", "w2")) as stage:
        stage.world.resting.add("w2")
        talk, chat = await stage.engaged()

        async def kill_it() -> None:
            stage.workers["w1"].kill()
            await stage.world.gone("w1")

        begun = stage.during_the_send_of("m-2", kill_it)
        stage.world.resting.clear()
        await talk.say("m-1", "m-2", "m-3")
        await begun
        await talk.say("m-4")
        await talk.settle()
        await stage.vendor.say(chat, "a-1")
        await stage.ended(talk, chat)
        await stage.assert_right({"c-1": ("completed",)}, doubts=1)
    assert chat.received == ["m-1", "m-2", "m-3", "m-4"]
    assert {call.worker for call in stage.world.calls if call.key in {"m-3", "m-4"}} == {"w2"}


async def frozen_during_a_send(stage: Stage) -> tuple[Talk, Chat, asyncio.Event]:
    """w1 sends m-1 and freezes before the vendor answers; the vendor answers when the event is set."""
    stage.world.resting.add("w2")
    talk, chat = await stage.engaged()
    answer = asyncio.Event()
    frozen = asyncio.Event()

    async def freeze_it() -> None:
        if not frozen.is_set():
            stage.workers["w1"].signal(signal.SIGSTOP)
            frozen.set()
            await answer.wait()

    stage.vendor.while_sending["m-1"] = freeze_it
    await talk.say("m-1")
    await frozen.wait()
    stage.world.resting.clear()
    stage.world.resting.add("w1")
    return talk, chat, answer


@pytest.mark.parametrize(
    ("capabilities", "received", "doubts"),
    [
        (FORGETS, ["m-1", "m-2"], 1),
        (LOOKS_UP, ["m-1", "m-2"], 0),
        (DEDUPES, ["m-1", "m-2"], 0),
    ],
    ids=["doubtful", "looked-up", "repeated"],
)
async def test_a_frozen_worker_that_thaws_finishes_what_it_had_sent_and_no_more(
    capabilities: dict[str, object],
    received: list[str],
    doubts: int,
    nursery: Nursery,
    postgres_url: str,
    tmp_path: Path,
) -> None:
    ledger = Ledger(postgres_url, LEASE)
    async with staged(nursery, ledger, tmp_path, capabilities, names=("w1", "w2")) as stage:
        talk, chat, answer = await frozen_during_a_send(stage)
        await talk.say("m-2")  # taken by w2, after w1 in the lane
        await stage.vendor.say(chat, "a-1")
        await talk.settle()  # w2 has taken the lane over, and done what was left in it
        assert chat.received == received
        before = len(stage.world.calls)

        answer.set()
        stage.workers["w1"].signal(signal.SIGCONT)
        stage.world.resting.clear()
        await stage.workers["w1"].began_anew()
        assert [call for call in stage.world.calls[before:] if call.worker == "w1"] == []

        other, another = await stage.engaged("c-2")  # it serves again, as another worker
        for ending in ((talk, chat), (other, another)):
            await stage.ended(*ending)
        stage.world.overlaps.clear()  # the vendor had two in hands: one of them from a worker that was frozen
        await stage.assert_right({"c-1": ("completed",), "c-2": ("completed",)}, doubts=doubts)
