"""Contacts of Dynamics 365 for the hooks about contacts.

A contact is found by the strongest key of the end user that anybody has, with its company and all that is
shown; then its cases are read, and a contact without them is told where they fail.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, cast

from livechat_sdk.domain.people import Contact, ContactAccount, ContactCase, ContactMatch, EndUser
from livechat_sdk.errors import ProviderError
from livechat_sdk.http import VendorClient
from livechat_sdk.policies.contact_keys import Key, keys_of, one_line
from livechat_sdk.policies.contact_source import MOST_MATCHES, Candidate, ContactSource
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk_dynamics.api import ACCOUNT, Api
from livechat_sdk_dynamics.labels import Labels
from livechat_sdk_dynamics.odata import GUID, any_of
from livechat_sdk_dynamics.properties import FORMATTED, Row, field_of
from livechat_sdk_dynamics.settings import DynamicsCrmSettings

__all__ = ["DynamicsContacts"]

logger = logging.getLogger("livechat_sdk.dynamics")

_OPEN: Final = 0
"""``statecode`` of cases that are neither resolved nor cancelled."""


class DynamicsContacts(ContactSource[DynamicsCrmSettings]):
    """The contacts of one environment; their ``source`` is the integration's name."""

    type: ClassVar[str] = "MICROSOFT_DYNAMICS_CRM"

    def __init__(self, context: IntegrationContext, settings: DynamicsCrmSettings) -> None:
        super().__init__(context, settings)
        self._api = Api(context.name, settings)
        self._labels = Labels(self._api)
        self._columns: Mapping[str, Sequence[str]] = {
            "property": [settings.filter_property.data_property_name] if settings.filter_property else [],
            "id": [settings.external_id_column] if settings.external_id_column else [],
            "email": settings.email_columns,
            "phone": settings.phone_columns,
        }

    @property
    def client(self) -> VendorClient:
        """The client with the credentials of the settings."""
        return self._api.client

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()

    def keys(self, user: EndUser) -> Sequence[Key]:
        """What the end user can be looked up by, as far as there are columns for it."""
        wanted = self.settings.filter_property
        found = keys_of(
            user,
            country_prefix=self.settings.country_prefix,
            own=None if wanted is None else wanted.subscriber_property_name,
        )
        return [key for key in found if self._columns[key.kind]]

    async def candidates(self, key: Key) -> Sequence[Candidate]:
        """The contacts with this key."""
        condition = any_of(self._columns[key.kind], key.values)
        rows = await self._api.contacts(condition, MOST_MATCHES + 1)
        return [self._candidate(row) for row in rows if GUID.fullmatch(str(row.get("contactid")))]

    async def read(self, contact_id: str, language: str | None = None) -> Contact | None:
        """One contact with its company and its cases; ``None`` when there is none with this id."""
        if not GUID.fullmatch(contact_id):
            return None
        contact_id = contact_id.lower()
        row, cases = await asyncio.gather(self._api.contact(contact_id), self._cases(contact_id))
        return None if row is None else await self._told(row, contact_id, cases, language)

    async def tell(self, found: Candidate, language: str | None) -> Contact | None:
        """The contact that was found; only its cases are still to be read."""
        row = cast("Row", found.record)
        return await self._told(row, found.match.id, await self._cases(found.match.id), language)

    async def check(self) -> Sequence[Finding]:
        """Whether the environment knows us, and has what is shown."""
        from livechat_sdk_dynamics.checking import check

        return await check(self._api, self.settings)

    # ---------------------------------------------------------------------------------------------- in words
    async def _told(
        self, row: Row, contact_id: str, cases: tuple[ContactCase, ...] | None, language: str | None
    ) -> Contact:
        """A contact in our words; ``cases`` are ``None`` where they could not be read."""
        properties = self.settings.entity_properties
        words = await self._labels.of(row, properties, language, self.context.now())
        fields = (field_of(row, one, words.get(one.label)) for one in properties)
        return Contact(
            source=self.name,
            id=contact_id,
            name=one_line(row.get("fullname")),
            email=self._first(row, self.settings.email_columns),
            phone=self._first(row, self.settings.phone_columns),
            link=self.settings.contact_link(contact_id),
            fields=tuple(one for one in fields if one is not None),
            account=self._account(row),
            cases=cases or (),
            incomplete=("cases",) if cases is None else (),
        )

    def _candidate(self, row: Row) -> Candidate:
        contact_id = str(row["contactid"]).lower()
        account = self._account(row)
        return Candidate(
            match=ContactMatch(
                id=contact_id,
                name=one_line(row.get("fullname")),
                email=self._first(row, self.settings.email_columns),
                phone=self._first(row, self.settings.phone_columns),
                account=account.name if account else None,
                link=self.settings.contact_link(contact_id),
            ),
            known={
                kind: [_text(row.get(column)) for column in columns]
                for kind, columns in self._columns.items()
            },
            changed_at=_moment(row.get("modifiedon")),
            record=row,
        )

    async def _cases(self, contact_id: str) -> tuple[ContactCase, ...] | None:
        """``None`` where they could not be read."""
        if not self.settings.cases:
            return ()
        try:
            rows = await self._api.cases(contact_id, self.settings.cases)
        except ProviderError as error:
            logger.warning("%s: the cases were not read: %s", self.name, error)
            return None
        return tuple(self._case(row) for row in rows if GUID.fullmatch(str(row.get("incidentid"))))

    def _case(self, row: Row) -> ContactCase:
        case_id = str(row["incidentid"]).lower()
        return ContactCase(
            id=case_id,
            number=one_line(row.get("ticketnumber")),
            title=one_line(row.get("title")),
            status=_words(row, "statuscode"),
            open=row.get("statecode") == _OPEN,
            priority=_words(row, "prioritycode"),
            opened_at=_moment(row.get("createdon")),
            changed_at=_moment(row.get("modifiedon")),
            link=self.settings.record_link("incident", case_id),
        )

    def _account(self, row: Row) -> ContactAccount | None:
        found: Any = row.get(ACCOUNT)
        if not isinstance(found, Mapping):
            return None
        account = cast("Row", found)
        account_id = str(account.get("accountid")).lower()
        if not GUID.fullmatch(account_id):
            return None
        return ContactAccount(
            id=account_id,
            name=one_line(account.get("name")),
            number=one_line(account.get("accountnumber")),
            phone=one_line(account.get("telephone1")),
            link=self.settings.record_link("account", account_id),
        )

    @staticmethod
    def _first(row: Row, columns: Sequence[str]) -> str | None:
        return next((one for column in columns if (one := one_line(row.get(column)))), None)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _words(row: Row, column: str) -> str | None:
    """A choice as people read it; its number where the environment gives no words."""
    return one_line(row.get(f"{column}@{FORMATTED}")) or one_line(row.get(column))


def _moment(value: object) -> datetime | None:
    """A time, which Dataverse has in UTC; ``None`` for anything else."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)
