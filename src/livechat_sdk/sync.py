"""The same calls for programs without an event loop.

    with sync.Dispatcher.from_file("livechat.yaml", channel=channel) as dispatcher:
        handoff = dispatcher.request(HandoffRequest(...))

One thread in the background runs the event loop with the dispatcher of ``livechat_sdk``; each call here hands
it one coroutine and waits for the answer. Any number of threads may call at the same time. The channel may
have a plain ``def deliver``, which runs in threads of its own.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, cast

from livechat_sdk.dispatcher import Dispatcher as _AsyncDispatcher
from livechat_sdk.dispatcher.setup import read_file
from livechat_sdk.domain.answers import Accepted, BotAvailability, GateAnswer, NotLive, RequestAnswer
from livechat_sdk.domain.channel import Channel
from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.ends import Who, Why
from livechat_sdk.domain.handoff import Handoff, HandoffRequest, SurveyAnswer
from livechat_sdk.domain.messages import LedgerEntry, Message, UserReceipt
from livechat_sdk.domain.outgoing import Outgoing
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import RetryableError
from livechat_sdk.hooks.threads import Finished, Job, PluginThreads, ThreadsStuck
from livechat_sdk.ledger.store import ActionRow, JournalEntry, Store
from livechat_sdk.owning.erasing import Erasure
from livechat_sdk.relay.to_user import DELIVERY_LIMIT
from livechat_sdk.telemetry.meters import Family

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.provider.webhooks import WebhookDelivery
    from livechat_sdk.registry import Registry

__all__ = ["Dispatcher", "PlainChannel"]

T = TypeVar("T")

_CHANNEL_THREADS = 8
"""Deliveries of a plain channel that may run at the same time."""


class PlainChannel(Protocol):
    """A channel whose ``deliver`` blocks until the value is safe on the other side.

    It is called in threads, for different conversations at the same time. The rest is as for ``Channel``.
    """

    def deliver(self, outgoing: Outgoing) -> None:
        """Take one outgoing value. An exception means "try again later"."""
        ...


class Dispatcher:
    """Hands conversations to humans and back: ``livechat_sdk.Dispatcher`` for programs without an event loop.

    Use it as a context manager. Every method does, takes, returns and raises what the method of the same name
    there does; beside that, every call raises ``RuntimeError`` outside of the ``with`` block, and in a thread
    that runs an event loop, which it would block.
    """

    def __init__(
        self,
        settings: LivechatFile,
        *,
        channel: Channel | PlainChannel,
        registry: Registry | None = None,
        store: Store | None = None,
        clock: Clock | None = None,
        plugins: Sequence[object] = (),
    ) -> None:
        """Put everything together; nothing is opened yet. Raises as ``livechat_sdk.Dispatcher`` does."""
        self._channel = _in_loop(channel)
        self._dispatcher = _AsyncDispatcher(
            settings, channel=self._channel, registry=registry, store=store, clock=clock, plugins=plugins
        )
        self.settings = settings
        self.registry = self._dispatcher.registry
        self.workspace = self._dispatcher.workspace
        self._background = _Background()

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        channel: Channel | PlainChannel,
        registry: Registry | None = None,
        store: Store | None = None,
        clock: Clock | None = None,
        plugins: Sequence[object] = (),
    ) -> Self:
        """A dispatcher from ``livechat.yaml``. Raises ``ConfigurationError`` with file, line and fix."""
        settings, known = read_file(path, registry)
        return cls(settings, channel=channel, registry=known, store=store, clock=clock, plugins=plugins)

    def __enter__(self) -> Self:
        self._background.start()
        try:
            self._background.run(self._dispatcher.__aenter__())
        except BaseException:
            self._background.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._background.stop(self._dispatcher.__aexit__(kind, error, trace))
        finally:
            if isinstance(self._channel, _Threaded):
                self._channel.close()

    # What platforms call

    def request(self, request: HandoffRequest, *, wait: float = 5.0) -> Handoff:
        """Ask for a human. The same ``key`` gives the same handoff."""
        return self._background.run(self._dispatcher.request(request, wait=wait))

    def request_answer(self, request: HandoffRequest, *, wait: float = 5.0) -> RequestAnswer:
        """As ``request``, and whether this call made the handoff: exact, also among several processes."""
        return self._background.run(self._dispatcher.request_answer(request, wait=wait))

    def user_message(self, handoff_id: str, message: Message) -> Accepted | NotLive:
        """Take a message of the end user. The same key again is accepted and changes nothing."""
        return self._background.run(self._dispatcher.user_message(handoff_id, message))

    def add_details(self, handoff_id: str, *, survey: Sequence[SurveyAnswer]) -> Accepted | NotLive:
        """Add answers to the pre-chat survey; an answer with a known id replaces it."""
        return self._background.run(self._dispatcher.add_details(handoff_id, survey=survey))

    def user_typing(self, handoff_id: str, *, on: bool) -> None:
        """The end user started or stopped typing. Best effort."""
        self._background.run(self._dispatcher.user_typing(handoff_id, on=on))

    def user_receipt(self, handoff_id: str, receipt: UserReceipt) -> None:
        """The end user's side received or read a message of the agent."""
        self._background.run(self._dispatcher.user_receipt(handoff_id, receipt))

    def user_left(self, handoff_id: str) -> None:
        """The end user left the channel: the handoff ends."""
        self._background.run(self._dispatcher.user_left(handoff_id))

    def end(
        self, handoff_id: str, *, by: Who = "user", why: Why | None = None, raw: str | None = None
    ) -> Handoff:
        """End a handoff from our side and return it as it is then; ending again changes nothing."""
        return self._background.run(self._dispatcher.end(handoff_id, by=by, why=why, raw=raw))

    def bot_may_send(self, conversation_id: str, owner_number: int) -> GateAnswer:
        """The send gate: whether a bot message under ``owner_number`` may pass now."""
        return self._background.run(self._dispatcher.bot_may_send(conversation_id, owner_number))

    def availability(self, bot: str) -> BotAvailability:
        """Whether a human could be had for this bot now: hours, agents, waiting, estimate."""
        return self._background.run(self._dispatcher.availability(bot))

    def webhook(self, integration: str, delivery: WebhookDelivery) -> int:
        """Take a vendor's webhook; returns how many of its events were new. Answer the vendor after this."""
        return self._background.run(self._dispatcher.webhook(integration, delivery))

    # What people and programs ask

    def handoff(self, handoff_id: str) -> Handoff:
        """One handoff. Raises ``HandoffNotFound``."""
        return self._background.run(self._dispatcher.handoff(handoff_id))

    def entries(self, handoff_id: str, *, after: int = 0) -> Sequence[LedgerEntry]:
        """Messages of a handoff with their fates, in order."""
        return self._background.run(self._dispatcher.entries(handoff_id, after=after))

    def journal(self, handoff_id: str, *, after: int = 0) -> Sequence[JournalEntry]:
        """Everything that happened to a handoff, in order."""
        return self._background.run(self._dispatcher.journal(handoff_id, after=after))

    def actions(self, handoff_id: str) -> Sequence[ActionRow]:
        """Everything that had to be done for a handoff, and how far it is."""
        return self._background.run(self._dispatcher.actions(handoff_id))

    def tickets(self, handoff_id: str) -> Sequence[Ticket]:
        """Tickets made from a handoff."""
        return self._background.run(self._dispatcher.tickets(handoff_id))

    def watch(self, handoff_id: str, *, after: int = 0) -> Iterator[JournalEntry]:
        """Journal entries as they come, from the one after ``after`` on; ends with the handoff."""
        return self._background.iterate(self._dispatcher.watch(handoff_id, after=after))

    def until_ended(self, handoff_id: str, *, wait: float | None = None) -> Handoff:
        """The handoff when it has ended, or as it is after ``wait`` seconds."""
        return self._background.run(self._dispatcher.until_ended(handoff_id, wait=wait))

    def undelivered(self, handoff_id: str) -> Sequence[Message]:
        """The end user's messages that went back to the bot at the end, in order."""
        return self._background.run(self._dispatcher.undelivered(handoff_id))

    # What is kept about people

    def erase(
        self,
        *,
        user_id: str | None = None,
        handoff_id: str | None = None,
        conversation_id: str | None = None,
        end_live: bool = False,
        drop_open: bool = False,
        compact: bool = False,
        wait: float = 30.0,
    ) -> Erasure:
        """Erase everything about an end user, a conversation or one handoff; name exactly one."""
        return self._background.run(
            self._dispatcher.erase(
                user_id=user_id,
                handoff_id=handoff_id,
                conversation_id=conversation_id,
                end_live=end_live,
                drop_open=drop_open,
                compact=compact,
                wait=wait,
            )
        )

    def export(
        self,
        *,
        user_id: str | None = None,
        handoff_id: str | None = None,
        conversation_id: str | None = None,
    ) -> Iterator[str]:
        """Everything that is kept about an end user, a conversation or one handoff, as one JSON document."""
        pieces = self._dispatcher.export(
            user_id=user_id, handoff_id=handoff_id, conversation_id=conversation_id
        )
        return self._background.iterate(pieces)

    # How it is doing

    def ready(self) -> Mapping[str, str]:
        """What keeps this process from serving, by name; empty when it is ready."""
        return self._background.run(self._dispatcher.ready())

    def metrics(self) -> Sequence[Family]:
        """What was counted since the start and how things are now; ``GET /metrics`` is made from this."""
        return self._background.run(self._dispatcher.metrics())

    def wait_idle(self) -> None:
        """Wait until nothing is left that could be done now. For tests and scripts."""
        self._background.run(self._dispatcher.wait_idle())


async def _next(items: AsyncIterator[T]) -> tuple[T] | None:
    async for item in items:
        return (item,)
    return None


async def _close(items: AsyncIterator[object]) -> None:
    if isinstance(items, AsyncGenerator):
        await items.aclose()


class _Background:
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


def _in_loop(channel: Channel | PlainChannel) -> Channel:
    """The channel as the event loop can use it."""
    if inspect.iscoroutinefunction(channel.deliver):
        return cast("Channel", channel)
    return _Threaded(channel)


class _Threaded:
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
