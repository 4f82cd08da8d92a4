"""External contacts of Genesys Cloud for the hooks about contacts.

They are looked up by id (where the settings name the source that the ids are from), e-mail address and phone
number. What a role may not look up is found nowhere, which is said once and is no failure.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, cast
from urllib.parse import quote

from livechat_sdk.domain.people import Contact, ContactAccount, ContactField, ContactMatch, EndUser
from livechat_sdk.errors import AuthError, ProviderError, RejectedError
from livechat_sdk.http import VendorClient
from livechat_sdk.policies.contact_keys import Key, keys_of, one_line
from livechat_sdk.policies.contact_source import MOST_MATCHES, Candidate, ContactSource
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk_genesys.calls import Calls
from livechat_sdk_genesys.crm.settings import GenesysCrmSettings, ShownField
from livechat_sdk_genesys.crm.wire import WireContact, WireContacts
from livechat_sdk_genesys.wire import read

__all__ = ["PERMISSION", "GenesysContacts"]

logger = logging.getLogger("livechat_sdk.genesys.crm")

PERMISSION: Final = "externalContacts:contact:view"
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,100}", re.ASCII)
_NOBODY: Final = "nobody@livechat.invalid"


class GenesysContacts(ContactSource[GenesysCrmSettings]):
    """The external contacts of one organisation; their ``source`` is the integration's name."""

    type: ClassVar[str] = "GENESYS_CRM"

    def __init__(self, context: IntegrationContext, settings: GenesysCrmSettings) -> None:
        super().__init__(context, settings)
        self._calls = Calls(context.name, settings)
        self._refused = False

    @property
    def client(self) -> VendorClient:
        """The client with the credentials of the settings."""
        return self._calls.client

    async def stop(self) -> None:
        """Close the connections."""
        await self._calls.close()

    def keys(self, user: EndUser) -> Sequence[Key]:
        """What the end user can be looked up by. Genesys knows numbers in their international form alone."""
        found = keys_of(
            user,
            country_prefix=self.settings.country_prefix,
            by_id=self.settings.external_source is not None,
        )
        return [key for key in found if key.kind != "phone" or _abroad(key)]

    async def candidates(self, key: Key) -> Sequence[Candidate]:
        """The contacts with this key; none where the role may not look for them."""
        try:
            found = await self._found(key)
        except AuthError as error:
            if error.status != _FORBIDDEN:
                raise
            self._say_once(error)
            return ()
        return [self._candidate(one, key) for one in found[: MOST_MATCHES + 1]]

    async def read(self, contact_id: str, language: str | None = None) -> Contact | None:
        """One contact with its organization; ``None`` when there is none, or it may not be read."""
        if not _ID.fullmatch(contact_id):
            return None
        path = f"externalcontacts/contacts/{quote(contact_id, safe='')}"
        try:
            answer = await self._calls.get("contact", path, expand="externalOrganization")
        except RejectedError as error:
            if error.status != _NOT_FOUND:
                raise
            return None
        except AuthError as error:
            if error.status != _FORBIDDEN:
                raise
            self._say_once(error)
            return None
        return self._told(read(WireContact, answer))

    async def tell(self, found: Candidate, language: str | None) -> Contact | None:
        """The contact as it was found: the look-up brings all of it."""
        return self._told(cast("WireContact", found.record))

    async def check(self) -> Sequence[Finding]:
        """Whether the organisation knows us, and lets us look for contacts."""
        try:
            await self._by(_NOBODY)
        except AuthError as error:
            if error.status == _FORBIDDEN:
                step = f"give the role of the client the permission {PERMISSION}"
                return [Finding.failed("contacts", error, step)]
            return [Finding.failed("credentials", error, "look at clientId and clientSecret")]
        except ProviderError as error:
            return [Finding.failed("contacts", error, "look at region, and at Genesys' own status")]
        return [Finding("contacts", "ok", "external contacts can be looked up")]

    # ------------------------------------------------------------------------------------------- the calls
    async def _found(self, key: Key) -> Sequence[WireContact]:
        if key.kind == "id":
            return await self._by_id(key.values[0])
        wanted = _abroad(key) if key.kind == "phone" else key.values
        found: dict[str, WireContact] = {}
        for value in wanted:
            found.update({one.id: one for one in await self._by(value)})
        return list(found.values())

    async def _by(self, value: str) -> Sequence[WireContact]:
        """The contacts with an address or number."""
        answer = await self._calls.get(
            "contact",
            "externalcontacts/reversewhitepageslookup",
            lookupVal=value,
            expand="contacts.externalOrganization",
        )
        return read(WireContacts, answer).contacts or ()

    async def _by_id(self, value: str) -> Sequence[WireContact]:
        """The contact that has this id at the source of the settings."""
        body = {"type": "ExternalId", "value": value, "externalSource": {"id": self.settings.external_source}}
        path = "externalcontacts/identifierlookup/contacts"
        try:
            answer = await self._calls.query("contact", path, body, expand="externalOrganization")
        except RejectedError as error:
            if error.status != _NOT_FOUND:
                raise
            return ()
        return [read(WireContact, answer)]

    def _say_once(self, error: AuthError) -> None:
        if not self._refused:
            self._refused = True
            logger.warning("%s: no contacts are found: %s (permission %s)", self.name, error, PERMISSION)

    # -------------------------------------------------------------------------------------------- in words
    def _candidate(self, contact: WireContact, key: Key) -> Candidate:
        account = _account(contact)
        return Candidate(
            match=ContactMatch(
                id=contact.id,
                name=one_line(contact.name),
                email=_first(contact.emails),
                phone=_first(contact.phones),
                account=account.name if account else None,
                link=self.settings.link(contact.id),
            ),
            known={
                # An id is compared by Genesys, and exactly; a contact does not always tell it.
                "id": key.values if key.kind == "id" else (),
                "email": contact.emails,
                "phone": contact.phones,
            },
            changed_at=contact.modify_date,
            record=contact,
        )

    def _told(self, contact: WireContact) -> Contact:
        document = contact.model_dump(mode="json", by_alias=True)
        fields = (_field(document, one) for one in self.settings.shown_fields)
        return Contact(
            source=self.name,
            id=contact.id,
            name=one_line(contact.name),
            email=_first(contact.emails),
            phone=_first(contact.phones),
            link=self.settings.link(contact.id),
            fields=tuple(one for one in fields if one is not None),
            account=_account(contact),
        )


def _abroad(key: Key) -> Sequence[str]:
    """The ways of writing a number that begin with ``+``, without what is between the digits."""
    forms = (f"+{re.sub('[^0-9]', '', one)}" for one in key.values if one.startswith("+"))
    return list(dict.fromkeys(forms))


def _account(contact: WireContact) -> ContactAccount | None:
    found = contact.external_organization
    if found is None or found.id is None:
        return None
    number = found.phone_number
    phone = None if number is None else number.e164 or number.display
    return ContactAccount(id=found.id, name=one_line(found.name), phone=one_line(phone))


def _field(document: Mapping[str, Any], wanted: ShownField) -> ContactField | None:
    place: Any = document
    for step in wanted.path.split("/"):
        place = cast("Mapping[str, Any]", place).get(step) if isinstance(place, Mapping) else None
    if isinstance(place, list):
        place = ", ".join(str(one) for one in cast("list[object]", place))
    value = None if isinstance(place, Mapping) else one_line(place)
    return None if value is None else ContactField(label=wanted.label, value=value, kind=wanted.kind)


def _first(values: Sequence[str]) -> str | None:
    return next((one for value in values if (one := one_line(value))), None)
