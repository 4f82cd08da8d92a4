"""The calls about organizations, and the search for anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.zendesk_support.bodies import Body, number_of, read_body, tags_of
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid, bad_request, not_found
from livechat_sdk_simulators.zendesk_support.paging import page
from livechat_sdk_simulators.zendesk_support.paths import both
from livechat_sdk_simulators.zendesk_support.people import looks_for_people
from livechat_sdk_simulators.zendesk_support.query import matches, terms, type_of
from livechat_sdk_simulators.zendesk_support.state import Organization, Record, Ticket, User

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator

__all__ = ["ORGANIZATION_KEYS", "Organizations"]

_ONE: Final = "/api/v2/organizations/{organization}"
_SEARCHED: Final = 1000
_KINDS: Final = (("ticket", Ticket), ("user", User), ("organization", Organization))
ORGANIZATION_KEYS: Final = frozenset(
    {
        "name",
        "external_id",
        "domain_names",
        "details",
        "notes",
        "group_id",
        "tags",
        "organization_fields",
        "shared_tickets",
        "shared_comments",
    }
)
"""What an organization of a request may have."""


class Organizations:
    """The calls, on the account of one simulator."""

    def __init__(self, zendesk: ZendeskSupportSimulator) -> None:
        self._zendesk = zendesk

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            *both("contact", "GET", "/api/v2/search", self.anything, when=looks_for_people),
            *both("find", "GET", "/api/v2/search", self.anything),
            *both("account", "GET", "/api/v2/organizations/search", self.search),
            *both("account", "GET", "/api/v2/organizations/autocomplete", self.autocomplete),
            *both("account", "GET", "/api/v2/organizations", self.list_all),
            *both("account", "POST", "/api/v2/organizations", self.create),
            *both("account", "GET", f"{_ONE}/users", self.users),
            *both("list", "GET", f"{_ONE}/tickets", self._zendesk.tickets.of_organization),
            Operation("account", "GET", _ONE, self.show),
        ]

    def organization_of(self, call: Call) -> Organization:
        """The organization of the path. Raises ``VendorError``."""
        found = self._zendesk.account.organizations.get(number_of(call.part("organization")) or 0)
        if found is None:
            raise not_found()
        return found

    def _page(self, call: Call, records: Sequence[Organization]) -> Response:
        base = self._zendesk.settings.base_url
        return json_answer(page(call, base, "organizations", records, self._zendesk.shown.organization))

    async def show(self, call: Call) -> Response:
        """An organization."""
        return json_answer({"organization": self._zendesk.shown.organization(self.organization_of(call))})

    async def list_all(self, call: Call) -> Response:
        """All of them."""
        return self._page(call, list(self._zendesk.account.organizations.values()))

    async def users(self, call: Call) -> Response:
        """Who belongs to one."""
        number = self.organization_of(call).id
        records = [
            one
            for one in self._zendesk.account.users.values()
            if one.organization_id == number and one.active
        ]
        return json_answer(
            page(call, self._zendesk.settings.base_url, "users", records, self._zendesk.shown.user)
        )

    async def search(self, call: Call) -> Response:
        """The one with this whole name, or with this external id."""
        name, external = call.query.get("name"), call.query.get("external_id")
        if (name is None) == (external is None):
            raise bad_request("Exactly one of name and external_id is required")
        records = [
            one
            for one in self._zendesk.account.organizations.values()
            if (name is not None and one.name.lower() == name.lower())
            or (external is not None and (one.external_id or "").lower() == external.lower())
        ]
        return self._page(call, records)

    async def autocomplete(self, call: Call) -> Response:
        """Those whose name begins so."""
        name = call.query.get("name", "").lower()
        if len(name) < 2:  # noqa: PLR2004 - the vendor's
            raise bad_request("Parameter name must have at least two characters")
        known = self._zendesk.account.organizations.values()
        return self._page(call, [one for one in known if one.name.lower().startswith(name)])

    async def create(self, call: Call) -> Response:
        """Make one, whose name no other has."""
        body = read_body(call, "organization", ORGANIZATION_KEYS)
        self._zendesk.check_keys(body)
        made = self.make(body)
        call.applied = f"organization {made.id} was made"
        response = json_answer({"organization": self._zendesk.shown.organization(made)}, 201)
        self._zendesk.warn(body, call, response)
        return response

    def make(self, body: Body, *, long_ago: bool = False) -> Organization:
        """Make an organization, now or long ago. Raises ``VendorError``."""
        name = body.text("name", 255)
        if not name or not name.strip():
            raise RecordInvalid("name", "Name: cannot be blank", "BlankValue")
        account = self._zendesk.account
        if any(one.name.lower() == name.lower() for one in account.organizations.values()):
            raise RecordInvalid("name", f"Name: {name} has already been taken", "DuplicateValue")
        at = account.begun(long_ago=long_ago)
        made = Organization(
            id=account.new_id(),
            created_at=at,
            updated_at=at,
            name=name,
            external_id=body.text("external_id", 255),
            notes=body.text("notes"),
            details=body.text("details"),
            tags=tags_of(body.get("tags") or []),
            domain_names=[str(one) for one in cast("list[object]", body.get("domain_names") or [])],
            organization_fields=dict(cast("dict[str, Any]", body.get("organization_fields") or {})),
        )
        return account.keep(made, long_ago=long_ago)

    # ------------------------------------------------------------------------------- search for all
    async def anything(self, call: Call) -> Response:
        """Tickets, users and organizations by the search syntax; late, and a thousand at most."""
        text = call.query.get("query", "")
        if not text.strip():
            raise bad_request("Parameter query is required", "invalid")
        query = terms(text)
        kind, lag = type_of(query), self._zendesk.settings.search_lag
        found: dict[int, dict[str, Any]] = {}
        records: list[Record] = []
        account = self._zendesk.account
        for name, of in _KINDS:
            if kind in {None, name}:
                for shown in account.seen(of, lag):
                    if shown.get("active") is not False and matches(shown, query):
                        found[shown["id"]] = {**shown, "result_type": name}
                        records.append(
                            Record(
                                id=shown["id"],
                                created_at=_when(shown, "created_at"),
                                updated_at=_when(shown, "updated_at"),
                            )
                        )
        by, down = call.query.get("sort_by", "relevance"), call.query.get("sort_order", "desc") == "desc"
        if by in {"created_at", "updated_at"}:
            records.sort(key=lambda one: (getattr(one, by), one.id), reverse=down)
        base = self._zendesk.settings.base_url
        content = page(
            call, base, "results", records, lambda one: found[one.id], most=_SEARCHED, cursors=False
        )
        return json_answer({**content, "facets": None})


def _when(shown: dict[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(shown[name])
