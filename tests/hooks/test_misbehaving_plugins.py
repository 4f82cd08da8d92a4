"""No plugin can hurt a handoff, and whoever tries is named."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from livechat_sdk.domain.handoff import Route
from livechat_sdk.hooks import Hooks, hookimpl, plugins
from livechat_sdk.hooks.plugins import ABANDONED_TASKS
from tests.hooks import zoo
from tests.hooks.samples import HANDOFF, REQUEST, ROUTE, stat, until

LIMIT = 0.03


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with_limit = Hooks(hook_timeout=LIMIT)
    yield with_limit
    with_limit.close()


@pytest.fixture
def patient() -> Iterator[Hooks]:
    """Hooks for what is never late, however busy the machine is."""
    without_limit = Hooks(hook_timeout=60, blocking_limit=0.02)
    yield without_limit
    without_limit.close()


@pytest.fixture
async def keep() -> AsyncIterator[list[zoo.Animal]]:
    """Animals that are let go when the test is over."""
    animals: list[zoo.Animal] = []
    yield animals
    for animal in animals:
        animal.release.set()


def _register(hooks: Hooks, keep: list[zoo.Animal], *animals: zoo.Animal) -> None:
    """Register animals so that they are asked in the order given."""
    for animal in reversed(animals):
        hooks.register(animal)
    keep.extend(animals)


LATE = [zoo.HangsAsync, zoo.IgnoresCancelling, zoo.HangsInThread, zoo.HangsInItsAwaitable]
FAILING = [
    (zoo.Raises, "failed with ValueError at"),
    (zoo.RaisesInThread, "failed with ValueError at"),
    (zoo.RaisesOurError, "failed with RejectedError at"),
    (zoo.ExitsAsync, "failed with SystemExit at"),
    (zoo.ExitsInThread, "failed with SystemExit at"),
    (zoo.RaisesCancelled, "failed with CancelledError"),
    (zoo.CancelsItself, "failed with CancelledError"),
    (zoo.ReturnsJunk, "it answered with a dict where a Route belongs"),
    (zoo.ReturnsJunkFromThread, "it answered with a int where a Route belongs"),
    (zoo.RoutesNowhere, "it chose 'not-in-the-settings', which is not among desk"),
    (zoo.ReturnsHalfAnObject, "its answer cannot be read: AttributeError"),
    (zoo.ReturnsForeignFuture, "failed with RuntimeError at"),
]


@pytest.mark.parametrize("kind", LATE, ids=lambda kind: kind.__name__)
async def test_plugin_that_hangs_is_left_behind_and_named(
    kind: type[zoo.Animal], hooks: Hooks, keep: list[zoo.Animal], caplog: pytest.LogCaptureFixture
) -> None:
    _register(hooks, keep, kind(), zoo.Good())
    started = time.monotonic()
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE
    assert time.monotonic() - started < 15, "it is not waited for"
    counted = stat(hooks, kind.__name__)
    assert (counted.calls, counted.timeouts, counted.failures, counted.skipped) == (1, 1, 0, 0)
    assert counted.seconds >= LIMIT
    assert f"plugin '{kind.__name__}' in livechat_route: no answer within 0.03 s" in caplog.text
    assert "Good" not in caplog.text


@pytest.mark.parametrize(("kind", "complaint"), FAILING, ids=lambda value: getattr(value, "__name__", ""))
async def test_plugin_that_fails_abstains_and_is_named(
    kind: type[zoo.Animal],
    complaint: str,
    patient: Hooks,
    keep: list[zoo.Animal],
    caplog: pytest.LogCaptureFixture,
) -> None:
    _register(patient, keep, kind(), zoo.Good())
    assert await patient.route(REQUEST, ["desk"]) == ROUTE
    counted = stat(patient, kind.__name__)
    assert (counted.calls, counted.failures, counted.timeouts, counted.skipped) == (1, 1, 0, 0)
    assert f"plugin '{kind.__name__}' in livechat_route: {complaint}" in caplog.text
    assert stat(patient, "Good").failures == 0
    assert zoo.SECRET not in caplog.text


async def test_failure_is_placed_at_the_plugins_own_line(
    hooks: Hooks, keep: list[zoo.Animal], caplog: pytest.LogCaptureFixture
) -> None:
    _register(hooks, keep, zoo.Raises())
    await hooks.route(REQUEST, ["desk"])
    line = zoo.Raises.livechat_route.__code__.co_firstlineno + 2
    assert f"zoo.py:{line}" in caplog.text


async def test_text_and_traceback_of_a_foreign_error_are_logged_for_debugging_only(
    hooks: Hooks, keep: list[zoo.Animal], caplog: pytest.LogCaptureFixture
) -> None:
    _register(hooks, keep, zoo.Raises())
    caplog.set_level(logging.DEBUG, logger="livechat_sdk.hooks")
    await hooks.route(REQUEST, ["desk"])
    assert "Traceback" in caplog.text
    assert zoo.SECRET in caplog.text


async def test_text_of_our_own_errors_is_logged_always(
    hooks: Hooks, keep: list[zoo.Animal], caplog: pytest.LogCaptureFixture
) -> None:
    _register(hooks, keep, zoo.RaisesOurError())
    await hooks.route(REQUEST, ["desk"])
    assert "acme: no such queue" in caplog.text


async def test_whole_zoo_together_does_not_keep_a_handoff_from_its_route(
    hooks: Hooks, keep: list[zoo.Animal]
) -> None:
    animals = [kind() for kind in LATE] + [kind() for kind, _ in FAILING]
    _register(hooks, keep, *animals, zoo.BlocksTheLoop(), zoo.Good())
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE
    assert sum(one.calls for one in hooks.stats()) == len(animals) + 2


async def test_plugin_with_all_threads_stuck_is_skipped_named_and_asked_again_when_they_return(
    keep: list[zoo.Animal], caplog: pytest.LogCaptureFixture
) -> None:
    hooks = Hooks(hook_timeout=LIMIT, threads=4)
    leaky = zoo.HangsInThread()
    _register(hooks, keep, leaky, zoo.Good())
    caplog.set_level(logging.INFO, logger="livechat_sdk.hooks")

    while not hooks.stuck():  # four calls, or more when the machine is slow to start a thread
        assert await hooks.route(REQUEST, ["desk"]) == ROUTE
    assert hooks.stuck() == ["HangsInThread"]
    for _ in range(3):
        assert await hooks.route(REQUEST, ["desk"]) == ROUTE
    counted = stat(hooks, "HangsInThread")
    assert (leaky.started, counted.skipped) == (4, 3)
    assert counted.calls == counted.timeouts >= 4
    message = "plugin 'HangsInThread' is stuck in livechat_route and is skipped until that ends"
    assert caplog.text.count(message) == 1

    leaky.release.set()
    await until(lambda: not hooks.stuck())
    await until(lambda: caplog.text.count("plugin 'HangsInThread' answered livechat_route after all") == 4)
    hooks.hook_timeout = 60
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE
    assert leaky.started == 5
    assert stat(hooks, "HangsInThread").timeouts == counted.timeouts
    assert caplog.text.count("plugin 'HangsInThread' is no longer stuck and is asked again") == 1
    hooks.close()


async def test_one_stuck_thread_is_not_enough_to_be_skipped(keep: list[zoo.Animal]) -> None:
    class HangsOnce(zoo.Animal):
        @hookimpl
        def livechat_route(self) -> Route:
            self.started += 1
            if self.started == 1:
                self.release.wait(30)
            return ROUTE

    hooks = Hooks(hook_timeout=LIMIT, threads=2)
    _register(hooks, keep, HangsOnce())
    assert await hooks.route(REQUEST, ["desk"]) is None
    hooks.hook_timeout = 60
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE
    assert hooks.stuck() == []
    hooks.close()


async def test_threads_of_one_plugin_are_bounded_and_calls_wait_for_their_turn() -> None:
    class Counts:
        def __init__(self) -> None:
            self.lock = threading.Lock()
            self.now = self.most = 0

        @hookimpl
        def livechat_route(self) -> Route:
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            time.sleep(0.002)
            with self.lock:
                self.now -= 1
            return ROUTE

    hooks, plugin = Hooks(threads=3), Counts()
    hooks.register(plugin)
    answers = await asyncio.gather(*(hooks.route(REQUEST, ["desk"]) for _ in range(30)))
    assert answers == [ROUTE] * 30
    assert plugin.most == 3
    hooks.close()


async def test_call_that_found_no_free_thread_in_time_is_never_started(keep: list[zoo.Animal]) -> None:
    hooks = Hooks(hook_timeout=60, threads=1)
    slow = zoo.HangsInThread()
    _register(hooks, keep, slow)
    first = asyncio.create_task(hooks.route(REQUEST, ["desk"]))
    await until(lambda: slow.started == 1)
    hooks.hook_timeout = LIMIT
    assert await hooks.route(REQUEST, ["desk"]) is None  # it waits behind the first until its time is over
    slow.release.set()
    assert await first == ROUTE
    hooks.hook_timeout = 60
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE
    assert slow.started == 2
    hooks.close()


async def test_plugin_whose_coroutines_ignore_cancelling_is_skipped_and_named(
    hooks: Hooks, keep: list[zoo.Animal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "CLEANUP_SECONDS", 60)
    stubborn = zoo.IgnoresCancelling()
    _register(hooks, keep, stubborn, zoo.Good())
    calls = ABANDONED_TASKS
    assert await asyncio.gather(*(hooks.route(REQUEST, ["desk"]) for _ in range(calls))) == [ROUTE] * calls
    assert hooks.stuck() == ["IgnoresCancelling"]
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE
    assert (stubborn.started, stat(hooks, "IgnoresCancelling").skipped) == (calls, 1)
    stubborn.release.set()
    await until(lambda: not hooks.stuck())


async def test_coroutine_that_ignores_cancelling_is_ended_after_some_time(
    hooks: Hooks, keep: list[zoo.Animal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "CLEANUP_SECONDS", 0.01)
    _register(hooks, keep, zoo.IgnoresCancelling())
    await hooks.route(REQUEST, ["desk"])
    await until(lambda: len(asyncio.all_tasks()) == 1)


async def test_coroutine_may_clean_up_after_it_was_cancelled(hooks: Hooks) -> None:
    steps: list[str] = []

    class CleansUp:
        @hookimpl
        async def livechat_route(self) -> Route:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.005)
                steps.append("closed")
            return ROUTE

    hooks.register(CleansUp())
    assert await hooks.route(REQUEST, ["desk"]) is None
    await until(lambda: steps == ["closed"])


async def test_coroutine_of_a_plugin_is_named_after_it(patient: Hooks) -> None:
    seen: list[str] = []

    class Looks:
        @hookimpl
        async def livechat_route(self) -> None:
            task = asyncio.current_task()
            seen.append(task.get_name() if task else "")

    patient.register(Looks(), "acme")
    await patient.route(REQUEST, ["desk"])
    assert seen == ["plugin acme in livechat_route"]


async def test_closing_ends_even_what_ignores_cancelling(keep: list[zoo.Animal]) -> None:
    hooks = Hooks(hook_timeout=LIMIT)
    _register(hooks, keep, zoo.IgnoresCancelling())
    await hooks.route(REQUEST, ["desk"])
    hooks.close()
    await until(lambda: len(asyncio.all_tasks()) == 1)


def test_program_ends_although_a_plugin_ignores_cancelling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "CLEANUP_SECONDS", 0.01)
    hooks = Hooks(hook_timeout=LIMIT)
    hooks.register(zoo.IgnoresCancelling())
    assert asyncio.run(asyncio.wait_for(hooks.route(REQUEST, ["desk"]), 5)) is None


async def test_coroutine_that_heeds_cancelling_leaves_nothing_behind(
    hooks: Hooks, keep: list[zoo.Animal]
) -> None:
    _register(hooks, keep, zoo.HangsAsync())
    for _ in range(3):
        await hooks.route(REQUEST, ["desk"])
    await until(lambda: len(asyncio.all_tasks()) == 1)
    assert hooks.stuck() == []


async def test_async_plugin_that_blocks_the_loop_is_named(
    patient: Hooks, keep: list[zoo.Animal], caplog: pytest.LogCaptureFixture
) -> None:
    _register(patient, keep, zoo.BlocksTheLoop(), zoo.Good())
    assert await patient.route(REQUEST, ["desk"]) == ROUTE
    assert "plugin 'BlocksTheLoop' held up everything for 0." in caplog.text
    assert stat(patient, "BlocksTheLoop").timeouts == 0


async def test_answer_for_which_everything_had_to_wait_too_long_is_used_and_counted_as_late(
    hooks: Hooks, keep: list[zoo.Animal]
) -> None:
    _register(hooks, keep, zoo.BlocksTheLoop())
    await hooks.route(REQUEST, ["desk"])
    counted = stat(hooks, "BlocksTheLoop")
    assert (counted.calls, counted.timeouts, counted.failures) == (1, 1, 0)


async def test_inline_plugin_that_blocks_is_timed_counted_and_named_but_its_answer_is_used(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Slow:
        @hookimpl
        def livechat_route(self) -> Route:
            time.sleep(0.04)
            return ROUTE

    hooks = Hooks(hook_timeout=LIMIT, blocking_limit=0.02)
    hooks.register(Slow(), inline=True)
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE
    counted = stat(hooks, "Slow")
    assert (counted.calls, counted.timeouts, counted.failures) == (1, 1, 0)
    assert counted.seconds >= 0.04
    assert "plugin 'Slow' held up everything for 0." in caplog.text


async def test_inline_plugin_that_raises_abstains_and_is_named(
    patient: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    patient.register(zoo.Good())
    patient.register(zoo.RaisesInThread(), "ours", inline=True)
    assert await patient.route(REQUEST, ["desk"]) == ROUTE
    assert stat(patient, "ours").failures == 1
    assert "plugin 'ours' in livechat_route: failed with ValueError at" in caplog.text


async def test_last_thread_may_get_stuck_between_two_looks(
    keep: list[zoo.Animal], monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = Hooks(hook_timeout=LIMIT, threads=1)
    _register(hooks, keep, zoo.HangsInThread())
    while not hooks.stuck():
        await hooks.route(REQUEST, ["desk"])
    monkeypatch.setattr(plugins.Plugin, "is_stuck", lambda plugin: False)
    assert await hooks.route(REQUEST, ["desk"]) is None
    assert stat(hooks, "HangsInThread").skipped == 1
    hooks.close()


async def test_plugin_cannot_change_what_the_sdk_holds(hooks: Hooks, keep: list[zoo.Animal]) -> None:
    before = REQUEST.model_copy(deep=True)
    _register(hooks, keep, zoo.WritesIntoItsArguments())
    await hooks.route(REQUEST, ["desk"])
    assert stat(hooks, "WritesIntoItsArguments").failures == 0
    assert before == REQUEST


@pytest.mark.parametrize("kind", [zoo.HangsAsync, zoo.HangsInThread, zoo.IgnoresCancelling])
async def test_cancelling_the_caller_goes_through_at_once(
    kind: type[zoo.Animal], keep: list[zoo.Animal]
) -> None:
    hooks, animal = Hooks(hook_timeout=60), kind()
    _register(hooks, keep, animal, zoo.Good())
    task = asyncio.create_task(hooks.route(REQUEST, ["desk"]))
    await until(lambda: animal.started)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert stat(hooks, "Good").calls == 0
    animal.release.set()
    hooks.close()


async def test_cancelling_the_caller_goes_through_while_all_plugins_are_asked(keep: list[zoo.Animal]) -> None:
    class Watches(zoo.Animal):
        @hookimpl
        async def livechat_handoff_changed(self) -> None:
            self.started += 1
            await asyncio.Event().wait()

    hooks, one, two = Hooks(hook_timeout=60), Watches(), Watches()
    _register(hooks, keep, one, two)
    task = asyncio.create_task(hooks.handoff_changed(None, HANDOFF, "requested"))
    await until(lambda: one.started and two.started)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: len(asyncio.all_tasks()) == 1)


async def test_late_coroutine_from_a_thread_is_closed_without_a_warning(
    hooks: Hooks, keep: list[zoo.Animal], caplog: pytest.LogCaptureFixture
) -> None:
    class LateCoroutine(zoo.Animal):
        @hookimpl
        def livechat_route(self) -> object:
            self.started += 1
            self.release.wait(30)
            return zoo.HangsAsync().livechat_route()

    late = LateCoroutine()
    _register(hooks, keep, late)
    caplog.set_level(logging.INFO, logger="livechat_sdk.hooks")
    while not late.started:
        assert await hooks.route(REQUEST, ["desk"]) is None
    late.release.set()
    await until(lambda: "answered livechat_route after all" in caplog.text)
    gc.collect()  # an unclosed coroutine warns here, and warnings are errors


def test_thread_that_outlives_the_event_loop_harms_nobody() -> None:
    hooks, late = Hooks(hook_timeout=LIMIT), zoo.HangsInThread()
    hooks.register(late)
    assert asyncio.run(hooks.route(REQUEST, ["desk"])) is None
    threads = next(iter(hooks._plugins.all().values())).threads
    hooks.close()
    late.release.set()
    deadline = time.monotonic() + 5
    while threads.alive and time.monotonic() < deadline:
        time.sleep(0.001)
    assert threads.alive == 0


async def test_machine_without_threads_to_give_counts_as_failure(
    patient: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Plain:
        @hookimpl
        def livechat_route(self) -> Route:
            return ROUTE

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    patient.register(Plain())
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert await patient.route(REQUEST, ["desk"]) is None
    assert stat(patient, "Plain").failures == 1
    assert await patient.route(REQUEST, ["desk"]) == ROUTE
