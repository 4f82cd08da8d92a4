"""Asks the CRMs of a bot about a user, once for everybody who needs to know at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.people import Contact

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.hooks import Hooks

__all__ = ["ContactLookups"]


class ContactLookups:
    """Look-ups that are under way, by handoff."""

    def __init__(self, settings: LivechatFile, hooks: Hooks) -> None:
        self._settings = settings
        self._hooks = hooks
        self._running: dict[str, asyncio.Task[Sequence[Contact]]] = {}

    async def of(self, handoff: Handoff) -> Sequence[Contact]:
        """What the CRMs know. A caller that is cancelled takes nothing from the others."""
        task = self._running.get(handoff.id)
        if task is None:
            task = asyncio.create_task(self._ask(handoff), name=f"contacts of {handoff.id}")
            self._running[handoff.id] = task
            task.add_done_callback(lambda _: self._running.pop(handoff.id, None))
        return await asyncio.shield(task)

    async def within(self, handoff: Handoff, seconds: float) -> Sequence[Contact]:
        """What is known by then: what the handoff knows already, else what the CRMs say in time."""
        if handoff.contacts:
            return handoff.contacts
        try:
            async with asyncio.timeout(seconds):
                return await self.of(handoff)
        except TimeoutError:
            return ()

    async def _ask(self, handoff: Handoff) -> Sequence[Contact]:
        request = handoff.request
        bot = self._settings.bots.get(request.bot)
        names = tuple(bot.crm) if bot else ()
        return await self._hooks.find_contacts(request.user, request.bot, only=names)
