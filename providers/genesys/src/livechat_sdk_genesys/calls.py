"""What all calls to Genesys have in common: token, pace, a second try after a conflict, errors by code."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from livechat_sdk.errors import AuthError, ProviderError, RejectedError
from livechat_sdk.http import Answer, ClientCredentials, Repeat, VendorClient
from livechat_sdk_genesys.pacing import Pace
from livechat_sdk_genesys.settings import Organisation

__all__ = ["Calls"]

_CONFLICT: Final = 409
_TOO_MANY: Final = 429

_CODE: Final = re.compile(r'"code"\s*:\s*"([a-zA-Z0-9._-]{1,100})"')
_HINTS: Final[Mapping[str, str]] = {
    "not.a.client": "the token belongs to a user: the OAuth client must have the grant client credentials",
    "missing.permissions": "the role of the OAuth client lacks a permission",
    "missing.any.permissions": "the role of the OAuth client lacks a permission",
    "missing.division.permission": "the role of the OAuth client does not hold for this division",
    "missing.any.division.permissions": "the role of the OAuth client does not hold for this division",
    "ip.not.authorized": "the organisation does not allow calls from this address",
}
_WRONG_CLIENT: Final = frozenset({"not.a.client"})


class Calls:
    """Calls of one OAuth client. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, settings: Organisation) -> None:
        self.provider = provider
        self._auth = ClientCredentials(
            token_url=settings.token_url, client_id=settings.client_id, client_secret=settings.client_secret
        )
        self._base = settings.api
        self._region = settings.region
        self.client = VendorClient(provider=provider, base_url=self._base, auth=self._auth)
        self._pace = Pace(provider, settings.calls_per_minute, lambda: self.client.clock)

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def get(self, operation: str, path: str, **params: str) -> Answer:
        """Read something that can wait."""
        return await self._call(operation, "GET", path, params=params, repeat=Repeat.SAFE, can_wait=True)

    async def query(self, operation: str, path: str, body: Mapping[str, Any], **params: str) -> Answer:
        """Ask something that can wait, with a body."""
        return await self._call(
            operation, "POST", path, params=params, json=body, repeat=Repeat.SAFE, can_wait=True
        )

    async def _call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        repeat: Repeat = Repeat.NEVER_LEFT,
        expect: Collection[int] | None = None,
        can_wait: bool = False,
    ) -> Answer:
        await self._pace.turn(operation, can_wait=can_wait)

        async def call() -> Answer:
            return await self.client.request(
                operation, method, path, params=params, json=json, repeat=repeat, expect=expect
            )

        try:
            try:
                answer = await call()
            except RejectedError as error:
                if error.status != _CONFLICT:
                    raise
                answer = await call()  # it was not applied, and what it met may be gone
        except ProviderError as error:
            if error.status == _TOO_MANY and error.retry_after is not None:
                self._pace.refused(operation, error.retry_after)
            raise _explained(error) from None
        self._pace.heard(answer.headers)
        return answer


def _explained(error: ProviderError) -> ProviderError:
    """An error by what its body says: the vendor's ``code``, for its texts may change."""
    found = _CODE.search(error.body or "")
    code = found.group(1) if found is not None else ""
    hint = _HINTS.get(code)
    if hint is None:
        return error
    kind: type[ProviderError] = AuthError if code in _WRONG_CLIENT else type(error)
    prefix = " ".join(part for part in (error.provider, error.operation) if part)
    text = str(error).removeprefix(f"{prefix}: ")
    return kind(
        f"{hint}: {text}",
        provider=error.provider,
        operation=error.operation,
        status=error.status,
        request_id=error.request_id,
        body=error.body,
        retry_after=error.retry_after,
        sent=error.sent,
    )
