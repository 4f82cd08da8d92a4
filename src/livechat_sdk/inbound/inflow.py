"""Everything that comes in by itself, as one thing to start and to stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.chats import StreamGap
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.errors import StoreError
from livechat_sdk.inbound.means import Means
from livechat_sdk.inbound.places import ChatKey, Places
from livechat_sdk.inbound.polling import Poller
from livechat_sdk.inbound.reconciling import Reconciler
from livechat_sdk.inbound.streams import Streams
from livechat_sdk.ledger.shards import ALL_SHARDS, text_in_shard
from livechat_sdk.provider.interface import AnyProvider

__all__ = ["Inflow"]

logger = logging.getLogger("livechat_sdk.inbound")

_UNMATCHED_FOR = timedelta(hours=24)
_TIDY_EVERY = timedelta(hours=1)
_PASSED_ON = "gap-for-shard:"


class Inflow:
    """Poller, streams, reconciler, and the tidying-up of events that matched no chat."""

    def __init__(self, means: Means, providers: Mapping[str, AnyProvider], *, reconcile_every: float) -> None:
        self._store = means.store
        self._clock = means.clock
        self._shards: frozenset[int] = frozenset()
        self._tidying: asyncio.Task[None] | None = None
        self.counts = means.counts
        polled = {name: one for name, one in providers.items() if _inbound(one) is Inbound.POLL}
        streamed = {name: one for name, one in providers.items() if one.capabilities.listens}
        remembering = [name for name, one in providers.items() if one.capabilities.history]
        self.places = Places(means.store, means.clock, tuple(providers), remembering)
        self.reconciler = Reconciler(means, providers, self.places, every=reconcile_every)
        self.poller = Poller(means, polled, self.places, self.reconciler)
        self.streams = Streams(means, streamed, self.gap)
        self.reconciler.poll_with(self.poller.poll_now)
        self.places.watch(self.poller, self.reconciler)

    def start(self) -> None:
        """Begin. The shards are known by then."""
        self.places.start()
        self.poller.rounds.start()
        self.reconciler.rounds.start()
        self.streams.start()
        self._tidying = asyncio.create_task(self._tidy_loop(), name="unmatched events")

    async def stop(self) -> None:
        """Stop; what was under way is asked for again by whoever comes next."""
        if self._tidying is not None:
            self._tidying.cancel()
            await asyncio.gather(self._tidying, return_exceptions=True)
        await self.streams.stop()
        await self.places.stop()
        await self.poller.rounds.stop()
        await self.reconciler.rounds.stop()

    @property
    def is_idle(self) -> bool:
        """Whether nothing can be done before time passes."""
        return (
            self.places.is_idle
            and self.poller.rounds.is_idle
            and self.reconciler.rounds.is_idle
            and self.streams.is_idle
        )

    def shards_changed(self, shards: frozenset[int]) -> None:
        """This worker holds these shards now."""
        self._shards = shards
        self.places.shards_changed(shards)
        self.streams.shards_changed(shards)

    def handoff_changed(self, before: Handoff | None, after: Handoff) -> None:
        """This worker has committed a step."""
        self.places.handoff_changed(before, after)

    def heard_of(self, handoff_id: str) -> None:
        """Another worker has committed a step."""
        self.places.heard_of(handoff_id)

    async def gap(self, event: StreamGap) -> None:
        """Events of an integration may have been lost: ask about all its chats, whoever looks after them.

        The other workers hear of it through the inbox. Raises ``StoreError``.
        """
        name = event.integration
        if not event.refs[0].startswith(_PASSED_ON):
            self.counts.gaps[name] += 1
            logger.info("events of %s may have been lost; its chats are asked about", name)
            others = sorted(ALL_SHARDS - self._shards)
            if others:
                await self._store.commit((), [_passed_on(event, shard) for shard in others])
        self.reconciler.gap(name)

    def is_informed(self, handoff_id: str) -> bool:
        """Whether what happened in a handoff before this worker came is known, as far as it can be."""
        places = self.places.of_handoff(handoff_id)
        return places is not None and all(
            place.over or (place.asked and (place.polled or not self.poller.is_polled(place)))
            for place in places
        )

    async def before_end(self, integration: str, handoff_id: str, attempt: int) -> None:
        """A vendor has told us that a chat is over: what was said in it comes first, if it can be had soon.

        Raises ``StoreError``.
        """
        await self.reconciler.before_end(integration, ChatKey(handoff_id, attempt))

    async def _tidy_loop(self) -> None:
        while True:
            try:
                dropped = await self._store.forget_unmatched(self._clock.now() - _UNMATCHED_FOR)
            except StoreError as error:
                logger.warning("old events that matched no chat cannot be dropped now: %s", error)
            else:
                for name, count in dropped.items():
                    self.counts.unmatched_dropped[name] += count
                    logger.warning("%d events of %s matched no chat for a day and were dropped", count, name)
            await self._clock.sleep_until(self._clock.now() + _TIDY_EVERY)


def _inbound(provider: AnyProvider) -> Inbound:
    return provider.capabilities.inbound


def _passed_on(event: StreamGap, shard: int) -> StreamGap:
    update = {"id": f"{event.id[:190]}/{shard}", "refs": (text_in_shard(shard, prefix=_PASSED_ON),)}
    return event.model_copy(update=update)
