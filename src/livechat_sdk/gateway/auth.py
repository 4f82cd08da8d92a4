"""Bearer tokens for the platform's side."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from pydantic import SecretStr
from starlette.requests import Request

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.gateway.refusals import Refusal

__all__ = ["BearerGuard"]


class BearerGuard:
    """Lets a request pass that carries one of the live tokens (two while one is being replaced).

    Raises ``ConfigurationError`` when there is no token: an open gateway would let anybody read and
    write every conversation.
    """

    def __init__(self, tokens: Sequence[SecretStr]) -> None:
        secrets = [token.get_secret_value() for token in tokens]
        if not secrets or not all(secret.strip() for secret in secrets):
            raise ConfigurationError(
                "the gateway has no bearer token, or an empty one; set `gateway.tokens`, for example "
                "`gateway: {tokens: ${LIVECHAT_TOKEN}}`, and make a token with `openssl rand -hex 32`"
            )
        # Digests have one length, so that a comparison tells nothing about the length of a token.
        self._digests = tuple(_digest(secret.encode()) for secret in secrets)

    def check(self, request: Request) -> None:
        """Raise a 401 ``Refusal`` unless the request carries a live token."""
        values = request.headers.getlist("authorization")
        scheme, _, credential = values[0].partition(" ") if len(values) == 1 else ("", "", "")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential:
            raise _unauthorised("this route needs a bearer token")
        # Starlette reads header bytes as Latin-1; the token was written as UTF-8.
        given = _digest(credential.encode("latin-1"))
        matches = 0
        for digest in self._digests:
            matches += hmac.compare_digest(given, digest)
        if not matches:
            raise _unauthorised("the bearer token is not one of the live tokens")


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def _unauthorised(message: str) -> Refusal:
    return Refusal(
        401,
        "unauthorised",
        message,
        hint="send `Authorization: Bearer TOKEN` with a token of `gateway.tokens` in the settings",
        headers={"www-authenticate": 'Bearer realm="livechat"'},
    )
