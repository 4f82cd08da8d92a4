"""Dataverse's calls, one method each. All of them read, so all of them may be repeated."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, cast

from livechat_sdk.http import Answer, ClientCredentials, Limiter, Repeat, VendorClient
from livechat_sdk_dynamics.errors import classify, row_is_missing
from livechat_sdk_dynamics.properties import FORMATTED, EntityProperty, Row, selection
from livechat_sdk_dynamics.settings import DynamicsCrmSettings

__all__ = ["ACCOUNT", "Api"]

_OK: Final = 200
_NOT_FOUND: Final = 404

ACCOUNT: Final = "parentcustomerid_account"
"""The navigation property to the company, ``null`` where a contact belongs to another contact."""

_ACCOUNT_COLUMNS: Final = ("accountid", "name", "accountnumber", "telephone1")
_CASE_COLUMNS: Final = "incidentid,ticketnumber,title,statecode,statuscode,prioritycode,createdon,modifiedon"
_FRESH: Final = {"If-None-Match": "null"}
"""Without it a cached answer may come for what is expanded."""
_AT_ONCE: Final = 40
"""Calls under way: the vendor answers the 53rd with 429
(https://learn.microsoft.com/power-apps/developer/data-platform/api-limits)."""
_SECONDS: Final = 5.0
_BESIDE_SECONDS: Final = 3.0
"""For what is told beside a contact: a contact without it is better than none."""


class Api:
    """Calls of one environment. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, settings: DynamicsCrmSettings) -> None:
        self.provider = provider
        self._settings = settings
        self._own = (
            "contactid",
            "fullname",
            "modifiedon",
            *settings.email_columns,
            *settings.phone_columns,
            *filter(None, [settings.external_id_column]),
            *([settings.filter_property.data_property_name] if settings.filter_property else []),
        )
        self._whole = self._selection(settings.entity_properties)
        self.client = VendorClient(
            provider=provider,
            base_url=settings.api_url,
            auth=ClientCredentials(
                token_url=settings.token_url,
                client_id=settings.client_id,
                client_secret=settings.client_secret,
                scope=settings.scope or f"{settings.environment}/.default",
                style="form",
            ),
            headers={
                "OData-Version": "4.0",
                "OData-MaxVersion": "4.0",
                "Prefer": f'odata.include-annotations="{FORMATTED}"',
            },
            ca_bundle=settings.ca_bundle,
            classify=classify,
            limiter=Limiter(at_once=_AT_ONCE),
            timeout=_SECONDS,
            budget=_SECONDS,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def contacts(self, condition: str, most: int) -> Sequence[Row]:
        """The contacts that fit, the latest change first, with all that is shown."""
        query = {
            **self._whole,
            "$filter": f"{condition} and ({self._settings.filter_expression})",
            "$orderby": "modifiedon desc",
            "$top": str(most),
        }
        return _rows(await self._get("contact", "contacts", query))

    async def contact(self, contact_id: str) -> Row | None:
        """One contact with all that is shown. Raises ``RejectedError`` where the address may be wrong."""
        answer = await self._get("contact", f"contacts({contact_id})", self._whole, expect=(_OK, _NOT_FOUND))
        if answer.status == _NOT_FOUND and row_is_missing(answer):
            return None
        return answer.object()

    async def cases(self, contact_id: str, most: int) -> Sequence[Row]:
        """The cases of a contact: open ones first, then the others, the latest change first."""
        whose = [f"_customerid_value eq {contact_id}"]
        if self._settings.cases_of_primary_contact:
            whose.append(f"_primarycontactid_value eq {contact_id}")
        query = {
            "$select": _CASE_COLUMNS,
            "$filter": f"({' or '.join(whose)})",
            "$orderby": "statecode asc,modifiedon desc",
            "$top": str(most),
        }
        return _rows(await self._get("cases", "incidents", query, seconds=_BESIDE_SECONDS))

    async def options(self, table: str, column: str) -> Mapping[int, Mapping[int, str]]:
        """The words of a choice's values, by value and by number of the language."""
        answer = await self._get(
            "labels",
            f"EntityDefinitions(LogicalName='{table}')/Attributes(LogicalName='{column}')"
            "/Microsoft.Dynamics.CRM.PicklistAttributeMetadata",
            {
                "$select": "LogicalName",
                "$expand": "OptionSet($select=Options),GlobalOptionSet($select=Options)",
            },
            seconds=_BESIDE_SECONDS,
        )
        return _words(answer)

    # ---------------------------------------------------------------------------------------------- looking
    async def who_am_i(self) -> None:
        """The smallest call: it answers whoever may come in."""
        await self._get("check", "WhoAmI", {})

    async def try_contacts(self) -> None:
        """Ask for everything that is shown, of anybody: what is wrong with it is refused."""
        await self._get(
            "check", "contacts", {**self._whole, "$filter": self._settings.filter_expression, "$top": "1"}
        )

    async def try_cases(self) -> None:
        """The same of cases."""
        await self._get("check", "incidents", {"$select": _CASE_COLUMNS, "$top": "1"})

    def _selection(self, properties: Sequence[EntityProperty]) -> Mapping[str, str]:
        return selection(self._own, {ACCOUNT: _ACCOUNT_COLUMNS}, properties)

    async def _get(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str],
        *,
        expect: Collection[int] | None = None,
        seconds: float = _SECONDS,
    ) -> Answer:
        return await self.client.request(
            operation,
            "GET",
            path,
            params=params,
            headers=_FRESH,
            repeat=Repeat.SAFE,
            expect=expect,
            timeout=seconds,
            budget=seconds,
        )


def _rows(answer: Answer) -> Sequence[Row]:
    rows: Any = answer.object().get("value")
    if not isinstance(rows, list):
        raise answer.unlike_documented("value: not a list")
    for one in cast("Sequence[object]", rows):
        if not isinstance(one, dict):
            raise answer.unlike_documented("value: not a list of rows")
    return cast("Sequence[Row]", rows)


def _words(answer: Answer) -> Mapping[int, Mapping[int, str]]:
    found = answer.object()
    options: Any = found.get("OptionSet") or found.get("GlobalOptionSet")
    try:
        return {
            int(one["Value"]): {
                int(label["LanguageCode"]): str(label["Label"]) for label in one["Label"]["LocalizedLabels"]
            }
            for one in (options["Options"] if options else ())
        }
    except (KeyError, TypeError, ValueError):
        raise answer.unlike_documented("options: not as documented") from None
