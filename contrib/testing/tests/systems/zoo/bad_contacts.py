"""CRMs with one mistake each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contrib.testing.tests.systems.zoo.planted import Planted, contacts
from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.errors import ProviderError
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk_testing.conformance.systems.toy_contacts import ToyContacts


@contacts("does not quote")
class NoQuotes(ToyContacts):
    def quoted(self, text: str) -> str:
        return f"'{text}'"


@contacts("throws quotes away instead of doubling them")
class EatsQuotes(ToyContacts):
    def quoted(self, text: str) -> str:
        return "'" + text.replace("'", "") + "'"


@contacts("quotes as another language does, with a backslash")
class Backslash(ToyContacts):
    def quoted(self, text: str) -> str:
        return "'" + text.replace("'", "\\'") + "'"


@contacts("looks for the empty text too")
class EmptyToo(ToyContacts):
    def keys(self, user: EndUser) -> list[tuple[str, str]]:
        return [("email", user.email or ""), ("phone", user.phone or ""), *super().keys(user)]


@contacts("looks for None by its name")
class NoneByName(ToyContacts):
    def keys(self, user: EndUser) -> list[tuple[str, str]]:
        return [*super().keys(user), ("number", str(user.attributes.get("customerNumber") or ""))]


@contacts("finds people by their name")
class ByName(ToyContacts):
    def keys(self, user: EndUser) -> list[tuple[str, str]]:
        return [*super().keys(user), *([("name", user.name)] if user.name else [])]


@contacts("knows addresses only")
class AddressesOnly(ToyContacts):
    def keys(self, user: EndUser) -> list[tuple[str, str]]:
        return [one for one in super().keys(user) if one[0] == "email"]


@contacts("stops at the first key that finds nobody")
class FirstKeyOnly(ToyContacts):
    def keys(self, user: EndUser) -> list[tuple[str, str]]:
        found = [one for one in super().keys(user) if one[0] != "external_id"]
        return found[:1]


@contacts("looks for a number as it was typed")
class AsTyped(ToyContacts):
    def digits(self, phone: str) -> str:
        return phone


@contacts("asks for addresses with their blanks")
class KeepsBlanks(ToyContacts):
    def keys(self, user: EndUser) -> list[tuple[str, str]]:
        return [("email", user.email or "nobody") if one[0] == "email" else one for one in super().keys(user)]


@contacts("picks one of several")
class PicksOne(ToyContacts):
    def best(self, rows: Sequence[dict[str, Any]], user: EndUser) -> Contact:
        return self.contact(rows[0])


@contacts("tells of several in any order")
class NoRank(ToyContacts):
    def best(self, rows: Sequence[dict[str, Any]], user: EndUser) -> Contact:
        return super().best(rows, user.model_copy(update={"name": None}))


@contacts("tells the properties of the first where it may be several")
class LeaksTheFirst(ToyContacts):
    def best(self, rows: Sequence[dict[str, Any]], user: EndUser) -> Contact:
        found = super().best(rows, user)
        return found if len(rows) == 1 else found.model_copy(update={"name": rows[0]["name"]})


@contacts("does not tell that there are more")
class TellsNotOfMore(ToyContacts):
    def best(self, rows: Sequence[dict[str, Any]], user: EndUser) -> Contact:
        return super().best(rows, user).model_copy(update={"more_matches": False})


@contacts("shows the number of a choice")
class RawChoice(ToyContacts):
    def shown(self, row: Mapping[str, Any], language: str | None) -> list[tuple[str, str]]:
        found = super().shown(row, language)
        return [(label, str(row["tier"]) if label == "Tier" else value) for label, value in found]


@contacts("shows the id behind a look-up")
class RawLookUp(ToyContacts):
    def shown(self, row: Mapping[str, Any], language: str | None) -> list[tuple[str, str]]:
        found = super().shown(row, language)
        return [(label, row["owner"]["id"] if label == "Owner" else value) for label, value in found]


@contacts("shows what is not there as None")
class ShowsNone(ToyContacts):
    def shown(self, row: Mapping[str, Any], language: str | None) -> list[tuple[str, str]]:
        found = dict(super().shown(row, language))
        return [(label, found.get(label, "None")) for label in ("Tier", "Orders", "Note")]


@contacts("speaks English to everybody")
class EnglishOnly(ToyContacts):
    def shown(self, row: Mapping[str, Any], language: str | None) -> list[tuple[str, str]]:
        return super().shown(row, None)


@contacts("leads everybody to the same page")
class OneLink(ToyContacts):
    def link(self, contact_id: str) -> str:
        return "https://toy-crm.example/contacts"


@contacts("never asks again for a contact that it has read")
class ForEver(ToyContacts):
    def young(self, read_at: datetime) -> bool:
        return True


@contacts("keeps a contact by the clock of the machine")
class WallClock(ToyContacts):
    def contact(self, row: Mapping[str, Any], language: str | None = None) -> Contact:
        now = datetime.now().astimezone()
        return super().contact(row, language).model_copy(update={"found_at": now})


@contacts("says of an old answer that it was found now")
class OldAsNew(ToyContacts):
    @hookimpl
    async def livechat_get_contact(self, source: str, contact_id: str) -> Contact | None:
        found = await super().livechat_get_contact(source, contact_id)
        return found and found.model_copy(update={"found_at": self.context.now()})


@contacts("keeps the last contact, whoever asks next")
class LastOne(ToyContacts):
    last: Contact | None = None

    def best(self, rows: Sequence[dict[str, Any]], user: EndUser) -> Contact:
        self.last = self.last or super().best(rows, user)
        return self.last


@contacts("answers for other sources")
class AnySource(ToyContacts):
    @hookimpl
    async def livechat_get_contact(self, source: str, contact_id: str) -> Contact | None:
        return await super().livechat_get_contact(self.name, contact_id)


@contacts("reads whatever an id leads to")
class AnyId(ToyContacts):
    @hookimpl
    async def livechat_get_contact(self, source: str, contact_id: str) -> Contact | None:
        number = "".join(one for one in contact_id.rsplit("/", maxsplit=1)[-1] if one in "c-0123456789")
        return await super().livechat_get_contact(source, number.rstrip("-") or contact_id)


@contacts("takes an error for nobody")
class ErrorIsNobody(ToyContacts):
    async def rows(self, query: str, text: str) -> list[dict[str, Any]]:
        try:
            return await super().rows(query, text)
        except ProviderError:
            return []


@contacts("takes an answer without a list for nobody")
class MissingListIsNobody(ToyContacts):
    async def rows(self, query: str, text: str) -> list[dict[str, Any]]:
        answer = await self.client.request("contact", "GET", "/contacts", params={"query": query})
        found: list[dict[str, Any]] = answer.object().get("contacts", [])
        return found


@contacts("cannot be cut off")
class Stubborn(ToyContacts):
    async def rows(self, query: str, text: str) -> list[dict[str, Any]]:
        asked = asyncio.create_task(super().rows(query, text))
        while not asked.done():
            try:
                await asyncio.shield(asked)
            except asyncio.CancelledError:
                continue
        return asked.result()


@contacts("makes somebody up when the vendor fails")
class MadeUp(ToyContacts):
    async def rows(self, query: str, text: str) -> list[dict[str, Any]]:
        try:
            return await super().rows(query, text)
        except ProviderError:
            return [{"id": "c-1", "name": "somebody"}]


@contacts("leaves a lock behind when it is cut off")
class LeftLocked(ToyContacts):
    locked = False

    async def rows(self, query: str, text: str) -> list[dict[str, Any]]:
        if self.locked:
            return []
        self.locked = True
        found = await super().rows(query, text)
        self.locked = False
        return found


@contacts("logs whom it looks for")
class LogsPeople(ToyContacts):
    async def rows(self, query: str, text: str) -> list[dict[str, Any]]:
        logging.getLogger("livechat_sdk.toy").info("looking for %s", text)
        return await super().rows(query, text)


@contacts("shows its secret when it is printed")
class SecretRepr(ToyContacts):
    def __repr__(self) -> str:
        return f"ToyContacts({self.settings.client_secret[0].get_secret_value()})"


@contacts("tells of the company of nobody, and of no cases")
class NoCompany(ToyContacts):
    def account(self, row: Mapping[str, Any]) -> None:
        return None


@contacts("tells cases in the order in which they were made")
class OldestFirst(ToyContacts):
    def cases(self, row: Mapping[str, Any]) -> list[Any]:
        return sorted(super().cases(row), key=lambda one: one.id)


@contacts("names another source than its own")
class WrongSource(ToyContacts):
    def contact(self, row: Mapping[str, Any], language: str | None = None) -> Contact:
        return super().contact(row, language).model_copy(update={"source": self.type})


BUGS: list[Planted] = [one for one in list(globals().values()) if isinstance(one, Planted)]
