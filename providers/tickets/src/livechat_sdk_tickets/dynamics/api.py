"""Dataverse's calls, one method each.

Rows are made by ``PATCH`` under an id or a key of ours, with ``If-None-Match: *``: a second one is refused
with 412 and is as good as the first (learn.microsoft.com, power-apps/developer/data-platform/webapi, the
page perform-conditional-operations-using-web-api). So these may be repeated at will; ``POST`` may not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from livechat_sdk.errors import ProtocolError
from livechat_sdk.http import Answer, ClientCredentials, Limiter, Repeat, VendorClient
from livechat_sdk_tickets.dynamics.errors import classify, is_taken, refusal, row_is_missing
from livechat_sdk_tickets.dynamics.odata import any_of
from livechat_sdk_tickets.dynamics.settings import DynamicsTicketingSettings
from livechat_sdk_tickets.dynamics.wire import (
    FORMATTED,
    WireAttribute,
    WireAttributes,
    WireCase,
    WireContacts,
    WireEntity,
    WireNotes,
    WireOptions,
)
from livechat_sdk_tickets.wire import read

__all__ = ["Api"]

_OK: Final = 200
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_TAKEN: Final = 412
_MADE: Final = (200, 201, 204)

_CASE: Final = "incidentid,ticketnumber,title,statecode,statuscode,createdon"
_LABELS: Final = f'odata.include-annotations="{FORMATTED}"'
_PAGES: Final = 50
_AT_ONCE: Final = 40
"""Calls under way: the vendor answers the 53rd with 429
(https://learn.microsoft.com/power-apps/developer/data-platform/api-limits)."""


class Api:
    """Calls of one environment. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, settings: DynamicsTicketingSettings) -> None:
        self.provider = provider
        self._base = f"{settings.environment}/api/data/{settings.version}"
        self.client = VendorClient(
            provider=provider,
            base_url=self._base,
            auth=ClientCredentials(
                token_url=settings.token_url,
                client_id=settings.client_id,
                client_secret=settings.client_secret,
                scope=settings.scope or f"{settings.environment}/.default",
                style="form",
            ),
            headers={"OData-Version": "4.0", "OData-MaxVersion": "4.0"},
            classify=classify,
            limiter=Limiter(at_once=_AT_ONCE),
            timeout=12.0,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    # ------------------------------------------------------------------------------------------------ cases
    async def create_case(self, address: str, content: Mapping[str, Any]) -> WireCase | None:
        """Make a case where none is; ``None`` when one is there."""
        answer = await self.client.request(
            "create",
            "PATCH",
            f"incidents({address})",
            params={"$select": _CASE},
            json=content,
            headers={"If-None-Match": "*", "Prefer": f"return=representation,{_LABELS}"},
            repeat=Repeat.SAFE,
            expect=(*_MADE, _BAD_REQUEST, _TAKEN),
        )
        if is_taken(answer):
            return None
        if answer.status == _BAD_REQUEST:
            raise refusal(answer)
        return read(WireCase, answer) if answer.content else await self.case("create", address)

    async def case(self, operation: str, address: str) -> WireCase | None:
        """One case. Raises ``RejectedError`` where it may be the address that is wrong."""
        answer = await self._get(
            operation,
            f"incidents({address})",
            {"$select": _CASE},
            prefer=_LABELS,
            expect=(_OK, _NOT_FOUND),
        )
        if answer.status == _NOT_FOUND and row_is_missing(answer):
            return None
        return read(WireCase, answer)

    # ------------------------------------------------------------------------------------------------ notes
    async def create_note(self, operation: str, note_id: str, content: Mapping[str, Any]) -> None:
        """Make a note under an id of ours; one that is there is as good."""
        answer = await self.client.request(
            operation,
            "PATCH",
            f"annotations({note_id})",
            json=content,
            headers={"If-None-Match": "*"},
            repeat=Repeat.SAFE,
            expect=(*_MADE, _BAD_REQUEST, _TAKEN),
        )
        if answer.status == _BAD_REQUEST and not is_taken(answer):
            raise refusal(answer)

    async def post_note(self, operation: str, content: Mapping[str, Any]) -> None:
        """Make a note under an id of the vendor's. Not repeated unless it never left."""
        await self.client.request(operation, "POST", "annotations", json=content)

    async def has_note(self, note_id: str) -> bool:
        """Whether there is a note with this id."""
        answer = await self._get(
            "read", f"annotations({note_id})", {"$select": "subject"}, expect=(_OK, _NOT_FOUND)
        )
        return not (answer.status == _NOT_FOUND and row_is_missing(answer))

    async def note_subjects(self, case_id: str) -> Sequence[str]:
        """The subjects of all notes of a case."""
        found: list[str] = []
        answer = await self._get("read", f"incidents({case_id})/Incident_Annotation", {"$select": "subject"})
        for _ in range(_PAGES):
            page = read(WireNotes, answer)
            found += [note.subject for note in page.value if note.subject]
            if page.next_link is None:
                return found
            if not page.next_link.startswith(f"{self._base}/"):
                raise answer.unlike_documented("the next page is somewhere else")
            # As it stands: its cookie is encoded twice on purpose.
            answer = await self._get("read", page.next_link)
        raise ProtocolError("pages without an end", provider=self.provider, operation="read")

    # --------------------------------------------------------------------------------------------- contacts
    async def contacts(self, columns: Collection[str], values: Collection[str]) -> Sequence[str]:
        """Ids of at most two active contacts with one of these values in one of these columns."""
        answer = await self._get(
            "contact",
            "contacts",
            {
                "$select": "contactid",
                "$filter": f"{any_of(columns, values)} and statecode eq 0",
                "$orderby": "modifiedon desc",
                "$top": "2",
            },
        )
        return [contact.contactid for contact in read(WireContacts, answer).value]

    async def create_contact(self, contact_id: str, content: Mapping[str, Any]) -> None:
        """Make a contact under an id of ours, unless the environment's rules find a duplicate.

        Raises ``RejectedError`` for a duplicate, which comes as a 500.
        """
        answer = await self.client.request(
            "contact",
            "PATCH",
            f"contacts({contact_id})",
            json=content,
            headers={"If-None-Match": "*", "MSCRM.SuppressDuplicateDetection": "false"},
            repeat=Repeat.SAFE,
            expect=(*_MADE, _BAD_REQUEST, _TAKEN),
        )
        if answer.status == _BAD_REQUEST and not is_taken(answer):
            raise refusal(answer)

    # ---------------------------------------------------------------------------------------------- looking
    async def who_am_i(self) -> None:
        """The smallest call: it answers whoever may come in."""
        await self._get("check", "WhoAmI")

    async def attributes(self) -> Sequence[WireAttribute]:
        """The columns of cases."""
        answer = await self._get(
            "fields",
            "EntityDefinitions(LogicalName='incident')/Attributes",
            {"$select": "LogicalName,AttributeType,IsValidForCreate"},
        )
        return read(WireAttributes, answer).value

    async def options(self, column: str, *, several: bool) -> frozenset[int]:
        """The values of a choice column."""
        kind = "MultiSelectPicklistAttributeMetadata" if several else "PicklistAttributeMetadata"
        answer = await self._get(
            "fields",
            f"EntityDefinitions(LogicalName='incident')/Attributes(LogicalName='{column}')"
            f"/Microsoft.Dynamics.CRM.{kind}",
            {
                "$select": "LogicalName",
                "$expand": "OptionSet($select=Options),GlobalOptionSet($select=Options)",
            },
        )
        return read(WireOptions, answer).values

    async def key_status(self, column: str) -> str | None:
        """The state of the alternate key that is this column alone; ``None`` when there is none."""
        answer = await self._get(
            "fields",
            "EntityDefinitions(LogicalName='incident')",
            {"$select": "LogicalName", "$expand": "Keys($select=KeyAttributes,EntityKeyIndexStatus)"},
        )
        keys = read(WireEntity, answer).keys
        return next((one.status or "Active" for one in keys if one.columns == (column,)), None)

    async def _get(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        prefer: str | None = None,
        expect: Collection[int] | None = None,
    ) -> Answer:
        headers = {"If-None-Match": "null", **({} if prefer is None else {"Prefer": prefer})}
        return await self.client.request(
            operation, "GET", path, params=params, headers=headers, repeat=Repeat.SAFE, expect=expect
        )
