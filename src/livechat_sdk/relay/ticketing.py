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
from livechat_sdk.domain.tickets import TicketDraft, TicketNote
from livechat_sdk.errors import PluginError
from livechat_sdk.ledger.store import ActionRow, ActionStatus, Store
from livechat_sdk.lifecycle.effects import AddToTicket, CreateTicket
from livechat_sdk.lifecycle.inputs import EffectFailed, EffectSucceeded, Input
from livechat_sdk.lifecycle.ticketing import moment_now, ticket_key
from livechat_sdk.policies.ticket_draft import draft_for
from livechat_sdk.relay.leases import LeaseGuard

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.hooks import Hooks

__all__ = ["Ticketing", "may_have_left"]

_CALL_LIMIT: Final = 60.0
"""Longest time in seconds that one call may take; the hook has a shorter limit of its own."""
_PAGE: Final = 1000


def may_have_left(row: ActionRow, action: CreateTicket | AddToTicket) -> bool:
    """Whether an earlier try, or an earlier action, may have done it."""
    return row.status is ActionStatus.STARTED or action.in_doubt


class Ticketing:
    """Carries out ``CreateTicket`` and ``AddToTicket``."""

    def __init__(
        self, store: Store, clock: Clock, lease: LeaseGuard, hooks: Hooks, settings: LivechatFile
    ) -> None:
        self._store = store
        self._clock = clock
        self._lease = lease
        self._hooks = hooks
        self._settings = settings

    async def run(self, row: ActionRow, action: CreateTicket | AddToTicket, handoff: Handoff) -> Input | None:
        """Do it; ``None`` when it was withdrawn. Raises what the ticket system's plugin raises."""
        if isinstance(action, AddToTicket):
            return await self._add(row, action, handoff)
        return await self._create(row, action, handoff)

    async def _create(self, row: ActionRow, action: CreateTicket, handoff: Handoff) -> Input | None:
        bot = self._settings.bots.get(handoff.request.bot)
        if bot is None or bot.ticketing is None:
            return EffectFailed(action=action, error="the bot's settings name no ticket system")
        draft = action.draft
        if draft is None or not may_have_left(row, action):
            draft = await self._draft(action, handoff)
        noted = draft.model_copy(
            update={"first_tried_at": draft.first_tried_at or self._clock.now(), "repeat": False}
        )
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

    async def _add(self, row: ActionRow, action: AddToTicket, handoff: Handoff) -> Input | None:
        key = ticket_key(handoff, action.moment)
        ticket = next((one for one in await self._store.tickets(handoff.id) if one.key == key), None)
        if ticket is None:
            return EffectFailed(action=action, error="there is no ticket to add it to")
        if await self._was_added(row, action):
            return EffectSucceeded(action=action, ticket=ticket)
        note = action.note or TicketNote(
            key=action.key, body=draft_for(handoff, await self._entries(handoff.id)).body
        )
        if not may_have_left(row, action):
            note = note.model_copy(update={"first_tried_at": None})
        noted = note.model_copy(update={"first_tried_at": note.first_tried_at or self._clock.now()})
        if not await self._store.start_action(row, action.model_copy(update={"note": noted})):
            return None
        async with self._lease.limit(_CALL_LIMIT):
            changed = await self._hooks.add_to_ticket(ticket, note, plugin=ticket.source)
        if changed is None:
            raise PluginError(ticket.source, "added nothing to the ticket")
        # Whatever the plugin says: it is still the ticket of this key.
        return EffectSucceeded(
            action=action, ticket=changed.model_copy(update={"source": ticket.source, "key": key})
        )

    async def _was_added(self, row: ActionRow, action: AddToTicket) -> bool:
        """Whether somebody else asked for the same note, and it was added."""
        return any(
            other.id < row.id
            and other.status is ActionStatus.DONE
            and isinstance(other.action, AddToTicket)
            and other.action.key == action.key
            for other in await self._store.actions(row.handoff_id)
        )

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
