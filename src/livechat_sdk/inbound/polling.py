"""The poller: asks vendors that must be asked, chat by chat, at a pace that follows the conversation.

What a poll brings is committed together with its cursor, and goes through the ledger's inbox: a process that
dies loses nothing, and the next one goes on at the stored cursor.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from livechat_sdk.domain.chats import Chat
from livechat_sdk.errors import ProviderError, RejectedError, StoreError
from livechat_sdk.inbound.checking import checked
from livechat_sdk.inbound.counts import Troubles
from livechat_sdk.inbound.means import Means
from livechat_sdk.inbound.pace import after_failure, next_poll
from livechat_sdk.inbound.places import ChatKey, Place, Places
from livechat_sdk.inbound.rounds import Rounds
from livechat_sdk.ledger.store import LeaseLost
from livechat_sdk.provider.interface import AnyProvider, Polled
from livechat_sdk.relay.sending import CALL_LIMIT

__all__ = ["Poller"]

logger = logging.getLogger("livechat_sdk.inbound")

_AT_ONCE = 16
"""Polls of one integration that run side by side."""
_STORE_PAUSE = 1.0  # seconds


class Doubter(Protocol):
    """Somebody who finds out what has become of a chat that cannot be polled."""

    async def refused(self, key: ChatKey, error: RejectedError) -> None:
        """The vendor refused a poll of this chat. Raises ``StoreError``."""
        ...

    def polled(self, key: ChatKey) -> None:
        """The chat could be polled again."""
        ...


class Poller:
    """Polls every open chat of the integrations that are polled. A watcher of ``Places``."""

    def __init__(
        self,
        means: Means,
        providers: Mapping[str, AnyProvider],
        places: Places,
        doubter: Doubter,
    ) -> None:
        """``providers`` are those that are polled; ``doubter`` finds out about chats that cannot be."""
        self._store = means.store
        self._clock = means.clock
        self._lease = means.lease
        self._sink = means.sink
        self._counts = means.counts
        self._providers = providers
        self._places = places
        self._doubter = doubter
        self._failures: dict[ChatKey, int] = {}
        self._troubles = Troubles("polling")
        self.rounds = Rounds(means.clock, self._visit, name="polling", at_once=_AT_ONCE)

    def added(self, place: Place, *, fresh: bool) -> None:
        """See ``Watcher``."""
        if self.is_polled(place):
            self.rounds.plan(place.integration, place.key, self._clock.now())

    def changed(self, place: Place) -> None:
        """See ``Watcher``."""
        if self.is_polled(place) and place.key not in self._failures:
            due = self._clock.now() + timedelta(seconds=self._pause(place))
            self.rounds.plan(place.integration, place.key, due)

    def removed(self, place: Place, *, lost: bool) -> None:
        """See ``Watcher``."""
        self._failures.pop(place.key, None)
        if lost:
            self.rounds.interrupt(place.integration, place.key)
        else:
            self.rounds.forget(place.integration, place.key)

    def poll_now(self, key: ChatKey) -> None:
        """Poll a chat as soon as can be, if it is polled at all."""
        place = self._places.get(key)
        if place is not None and self.is_polled(place):
            self.rounds.plan(place.integration, key, self._clock.now())

    def is_polled(self, place: Place) -> bool:
        """Whether a chat is polled at all."""
        return place.integration in self._providers and not (place.unopened or place.closed)

    async def _visit(self, integration: str, key: ChatKey) -> float | None:
        place = self._places.get(key)
        if place is None:
            return None
        try:
            chat = await self._store.chat(key.handoff_id, key.attempt)
        except StoreError as error:
            return self._failed(place, error)
        if chat is None:  # erased
            return None
        try:
            async with self._lease.limit(CALL_LIMIT):
                answer = await self._providers[integration].poll(chat)
            polled = checked(answer, Polled, provider=integration, operation="poll")
        except LeaseLost:
            return _STORE_PAUSE
        except Exception as error:  # noqa: BLE001  (whatever an adapter raises, the chat is polled again)
            self._counts.poll_errors[integration] += 1
            if isinstance(error, RejectedError):
                await self._tell(key, error)
            return self._failed(place, error)
        self._counts.polls[integration] += 1
        self._troubles.worked(integration)
        if self._failures.pop(key, None):
            self._doubter.polled(key)
        await self._keep(chat, polled)
        if polled.events:
            place.heard_at = self._clock.now()
        self._places.note_answer(place, polled=True)
        return self._pause(place, polled.again_after)

    async def _tell(self, key: ChatKey, error: RejectedError) -> None:
        try:
            await self._doubter.refused(key, error)
        except StoreError as trouble:
            logger.warning("handoff %s: what its poll was told cannot be stored: %s", key.handoff_id, trouble)

    async def _keep(self, chat: Chat, polled: Polled) -> None:
        """Write down what a poll brought; a vendor may not tell it twice, so this is never given up."""
        while True:
            try:
                kept = await self._store.save_poll(chat, polled.chat, polled.events)
                if not kept and polled.events:
                    # Somebody else has polled. The cursor is theirs; an event that both have is taken once.
                    await self._store.commit((), polled.events)
            except StoreError as error:
                logger.warning("what %s was polled for cannot be stored yet: %s", chat.ref, error)
                await self.rounds.wait(_STORE_PAUSE)
            else:
                break
        if polled.events:
            self._sink.inbox_changed()

    def _pause(self, place: Place, wanted: float | None = None) -> float:
        quiet = (self._clock.now() - place.heard_at).total_seconds()
        pace = self._providers[place.integration].poll_pace
        return next_poll(pace, quiet=quiet, engaged=place.engaged, over=place.over, wanted=wanted)

    def _failed(self, place: Place, error: Exception) -> float:
        self._troubles.failed(place.integration, error)
        failures = self._failures[place.key] = self._failures.get(place.key, 0) + 1
        retry_after = error.retry_after if isinstance(error, ProviderError) else None
        if retry_after:  # it is the account that has asked too often, not this chat
            self.rounds.hold(place.integration, retry_after)
        longest = self._providers[place.integration].poll_pace.backoff
        return after_failure(self._pause(place), failures, retry_after, longest=longest)
