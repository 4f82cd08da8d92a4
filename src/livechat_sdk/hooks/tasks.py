"""A plugin's coroutine as the event loop drives it: timed, mortal, and ``sys.exit`` stays inside.

A task is only as mortal as its coroutine wants to be: one that catches ``CancelledError`` and goes on would
live for ever, and keep ``asyncio.run`` from ending. As every step goes through here, it can be ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

__all__ = ["Guarded", "PluginExit"]


class PluginExit(Exception):
    """A plugin called ``sys.exit``; out of a task, ``SystemExit`` itself would end the event loop."""


class Guarded(Coroutine[Any, Any, object]):
    """Drives an awaitable. ``longest`` is the longest time in seconds that it kept the loop for itself.

    Once ``doomed`` is set, the next error that is thrown in ends it for good; cancelling its task does that.
    """

    def __init__(self, awaitable: Awaitable[object]) -> None:
        self._inner = awaitable if inspect.iscoroutine(awaitable) else _await(awaitable)
        self.longest = 0.0
        self.doomed = False

    def send(self, value: Any, /) -> Any:
        """One step."""
        return self._step(lambda: self._inner.send(value))

    def throw(self, *error: Any) -> Any:
        """One step that begins with an error."""
        if self.doomed:
            # It may refuse to be closed as well; it is not driven any further then.
            with contextlib.suppress(Exception):
                self._inner.close()
            raise asyncio.CancelledError
        return self._step(lambda: self._inner.throw(*error))

    def close(self) -> None:
        """Give it up."""
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, object]:
        return (yield from self._inner.__await__())

    def _step(self, step: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        try:
            return step()
        except SystemExit as error:
            raise PluginExit("the plugin called sys.exit") from error
        finally:
            self.longest = max(self.longest, time.perf_counter() - started)


async def _await(awaitable: Awaitable[object]) -> object:
    return await awaitable
