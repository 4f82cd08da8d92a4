"""A thread with an event loop, for programs that have none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

__all__ = ["Background"]

T = TypeVar("T")


class Background:
    """A thread with an event loop that other threads hand coroutines to."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # the garbage collector may call `forget` while it is held
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._calls: set[Future[Any]] = set()
        self._used = False

    def start(self) -> None:
        """Start the thread. Raises ``RuntimeError`` when it was started before."""
        _check_thread()
        with self._lock:
            if self._used:
                raise RuntimeError("this dispatcher was used already: make another one for another `with`")
            self._used = True
        started = threading.Event()
        self._thread = threading.Thread(target=self._main, args=(started,), name="livechat-sync", daemon=True)
        self._thread.start()
        started.wait()

    def _main(self, started: threading.Event) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._loop.call_soon(started.set)
            self._loop.run_forever()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the thread and return what it returns, or raise what it raises.

        Whatever interrupts the waiting (Ctrl-C) cancels the coroutine.
        """
        future = self._begin(work)
        try:
            return future.result()
        except CancelledError:
            raise RuntimeError("the dispatcher's `with` block was left while this call waited") from None
        except BaseException:
            future.cancel()
            raise
        finally:
            with self._lock:
                self._calls.discard(future)

    def iterate(self, items: AsyncIterator[T]) -> Iterator[T]:
        """Give what an asynchronous iterator gives, asking for one after the other."""
        try:
            while (found := self.run(_next(items))) is not None:
                yield found[0]
        finally:
            # Not waited for: the garbage collector may be the one who gives this up, in any thread.
            self.forget(_close(items))

    def forget(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine in the thread and do not wait for it; nothing happens when there is no loop."""
        with self._lock:
            if self._loop is None:
                work.close()
            else:
                asyncio.run_coroutine_threadsafe(work, self._loop)

    def _begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        try:
            _check_thread()
            with self._lock:
                future = asyncio.run_coroutine_threadsafe(work, self._taking())
                self._calls.add(future)
                return future
        except RuntimeError:
            work.close()
            raise

    def _taking(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            when = "was left already" if self._used else "has not been entered"
            raise RuntimeError(
                f"the dispatcher's `with` block {when}: call it as in "
                "`with sync.Dispatcher.from_file(...) as dispatcher: dispatcher.request(...)`"
            )
        return self._loop

    def stop(self, last: Coroutine[Any, Any, object] | None = None) -> None:
        """Run ``last``, then end the loop. No call is taken any more; those that wait raise an error."""
        with self._lock:
            loop, self._loop = self._loop, None
            waiting = tuple(self._calls)
        if loop is None:
            if last is not None:
                last.close()
            return
        try:
            if last is not None:
                asyncio.run_coroutine_threadsafe(last, loop).result()
        finally:
            for call in waiting:
                call.cancel()
            loop.call_soon_threadsafe(loop.stop)
            if self._thread is not None:
                self._thread.join()


def _check_thread() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "livechat_sdk.sync blocks, and this thread runs an event loop: use livechat_sdk.Dispatcher here, "
        "with `await`"
    )


async def _next(items: AsyncIterator[T]) -> tuple[T] | None:
    async for item in items:
        return (item,)
    return None


async def _close(items: AsyncIterator[object]) -> None:
    if isinstance(items, AsyncGenerator):
        await items.aclose()
