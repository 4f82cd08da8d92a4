"""The people of support, who answer tickets and know users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.human import File, NoSuchChat, NotPossible
from livechat_sdk_simulators.supportside import SimComment, SimPerson, SimTicket, SupportSide
from livechat_sdk_simulators.zendesk_support.bodies import Body
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid
from livechat_sdk_simulators.zendesk_support.organizations import ORGANIZATION_KEYS
from livechat_sdk_simulators.zendesk_support.people import USER_KEYS
from livechat_sdk_simulators.zendesk_support.state import Comment, Ticket, Upload
from livechat_sdk_simulators.zendesk_support.ticketfields import STATUSES

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator

__all__ = ["ZendeskSupportHuman"]

_AGENT = "Eleni Markou"
_OPEN = frozenset({"new", "open", "pending", "hold"})


class ZendeskSupportHuman(SupportSide):
    """Support people on the account of one simulator."""

    def __init__(self, zendesk: ZendeskSupportSimulator) -> None:
        self._zendesk = zendesk

    def _ticket(self, name: str) -> Ticket:
        for one in self._zendesk.account.tickets.values():
            if name == str(one.id) or (one.external_id is not None and name == one.external_id):
                return one
        raise NoSuchChat(f"there is no ticket {name!r}")

    async def tickets(self) -> list[SimTicket]:
        """Every ticket, by number."""
        users = self._zendesk.account.users
        return [
            SimTicket(
                id=str(one.id),
                number=str(one.id),
                subject=one.subject or "",
                state=one.status,
                open=one.status in _OPEN,
                requester=users[one.requester_id].email or users[one.requester_id].name,
                created_at=one.created_at,
                assignee=users[one.assignee_id].name if one.assignee_id else None,
                key=one.external_id or "",
                details={
                    "priority": one.priority,
                    "type": one.kind,
                    "tags": list(one.tags),
                    "custom_fields": {str(number): value for number, value in one.fields.items()},
                    "requester_id": one.requester_id,
                    "group_id": one.group_id,
                },
            )
            for one in self._zendesk.account.tickets.values()
        ]

    async def comments(self, ticket: str) -> list[SimComment]:
        """What a ticket says; the first is its description."""
        found = self._ticket(ticket)
        return [self._comment(found, one) for one in found.comments]

    def _comment(self, ticket: Ticket, comment: Comment) -> SimComment:
        author = self._zendesk.account.users[comment.author_id]
        by_requester = author.id == ticket.requester_id and not author.works_here
        return SimComment(
            id=str(comment.id),
            author="requester" if by_requester else "api" if comment.by_api else "agent",
            name=author.name,
            text=comment.body,
            public=comment.public,
            at=comment.created_at,
            files=[one.name for one in comment.files],
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
        """Somebody of support comments."""
        said: dict[str, Any] = {"body": text, "public": public}
        if file is not None:
            upload = Upload(
                token=f"of-support-{self._zendesk.account.new_id()}", made_at=self._zendesk.clock.now()
            )
            upload.files.append(self._zendesk.uploads.keep(*file))
            self._zendesk.account.uploads[upload.token] = upload
            said["uploads"] = [upload.token]
        found = self._change(ticket, {"comment": said}, agent)
        found.comments[-1].by_api = False
        return str(found.comments[-1].id)

    async def set_state(self, ticket: str, state: str) -> None:
        """Put a ticket into another status."""
        self._change(ticket, {"status": state}, None)

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Take a ticket."""
        who = self._zendesk.account.agent(agent or _AGENT)
        self._change(ref, {"assignee_id": who.id}, agent)

    def _change(self, name: str, changes: dict[str, Any], agent: str | None) -> Ticket:
        ticket = self._ticket(name)
        try:
            self._zendesk.tickets.by_support(ticket, changes, self._zendesk.account.agent(agent or _AGENT))
        except RecordInvalid as error:
            raise NotPossible(_reason(error)) from error
        return ticket

    def closing(self, why: str | None) -> str:
        """Solved, unless ``why`` is another status."""
        return why if why in STATUSES else "solved"

    async def contacts(self) -> list[SimPerson]:
        """Every user, agents too."""
        users = self._zendesk.account.users.values()
        return [SimPerson(str(one.id), one.name, self._zendesk.shown.user(one)) for one in users]

    async def add_contact(self, /, **fields: Any) -> str:
        """Add a user, with the fields that users have in the API. Raises ``ValueError``."""
        body = _body("user", fields, USER_KEYS)
        try:
            return str(self._zendesk.people.make(body, long_ago=True).id)
        except VendorError as error:
            raise ValueError(_reason(error)) from error

    async def accounts(self) -> list[SimPerson]:
        """Every organization."""
        known = self._zendesk.account.organizations.values()
        return [SimPerson(str(one.id), one.name, self._zendesk.shown.organization(one)) for one in known]

    async def add_account(self, /, **fields: Any) -> str:
        """Add an organization, with the fields that it has in the API. Raises ``ValueError``."""
        body = _body("organization", fields, ORGANIZATION_KEYS)
        try:
            return str(self._zendesk.organizations.make(body, long_ago=True).id)
        except VendorError as error:
            raise ValueError(_reason(error)) from error


def _body(name: str, fields: dict[str, Any], known: frozenset[str]) -> Body:
    body = Body(name, fields, known)
    if body.unpermitted:
        raise ValueError(f"there is no field {body.unpermitted[0]}; there are: {', '.join(sorted(known))}")
    return body


def _reason(error: VendorError) -> str:
    if isinstance(error, RecordInvalid):
        return "; ".join(str(one["description"]) for each in error.details.values() for one in each)
    return error.message
