"""Who may call: tokens with an end, and the ways in which callers show credentials."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.responses import Response

from livechat_sdk_simulators.bodies import form_fields
from livechat_sdk_simulators.calls import Call, json_answer
from livechat_sdk_simulators.clock import Clock
from livechat_sdk_simulators.ids import same
from livechat_sdk_simulators.masking import Mask

__all__ = ["ClientCredentials", "Token", "TokenStore", "basic_credentials", "bearer_token"]

_KEPT: Final = 1000


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was given out."""

    value: str
    client: str
    expires_at: datetime


class TokenStore:
    """Tokens of one vendor. They live ``lifetime`` seconds by the simulator's clock."""

    def __init__(self, clock: Clock, mask: Mask, lifetime: float = 3600.0) -> None:
        self._clock = clock
        self._mask = mask
        self.lifetime = lifetime
        self._tokens: dict[str, Token] = {}
        self._issued: deque[str] = deque(maxlen=_KEPT)

    @property
    def issued(self) -> Sequence[str]:
        """The newest tokens that were given out, good or not, oldest first."""
        return tuple(self._issued)

    def issue(self, client: str) -> Token:
        """A new token. Earlier ones stay good, as with most vendors."""
        until = self._clock.now() + timedelta(seconds=self.lifetime)
        token = Token(secrets.token_urlsafe(24), client, until)
        self._tokens[token.value] = token
        self._issued.append(token.value)
        self._mask.learn(token.value)
        for oldest in list(self._tokens)[:-_KEPT]:
            del self._tokens[oldest]
        return token

    def check(self, value: str) -> Token | None:
        """The token with this value; ``None`` when it is unknown or too old."""
        token = self._tokens.get(value)
        return token if token is not None and self._clock.now() < token.expires_at else None

    def expire_all(self) -> None:
        """Every token that was given out is too old from now on."""
        self._tokens.clear()


class ClientCredentials:
    """The OAuth 2.0 grant ``client_credentials``: form, client id and secret in HTTP Basic.

    ``clients`` holds the secret of each client id. Errors look as in RFC 6749.
    """

    def __init__(self, clients: Mapping[str, str], tokens: TokenStore) -> None:
        self._clients = clients
        self._tokens = tokens

    async def answer(self, call: Call) -> Response:
        """Handle a call for a token."""
        credentials = basic_credentials(call.header("authorization"))
        if credentials is None or not same(self._clients.get(credentials[0], ""), credentials[1]):
            return json_answer({"error": "invalid_client"}, 401)
        if call.media_type != "application/x-www-form-urlencoded":
            return json_answer({"error": "invalid_request"}, 400)
        try:
            fields = form_fields(call.body)
        except ValueError:
            return json_answer({"error": "invalid_request"}, 400)
        if fields.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        token = self._tokens.issue(credentials[0])
        call.applied = "a token was given out"
        return json_answer(
            {
                "access_token": token.value,
                "token_type": "bearer",
                "expires_in": round(self._tokens.lifetime),
            }
        )


def basic_credentials(authorization: str) -> tuple[str, str] | None:
    """User and password of HTTP Basic; ``None`` when the header is missing or malformed."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = (
            base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        )
    except (binascii.Error, ValueError):
        return None
    return (user, password) if colon and user and password else None


def bearer_token(authorization: str) -> str | None:
    """The token of ``Bearer …``; ``None`` when the header is missing or malformed."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
