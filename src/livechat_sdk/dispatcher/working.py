"""One worker among several: keeps its lease, claims what nobody runs, hears what others have done.

On SQLite there is one worker, whose lease never ends; what remains there is to claim what an earlier process
or a command has left.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.store import Lease, LeaseLost, News, Store
from livechat_sdk.relay import Relay
from livechat_sdk.relay.leases import LeaseGuard, steady_seconds

__all__ = ["Wakeups", "Working"]

logger = logging.getLogger("livechat_sdk.working")

_LOOK_AGAIN = 2.0
"""Seconds after which a worker looks by itself for what it was not told of."""
_RENEWALS = 6
"""How often a lease is extended while it lasts: a few may fail."""
_STORE_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Wakeups:
    """Who must know what: each is called on the event loop and returns at once."""

    inbox: Callable[[], None]
    timers: Callable[[], None]
    handoff: Callable[[str], None]
    shards: list[Callable[[frozenset[int]], None]] = field(
        default_factory=list[Callable[[frozenset[int]], None]]
    )


class Working:
    """The loops that make a process a worker."""

    def __init__(self, store: Store, relay: Relay, guard: LeaseGuard, wake: Wakeups) -> None:
        self._store = store
        self._relay = relay
        self._guard = guard
        self._wake = wake
        self._claim_now = asyncio.Event()
        self._renew_now = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._lease = Lease(math.inf, frozenset())
        self.claimed = 0
        """Actions that were taken over from others, or from an earlier process."""
        self.lost_leases = 0

    @property
    def shards(self) -> frozenset[int]:
        """The shards that this worker holds."""
        return self._lease.shards

    async def start(self, first: Callable[[], Awaitable[object]] | None = None) -> None:
        """Get a lease, take up what is there, and go on doing so. Raises ``StoreError``.

        ``first`` is done before any action goes on. What it decides comes behind what was decided before: the
        actions that are there are claimed ahead of it, and run after it.
        """
        self._store.on_news(self._heard)
        try:
            await self._renew()
        except (
            LeaseLost
        ):  # what serves took longer to start than a lease lasts; nothing has been taken up yet
            asked_at = steady_seconds()
            self._hold(asked_at, await self._store.rejoin())
        try:
            with self._relay.held():
                await self._claim()
                if first is not None:
                    await first()
        except BaseException:
            await self._relay.stop(grace=0)
            raise
        self._tasks = [asyncio.create_task(self._claim_loop(), name="claims")]
        if math.isfinite(self._lease.seconds):
            self._tasks.append(asyncio.create_task(self._lease_loop(), name="lease"))

    async def stop(self) -> None:
        """Stop claiming. What this worker holds stays its own until ``release``."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def _heard(self, news: News) -> None:
        if news.actions:
            self._claim_now.set()
        if news.workers:
            self._renew_now.set()
        if news.inbox:
            self._wake.inbox()
        if news.timers:
            self._wake.timers()
        for handoff_id in news.handoffs:
            self._wake.handoff(handoff_id)

    async def _claim_loop(self) -> None:
        shared = math.isfinite(self._lease.seconds)
        while True:
            try:
                async with asyncio.timeout(_LOOK_AGAIN):
                    await self._claim_now.wait()
            except TimeoutError:
                if shared:  # a notice may have been lost
                    self._wake.inbox()
                    self._wake.timers()
            self._claim_now.clear()
            try:
                await self._claim()
            except StoreError as error:
                logger.warning("nothing can be claimed: %s", error)
                await asyncio.sleep(_STORE_PAUSE)

    async def _claim(self) -> None:
        while rows := await self._store.claim():
            self.claimed += len(rows)
            self._relay.enqueue(rows)
            self._wake.timers()  # whoever left these has left clocks with them: the end waits for no vendor

    async def _lease_loop(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._lease.seconds / _RENEWALS):
                    await self._renew_now.wait()
            self._renew_now.clear()
            try:
                await self._renew()
            except LeaseLost:
                await self._begin_anew()
            except StoreError as error:
                logger.warning("the lease cannot be extended: %s", error)

    async def _renew(self) -> None:
        asked_at = steady_seconds()
        self._hold(asked_at, await self._store.keep_alive())

    async def _begin_anew(self) -> None:
        self.lost_leases += 1
        logger.warning("this worker's lease has run out; it begins anew")
        self._guard.end()
        await self._relay.abandon()
        while True:
            asked_at = steady_seconds()
            try:
                self._hold(asked_at, await self._store.rejoin())
            except StoreError as error:
                logger.warning("no new lease yet: %s", error)
                await asyncio.sleep(_STORE_PAUSE)
            else:
                self._claim_now.set()
                return

    def _hold(self, asked_at: float, lease: Lease) -> None:
        self._guard.extend(asked_at, lease.seconds)
        changed = lease.shards != self._lease.shards
        self._lease = lease
        if changed:
            for tell in self._wake.shards:
                tell(lease.shards)
            self._wake.inbox()
            self._wake.timers()
