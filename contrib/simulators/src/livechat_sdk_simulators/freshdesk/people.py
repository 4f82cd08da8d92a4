"""Contacts, companies, agents and groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.freshdesk.bodies import Body, empty_body, only, read_body
from livechat_sdk_simulators.freshdesk.errors import among, not_found, one_problem
from livechat_sdk_simulators.freshdesk.lists import number_in, paged
from livechat_sdk_simulators.freshdesk.query import fits, read_query
from livechat_sdk_simulators.freshdesk.state import Company, Contact

if TYPE_CHECKING:
    from livechat_sdk_simulators.freshdesk.simulator import FreshdeskSimulator

__all__ = ["People"]

CONTACT_KEYS: Final = (
    "name",
    "email",
    "phone",
    "mobile",
    "twitter_id",
    "unique_external_id",
    "other_emails",
    "company_id",
    "address",
    "custom_fields",
    "description",
    "job_title",
    "language",
    "tags",
    "time_zone",
)
COMPANY_KEYS: Final = ("name", "description", "note", "domains", "custom_fields")
_REACHES: Final = ("email", "mobile", "phone", "twitter_id", "unique_external_id")
_TEXTS: Final = ("address", "description", "job_title", "language", "time_zone")
_KINDS: Final = {
    "email": "text",
    "phone": "text",
    "mobile": "text",
    "company_id": "number",
    "twitter_id": "text",
    "tag": "text",
    "language": "text",
    "time_zone": "text",
    "active": "flag",
    "created_at": "moment",
    "updated_at": "moment",
}
_RESULTS: Final = 30
_STATES: Final = ("verified", "unverified", "blocked", "deleted")


class People:
    """The calls about people, and the people of one simulator."""

    def __init__(self, freshdesk: FreshdeskSimulator) -> None:
        self._freshdesk = freshdesk
        self._account = freshdesk.account

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("contact", "GET", "/api/v2/contacts", self.list_contacts),
            Operation("contact", "POST", "/api/v2/contacts", self.create_contact),
            Operation("contact", "GET", "/api/v2/contacts/{contact}", self.show_contact),
            Operation("contact", "PUT", "/api/v2/contacts/{contact}", self.update_contact),
            Operation("contact", "GET", "/api/v2/search/contacts", self.search_contacts),
            Operation("account", "GET", "/api/v2/companies", self.list_companies),
            Operation("account", "GET", "/api/v2/companies/{company}", self.show_company),
            Operation("account", "POST", "/api/v2/companies", self.create_company),
            Operation("check", "GET", "/api/v2/agents/me", self.me),
            Operation("agent", "GET", "/api/v2/agents", self.list_agents),
            Operation("agent", "GET", "/api/v2/agents/{agent}", self.show_agent),
            Operation("group", "GET", "/api/v2/groups", self.list_groups),
        ]

    # --------------------------------------------------------------------------------------- contacts
    async def list_contacts(self, call: Call) -> Response:
        """Contacts, all or some."""
        filters = ("email", "phone", "mobile", "company_id", "unique_external_id")
        only(call, *filters, "state", "updated_since", "page", "per_page")
        state = call.query.get("state")
        if state is not None and state not in _STATES:
            raise one_problem("state", among(_STATES))
        found = [one for one in self._account.contacts.values() if _is(one, call, filters)]
        if state in {"blocked", "deleted"}:
            found = []
        return paged(call, found, self._freshdesk.shown.contact, self._freshdesk.settings.base_url)

    async def show_contact(self, call: Call) -> Response:
        """One contact."""
        empty_body(call)
        return json_answer(self._freshdesk.shown.contact(self._contact_of(call)))

    def _contact_of(self, call: Call) -> Contact:
        contact = self._account.contacts.get(number_in(call, "contact"))
        if contact is None:
            raise not_found()
        return contact

    async def create_contact(self, call: Call) -> Response:
        """Make a contact."""
        contact = self.make_contact(read_body(call))
        call.applied = f"contact {contact.id} was made"
        return json_answer(self._freshdesk.shown.contact(contact), 201)

    async def update_contact(self, call: Call) -> Response:
        """Change a contact."""
        contact = self._contact_of(call)
        self._set(contact, read_body(call))
        contact.updated_at = self._freshdesk.clock.now()
        self._account.saw(contact, self._freshdesk.shown.contact(contact))
        call.applied = f"contact {contact.id} was changed"
        return json_answer(self._freshdesk.shown.contact(contact))

    def make_contact(self, body: Body, *, long_ago: bool = False) -> Contact:
        """Make a contact. Raises ``ValidationFailed``."""
        at = self._account.begun_at if long_ago else self._freshdesk.clock.now()
        contact = Contact(id=0, created_at=at, updated_at=at, name="")
        body.known(CONTACT_KEYS)
        body.text("name", needed=True, most=255)
        if all(body.fields.get(one) in (None, "") for one in _REACHES):
            message = f"Please fill at least 1 of {', '.join(_REACHES)} fields."
            for one in _REACHES:
                body.wrong(one, message, "missing_field")
        self._set(contact, body)
        return self.keep(contact, at_once=long_ago)

    def keep(self, contact: Contact, *, at_once: bool = False) -> Contact:
        """Keep a new contact."""
        contact.id = self._account.new_id()
        self._account.contacts[contact.id] = contact
        self._account.saw(contact, self._freshdesk.shown.contact(contact), at_once=at_once)
        return contact

    def _set(self, contact: Contact, body: Body) -> None:
        body.known(CONTACT_KEYS)
        values: dict[str, Any] = {"name": body.text("name"), "email": body.email("email")}
        for name in ("phone", "mobile", "twitter_id", "unique_external_id", *_TEXTS):
            values[name] = body.text(name)
        values["other_emails"] = body.texts("other_emails", emails=True)
        values["tags"] = body.texts("tags")
        values["company_id"] = body.number("company_id")
        values["custom_fields"] = body.pairs("custom_fields")
        company = values["company_id"]
        if company is not None and company not in self._account.companies:
            body.wrong("company_id", "There is no company matching the given company_id")
        self._check_unique(contact, values, body)
        body.check()
        for name, value in values.items():
            if name in body and (value is not None or name not in {"other_emails", "tags", "custom_fields"}):
                setattr(contact, name, value)

    def _check_unique(self, contact: Contact, values: dict[str, Any], body: Body) -> None:
        for name, key in (("email", "email"), ("unique_external_id", "external_id")):
            known = self._account.contact_by(**{key: values[name]}) if values[name] else None
            if known is not None and known is not contact:
                body.wrong(name, "It should be a unique value", "duplicate_value")

    async def search_contacts(self, call: Call) -> Response:
        """Contacts that fit a query, as they were a while ago."""
        only(call, "query", "page")
        tree = read_query(call.query.get("query", ""), _KINDS)
        lag = self._freshdesk.settings.search_lag
        rows = [{**one, "tag": one["tags"]} for one in self._account.seen(Contact, lag)]
        found = [one for one in rows if fits(tree, one)]
        shown = [{key: value for key, value in one.items() if key != "tag"} for one in found[:_RESULTS]]
        return json_answer({"total": len(found), "results": shown})

    # -------------------------------------------------------------------------------------- companies
    async def list_companies(self, call: Call) -> Response:
        """Every company."""
        only(call, "page", "per_page")
        known = list(self._account.companies.values())
        return paged(call, known, self._freshdesk.shown.company, self._freshdesk.settings.base_url)

    async def show_company(self, call: Call) -> Response:
        """One company."""
        company = self._account.companies.get(number_in(call, "company"))
        if company is None:
            raise not_found()
        return json_answer(self._freshdesk.shown.company(company))

    async def create_company(self, call: Call) -> Response:
        """Make a company."""
        company = self.make_company(read_body(call))
        call.applied = f"company {company.id} was made"
        return json_answer(self._freshdesk.shown.company(company), 201)

    def make_company(self, body: Body, *, long_ago: bool = False) -> Company:
        """Make a company. Raises ``ValidationFailed``."""
        body.known(COMPANY_KEYS)
        name, domains = body.text("name", needed=True, most=255), body.texts("domains")
        description, own = body.text("description"), body.pairs("custom_fields")
        if any(one.name == name for one in self._account.companies.values()):
            body.wrong("name", "It should be a unique value", "duplicate_value")
        body.check()
        at = self._account.begun_at if long_ago else self._freshdesk.clock.now()
        company = Company(
            id=self._account.new_id(),
            created_at=at,
            updated_at=at,
            name=name or "",
            description=description,
            domains=domains or [],
            custom_fields=own or {},
        )
        self._account.companies[company.id] = company
        return company

    # ------------------------------------------------------------------------------ those who work here
    async def me(self, call: Call) -> Response:
        """The agent whose key it is."""
        return json_answer(self._freshdesk.shown.agent(self._freshdesk.caller))

    async def list_agents(self, call: Call) -> Response:
        """Every agent, or the one with an address."""
        only(call, "email", "phone", "mobile", "state", "page", "per_page")
        email = call.query.get("email")
        found = [one for one in self._account.agents.values() if email in {None, one.email}]
        return paged(call, found, self._freshdesk.shown.agent, self._freshdesk.settings.base_url)

    async def show_agent(self, call: Call) -> Response:
        """One agent."""
        agent = self._account.agents.get(number_in(call, "agent"))
        if agent is None:
            raise not_found()
        return json_answer(self._freshdesk.shown.agent(agent))

    async def list_groups(self, call: Call) -> Response:
        """Every group."""
        only(call, "page", "per_page")
        known = list(self._account.groups)
        return paged(call, known, self._freshdesk.shown.group, self._freshdesk.settings.base_url)


def _is(contact: Contact, call: Call, filters: Sequence[str]) -> bool:
    for name in filters:
        wanted = call.query.get(name)
        if wanted is None:
            continue
        values = [getattr(contact, name)]
        if name == "email":
            values += contact.other_emails
        if wanted.lower() not in [str(one).lower() for one in values if one is not None]:
            return False
    return True
