"""Channels whose ``deliver`` blocks, as the event loop can use them."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, cast

from livechat_sdk.domain.channel import Channel, check_channel
from livechat_sdk.domain.outgoing import Outgoing
from livechat_sdk.errors import RetryableError
from livechat_sdk.hooks.threads import Finished, Job, PluginThreads, ThreadsStuck
from livechat_sdk.relay.to_user import DELIVERY_LIMIT

__all__ = ["PlainChannel", "Threaded", "in_loop"]

_CHANNEL_THREADS = 8
"""Deliveries of a plain channel that may run at the same time."""


class PlainChannel(Protocol):
    """A channel whose ``deliver`` blocks until the value is safe on the other side.

    It is called in threads, for different conversations at the same time. The rest is as for ``Channel``.
    """

    def deliver(self, outgoing: Outgoing) -> None:
        """Take one outgoing value. An exception means "try again later"."""
        ...


def in_loop(channel: Channel | PlainChannel) -> Channel:
    """The channel as the event loop can use it."""
    check_channel(channel)
    if inspect.iscoroutinefunction(channel.deliver):
        return cast("Channel", channel)
    return Threaded(channel)


class Threaded:
    """A channel with a plain ``deliver``, which runs in threads of its own."""

    def __init__(self, channel: Channel | PlainChannel) -> None:
        self._deliver: Callable[[Outgoing], Awaitable[None] | None] = channel.deliver
        # Not a ThreadPoolExecutor: a delivery that hangs would keep the program from ending.
        self._threads = PluginThreads("channel", _CHANNEL_THREADS)

    async def deliver(self, outgoing: Outgoing) -> None:
        """See ``Channel.deliver``."""
        answer = await self._in_thread(outgoing)
        if inspect.isawaitable(answer):
            await answer

    async def _in_thread(self, outgoing: Outgoing) -> object:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Finished] = loop.create_future()

        def settle(finished: Finished) -> None:
            if not future.done():
                future.set_result(finished)

        job = Job(
            lambda: self._deliver(outgoing),
            lambda finished: _tell(loop, settle, finished),
            time.monotonic() + DELIVERY_LIMIT,
            "deliver",
        )
        try:
            self._threads.submit(job)
        except ThreadsStuck as error:
            raise RetryableError("all threads of the channel hang in `deliver`", sent=False) from error
        try:
            finished = await future
        finally:
            self._threads.forget(job)
        if finished.error is not None:
            raise _as_exception(finished.error)
        return finished.value

    def close(self) -> None:
        """Let the threads end; one that hangs is left to itself."""
        self._threads.close()


def _tell(loop: asyncio.AbstractEventLoop, settle: Callable[[Finished], None], finished: Finished) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(settle, finished)


def _as_exception(error: BaseException) -> Exception:
    """``sys.exit`` in a channel must not end the event loop."""
    if isinstance(error, Exception):
        return error
    return RetryableError(f"the channel raised {type(error).__name__}")
