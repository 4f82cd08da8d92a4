"""The wrapper through which the event loop drives a plugin's coroutine."""

from __future__ import annotations

import asyncio
import time

import pytest

from livechat_sdk.hooks.tasks import Guarded, PluginExit


async def _add(one: int, two: int) -> int:
    await asyncio.sleep(0)
    return one + two


async def test_it_behaves_as_the_coroutine_does() -> None:
    assert await asyncio.create_task(Guarded(_add(1, 2))) == 3
    assert await Guarded(_add(3, 4)) == 7


async def test_longest_step_is_measured_not_the_waiting() -> None:
    async def steps() -> None:
        await asyncio.sleep(0.03)
        time.sleep(0.01)  # noqa: ASYNC251 - that is what is measured
        await asyncio.sleep(0)

    guarded = Guarded(steps())
    started = time.perf_counter()
    await asyncio.create_task(guarded)
    assert guarded.longest >= 0.01
    assert guarded.longest < time.perf_counter() - started - 0.02


async def test_exit_becomes_an_ordinary_error_with_its_cause() -> None:
    async def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(PluginExit) as raised:
        await asyncio.create_task(Guarded(leave()))
    assert isinstance(raised.value.__cause__, SystemExit)


async def test_doomed_coroutine_is_ended_by_the_next_error_even_if_it_refuses() -> None:
    log: list[str] = []

    async def refuses() -> None:
        while len(log) < 10:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                log.append("cancelled")
            except GeneratorExit:
                log.append("closed")
                raise

    guarded = Guarded(refuses())
    task = asyncio.create_task(guarded)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (task.done(), log) == (False, ["cancelled"])
    guarded.doomed = True
    task.cancel()
    await asyncio.wait((task,), timeout=5)
    assert (task.cancelled(), log) == (True, ["cancelled", "closed"])


async def test_closing_closes_the_coroutine() -> None:
    closed: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            closed.append("closed")

    guarded = Guarded(waits())
    guarded.send(None)
    guarded.close()
    assert closed == ["closed"]
