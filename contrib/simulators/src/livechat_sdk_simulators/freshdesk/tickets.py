"""The calls about tickets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.freshdesk.bodies import Body, empty_body, only, page_of, read_body
from livechat_sdk_simulators.freshdesk.errors import among, not_found, one_problem
from livechat_sdk_simulators.freshdesk.lists import included, number_in, paged
from livechat_sdk_simulators.freshdesk.query import fits, read_query
from livechat_sdk_simulators.freshdesk.state import Ticket

if TYPE_CHECKING:
    from livechat_sdk_simulators.freshdesk.simulator import FreshdeskSimulator

__all__ = ["Tickets", "is_form"]

_ONE: Final = "/api/v2/tickets/{ticket}"
_LISTED: Final = ("requester", "stats", "company", "description")
_SHOWN: Final = ("conversations", "requester", "company", "stats")
_FILTERS: Final = ("new_and_my_open", "watching", "spam", "deleted")
_ORDERS: Final = ("created_at", "due_by", "updated_at", "status")
_RECENT: Final = timedelta(days=30)
_RESULTS: Final = 30
_PAGES: Final = 10
_KINDS: Final = {
    "agent_id": "number",
    "group_id": "number",
    "priority": "number",
    "status": "number",
    "tag": "text",
    "type": "text",
    "due_by": "moment",
    "fr_due_by": "moment",
    "created_at": "moment",
    "updated_at": "moment",
}
_OWN_KINDS: Final = {
    "custom_text": "text",
    "custom_dropdown": "text",
    "custom_date": "moment",
    "custom_number": "number",
    "custom_checkbox": "flag",
}


class Tickets:
    """Makes, shows, lists, finds, changes and deletes tickets."""

    def __init__(self, freshdesk: FreshdeskSimulator) -> None:
        self._freshdesk = freshdesk
        self._account = freshdesk.account

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        largest = self._freshdesk.largest_body
        return [
            Operation("create", "POST", "/api/v2/tickets", self.create, body_limit=largest),
            Operation("list", "GET", "/api/v2/tickets", self.list_all),
            Operation("find", "GET", "/api/v2/search/tickets", self.search),
            Operation("fields", "GET", "/api/v2/ticket_fields", self.fields),
            Operation("read", "GET", _ONE, self.show),
            Operation("attach", "PUT", _ONE, self.update, when=is_form, body_limit=largest),
            Operation("update", "PUT", _ONE, self.update),
            Operation("update", "DELETE", _ONE, self.delete),
        ]

    def ticket_of(self, call: Call) -> Ticket:
        """The ticket of the path. Raises ``VendorError``."""
        ticket = self._account.tickets.get(number_in(call, "ticket"))
        if ticket is None:
            raise not_found()
        call.chat = str(ticket.id)
        return ticket

    # ----------------------------------------------------------------------------- making and changing
    async def create(self, call: Call) -> Response:
        """Make a ticket. Nothing keeps a caller from making it twice."""
        ticket = self._freshdesk.changes.create(read_body(call))
        call.chat, call.applied = str(ticket.id), f"ticket {ticket.id} was made"
        response = json_answer(self._freshdesk.shown.ticket(ticket), 201)
        response.headers["location"] = f"{self._freshdesk.settings.base_url}/api/v2/tickets/{ticket.id}"
        return response

    async def update(self, call: Call) -> Response:
        """Change a ticket: what the body does not name stays."""
        ticket = self.ticket_of(call)
        if ticket.deleted:
            raise not_found()
        self._freshdesk.changes.update(ticket, read_body(call))
        call.applied = f"ticket {ticket.id} was changed"
        return json_answer(self._freshdesk.shown.ticket(ticket))

    async def delete(self, call: Call) -> Response:
        """Put a ticket into the trash."""
        ticket = self.ticket_of(call)
        if ticket.deleted:
            raise not_found()
        ticket.deleted = True
        self._freshdesk.changes.done(ticket)
        call.applied = f"ticket {ticket.id} was deleted"
        return Response(status_code=204)

    # --------------------------------------------------------------------------------------- reading
    async def show(self, call: Call) -> Response:
        """One ticket; one in the trash too, which says so."""
        empty_body(call)
        only(call, "include")
        include = included(call, _SHOWN)
        return json_answer(self._freshdesk.shown.ticket(self.ticket_of(call), include))

    async def list_all(self, call: Call) -> Response:
        """Tickets of the last 30 days, or those that changed since a time; as they are now."""
        empty_body(call)
        people = ("requester_id", "email", "unique_external_id", "company_id")
        only(
            call, *people, "filter", "updated_since", "order_by", "order_type", "include", "page", "per_page"
        )
        include = included(call, _LISTED)
        query = Body(call.query, of_form=True)
        since = query.moment("updated_since")
        wanted = self._wanted(query)
        named = query.text("filter")
        if named is not None and named not in _FILTERS:
            query.wrong("filter", among(_FILTERS))
        order, direction = query.text("order_by") or "created_at", query.text("order_type") or "desc"
        if order not in _ORDERS:
            query.wrong("order_by", among(_ORDERS))
        if direction not in {"asc", "desc"}:
            query.wrong("order_type", among(("asc", "desc")))
        query.check()
        now = self._freshdesk.clock.now()
        found = [
            one
            for one in self._account.tickets.values()
            if (one.updated_at >= since if since else one.created_at > now - _RECENT)
            and all(getattr(one, key) == value for key, value in wanted.items())
            and self._is_in(one, named)
        ]
        found.sort(key=lambda one: (_ordered(one, order), one.id), reverse=direction == "desc")
        shown = self._freshdesk.shown
        return paged(call, found, lambda one: shown.listed(one, include), self._freshdesk.settings.base_url)

    def _wanted(self, query: Body) -> dict[str, int]:
        """What tickets of the requester or company have that the query names."""
        wanted: dict[str, int] = {}
        email, external = query.text("email"), query.text("unique_external_id")
        number, company = query.number("requester_id"), query.number("company_id")
        for name, value, contact in (
            ("email", email, self._account.contact_by(email=email)),
            ("unique_external_id", external, self._account.contact_by(external_id=external)),
            ("requester_id", number, self._account.person(number or 0)),
        ):
            if value is None:
                continue
            if contact is None:
                query.wrong(name, f"There is no contact matching the given {name}")
            else:
                wanted["requester_id"] = contact.id
        if company is not None:
            if company not in self._account.companies:
                query.wrong("company_id", "There is no company matching the given company_id")
            wanted["company_id"] = company
        return wanted

    def _is_in(self, ticket: Ticket, named: str | None) -> bool:
        if named == "deleted":
            return ticket.deleted
        if ticket.deleted or named in {"watching", "spam"}:
            return False
        me = self._freshdesk.caller.id
        return named is None or ticket.responder_id == me or (ticket.status == 2 and not ticket.responder_id)  # noqa: PLR2004 - open

    async def search(self, call: Call) -> Response:
        """Tickets that fit a query, as they were a while ago, 30 on each of 10 pages."""
        only(call, "query", "page")
        own = self._account.fields.own.values()
        kinds = {one.name: _OWN_KINDS[one.kind] for one in own if one.kind in _OWN_KINDS}
        tree = read_query(call.query.get("query", ""), {**_KINDS, **kinds})
        page, _ = page_of(call)
        if page > _PAGES:
            raise one_problem("page", "You can only access 10 pages")
        rows = self._account.seen(Ticket, self._freshdesk.settings.search_lag)
        found = [one for one in rows if not one.get("deleted") and fits(tree, _searched(one))]
        begin = (page - 1) * _RESULTS
        return json_answer({"total": len(found), "results": found[begin : begin + _RESULTS]})

    async def fields(self, call: Call) -> Response:
        """The fields of every ticket; of one kind where it is asked for."""
        only(call, "type")
        known, kind = self._account.fields, call.query.get("type")
        return json_answer(
            [known.shown(one) for one in known.by_name.values() if kind is None or one.kind == kind]
        )


def is_form(request: Request) -> bool:
    """Whether a request brings a form, as those with files do."""
    return str(request.headers.get("content-type", "")).lower().startswith("multipart/form-data")


def _searched(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **row["custom_fields"], "tag": row["tags"], "agent_id": row["responder_id"]}


def _ordered(ticket: Ticket, order: str) -> Any:
    value = getattr(ticket, order)
    return datetime.max.replace(tzinfo=UTC) if value is None else value
