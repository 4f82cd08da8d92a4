"""Cool-downs of integrations, kept in the ledger, so that every worker and the next process know them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from livechat_sdk.domain.clock import Clock
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.ledger.store import Store
from livechat_sdk.relay.cooldown_policy import after_failure, is_cooling, trial
from livechat_sdk.relay.failures import Failure

__all__ = ["Cooling"]

logger = logging.getLogger("livechat_sdk.cooling")

_MOST_RACES: Final = 20


class Cooling:
    """Counts failed opens, and says who is left alone."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def current(self) -> Mapping[str, Cooldown]:
        """What is known, by integration."""
        return await self._store.cooldowns()

    async def failed(self, integration: str, failure: Failure) -> None:
        """Count an open that was given up."""
        for _ in range(_MOST_RACES):
            before = (await self._store.cooldowns()).get(integration)
            now = self._clock.now()
            after = after_failure(before, failure, now)
            if await self._store.save_cooldown(integration, before=before, after=after):
                if is_cooling(after, now):
                    logger.warning("%s is left alone until %s: %s", integration, after.until, after.reason)
                return

    async def opened(self, integration: str) -> None:
        """A chat opened: all is well."""
        before = (await self._store.cooldowns()).get(integration)
        if before is not None and await self._store.save_cooldown(integration, before=before, after=None):
            logger.info("%s opens chats again", integration)

    async def begin_trial(self, integration: str, known: Cooldown) -> bool:
        """Take the one trial after a cool-down; false when somebody else has it."""
        after = trial(known, self._clock.now())
        return await self._store.save_cooldown(integration, before=known, after=after)
