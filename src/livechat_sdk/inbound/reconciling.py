"""The reconciler: asks vendors what is true, and puts right what we missed.

Every chat whose provider can tell is asked about on a schedule, after a silence, after a start and after a
gap in a stream. What to do about the answer is decided in ``repairs``; here are the questions, at a rate
that no vendor minds, and the events that follow, each with how late it came.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from livechat_sdk.domain.chats import Chat, MessageReceived
from livechat_sdk.domain.handoff import Attempt, Handoff
from livechat_sdk.domain.messages import Direction
from livechat_sdk.errors import HandoffNotFound, ProviderError, RejectedError, StoreError
from livechat_sdk.inbound.counts import Troubles
from livechat_sdk.inbound.means import Means
from livechat_sdk.inbound.pace import after_failure
from livechat_sdk.inbound.places import ChatKey, Place, Places
from livechat_sdk.inbound.repairs import (
    Answer,
    Doubt,
    Repair,
    Ruling,
    close_again_after,
    give_up,
    rule,
    rule_on_left_open,
    who_has_it,
)
from livechat_sdk.inbound.rounds import Rounds
from livechat_sdk.ledger.store import LeaseLost
from livechat_sdk.lifecycle.inputs import StillOpen
from livechat_sdk.provider.interface import AnyProvider, ChatStatus
from livechat_sdk.relay.sending import CALL_LIMIT

__all__ = ["Reconciler"]

logger = logging.getLogger("livechat_sdk.reconciler")

T = TypeVar("T")

_AT_ONCE = 4
_RATE = 5.0
"""Chats of one integration that are asked about in a second, after a first burst."""
_BURST = 20
_SILENCE = timedelta(seconds=45)
"""After such a silence in an active chat the vendor is asked."""
_RARELY = 900.0
"""Seconds between two looks at a chat whose provider cannot be asked, for events that were left behind."""
_SOON = 5.0
_CLOSE_SOON = timedelta(seconds=60)
_OVERLAP = timedelta(minutes=5)
"""How much further back the history is read than it must be: two clocks never agree."""
_GIVE_UP_AFTER = timedelta(days=3)
_LOST_OPENING_TRIES = 6
_PAGE = 1000


@dataclass(slots=True)
class _File:
    """What the reconciler remembers of a chat. Nothing that may not be lost."""

    answered_at: datetime | None = None
    history_from: datetime | None = None
    """The history has been read up to here; ``None``: from the start of the handoff."""
    doubt: Doubt | None = None
    failures: int = 0
    closes: int = 0
    close_at: datetime | None = None
    looks: int = 0


class _Unanswered(Exception):
    """The vendor did not answer; ``retry_after`` is its wish."""

    def __init__(self, retry_after: float | None) -> None:
        self.retry_after = retry_after


class Reconciler:
    """Asks about every open chat of this worker's shards. A watcher of ``Places``."""

    def __init__(
        self, means: Means, providers: Mapping[str, AnyProvider], places: Places, *, every: float
    ) -> None:
        """``every``: seconds between two questions about the same chat when nothing else asks for one."""
        self._store = means.store
        self._clock = means.clock
        self._lease = means.lease
        self._sink = means.sink
        self._submit = means.submit
        self._counts = means.counts
        self._providers = providers
        self._places = places
        self._every = every
        self._files: dict[ChatKey, _File] = {}
        self._troubles = Troubles("asking")
        self.rounds = Rounds(
            means.clock, self._visit, name="reconciling", at_once=_AT_ONCE, rate=_RATE, burst=_BURST
        )

    # ------------------------------------------------------------------------------------ what is to be asked
    def added(self, place: Place, *, fresh: bool) -> None:
        """See ``Watcher``. A chat that this process did not open is asked about at once."""
        self._files[place.key] = _File()
        first = timedelta(seconds=self._usual(place.integration)) if fresh else timedelta(0)
        if place.unopened:
            first = timedelta(seconds=_SOON)
        self.rounds.plan(place.integration, place.key, self._clock.now() + first)

    def changed(self, place: Place) -> None:
        """See ``Watcher``."""
        now = self._clock.now()
        if place.over and not place.unopened:
            self.rounds.plan(place.integration, place.key, now + _CLOSE_SOON)
        elif place.engaged and self._can_ask(place.integration):
            self.rounds.plan(place.integration, place.key, now + _SILENCE)

    def removed(self, place: Place, *, lost: bool) -> None:
        """See ``Watcher``."""
        self._files.pop(place.key, None)
        if lost:
            self.rounds.interrupt(place.integration, place.key)
        else:
            self.rounds.forget(place.integration, place.key)

    def gap(self, integration: str) -> None:
        """Events of this integration may have been lost: ask about all its chats, and read all of history."""
        now = self._clock.now()
        for place in self._places.of(integration):
            self._files[place.key].history_from = None
            if not place.over:
                self.ask_now(place.key, now)

    def ask_now(self, key: ChatKey, now: datetime | None = None) -> None:
        """Ask about one chat as soon as can be."""
        place = self._places.get(key)
        if place is not None:
            self._files[key].answered_at = None
            self.rounds.plan(place.integration, key, now or self._clock.now())

    # ------------------------------------------------------------------------------------------- one question
    async def _visit(self, integration: str, key: ChatKey) -> float | None:
        place, file = self._places.get(key), self._files.get(key)
        if place is None or file is None:
            return None
        try:
            return await self._look_at(place, file)
        except HandoffNotFound:  # erased meanwhile
            self._places.forget(key)
            return None
        except StoreError as error:
            logger.warning("handoff %s cannot be looked at now: %s", key.handoff_id, error)
            return _SOON
        except LeaseLost:
            return _SOON
        except _Unanswered as error:
            file.failures += 1
            if error.retry_after:
                self.rounds.hold(integration, error.retry_after)
            return after_failure(self._usual(integration), file.failures, error.retry_after)

    async def _look_at(self, place: Place, file: _File) -> float | None:
        handoff = await self._store.load(place.key.handoff_id)
        attempt = _attempt(handoff, place.key.attempt)
        if handoff is None or attempt is None or attempt.closed:
            self._places.forget(place.key)
            return None
        file.looks += 1
        if file.looks == 1:
            self._places.note_unsure(handoff)
        chat = await self._store.chat(handoff.id, attempt.number)
        refs = (attempt.ref, chat.vendor_ref) if chat and chat.vendor_ref else (attempt.ref,)
        await self._sink.take_unmatched(place.integration, refs)
        if chat is None and not place.unopened:
            self._places.forget(place.key)
            return None
        if not handoff.is_live or attempt.abandoned:
            bare = Chat(
                integration=place.integration,
                handoff_id=handoff.id,
                attempt=attempt.number,
                ref=attempt.ref,
            )
            return await self._left_open(place, file, handoff, attempt, chat or bare)
        if chat is None or not self._can_ask(place.integration):
            return _RARELY
        rest = self._rest(place, file)
        if rest > 0:
            return rest
        return await self._examine(place, file, handoff, attempt, chat)

    def _rest(self, place: Place, file: _File) -> float:
        """Seconds for which nothing need be asked."""
        if file.answered_at is None or file.doubt is not None or file.failures:
            return 0.0
        now = self._clock.now()
        due = file.answered_at + timedelta(seconds=self._every)
        if place.engaged and file.answered_at < place.heard_at:
            due = min(due, place.heard_at + _SILENCE)
        return (due - now).total_seconds()

    async def _examine(
        self, place: Place, file: _File, handoff: Handoff, attempt: Attempt, chat: Chat
    ) -> float:
        """Ask about a live chat, and repair what was missed."""
        since = (file.history_from or handoff.created_at) - _OVERLAP
        answer = await self._ask(place.integration, chat, since)
        fresh = await self._store.load(handoff.id)
        now_attempt = _attempt(fresh, attempt.number)
        if fresh is None or now_attempt is None or now_attempt.abandoned or not fresh.is_live:
            return _SOON  # it ended meanwhile
        if who_has_it(fresh) != who_has_it(handoff):
            answer = _moved(answer)
        ruling = rule(
            fresh,
            now_attempt,
            answer,
            known=await self._known(fresh.id) if answer.history else (),
            doubt=file.doubt,
            lag=self._lag(place.integration),
            trusted_until=file.answered_at or fresh.state_since,
        )
        again = await self._carry_out(place, file, ruling)
        file.answered_at = answer.at
        if answer.history is not None:
            file.history_from = answer.at
        return _SOON if answer.moved and again is None else again or self._every

    async def _left_open(
        self, place: Place, file: _File, handoff: Handoff, attempt: Attempt, chat: Chat
    ) -> float | None:
        """A chat that we are done with: find out whether it is over, and close it if it is not."""
        capabilities = self._providers[place.integration].capabilities
        if place.unopened and (not capabilities.status or file.looks > _LOST_OPENING_TRIES):
            self._places.forget(place.key)  # only an event can show it now, and an event will close it
            return None
        since = handoff.end.at if handoff.end is not None else handoff.created_at
        if self._clock.now() - since > _GIVE_UP_AFTER:
            return await self._give_up(place, handoff, attempt)
        again: float | None = None
        if capabilities.status:
            again = await self._ask_about_left_open(place, file, handoff, attempt, chat)
        if again is not None:
            return again
        if place.unopened:
            return close_again_after(file.looks).total_seconds()
        if attempt.closing or not capabilities.closes:
            return self._usual(place.integration)
        return await self._close_again(place, file)

    async def _give_up(self, place: Place, handoff: Handoff, attempt: Attempt) -> float:
        days = _GIVE_UP_AFTER.total_seconds() / 86400
        logger.warning(
            "handoff %s: the chat at %s is left open; nobody could close it for %g days",
            handoff.id,
            place.integration,
            days,
        )
        await self._sink.take_event(give_up(handoff, attempt, self._clock.now(), days))
        return _SOON

    async def _close_again(self, place: Place, file: _File) -> float:
        now = self._clock.now()
        if file.close_at is None or file.close_at <= now:
            file.close_at = now + close_again_after(file.closes)
            file.closes += 1
            self._counts.closed_again[place.integration] += 1
            await self._submit(place.key.handoff_id, StillOpen(attempt=place.key.attempt))
        return (file.close_at - now).total_seconds()

    async def _ask_about_left_open(
        self, place: Place, file: _File, handoff: Handoff, attempt: Attempt, chat: Chat
    ) -> float | None:
        answer = await self._ask(place.integration, chat, None)
        ruling = rule_on_left_open(
            handoff,
            attempt,
            answer,
            doubt=file.doubt,
            lag=self._lag(place.integration),
            trusted_until=file.answered_at or handoff.state_since,
        )
        again = await self._carry_out(place, file, ruling)
        file.answered_at = answer.at
        return _SOON if ruling.repairs else again

    # --------------------------------------------------------------------------------------------- the parts
    async def _ask(self, integration: str, chat: Chat, since: datetime | None) -> Answer:
        """Ask for the status, then for what was said, so that nothing said before an end is missing."""
        provider = self._providers[integration]
        capabilities = provider.capabilities
        status: ChatStatus | None = None
        history: tuple[MessageReceived, ...] | None = None
        missing = False
        trouble: ProviderError | Exception | None = None
        self._counts.questions[integration] += 1
        at = self._clock.now()
        if capabilities.status:
            try:
                status = await self._call(lambda: provider.status(chat))
            except RejectedError as error:
                missing = error.status in {None, 404, 410}
                trouble = None if missing else error
            except LeaseLost:
                raise
            except Exception as error:  # noqa: BLE001  (whatever an adapter raises is no answer)
                trouble = error
        if capabilities.history and since is not None and not missing:
            try:
                history = tuple(await self._call(lambda: provider.history(chat, since)))
            except LeaseLost:
                raise
            except Exception as error:  # noqa: BLE001
                trouble = trouble or error
        if trouble is not None:
            self._counts.question_errors[integration] += 1
            self._troubles.failed(integration, trouble)
            if status is None and history is None:
                raise _Unanswered(trouble.retry_after if isinstance(trouble, ProviderError) else None)
        else:
            self._troubles.worked(integration)
        return Answer(at, status, missing, history)

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        async with self._lease.limit(CALL_LIMIT):
            return await call()

    async def _known(self, handoff_id: str) -> set[str]:
        """Keys of the messages to the end user that are in the ledger."""
        known: set[str] = set()
        after = 0
        while page := await self._store.entries(handoff_id, after=after, limit=_PAGE):
            known.update(entry.message.key for entry in page if entry.direction is Direction.TO_USER)
            after = page[-1].seq
        return known

    async def _carry_out(self, place: Place, file: _File, ruling: Ruling) -> float | None:
        file.failures = 0
        file.doubt = ruling.doubt
        for repair in ruling.repairs:
            await self._repair(place, repair)
        return ruling.again_after

    async def _repair(self, place: Place, repair: Repair) -> None:
        event = repair.event
        if not await self._sink.take_event(event, late_seconds=round(repair.late_seconds, 3)):
            return  # it came by itself meanwhile
        self._counts.repaired(place.integration, event.kind, repair.late_seconds)
        logger.info(
            "handoff %s: %s of %s had been missed; put right %.1f s late",
            place.key.handoff_id,
            event.kind,
            place.integration,
            repair.late_seconds,
        )

    def _can_ask(self, integration: str) -> bool:
        capabilities = self._providers[integration].capabilities
        return capabilities.status or capabilities.history

    def _usual(self, integration: str) -> float:
        return self._every if self._can_ask(integration) else _RARELY

    def _lag(self, integration: str) -> float:
        return self._providers[integration].capabilities.lookup_lag


def _attempt(handoff: Handoff | None, number: int) -> Attempt | None:
    return handoff.attempts[number - 1] if handoff is not None and number <= len(handoff.attempts) else None


def _moved(answer: Answer) -> Answer:
    return Answer(answer.at, answer.status, answer.missing, answer.history, moved=True)
