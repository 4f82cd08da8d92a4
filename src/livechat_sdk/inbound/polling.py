"""The poller: asks vendors that must be asked, chat by chat, at a pace that follows the conversation.

What a poll brings is committed together with its cursor, and goes through the ledger's inbox: a process that
dies loses nothing, and the next one goes on at the stored cursor.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
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

_REMEMBERED = timedelta(seconds=60)
"""For how long a chat is polled as it was read last, while nobody is known to have changed it."""
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
        self._known: dict[ChatKey, tuple[Chat | None, datetime]] = {}
        """Chats as they are in the ledger, and when they were read; ``None`` while they are being read.

        Whatever changes a chat takes it out. What is not heard of does no harm: a poll that was made from an
        old chat is not kept where it would overwrite something, and its events are known by their ids.
        """
        self._troubles = Troubles("polling")
        self.rounds = Rounds(
            means.clock,
            self._visit,
            name="polling",
            at_once=lambda name: providers[name].poll_pace.at_once,
            late=self._begins_late,
        )

    def added(self, place: Place, *, fresh: bool) -> None:
        """See ``Watcher``."""
        if self.is_polled(place):
            self.rounds.plan(place.integration, place.key, self._clock.now())

    def changed(self, place: Place) -> None:
        """See ``Watcher``."""
        self._known.pop(place.key, None)
        if self.is_polled(place) and place.key not in self._failures:
            due = self._clock.now() + timedelta(seconds=self._pause(place))
            self.rounds.plan(place.integration, place.key, due)

    def removed(self, place: Place, *, lost: bool) -> None:
        """See ``Watcher``."""
        self._failures.pop(place.key, None)
        self._known.pop(place.key, None)
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

    def _begins_late(self, integration: str, seconds: float) -> None:
        if self._counts.poll_late is not None:
            self._counts.poll_late(integration, seconds)

    async def _visit(self, integration: str, key: ChatKey) -> float | None:
        place = self._places.get(key)
        if place is None:
            return None
        try:
            chat = await self._chat(key)
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
        kept = await self._keep(chat, polled)
        self._remember(key, chat, polled.chat if kept else None)
        if polled.events:
            place.heard_at = self._clock.now()
        self._places.note_answer(place, polled=True)
        return self._pause(place, polled.again_after)

    async def _tell(self, key: ChatKey, error: RejectedError) -> None:
        try:
            await self._doubter.refused(key, error)
        except StoreError as trouble:
            logger.warning("handoff %s: what its poll was told cannot be stored: %s", key.handoff_id, trouble)

    async def _chat(self, key: ChatKey) -> Chat | None:
        """The chat as it is in the ledger. Raises ``StoreError``."""
        now = self._clock.now()
        known, read_at = self._known.get(key, (None, now))
        if known is not None and now - read_at < _REMEMBERED:
            return known
        self._known[key] = (None, now)
        chat = await self._store.chat(key.handoff_id, key.attempt)
        if key in self._known:  # nothing has changed meanwhile
            self._known[key] = (chat, now)
        return chat

    def _remember(self, key: ChatKey, before: Chat, after: Chat | None) -> None:
        """Note how a chat is in the ledger after its poll was kept; ``None``: that is not known."""
        _, read_at = self._known.pop(key, (None, None))
        if after is None or read_at is None:
            return
        if after is not before:
            names = ("state", "state_version", "vendor_ref", "secrets")
            after = before.model_copy(update={name: getattr(after, name) for name in names})
        self._known[key] = (after, read_at)

    async def _keep(self, chat: Chat, polled: Polled) -> bool:
        """Write down what a poll brought; a vendor may not tell it twice, so this is never given up.

        False if somebody else has changed the chat meanwhile.
        """
        kept: bool | None = None
        while kept is None:
            try:
                kept = await self._store.save_poll(chat, polled.chat, polled.events)
                if not kept and polled.events:
                    # Somebody else has polled. The cursor is theirs; an event that both have is taken once.
                    await self._store.commit((), polled.events)
            except StoreError as error:
                kept = None
                logger.warning("what %s was polled for cannot be stored yet: %s", chat.ref, error)
                await self.rounds.wait(_STORE_PAUSE)
        if polled.events:
            self._sink.inbox_changed()
        return kept

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
