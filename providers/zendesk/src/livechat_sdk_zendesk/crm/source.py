"""Users of Zendesk Support for the hooks about contacts.

A user is found by the strongest key of the end user that anybody has; then organization and tickets are read,
and a user without them is told where they fail.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final, cast

from livechat_sdk.domain.people import (
    Contact,
    ContactAccount,
    ContactCase,
    ContactField,
    ContactMatch,
    EndUser,
)
from livechat_sdk.errors import ProviderError
from livechat_sdk.http import VendorClient
from livechat_sdk.policies.contact_keys import Key, fits, keys_of, one_line
from livechat_sdk.policies.contact_source import MOST_MATCHES, Candidate, ContactSource
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk_zendesk.crm.api import Api
from livechat_sdk_zendesk.crm.queries import phrases
from livechat_sdk_zendesk.crm.settings import ShownField, ZendeskCrmSettings
from livechat_sdk_zendesk.crm.wire import WireOrganization, WireTicket, WireUser

__all__ = ["ZendeskContacts"]

logger = logging.getLogger("livechat_sdk.zendesk.crm")

_NUMBER: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
_IDENTITIES: Final[Mapping[str, str]] = {"email": "email", "phone": "phone_number"}
_CLOSED: Final = frozenset({"solved", "closed"})
_MOST_FOUND: Final = 25
"""Users that are looked at: the search is a fuzzy one, and what it finds is compared."""


class ZendeskContacts(ContactSource[ZendeskCrmSettings]):
    """The users of one account; their ``source`` is the integration's name."""

    type: ClassVar[str] = "ZENDESK_CRM"

    def __init__(self, context: IntegrationContext, settings: ZendeskCrmSettings) -> None:
        super().__init__(context, settings)
        self._api = Api(context.name, settings)

    @property
    def client(self) -> VendorClient:
        """The client with the credentials of the settings."""
        return self._api.client

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()

    def keys(self, user: EndUser) -> Sequence[Key]:
        """What the end user can be looked up by."""
        wanted = self.settings.filter_property
        return keys_of(
            user,
            country_prefix=self.settings.country_prefix,
            by_id=self.settings.by_external_id,
            own=None if wanted is None else wanted.subscriber_property_name,
        )

    async def candidates(self, key: Key) -> Sequence[Candidate]:
        """The users with this key: by external id exactly, else by a search that is then compared."""
        found: Sequence[WireUser]
        if key.kind == "id":
            found = await self._api.users({"external_id": key.values[0]}, _MOST_FOUND)
        else:
            wanted = self.settings.filter_property
            own = wanted.data_property_name if wanted is not None else ""
            query = phrases({"email": "email", "phone": "phone", "property": own}[key.kind], key.values)
            found = () if query is None else await self._api.users({"query": query}, _MOST_FOUND)
        candidates = [self._candidate(one) for one in found]
        kind = _IDENTITIES.get(key.kind)
        if kind is None or any(fits(key, one.known[key.kind]) for one in candidates):
            return candidates
        # Found by an address or number that is not the first one.
        more = await asyncio.gather(*(self._identities(one, kind) for one in found[:MOST_MATCHES]))
        return [
            replace(one, known={**one.known, key.kind: [*one.known[key.kind], *values]})
            for one, values in zip(candidates, more, strict=False)
        ]

    async def _identities(self, user: WireUser, kind: str) -> Sequence[str | None]:
        try:
            return [one.value for one in await self._api.identities(user.id) if one.type == kind]
        except ProviderError as error:
            logger.warning("%s: the identities of a user were not read: %s", self.name, error)
            return ()

    async def read(self, contact_id: str, language: str | None = None) -> Contact | None:
        """One user with organization and tickets; ``None`` when there is none with this id."""
        if not _NUMBER.fullmatch(contact_id):
            return None
        user, tickets = await asyncio.gather(self._api.user(contact_id), self._tickets(contact_id))
        return None if user is None else self._told(user, tickets, await self._organization(user))

    async def tell(self, found: Candidate, language: str | None) -> Contact | None:
        """The user that was found; only organization and tickets are still to be read."""
        user = cast("WireUser", found.record)
        tickets, organization = await asyncio.gather(self._tickets(found.match.id), self._organization(user))
        return self._told(user, tickets, organization)

    async def check(self) -> Sequence[Finding]:
        """Whether the account knows us, and lets us look for users."""
        from livechat_sdk_zendesk.crm.checking import check

        return await check(self._api)

    # ---------------------------------------------------------------------------------------------- in words
    def _told(
        self,
        user: WireUser,
        tickets: tuple[ContactCase, ...] | None,
        found: tuple[WireOrganization | None, bool],
    ) -> Contact:
        """A user in our words; ``tickets`` are ``None`` where they could not be read."""
        organization, known = found
        missing = ((not known, "organization"), (tickets is None, "tickets"))
        fields = (self._field(one, user, organization) for one in self.settings.shown_fields)
        return Contact(
            source=self.name,
            id=str(user.id),
            name=one_line(user.name),
            email=one_line(user.email),
            phone=one_line(user.phone),
            link=self.settings.link("users", user.id),
            fields=tuple(one for one in fields if one is not None),
            account=self._account(organization),
            cases=tickets or (),
            incomplete=tuple(what for is_missing, what in missing if is_missing),
        )

    def _candidate(self, user: WireUser) -> Candidate:
        wanted = self.settings.filter_property
        own = None if wanted is None else (user.user_fields or {}).get(wanted.data_property_name)
        return Candidate(
            match=ContactMatch(
                id=str(user.id),
                name=one_line(user.name),
                email=one_line(user.email),
                phone=one_line(user.phone),
                link=self.settings.link("users", user.id),
            ),
            known={
                "property": [None if own is None else str(own)],
                "id": [user.external_id],
                "email": [user.email],
                "phone": [user.phone],
            },
            changed_at=user.updated_at,
            record=user,
        )

    async def _tickets(self, user: str) -> tuple[ContactCase, ...] | None:
        """Open ones first; ``None`` where they could not be read."""
        if not self.settings.tickets:
            return ()
        try:
            tickets = await self._api.tickets(user)
        except ProviderError as error:
            logger.warning("%s: the tickets were not read: %s", self.name, error)
            return None
        cases = sorted((self._case(one) for one in tickets), key=lambda one: not one.open)
        return tuple(cases[: self.settings.tickets])

    async def _organization(self, user: WireUser) -> tuple[WireOrganization | None, bool]:
        """The organization, and whether it is known that this is all."""
        if user.organization_id is None:
            return None, True
        try:
            return await self._api.organization(user.organization_id), True
        except ProviderError as error:
            logger.warning("%s: the organization was not read: %s", self.name, error)
            return None, False

    def _account(self, organization: WireOrganization | None) -> ContactAccount | None:
        if organization is None:
            return None
        return ContactAccount(
            id=str(organization.id),
            name=one_line(organization.name),
            number=one_line(organization.external_id),
            link=self.settings.link("organizations", organization.id),
        )

    def _case(self, ticket: WireTicket) -> ContactCase:
        return ContactCase(
            id=str(ticket.id),
            number=f"#{ticket.id}",
            title=one_line(ticket.subject),
            status=one_line(ticket.status),
            open=ticket.status not in _CLOSED,
            priority=one_line(ticket.priority),
            opened_at=ticket.created_at,
            changed_at=ticket.updated_at,
            link=self.settings.link("tickets", ticket.id),
        )

    @staticmethod
    def _field(
        wanted: ShownField, user: WireUser, organization: WireOrganization | None
    ) -> ContactField | None:
        steps = wanted.path.split("/")
        place: Any = user.model_dump(mode="json")
        if steps[0] == "organization":
            steps = steps[1:]
            place = {} if organization is None else organization.model_dump(mode="json")
        for step in steps:
            place = cast("Mapping[str, Any]", place).get(step) if isinstance(place, Mapping) else None
        if isinstance(place, list):
            place = ", ".join(str(one) for one in cast("list[object]", place))
        value = one_line(place)
        return None if value is None else ContactField(label=wanted.label, value=value, kind=wanted.kind)
