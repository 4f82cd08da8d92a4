"""The Support API, as far as live chat needs it: tickets, agents, and who is online."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.ids import same
from livechat_sdk_simulators.tokens import TokenStore, basic_credentials, bearer_token
from livechat_sdk_simulators.zendesk.desk import Status
from livechat_sdk_simulators.zendesk.state import Ticket, seconds

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["RecordInvalid", "Support"]

_STATUSES: Final = ("new", "open", "pending", "hold", "solved", "closed")


class RecordInvalid(VendorError):
    """A record cannot be what it was asked to be."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(422, "RecordInvalid", "Record validation errors")
        self.details = {field: [{"description": description}]}


class Support:
    """The calls and the webhook of Support."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("token", "POST", "/oauth/tokens", self.token, public=True),
            Operation(
                "ticket",
                "GET",
                "/api/v2/tickets/messaging/conversations/{conversation}/{ticket}",
                self.by_conversation,
            ),
            Operation("ticket", "GET", "/api/v2/tickets/{ticket}", self.get),
            Operation("ticket", "PUT", "/api/v2/tickets/{ticket}", self.update),
            Operation("agent", "GET", "/api/v2/users/{user}", self.agent),
            Operation("availability", "GET", "/api/v2/agent_availabilities", self.availability),
        ]

    # ------------------------------------------------------------------------------------ who may call
    def authorise(self, call: Call) -> None:
        """A token that was given out, or that of an agent. Raises ``VendorError``."""
        authorization, settings = call.header("authorization"), self._zendesk.settings
        tokens = cast("TokenStore", self._zendesk.tokens)
        token, password = bearer_token(authorization), basic_credentials(authorization)
        by_token = token is not None and tokens.check(token) is not None
        by_password = (
            password is not None
            and password[0] == f"{settings.support_user}/token"
            and same(settings.support_token, password[1])
        )
        if not by_token and not by_password:
            raise VendorError(401, "Couldn't authenticate you", "")

    async def token(self, call: Call) -> Response:
        """A token for a client's id and secret."""
        settings = self._zendesk.settings
        asked = _object(call)
        known = same(settings.client_id, str(asked.get("client_id", ""))) and same(
            settings.client_secret, str(asked.get("client_secret", ""))
        )
        if not known:
            raise VendorError(401, "invalid_client", "Client authentication failed.")
        if asked.get("grant_type") != "client_credentials":
            raise VendorError(400, "unsupported_grant_type", "Only client_credentials is known here.")
        tokens = cast("TokenStore", self._zendesk.tokens)
        token = tokens.issue(settings.client_id)
        call.applied = "a token was given out"
        shown = {
            "access_token": token.value,
            "token_type": "bearer",
            "scope": str(asked.get("scope", "read write")),
            "expires_in": round(tokens.lifetime),
        }
        return json_answer(shown, 201)

    # ---------------------------------------------------------------------------------------- tickets
    async def by_conversation(self, call: Call) -> Response:
        """The ticket in which a conversation goes on, while it does."""
        conversation = self._zendesk.conversations.get_by_id(call.part("conversation"))
        ticket = conversation.ticket if conversation else None
        if call.part("ticket").removesuffix(".json") != "ticket" or ticket is None or not ticket.live:
            raise _not_found()
        call.chat = ticket.conversation
        return json_answer({"ticket": self._json(ticket)})

    def _of(self, call: Call) -> Ticket:
        number = call.part("ticket").removesuffix(".json")
        known = number.isascii() and number.isdigit() and len(number) < 20  # noqa: PLR2004 - of 64 bits
        ticket = self._zendesk.desk.tickets.get(int(number)) if known else None
        if ticket is None:
            raise _not_found()
        call.chat = ticket.conversation
        return ticket

    async def get(self, call: Call) -> Response:
        """A ticket."""
        return json_answer({"ticket": self._json(self._of(call))})

    async def update(self, call: Call) -> Response:
        """Change status or tags of a ticket that is not closed; keys that are not known are dropped."""
        ticket = self._of(call)
        asked = _object(call).get("ticket")
        if not isinstance(asked, dict):
            raise VendorError(400, "BadRequest", "The body must have a ticket.")
        changes = cast("dict[str, Any]", asked)
        if ticket.status == "closed":
            raise RecordInvalid("status", "Status: closed prevents ticket update")
        status, tags = changes.get("status"), changes.get("tags")
        if status is not None and status not in _STATUSES:
            raise RecordInvalid("status", f"Status: {status} is not a valid status")
        if tags is not None:
            words = cast("list[object]", tags) if isinstance(tags, list) else str(tags).split()
            ticket.tags = [str(one) for one in words]
        if status == "closed":
            self._zendesk.desk.close(ticket)
        elif status is not None:
            self._zendesk.desk.set_status(ticket, cast("Status", status))
        call.applied = f"ticket {ticket.id} was changed"
        return json_answer({"ticket": self._json(ticket), "audit": {"ticket_id": ticket.id, "events": []}})

    def _json(self, ticket: Ticket) -> dict[str, Any]:
        system = ticket.system
        return {
            "id": ticket.id,
            "url": f"{self._zendesk.settings.base_url}/api/v2/tickets/{ticket.id}.json",
            "status": ticket.status,
            "subject": system.get("subject")
            or f"Conversation with {ticket.requester['name'] or 'a visitor'}",
            "description": system.get("description"),
            "priority": system.get("priority"),
            "recipient": system.get("recipient"),
            "assignee_id": ticket.assignee.id if ticket.assignee else None,
            "group_id": _number(system.get("group_id")),
            "brand_id": _number(system.get("brand_id")),
            "organization_id": _number(system.get("organization_id")),
            "tags": ticket.tags,
            "custom_fields": [{"id": _number(name), "value": value} for name, value in ticket.fields.items()],
            "from_messaging_channel": True,
            "via": {"channel": "messaging"},
            "created_at": seconds(ticket.created_at),
            "updated_at": seconds(ticket.updated_at),
            "generated_timestamp": int(ticket.updated_at.timestamp()),
        }

    # ----------------------------------------------------------------------------------------- agents
    async def agent(self, call: Call) -> Response:
        """An agent."""
        agents = {str(one.id): one for one in self._zendesk.agents.values()}
        agent = agents.get(call.part("user").removesuffix(".json"))
        if agent is None:
            raise _not_found()
        return json_answer({"user": {"id": agent.id, "name": agent.name, "role": "agent", "active": True}})

    async def availability(self, call: Call) -> Response:
        """Who is online for messaging."""
        count = self._zendesk.online
        if count is None:
            raise VendorError(403, "Forbidden", "The account has no agent availability.")
        data = [
            {
                "type": "agent_availabilities",
                "id": str(number),
                "attributes": {"agent_id": str(number), "agent_status": {"id": "1", "name": "online"}},
            }
            for number in range(1, count + 1)
        ]
        return json_answer({"data": data, "links": {"next": None, "prev": None}, "meta": {"has_more": False}})


def _object(call: Call) -> dict[str, Any]:
    if call.media_type != "application/json":
        raise VendorError(415, "Unsupported media type", "The body must be application/json.")
    try:
        value: Any = call.json()
    except ValueError as error:
        raise VendorError(400, "Unprocessable JSON", str(error)) from error
    if not isinstance(value, dict):
        raise VendorError(400, "Unprocessable JSON", "The body must be an object.")
    return cast("dict[str, Any]", value)


def _not_found() -> VendorError:
    return VendorError(404, "RecordNotFound", "Not found")


def _number(value: str | None) -> int | str | None:
    return int(value) if value is not None and value.isascii() and value.isdigit() else value
