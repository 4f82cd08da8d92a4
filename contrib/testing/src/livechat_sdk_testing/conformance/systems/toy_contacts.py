"""A toy CRM in memory, reached over HTTP, with a query language that a quote breaks out of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, cast

import httpx

from livechat_sdk import hookimpl
from livechat_sdk.domain.people import (
    SEVERAL,
    Contact,
    ContactAccount,
    ContactCase,
    ContactField,
    ContactMatch,
    EndUser,
)
from livechat_sdk.errors import ProtocolError
from livechat_sdk.http import ClientCredentials, Repeat, VendorClient
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.settings import IntegrationSettings, Secret
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems.contacts_rig import (
    ContactRig,
    ContactTraits,
    Person,
    PropertySample,
)
from livechat_sdk_testing.conformance.systems.toy_server import (
    CLIENT_ID,
    Refused,
    Route,
    ToyServer,
)
from livechat_sdk_testing.conformance.systems.toy_system_rig import ToySystemRig

__all__ = ["ToyContactRig", "ToyContactVendor", "ToyContacts"]

_NOT_FOUND: Final = 404
_CACHE: Final = 60.0
_CONDITION: Final = re.compile(r"\s*(\w+) (eq|ne) '((?:[^']|'')*)'\s*(or|and|$)")
_TIERS: Final[Mapping[int, str]] = {1: "Gold", 2: "Silver"}
_GREEK: Final[Mapping[int, str]] = {1: "Χρυσός", 2: "Ασημένιος"}
_MOST: Final = 5
_EMAIL: Final = re.compile(r"[^\s@<>]{1,64}@[\w.-]{1,250}")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]{3,40}")


class ToyContactVendor(ToyServer):
    """The vendor's own memory."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.rows: list[dict[str, Any]] = []

    def routes(self) -> list[Route]:
        """Look up, and read."""
        return [
            Route("contact", "GET", "/contacts", self.find),
            Route("contact", "GET", "/contacts/{id}", self.read),
        ]

    def find(self, request: httpx.Request, _: Mapping[str, str]) -> dict[str, Any]:
        """Rows that a query wants, the newest first. A query that cannot be read is refused."""
        wanted = _conditions(request.url.params.get("query", ""))
        found = [row for row in self.rows if any(_holds(row, one) for one in wanted)]
        return {"contacts": sorted(found, key=lambda row: str(row["seen"]), reverse=True)}

    def read(self, _: httpx.Request, parts: Mapping[str, str]) -> dict[str, Any]:
        """One row."""
        found = next((row for row in self.rows if row["id"] == parts["id"]), None)
        if found is None:
            raise Refused(_NOT_FOUND, "no such contact")
        return found


def _conditions(query: str) -> list[tuple[str, str, str]]:
    """``name eq 'text' or …``; a quote that is not doubled ends its text."""
    found: list[tuple[str, str, str]] = []
    place = 0
    while place < len(query):
        match = _CONDITION.match(query, place)
        if match is None:
            raise Refused(400, "the query cannot be read")
        found.append((match[1], match[2], match[3].replace("''", "'")))
        place = match.end()
    return found


def _holds(row: Mapping[str, Any], condition: tuple[str, str, str]) -> bool:
    name, comparison, text = condition
    same = str(row.get(name) or "").casefold() == text.casefold()
    return same if comparison == "eq" else not same


class ToyContactsSettings(IntegrationSettings):
    """Settings of the toy. ``attribute`` of the end user is looked up in the column ``number``."""

    client_secret: Secret
    attribute: str = "customerNumber"


