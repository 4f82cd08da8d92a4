"""Salesforce's calls, one method each.

A case is made by ``PATCH`` under our key in an external id field that is unique: however often it is asked
for, there is one (https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_upsert.htm).
Comments and files are made by ``POST``, which may not be repeated.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, Final

from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import Answer, ClientCredentials, Limiter, Repeat, VendorClient
from livechat_sdk_tickets.preparing import LoadedFile
from livechat_sdk_tickets.salesforce.settings import SalesforceTicketingSettings
from livechat_sdk_tickets.salesforce.soql import select
from livechat_sdk_tickets.salesforce.wire import (
    OVER_LIMIT,
    WireCase,
    WireColumn,
    WireDescription,
    WireRow,
    WireRows,
    WireUrls,
    classify,
    codes_of,
    told,
)
from livechat_sdk_tickets.wire import read

__all__ = ["Api"]

logger = logging.getLogger("livechat_sdk.tickets.salesforce")

_OK: Final = 200
_SEVERAL: Final = 300
_BAD_REQUEST: Final = 400
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_GONE: Final = frozenset({"NOT_FOUND", "ENTITY_IS_DELETED"})
_CASE: Final = "Id,CaseNumber,Subject,Status,IsClosed,CreatedDate"
_PAGES: Final = 50
_AT_ONCE: Final = 20
"""Calls under way: an organisation bears 25 long ones."""
_PAUSE: Final = 900.0
"""Seconds for which nothing is asked when the calls of a day are used up: nobody says when there are more."""
_FILE_SECONDS: Final = 12.0
_USAGE: Final = re.compile(r"api-usage=([0-9]{1,12})/([0-9]{1,12})")


class Api:
    """Calls of one organisation. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, settings: SalesforceTicketingSettings) -> None:
        self.provider = provider
        self._settings = settings
        self._limiter = Limiter(at_once=_AT_ONCE)
        self._auth = ClientCredentials(
            token_url=f"{settings.site}/services/oauth2/token",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            style="form",
            told=self._learn,
        )
        self._login = VendorClient(provider=provider, base_url=settings.site, timeout=8.0, budget=10.0)
        self._instance: str | None = None
        self._clients: dict[str, VendorClient] = {}
        self.used: float | None = None
        """How much of the calls of a day is used up, from 0 to 1, as the last answer said."""

    async def close(self) -> None:
        """Close the connections."""
        for client in (self._login, *self._clients.values()):
            await client.close()

    # ------------------------------------------------------------------------------------------------ cases
    async def upsert(self, reference: str, content: Mapping[str, Any], *, expect: Collection[int]) -> Answer:
        """Make the case with this key, unless there is one: then it is changed."""
        headers = {"Sforce-Auto-Assign": self._settings.assignment}
        if self._settings.allow_duplicates:
            headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
        return await self._call(
            "create",
            "PATCH",
            self._keyed(reference),
            json=content,
            headers=headers,
            repeat=Repeat.SAFE,
            expect=expect,
        )

    async def case(self, operation: str, case_id: str) -> WireCase | None:
        """One case by its id."""
        answer = await self._get(
            operation, f"sobjects/Case/{case_id}", {"fields": _CASE}, expect=(_OK, _NOT_FOUND)
        )
        return None if self._is_missing(answer) else read(WireCase, answer)

    async def case_of(self, operation: str, reference: str) -> WireCase | None:
        """The case with a key; the oldest, where the field is not unique."""
        answer = await self._get(operation, self._keyed(reference), expect=(_OK, _SEVERAL, _NOT_FOUND))
        if answer.status == _SEVERAL:
            urls = read(WireUrls, answer, {"items": answer.json()}).items
            ids = [url.rpartition("/")[2] for url in urls[:5]]
            found = [await self.case(operation, one) for one in ids if one.isascii() and one.isalnum()]
            there = [one for one in found if one is not None]
            return min(there, key=lambda one: (one.number or "", one.id)) if there else None
        return None if self._is_missing(answer) else read(WireCase, answer)

    # -------------------------------------------------------------------------------------- comments, files
    async def comment(self, operation: str, case_id: str, text: str, *, public: bool) -> None:
        """Add a comment. Not repeated unless it never left."""
        content = {"ParentId": case_id, "CommentBody": text, "IsPublished": public}
        await self._call(operation, "POST", "sobjects/CaseComment", json=content)

    async def comments(self, case_id: str) -> Sequence[str]:
        """The texts of all comments of a case."""
        query = select("CommentBody", "CaseComment", "ParentId", case_id)
        return [row.comment async for row in self._rows("read", query) if row.comment]

    async def attach(self, operation: str, case_id: str, file: LoadedFile, mark: str) -> None:
        """Add a file. Not repeated unless it never left."""
        content = {
            "Title": file.name[:255],
            "PathOnClient": file.name[:500],
            "Description": mark,
            "VersionData": base64.b64encode(file.content).decode("ascii"),
            "FirstPublishLocationId": case_id,
        }
        await self._call(operation, "POST", "sobjects/ContentVersion", json=content, timeout=_FILE_SECONDS)

    async def file_marks(self, case_id: str) -> frozenset[str]:
        """The descriptions of the files that were added to a case."""
        query = select("Description", "ContentVersion", "FirstPublishLocationId", case_id)
        return frozenset([row.description async for row in self._rows("read", query) if row.description])

    # ---------------------------------------------------------------------------------------------- looking
    async def contacts(self, email: str) -> Sequence[str]:
        """Ids of at most two contacts with this address."""
        query = select("Id", "Contact", "Email", email, limit=2)
        return [row.id async for row in self._rows("contact", query) if row.id]

    async def columns(self) -> Sequence[WireColumn]:
        """The fields of cases."""
        return read(WireDescription, await self._get("fields", "sobjects/Case/describe")).fields

    async def _rows(self, operation: str, query: str) -> AsyncIterator[WireRow]:
        answer = await self._get(operation, "query", {"q": query})
        for _ in range(_PAGES):
            page = read(WireRows, answer)
            for row in page.records:
                yield row
            if page.done or page.next is None:
                return
            if not page.next.startswith(f"{self._root}query/"):
                raise answer.unlike_documented("the next page is somewhere else")
            answer = await self._get(operation, page.next.removeprefix(self._root))
        raise ProtocolError("pages without an end", provider=self.provider, operation=operation)

    # -------------------------------------------------------------------------------------------- the calls
    @property
    def _root(self) -> str:
        return f"/services/data/{self._settings.version}/"

    def _keyed(self, reference: str) -> str:
        return f"sobjects/Case/{self._settings.key_field}/{reference}"

    def _learn(self, token: Mapping[str, Any]) -> None:
        """Where the API is: the answer with a token says it."""
        given = str(token.get("instance_url") or "").rstrip("/")
        scheme = self._settings.site.partition("://")[0]
        usable = re.fullmatch(rf"{scheme}://[A-Za-z0-9.:-]{{1,300}}", given)
        self._instance = given if usable else self._settings.site

    async def _client(self) -> VendorClient:
        if self._instance is None:
            try:
                await self._auth.headers(self._login)
            except ProviderError as error:
                error.sent = False  # of what was asked for
                raise
        instance = self._instance or self._settings.site
        if instance not in self._clients:
            self._clients[instance] = VendorClient(
                provider=self.provider,
                base_url=instance,
                auth=self._auth,
                classify=classify,
                limiter=self._limiter,
            )
        return self._clients[instance]

    async def _get(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        expect: Collection[int] = (_OK,),
    ) -> Answer:
        return await self._call(operation, "GET", path, params=params, repeat=Repeat.SAFE, expect=expect)

    async def _call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        expect: Collection[int] = (200, 201, 204),
        **more: Any,
    ) -> Answer:
        client = await self._client()
        answer = await client.request(
            operation, method, f"{self._root}{path}", expect=(*expect, _FORBIDDEN), **more
        )
        if answer.status == _FORBIDDEN:
            raise self._forbidden(operation, answer, client)
        usage = _USAGE.search(answer.headers.get("sforce-limit-info", ""))
        if usage is not None:
            self.used = int(usage[1]) / max(int(usage[2]), 1)
        return answer

    def _forbidden(self, operation: str, answer: Answer, client: VendorClient) -> ProviderError:
        """A 403 is throttling, a right that is missing, or credentials: its code tells."""
        codes = codes_of(answer.content)
        kind: type[ProviderError] = AuthError
        wish: float | None = None
        if OVER_LIMIT in codes:
            # Asking again makes it worse, and nobody says when there is room: nothing leaves for a while.
            self._limiter.slow_down(operation, _PAUSE, client.clock.now())
            logger.warning("%s: the calls of the day are used up: %s", self.provider, told(answer))
            kind, wish = RetryableError, _PAUSE
        elif any(code.startswith("INSUFFICIENT_ACCESS") for code in codes):
            kind = RejectedError
        return kind(
            f"forbidden: {told(answer)}",
            provider=self.provider,
            operation=operation,
            status=answer.status,
            request_id=answer.request_id,
            retry_after=wish,
            sent=True,
        )

    def _is_missing(self, answer: Answer) -> bool:
        """Whether there is no such record. Raises ``RejectedError``: the address may be wrong."""
        if answer.status != _NOT_FOUND:
            return False
        if _GONE.isdisjoint(codes_of(answer.content)):
            raise RejectedError(
                f"the address is wrong: {told(answer)}",
                provider=self.provider,
                operation=answer.operation,
                status=answer.status,
                request_id=answer.request_id,
                sent=True,
            )
        return True
