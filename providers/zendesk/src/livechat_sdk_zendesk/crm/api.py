"""Calls to Zendesk Support, one method each. All of them read, so all of them may be repeated."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, cast

from livechat_sdk.errors import RejectedError
from livechat_sdk.http import Answer, Auth, BasicAuth, ClientCredentials, Limiter, Repeat, VendorClient
from livechat_sdk_zendesk.crm.settings import ZendeskCrmSettings
from livechat_sdk_zendesk.crm.wire import (
    WireIdentities,
    WireIdentity,
    WireMe,
    WireOrganization,
    WireOrganizationAnswer,
    WireTicket,
    WireTickets,
    WireUser,
    WireUserAnswer,
    WireUsers,
    read,
)

__all__ = ["Api"]

_OK: Final = 200
_NOT_FOUND: Final = 404
_SECONDS: Final = 5.0
_BESIDE_SECONDS: Final = 3.0
"""For what is told beside a contact: a contact without it is better than none."""
_PAGE: Final = 30
"""Tickets that are looked through for open ones, the latest change first."""


class Api:
    """Calls of one account. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, settings: ZendeskCrmSettings) -> None:
        self.provider = provider
        self.client = VendorClient(
            provider=provider,
            base_url=f"{settings.origin}/api/v2",
            auth=_auth(settings),
            ca_bundle=settings.ca_bundle,
            limiter=Limiter(at_once=20, per_operation=True),
            timeout=_SECONDS,
            budget=_SECONDS,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def users(self, query: Mapping[str, str], most: int) -> Sequence[WireUser]:
        """Users by ``query`` or ``external_id``; who was deleted is left out."""
        answer = await self._get("contact", "users/search", {**query, "per_page": str(most)})
        return [one for one in read(WireUsers, answer).users if one.active]

    async def user(self, number: str) -> WireUser | None:
        """One user. Raises ``RejectedError`` where the address may be wrong."""
        answer = await self._get("contact", f"users/{number}", {}, expect=(_OK, _NOT_FOUND))
        if answer.status == _NOT_FOUND:
            _is_missing(answer)
            return None
        user = read(WireUserAnswer, answer).user
        return user if user.active else None

    async def identities(self, number: int) -> Sequence[WireIdentity]:
        """All addresses and numbers of a user."""
        answer = await self._get("contact", f"users/{number}/identities", {}, seconds=_BESIDE_SECONDS)
        return read(WireIdentities, answer).identities

    async def organization(self, number: int) -> WireOrganization:
        """One organization."""
        answer = await self._get("account", f"organizations/{number}", {}, seconds=_BESIDE_SECONDS)
        return read(WireOrganizationAnswer, answer).organization

    async def tickets(self, user: str) -> Sequence[WireTicket]:
        """The tickets that a user asked for, the latest change first."""
        answer = await self._get(
            "list",
            f"users/{user}/tickets/requested",
            {"sort_by": "updated_at", "sort_order": "desc", "per_page": str(_PAGE)},
            seconds=_BESIDE_SECONDS,
        )
        return read(WireTickets, answer).tickets

    async def me(self) -> WireMe:
        """Who the credentials belong to."""
        return read(WireMe, await self._get("check", "users/me", {}))

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
            repeat=Repeat.SAFE,
            expect=expect,
            timeout=seconds,
            budget=seconds,
        )


def _is_missing(answer: Answer) -> None:
    """Raise ``RejectedError`` unless a 404 says that there is no such record."""
    try:
        body: Any = answer.object()
    except Exception:  # noqa: BLE001 - the body of an error may be anything
        body = {}
    if cast("Mapping[str, Any]", body).get("error") != "RecordNotFound":
        raise RejectedError(
            "the address is wrong: this is no account of Zendesk Support",
            provider=answer.provider,
            operation=answer.operation,
            status=answer.status,
            request_id=answer.request_id,
            sent=True,
        )


def _auth(settings: ZendeskCrmSettings) -> Auth:
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
