"""The reconciler: asks vendors what is true, and puts right what we missed.

Every chat whose provider can tell is asked about on a schedule, after a silence, after a start and after a
gap in a stream. What to do about the answer is decided in ``repairs``; here are the questions, at a rate
that no vendor minds, and the events that follow, each with how late it came.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import LIVE_STATES, Attempt, Handoff, HandoffState
from livechat_sdk.errors import HandoffNotFound, RejectedError, StoreError
from livechat_sdk.inbound.kept import Kept, refs_of
from livechat_sdk.inbound.left_open import LeftOpen
from livechat_sdk.inbound.means import Means
from livechat_sdk.inbound.pace import after_failure
from livechat_sdk.inbound.places import ChatKey, Place, Places
from livechat_sdk.inbound.putting_right import File, Found, PuttingRight
from livechat_sdk.inbound.questions import OVERLAP, Questions, Unanswered, knows_no_such_chat
from livechat_sdk.inbound.repairs import Answer, Ruling, rule, who_has_it
from livechat_sdk.inbound.rounds import Rounds
from livechat_sdk.ledger.store import LeaseLost
from livechat_sdk.provider.interface import AnyProvider

__all__ = ["Reconciler"]

logger = logging.getLogger("livechat_sdk.reconciler")

_AT_ONCE = 4
_RATE = 5.0
"""Chats of one integration that are asked about in a second, after a first burst."""
_RATE_ALONE = 2.0
"""The same where the vendor cannot be asked and only the ledger is looked at: nothing is in a hurry then."""
_BURST = 20
_SILENCE = timedelta(seconds=45)
"""After such a silence in an active chat the vendor is asked."""
_RARELY = 3600.0
"""Seconds between two looks at a chat whose provider cannot be asked, for events that were left behind."""
_SOON = 5.0
_LAST_LOOK = timedelta(seconds=30)
_CLOSE_SOON = timedelta(seconds=60)
_BEFORE_END = 3.0
"""Seconds that an end may wait for what was said before it."""
_IN_TROUBLE = 60.0
_CAN_BE_REPAIRED = LIVE_STATES - {HandoffState.REQUESTED}


class Reconciler:
    """Asks about every open chat of this worker's shards. A watcher of ``Places``."""

    def __init__(
        self, means: Means, providers: Mapping[str, AnyProvider], places: Places, *, every: float
    ) -> None:
        """``every``: seconds between two questions about the same chat when nothing else asks for one."""
        self._store = means.store
        self._workspace = means.workspace
        self._clock = means.clock
        self._sink = means.sink
        self._providers = providers
        self._places = places
        self._every = every
        self._files: dict[ChatKey, File] = {}
        self._putting_right = PuttingRight(means)
        self._kept = Kept(means)
        self._leave_alone: dict[str, datetime] = {}
        """Integrations whose vendor did not answer before an end, and until when it is not asked for that."""
        self._questions = Questions(means, providers)
        self._left_open = LeftOpen(means, providers, places, self._questions, self._putting_right)
        self.rounds = Rounds(
            means.clock, self._visit, name="reconciling", at_once=_AT_ONCE, rate=self._rate, burst=_BURST
        )

    def poll_with(self, poll_now: Callable[[ChatKey], None]) -> None:
        """Have chats polled at once with this, where asking shows that a poll will bring something."""
        self._putting_right.poll_now = poll_now

    # ------------------------------------------------------------------------------------ what is to be asked
    def added(self, place: Place, *, fresh: bool) -> None:
        """See ``Watcher``. A chat that this process did not open is asked about at once."""
        self._files[place.key] = File(fresh)
        first = timedelta(seconds=self._usual(place.integration)) if fresh else timedelta(0)
        if place.unopened:
            first = timedelta(seconds=_SOON)
        if place.closed and fresh:
            first = _LAST_LOOK
        self.rounds.plan(place.integration, place.key, self._clock.now() + first)

    def changed(self, place: Place) -> None:
        """See ``Watcher``."""
        now = self._clock.now()
        if place.closed:
            return
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
            if not place.over or place.closed:
                self.ask_now(place.key, now)

    def ask_now(self, key: ChatKey, now: datetime | None = None) -> None:
        """Ask about one chat as soon as can be."""
        place = self._places.get(key)
        if place is not None:
            self._files[key].answered_at = None
            self.rounds.plan(place.integration, key, now or self._clock.now())

    async def refused(self, key: ChatKey, error: RejectedError) -> None:
        """A poll was refused: ask, or where nobody can be asked, take "no such chat" for an answer."""
        place, file = self._places.get(key), self._files.get(key)
        if place is None or file is None:
            return
        if self._providers[place.integration].capabilities.status:
            self.ask_now(key)
            return
        found = await self._find(place, file) if knows_no_such_chat(error) else None
        if found is None:
            return
        over = found.attempt.abandoned or not found.handoff.is_live
        answer = Answer(self._clock.now(), missing=True)
        await self._putting_right.carry_out(
            found, self._left_open.rule(found, answer) if over else self._rule(found, answer)
        )

    def polled(self, key: ChatKey) -> None:
        """A poll that had been refused works again: the chat is there."""
        file = self._files.get(key)
        if file is not None:
            file.doubt = None

    async def before_end(self, integration: str, key: ChatKey) -> None:
        """Take in what was said before an end that has come by itself. Raises ``StoreError``.

        Whoever brings the end waits for this, so it is short, and a vendor in trouble is left alone.
        """
        provider, now = self._providers.get(integration), self._clock.now()
        if provider is None or not provider.capabilities.history:
            return
        if now < self._leave_alone.get(integration, now):
            return
        handoff = await self._store.load(key.handoff_id)
        attempt = _attempt(handoff, key.attempt)
        if handoff is None or attempt is None or attempt.abandoned or handoff.state not in _CAN_BE_REPAIRED:
            return
        chat = await self._store.chat(*key)
        if chat is None:
            return
        file = self._files.get(key)
        since = (file and file.history_from) or handoff.created_at
        try:
            said = await self._questions.history(integration, chat, since - OVERLAP, within=_BEFORE_END)
        except (Unanswered, LeaseLost) as error:
            wish = error.retry_after if isinstance(error, Unanswered) else None
            self._leave_alone[integration] = now + timedelta(seconds=max(wish or 0.0, _IN_TROUBLE))
            self.rounds.hold(integration, wish or 0.0)
            return
        with self._sink.holding(*key):
            known = await self._putting_right.known(handoff.id) if said else ()
            for repair in rule(
                handoff, attempt, Answer(now, history=said), known=known, trusted_until=now
            ).repairs:
                await self._putting_right.repair(integration, key, repair)

    # ------------------------------------------------------------------------------------------- one question
    async def _visit(self, integration: str, key: ChatKey) -> float | None:
        place, file = self._places.get(key), self._files.get(key)
        if place is None or file is None:
            return None
        try:
            pause = await self._look_at(place, file)
        except HandoffNotFound:  # erased meanwhile
            self._places.forget(key)
            return None
        except StoreError as error:
            logger.warning("handoff %s cannot be looked at now: %s", key.handoff_id, error)
            return _SOON
        except LeaseLost:
            return _SOON
        except Unanswered as error:
            file.failures += 1
            if error.retry_after:
                self.rounds.hold(integration, error.retry_after)
            return after_failure(self._usual(integration), file.failures, error.retry_after)
        if not file.waits:
            self._places.note_answer(place, asked=True)
        return pause

    async def _look_at(self, place: Place, file: File) -> float | None:
        stands = await self._stands(place, file)
        kept = await self._kept.any_for(place.integration)
        if stands is not None and not kept and self._is_left_alone(place, *stands):
            return _RARELY
        found = await self._with_chat(place, file, *stands) if stands else None
        if found is None:
            self._places.forget(place.key)
            return None
        if kept:
            await self._sink.take_unmatched(place.integration, refs_of(found.chat))
        if place.closed:
            return await self._left_open.last_words(found)
        if not found.handoff.is_live or found.attempt.abandoned:
            return await self._left_open.look_at(found, usual=self._usual(place.integration))
        if not self._can_ask(place.integration):
            return _RARELY
        rest = self._rest(place, file)
        return rest if rest > 0 else await self._examine(found)

    def _is_left_alone(self, place: Place, handoff: Handoff, attempt: Attempt) -> bool:
        """Whether nobody can be asked about a chat that goes on: most of the time, most chats of a vendor."""
        over = place.closed or place.unopened or attempt.abandoned or not handoff.is_live
        return not over and not self._can_ask(place.integration)

    async def _find(self, place: Place, file: File) -> Found | None:
        """The chat and its handoff; ``None`` when there is nothing left to look at."""
        stands = await self._stands(place, file)
        return None if stands is None else await self._with_chat(place, file, *stands)

    async def _stands(self, place: Place, file: File) -> tuple[Handoff, Attempt] | None:
        """How the ledger has it; ``None`` when there is nothing left to look at."""
        handoff = await self._store.load(place.key.handoff_id)
        attempt = _attempt(handoff, place.key.attempt)
        if handoff is None or attempt is None or (attempt.closed and not place.closed):
            return None
        file.looks += 1
        if file.looks == 1:
            self._places.note_unsure(handoff, fresh=file.fresh)
        return handoff, attempt

    async def _with_chat(self, place: Place, file: File, handoff: Handoff, attempt: Attempt) -> Found | None:
        chat = await self._store.chat(handoff.id, attempt.number)
        if chat is None and place.unopened:  # our own reference is all that we have
            chat = Chat(
                integration=place.integration,
                handoff_id=handoff.id,
                attempt=attempt.number,
                ref=attempt.ref,
            )
        return None if chat is None else Found(place, file, handoff, attempt, chat)

    def _rest(self, place: Place, file: File) -> float:
        """Seconds for which nothing need be asked."""
        if file.answered_at is None or file.doubt is not None or file.failures or file.waits:
            return 0.0
        due = file.answered_at + timedelta(seconds=self._every)
        if place.engaged and file.answered_at < place.heard_at:
            due = min(due, place.heard_at + _SILENCE)
        return (due - self._clock.now()).total_seconds()

    async def _examine(self, found: Found) -> float:
        """Ask about a live chat, and repair what was missed."""
        place = found.place
        since = (found.file.history_from or found.handoff.created_at) - OVERLAP
        answer = await self._questions.ask(place.integration, found.chat, since)
        with self._sink.holding(*place.key):  # what comes from now on comes after what was answered
            return await self._put_right(found, answer)

    async def _put_right(self, found: Found, answer: Answer) -> float:
        """Repair what was missed in a live chat."""
        file, handoff = found.file, found.handoff
        fresh = await self._store.load(handoff.id)
        attempt = _attempt(fresh, found.attempt.number)
        if fresh is None or attempt is None or attempt.abandoned or not fresh.is_live:
            return _SOON  # it ended meanwhile
        if who_has_it(fresh) != who_has_it(handoff):
            answer = replace(answer, moved=True)
        known = await self._putting_right.known(fresh.id) if answer.history else ()
        ruling = self._rule(replace(found, handoff=fresh, attempt=attempt), answer, known)
        again = await self._putting_right.carry_out(found, ruling)
        if file.waits:
            return again or self._every
        file.answered_at = answer.at
        if answer.history is not None:
            file.history_from = answer.at
        return _SOON if answer.moved and again is None else again or self._every

    # --------------------------------------------------------------------------------------------- the parts
    def _rule(self, found: Found, answer: Answer, known: Collection[str] = ()) -> Ruling:
        return rule(
            found.handoff,
            found.attempt,
            answer,
            known=known,
            doubt=found.file.doubt,
            lag=self._lag(found.place.integration),
            polled=self._is_polled(found.place.integration),
            trusted_until=found.file.answered_at or found.handoff.state_since,
        )

    def _can_ask(self, integration: str) -> bool:
        capabilities = self._providers[integration].capabilities
        return capabilities.status or capabilities.history

    def _rate(self, integration: str) -> float:
        return _RATE if self._can_ask(integration) else _RATE_ALONE

    def _usual(self, integration: str) -> float:
        return self._every if self._can_ask(integration) else _RARELY

    def _is_polled(self, integration: str) -> bool:
        return self._providers[integration].capabilities.inbound is Inbound.POLL

    def _lag(self, integration: str) -> float:
        return self._providers[integration].capabilities.lookup_lag


def _attempt(handoff: Handoff | None, number: int) -> Attempt | None:
    return handoff.attempts[number - 1] if handoff is not None and number <= len(handoff.attempts) else None
