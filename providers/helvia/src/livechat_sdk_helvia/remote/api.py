"""The manager's calls for services, one method each.

What makes something is answered with 204 and nothing in it: the id is found by listing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import quote

from livechat_sdk.errors import ProviderError, RejectedError, UnavailableError
from livechat_sdk.http import Answer, BearerAuth, Repeat, VendorClient
from livechat_sdk_helvia.remote.account import RemoteAccount
from livechat_sdk_helvia.remote.wire import Listed, id_of, listed, mappings

__all__ = ["ManagerApi"]

_PAGE: Final = 200
_MOST_ROWS: Final = 1000
"""The newest requests are looked through: the ids grow with time, and ours is one of the newest."""
_MOST_PAGES: Final = 20

_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_NOT_SERVED: Final = frozenset({405, 501})


def _classify(status: int, body: bytes) -> type[ProviderError] | None:
    if status in _NOT_SERVED:
        return RejectedError
    if status == _CONFLICT and b'"unavailable"' in body:
        return UnavailableError  # live chat is switched off for the bot
    return None


def _check_nothing_else(answer: Answer) -> None:
    """Nothing is the published answer. Whoever says more says it in JSON, else it is not the manager."""
    if answer.content:
        answer.json()


class ManagerApi:
    """Calls with the token of a service. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, account: RemoteAccount) -> None:
        self._organization = account.organization
        self._ours = f"organizations/{quote(account.organization, safe='')}"
        self.client = VendorClient(
            provider=provider,
            base_url=account.base_url,
            auth=BearerAuth(account.service_token),
            classify=_classify,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def open(self, body: Mapping[str, Any]) -> None:
        """Open a request. Not repeated unless it never left: whoever is in doubt looks first."""
        _check_nothing_else(await self.client.request("open", "POST", "livechat-requests", json=dict(body)))

    async def say(self, body: Mapping[str, Any]) -> None:
        """Say what an end user says. Nothing published says that a ``key`` is taken once: not repeated."""
        _check_nothing_else(
            await self.client.request("send", "POST", f"{self._ours}/livechat-messages", json=dict(body))
        )

    async def withdraw(self, request: str) -> None:
        """End a request from the end user's side. One that is over, or not known, is fine."""
        await self.client.request(
            "close",
            "DELETE",
            f"livechat-requests/{quote(request, safe='')}",
            repeat=Repeat.SAFE,
            expect=(200, 204, _NOT_FOUND, _CONFLICT),
        )

    async def find(
        self, operation: str, *, ref: str | None = None, request: str | None = None, user: str | None = None
    ) -> Listed | None:
        """The request with our reference, or with the manager's id; among those of ``user`` if given."""
        path = self._ours if user is None else f"users/{quote(user, safe='')}"
        async for row in self._rows(operation, f"{path}/livechat-requests"):
            one = listed(row)
            if one is None or row.get("organizationId") not in (None, "", self._organization):
                continue
            if one.id == request or (ref is not None and one.ref == ref):
                return one
        return None

    async def state_of(self, operation: str, conversation: str, user: str) -> str | None:
        """The status of a conversation of ``user``; ``None`` when it is not listed."""
        async for row in self._rows(operation, f"users/{quote(user, safe='')}/livechat-conversations"):
            if id_of(row.get("id")) == conversation:
                return str(row.get("status", ""))
        return None

    async def look(self) -> None:
        """Whether the manager is there, and takes the token."""
        await self._list("check", f"{self._ours}/livechat-requests", 0, take=1)

    async def _rows(self, operation: str, path: str) -> AsyncIterator[Mapping[str, Any]]:
        """The rows of a list, the newest first, as many as are looked through.

        A page that is shorter than was asked for is no proof of the end: how many rows a manager gives at
        most is not published.
        """
        seen = 0
        for _ in range(_MOST_PAGES):
            found = await self._list(operation, path, seen)
            if not found:
                return
            for row in mappings(found):
                yield row
            seen += len(found)
            if seen >= _MOST_ROWS:
                return

    async def _list(self, operation: str, path: str, skip: int, *, take: int = _PAGE) -> Sequence[object]:
        params = {"order": "DESC", "skip": str(skip), "take": str(take)}
        answer = await self.client.request(operation, "GET", path, params=params, repeat=Repeat.SAFE)
        found = answer.json()
        if not isinstance(found, list):
            raise answer.unlike_documented("the body is not a list")
        return cast("Sequence[object]", found)
