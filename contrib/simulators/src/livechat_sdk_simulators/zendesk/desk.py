"""The agent workspace: when a conversation is with the agents, when its ticket is made, when that ends."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, Literal

from livechat_sdk_simulators.zendesk.events import Event
from livechat_sdk_simulators.zendesk.state import Agent, Conversation, Message, Session, Ticket, hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["Desk", "Status"]

Status = Literal["new", "open", "pending", "hold", "solved", "closed"]
_FIELD: Final = "dataCapture.ticketField."
_SYSTEM: Final = "dataCapture.systemField."
_SYSTEM_FIELDS: Final = (
    "requester.name",
    "requester.email",
    "priority",
    "group_id",
    "assignee_id",
    "brand_id",
    "organization_id",
    "subject",
    "description",
    "recipient",
)
_ACTIVITIES: Final = {
    "ticket:closed": "The ticket was closed.",
    "ticket:transfer:email": "The conversation goes on by e-mail.",
    "conversation:endedByUser": "The conversation was ended by the user.",
}


class Desk:
    """What the workspace does by itself."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self._numbers = itertools.count(5158)
        self.tickets: dict[int, Ticket] = {}

    # -------------------------------------------------------------------------------- coming and going
    def begin(self, conversation: Conversation) -> None:
        """The workspace has control from now on."""
        self._open_session(conversation, len(conversation.messages))
        if conversation.messages and self._zendesk.settings.ticket_made == "handover":
            self._ticket(conversation)

    def _open_session(self, conversation: Conversation, first: int) -> None:
        session = Session(metadata=conversation.handover, opened_at=self._zendesk.clock.now(), first=first)
        conversation.sessions.append(session)
        if conversation.ticket is not None and conversation.ticket.live:
            self._seat(session, conversation.ticket)

    def message_added(self, conversation: Conversation, message: Message) -> None:
        """A message came in. While the workspace has control, it makes the ticket, or opens a solved one."""
        if conversation.active is not self._zendesk.switchboard.workspace:
            return
        if conversation.session is None:
            self._open_session(conversation, len(conversation.messages) - 1)
        if message.by_user or self._zendesk.settings.ticket_made == "handover":
            ticket = self._ticket(conversation)
            if message.by_user and ticket.status in {"pending", "solved"}:
                self.set_status(ticket, "open")

    def session_over(self, conversation: Conversation, why: str) -> None:
        """The agents have the conversation no more; its ticket stays."""
        session = conversation.session
        if session is not None:
            session.state, session.ended, session.present = "ended", why, False
        conversation.handover = {}

    def user_read(self, conversation: Conversation) -> None:
        """The end user has read everything."""
        session = conversation.session
        said = [one for one in conversation.messages if not one.by_user and one.agent and not one.read]
        for one in said:
            one.read = True
        if session is not None and said:
            session.receipts.append(f"read {said[-1].id}")

    # ------------------------------------------------------------------------------------- the ticket
    def _ticket(self, conversation: Conversation) -> Ticket:
        """The ticket of the conversation; a new one has the fields that were handed over last."""
        if conversation.ticket is not None and conversation.ticket.live:
            return conversation.ticket
        handed, now = conversation.handover, self._zendesk.clock.now()
        system = {
            name: str(handed[_SYSTEM + name])
            for name in _SYSTEM_FIELDS
            if handed.get(_SYSTEM + name) is not None
        }
        tags = str(handed.get(f"{_SYSTEM}tags", ""))
        ticket = Ticket(
            id=next(self._numbers),
            conversation=conversation.id,
            created_at=now,
            updated_at=now,
            requester={name: system.pop(f"requester.{name}", "") for name in ("name", "email")},
            fields={
                key.removeprefix(_FIELD): str(value)
                for key, value in handed.items()
                if key.startswith(_FIELD)
            },
            tags=[one.strip() for one in tags.split(",") if one.strip()],
            system=system,
        )
        conversation.ticket = self.tickets[ticket.id] = ticket
        assignee = system.get("assignee_id", "")
        if assignee.isascii() and assignee.isdigit():
            ticket.assignee = self._zendesk.agent_with(int(assignee))
        if conversation.session is not None:
            self._seat(conversation.session, ticket)
        self._zendesk.support_hook.tell("ticket.created", ticket)
        return ticket

    def _seat(self, session: Session, ticket: Ticket) -> None:
        """The session goes on in this ticket, and who has the ticket has the session."""
        session.ticket, session.agent = ticket, ticket.assignee
        session.state = "queued" if session.agent is None else "active"

    def assign(self, session: Session, ticket: Ticket, agent: Agent | None) -> None:
        """Give the ticket of a session to an agent, or take it from whoever has it."""
        previous, ticket.assignee = ticket.assignee, agent
        self._seat(session, ticket)
        if previous != agent:
            change = {"previous": _id_of(previous), "current": _id_of(agent)}
            self._touch(ticket)
            self._zendesk.support_hook.tell("ticket.agent_assignment_changed", ticket, change)
        if agent is not None and ticket.status == "new":
            self.set_status(ticket, "open")

    def set_status(self, ticket: Ticket, status: Status) -> None:
        """Put a ticket into another status, which Sunshine Conversations does not tell."""
        previous, ticket.status = ticket.status, status
        if previous != status:
            change = {"previous": previous.upper(), "current": status.upper()}
            self._touch(ticket)
            self._zendesk.support_hook.tell("ticket.status_changed", ticket, change)

    def move(self, ticket: Ticket, group: str) -> None:
        """Put a ticket into another group."""
        previous, ticket.system["group_id"] = ticket.system.get("group_id"), group
        self._touch(ticket)
        change = {"previous": previous, "current": group}
        self._zendesk.support_hook.tell("ticket.group_assignment_changed", ticket, change)

    def _touch(self, ticket: Ticket) -> None:
        ticket.updated_at = self._zendesk.clock.now()

    # ------------------------------------------------------------------------------------------ ends
    def hand_back(self, conversation: Conversation, reason: str | None, *also: Event) -> None:
        """Give control back: to nobody, or, as the account is set, to the integration that is next."""
        board = self._zendesk.switchboard
        if conversation.active is not board.workspace:
            if also:
                self._zendesk.events.tell(conversation, *also)
        elif self._zendesk.settings.closing_gives == "next" and board.workspace.next is not None:
            board.give(conversation, board.workspace.next, {}, reason, *also)
        else:
            board.release(conversation, {}, reason, *also)

    def close(self, ticket: Ticket) -> None:
        """Close a ticket: the session ends with it."""
        conversation = self._zendesk.conversations.get_by_id(ticket.conversation)
        if ticket.status == "closed":
            return
        self.set_status(ticket, "closed")
        if conversation is not None and conversation.ticket is ticket:
            self.hand_back(conversation, "ticketClosed", self.system_message(conversation, "ticket:closed"))

    def system_message(self, conversation: Conversation, activity: str) -> Event:
        """Let the system write what happened; returns the event, which is to be told."""
        message = Message(
            id=hex_id(),
            received=conversation.next_time(self._zendesk.clock.now()),
            author={"type": "business", "subtypes": ["activity"]},
            content={"type": "text", "text": _ACTIVITIES[activity]},
            source={"type": self._zendesk.switchboard.workspace.type},
            activity=activity,
        )
        conversation.messages.append(message)
        conversation.updated_at = message.received
        return self._zendesk.events.message(message)


def _id_of(agent: Agent | None) -> str | None:
    return None if agent is None else str(agent.id)
