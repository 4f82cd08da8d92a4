"""Runs one implementation once, wherever it belongs: on the loop, in a task, or in a thread of its plugin."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable

from livechat_sdk.hooks.plugins import Implementation
from livechat_sdk.hooks.tasks import Guarded, PluginExit
from livechat_sdk.hooks.threads import Finished, Job

__all__ = ["Late", "Runner"]

logger = logging.getLogger("livechat_sdk.hooks")


class Late(Exception):
    """The time limit is over; the call was left behind."""


class Runner:
    """Runs implementations; names the one that holds the loop for over ``blocking_limit`` seconds."""

    def __init__(self, blocking_limit: float) -> None:
        self._blocking_limit = blocking_limit

    async def run(
        self, implementation: Implementation, arguments: tuple[object, ...], limit: float
    ) -> Finished:
        """Run it for at most ``limit`` seconds; what it raises is in the result.

        Raises ``Late``, and ``ThreadsStuck`` when its plugin has no thread left. What is late is
        cancelled and not waited for, because a plugin need not heed being cancelled.
        """
        deadline = time.monotonic() + limit
        if implementation.is_async or implementation.plugin.inline:
            finished = self._on_loop(implementation, arguments)
        else:
            finished = await self._in_thread(implementation, arguments, deadline)
        if finished.error is None and inspect.isawaitable(finished.value):
            return await self._in_task(implementation, finished.value, deadline)
        return finished

    def _on_loop(self, implementation: Implementation, arguments: tuple[object, ...]) -> Finished:
        started = time.perf_counter()
        try:
            value, error = implementation.function(*arguments), None
        except Exception as raised:  # noqa: BLE001 - whatever it raises is its own failure
            value, error = None, raised
        held = time.perf_counter() - started
        self._complain_of_block(implementation, held)
        return Finished(value, error, held)

    async def _in_thread(
        self, implementation: Implementation, arguments: tuple[object, ...], deadline: float
    ) -> Finished:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Finished] = loop.create_future()
        threads, function = implementation.plugin.threads, implementation.function

        def settle(finished: Finished) -> None:
            if not future.done():
                future.set_result(finished)
                return
            _drop(finished)
            if (seconds := time.monotonic() - deadline) > 0:  # else its caller went away
                _log_late(implementation, seconds)

        def deliver(finished: Finished) -> None:
            try:
                loop.call_soon_threadsafe(settle, finished)
            except RuntimeError:  # the loop was closed meanwhile: nobody is left who could be told
                _drop(finished)

        job = Job(lambda: function(*arguments), deliver, deadline, implementation.hook)
        try:
            threads.submit(job)
        except RuntimeError as error:  # the system gives us no thread
            return Finished(error=error)
        try:
            await asyncio.wait((future,), timeout=_left(deadline))
            if future.done():
                return future.result()
            raise Late
        finally:
            future.cancel()
            threads.forget(job)

    async def _in_task(
        self, implementation: Implementation, awaitable: Awaitable[object], deadline: float
    ) -> Finished:
        guarded = Guarded(awaitable)
        name = f"plugin {implementation.plugin.name} in {implementation.hook}"
        task = asyncio.get_running_loop().create_task(guarded, name=name)
        try:
            await asyncio.wait((task,), timeout=_left(deadline))
        finally:
            self._complain_of_block(implementation, guarded.longest)
            if not task.done():
                implementation.plugin.abandon(
                    task, guarded, implementation.hook, lambda seconds: _log_late(implementation, seconds)
                )
        if not task.done():
            raise Late
        if task.cancelled():  # by itself: our own cancelling is never waited for
            return Finished(error=asyncio.CancelledError(), held=guarded.longest)
        if error := task.exception():
            told = error.__cause__ if isinstance(error, PluginExit) else error
            return Finished(error=told, held=guarded.longest)
        return Finished(task.result(), held=guarded.longest)

    def _complain_of_block(self, implementation: Implementation, seconds: float) -> None:
        if seconds > self._blocking_limit:
            logger.error(
                "plugin %r held up everything for %.2f s in %s; what runs on the event loop must not block, "
                "a plain `def` may",
                implementation.plugin.name,
                seconds,
                implementation.hook,
            )


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def _drop(finished: Finished) -> None:
    """Throw an answer away; a coroutine that nobody awaits must be closed, or Python complains."""
    if inspect.iscoroutine(finished.value):
        finished.value.close()


def _log_late(implementation: Implementation, seconds: float) -> None:
    logger.info(
        "plugin %r answered %s after all, %.1f s too late; the answer is not used",
        implementation.plugin.name,
        implementation.hook,
        seconds,
    )
