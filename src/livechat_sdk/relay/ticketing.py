"""Tickets on their way to the ticket system: what is asked for is kept before the call, and stays the same.

The first try stores the draft together with the note that the call is about to leave. Whoever takes the
action up after a time-out, a crash or a lost lease asks for exactly the same, and says since when it may be
there (``TicketDraft.first_tried_at``), so that the adapter looks before it makes anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import LedgerEntry
from livechat_sdk.domain.tickets import TicketDraft
from livechat_sdk.errors import PluginError
from livechat_sdk.ledger.store import ActionRow, ActionStatus, Store
from livechat_sdk.lifecycle.effects import CreateTicket
from livechat_sdk.lifecycle.inputs import EffectFailed, EffectSucceeded, Input
from livechat_sdk.lifecycle.ticketing import moment_now
from livechat_sdk.policies.ticket_draft import draft_for
from livechat_sdk.relay.leases import LeaseGuard

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.hooks import Hooks

__all__ = ["Ticketing", "may_have_left"]

_CALL_LIMIT: Final = 60.0
"""Longest time in seconds that one call may take; the hook has a shorter limit of its own."""
_PAGE: Final = 1000


def may_have_left(row: ActionRow, action: CreateTicket) -> bool:
    """Whether an earlier try, or an earlier action, may have made the ticket."""
    return row.status is ActionStatus.STARTED or action.in_doubt


class Ticketing:
    """Carries out ``CreateTicket``."""

    def __init__(
        self, store: Store, clock: Clock, lease: LeaseGuard, hooks: Hooks, settings: LivechatFile
    ) -> None:
        self._store = store
        self._clock = clock
        self._lease = lease
        self._hooks = hooks
        self._settings = settings

    async def run(self, row: ActionRow, action: CreateTicket, handoff: Handoff) -> Input | None:
        """Make a ticket; ``None`` when that was withdrawn. Raises what the ticket system's plugin raises."""
        bot = self._settings.bots.get(handoff.request.bot)
        if bot is None or bot.ticketing is None:
            return EffectFailed(action=action, error="the bot's settings name no ticket system")
        draft = action.draft
        if draft is None or not may_have_left(row, action):
            draft = await self._draft(action, handoff)
        since = draft.first_tried_at
        noted = draft.model_copy(update={"first_tried_at": since or self._clock.now(), "repeat": False})
        # Wanted by a person: once, not again and again.
        by_hand = action.in_doubt and row.status is ActionStatus.PENDING
        repeat = by_hand or handoff.policy.doubtful == "repeat"
        if not await self._store.start_action(row, action.model_copy(update={"draft": noted})):
            return None
        async with self._lease.limit(_CALL_LIMIT):
            ticket = await self._hooks.create_ticket(
                draft.model_copy(update={"repeat": repeat}), handoff, plugin=bot.ticketing
            )
        if ticket is None:
            raise PluginError(bot.ticketing, "made no ticket")
        return EffectSucceeded(action=action, ticket=ticket)

    async def _draft(self, action: CreateTicket, handoff: Handoff) -> TicketDraft:
        bot = self._settings.bots[handoff.request.bot]
        moment = action.moment or moment_now(handoff)
        plan = bot.tickets.plan(moment) if bot.tickets is not None else None
        draft = draft_for(handoff, await self._entries(handoff.id), plan, language=bot.livechat.language)
        return draft.model_copy(update={"key": action.key, "moment": moment})

    async def _entries(self, handoff_id: str) -> Sequence[LedgerEntry]:
        entries: list[LedgerEntry] = []
        while page := await self._store.entries(
            handoff_id, after=entries[-1].seq if entries else 0, limit=_PAGE
        ):
            entries += page
        return entries
