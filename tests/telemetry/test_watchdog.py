"""The watchdog names whoever blocks the event loop, and where."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import types
from collections.abc import AsyncIterator

import pytest

from livechat_sdk.telemetry.watchdog import LoopWatchdog

LIMIT = 0.1


def block(seconds: float = 4 * LIMIT) -> None:
    """Keep the loop, and let other threads run, as a call of a slow server does."""
    threading.Event().wait(seconds)


class Owner:
    """Somebody whose code may block."""

    def deliver(self) -> None:
        block()


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
async def watchdog(owner: Owner) -> AsyncIterator[LoopWatchdog]:
    """Watches the test's own loop."""
    watching = LoopWatchdog({"the channel": owner}, limit=LIMIT)
    watching.start()
    yield watching
    watching.stop()


async def blamed(watchdog: LoopWatchdog, culprit: str, times: int = 1) -> tuple[int, float]:
    """How often and how long somebody blocked, once it was so often."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        for one in watchdog.blamed():
            if one.culprit == culprit and one.times >= times:
                return one.times, one.seconds
        await asyncio.sleep(0.001)
    raise AssertionError(f"{culprit} was not blamed, but {watchdog.blamed()}")


async def test_object_whose_code_blocks_is_named_with_the_place(
    watchdog: LoopWatchdog, owner: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    owner.deliver()
    times, seconds = await blamed(watchdog, "the channel")
    assert times == 1
    assert LIMIT < seconds < 40 * LIMIT
    line = Owner.deliver.__code__.co_firstlineno + 1
    assert f"the channel blocks the event loop for over 0.10 s, at {__file__}:{line} in Owner.deliver" in (
        caplog.text
    )


async def work() -> None:
    block()


async def test_task_is_named_by_its_function_when_its_code_belongs_to_nobody(
    watchdog: LoopWatchdog, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.create_task(work(), name="lane h-1 user")
    assert (await blamed(watchdog, "task work"))[0] == 1
    assert "h-1" not in "".join(one.culprit for one in watchdog.blamed()), "no counter holds an id"
    assert f"test_watchdog.py:{block.__code__.co_firstlineno + 2} in block" in caplog.text
    assert "(task 'lane h-1 user')" in caplog.text


async def test_task_of_a_plugin_is_named_by_the_plugin(watchdog: LoopWatchdog) -> None:
    await asyncio.create_task(work(), name="plugin acme in livechat_route")
    assert (await blamed(watchdog, "plugin acme in livechat_route"))[0] == 1


async def test_callback_without_a_task_is_said_to_be_one(watchdog: LoopWatchdog) -> None:
    done = asyncio.Event()

    def work() -> None:
        block()
        done.set()

    asyncio.get_running_loop().call_soon(work)
    await done.wait()
    assert (await blamed(watchdog, "a callback"))[0] == 1


async def test_module_whose_code_blocks_is_named() -> None:
    module = types.ModuleType("plugin_of_the_test")
    module.__dict__["block"] = block
    exec("def hook():\n    block()", module.__dict__)  # noqa: S102 - a module that no file needs to be made for
    watching = LoopWatchdog({"plugin acme": module}, limit=LIMIT)
    watching.start()
    module.hook()
    assert (await blamed(watching, "plugin acme"))[0] == 1
    watching.stop()


async def test_culprit_is_named_once_in_a_while_and_counted_each_time(
    watchdog: LoopWatchdog, owner: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        owner.deliver()
        await asyncio.sleep(0.01)
    assert (await blamed(watchdog, "the channel", times=3))[0] == 3
    assert caplog.text.count("the channel blocks the event loop") == 1


async def test_block_that_does_not_end_is_named_again_and_again(
    owner: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    watching = LoopWatchdog({"the channel": owner}, limit=0.05, repeat=0.1)
    watching.start()
    block_of_the_test = Owner()
    watching._owners[id(block_of_the_test)] = "somebody"
    block_of_the_test.deliver()
    await blamed(watching, "somebody")
    watching.stop()
    assert caplog.text.count("somebody blocks the event loop") >= 2


async def test_short_work_and_waiting_are_nobodys_fault(caplog: pytest.LogCaptureFixture) -> None:
    patient = LoopWatchdog({}, limit=2.0)  # a busy machine may well keep this thread waiting for a while
    patient.start()
    for _ in range(20):
        await asyncio.sleep(0.01)
        block(0.01)
    patient.stop()
    assert patient.blamed() == []
    assert "blocks the event loop" not in caplog.text


async def test_trouble_is_told_while_it_lasts_and_only_then(owner: Owner) -> None:
    watching = LoopWatchdog({"the channel": owner}, limit=0.05, repeat=1.0)
    watching.start()
    assert watching.trouble() is None
    owner.deliver()
    await blamed(watching, "the channel")
    trouble = watching.trouble()
    assert trouble is not None
    assert trouble.endswith("of the last 1 s, most of it by the channel")
    deadline = time.monotonic() + 10
    while watching.trouble() is not None:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    watching.stop()


async def test_culprits_are_counted_together_past_a_bound(owner: Owner) -> None:
    watching = LoopWatchdog({}, limit=LIMIT)
    for number in range(300):
        watching._blamed[f"task {number}"] = (1, 1.0)
    watching.start()
    owner.deliver()
    assert (await blamed(watching, "others"))[0] == 1
    watching.stop()


async def test_stopping_in_the_loops_own_thread_blames_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(50):
        watching = LoopWatchdog({}, limit=0.02)
        watching.start()
        await asyncio.sleep(0)
        watching._stopping.wait(0.0005)  # so that it is stopped at various points of its round
        watching.stop()
        assert not any(thread.name == "livechat-watchdog" for thread in threading.enumerate())
    assert "blocks the event loop" not in caplog.text


async def test_no_thread_is_left_when_it_was_stopped(watchdog: LoopWatchdog) -> None:
    assert "livechat-watchdog" in {thread.name for thread in threading.enumerate()}
    watchdog.stop()
    assert "livechat-watchdog" not in {thread.name for thread in threading.enumerate()}


def test_closed_loop_ends_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    watching = LoopWatchdog({})

    async def begin() -> None:
        watching.start()

    running = threading.Thread(target=asyncio.run, args=(begin(),))
    running.start()
    running.join()
    thread = watching._thread
    assert thread is not None
    thread.join(5)
    assert not thread.is_alive()
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_stopping_does_not_wait_for_the_answer_of_the_loop_that_stops_it() -> None:
    watching = LoopWatchdog({}, limit=30.0)
    watching.start()
    block()  # long enough for a question to be open, which this loop cannot answer now
    watching.stop()
    assert not any(thread.name == "livechat-watchdog" for thread in threading.enumerate())
