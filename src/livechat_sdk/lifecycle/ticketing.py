"""Tickets of a handoff: when one is made, and that there is one for each moment at most."""

from __future__ import annotations

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import TicketMoment, moment_of
from livechat_sdk.lifecycle.draft import Draft
from livechat_sdk.lifecycle.effects import AddToTicket, CreateTicket, SaveTicket
from livechat_sdk.lifecycle.inputs import EffectSucceeded, NoteRequested, TicketRequested

__all__ = [
    "finish_ticket",
    "make_ticket",
    "moment_now",
    "note_requested",
    "ticket_changed",
    "ticket_key",
    "ticket_requested",
]


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


def finish_ticket(draft: Draft) -> None:
    """At the end: a ticket from while it went on gets the rest, unless the end has a ticket of its own."""
    handoff = draft.handoff
    if handoff.ticket_moments == (TicketMoment.DURING,):
        key = f"{ticket_key(handoff, TicketMoment.DURING)}.end"
        draft.emit(AddToTicket(key=key, moment=TicketMoment.DURING))


def note_requested(draft: Draft, happening: NoteRequested) -> None:
    """Somebody wants something added to the newest ticket."""
    note = happening.note
    draft.emit(AddToTicket(key=note.key, moment=draft.handoff.ticket_moments[-1], note=note))


def ticket_changed(draft: Draft, happening: EffectSucceeded) -> None:
    """A ticket was made, or something was added to it."""
    if happening.ticket is not None:
        draft.emit(SaveTicket(ticket=happening.ticket))
