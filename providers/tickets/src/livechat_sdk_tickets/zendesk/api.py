"""Zendesk's calls, one method each.

``POST /tickets`` takes an ``Idempotency-Key`` that is known for two hours
(https://developer.zendesk.com/api-reference/ticketing/introduction/#idempotency). It is not promised to act
on every account: the header of its answer is missing where it did not. So a create is never repeated here;
whoever repeats it looks for the external id first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, Final

from livechat_sdk.errors import ProtocolError, ProviderError, RetryableError
from livechat_sdk.http import Answer, Auth, BasicAuth, ClientCredentials, Limiter, Repeat, VendorClient
from livechat_sdk_tickets.preparing import LoadedFile
from livechat_sdk_tickets.wire import read
from livechat_sdk_tickets.zendesk.settings import ZendeskTicketingSettings
from livechat_sdk_tickets.zendesk.wire import (
    WireAudits,
    WireField,
    WireFields,
    WireMe,
    WirePage,
    WireTicket,
    WireTicketAnswer,
    WireTickets,
    WireUploadAnswer,
)

__all__ = ["KEY", "Api"]

KEY: Final = "livechat_key"
"""Ours, in the metadata of a change: the key of the note."""

_OK: Final = 200
_CREATED: Final = 201
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_PAGES: Final = 50
_UPLOAD_SECONDS: Final = 5.0
"""For all files of one call together: the hook has 15 s for everything."""


class Api:
    """Calls of one account. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, settings: ZendeskTicketingSettings) -> None:
        self.provider = provider
        self.client = VendorClient(
            provider=provider,
            base_url=f"{settings.origin}/api/v2",
            auth=_auth(settings),
            classify=_classify,
            limiter=Limiter(at_once=20, per_operation=True),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def create(self, key: str, ticket: Mapping[str, Any], *, expect: Collection[int]) -> Answer:
        """Make a ticket. Not repeated unless it never left."""
        return await self.client.request(
            "create",
            "POST",
            "tickets",
            json={"ticket": ticket},
            headers={"Idempotency-Key": key},
            expect=(_CREATED, *expect),
        )

    async def update(self, operation: str, ticket_id: str, change: Mapping[str, Any]) -> None:
        """Change a ticket, a comment being a change. Not repeated unless it never left."""
        await self.client.request(operation, "PUT", f"tickets/{ticket_id}", json={"ticket": change})

    async def ticket(self, ticket_id: str) -> WireTicket | None:
        """One ticket."""
        answer = await self._get("read", f"tickets/{ticket_id}", expect=(_OK, _NOT_FOUND))
        return None if answer.status == _NOT_FOUND else read(WireTicketAnswer, answer).ticket

    async def tickets_of(self, external_id: str) -> Sequence[WireTicket]:
        """The tickets with an external id: a list, not a search, so that it does not lag."""
        answer = await self._get("find", "tickets", {"external_id": external_id})
        return read(WireTickets, answer).tickets

    async def has_change(self, ticket_id: str, key: str) -> bool:
        """Whether a change of ours was made."""
        async for page in self._pages("read", f"tickets/{ticket_id}/audits"):
            audits = read(WireAudits, page).audits
            if any(audit.metadata.custom.get(KEY) == key for audit in audits):
                return True
        return False

    async def fields(self) -> Sequence[WireField]:
        """All fields of tickets."""
        found: list[WireField] = []
        async for page in self._pages("fields", "ticket_fields"):
            found += read(WireFields, page).ticket_fields
        return found

    async def me(self) -> WireMe:
        """Who the credentials belong to."""
        return read(WireMe, await self._get("check", "users/me"))

    async def upload(self, files: Sequence[LoadedFile]) -> str | None:
        """Hand files over under one token; what is not used is thrown away by Zendesk.

        Raises ``TimeoutError`` when they take too long.
        """
        async with asyncio.timeout(_UPLOAD_SECONDS):
            return await self._upload(files)

    async def _upload(self, files: Sequence[LoadedFile]) -> str | None:
        token: str | None = None
        for file in files:
            answer = await self.client.request(
                "attach",
                "POST",
                "uploads",
                params={"filename": file.name, **({} if token is None else {"token": token})},
                content=file.content,
                headers={"Content-Type": file.media_type},
                repeat=Repeat.SAFE if token is None else Repeat.NEVER_LEFT,
                timeout=_UPLOAD_SECONDS,
                budget=_UPLOAD_SECONDS,
            )
            # Its body is JSON whatever its Content-Type says (recordings of zenpy: text/plain).
            token = read(WireUploadAnswer, answer).upload.token
        return token

    async def _get(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        expect: Collection[int] | None = None,
    ) -> Answer:
        return await self.client.request(
            operation, "GET", path, params=params, repeat=Repeat.SAFE, expect=expect
        )

    async def _pages(self, operation: str, path: str) -> AsyncIterator[Answer]:
        """Pages by cursor; links are not followed, because they may name another host."""
        after: str | None = None
        for _ in range(_PAGES):
            params = {"page[size]": "100", **({} if after is None else {"page[after]": after})}
            answer = await self._get(operation, path, params)
            yield answer
            meta = read(WirePage, answer).meta
            after = meta.after_cursor
            if not meta.has_more or after is None:
                return
        raise ProtocolError("pages without an end", provider=self.provider, operation=operation)


def _auth(settings: ZendeskTicketingSettings) -> Auth:
    if settings.client_id is not None and settings.client_secret is not None:
        # Not under /api/v2, JSON in and out (https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/).
        return ClientCredentials(
            token_url=f"{settings.origin}/oauth/tokens",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            scope=settings.scope,
            style="json",
        )
    if settings.user_name is None or settings.token is None:
        raise AssertionError("the settings make sure that there are credentials")
    return BasicAuth(f"{settings.user_name}/token", settings.token[0])


def _classify(status: int, _: bytes) -> type[ProviderError] | None:
    """A conflict is two writers at once: the same call is good a moment later."""
    return RetryableError if status == _CONFLICT else None
