"""OAuth 2.0 client credentials (RFC 6749 §4.4): one token for all calls, asked for once however many wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import SecretStr

from livechat_sdk.errors import AuthError, ProviderError, RejectedError
from livechat_sdk.http.auth import Auth, basic_header
from livechat_sdk.http.repeating import Repeat

if TYPE_CHECKING:
    from livechat_sdk.http.answer import Answer
    from livechat_sdk.http.client import VendorClient

__all__ = ["ClientCredentials"]

_LIFETIME: Final = 300.0
"""Seconds that a token is used whose lifetime the vendor does not tell."""
_LONGEST_LIFETIME: Final = 86_400.0
_EARLY: Final = 60.0
"""A token is refreshed this long before its end (or in its last tenth), while calls go on with the old
one."""
_BAD_REQUEST: Final = 400


@dataclass(frozen=True, slots=True)
class _Token:
    header: str = field(repr=False)
    early: datetime
    end: datetime


class ClientCredentials(Auth):
    """A token for a client id and secret, cached, refreshed early, and got anew once after a 401.

    ``token_url`` may be a path of the client's base URL. During a change of secrets ``client_secret`` is
    ``[new, old]``; they are tried in this order. ``style``: how id and secret travel, as HTTP Basic, as
    fields of the form, or as fields of a JSON object. ``extra`` fields (``audience``, ``resource``) go along.
    ``told`` is given the fields of each answer with a token, for vendors that say in it where their API is.
    """

    def __init__(
        self,
        *,
        token_url: str,
        client_id: str,
        client_secret: SecretStr | Sequence[SecretStr],
        scope: str | None = None,
        style: Literal["basic", "form", "json"] = "basic",
        extra: Mapping[str, str] | None = None,
        told: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._token_url = token_url
        self._client_id = client_id
        self._client_secrets = (
            (client_secret,) if isinstance(client_secret, SecretStr) else tuple(client_secret)
        )
        self._form = {
            "grant_type": "client_credentials",
            **({"scope": scope} if scope else {}),
            **(extra or {}),
        }
        self._style = style
        self._told = told
        self._token: _Token | None = None
        self._earlier: _Token | None = None
        self._refreshing: asyncio.Task[_Token] | None = None

    async def headers(self, client: VendorClient) -> Mapping[str, str]:
        """The header with a token that is valid now."""
        now = client.clock.now()
        token = self._token
        if token is None or now >= token.end:
            token = await asyncio.shield(self._refresh(client))
        elif now >= token.early:
            _ = self._refresh(client)  # in the background
        return {"Authorization": token.header}

    async def renew(self, client: VendorClient, used: Mapping[str, str]) -> bool:
        """Get another token, unless somebody has one by now."""
        if self._token is None or self._token.header == used.get("Authorization"):
            await asyncio.shield(self._refresh(client))
        return True

    def _refresh(self, client: VendorClient) -> asyncio.Task[_Token]:
        """The refresh under way, or a new one. A caller that is cancelled does not stop it for the others."""
        task = self._refreshing
        if task is None:
            task = self._refreshing = asyncio.create_task(self._fetch(client), name="oauth-token")
            task.add_done_callback(self._refreshed)
        return task

    def _refreshed(self, task: asyncio.Task[_Token]) -> None:
        self._refreshing = None
        if not task.cancelled() and task.exception() is None:
            self._earlier, self._token = self._token, task.result()

    async def _fetch(self, client: VendorClient) -> _Token:
        asked = client.clock.now()
        answer = await self._ask(client)
        fields = answer.object()
        token, kind = fields.get("access_token"), fields.get("token_type", "bearer")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise answer.unlike_documented("the answer holds no access_token")
        if str(kind).lower() != "bearer":
            raise answer.unlike_documented("the token is of another type than bearer")
        lifetime = _seconds(fields.get("expires_in"))
        if self._told is not None:
            self._told(fields)
        return _Token(
            header=f"Bearer {token}",
            early=asked + timedelta(seconds=lifetime - min(_EARLY, lifetime / 10)),
            end=asked + timedelta(seconds=lifetime - min(5.0, lifetime / 20)),
        )

    async def _ask(self, client: VendorClient) -> Answer:
        *first, last = self._client_secrets
        for secret in first:
            try:
                return await self._ask_with(client, secret)
            except AuthError:
                continue
        return await self._ask_with(client, last)

    async def _ask_with(self, client: VendorClient, secret: SecretStr) -> Answer:
        form, headers = dict(self._form), {"Accept": "application/json"}
        if self._style == "basic":
            headers["Authorization"] = basic_header(self._client_id, secret)
        else:
            form |= {"client_id": self._client_id, "client_secret": secret.get_secret_value()}
        body: Mapping[str, Any] = {"json": form} if self._style == "json" else {"form": form}
        try:
            return await client.request(
                "token", "POST", self._token_url, headers=headers, repeat=Repeat.SAFE, auth=False, **body
            )
        except RejectedError as error:
            if (
                error.status == _BAD_REQUEST
            ):  # invalid_client, invalid_grant and unauthorized_client come as 400 too
                raise _as_auth_error(error) from None
            raise

    def secrets(self) -> Iterable[str]:
        """Client secrets, the token, and the one before it, which an answer under way may still show."""
        for secret in self._client_secrets:
            yield secret.get_secret_value()
            yield basic_header(self._client_id, secret).removeprefix("Basic ")
        for token in (self._token, self._earlier):
            if token is not None:
                yield token.header.removeprefix("Bearer ")

    async def close(self) -> None:
        """Stop a refresh under way."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.wait([self._refreshing])


def _seconds(value: object) -> float:
    """The lifetime that a vendor states as a number or, some of them, as text."""
    try:
        stated = float(value) if isinstance(value, int | float | str) else _LIFETIME
    except ValueError:
        return _LIFETIME
    return min(stated, _LONGEST_LIFETIME) if stated > 0 else _LIFETIME  # not a number is not above 0


def _as_auth_error(error: ProviderError) -> AuthError:
    return AuthError(
        f"credentials refused (status {error.status})" + (f": {error.body}" if error.body else ""),
        provider=error.provider,
        operation=error.operation,
        status=error.status,
        request_id=error.request_id,
        body=error.body,
        sent=True,
    )
