"""Whose case it is: the contact that is known, found or made; else the customer of the settings.

What a visitor says of themselves is a claim. It decides whom a case belongs to, and shows nobody anything.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any, Final

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.errors import RejectedError
from livechat_sdk_tickets.dynamics.api import Api
from livechat_sdk_tickets.dynamics.odata import phone_forms
from livechat_sdk_tickets.dynamics.settings import GUID, DynamicsTicketingSettings
from livechat_sdk_tickets.preparing import Requester

__all__ = ["NAMESPACE", "Customers"]

logger = logging.getLogger("livechat_sdk.tickets.dynamics")

NAMESPACE: Final = uuid.UUID("7c0a3c52-1d0e-5e0b-9a5e-6f6c7b1d2a40")
"""Ids of ours are version 5 of our keys in this namespace."""

_EMAILS: Final = ("emailaddress1", "emailaddress2", "emailaddress3")
_EMAIL_LIMIT: Final = 100
_NAME_LIMIT: Final = 50


class Customers:
    """Finds the customer of a case."""

    def __init__(self, api: Api, settings: DynamicsTicketingSettings) -> None:
        self._api = api
        self._settings = settings

    async def bind(self, requester: Requester, handoff: Handoff) -> dict[str, str]:
        """The customer as a case names it. Raises ``RejectedError`` when there is none."""
        contact = self._known(handoff) or await self._contact(requester)
        if contact is not None:
            return {"customerid_contact@odata.bind": f"/contacts({contact})"}
        customer = self._settings.customer
        if customer is None:
            raise RejectedError(
                "a case needs a customer, and none was found: set customer in the settings",
                provider=self._api.provider,
                operation="create",
                sent=False,
            )
        kind = "contact" if customer.startswith("contacts") else "account"
        return {f"customerid_{kind}@odata.bind": f"/{customer}"}

    def _known(self, handoff: Handoff) -> str | None:
        """The contact that the CRM integration of this environment has found."""
        source = self._settings.contacts_of
        ids = (one.id for one in handoff.contacts if source is not None and one.source == source)
        return next((one for one in ids if GUID.fullmatch(one)), None)

    async def _contact(self, requester: Requester) -> str | None:
        found: list[str] = []
        if requester.email is not None:
            found = [*await self._api.contacts(_EMAILS, [requester.email])]
        if not found and requester.phone is not None:
            forms = phone_forms(requester.phone, self._settings.country_prefix)
            if forms:
                found = [*await self._api.contacts(self._settings.phone_columns, forms)]
        if len(found) == 1:
            return found[0]
        if found:  # nobody can tell which of them it is
            logger.info("%s: several contacts fit", self._api.provider)
            return None if self._settings.customer is not None else found[0]
        return await self._made(requester) if self._settings.makes_contacts else None

    async def _made(self, requester: Requester) -> str | None:
        who = requester.email or requester.phone or requester.external_id
        if who is None:
            return None
        contact = str(uuid.uuid5(NAMESPACE, f"contact {who.casefold()}"))
        first, _, last = (requester.name or "").rpartition(" ")
        content: dict[str, Any] = {
            "firstname": first[:_NAME_LIMIT] or None,
            "lastname": last[:_NAME_LIMIT] or "Chat",
            "emailaddress1": requester.email if len(requester.email or "") <= _EMAIL_LIMIT else None,
            "mobilephone": (requester.phone or "")[:_NAME_LIMIT] or None,
        }
        try:
            await self._api.create_contact(
                contact, {name: value for name, value in content.items() if value is not None}
            )
        except RejectedError as error:
            # The rules of the environment found somebody whom we did not: not ours to decide.
            if self._settings.customer is None:
                raise
            logger.info("%s: no contact was made: %s", self._api.provider, error)
            return None
        return contact
