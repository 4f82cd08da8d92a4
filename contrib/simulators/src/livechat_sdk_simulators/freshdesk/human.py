"""The people of support, who answer tickets and keep contacts and companies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.freshdesk.bodies import Body
from livechat_sdk_simulators.freshdesk.errors import ValidationFailed
from livechat_sdk_simulators.freshdesk.fields import PRIORITIES, STATUSES
from livechat_sdk_simulators.freshdesk.markup import paragraphs, read_aloud
from livechat_sdk_simulators.freshdesk.state import Conversation, Ticket
from livechat_sdk_simulators.human import File, NoSuchChat, NotPossible
from livechat_sdk_simulators.supportside import SimComment, SimPerson, SimTicket, SupportSide

if TYPE_CHECKING:
    from livechat_sdk_simulators.freshdesk.simulator import FreshdeskSimulator

__all__ = ["FreshdeskHuman"]

_AGENT: Final = "Eleni Markou"
_DONE: Final = frozenset({4, 5})
_WORDS: Final = {"solved": 4, "hold": 7}


class FreshdeskHuman(SupportSide):
    """Support people on the account of one simulator."""

    def __init__(self, freshdesk: FreshdeskSimulator) -> None:
        self._freshdesk = freshdesk
        self._account = freshdesk.account

    def _key(self, ticket: Ticket) -> str:
        return str(ticket.custom_fields.get(self._freshdesk.settings.key_field) or "")

    def _ticket(self, name: str) -> Ticket:
        for one in self._account.tickets.values():
            if not one.deleted and name and name in {str(one.id), self._key(one)}:
                return one
        raise NoSuchChat(f"there is no ticket {name!r}")

    async def tickets(self) -> list[SimTicket]:
        """Every ticket, by number."""
        return [self._shown(one) for one in self._account.tickets.values() if not one.deleted]

    def _shown(self, ticket: Ticket) -> SimTicket:
        requester = self._account.person(ticket.requester_id)
        responder = self._account.agents.get(ticket.responder_id or 0)
        return SimTicket(
            id=str(ticket.id),
            number=str(ticket.id),
            subject=ticket.subject,
            state=STATUSES[ticket.status],
            open=ticket.status not in _DONE,
            requester=(requester.email or requester.name) if requester else "",
            created_at=ticket.created_at,
            assignee=responder.name if responder else None,
            key=self._key(ticket),
            details={
                "description": read_aloud(ticket.description),
                "description_html": ticket.description,
                "status": ticket.status,
                "priority": PRIORITIES[ticket.priority],
                "type": ticket.kind,
                "source": ticket.source,
                "tags": list(ticket.tags),
                "custom_fields": dict(ticket.custom_fields),
                "requester_id": ticket.requester_id,
                "group_id": ticket.group_id,
                "files": [one.name for one in ticket.files],
            },
        )

    async def comments(self, ticket: str) -> list[SimComment]:
        """Notes and replies of a ticket. The description is none, and everybody can read it."""
        found = self._ticket(ticket)
        return [self._comment(found, one) for one in found.conversations]

    def _comment(self, ticket: Ticket, conversation: Conversation) -> SimComment:
        author = self._account.person(conversation.user_id)
        by_requester = conversation.user_id == ticket.requester_id and not conversation.reply
        return SimComment(
            id=str(conversation.id),
            author="requester" if by_requester else "api" if conversation.by_api else "agent",
            name=author.name if author else "",
            text=read_aloud(conversation.body),
            public=not conversation.private,
            at=conversation.created_at,
            files=[one.name for one in conversation.files],
        )

    async def comment(
        self,
        ticket: str,
        text: str,
        *,
        public: bool = False,
        agent: str | None = None,
        file: File | None = None,
    ) -> str:
        """Somebody of support replies (``public``), or writes a private note."""
        found = self._ticket(ticket)
        files = [] if file is None else [self._freshdesk.changes.keep_file(*file)]
        author = self._account.agent(agent or _AGENT)
        made = self._freshdesk.conversations.write(
            found,
            author,
            paragraphs(text),
            private=not public,
            files=files,
            reply=public,
            by_api=False,
        )
        return str(made.id)

    def file(self, name: str) -> bytes:
        """What the newest file with this name holds. Raises ``NotPossible``."""
        for one in reversed(self._account.files.values()):
            if one.name == name:
                return one.content
        raise NotPossible(f"there is no file {name!r}")

    async def set_state(self, ticket: str, state: str) -> None:
        """Give a ticket another status, by its label or its number."""
        found = self._ticket(ticket)
        for number, label in STATUSES.items():
            if state.lower() in {label.lower(), str(number)} or _WORDS.get(state.lower()) == number:
                self._freshdesk.changes.set_status(found, number)
                return
        raise NotPossible(f"there is no status {state!r}; there are: {', '.join(STATUSES.values())}")

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Take a ticket."""
        found = self._ticket(ref)
        found.responder_id = self._account.agent(agent or _AGENT).id
        self._freshdesk.changes.done(found)

    def closing(self, why: str | None) -> str:
        """Resolved, unless ``why`` is another status."""
        return why or "Resolved"

    async def contacts(self) -> list[SimPerson]:
        """Every contact."""
        known = self._account.contacts.values()
        return [SimPerson(str(one.id), one.name, self._freshdesk.shown.contact(one)) for one in known]

    async def add_contact(self, /, **fields: Any) -> str:
        """Add a contact, with the fields that contacts have in the API. Raises ``ValueError``."""
        try:
            return str(self._freshdesk.people.make_contact(Body(fields), long_ago=True).id)
        except ValidationFailed as error:
            raise ValueError(_reason(error)) from error

    async def accounts(self) -> list[SimPerson]:
        """Every company."""
        known = self._account.companies.values()
        return [SimPerson(str(one.id), one.name, self._freshdesk.shown.company(one)) for one in known]

    async def add_account(self, /, **fields: Any) -> str:
        """Add a company, with the fields that it has in the API. Raises ``ValueError``."""
        try:
            return str(self._freshdesk.people.make_company(Body(fields), long_ago=True).id)
        except ValidationFailed as error:
            raise ValueError(_reason(error)) from error


def _reason(error: ValidationFailed) -> str:
    return "; ".join(f"{one.field}: {one.message}" for one in error.problems)
