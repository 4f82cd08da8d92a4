"""Tickets of a handoff: when one is made, and that there is one for each moment at most."""

from __future__ import annotations

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import TicketMoment, moment_of
from livechat_sdk.lifecycle.draft import Draft
from livechat_sdk.lifecycle.effects import CreateTicket, SaveTicket
from livechat_sdk.lifecycle.inputs import EffectSucceeded, TicketRequested

__all__ = ["make_ticket", "moment_now", "ticket_created", "ticket_key", "ticket_requested"]


def moment_now(handoff: Handoff) -> TicketMoment:
    """The moment that a ticket asked for now belongs to."""
    return TicketMoment.DURING if handoff.end is None else moment_of(handoff.end.outcome)


def ticket_key(handoff: Handoff, moment: TicketMoment) -> str:
    """The key of the ticket for a moment: a handoff has one end, and one ticket for it."""
    key = f"{handoff.id}.ticket"
    return f"{key}.{moment}" if moment is TicketMoment.DURING else key


def make_ticket(draft: Draft) -> None:
    """Make the ticket for this moment, unless that was asked for before."""
    handoff = draft.handoff
    moment = moment_now(handoff)
    if moment in handoff.ticket_moments:
        return
    draft.set(ticket_moments=(*handoff.ticket_moments, moment))
    draft.emit(CreateTicket(key=ticket_key(handoff, moment), moment=moment))


def ticket_requested(draft: Draft, _: TicketRequested) -> None:
    """Somebody wants a ticket made of the handoff as it is."""
    make_ticket(draft)


def ticket_created(draft: Draft, happening: EffectSucceeded) -> None:
    """A ticket was made."""
    if happening.ticket is not None:
        draft.emit(SaveTicket(ticket=happening.ticket))
