"""ServiceNow's calls, one method each.

``correlation_id`` is looked up in the database itself, so that it does not lag, and it is not unique: a
create is never repeated here. Names that the instance does not know are dropped without a word, from bodies
and from queries; so what comes back is compared with what was asked for
(ServiceNowDocs, api-reference/rest-apis/c_TableAPI.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from livechat_sdk.errors import ProtocolError, RejectedError
from livechat_sdk.http import (
    Answer,
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentials,
    Limiter,
    Repeat,
    VendorClient,
)
from livechat_sdk_tickets.preparing import LoadedFile
from livechat_sdk_tickets.servicenow.query import equal
from livechat_sdk_tickets.servicenow.settings import ServiceNowTicketingSettings
from livechat_sdk_tickets.servicenow.wire import (
    WireAttachments,
    WireChoices,
    WireColumn,
    WireColumns,
    WireEntries,
    WireOne,
    WireRow,
    WireRows,
    WireUsers,
    classify,
    is_missing,
)
from livechat_sdk_tickets.wire import read

__all__ = ["Api"]

_OK: Final = 200
_NOT_FOUND: Final = 404
_ROW: Final = {
    "sysparm_fields": "sys_id,number,state,short_description,correlation_id,sys_created_on",
    "sysparm_display_value": "all",
    "sysparm_exclude_reference_link": "true",
}
_ENTRIES: Final = 200
"""The latest entries of a journal among which one of ours is looked for."""
_AT_ONCE: Final = 20


class Api:
    """Calls of one instance. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, settings: ServiceNowTicketingSettings) -> None:
        self.provider = provider
        self._table = settings.table
        self._tickets = f"api/now/table/{settings.table}"
        self.client = VendorClient(
            provider=provider,
            base_url=settings.origin,
            auth=_auth(settings),
            classify=classify,
            limiter=Limiter(at_once=_AT_ONCE),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    # ---------------------------------------------------------------------------------------------- records
    async def create(self, columns: Mapping[str, str]) -> WireRow:
        """Make a record. Not repeated unless it never left."""
        answer = await self.client.request("create", "POST", self._tickets, params=_ROW, json=columns)
        return read(WireOne, answer).result

    async def update(self, sys_id: str, columns: Mapping[str, str]) -> None:
        """Change a record, a comment being a change. Not repeated unless it never left."""
        path = f"{self._tickets}/{sys_id}"
        answer = await self.client.request("comment", "PATCH", path, params=_ROW, json=columns)
        read(WireOne, answer)  # an instance that sleeps answers 200 with a page

    async def record(self, sys_id: str) -> WireRow | None:
        """One record."""
        answer = await self._get("read", f"{self._tickets}/{sys_id}", _ROW, expect=(_OK, _NOT_FOUND))
        if answer.status == _NOT_FOUND:
            if is_missing(answer.content):
                return None
            raise RejectedError(
                "the address is wrong, or there is no such table",
                provider=self.provider,
                operation="read",
                status=answer.status,
                request_id=answer.request_id,
                sent=True,
            )
        return read(WireOne, answer).result

    async def records_of(self, reference: str) -> Sequence[WireRow]:
        """The records with a ``correlation_id``, the oldest first."""
        query = f"{equal('correlation_id', reference)}^ORDERBYsys_created_on"
        answer = await self._get(
            "find", self._tickets, {"sysparm_query": query, "sysparm_limit": "2", **_ROW}
        )
        rows = read(WireRows, answer).result
        if any(row.correlation_id.value != reference for row in rows):
            raise ProtocolError(
                f"{self._table} was not searched by correlation_id: has it no such column?",
                provider=self.provider,
                operation="find",
                sent=True,
            )
        return rows

    async def users_of(self, email: str) -> Sequence[str]:
        """Ids of at most two active users with an address. Raises ``Unaskable``."""
        answer = await self._get(
            "contact",
            "api/now/table/sys_user",
            _list(f"{equal('email', email)}^active=true", "sys_id,email", limit=2),
        )
        users = read(WireUsers, answer).result
        return [user.sys_id.value for user in users if user.email.value.casefold() == email.casefold()]

    # ---------------------------------------------------------------------------------------------- journals
    async def entries_of(self, sys_id: str, element: str) -> Sequence[str]:
        """The latest entries of a journal; none where the account may not read them."""
        query = f"{equal('element_id', sys_id)}^{equal('element', element)}^ORDERBYDESCsys_created_on"
        answer = await self._get(
            "read",
            "api/now/table/sys_journal_field",
            _list(query, "element_id,value", limit=_ENTRIES),
        )
        rows = read(WireEntries, answer).result
        return [row.value.value for row in rows if row.element_id.value == sys_id]

    # ------------------------------------------------------------------------------------------------- files
    async def attach(self, sys_id: str, file: LoadedFile) -> None:
        """Add a file to a record. Not repeated unless it never left."""
        answer = await self.client.request(
            "attach",
            "POST",
            "api/now/attachment/file",
            params={"table_name": self._table, "table_sys_id": sys_id, "file_name": file.name},
            content=file.content,
            headers={"Content-Type": file.media_type},
        )
        answer.object()  # an instance that sleeps answers 200 with a page

    async def files_of(self, sys_id: str) -> Counter[tuple[str, str]]:
        """Name and size of the files of a record, and how many there are of each."""
        query = f"{equal('table_name', self._table)}^{equal('table_sys_id', sys_id)}"
        answer = await self._get("read", "api/now/attachment", {"sysparm_query": query})
        files = read(WireAttachments, answer).result
        return Counter((file.file_name.value, file.size_bytes.value) for file in files)

    # ----------------------------------------------------------------------------------------------- looking
    async def may_read(self, table: str) -> bool:
        """Whether there is a record in a table that may be read."""
        answer = await self._get("check", f"api/now/table/{table}", _list(None, "sys_id", limit=1))
        return bool(read(WireRows, answer).result)

    async def columns(self) -> Mapping[str, WireColumn]:
        """The columns of the tickets' table; none where the account may not read the dictionary."""
        answer = await self._get(
            "fields",
            "api/now/table/sys_dictionary",
            _list(self._in_table(), "element,internal_type,read_only", limit=2000),
        )
        return {one.element.value: one for one in read(WireColumns, answer).result if one.element.value}

    async def choices(self, column: str) -> frozenset[str]:
        """The values of a choice column."""
        query = f"{self._in_table()}^{equal('element', column)}^inactive=false"
        answer = await self._get(
            "fields", "api/now/table/sys_choice", _list(query, "element,value", limit=500)
        )
        return frozenset(
            one.value.value for one in read(WireChoices, answer).result if one.element.value == column
        )

    def _in_table(self) -> str:
        """What is said of the table itself, or of ``task``, which incidents and cases are."""
        return f"{equal('name', self._table)}^ORname=task"

    async def _get(
        self, operation: str, path: str, params: Mapping[str, str], *, expect: Collection[int] | None = None
    ) -> Answer:
        return await self.client.request(
            operation, "GET", path, params=params, repeat=Repeat.SAFE, expect=expect
        )


def _list(query: str | None, fields: str, *, limit: int) -> dict[str, str]:
    asked = {} if query is None else {"sysparm_query": query}
    return {
        **asked,
        "sysparm_fields": fields,
        "sysparm_limit": str(limit),
        "sysparm_exclude_reference_link": "true",
    }


def _auth(settings: ServiceNowTicketingSettings) -> Auth:
    if settings.client_id is not None and settings.client_secret is not None:
        return ClientCredentials(
            token_url=f"{settings.origin}/oauth_token.do",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            style="form",
        )
    if settings.api_key is not None:
        return BearerAuth(settings.api_key[0], header="x-sn-apikey", prefix="")
    if settings.user_name is None or settings.password is None:
        raise AssertionError("the settings make sure that there are credentials")
    return BasicAuth(settings.user_name, settings.password[0])
