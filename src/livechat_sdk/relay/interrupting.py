"""Interrupting calls of adapters, and telling that from a call that was cancelled by something else.

An adapter that waits for a task which somebody cancelled (a shared request for a token, for one) raises
``CancelledError`` like one that we interrupt. Whoever took that for the latter would end a lane, or a
listener, of which nobody else knows that it has ended.

The other way round an adapter may catch ``CancelledError`` and go on. A task is only as mortal as its
coroutine wants to be, so what runs adapters is started with ``start``, and ``interrupt`` ends it by force
when it does not heed being cancelled: stopping takes a bounded time, whatever an adapter does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from livechat_sdk.errors import RetryableError

__all__ = ["HEED_SECONDS", "failing_alone", "interrupt", "start"]

logger = logging.getLogger("livechat_sdk.relay")

HEED_SECONDS = 2.0
"""For how long an adapter whose call is interrupted may tidy up."""
_BLOCKS = 5
"""How many blocks of a coroutine that wait for something at its end are ended one after the other."""
_STEPS = 5
"""Turns of the event loop after which a task that was ended by force is over."""

T = TypeVar("T")


class _Ended(BaseException):
    """Ends a coroutine that catches ``CancelledError``.

    Not ``GeneratorExit``: closing a coroutine does not reach through an ``async for`` into the generator.
    """


class _Mortal(Coroutine[Any, Any, T]):
    """Drives a coroutine. Once it is ``doomed``, cancelling its task ends it, whatever it catches."""

    def __init__(self, inner: Coroutine[Any, Any, T]) -> None:
        self._inner = inner
        self.doomed = False
        self.__name__ = getattr(inner, "__name__", "call")  # by which asyncio and the watchdog name a task
        self.__qualname__ = getattr(inner, "__qualname__", "call")

    def send(self, value: Any, /) -> Any:
        """One step."""
        return self._inner.send(value)

    def throw(self, *error: Any) -> Any:
        """One step that begins with an error."""
        if not self.doomed:
            return self._inner.throw(*error)
        if not self._ends_by_force():  # it catches everything: it is not driven any further
            with suppress(Exception):
                self._inner.close()
        raise asyncio.CancelledError

    def _ends_by_force(self) -> bool:
        for _ in range(_BLOCKS):
            try:
                self._inner.throw(_Ended())
            except BaseException:  # noqa: BLE001 - it is over, whatever it had to say
                return True
        return False

    def close(self) -> None:
        """Give it up."""
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, T]:
        return (yield from self._inner.__await__())


def start(coroutine: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """A task that ``interrupt`` can end even when it does not heed being cancelled."""
    return asyncio.create_task(_Mortal(coroutine), name=name)


def _tell_deaf(task: asyncio.Task[Any]) -> None:
    """Name in the log a task that does not heed being interrupted."""
    logger.error("%s does not heed being interrupted; it is ended by force", task.get_name())


async def interrupt(
    tasks: Iterable[asyncio.Task[Any]],
    deaf: Callable[[asyncio.Task[Any]], None] = _tell_deaf,
    *,
    within: float = HEED_SECONDS,
) -> None:
    """Cancel tasks and wait until they are over, for ``within`` seconds and a few turns of the loop at most.

    ``deaf`` is told of each that has not heeded it in time, before it is ended by force. What waits for a
    task of its own that does not end either is left behind.
    """
    wanted = list(tasks)
    if not wanted:
        return
    for task in wanted:
        if not task.cancelling():  # once is enough: a second time would disturb the tidying up
            task.cancel()
    over, late = await asyncio.wait(wanted, timeout=within)
    for task in late:
        deaf(task)
        coroutine = task.get_coro()
        if isinstance(coroutine, _Mortal):
            coroutine.doomed = True
        task.cancel()
    for _ in range(_STEPS if late else 0):
        await asyncio.sleep(0)
    for task in over:
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it as never retrieved


@contextmanager
def failing_alone() -> Generator[None]:
    """Raise ``RetryableError`` for a ``CancelledError`` that comes though nobody wants this task to end."""
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise RetryableError("it was cancelled from within, and nobody knows what it has done") from error
