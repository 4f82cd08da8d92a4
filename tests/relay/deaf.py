"""Calls that do not heed being interrupted, and a loop whose clock does not wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["deaf_call", "seconds_until"]


async def deaf_call() -> None:
    """What a bad adapter does: it catches whatever interrupts it, and goes on. Nothing but force ends it."""
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


async def seconds_until(done: Awaitable[Any], *, a_turn: float = 0.25) -> float:
    """Await something while each turn of the loop takes so many seconds; how many it has taken."""
    with _fast_clock() as passed:
        task = asyncio.ensure_future(done)
        while not task.done():
            passed[0] += a_turn
            assert passed[0] < 600, "it does not come to an end"
            await asyncio.sleep(0)
        await task
        return passed[0]


@contextmanager
def _fast_clock() -> Iterator[list[float]]:
    loop: Any = asyncio.get_running_loop()
    passed, time = [0.0], loop.time
    loop.time = lambda: time() + passed[0]
    try:
        yield passed
    finally:
        del loop.time
