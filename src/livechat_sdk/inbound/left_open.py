"""Chats that we are done with, and the vendor may not be: asked about until they are over, or closed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from livechat_sdk.inbound.means import Means
from livechat_sdk.inbound.places import Places
from livechat_sdk.inbound.putting_right import Found, PuttingRight
from livechat_sdk.inbound.questions import OVERLAP, Questions
from livechat_sdk.inbound.repairs import Answer, Ruling, close_again_after, give_up, rule_on_left_open
from livechat_sdk.lifecycle.inputs import StillOpen
from livechat_sdk.provider.interface import AnyProvider

__all__ = ["LeftOpen"]

logger = logging.getLogger("livechat_sdk.reconciler")

_SOON: Final = 5.0
_LAST_TRIES: Final = 6
_GIVE_UP_AFTER: Final = timedelta(days=3)
_LOST_OPENING_TRIES: Final = 6


class LeftOpen:
    """Looks at chats whose handoff has ended, or has gone on elsewhere."""

    def __init__(
        self,
        means: Means,
        providers: Mapping[str, AnyProvider],
        places: Places,
        questions: Questions,
        putting_right: PuttingRight,
    ) -> None:
        self._clock = means.clock
        self._sink = means.sink
        self._submit = means.submit
        self._counts = means.counts
        self._providers = providers
        self._places = places
        self._questions = questions
        self._putting_right = putting_right

    async def look_at(self, found: Found, *, usual: float) -> float | None:
        """Find out whether it is over, and close it if it is not.

        Returns the seconds until the next look, ``usual`` where nothing asks for one; ``None`` for never.
        """
        place, file, handoff, attempt = found.place, found.file, found.handoff, found.attempt
        capabilities = self._providers[place.integration].capabilities
        if place.unopened and (not capabilities.status or file.looks > _LOST_OPENING_TRIES):
            self._places.forget(place.key)  # only an event can show it now, and an event will close it
            return None
        since = handoff.end.at if handoff.end is not None else handoff.created_at
        if self._clock.now() - since > _GIVE_UP_AFTER:
            return await self._give_up(found)
        again: float | None = None
        if capabilities.status:
            again = await self._ask(found)
        if again is not None:
            return again
        if place.unopened:
            return close_again_after(file.looks).total_seconds()
        if attempt.closing or not capabilities.closes:
            return usual
        return await self._close_again(found)

    async def last_words(self, found: Found) -> float | None:
        """What was said before a chat was closed, and never came: it is recorded, and shown to nobody."""
        handoff, attempt = found.handoff, found.attempt
        if found.file.failures < _LAST_TRIES:
            said = await self._questions.history(
                found.place.integration, found.chat, handoff.created_at - OVERLAP
            )
            answer = Answer(self._clock.now(), history=said)
            known = await self._putting_right.known(handoff.id)
            ruling = rule_on_left_open(handoff, attempt, answer, known=known, trusted_until=answer.at)
            again = await self._putting_right.carry_out(found, ruling)
            if found.file.waits:
                return again
        self._places.forget(found.place.key)
        return None

    def rule(self, found: Found, answer: Answer) -> Ruling:
        """What follows from an answer about such a chat."""
        return rule_on_left_open(
            found.handoff,
            found.attempt,
            answer,
            doubt=found.file.doubt,
            lag=self._providers[found.place.integration].capabilities.lookup_lag,
            trusted_until=found.file.answered_at or found.handoff.state_since,
        )

    async def _ask(self, found: Found) -> float | None:
        file = found.file
        answer = await self._questions.ask(found.place.integration, found.chat, None)
        ruling = self.rule(found, answer)
        again = await self._putting_right.carry_out(found, ruling)
        file.answered_at = answer.at
        return _SOON if ruling.repairs else again

    async def _close_again(self, found: Found) -> float:
        file, key, now = found.file, found.place.key, self._clock.now()
        if file.close_at is None or file.close_at <= now:
            file.close_at = now + close_again_after(file.closes)
            file.closes += 1
            self._counts.closed_again[found.place.integration] += 1
            await self._submit(key.handoff_id, StillOpen(attempt=key.attempt))
        return (file.close_at - now).total_seconds()

    async def _give_up(self, found: Found) -> float:
        days = _GIVE_UP_AFTER.total_seconds() / 86400
        logger.warning(
            "handoff %s: the chat at %s is left open; nobody could close it for %g days",
            found.handoff.id,
            found.place.integration,
            days,
        )
        await self._sink.take_event(give_up(found.handoff, found.attempt, self._clock.now(), days))
        return _SOON
