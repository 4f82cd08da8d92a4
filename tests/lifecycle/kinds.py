"""One input of every kind, made for a given handoff. The kinds are read from the unions, not listed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from livechat_sdk.domain.chats import EventEnvelope, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Handoff, SurveyAnswer
from livechat_sdk.domain.messages import Message, UserReceipt
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.people import Contact
from livechat_sdk.domain.tickets import Ticket, TicketMoment, TicketNote
from livechat_sdk.lifecycle import Input
from livechat_sdk.lifecycle.effects import (
    Action,
    AddToTicket,
    CloseChat,
    CreateTicket,
    Decide,
    DeliverEnded,
    DeliverMessage,
    Enrich,
    FindContact,
    OpenChat,
    Say,
    SendMessage,
    UpdateDetails,
)
from livechat_sdk.lifecycle.inputs import (
    AlreadyOpen,
    ContactFound,
    Decided,
    DetailsAdded,
    DropRequested,
    EffectDoubtful,
    EffectFailed,
    EffectSucceeded,
    EndRequested,
    NoteRequested,
    ProviderReported,
    Requested,
    RetryRequested,
    StillOpen,
    TicketRequested,
    TimerFired,
    UserLeft,
    UserRead,
    UserSaid,
    UserTyped,
    kind_of,
)
from livechat_sdk.lifecycle.moves import LEGAL_MOVES
from livechat_sdk_testing.builders import NOON, a_candidate, a_chat, an_event

Make = Callable[[Handoff], Input]

REASON = EndReason(by="bot", why="other")
NOTE = TicketNote(key="h-1.note.1", body="He called back")
TICKET = Ticket(source="table", id="1", key="h-1.ticket")
ACTIONS: Mapping[type[Any], Callable[[int], Any]] = {
    Decide: lambda _: Decide(),
    FindContact: lambda _: FindContact(),
    CreateTicket: lambda _: CreateTicket(key="h-1.ticket"),
    AddToTicket: lambda _: AddToTicket(key="h-1.note.1", moment=TicketMoment.ENDED, note=NOTE),
    OpenChat: lambda attempt: OpenChat(attempt=attempt),
    SendMessage: lambda attempt: SendMessage(attempt=attempt, message_key="m-1"),
    UpdateDetails: lambda attempt: UpdateDetails(attempt=attempt, message_keys=("m-1",)),
    CloseChat: lambda attempt: CloseChat(attempt=attempt, reason=REASON),
    Say: lambda _: Say(key="h-1.1.waiting.0", moment=Moment.WAITING, owner_number=1),
    Enrich: lambda attempt: Enrich(message_key="a-1", attempt=attempt),
    DeliverMessage: lambda _: DeliverMessage(message_key="a-1", owner_number=1),
    DeliverEnded: lambda _: DeliverEnded(owner_number=2),
}
PLAIN: Mapping[str, Input] = {
    kind_of(one): one
    for one in (
        Requested(),
        AlreadyOpen(existing="h-0", existing_state="queued"),
        Decided(candidates=(a_candidate(),)),
        DetailsAdded(survey=(SurveyAnswer(id="q", question="?", answer="!"),)),
        UserSaid(message=Message(key="m-9", body="hello")),
        UserTyped(on=True),
        UserRead(receipt=UserReceipt(message_key="a-1", status="read")),
        UserLeft(),
        ContactFound(contacts=(Contact(source="crm", id="7"),)),
        EndRequested(by="user", why="other"),
        TicketRequested(),
        NoteRequested(note=NOTE),
    )
}
CLOCKS = tuple(sorted({kind.removeprefix("timer.") for kind, _ in LEGAL_MOVES if kind.startswith("timer.")}))


def members(union: Any) -> tuple[type[Any], ...]:
    """The classes of ``Annotated[A | B, ...]`` or of ``A | B``."""
    inside = get_args(union)
    return get_args(inside[0]) if hasattr(union, "__metadata__") else inside


EVENT_KINDS: tuple[type[EventEnvelope], ...] = members(ProviderEvent)


def all_kinds() -> dict[str, Make]:
    """How to make one input of every kind; what needs an attempt gets the handoff's current one."""
    makes: dict[str, Make] = {kind: _always(one) for kind, one in PLAIN.items()}
    makes["retry_requested"] = lambda handoff: RetryRequested(action_id=1, action=_parked(handoff))
    makes["drop_requested"] = lambda handoff: DropRequested(action_id=1, action=_parked(handoff))
    makes["still_open"] = lambda handoff: StillOpen(attempt=len(handoff.attempts))
    for event in EVENT_KINDS:
        makes[f"event.{event.model_fields['kind'].default}"] = _event(event)
    for clock in CLOCKS:
        makes[f"timer.{clock}"] = _clock(clock)
    for action in members(Action):
        kind = action.model_fields["kind"].default
        makes[f"succeeded.{kind}"] = _success(action)
        makes[f"failed.{kind}"] = _failure(action, EffectFailed)
        makes[f"doubtful.{kind}"] = _failure(action, EffectDoubtful)
    return makes


def _parked(handoff: Handoff) -> Any:
    """Something that was given up and can be tried again in this state."""
    return ACTIONS[Say if handoff.is_live else CreateTicket](1)


def _always(one: Input) -> Make:
    return lambda _: one


def _event(event: type[EventEnvelope]) -> Make:
    def make(handoff: Handoff) -> Input:
        number = len(handoff.attempts)
        return ProviderReported.model_validate({"event": an_event(event, attempt=number), "attempt": number})

    return make


def _clock(name: str) -> Make:
    return lambda handoff: TimerFired(name=name, due_at=handoff.timers.get(name, NOON))


def _success(action: type[Any]) -> Make:
    def make(handoff: Handoff) -> Input:
        number = len(handoff.attempts)
        chat = a_chat(attempt=number) if action is OpenChat else None
        ticket = TICKET if action in {CreateTicket, AddToTicket} else None
        return EffectSucceeded(action=ACTIONS[action](number), chat=chat, ticket=ticket)

    return make


def _failure(action: type[Any], result: type[EffectFailed | EffectDoubtful]) -> Make:
    return lambda handoff: result(action=ACTIONS[action](len(handoff.attempts)), error="it broke")
