"""The calls about tickets, their comments, tags, audits and fields."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer, strict_json
from livechat_sdk_simulators.zendesk_support.bodies import Body, number_of, read_body, tags_of, whole
from livechat_sdk_simulators.zendesk_support.changes import KEYS, Changes
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid, bad_request, not_found
from livechat_sdk_simulators.zendesk_support.paging import arranged, page
from livechat_sdk_simulators.zendesk_support.paths import both
from livechat_sdk_simulators.zendesk_support.state import Ticket, User, seconds

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator

__all__ = ["Tickets"]

_LONGEST_KEY: Final = 255
_ONE: Final = "/api/v2/tickets/{ticket}"
_MANY: Final = 100


class Tickets:
    """The calls, on the account of one simulator."""

    def __init__(self, zendesk: ZendeskSupportSimulator) -> None:
        self._zendesk = zendesk
        self._changes = Changes(zendesk)
        self._made: dict[str, tuple[datetime, str, bytes]] = {}
        """By idempotency key: when, of what, and what was answered."""

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            *both("create", "POST", "/api/v2/tickets", self.create),
            *both(
                "find",
                "GET",
                "/api/v2/tickets",
                self.list_all,
                when=lambda request: "external_id" in request.query_params,
            ),
            *both("list", "GET", "/api/v2/tickets", self.list_all),
            *both("list", "GET", "/api/v2/tickets/count", self.count),
            *both("list", "GET", "/api/v2/tickets/show_many", self.show_many),
            *both("fields", "GET", "/api/v2/ticket_fields", self.fields),
            Operation("fields", "GET", "/api/v2/ticket_fields/{field}", self.field),
            *both("read", "GET", f"{_ONE}/comments", self.comments),
            Operation("comment", "PUT", f"{_ONE}/comments/{{comment}}/make_private", self.make_private),
            *both("read", "GET", f"{_ONE}/audits", self.audits),
            *both("read", "GET", f"{_ONE}/tags", self.tags),
            *both("update", "POST", f"{_ONE}/tags", self.change_tags),
            *both("update", "PUT", f"{_ONE}/tags", self.change_tags),
            *both("update", "DELETE", f"{_ONE}/tags", self.change_tags),
            Operation("read", "GET", _ONE, self.show),
            Operation("comment", "PUT", _ONE, self.update, when_body=_has_comment),
            Operation("update", "PUT", _ONE, self.update),
            Operation("update", "DELETE", _ONE, self.delete),
        ]

    def ticket_of(self, call: Call) -> Ticket:
        """The ticket of the path. Raises ``VendorError``."""
        ticket = self._zendesk.account.tickets.get(number_of(call.part("ticket")) or 0)
        if ticket is None:
            raise not_found()
        call.chat = str(ticket.id)
        return ticket

    # ---------------------------------------------------------------------------------------- making
    async def create(self, call: Call) -> Response:
        """Make a ticket, once for each idempotency key."""
        key = call.header("idempotency-key") if self._zendesk.settings.idempotency else ""
        print_of = hashlib.sha256(repr(whole(call)).encode()).hexdigest()
        if key and (known := self._known(key, print_of)) is not None:
            return known
        body = read_body(call, "ticket", KEYS)
        self._zendesk.check_keys(body)
        caller = self._zendesk.access.caller(call)
        ticket, audit = self._changes.create(body, caller)
        call.chat, call.applied = str(ticket.id), f"ticket {ticket.id} was made"
        response = json_answer({"ticket": self._zendesk.shown.ticket(ticket), "audit": audit}, 201)
        response.headers["location"] = self._zendesk.shown.url("tickets", ticket.id)
        self._zendesk.warn(body, call, response)
        if key:
            self._made[key] = (self._zendesk.clock.now(), print_of, bytes(response.body))
            response.headers["x-idempotency-lookup"] = "miss"
        return response

    def _known(self, key: str, print_of: str) -> Response | None:
        if len(key) > _LONGEST_KEY:
            raise bad_request("The key is longer than 255 characters.", "IdempotentRequestError")
        made = self._made.get(key)
        life = self._zendesk.settings.idempotency_seconds
        if made is None or (self._zendesk.clock.now() - made[0]).total_seconds() >= life:
            return None
        if made[1] != print_of:
            text = "Request parameters do not match those of the first request with this idempotency key."
            raise bad_request(text, "IdempotentRequestError")
        headers = {"x-idempotency-lookup": "hit"}
        return Response(made[2], 201, headers=headers, media_type="application/json")

    # --------------------------------------------------------------------------------------- reading
    async def list_all(self, call: Call) -> Response:
        """All tickets, or those with an external id."""
        records = list(self._zendesk.account.tickets.values())
        if (external := call.query.get("external_id")) is not None:
            records = [one for one in records if one.external_id == external]
        return self._page(call, records)

    def _page(self, call: Call, records: Sequence[Ticket]) -> Response:
        shown = self._zendesk.shown
        content = page(
            call, self._zendesk.settings.base_url, "tickets", arranged(call, records), shown.ticket
        )
        people = {one for each in content["tickets"] for one in (each["requester_id"], each["assignee_id"])}
        return self._beside(call, content, people)

    def _beside(self, call: Call, content: dict[str, Any], people: set[int | None]) -> Response:
        """The answer with the users beside it, where they are asked for."""
        if "users" in call.query.get("include", "").split(","):
            known, show = self._zendesk.account.users, self._zendesk.shown.user
            content["users"] = [show(one) for number, one in known.items() if number in people]
        return json_answer(content)

    async def requested(self, call: Call) -> Response:
        """The tickets of a user."""
        user = self._zendesk.people.user_of(call)
        return self._page(
            call, [one for one in self._zendesk.account.tickets.values() if one.requester_id == user.id]
        )

    async def of_organization(self, call: Call) -> Response:
        """The tickets of an organization."""
        number = self._zendesk.organizations.organization_of(call).id
        tickets = self._zendesk.account.tickets.values()
        return self._page(call, [one for one in tickets if one.organization_id == number])

    async def count(self, call: Call) -> Response:
        """How many there are."""
        now = seconds(self._zendesk.clock.now())
        return json_answer({"count": {"value": len(self._zendesk.account.tickets), "refreshed_at": now}})

    async def show_many(self, call: Call) -> Response:
        """Tickets by their ids."""
        ids = [number_of(one) or 0 for one in call.query.get("ids", "").split(",")]
        if len(ids) > _MANY:
            raise bad_request("Parameter ids cannot specify more than 100 values", "TooManyValues")
        tickets = self._zendesk.account.tickets
        return self._page(call, [tickets[one] for one in ids if one in tickets])

    async def show(self, call: Call) -> Response:
        """A ticket."""
        ticket = self.ticket_of(call)
        content = {"ticket": self._zendesk.shown.ticket(ticket)}
        return self._beside(call, content, {ticket.requester_id, ticket.assignee_id, ticket.submitter_id})

    async def comments(self, call: Call) -> Response:
        """What a ticket says."""
        ticket, shown = self.ticket_of(call), self._zendesk.shown
        base = self._zendesk.settings.base_url
        content = page(call, base, "comments", arranged(call, ticket.comments), shown.comment)
        return self._beside(call, content, {one["author_id"] for one in content["comments"]})

    async def audits(self, call: Call) -> Response:
        """What was done to a ticket."""
        audits = self.ticket_of(call).audits
        return json_answer({"audits": audits, "count": len(audits), "next_page": None, "previous_page": None})

    async def fields(self, call: Call) -> Response:
        """The fields of every ticket."""
        records = list(self._zendesk.account.fields.values())
        base, show = self._zendesk.settings.base_url, self._zendesk.shown.field
        return json_answer(page(call, base, "ticket_fields", records, show))

    async def field(self, call: Call) -> Response:
        """One field."""
        field = self._zendesk.account.fields.get(number_of(call.part("field")) or 0)
        if field is None:
            raise not_found()
        return json_answer({"ticket_field": self._zendesk.shown.field(field)})

    # -------------------------------------------------------------------------------------- changing
    async def update(self, call: Call) -> Response:
        """Change a ticket, or comment on it."""
        ticket = self.ticket_of(call)
        caller = self._zendesk.access.caller(call)
        limit = self._zendesk.access.count_update(ticket.id, caller)
        body = read_body(call, "ticket", KEYS)
        self._zendesk.check_keys(body)
        audit = self._changes.update(ticket, body, caller)
        call.applied = f"ticket {ticket.id} was changed"
        response = json_answer({"ticket": self._zendesk.shown.ticket(ticket), "audit": audit})
        if limit:
            response.headers["zendesk-ratelimit-per-ticket-updates"] = limit
        self._zendesk.warn(body, call, response)
        return response

    def by_support(self, ticket: Ticket, changes: dict[str, Any], agent: User) -> dict[str, Any]:
        """The same by somebody of support; returns the audit."""
        return self._changes.update(ticket, Body("ticket", changes, KEYS), agent)

    async def delete(self, call: Call) -> Response:
        """Delete a ticket."""
        ticket = self.ticket_of(call)
        self._zendesk.account.forget(ticket)
        call.applied = f"ticket {ticket.id} was deleted"
        return Response(status_code=204)

    async def make_private(self, call: Call) -> Response:
        """Let nobody but support read a comment any more."""
        ticket, number = self.ticket_of(call), number_of(call.part("comment"))
        comment = next((one for one in ticket.comments if one.id == number), None)
        if comment is None:
            raise not_found()
        comment.public = False
        self._zendesk.account.keep(ticket)
        call.applied = f"a comment of ticket {ticket.id} is private"
        return json_answer({})

    async def tags(self, call: Call) -> Response:
        """The tags of a ticket."""
        return json_answer({"tags": self.ticket_of(call).tags})

    async def change_tags(self, call: Call) -> Response:
        """Set (POST), add (PUT) or take away (DELETE) tags."""
        ticket, content = self.ticket_of(call), whole(call)
        self._changes.check_stamp(ticket, content)
        if ticket.status == "closed":
            raise RecordInvalid("status", "Status: closed prevents ticket update")
        given = tags_of(content.get("tags", []))
        method = call.request.method
        if method == "POST":
            ticket.tags = given
        elif method == "PUT":
            ticket.tags = sorted({*ticket.tags, *given})
        else:
            ticket.tags = [one for one in ticket.tags if one not in given]
        self._zendesk.account.keep(ticket)
        call.applied = f"tags of ticket {ticket.id} were changed"
        return json_answer({"tags": ticket.tags}, 201 if method == "POST" else 200)


def _has_comment(body: bytes) -> bool:
    try:
        content: Any = strict_json(body)
        return bool(content["ticket"].get("comment"))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
