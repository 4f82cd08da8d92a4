"""Everything that can happen to a handoff. Each result of an effect is an input again."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Text, Timestamp
from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.domain.ends import Who, Why
from livechat_sdk.domain.handoff import Candidate, OpeningHours, SurveyAnswer
from livechat_sdk.domain.messages import Message, UserReceipt
from livechat_sdk.domain.people import Contact
from livechat_sdk.domain.routing import RoutingReasons
from livechat_sdk.domain.tickets import Ticket, TicketNote
from livechat_sdk.lifecycle.effects import Action

__all__ = [
    "AlreadyOpen",
    "ContactFound",
    "Decided",
    "DetailsAdded",
    "DropRequested",
    "EffectDoubtful",
    "EffectFailed",
    "EffectSucceeded",
    "EndRequested",
    "Input",
    "NoteRequested",
    "ProviderReported",
    "Requested",
    "RetryRequested",
    "StillOpen",
    "TicketRequested",
    "TimerFired",
    "UserLeft",
    "UserRead",
    "UserSaid",
    "UserTyped",
    "kind_of",
]


class Requested(Model):
    """A bot asked for a human; the handoff has just been made."""


class AlreadyOpen(Model):
    """A bot asked for a human in a conversation that already has a live handoff."""

    existing: Identifier
    existing_state: ShortText


class Decided(Model):
    """Hours, route and availability were looked up. ``refusal`` says why there is no candidate.

    ``left_out`` names the integrations that were passed over (no agents, cooling down), each with the reason.
    """

    candidates: tuple[Candidate, ...] = ()
    refusal: Literal["out_of_hours", "unavailable", "error"] | None = None
    detail: ShortText | None = None
    hours: OpeningHours | None = None
    left_out: tuple[ShortText, ...] = ()
    routing: RoutingReasons | None = None
    """Why it goes where it goes."""


class DetailsAdded(Model):
    """More is known about the request: answers to the pre-chat survey."""

    survey: tuple[SurveyAnswer, ...] = ()


class UserSaid(Model):
    """The end user wrote something."""

    message: Message


class UserTyped(Model):
    """The end user started or stopped typing."""

    on: bool


class UserRead(Model):
    """The end user's side received or read a message of the agent."""

    receipt: UserReceipt


class UserLeft(Model):
    """The end user left the channel (closed the page, blocked the bot)."""


class ProviderReported(Model):
    """The vendor reported something about one attempt.

    ``late_seconds`` comes with what we had missed and found out by asking: how late we are.
    """

    event: ProviderEvent
    attempt: int
    late_seconds: float | None = None


class StillOpen(Model):
    """A chat that we are done with is still open at the vendor: nothing closes it at present."""

    attempt: int


class TimerFired(Model):
    """A clock ran out. ``due_at`` tells a stale firing from the current one."""

    name: Identifier
    due_at: Timestamp


class ContactFound(Model):
    """The CRM look-up is done; ``contacts`` may be empty."""

    contacts: tuple[Contact, ...] = ()


class EffectSucceeded(Model):
    """An action was carried out. The fields hold what it brought, if it brings anything.

    ``chat`` comes with an opened chat alone; ``patch`` changes named keys of ``Chat.state``.
    """

    action: Action
    chat: Chat | None = None
    patch: Metadata = Field(default_factory=dict)
    vendor_id: Text | None = None
    acknowledged: bool = False
    detail: ShortText | None = None
    ticket: Ticket | None = None


class EffectFailed(Model):
    """An action was given up; ``unavailable`` means that the vendor has nobody, not that it broke."""

    action: Action
    error: ShortText
    unavailable: bool = False


class EffectDoubtful(Model):
    """An action may or may not have happened, and nobody can tell."""

    action: Action
    error: ShortText


class EndRequested(Model):
    """Our side wants it to end."""

    by: Who
    why: Why
    raw: ShortText | None = None


class TicketRequested(Model):
    """Somebody wants a ticket made of the handoff as it is."""


class NoteRequested(Model):
    """Somebody wants something added to the newest ticket of the handoff."""

    note: TicketNote


class RetryRequested(Model):
    """A person wants an action tried again that was given up; ``doubtful``: it may have been done."""

    action_id: int
    action: Action
    doubtful: bool = False


class DropRequested(Model):
    """A person has seen to an action that was given up: it is no longer listed."""

    action_id: int
    action: Action
    doubtful: bool = False
    error: ShortText | None = None


Input = (
    Requested
    | AlreadyOpen
    | Decided
    | DetailsAdded
    | UserSaid
    | UserTyped
    | UserRead
    | UserLeft
    | ProviderReported
    | StillOpen
    | TimerFired
    | ContactFound
    | EffectSucceeded
    | EffectFailed
    | EffectDoubtful
    | EndRequested
    | TicketRequested
    | NoteRequested
    | RetryRequested
    | DropRequested
)
"""Anything that can happen to a handoff."""

_PLAIN: dict[type[Model], str] = {
    Requested: "requested",
    AlreadyOpen: "already_open",
    Decided: "decided",
    DetailsAdded: "details_added",
    UserSaid: "user_said",
    UserTyped: "user_typed",
    UserRead: "user_read",
    UserLeft: "user_left",
    ContactFound: "contact_found",
    EndRequested: "end_requested",
    TicketRequested: "ticket_requested",
    NoteRequested: "note_requested",
    RetryRequested: "retry_requested",
    DropRequested: "drop_requested",
    StillOpen: "still_open",
}


def kind_of(happening: Input) -> str:
    """The name of an input in the table of legal moves, ``event.agent_joined`` for example."""
    match happening:
        case ProviderReported(event=event):
            return f"event.{event.kind}"
        case TimerFired(name=name):
            return f"timer.{name}"
        case EffectSucceeded(action=action):
            return f"succeeded.{action.kind}"
        case EffectFailed(action=action):
            return f"failed.{action.kind}"
        case EffectDoubtful(action=action):
            return f"doubtful.{action.kind}"
        case _:
            return _PLAIN[type(happening)]
