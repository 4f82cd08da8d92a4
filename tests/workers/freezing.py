"""Freezes workers in the middle of their work for longer than their lease, and thaws them again."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from tests.processes.stage import Stage
from tests.processes.world import Call

LINES = 6


@dataclass(frozen=True)
class Thawed:
    """What a worker asked the world for after it had thawed and before it began anew."""

    worker: str
    calls: Sequence[Call]


async def converse(stage: Stage, conversation: str) -> None:
    """One conversation from the request to the end, both sides talking at once."""
    talk, chat = await stage.engaged(conversation)
    for line in range(LINES):
        key = f"{conversation}-{line}"
        await asyncio.gather(talk.say(f"{key}-m"), stage.vendor.say(chat, f"{key}-a"))
    await talk.settle()
    await stage.ended(talk, chat)


async def freeze_one(stage: Stage, moments: random.Random) -> Thawed:
    """Freeze a worker at some moment, thaw it when the others have declared it dead."""
    world = stage.world
    name = moments.choice(list(stage.workers))
    lives = stage.workers[name]
    seen = len(world.calls) + moments.randint(5, 60)
    await world.until(lambda: len(world.calls) >= seen, "work goes on")
    lost = lives.lost_leases
    world.resting.add(name)  # nobody in their right mind asks a worker that does not answer
    lives.signal(signal.SIGSTOP)
    await stage.ledger.until_workers(len(stage.workers) - 1)
    before = len(world.calls)
    lives.signal(signal.SIGCONT)
    await lives.began_anew(lost)
    late = [call for call in world.calls[before:] if call.worker == name]
    world.resting.discard(name)
    return Thawed(name, late)
