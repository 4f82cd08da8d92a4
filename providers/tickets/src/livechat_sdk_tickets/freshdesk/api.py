"""Freshdesk's calls, one method each.

Nothing here makes a ticket at most once: a create is never repeated by itself. The budget of calls is the
account's, of a minute, and shared with all its other integrations; refused calls count too
(https://support.freshdesk.com/support/solutions/articles/225439).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from pydantic import SecretStr

from livechat_sdk.errors import ProtocolError, RejectedError
from livechat_sdk.http import Answer, BasicAuth, Limiter, Repeat, VendorClient
from livechat_sdk_tickets.freshdesk.settings import FreshdeskTicketingSettings
from livechat_sdk_tickets.freshdesk.wire import (
    WireConversations,
    WireField,
    WireFields,
    WireFound,
    WireTicket,
    WireTickets,
)
from livechat_sdk_tickets.preparing import LoadedFile
from livechat_sdk_tickets.wire import read

__all__ = ["Api", "flat", "quoted"]

_OK: Final = 200
_CREATED: Final = 201
_NOT_FOUND: Final = 404
_PAGE: Final = 100
_PAGES: Final = 50
_MINUTE: Final = 60.0
_LEFT: Final = "x-ratelimit-remaining"
_WITH_FILES: Final = 12.0
"""Seconds for a call with files; the hook has 15 s for everything."""


class _KeyAuth(BasicAuth):
    """An API key in the place of a user name; the password is any text."""

    def __init__(self, key: SecretStr) -> None:
        super().__init__(key.get_secret_value(), SecretStr("X"))
        self._key = key

    def secrets(self) -> Iterable[str]:
        """The key, and the header that it is in."""
        yield self._key.get_secret_value()
        yield self.at_hand()["Authorization"].removeprefix("Basic ")


class Api:
    """Calls of one account. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, settings: FreshdeskTicketingSettings) -> None:
        self.provider = provider
        self._key_field = settings.key_field
        self._limiter = Limiter(at_once=10)
        self.client = VendorClient(
            provider=provider,
            base_url=f"{settings.origin}/api/v2",
            auth=_KeyAuth(settings.api_key[0]),
            limiter=self._limiter,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def create(
        self, ticket: Mapping[str, Any], files: Sequence[LoadedFile], *, expect: Collection[int]
    ) -> Answer:
        """Make a ticket. Not repeated unless it never left."""
        return await self._post("create", "tickets", ticket, files, expect=(_CREATED, *expect))

    async def converse(
        self,
        operation: str,
        ticket_id: str,
        kind: str,
        content: Mapping[str, Any],
        files: Sequence[LoadedFile],
        *,
        expect: Collection[int] = (),
    ) -> Answer:
        """Add a note or a reply (``kind`` is ``notes`` or ``reply``). Not repeated unless it never left."""
        path = f"tickets/{ticket_id}/{kind}"
        return await self._post(operation, path, content, files, expect=(_CREATED, *expect))

    async def ticket(self, ticket_id: str) -> WireTicket | None:
        """One ticket. Raises ``RejectedError`` where it may be the address that is wrong."""
        answer = await self._get("read", f"tickets/{ticket_id}", expect=(_OK, _NOT_FOUND))
        if answer.status == _OK:
            return read(WireTicket, answer)
        if answer.content.strip():  # "there is no such ticket" has no body
            raise RejectedError(
                "the address is wrong: there is no Freshdesk account",
                provider=self.provider,
                operation="read",
                status=answer.status,
                sent=True,
            )
        return None

    async def newest(self, operation: str, count: int = _PAGE) -> Sequence[WireTicket]:
        """The tickets that were made last, from the database and not from the search."""
        order = {"order_by": "created_at", "order_type": "desc", "per_page": str(count)}
        answer = await self._get(operation, "tickets", order)
        return read(WireTickets, answer, {"items": answer.json()}).items

    async def search(self, value: str) -> Sequence[int]:
        """Ids of tickets whose key field has this value, as the search knew them some minutes ago."""
        query = f'"{self._key_field}:{quoted(value)}"'
        answer = await self._get("find", "search/tickets", {"query": query})
        return [row.id for row in read(WireFound, answer).results]

    async def says(self, ticket_id: str, words: str) -> bool:
        """Whether a note or a reply says this."""
        for number in range(1, _PAGES + 1):
            params = {"page": str(number), "per_page": str(_PAGE)}
            answer = await self._get("read", f"tickets/{ticket_id}/conversations", params)
            page = read(WireConversations, answer, {"items": answer.json()}).items
            if any(words in (one.body_text or "") or words in (one.body or "") for one in page):
                return True
            if len(page) < _PAGE:
                return False
        raise ProtocolError("pages without an end", provider=self.provider, operation="read")

    async def fields(self) -> Sequence[WireField]:
        """All fields of tickets."""
        answer = await self._get("fields", "ticket_fields")
        return read(WireFields, answer, {"items": answer.json()}).items

    async def _post(
        self,
        operation: str,
        path: str,
        content: Mapping[str, Any],
        files: Sequence[LoadedFile],
        *,
        expect: Collection[int],
    ) -> Answer:
        body: Mapping[str, Any] = {"json": content}
        if files:
            named = [("attachments[]", (file.name, file.content, file.media_type)) for file in files]
            body = {"form": flat(content), "files": named, "timeout": _WITH_FILES}
        return self._counted(
            operation, await self.client.request(operation, "POST", path, expect=expect, **body)
        )

    async def _get(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        expect: Collection[int] | None = None,
    ) -> Answer:
        answer = await self.client.request(
            operation, "GET", path, params=params, repeat=Repeat.SAFE, expect=expect
        )
        return self._counted(operation, answer)

    def _counted(self, operation: str, answer: Answer) -> Answer:
        """Whoever is told that nothing is left of this minute's calls asks for nothing in it."""
        if answer.headers.get(_LEFT) == "0":
            self._limiter.slow_down(operation, _MINUTE, self.client.clock.now())
        return answer


def quoted(value: str) -> str:
    """A text of the query language, which knows no escape: only what needs none is ever asked for."""
    if not value.isascii() or any(one in "'\"\\" or not one.isprintable() for one in value):
        raise ValueError("this value cannot be searched for")
    return f"'{value}'"


def flat(content: Mapping[str, Any]) -> dict[str, Any]:
    """Content as fields of a form, which a call with files has to be."""
    form: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            fields = cast("dict[str, object]", value)
            form |= {f"{name}[{field}]": _text(one) for field, one in fields.items()}
        elif isinstance(value, list):
            form[f"{name}[]"] = [_text(one) for one in cast("list[object]", value)]
        else:
            form[name] = _text(value)
    return form


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
