"""Which chats are open at vendors, as far as this worker looks after them.

What this worker commits is known at once, what others commit is heard of; the ledger is read at the start,
when shards come in, and now and then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.handoff import Attempt, Handoff, HandoffState
from livechat_sdk.errors import StoreError
from livechat_sdk.inbound.waiting import wait_for_change
from livechat_sdk.ledger.shards import shard_of
from livechat_sdk.ledger.store import ChatPlace, Store

__all__ = ["ChatKey", "Place", "Places", "Watcher"]

logger = logging.getLogger("livechat_sdk.inbound")

_LOOK_AGAIN = timedelta(seconds=60)
_AT_MOST_EVERY = timedelta(seconds=1)
_PRESUMED_QUIET = timedelta(seconds=60)
"""For how long nobody is taken to have spoken in a chat that was found in the ledger."""
_IN_ONE_GO = 200
_CLOSED_LATELY = timedelta(hours=1)
_MOST_CLOSED = 500
_ENGAGED = frozenset({HandoffState.ACTIVE, HandoffState.TRANSFERRING})


class ChatKey(NamedTuple):
    """One attempt of one handoff."""

    handoff_id: str
    attempt: int


@dataclass(slots=True)
class Place:
    """One chat at a vendor. ``over``: our side has ended or gone on without it.

    ``engaged`` is false while the end user waits for an agent, as far as that is known. ``unopened``: we gave
    up before the vendor confirmed the chat, so nobody knows whether it is there. ``closed``: all is over;
    only what was said last may still be missing. ``polled`` and ``asked``: its vendor has answered since this
    worker looks after it, so what happened before is known.
    """

    key: ChatKey
    integration: str
    heard_at: datetime
    over: bool = False
    engaged: bool = True
    unopened: bool = False
    closed: bool = False
    polled: bool = False
    asked: bool = False


class Watcher(Protocol):
    """Somebody who visits chats."""

    def added(self, place: Place, *, fresh: bool) -> None:
        """A chat to look after. ``fresh``: it was opened just now; else it was found in the ledger."""
        ...

    def changed(self, place: Place) -> None:
        """Something has happened in the handoff of this chat."""
        ...

    def removed(self, place: Place, *, lost: bool) -> None:
        """The chat is closed; or, when ``lost``, another worker looks after it."""
        ...


class Places:
    """Keeps the list, and tells the watchers."""

    def __init__(
        self, store: Store, clock: Clock, integrations: Sequence[str], remembering: Collection[str]
    ) -> None:
        """``remembering`` are those integrations whose vendors can be asked for what was said."""
        self._store = store
        self._remembering = frozenset(remembering)
        self._clock = clock
        self._integrations = tuple(integrations)
        self._places: dict[ChatKey, Place] = {}
        self._of_handoff: dict[str, list[ChatKey]] = {}
        self._watchers: tuple[Watcher, ...] = ()
        self._shards: frozenset[int] = frozenset()
        self._touched: set[ChatKey] | None = None
        """What has changed while the ledger is being read: what it says of that is old."""
        self._look_now = asyncio.Event()
        self._resting = False
        self._gained = False
        self._was_read = False
        self._task: asyncio.Task[None] | None = None
        self.on_learned: Callable[[], None] = _nothing
        """Called when a vendor has answered for the first time, or the ledger was read."""

    def watch(self, *watchers: Watcher) -> None:
        """Tell these."""
        self._watchers = watchers

    def start(self) -> None:
        """Read the ledger, and go on doing so."""
        if self._integrations:
            self._look_now.set()
            self._task = asyncio.create_task(self._loop(), name="open chats")

    async def stop(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def is_idle(self) -> bool:
        """Whether the ledger need not be read now."""
        return self._task is None or self._resting

    def get(self, key: ChatKey) -> Place | None:
        """The chat, while this worker looks after it."""
        return self._places.get(key)

    def of_handoff(self, handoff_id: str) -> list[Place] | None:
        """The chats of a handoff; ``None`` as long as it is not known whether it has any."""
        if not self._was_read or self._gained:
            return None
        return [self._places[key] for key in self._of_handoff.get(handoff_id, ())]

    def note_answer(self, place: Place, *, polled: bool = False, asked: bool = False) -> None:
        """The vendor of a chat has answered."""
        if (polled and not place.polled) or (asked and not place.asked):
            place.polled, place.asked = place.polled or polled, place.asked or asked
            self.on_learned()

    def of(self, integration: str) -> Iterator[Place]:
        """The chats of an integration."""
        return (place for place in tuple(self._places.values()) if place.integration == integration)

    def shards_changed(self, shards: frozenset[int]) -> None:
        """Look after the chats of these shards, and of no others."""
        gained = bool(shards - self._shards)
        self._shards = shards
        for place in tuple(self._places.values()):
            if shard_of(place.key.handoff_id) not in shards:
                self._remove(place, lost=True)
        if gained:
            self._gained = True
            self._look_now.set()

    def heard_of(self, handoff_id: str) -> None:
        """Another worker has changed this handoff."""
        if shard_of(handoff_id) not in self._shards:
            return
        known = self._of_handoff.get(handoff_id, ())
        for key in known:
            self._heard(self._places[key])
        if not known:
            self._look_now.set()  # it may have got a chat

    def handoff_changed(self, before: Handoff | None, after: Handoff) -> None:
        """This worker has changed a handoff."""
        if shard_of(after.id) not in self._shards:
            return
        for attempt in after.attempts:
            key = ChatKey(after.id, attempt.number)
            if self._touched is not None:
                self._touched.add(key)
            was_unsure = before is None or _is_unsure(_attempt(before, attempt.number))
            self._see(after, attempt, key, new_doubt=_is_unsure(attempt) and not was_unsure)

    def note_unsure(self, handoff: Handoff, *, fresh: bool) -> None:
        """Look after chats of a handoff that may have been opened before this process ran.

        Unless it is ``fresh``, chats that broke may have been closed just before: see ``_look_back``.
        """
        for attempt in handoff.attempts:
            key = ChatKey(handoff.id, attempt.number)
            if key in self._places:
                continue
            if _is_unsure(attempt):
                self._see(handoff, attempt, key, new_doubt=True)
            elif not fresh and attempt.closed:
                self._remember_closed(attempt, key)

    def forget(self, key: ChatKey) -> None:
        """Nothing is left to be done, or nobody will ever know."""
        place = self._places.get(key)
        if place is not None:
            self._remove(place, lost=False)

    async def look(self) -> None:
        """Read the ledger. Raises ``StoreError``."""
        touched: set[ChatKey] = set()
        self._touched = touched
        try:
            found = {
                ChatKey(chat.handoff_id, chat.attempt): chat
                for chat in await self._store.open_chats(self._integrations)
            }
            quiet_since = self._clock.now() - _PRESUMED_QUIET
            async for key in _by_and_by(dict.fromkeys((*found, *self._places))):
                if key not in touched:
                    self._compare(key, found.get(key), quiet_since)
        finally:
            self._touched = None

    def _compare(self, key: ChatKey, chat: ChatPlace | None, quiet_since: datetime) -> None:
        """What the ledger says of one chat, against what we know."""
        place = self._places.get(key)
        if chat is None:
            if place is not None and not (place.unopened or place.closed):
                self._over(place)
        elif place is None:
            if shard_of(key.handoff_id) in self._shards:
                self._add(Place(key, chat.integration, quiet_since, over=chat.over), fresh=False)
        elif place.over is not chat.over:
            place.over = chat.over
            self._tell_changed(place)

    async def _look_back(self) -> None:
        """Find chats that were closed just before this worker came: their last words may be missing."""
        if not self._remembering:
            return
        since = self._clock.now() - _CLOSED_LATELY
        for handoff in await self._store.handoffs(states=(HandoffState.ENDED,), limit=_MOST_CLOSED):
            attempt = handoff.attempt
            if attempt is None or handoff.end is None or handoff.end.at < since:
                continue
            key = ChatKey(handoff.id, attempt.number)
            if shard_of(handoff.id) in self._shards and key not in self._places:
                self._remember_closed(attempt, key)

    def _remember_closed(self, attempt: Attempt, key: ChatKey) -> None:
        if attempt.opened and attempt.integration in self._remembering:
            now = self._clock.now()
            self._add(Place(key, attempt.integration, now, over=True, closed=True), fresh=False)

    def _see(self, handoff: Handoff, attempt: Attempt, key: ChatKey, *, new_doubt: bool) -> None:
        if attempt.integration not in self._integrations:
            return
        place = self._places.get(key)
        is_open = attempt.opened and not attempt.closed
        if place is not None and not is_open and not (place.unopened and _is_unsure(attempt)):
            if not place.closed:
                self._over(place)
            return
        over = attempt.abandoned or not handoff.is_live
        engaged = handoff.state in _ENGAGED
        if place is None:
            if is_open or new_doubt:
                now = self._clock.now()
                # Before the ledger was read, this may be a chat that was there before this worker.
                place = Place(key, attempt.integration, now, over, engaged, not is_open)
                self._add(place, fresh=self._was_read)
            return
        place.over, place.engaged, place.unopened = over, engaged, not is_open
        self._heard(place)

    def _add(self, place: Place, *, fresh: bool) -> None:
        if fresh:  # this worker knows all of it
            place.polled = place.asked = True
        self._places[place.key] = place
        self._of_handoff.setdefault(place.key.handoff_id, []).append(place.key)
        for watcher in self._watchers:
            watcher.added(place, fresh=fresh)

    def _over(self, place: Place) -> None:
        """A chat is closed. Its vendor is asked once more for what was said, if it can be."""
        self._remove(place, lost=False)
        if place.integration in self._remembering and not place.unopened:
            closed = Place(place.key, place.integration, self._clock.now(), over=True, closed=True)
            self._add(closed, fresh=True)

    def _heard(self, place: Place) -> None:
        place.heard_at = self._clock.now()
        self._tell_changed(place)

    def _tell_changed(self, place: Place) -> None:
        for watcher in self._watchers:
            watcher.changed(place)

    def _remove(self, place: Place, *, lost: bool) -> None:
        del self._places[place.key]
        if self._touched is not None:
            self._touched.add(place.key)
        keys = self._of_handoff[place.key.handoff_id]
        keys.remove(place.key)
        if not keys:
            del self._of_handoff[place.key.handoff_id]
        for watcher in self._watchers:
            watcher.removed(place, lost=lost)

    async def _loop(self) -> None:
        while True:
            self._look_now.clear()
            try:
                await self.look()
                if self._gained:
                    await self._look_back()
                    self._gained = False
                self._was_read = True
                self.on_learned()
            except StoreError as error:
                logger.warning("the open chats cannot be read: %s", error)
                self._look_now.set()
            now = self._clock.now()
            self._resting = True
            await self._clock.sleep_until(now + _AT_MOST_EVERY)  # however much is heard of meanwhile
            self._resting = not self._look_now.is_set()
            await wait_for_change(self._look_now, self._clock, now + _LOOK_AGAIN)
            self._resting = False


async def _by_and_by(keys: Collection[ChatKey]) -> AsyncIterator[ChatKey]:
    """The keys, with room for others on the event loop now and then."""
    for number, key in enumerate(keys):
        if number % _IN_ONE_GO == 0:
            await asyncio.sleep(0)
        yield key


def _nothing() -> None:
    """Nobody wants to know."""


def _attempt(handoff: Handoff, number: int) -> Attempt | None:
    return handoff.attempts[number - 1] if number <= len(handoff.attempts) else None


def _is_unsure(attempt: Attempt | None) -> bool:
    """Whether an attempt was given up before the vendor had answered: a chat may be there."""
    return (
        attempt is not None
        and attempt.abandoned
        and not (attempt.opened or attempt.closed)
        and attempt.failure != "refused"
    )