class ToyContacts:
    """The adapter: each step is a method of its own, so that a mistake can be planted in one."""

    type: ClassVar[str] = "TOY_CRM"

    def __init__(self, context: IntegrationContext, settings: ToyContactsSettings) -> None:
        self.context = context
        self.settings = settings
        self.cache: dict[str, tuple[datetime, Contact]] = {}
        base = "https://toy-crm.example"
        auth = ClientCredentials(
            token_url=f"{base}/token", client_id=CLIENT_ID, client_secret=settings.client_secret, style="form"
        )
        self.client = VendorClient(provider=self.name, base_url=base, auth=auth)

    @property
    def name(self) -> str:
        """The integration's name in the settings."""
        return self.context.name

    async def stop(self) -> None:
        """Called once at the end."""
        await self.client.close()

    @hookimpl
    async def livechat_find_contact(self, user: EndUser, bot: str) -> Contact | None:
        """By id, address, number and attribute, in this order; the first that finds anybody counts."""
        for column, text in self.keys(user):
            rows = await self.rows(f"{column} eq {self.quoted(text)}", text)
            if rows:
                return self.best(rows, user)
        return None

    @hookimpl
    async def livechat_get_contact(self, source: str, contact_id: str) -> Contact | None:
        """One contact, not older than a minute."""
        if source != self.name:
            return None
        if not re.fullmatch(r"c-[0-9]{1,9}", contact_id, re.ASCII):
            return None
        known = self.cache.get(contact_id)
        if known is not None and self.young(known[0]):
            return known[1]
        answer = await self.client.request(
            "contact", "GET", f"/contacts/{contact_id}", repeat=Repeat.SAFE, expect=(200, _NOT_FOUND)
        )
        if answer.status == _NOT_FOUND:
            return None
        contact = self.contact(answer.object())
        self.cache[contact_id] = (self.context.now(), contact)
        return contact

    # -------------------------------------------------------------------------------------------- the steps
    def keys(self, user: EndUser) -> list[tuple[str, str]]:
        """Columns and what to look for; what is no address or number is not looked for."""
        email, phone = (user.email or "").strip(), user.phone or ""
        number = user.attributes.get(self.settings.attribute)
        found = [
            ("external_id", user.id),
            ("email", email if _EMAIL.fullmatch(email) else ""),
            ("phone", self.digits(phone) if _PHONE.fullmatch(phone) else ""),
            ("number", str(number) if isinstance(number, str | int) else ""),
        ]
        return [(column, text) for column, text in found if text]

    def digits(self, phone: str) -> str:
        """A number without what is between its digits."""
        return re.sub(r"[^0-9+]", "", phone)

    def quoted(self, text: str) -> str:
        """A text in a query."""
        return "'" + text.replace("'", "''") + "'"

    async def rows(self, query: str, text: str) -> list[dict[str, Any]]:
        """What a query finds."""
        answer = await self.client.request(
            "contact", "GET", "/contacts", params={"query": query}, repeat=Repeat.SAFE
        )
        found = answer.object().get("contacts")
        if not isinstance(found, list):
            raise answer.unlike_documented("no contacts")
        return cast("list[dict[str, Any]]", found)

    def best(self, rows: Sequence[dict[str, Any]], user: EndUser) -> Contact:
        """The one, or all whom it may be: who has the name first."""
        if len(rows) == 1:
            return self.contact(rows[0], user.language)
        ranked = sorted(rows, key=lambda row: row["name"] != user.name)
        told = [
            ContactMatch(id=row["id"], name=row["name"], email=row["email"], link=self.link(row["id"]))
            for row in ranked[:_MOST]
        ]
        return Contact(
            source=self.name,
            id=SEVERAL,
            matches=tuple(told),
            more_matches=len(rows) > _MOST,
            found_at=self.context.now(),
        )

    def shown(self, row: Mapping[str, Any], language: str | None) -> list[tuple[str, str]]:
        """Properties as agents read them."""
        found: list[tuple[str, str]] = []
        if row.get("tier") is not None:
            words = _GREEK if language == "el" else _TIERS
            found.append(("Tier", words.get(row["tier"], str(row["tier"]))))
        if row.get("orders") is not None:
            found.append(("Orders", f"{row['orders']:g}"))
        if row.get("since"):
            found.append(("Customer since", str(row["since"])[:10]))
        if row.get("owner"):
            found.append(("Owner", row["owner"]["name"]))
        if row.get("note"):
            found.append(("Note", str(row["note"])[:500]))
        return found

    def young(self, read_at: datetime) -> bool:
        """Whether what was read then may be used."""
        return self.context.now() - read_at < timedelta(seconds=_CACHE)

    def link(self, contact_id: str) -> str:
        """Where people open it."""
        return f"https://toy-crm.example/c/{contact_id}"

    def account(self, row: Mapping[str, Any]) -> ContactAccount | None:
        """The company."""
        name = row.get("account")
        return ContactAccount(id=f"a-{name}", name=name) if name else None

    def cases(self, row: Mapping[str, Any]) -> list[ContactCase]:
        """The open ones first."""
        kept: list[tuple[str, bool]] = row.get("cases", [])
        told = [
            ContactCase(id=f"{row['id']}-{place}", title=title, open=is_open)
            for place, (title, is_open) in enumerate(kept)
        ]
        return sorted(told, key=lambda one: not one.open)

    def contact(self, row: Mapping[str, Any], language: str | None = None) -> Contact:
        """A row as a contact. Raises ``ProtocolError``."""
        try:
            return Contact(
                source=self.name,
                id=str(row["id"]),
                name=row.get("name"),
                email=row.get("email"),
                phone=row.get("phone"),
                link=self.link(str(row["id"])),
                fields=tuple(
                    ContactField(label=label, value=value) for label, value in self.shown(row, language)
                ),
                account=self.account(row),
                cases=tuple(self.cases(row)),
                found_at=self.context.now(),
            )
        except (KeyError, TypeError, ValueError):
            raise ProtocolError("no contact", provider=self.name, sent=True) from None


class ToyContactRig(ToySystemRig[ToyContactVendor], ContactRig):
    """The toy on the clock of a case. ``system_class`` is put to the proof; the vendor stays the same."""

    settings_model = ToyContactsSettings
    integration = "crm"
    traits = ContactTraits(
        keys=frozenset({"email", "phone", "external_id", "property"}),
        several="told",
        cache=_CACHE,
        accounts=True,
        cases=True,
        languages=True,
    )
    samples: Sequence[PropertySample] = (
        PropertySample("Tier", "choice", {"tier": 1}, "Gold", in_greek="Χρυσός"),
        PropertySample("Orders", "number", {"orders": 12}, "12"),
        PropertySample("Customer since", "date-time", {"since": "2020-05-01T10:00:00Z"}, "2020-05-01"),
        PropertySample("Owner", "look-up", {"owner": {"id": "o-1", "name": "Maria"}}, "Maria"),
        PropertySample("Note", "text", {"note": "likes tea"}, "likes tea"),
    )

    def __init__(self, clock: VirtualClock, system: type[ToyContacts] = ToyContacts) -> None:
        super().__init__(clock, ToyContactVendor(clock), system)

    def can_fault(self, operation: str, fault: str, **details: Any) -> bool:
        """The toy has one operation beside the token's."""
        return fault in self.fault_kinds and operation in {"contact", "token"}

    async def add(self, person: Person) -> str:
        """A row."""
        number = len(self.vendor.rows) + 1
        row = {
            "id": f"c-{number}",
            "seen": f"2026-01-{number:02}",
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            "external_id": person.external_id,
            "number": person.property,
            "account": person.account,
            "cases": [(one.title, one.open) for one in person.cases],
            **person.extra,
        }
        self.vendor.rows.append(row)
        return str(row["id"])

    async def change(self, contact_id: str, name: str) -> None:
        """Somebody corrects a name."""
        next(row for row in self.vendor.rows if row["id"] == contact_id)["name"] = name
