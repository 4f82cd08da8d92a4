"""Listens to vendors' event streams: one listener for each integration, over all workers.

The worker that holds the stream's shard listens. Events are applied in the order in which they come, and one
that cannot be stored is tried again before the next is looked at. Whatever happened while nobody listened is
lost to the stream, so after every start vendors are asked what is true.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from livechat_sdk.domain.chats import ProviderEvent, StreamGap
from livechat_sdk.errors import ProviderError, StoreError
from livechat_sdk.inbound.counts import Troubles
from livechat_sdk.inbound.means import Means
from livechat_sdk.inbound.pace import after_failure
from livechat_sdk.inbound.waiting import wait_for_change
from livechat_sdk.ledger.shards import shard_of
from livechat_sdk.provider.interface import AnyProvider
from livechat_sdk.relay.interrupting import failing_alone, interrupt, start

__all__ = ["Streams"]

logger = logging.getLogger("livechat_sdk.inbound")

_STORE_PAUSE = timedelta(seconds=1)
_SETTLED = timedelta(seconds=3)
"""A stream that has run for so long is taken to be connected."""


class Streams:
    """The listeners of this worker."""

    def __init__(
        self,
        means: Means,
        providers: Mapping[str, AnyProvider],
        gap: Callable[[StreamGap], Awaitable[None]],
    ) -> None:
        """``providers`` are those with a stream; ``gap`` has all their open chats looked at."""
        self._store = means.store
        self._clock = means.clock
        self._sink = means.sink
        self._counts = means.counts
        self._providers = providers
        self._gap = gap
        self._numbers = itertools.count(1)
        self._listeners: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._shards: frozenset[int] = frozenset()
        self._running = False
        self._working = 0
        self._troubles = Troubles("the stream of")

    def start(self) -> None:
        """Begin to listen."""
        self._running = True
        self._share()

    async def stop(self) -> None:
        """Stop listening; an adapter that does not heed it is named in the log and ended by force."""
        self._running = False
        self._share()
        await interrupt(tuple(self._ending))

    @property
    def is_idle(self) -> bool:
        """Whether no event is being stored."""
        return not self._working

    @property
    def listening(self) -> frozenset[str]:
        """The integrations that this worker listens to."""
        return frozenset(self._listeners)

    def shards_changed(self, shards: frozenset[int]) -> None:
        """Listen to the streams of these shards, and to no others."""
        self._shards = shards
        self._share()

    def _share(self) -> None:
        for name, provider in self._providers.items():
            mine = self._running and shard_of(f"stream:{name}") in self._shards
            task = self._listeners.get(name)
            if mine and task is None:
                self._listeners[name] = start(self._listen(name, provider), name=f"stream {name}")
            elif not mine and task is not None:
                del self._listeners[name]
                task.cancel()
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)

    async def _listen(self, name: str, provider: AnyProvider) -> None:
        failures = 0
        while True:
            self._counts.stream_starts[name] += 1
            connected = asyncio.Event()
            assume_gap = asyncio.create_task(self._assume_gap(name, connected), name=f"stream gap {name}")
            retry_after: float | None = None
            try:
                with failing_alone():
                    async with _closing(provider.listen()) as events:
                        async for event in events:
                            failures = 0
                            connected.set()
                            self._troubles.worked(name)
                            await self._take(event)
                self._troubles.failed(name, ConnectionError("the vendor has ended it"))
            except Exception as error:  # noqa: BLE001  (whatever an adapter raises, we listen again)
                self._counts.stream_errors[name] += 1
                self._troubles.failed(name, error)
                retry_after = error.retry_after if isinstance(error, ProviderError) else None
            finally:
                assume_gap.cancel()  # the next start will assume one too
                await asyncio.gather(assume_gap, return_exceptions=True)
            failures += 1
            pause = after_failure(0.0, failures, retry_after)
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=pause))

    async def _assume_gap(self, name: str, connected: asyncio.Event) -> None:
        """What happened before the stream was there must be asked for, as soon as it is there."""
        await wait_for_change(connected, self._clock, self._clock.now() + _SETTLED)
        gap = StreamGap(
            id=f"listening:{self._store.worker}:{next(self._numbers)}"[:200],
            integration=name,
            refs=(f"stream:{name}"[:200],),
            received_at=self._clock.now(),
        )
        await self._until_stored(lambda: self._gap(gap))

    async def _take(self, event: ProviderEvent) -> None:
        if isinstance(event, StreamGap):
            await self._until_stored(lambda: self._gap(event))
            return
        try:
            await self._until_stored(lambda: self._sink.take_event(event))
        except Exception:
            # A bug with this one event: it waits in the inbox, and the stream goes on.
            logger.exception("event %s of %s cannot be applied", event.id, event.integration)
            await self._until_stored(lambda: self._store.commit((), (event,)))
            self._sink.inbox_changed()

    async def _until_stored(self, write: Callable[[], Awaitable[object]]) -> None:
        while True:
            self._working += 1
            try:
                await write()
            except StoreError as error:
                logger.warning("an event of a stream cannot be stored yet: %s", error)
            else:
                return
            finally:
                self._working -= 1
            await self._clock.sleep_until(self._clock.now() + _STORE_PAUSE)


@asynccontextmanager
async def _closing(events: AsyncIterator[ProviderEvent]) -> AsyncGenerator[AsyncIterator[ProviderEvent]]:
    """Close what ``listen`` has opened as soon as nobody listens: most adapters are generators."""
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()
